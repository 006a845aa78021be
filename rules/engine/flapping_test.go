package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
	"alertd/rules"
)

// An alert that goes on coming and going is told as flapping though alertd is
// restarted, between its firings and while it is held: what it must know for
// that is in the store.
func TestFlappingOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), store.Options{Path: t.TempDir(), Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}()
		q := &fakeQuerier{}
		rule := testRule("X", 0)
		rule.Flapping = rules.Flapping{Firings: 3, Window: time.Hour, Stable: 15 * time.Minute}
		setup := testSetup(rule)
		setup.Groups[0].Interval = time.Minute
		start := func() func() {
			e := New(Options{Store: db, Querier: q, Committed: func() {}, Concurrency: 2, Logger: quiet()})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- e.Run(ctx) }()
			e.Apply(setup)
			synctest.Wait()
			return func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}
		breach := func() { q.set(func() { q.values = map[string]float64{"X > 1": 7} }); pass(2 * time.Minute) }
		healthy := func() { q.set(func() { q.values = map[string]float64{"X": 0} }); pass(2 * time.Minute) }

		for range 4 {
			stop := start()
			breach()
			stop()
			stop = start()
			healthy()
			stop()
		}
		active, err := db.ActiveAlerts(t.Context())
		if err != nil || len(active) != 1 || active[0].Flaps != 4 || active[0].HealthySince.IsZero() {
			t.Fatalf("error %v, active %+v", err, active)
		}
		stop := start()
		defer stop()
		pass(16 * time.Minute)
		if active, err = db.ActiveAlerts(t.Context()); err != nil || len(active) > 0 {
			t.Errorf("error %v, active %+v", err, active)
		}
		events, err := db.Events(t.Context(), time.Time{}, time.Time{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, e := range slices.Backward(events) {
			told = append(told, string(e.Kind))
		}
		want := "firing, resolved, firing, resolved, firing, flapping, flapping, resolved"
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("the history is %s\nwant %s", got, want)
		}
		ended, err := db.EndedAlerts(t.Context(), time.Time{})
		if err != nil || len(ended) != 3 || ended[2].Flaps != 4 || ended[2].RecoveredValue == nil {
			t.Errorf("error %v, ended %+v", err, ended)
		}
	})
}

// Evidence that Prometheus refuses keeps nobody from being told of new alerts.
func TestEvidenceRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7}}
		refusing := refusingQuerier{q, "X"}
		e := New(Options{Store: kept, Querier: refusing, Committed: func() {}, Concurrency: 2, Logger: quiet()})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		e.Apply(testSetup(testRule("X", 0)))
		pass(time.Minute)
		q.set(func() { q.values = nil })
		pass(5 * time.Minute)
		if got := kept.told(); got != "X firing, RuleFailing firing" {
			t.Errorf("told %q", got)
		}
		if status := e.Groups()[0].Rules[0]; status.Firing != 1 || !strings.Contains(status.LastError, "evidence") {
			t.Errorf("status %+v", status)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// refusingQuerier refuses one expression.
type refusingQuerier struct {
	*fakeQuerier
	refused string
}

func (q refusingQuerier) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	if expr == q.refused {
		return nil, refusal{own: true}
	}
	return q.fakeQuerier.Query(ctx, expr, ts)
}
