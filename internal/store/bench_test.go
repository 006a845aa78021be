package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// evaluation returns n firing alerts of realistic size, in groups of size.
func evaluation(n, size int) *alert.Evaluation {
	e := &alert.Evaluation{Group: "bench", At: noon(), Touched: map[string][]alert.GroupRef{}}
	for i := range n {
		a := alert.Alert{
			ID: fmt.Sprintf("019caa0b2c3d-%016x", i), RuleID: "resources/disk", State: alert.Firing, Value: float64(i), Unit: "%", Threshold: "> 90 %",
			Labels: alert.LabelsFromStrings("alertname", "DiskAlmostFull", "instance", fmt.Sprintf("host-%d:9100", i),
				"job", "node-exporter", "mountpoint", "/var/lib", "severity", "warning"),
			Annotations: alert.LabelsFromStrings("summary", "The disk is almost full", "description", "More than 90 % of /var/lib are used."),
			ActiveAt:    noon(), FiredAt: noon(), UpdatedAt: noon(), Series: alert.Fingerprint(i), GeneratorURL: "http://prometheus:9090/graph?g0.expr=disk",
		}
		key := alert.GroupKey(fmt.Sprintf(`{}:{alertname="DiskAlmostFull", shard="%d"}`, i/size))
		e.Upserts = append(e.Upserts, a)
		e.Events = append(e.Events, alert.Event{At: noon(), Kind: alert.EventFiring, AlertID: a.ID, Labels: a.Labels, Value: a.Value})
		e.Touched[a.ID] = []alert.GroupRef{{Key: key, RouteID: "{}", Receiver: "team", Labels: a.Labels.Only("alertname")}}
	}
	return e
}

func BenchmarkCommitEvaluation(b *testing.B) {
	for _, n := range []int{1, 1000, 10_000} {
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			s := open(b, b.TempDir())
			e := evaluation(n, 100)
			for b.Loop() {
				if err := s.CommitEvaluation(b.Context(), e); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "alerts/s")
		})
	}
}

func BenchmarkGroupView(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			s := open(b, b.TempDir())
			e := evaluation(10_000, n)
			if err := s.CommitEvaluation(b.Context(), e); err != nil {
				b.Fatal(err)
			}
			key := e.Touched[e.Upserts[0].ID][0].Key
			for b.Loop() {
				if v, err := s.GroupView(b.Context(), key); err != nil || len(v.Alerts) != n {
					b.Fatal(v, err)
				}
			}
		})
	}
}

func BenchmarkActiveAlerts(b *testing.B) {
	s := open(b, b.TempDir())
	if err := s.CommitEvaluation(b.Context(), evaluation(10_000, 100)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if all, err := s.ActiveAlerts(b.Context()); err != nil || len(all) != 10_000 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "alerts/s")
}

// tenThousandDue gives each of 10,000 groups a delivery.
func tenThousandDue(b *testing.B, s store.Store) {
	b.Helper()
	e := evaluation(10_000, 1)
	if err := s.CommitEvaluation(b.Context(), e); err != nil {
		b.Fatal(err)
	}
	keys, _, err := s.DueGroups(b.Context(), noon(), 10_000)
	if err != nil {
		b.Fatal(err)
	}
	for i, key := range keys {
		v, err := s.GroupView(b.Context(), key)
		if err != nil {
			b.Fatal(err)
		}
		p := alert.PlanResult{Key: key, Revision: v.Revision, FlushedAt: noon(), Create: []alert.Delivery{{
			ID: fmt.Sprint(i), Integration: "team/slack/0", Receiver: "team", Content: alert.Content{Firing: []string{v.Alerts[0].ID}},
			CreatedAt: noon(), NextAttemptAt: noon(), ExpiresAt: noon().Add(24 * time.Hour),
		}}}
		if err := s.CommitPlan(b.Context(), &p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDeliveries(b *testing.B) {
	s := open(b, b.TempDir())
	tenThousandDue(b, s)
	b.Run("due=100of10000", func(b *testing.B) {
		for b.Loop() {
			if due, _, err := s.DueDeliveries(b.Context(), "team/slack/0", noon(), 100); err != nil || len(due) != 100 {
				b.Fatal(err)
			}
		}
	})
	b.Run("queue", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Queue(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("commit", func(b *testing.B) {
		left, _, err := s.DueDeliveries(b.Context(), "team/slack/0", noon(), 10_000)
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; b.Loop(); i++ {
			d := left[i%len(left)]
			d.State, d.Attempts = alert.DeliveryDelivered, 1
			if err := s.CommitDelivery(b.Context(), &d, noon()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSaveSilence(b *testing.B) {
	s := open(b, b.TempDir())
	e := evaluation(10_000, 100)
	other := evaluation(1, 1)
	other.Upserts[0].ID, other.Upserts[0].Labels = "other", alert.LabelsFromStrings(alert.AlertName, "DiskFull")
	other.Touched = map[string][]alert.GroupRef{"other": {{Key: `{}:{alertname="DiskFull"}`, Labels: other.Upserts[0].Labels}}}
	if err := s.CommitEvaluation(b.Context(), other); err != nil {
		b.Fatal(err)
	}
	if err := s.CommitEvaluation(b.Context(), e); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name, label, value string
		op                 alert.MatchOp
	}{
		{"name", alert.AlertName, "DiskFull", alert.MatchEqual},
		{"label", "instance", "host-7:9100", alert.MatchEqual},
		{"regexp", "instance", "host-7:.*", alert.MatchRegexp},
	} {
		b.Run("by="+c.name, func(b *testing.B) {
			m, err := alert.NewMatcher(c.label, c.op, c.value)
			if err != nil {
				b.Fatal(err)
			}
			sil := alert.Silence{ID: c.name, Matchers: alert.Matchers{m}, StartsAt: noon(), EndsAt: noon().Add(time.Hour)}
			for b.Loop() {
				if err := s.SaveSilences(context.Background(), noon(), sil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCommitIncident commits many alerts that begin at once, to a new store.
func BenchmarkCommitIncident(b *testing.B) {
	const n = 100_000
	e := evaluation(n, n)
	for b.Loop() {
		b.StopTimer()
		s := open(b, b.TempDir())
		b.StartTimer()
		if err := s.CommitEvaluation(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "alerts/s")
}

// BenchmarkHistory reads what 100,000 incidents of 30 days left.
func BenchmarkHistory(b *testing.B) {
	s := open(b, b.TempDir())
	const n = 100_000
	start := noon().Add(-30 * 24 * time.Hour)
	for at := 0; at < n; at += 10_000 {
		e := evaluation(10_000, 100)
		e.Touched = nil
		for i := range e.Upserts {
			a := &e.Upserts[i]
			fired := start.Add(time.Duration(at+i) * 25 * time.Second)
			a.ID = fmt.Sprintf("%016x-%x", (at+i)*7919%n, at+i)
			a.Labels = a.Labels.With("alertname", fmt.Sprintf("Rule%d", i%300))
			a.State, a.ActiveAt, a.FiredAt, a.ResolvedAt = alert.Resolved, fired, fired, fired.Add(time.Duration(i%600)*time.Second)
			e.Events[i] = alert.Event{At: fired, Kind: alert.EventFiring, AlertID: a.ID, Labels: a.Labels}
			e.Events = append(e.Events, alert.Event{At: a.ResolvedAt, Kind: alert.EventResolved, AlertID: a.ID, Labels: a.Labels})
		}
		if err := s.CommitEvaluation(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("stats", func(b *testing.B) {
		for b.Loop() {
			if st, err := s.Stats(b.Context(), start, noon()); err != nil || st.Recovery.Count < n/2 {
				b.Fatal(st, err)
			}
		}
	})
	b.Run("stats of a week", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Stats(b.Context(), noon().Add(-7*24*time.Hour), noon()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("incidents", func(b *testing.B) {
		for b.Loop() {
			if page, err := s.Incidents(b.Context(), alert.IncidentQuery{Limit: 50}); err != nil || len(page.Incidents) != 50 {
				b.Fatal(err)
			}
		}
	})
	b.Run("events", func(b *testing.B) {
		for b.Loop() {
			if page, err := s.History(b.Context(), alert.EventQuery{Limit: 50}); err != nil || len(page.Events) != 50 {
				b.Fatal(err)
			}
		}
	})
	b.Run("a page that matches nothing", func(b *testing.B) {
		for b.Loop() {
			if page, err := s.History(b.Context(), alert.EventQuery{Limit: 50, Kinds: []alert.EventKind{alert.EventAcked}}); err != nil || len(page.Events) != 0 {
				b.Fatal(err)
			}
		}
	})
}
