package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
)

// part is something that a check looks at, and that the test changes.
type part struct {
	mu    sync.Mutex
	found []Finding
	err   error
}

func (p *part) set(err error, found ...Finding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found, p.err = found, err
}

func (p *part) look(context.Context, time.Time) ([]Finding, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.found), p.err
}

func finding(name string, unsure bool) Finding {
	return Finding{Labels: alert.LabelsFromStrings(alert.AlertName, "Part", "part", name), Summary: name + " is broken", Value: 1, Unsure: unsure}
}

// checked runs an engine with one check.
func checked(t *testing.T, store *fakeStore, p *part) (*Engine, func()) {
	t.Helper()
	e := New(Options{Store: store, Querier: &fakeQuerier{}, Committed: func() {}, Concurrency: 1, Logger: quiet(), Checks: []Check{{Name: "Part", Look: p.look}}})
	setup := testSetup(testRule("a", 0))
	setup.Runbooks = "https://runbooks"
	e.Apply(setup)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	synctest.Wait()
	return e, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// What a check finds is an alert for as long as it finds it; an error, or not
// being sure, neither begins nor ends one.
func TestChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, p := newFakeStore(), &part{}
		e, stop := checked(t, store, p)
		defer stop()
		steps := []struct {
			change func()
			want   string // told so far
		}{
			{func() { p.set(nil, finding("a", true)) }, ""},
			{func() { p.set(nil, finding("a", false)) }, "Part firing"},
			{func() { p.set(errors.New("cannot tell")) }, "Part firing"},
			{func() { p.set(nil, finding("a", true)) }, "Part firing"},
			{func() { p.set(nil, finding("b", false), finding("a", true)) }, "Part firing, Part firing"},
			{func() { p.set(nil, finding("b", false)) }, "Part firing, Part firing, Part resolved"},
			{func() { p.set(nil) }, "Part firing, Part firing, Part resolved, Part resolved"},
		}
		for i, step := range steps {
			step.change()
			pass(time.Minute)
			if got := store.told(); got != step.want {
				t.Fatalf("step %d: told %q, want %q", i, got, step.want)
			}
		}
		for _, a := range store.rows {
			if a.Annotations.Get("runbook_url") != "https://runbooks/Part" || !strings.HasSuffix(a.Annotations.Get("summary"), "is broken") {
				t.Errorf("annotations %s", a.Annotations)
			}
			if !a.Concerns("") || a.RuleID != alert.OwnRule("Part") {
				t.Errorf("it is not alertd's own: %q", a.RuleID)
			}
		}
		p.set(nil, finding("c", false))
		e.Look()
		synctest.Wait()
		if got := store.told(); strings.Count(got, "firing") != 3 {
			t.Errorf("Look does not look at once: told %q", got)
		}
	})
}

// What the store does not take can be told from memory.
func TestUnstored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, p := newFakeStore(), &part{}
		e, stop := checked(t, store, p)
		defer stop()
		store.mu.Lock()
		store.err = errors.New("no space is left")
		store.mu.Unlock()
		p.set(nil, finding("a", false))
		pass(time.Minute)
		unstored := e.Unstored()
		if len(unstored) != 1 || unstored[0].State != alert.Firing || unstored[0].Labels.Get("part") != "a" {
			t.Errorf("unstored %+v", unstored)
		}
		store.mu.Lock()
		store.err = nil
		store.mu.Unlock()
		pass(time.Minute)
		if unstored := e.Unstored(); len(unstored) != 0 || store.told() != "Part firing" {
			t.Errorf("unstored %+v, told %q", unstored, store.told())
		}
	})
}
