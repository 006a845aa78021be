package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// slowRule answers one expression only after a while.
type slowRule struct {
	*fakeQuerier
	expr string
}

func (q slowRule) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	if expr == q.expr {
		select {
		case <-time.After(4 * time.Second):
		case <-ctx.Done():
			return nil, refusal{own: false}
		}
	}
	return q.fakeQuerier.Query(ctx, expr, ts)
}

// A reload that cuts an evaluation short must not forget what its first rules
// found: the next runner goes on from their state and would never say it again.
func TestEngineReloadDuringAnEvaluationLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X": 0}}
		q.values["Y > 1"] = 7
		slow := testRule("Y", 0)
		slow.Annotations = []rules.Template{{Name: "summary", Text: `{{ query "slow" }}`}}
		setup := testSetup(testRule("X", 0), slow)
		e := New(Options{Store: store, Querier: slowRule{q, "slow"}, Committed: func() {}, Concurrency: 4, Logger: quiet()})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		e.Apply(setup)
		go func() { _ = e.Run(ctx) }()
		pass(5 * time.Second)
		// reloaded applies the setup again while Y's annotation is awaited.
		reloaded := func() {
			r := newRunner(e, setup.Groups[0])
			pass(time.Until(r.slotAfter(time.Now())) + time.Second)
			e.Apply(setup)
			pass(time.Second)
		}

		q.set(func() { q.values["X > 1"] = 7 })
		reloaded()
		if got := store.told(); got != "Y firing, X firing" {
			t.Fatalf("told %q", got)
		}
		pass(time.Minute)
		q.set(func() { delete(q.values, "X > 1") })
		reloaded()
		pass(time.Minute)
		if got := store.told(); got != "Y firing, X firing, X resolved" {
			t.Errorf("told %q", got)
		}
	})
}
