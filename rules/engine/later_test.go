package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// Very many alerts that begin at once are annotated while they are written, also
// where the store fails them at first.
func TestAnnotatedBesideTheStore(t *testing.T) {
	for name, first := range map[string]error{"at once": nil, "after the store was away": errors.New("away")} {
		t.Run(name, func(t *testing.T) {
			rule := &rules.Rule{
				ID: "flood", Name: "Flood", Expr: rules.Fixed("level > 0"), Evidence: rules.Fixed("level"),
				Annotations: []rules.Template{{Name: "summary", Text: "Flood at {{ $labels.host }}"}},
			}
			store := newFakeStore()
			store.err = first
			e := New(Options{Store: store, Querier: &flood{series: foldBeyond + 1, level: 1}, Committed: func() {}, Concurrency: 1, Logger: quiet()})
			e.setup = testSetup(rule)
			r := newRunner(e, e.setup.Groups[0])
			at := time.Now()
			r.evaluate(t.Context(), at)
			store.err = nil
			r.evaluate(t.Context(), at.Add(15*time.Second))
			if len(store.rows) != foldBeyond+1 {
				t.Fatalf("%d alerts are stored", len(store.rows))
			}
			for _, all := range [][]alert.Alert{slices.Collect(maps.Values(store.rows)), r.alerts["flood"]} {
				for _, a := range all {
					if want := "Flood at " + a.Labels.Get("host"); a.Annotations.Get("summary") != want {
						t.Fatalf("%s: summary %q", want, a.Annotations.Get("summary"))
					}
				}
			}
			if len(store.events) != 1 {
				t.Errorf("%d lines of history", len(store.events))
			}
		})
	}
}

// A reload that comes while very many alerts begin does not keep them from being
// annotated and written.
func TestAnnotatedBesideTheStoreWhenCutShort(t *testing.T) {
	rule := &rules.Rule{
		ID: "flood", Name: "Flood", Expr: rules.Fixed("level > 0"), Evidence: rules.Fixed("level"),
		Annotations: []rules.Template{{Name: "summary", Text: "Flood at {{ $labels.host }}"}},
	}
	store := newFakeStore()
	e := New(Options{Store: store, Querier: &flood{series: foldBeyond + 1, level: 1}, Committed: func() {}, Concurrency: 1, Logger: quiet()})
	e.setup = testSetup(rule)
	r := newRunner(e, e.setup.Groups[0])
	at := time.Now()
	ev := newEvaluation(r.group.Name, at)
	answers := r.ask(t.Context(), []*rules.Rule{rule}, at)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, asked := range answers {
		if err := r.rule(ctx, rule, asked, at, ev); err != nil {
			t.Fatal(err)
		}
	}
	r.commit(ctx, ev)
	if len(store.rows) != foldBeyond+1 {
		t.Fatalf("%d alerts are stored", len(store.rows))
	}
	for _, a := range store.rows {
		if want := "Flood at " + a.Labels.Get("host"); a.Annotations.Get("summary") != want {
			t.Fatalf("%s: summary %q", want, a.Annotations.Get("summary"))
		}
	}
}
