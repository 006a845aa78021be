package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
	"alertd/rules"
)

// flood answers the rule with a sample of the level for each series, and the
// evidence with the same.
type flood struct {
	series int
	level  float64 // 0: no breach
}

func (f *flood) Query(_ context.Context, expr string, _ time.Time) ([]alert.Sample, error) {
	if expr == "level > 0" && f.level <= 0 {
		return nil, nil
	}
	samples := make([]alert.Sample, f.series)
	for i := range samples {
		samples[i] = alert.Sample{Value: f.level + float64(i), Labels: alert.LabelsFromStrings(alert.MetricName, "level",
			"host", fmt.Sprintf("host-%05d", i), "instance", "127.0.0.1:9100", "job", "flood", "zone", fmt.Sprintf("zone-%d", i%20))}
	}
	return samples, nil
}

// BenchmarkFlood evaluates and commits one rule with many alerts: as they
// begin, as only their values move, and as they end.
func BenchmarkFlood(b *testing.B) {
	const series = 100_000
	rule := &rules.Rule{
		ID: "flood", Name: "Flood", Expr: rules.Fixed("level > 0"), Evidence: rules.Fixed("level"), OnMissing: rules.Resolve,
		Labels: []rules.Template{{Name: "severity", Text: "warning"}},
		Annotations: []rules.Template{
			{Name: "description", Text: "Level {{ $value | humanize }} in {{ $labels.zone }}, more than 0."},
			{Name: "summary", Text: "Flood at {{ $labels.host }}"},
		},
	}
	var begin, move, end, sampling time.Duration
	for b.Loop() {
		s, err := store.Open(b.Context(), store.Options{Path: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		q := &flood{series: series, level: 1}
		e := New(Options{Store: s, Querier: q, Committed: func() {}, Concurrency: 4, Logger: quiet()})
		e.setup = testSetup(rule)
		r := newRunner(e, e.setup.Groups[0])
		at := time.Now()
		for _, phase := range []struct {
			took  *time.Duration
			level float64
		}{{&begin, 1}, {&move, 2}, {&end, 0}} {
			q.level = phase.level
			started := time.Now()
			_, _ = q.Query(b.Context(), "level", at)
			sampling += time.Since(started)
			started = time.Now()
			r.evaluate(b.Context(), at)
			*phase.took += time.Since(started)
			at = at.Add(15 * time.Second)
		}
		if len(r.alerts["flood"]) > 0 {
			b.Fatal("they did not end")
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	for name, took := range map[string]time.Duration{"begin": begin, "move": move, "end": end, "sampling": sampling / 3} {
		b.ReportMetric(took.Seconds()/float64(b.N), name+"-s")
	}
}
