package storetest

import (
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func groupTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"LongestDueFirst":      testDueGroups,
		"NothingDue":           testNothingDue,
		"Unknown":              testUnknownGroup,
		"NoRevisionComesTwice": testRevisions,
		"EndedIsDueEverywhere": testEndedAlert,
	}
}

func (s *fixture) due(minute float64, limit int) ([]alert.GroupKey, time.Time) {
	s.t.Helper()
	keys, next, err := s.DueGroups(s.t.Context(), at(minute), limit)
	s.check("reading the groups that are due", err)
	return keys, next
}

func testDueGroups(t *testing.T, s *fixture) {
	for i, key := range []alert.GroupKey{"e", "d", "c", "b", "a"} {
		s.fire(float64(i), key, string(key))
	}
	for _, c := range []struct {
		minute float64
		limit  int
		keys   []alert.GroupKey
		next   time.Time
	}{
		{-1, 10, nil, at(0)},
		{0, 10, []alert.GroupKey{"e"}, at(1)},
		{2.5, 10, []alert.GroupKey{"e", "d", "c"}, at(3)},
		{2.5, 2, []alert.GroupKey{"e", "d"}, at(2)},
		{9, 5, []alert.GroupKey{"e", "d", "c", "b", "a"}, time.Time{}},
		{9, 0, nil, at(0)},
		{9, -1, nil, at(0)},
	} {
		keys, next := s.due(c.minute, c.limit)
		same(t, "the groups", keys, c.keys)
		same(t, "the next", next, c.next)
	}
}

func testNothingDue(t *testing.T, s *fixture) {
	keys, next := s.due(0, 10)
	same(t, "in an empty store", len(keys), 0)
	same(t, "the next", next, time.Time{})
	s.fire(0, "g", "a")
	s.plan(alert.PlanResult{Key: "g", FlushedAt: at(0)})
	keys, next = s.due(1000, 10)
	same(t, "with nothing to wait for", len(keys), 0)
	same(t, "the next", next, time.Time{})
}

func testUnknownGroup(t *testing.T, s *fixture) {
	_, err := s.GroupView(t.Context(), "nowhere")
	s.want("reading a group that is not there", err, store.ErrNotFound)
}

// A plan made before a group was dropped must not fit the one made after.
func testRevisions(t *testing.T, s *fixture) {
	seen := map[int64]bool{}
	for range 5 {
		for range 3 {
			s.fire(0, "g", "a")
			r := s.view("g").Revision
			if seen[r] {
				t.Errorf("revision %d comes twice", r)
			}
			seen[r] = true
		}
		s.plan(alert.PlanResult{Key: "g", Leave: []string{"a"}, Drop: true})
		_, err := s.GroupView(t.Context(), "g")
		s.want("a dropped group", err, store.ErrNotFound)
	}
}

// An alert that ends is told wherever its firing was, also in the groups of
// routes that it would no longer take.
func testEndedAlert(t *testing.T, s *fixture) {
	s.fire(0, "old", "a")
	s.plan(alert.PlanResult{Key: "old"})
	s.resolve(5, "new", "a")
	keys, _ := s.due(5, 10)
	same(t, "due", keys, []alert.GroupKey{"new", "old"})
}
