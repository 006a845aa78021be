package standalone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"alertd/internal/alert"
)

// recordings remembers what each recording rule gave last, by the rule's id.
type recordings struct {
	mu   sync.Mutex
	last map[string]recording
}

// recording is what a rule gave at one time.
type recording struct {
	at     int64                    // milliseconds
	series map[string]labels.Labels // by their bytes
}

// Record stores the samples as all that the recording rule of that id gives at
// ts. A series that it gave before and gives no more is marked stale, as by
// Prometheus, so that queries find it no longer. What the storage refuses
// (samples older than what it has) is left out and is an error; the rest is
// stored.
func (s *Standalone) Record(ctx context.Context, rule string, samples []alert.Sample, ts time.Time) error {
	at := ts.UnixMilli()
	given := recording{at: at, series: make(map[string]labels.Labels, len(samples))}
	return s.append(ctx, func(app storage.AppenderV2) error {
		var refused []error
		for _, sample := range samples {
			ls := labels.FromMap(sample.Labels.Map())
			if _, err := app.Append(0, ls, 0, at, sample.Value, nil, nil, storage.AppendV2Options{}); err != nil {
				refused = append(refused, err)
				continue
			}
			given.series[string(ls.Bytes(nil))] = ls
		}
		for key, ls := range s.recordings.last[rule].series {
			if _, still := given.series[key]; !still {
				if err := markStale(app, ls, at); err != nil {
					refused = append(refused, err)
				}
			}
		}
		if len(refused) > 0 {
			return fmt.Errorf("%d of %d results could not be recorded: %w", len(refused), len(samples), refused[0])
		}
		return nil
	}, func() { s.recordings.last[rule] = given })
}

// Retain marks stale what every recording rule gave last whose id is not known,
// right after that: the rule in its place may give the same series anew.
func (s *Standalone) Retain(ctx context.Context, known map[string]bool) error {
	var gone []string
	return s.append(ctx, func(app storage.AppenderV2) error {
		var errs []error
		for rule, r := range s.recordings.last {
			if known[rule] {
				continue
			}
			gone = append(gone, rule)
			for _, ls := range r.series {
				errs = append(errs, markStale(app, ls, r.at+1))
			}
		}
		return errors.Join(errs...)
	}, func() {
		for _, rule := range gone {
			delete(s.recordings.last, rule)
		}
	})
}

// append lets fill add samples and stores them, whether or not fill had an
// error, which it returns. stored is called once they are.
func (s *Standalone) append(ctx context.Context, fill func(storage.AppenderV2) error, stored func()) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return &queryError{ErrUnavailable, errors.New("already closed")}
	}
	s.recordings.mu.Lock()
	defer s.recordings.mu.Unlock()
	app := s.db.AppenderV2(ctx)
	filled := fill(app)
	if err := app.Commit(); err != nil {
		return errors.Join(filled, fmt.Errorf("storing what was recorded: %w", err))
	}
	stored()
	return filled
}

// markStale ends a series at a time in milliseconds. Another rule may give the
// same series: then it does not end.
func markStale(app storage.AppenderV2, ls labels.Labels, at int64) error {
	_, err := app.Append(0, ls, 0, at, math.Float64frombits(value.StaleNaN), nil, nil, storage.AppendV2Options{})
	switch {
	case errors.Is(err, storage.ErrOutOfOrderSample), errors.Is(err, storage.ErrTooOldSample), errors.Is(err, storage.ErrDuplicateSampleForTimestamp):
		return nil
	case err != nil:
		return fmt.Errorf("ending %s: %w", ls, err)
	}
	return nil
}
