package backtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"

	"alertd/internal/alert"
)

// prometheus is the real PromQL engine over a real storage.
type prometheus struct {
	storage storage.Storage
	engine  *promql.Engine

	mu     sync.Mutex
	asked  []time.Time // instant queries
	ranges []int       // steps of the range queries
	refuse func(expr string, start, end time.Time) error
}

// refused is an error that says that the question is at fault.
type refused struct{ error }

func (refused) Rejected() bool { return true }

// away is an error that says that nobody answers.
type away struct{ error }

func (away) Rejected() bool { return false }

func newPrometheus(t *testing.T) *prometheus {
	t.Helper()
	return &prometheus{
		storage: teststorage.New(t),
		engine:  promqltest.NewTestEngine(t, false, 5*time.Minute, promqltest.DefaultMaxSamplesPerQuery),
	}
}

// load stores a series: its values at every step from start on, NaN for none.
func (p *prometheus) load(t *testing.T, series string, start time.Time, step time.Duration, values []float64) {
	t.Helper()
	metric, err := parser.NewParser(parser.Options{}).ParseMetric(series)
	if err != nil {
		t.Fatal(err)
	}
	app := p.storage.Appender(t.Context())
	for i, v := range values {
		if v != v {
			continue
		}
		if _, err := app.Append(0, metric, start.Add(time.Duration(i)*step).UnixMilli(), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
}

func (p *prometheus) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	p.mu.Lock()
	p.asked = append(p.asked, ts)
	p.mu.Unlock()
	if err := p.refusal(expr, ts, ts); err != nil {
		return nil, err
	}
	q, err := p.engine.NewInstantQuery(ctx, p.storage, nil, expr, ts)
	if err != nil {
		return nil, refused{err}
	}
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, refused{result.Err}
	}
	vector, err := result.Vector()
	if err != nil {
		return nil, refused{err}
	}
	samples := make([]alert.Sample, len(vector))
	for i, s := range vector {
		samples[i] = alert.Sample{Labels: labelsOf(s.Metric), Value: s.F}
	}
	return samples, nil
}

func (p *prometheus) QueryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]alert.Series, error) {
	steps := int(end.Sub(start)/step) + 1
	p.mu.Lock()
	p.ranges = append(p.ranges, steps)
	p.mu.Unlock()
	if steps > 11_000 {
		return nil, refused{errors.New("exceeded maximum resolution of 11,000 points per timeseries")}
	}
	if err := p.refusal(expr, start, end); err != nil {
		return nil, err
	}
	q, err := p.engine.NewRangeQuery(ctx, p.storage, nil, expr, start, end, step)
	if err != nil {
		return nil, refused{err}
	}
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, refused{result.Err}
	}
	matrix, err := result.Matrix()
	if err != nil {
		return nil, refused{err}
	}
	series := make([]alert.Series, len(matrix))
	for i, s := range matrix {
		series[i].Labels = labelsOf(s.Metric)
		for _, f := range s.Floats {
			series[i].Points = append(series[i].Points, alert.Point{At: f.T, Value: f.F})
		}
	}
	return series, nil
}

func (p *prometheus) refusal(expr string, start, end time.Time) error {
	if p.refuse == nil {
		return nil
	}
	return p.refuse(expr, start, end)
}

func labelsOf(metric labels.Labels) alert.Labels {
	m := map[string]string{}
	metric.Range(func(l labels.Label) { m[strings.Clone(l.Name)] = strings.Clone(l.Value) })
	return alert.LabelsFromMap(m)
}

// line writes what an alert became, for comparison.
func line(a *alert.Alert) string {
	if a.State == alert.Firing {
		return fmt.Sprintf("%s fires: active %s, fired %s, value %g, %s", a.ID, clock(a.ActiveAt), clock(a.FiredAt), a.Value, a.Annotations)
	}
	recovered := "-"
	if a.RecoveredValue != nil {
		recovered = fmt.Sprint(*a.RecoveredValue)
	}
	return fmt.Sprintf("%s %s: active %s, fired %s, ended %s, %s at %s", a.ID, a.State, clock(a.ActiveAt), clock(a.FiredAt), clock(a.ResolvedAt), a.Resolution, recovered)
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000000") }
