package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestJump(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct{ wall, elapsed, want time.Duration }{
		{15 * time.Second, 15 * time.Second, 0},
		{16 * time.Second, 15 * time.Second, 0}, // what a time server corrects
		{time.Hour, 15 * time.Second, time.Hour - 15*time.Second},
		{15*time.Second - time.Hour, 15 * time.Second, -time.Hour},
		{44 * time.Second, 15 * time.Second, 0},
		{45 * time.Second, 15 * time.Second, 30 * time.Second},
	} {
		before := Reading{Wall: noon, Elapsed: time.Hour}
		now := Reading{Wall: noon.Add(test.wall), Elapsed: time.Hour + test.elapsed}
		if got := Jump(before, now); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

// After the clock was set nothing is evaluated until there can be samples of the
// new time, and an alert that waits for its `for` has waited no longer for it.
func TestClockSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"a > 1": 2}}
		var jumped atomic.Int64
		start := time.Now()
		e := New(Options{
			Store: store, Querier: q, Committed: func() {}, Concurrency: 1, Logger: quiet(),
			Clock: func() Reading {
				now := time.Now()
				return Reading{Wall: now.Add(time.Duration(jumped.Load())), Elapsed: now.Sub(start)}
			},
		})
		e.Apply(testSetup(testRule("a", 24*time.Hour)))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		pass(5 * time.Minute)
		asked := func() int {
			q.mu.Lock()
			defer q.mu.Unlock()
			return len(q.asked)
		}
		jumped.Store(-int64(3 * time.Hour))
		pass(16 * time.Second)
		before := asked()
		pass(30 * time.Second)
		if got := asked(); got != before {
			t.Errorf("asked %d times while there were no samples of the new time", got-before)
		}
		pass(2 * time.Minute)
		if asked() == before {
			t.Error("evaluating did not go on")
		}
		// The fake clocks of everything else were not set, so the shift shows.
		r := e.runners[0]
		if got := r.alerts["test/a"]; len(got) != 1 || start.Sub(got[0].ActiveAt) < 3*time.Hour {
			t.Errorf("the alert is active since %v, %v", got, start)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
