package store_test

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"alertd/internal/store"
	"alertd/internal/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.Child(backend())
	goleak.VerifyTestMain(m)
}

func backend() storetest.Backend {
	return storetest.Backend{
		Place: func(t testing.TB) string { return filepath.Join(t.TempDir(), "state") },
		Open: func(ctx context.Context, place string) (store.Store, error) {
			return store.Open(ctx, store.Options{Path: place})
		},
	}
}

// open opens a store in a directory until the test ends.
func open(t testing.TB, path string) store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestConformance also collects every query that passing takes, and looks at
// how SQLite would answer each.
func TestConformance(t *testing.T) {
	b := backend()
	seen := &queries{all: map[string]bool{}}
	opened := b.Open
	b.Open = func(ctx context.Context, place string) (store.Store, error) {
		s, err := opened(ctx, place)
		if err != nil {
			return nil, err
		}
		return &recorder{s, seen}, nil
	}
	storetest.Run(t, b)
	t.Run("NoQueryScansATable", func(t *testing.T) { testQueryPlans(t, seen.all) })
}

type queries struct {
	mu  sync.Mutex
	all map[string]bool
}

// recorder notes the queries that a store has run.
type recorder struct {
	store.Store
	seen *queries
}

func (r *recorder) Close() error {
	run, err := store.Queries(context.Background(), r.Store)
	if err == nil { // and not closed before
		r.seen.mu.Lock()
		for _, q := range run {
			r.seen.all[q] = true
		}
		r.seen.mu.Unlock()
	}
	return r.Store.Close()
}

func testQueryPlans(t *testing.T, all map[string]bool) {
	s := open(t, t.TempDir())
	explained := 0
	for q := range all {
		if !regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE|WITH) `).MatchString(q) {
			continue
		}
		plan, err := store.Ask(t.Context(), s, "EXPLAIN QUERY PLAN "+q)
		if err != nil {
			t.Fatal(err)
		}
		explained++
		for _, step := range plan {
			if expensive(step) && !mustScan(q, step) {
				t.Errorf("%s\n\t%s", q, strings.Join(plan, "\n\t"))
			}
		}
	}
	if explained < 40 {
		t.Errorf("only %d queries were seen: does the conformance suite still run?", explained)
	}
}

// expensive tells whether a step's cost grows with a table, not its answer.
func expensive(step string) bool {
	if strings.Contains(step, "TEMP B-TREE") || strings.Contains(step, "AUTOMATIC") || strings.HasSuffix(step, "alerts_by_state (state=?)") {
		return true
	}
	return strings.HasPrefix(step, "SCAN ") &&
		!regexp.MustCompile(`^SCAN (CONSTANT ROW|\d+.ROW|\d+ CONSTANT ROWS|w$|wanted|own$|once$|change$)`).MatchString(step)
}

// mustScan tells whether the query is one that has to see every row.
func mustScan(query, step string) bool {
	switch {
	case strings.Contains(query, "state IN ('pending', 'firing')"):
		return strings.HasSuffix(step, "alerts_by_state (state=?)") // those that are active
	case strings.Contains(query, "COUNT(*), MIN(created_at)"):
		return step == "SCAN deliveries USING COVERING INDEX deliveries_due" // those that are due
	case strings.Contains(query, "SUM(attempts)"):
		return step == "SCAN deliveries USING INDEX deliveries_due" // likewise
	case strings.HasPrefix(query, "WITH incidents AS"):
		return step == "SCAN i" // those of a time
	case strings.Contains(query, "FROM silences ORDER BY"), strings.Contains(query, "FROM recurring_silences ORDER BY"):
		return true // all of them are asked for
	case strings.Contains(query, "FROM acks k"):
		return step == "SCAN k" // people acknowledge few
	}
	return false
}
