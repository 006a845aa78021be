package storetest

import (
	"testing"
	"time"

	"alertd/internal/alert"
)

// testReopen closes the store and opens it again: all of it is as before.
func testReopen(t *testing.T, s *fixture) {
	s.fire(0, "g", "a", "b")
	s.put(0, "g", alert.Pending, "c")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a"}})
	s.finish(2, d, alert.DeliveryDelivered)
	s.resolve(3, "g", "a")
	s.deliver(4, "g", "2", alert.Content{Firing: []string{"b"}, Resolved: []string{"a"}})
	s.silence(5, "x", s.matcher("a", alert.MatchRegexp, "b+"))
	s.commit(alert.Evaluation{Group: "g", At: at(6), Events: []alert.Event{{At: at(6), Kind: alert.EventMissing}}})

	type everything struct {
		View       *alert.GroupView
		Active     int
		Deliveries []alert.Delivery
		Silences   alert.Silences
		Events     []alert.Event
		Due        []alert.GroupKey
	}
	read := func() (all everything) {
		t.Helper()
		active, err := s.ActiveAlerts(t.Context())
		s.check("reading alerts", err)
		all.View, all.Active = s.view("g"), len(active)
		all.Due, _ = s.due(100, 10)
		all.Deliveries, err = s.Deliveries(t.Context(), 100)
		s.check("reading deliveries", err)
		all.Silences, err = s.Silences(t.Context())
		s.check("reading silences", err)
		all.Events, err = s.Events(t.Context(), time.Time{}, time.Time{}, 100)
		s.check("reading the history", err)
		return all
	}
	before := read()
	for range 3 {
		s.reopen()
		same(t, "opened again", read(), before)
	}
	s.fire(7, "g", "a")
	if now := s.view("g").Revision; now <= before.View.Revision {
		t.Errorf("the revision went from %d to %d", before.View.Revision, now)
	}
}
