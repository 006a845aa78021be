package notifier_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/matchers"
	"alertd/internal/store"
	"alertd/notifier"
)

// counting is a destination that takes everything at once.
type counting struct{ heard atomic.Int64 }

func (c *counting) Send(context.Context, *notifier.Message) (string, error) {
	c.heard.Add(1)
	return "ref", nil
}

// BenchmarkTell plans and delivers the messages of many groups that are due.
func BenchmarkTell(b *testing.B) {
	const groups = 5000
	route, err := notifier.NewRoute(&notifier.RouteSpec{Receiver: "team", GroupBy: []string{notifier.GroupByAll}},
		notifier.RouteOptions{RepeatInterval: 4 * time.Hour}, matchers.Parse)
	if err != nil {
		b.Fatal(err)
	}
	templates, err := notifier.LoadTemplates(nil, nil, time.UTC)
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	e := &alert.Evaluation{Group: "bench", At: now, Touched: map[string][]alert.GroupRef{}}
	for i := range groups {
		labels := alert.LabelsFromStrings("alertname", "DiskAlmostFull", "instance", fmt.Sprintf("host-%d:9100", i), "job", "node-exporter", "severity", "warning")
		a := alert.Alert{ID: alert.NewID("r", labels, now), RuleID: "r", Labels: labels, State: alert.Firing, ActiveAt: now, FiredAt: now, UpdatedAt: now}
		e.Upserts = append(e.Upserts, a)
		e.Touched[a.ID] = route.Groups(labels)
	}
	for b.Loop() {
		b.StopTimer()
		s, err := store.Open(b.Context(), store.Options{Path: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.CommitEvaluation(b.Context(), e); err != nil {
			b.Fatal(err)
		}
		c := &counting{}
		n := notifier.New(s, discard(), nil)
		n.Apply(&notifier.Setup{
			Route: route, Templates: templates, Expiry: time.Hour,
			Receivers: map[string][]notifier.Target{"team": {{ID: "team/x", Kind: "x", Channel: c}}},
		})
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error, 1)
		b.StartTimer()
		go func() { done <- n.Run(ctx) }()
		for {
			queue, err := s.Queue(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if c.heard.Load() >= groups && len(queue) == 0 {
				break
			}
			<-time.After(time.Millisecond)
		}
		b.StopTimer()
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N)*groups/b.Elapsed().Seconds(), "deliveries/s")
}
