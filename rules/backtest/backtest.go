// Package backtest replays rules over the past: what would have fired, when,
// for how long. Every evaluation is the one that the engine makes, with
// rules.Rule.Step and the same templates; only the answers come from range
// queries, a few for thousands of evaluations.
package backtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"alertd/internal/alert"
	"alertd/rules"
)

// Querier asks a Prometheus about the past. An error of either that has the
// method Rejected() bool, and returns true, is the fault of the question.
type Querier interface {
	// Query returns an expression's value at ts.
	Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error)
	// QueryRange returns an expression's values at start and every step after
	// it until end: at each what Query would return.
	QueryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]alert.Series, error)
}

// Options says what to replay.
type Options struct {
	Groups []rules.Group
	// From is the first evaluation of every group; no evaluation is after To.
	From, To time.Time
	// Step is the time between evaluations; 0: each group's own interval.
	Step    time.Duration
	Querier Querier
	// PrometheusURL is what the rules' templates know as externalURL; may be nil.
	PrometheusURL *url.URL
	// Progress is called now and then, by one goroutine at a time, with the
	// number of evaluations done and how many there are; may be nil.
	Progress func(done, total int)
}

// Report is what replaying one rule gave.
type Report struct {
	Group string
	Rule  *rules.Rule
	Step  time.Duration

	Evaluations int
	Firing      int       // evaluations after which something was firing
	Ended       int       // alerts that ended while they were pending
	Failed      int       // evaluations that failed or were given up, and so changed nothing
	Err         error     // why the first of them failed
	GivenUp     time.Time // when so many had failed in a row that no more were tried; zero: never
	NoData      bool      // nothing fired, and there was nothing that could have

	Incidents []Incident // by the time at which they fired
	// Changes has every alert as it was when it fired and when it ended, in
	// order of time, which is its UpdatedAt.
	Changes []alert.Alert
}

// FiringFor is how long something was firing.
func (r *Report) FiringFor() time.Duration { return time.Duration(r.Firing) * r.Step }

// Incident is an alert that fired.
type Incident struct {
	Labels, Annotations alert.Labels
	ActiveAt, FiredAt   time.Time
	ResolvedAt          time.Time        // zero: it still fired at the end
	Resolution          alert.Resolution // why it ended
	Began               bool             // it was active at the first evaluation already, so it may have begun earlier
	Missing             bool             // at its end, or that of the range, there was no data about it
	Peak, Last          float64          // of the values that breached
	Recovered           *float64         // the value that ended it
	Flaps               int              // firings that it stands for while it flapped; 0: it did not flap
}

// Duration is how long the incident fired; end is that of the range.
func (i *Incident) Duration(end time.Time) time.Duration {
	if !i.ResolvedAt.IsZero() {
		end = i.ResolvedAt
	}
	return end.Sub(i.FiredAt)
}

// ErrTooMany says that a replay would take hours.
var ErrTooMany = errors.New("too many evaluations: take a shorter range, a longer step, or fewer rules")

// maxEvaluations is some minutes of work.
const maxEvaluations = 200_000_000

// Run replays every rule of the groups and returns a report for each, in their
// order. Rules whose question Prometheus rejects say so in their reports; an
// error means that Prometheus does not answer, or that ctx has ended.
func Run(ctx context.Context, o Options) ([]Report, error) {
	var replays []*replay
	total := 0
	for _, g := range o.Groups {
		for _, rule := range g.Rules {
			r := newReplay(&o, g, rule)
			if r.evaluations <= 0 {
				return nil, fmt.Errorf("rule %s of group %s: no evaluation between %s and %s", rule.Name, g.Name, o.From, o.To)
			}
			replays = append(replays, r)
			total += r.evaluations
		}
	}
	if total > maxEvaluations {
		return nil, fmt.Errorf("%w: %d, of at most %d", ErrTooMany, total, maxEvaluations)
	}
	progress := &progress{total: total, tell: o.Progress}
	progress.add(0)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	for _, r := range replays {
		group.Go(func() error {
			if err := r.run(ctx, progress); err != nil {
				return fmt.Errorf("rule %s: %w", r.rule.Name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	reports := make([]Report, len(replays))
	for i, r := range replays {
		reports[i] = r.out
	}
	return reports, nil
}
