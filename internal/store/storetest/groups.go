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
		"DueWhenItsWaitIsOver": testGroupWait,
		"DueOnItsInterval":     testGroupInterval,
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

// timed is a reference to a group that waits a minute for its first message, and
// five for those about changes.
func timed(key alert.GroupKey) alert.GroupRef {
	r := ref(key)
	r.Wait, r.Interval = time.Minute, 5*time.Minute
	return r
}

// touch commits, at a minute, that alerts of a group are in a state since another.
func (s *fixture) touch(minute, since float64, g alert.GroupKey, state alert.State, ids ...string) {
	s.t.Helper()
	e := alert.Evaluation{Group: "test", At: at(minute), Touched: map[string][]alert.GroupRef{}}
	for _, id := range ids {
		a := newAlert(id, state, at(minute))
		a.FiredAt = at(since)
		if state == alert.Resolved {
			a.FiredAt, a.ResolvedAt = at(-1), at(since)
		}
		e.Upserts = append(e.Upserts, a)
		e.Touched[id] = []alert.GroupRef{timed(g)}
	}
	s.commit(e)
}

func testGroupWait(t *testing.T, s *fixture) {
	s.touch(0, 0, "g", alert.Firing, "a")
	same(t, "the group as it is kept", s.view("g").GroupRef, timed("g"))
	same(t, "a new group", s.view("g").DueAt, at(1))
	s.touch(0.5, 0.5, "g", alert.Firing, "b")
	same(t, "another alert does not make it wait longer", s.view("g").DueAt, at(1))
	s.touch(0, -0.75, "late", alert.Firing, "c")
	same(t, "one whose alert fires for a while", s.view("late").DueAt, at(0.25))
	s.touch(0, -10, "old", alert.Firing, "d")
	same(t, "one whose alert fires for long", s.view("old").DueAt, at(0))

	s.plan(alert.PlanResult{Key: "g"}) // all silenced, say
	s.touch(0.75, 0.75, "g", alert.Firing, "e")
	same(t, "planned before its wait was over", s.view("g").DueAt, at(1))
	s.plan(alert.PlanResult{Key: "g"})
	s.touch(3, 3, "g", alert.Firing, "f")
	same(t, "planned, with its wait over", s.view("g").DueAt, at(3))
}

func testGroupInterval(t *testing.T, s *fixture) {
	told := func(due float64) { // told at minute 1
		s.plan(alert.PlanResult{Key: "g", FlushedAt: at(1), DueAt: at(due)})
	}
	s.touch(0, 0, "g", alert.Firing, "a", "b")
	told(100)
	s.touch(3, 3, "g", alert.Firing, "c")
	same(t, "after a new alert", s.view("g").DueAt, at(6))
	told(4)
	s.touch(3, 3, "g", alert.Firing, "d")
	same(t, "due sooner anyway", s.view("g").DueAt, at(4))
	told(100)
	s.touch(7, 6.5, "g", alert.Resolved, "a")
	same(t, "after an end", s.view("g").DueAt, at(11))
	told(100)
	s.touch(7, 5.5, "g", alert.Firing, "e")
	same(t, "a change that should have been told by now", s.view("g").DueAt, at(7))
	told(100)
	s.touch(7, 0.5, "g", alert.Firing, "f")
	same(t, "a change before the last message", s.view("g").DueAt, at(7))
	told(100)
	s.commit(alert.Evaluation{Group: "test", At: at(8), Touched: map[string][]alert.GroupRef{"b": {timed("g")}}})
	same(t, "a change that is none of its alerts", s.view("g").DueAt, at(8))

	s.deliver(8, "g", "1", alert.Content{Firing: []string{"b"}})
	s.touch(9, 9, "g", alert.Firing, "h")
	same(t, "while a message is under way", s.view("g").DueAt, at(9))
}
