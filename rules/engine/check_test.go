package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
)

// What a check finds is an alert for as long as it finds it; where it cannot
// look, all stays as it is.
func TestChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var found []Finding
		var failure error
		store := newFakeStore()
		e := New(Options{
			Store: store, Querier: &fakeQuerier{}, Committed: func() {}, Logger: quiet(),
			Checks: []Check{{Name: "Leaking", Look: func(context.Context, time.Time) ([]Finding, error) { return found, failure }}},
		})
		e.Apply(testSetup())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		expect := func(want string) {
			t.Helper()
			time.Sleep(31 * time.Second) // two evaluations
			synctest.Wait()
			if got := store.told(); got != want {
				t.Errorf("told %q, want %q", got, want)
			}
		}
		expect("")
		found = []Finding{{Labels: alert.LabelsFromStrings(alert.AlertName, "Leaking", "file", "a"), Summary: "It leaks", Value: 1}}
		expect("Leaking firing")
		for _, a := range store.rows {
			if a.Annotations.Get("summary") != "It leaks" {
				t.Errorf("annotations %v", a.Annotations)
			}
		}
		found, failure = nil, errors.New("nobody can look")
		expect("Leaking firing")
		failure = nil
		expect("Leaking firing, Leaking resolved")
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
