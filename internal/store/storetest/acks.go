package storetest

import (
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func ackTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"InEveryReading":         testAcks,
		"OnlyWhatIsActive":       testAckInactive,
		"TakenBack":              testUnack,
		"TheirTimeEnds":          testExpireAcks,
		"ForgottenWithTheAlert":  testAckPruned,
		"EvaluationsLeaveThemBe": testAckKept,
	}
}

func ackOf(id string, until time.Time) alert.Ack {
	return alert.Ack{AlertID: id, By: "ann", Comment: "looking \"into\" it 🔥", At: at(1), Until: until}
}

func (s *fixture) ack(minute float64, acks ...alert.Ack) {
	s.t.Helper()
	s.check("acknowledging", s.SaveAcks(s.t.Context(), at(minute), acks...))
}

// acked returns who has acknowledged each active alert.
func (s *fixture) acked() map[string]alert.Ack {
	s.t.Helper()
	active, err := s.ActiveAlerts(s.t.Context())
	s.check("reading the active alerts", err)
	out := map[string]alert.Ack{}
	for _, a := range active {
		if a.Ack != nil {
			out[a.ID] = *a.Ack
		}
	}
	return out
}

// ackEvents returns what the history says of acknowledgements, newest first.
func (s *fixture) ackEvents() (out []string) {
	s.t.Helper()
	events, err := s.Events(s.t.Context(), time.Time{}, time.Time{}, 100)
	s.check("reading the history", err)
	for _, e := range events {
		if e.Kind == alert.EventAcked || e.Kind == alert.EventUnacked {
			out = append(out, string(e.Kind)+" "+e.AlertID+" "+e.Labels.Get(alert.AlertName)+" "+e.Detail)
		}
	}
	return out
}

func testAcks(t *testing.T, s *fixture) {
	s.fire(0, "one", "a", "b")
	s.fire(0, "two", "c")
	d := s.deliver(0, "one", "d", alert.Content{Firing: []string{"a", "b"}})
	s.settled()
	want := ackOf("a", at(60))
	s.ack(1, want)
	same(t, "active alerts", s.acked(), map[string]alert.Ack{"a": want})
	keys, _ := s.due(1, 10)
	same(t, "due", keys, []alert.GroupKey{"one"})
	view := s.view("one")
	same(t, "the group's a", view.Alerts[0].Ack, &want)
	same(t, "the group's b", view.Alerts[1].Ack, (*alert.Ack)(nil))
	named, err := s.DeliveryAlerts(t.Context(), &d)
	s.check("reading the delivery's alerts", err)
	same(t, "the delivery's a", named[0].Ack, &want)
	trace, err := s.Trace(t.Context(), "a")
	s.check("reading what is recorded of a", err)
	same(t, "the traced one's", trace.Ack, &want)
	same(t, "the history", s.ackEvents(), []string{`acknowledged a a by ann: looking "into" it 🔥`})

	again := alert.Ack{AlertID: "a", By: "bob", At: at(2)}
	s.ack(2, again, ackOf("b", time.Time{}))
	same(t, "replaced", s.acked(), map[string]alert.Ack{"a": again, "b": ackOf("b", time.Time{})})
	s.resolve(3, "one", "a")
	ended, err := s.EndedAlerts(t.Context(), at(0))
	s.check("reading ended alerts", err)
	same(t, "the ended one's", ended[0].Ack, &again)
	s.reopen()
	same(t, "after a restart", s.acked(), map[string]alert.Ack{"b": ackOf("b", time.Time{})})
}

func testAckInactive(t *testing.T, s *fixture) {
	s.put(0, "g", alert.Pending, "pending")
	s.fire(0, "g", "firing", "ended")
	s.resolve(0, "g", "ended")
	s.ack(1, ackOf("pending", time.Time{}))
	for _, id := range []string{"ended", "unknown"} {
		s.want(id, s.SaveAcks(t.Context(), at(2), ackOf("firing", time.Time{}), ackOf(id, time.Time{})), store.ErrNotFound)
	}
	same(t, "acknowledged", s.acked(), map[string]alert.Ack{"pending": ackOf("pending", time.Time{})})
}

func testUnack(t *testing.T, s *fixture) {
	s.fire(0, "one", "a", "b")
	s.fire(0, "two", "c")
	s.ack(1, ackOf("a", time.Time{}), ackOf("b", time.Time{}))
	s.settled()
	s.check("removing", s.RemoveAcks(t.Context(), at(2), "bob", "a", "c", "unknown"))
	same(t, "left", s.acked(), map[string]alert.Ack{"b": ackOf("b", time.Time{})})
	keys, _ := s.due(2, 10)
	same(t, "due", keys, []alert.GroupKey{"one"})
	same(t, "the history", s.ackEvents()[0], "acknowledgement ended a a removed by bob")
}

func testExpireAcks(t *testing.T, s *fixture) {
	expire := func(minute float64, expired int, next time.Time) {
		t.Helper()
		n, at, err := s.ExpireAcks(t.Context(), at(minute))
		s.check("expiring", err)
		same(t, "expired", n, expired)
		same(t, "next", at, next)
	}
	expire(0, 0, time.Time{})
	s.fire(0, "one", "a", "b", "c")
	s.ack(1, ackOf("a", at(10)), ackOf("b", at(20)), ackOf("c", time.Time{}))
	s.settled()
	expire(9, 0, at(10))
	expire(10, 1, at(20))
	keys, _ := s.due(10, 10)
	same(t, "due", keys, []alert.GroupKey{"one"})
	same(t, "the history", s.ackEvents()[0], "acknowledgement ended a a its time is over")
	expire(20, 1, time.Time{})
	same(t, "left", s.acked(), map[string]alert.Ack{"c": ackOf("c", time.Time{})})
}

func testAckPruned(t *testing.T, s *fixture) {
	s.put(0, "g", alert.Pending, "pending")
	s.fire(0, "g", "a")
	s.ack(1, ackOf("a", at(10)), ackOf("pending", time.Time{}))
	s.commit(alert.Evaluation{Group: "g", At: at(2), Deletes: []string{"pending"}})
	s.resolve(2, "g", "a")
	s.plan(alert.PlanResult{Key: "g", Leave: []string{"a"}, Drop: true})
	s.prune(100, store.Retention{History: time.Minute})
	n, next, err := s.ExpireAcks(t.Context(), at(100))
	s.check("expiring", err)
	same(t, "expired", n, 0)
	same(t, "next", next, time.Time{})
	// The same ids again are not acknowledged.
	s.fire(101, "g", "a", "pending")
	same(t, "acknowledged", s.acked(), map[string]alert.Ack{})
}

func testAckKept(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	s.ack(1, ackOf("a", time.Time{}))
	s.fire(2, "g", "a")
	same(t, "acknowledged", s.acked(), map[string]alert.Ack{"a": ackOf("a", time.Time{})})
}
