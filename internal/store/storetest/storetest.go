// Package storetest is what every implementation of store.Store must pass.
package storetest

import (
	"context"
	"testing"

	"alertd/internal/store"
)

// Backend is one implementation, opened at places.
type Backend struct {
	// Place returns where a new, empty store can be kept until the test ends: a
	// directory, a data source name.
	Place func(t testing.TB) string
	// Open opens the store at a place. It is called again after Close, and by
	// other processes.
	Open func(ctx context.Context, place string) (store.Store, error)
}

// Run tests the backend. The package's TestMain must call Child first.
func Run(t *testing.T, b Backend) {
	for _, part := range []struct {
		name  string
		tests map[string]func(t *testing.T, s *fixture)
	}{
		{"Alerts", alertTests()},
		{"Groups", groupTests()},
		{"Plans", planTests()},
		{"Deliveries", deliveryTests()},
		{"Outcomes", outcomeTests()},
		{"Silences", silenceTests()},
		{"RecurringSilences", recurringTests()},
		{"Acks", ackTests()},
		{"Events", eventTests()},
		{"Decisions", decisionTests()},
		{"History", historyTests()},
		{"Stats", statsTests()},
		{"Prune", pruneTests()},
		{"Runs", runTests()},
		{"Races", raceTests()},
	} {
		t.Run(part.name, func(t *testing.T) {
			for name, test := range part.tests {
				t.Run(name, func(t *testing.T) { test(t, newFixture(t, b)) })
			}
		})
	}
	t.Run("Reopen", func(t *testing.T) { testReopen(t, newFixture(t, b)) })
	t.Run("Kill", func(t *testing.T) { testKill(t, b) })
}
