package storetest

import (
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func outcomeTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"Rescheduled":            testRescheduled,
		"Delivered":              testDelivered,
		"GivenUp":                testGivenUp,
		"SupersededButDelivered": testSupersededDelivered,
		"SupersededAndFailed":    testSupersededFailed,
		"DroppedButDelivered":    testDroppedDelivered,
		"DroppedAndAllWell":      testDroppedResolved,
		"WrittenTwice":           testWrittenTwice,
		"Unknown":                testUnknownDelivery,
		"DueSoonerThanPlanned":   testOutcomeDue,
	}
}

func testRescheduled(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a"}})
	before := s.view("g")
	d.Attempts, d.LastError, d.NextAttemptAt, d.FinishedAt = 4, "timeout", at(9), at(3)
	s.check("rescheduling", s.CommitDelivery(t.Context(), &d, at(3)))
	d.FinishedAt = time.Time{} // it is not
	before.Open = []alert.Delivery{d}
	same(t, "the group", s.view("g"), before)
}

func testDelivered(t *testing.T, s *fixture) {
	s.fire(0, "g", "a", "b", "c")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"b", "a"}, Held: []string{"c"}})
	before := s.view("g")
	s.finish(2, d, alert.DeliveryDelivered)
	v := s.view("g")
	same(t, "told", v.Told, []alert.Told{
		{Group: "g", Integration: "mail", Firing: []string{"b", "a", "c"}, At: at(2), AsOf: at(1), Ref: "ref-1"},
	})
	same(t, "due", v.DueAt, at(2))
	same(t, "open", len(v.Open), 0)
	if v.Revision <= before.Revision {
		t.Errorf("the revision went from %d to %d", before.Revision, v.Revision)
	}
	d.State, d.Attempts, d.Ref, d.FinishedAt = alert.DeliveryDelivered, 1, "ref-1", at(2)
	same(t, "the delivery", s.delivery("1"), d)

	d = s.deliver(3, "g", "2", alert.Content{Resolved: []string{"a", "b"}})
	s.finish(4, d, alert.DeliveryDelivered)
	same(t, "told then", s.view("g").Told, []alert.Told{{Group: "g", Integration: "mail", At: at(4), AsOf: at(3), Ref: "ref-2"}})
}

func testGivenUp(t *testing.T, s *fixture) {
	for _, state := range []alert.DeliveryState{alert.DeliveryDead, alert.DeliveryExpired} {
		g := alert.GroupKey(state)
		s.fire(0, g, "a")
		d := s.deliver(1, g, string(state), alert.Content{Firing: []string{"a"}})
		before := s.view(g)
		s.finish(2, d, state)
		v := s.view(g)
		// It counts as told: to repeat it is the repeat interval's affair.
		same(t, "told", v.Told, []alert.Told{{Group: g, Integration: "mail", Firing: []string{"a"}, At: at(2), AsOf: at(1), Ref: s.delivery(d.ID).Ref}})
		same(t, "open", len(v.Open), 0)
		same(t, "due", v.DueAt, at(2))
		same(t, "finished", s.delivery(d.ID).FinishedAt, at(2))
		if v.Revision <= before.Revision {
			t.Errorf("%s: the revision went from %d to %d", state, before.Revision, v.Revision)
		}
	}
}

// It was on its way when a newer truth overtook it, and arrived.
func testSupersededDelivered(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a"}})
	s.resolve(2, "g", "a")
	s.plan(alert.PlanResult{Key: "g", FlushedAt: at(2), Supersede: []string{"1"}, Leave: []string{"a"}})
	same(t, "left", ids(s.view("g").Alerts), []string{})
	s.finish(3, d, alert.DeliveryDelivered)
	v := s.view("g")
	same(t, "told", v.Told, []alert.Told{{Group: "g", Integration: "mail", Firing: []string{"a"}, At: at(3), AsOf: at(1), Ref: "ref-1"}})
	same(t, "back, for its end is to be told", ids(v.Alerts), []string{"a"})
	same(t, "due", v.DueAt, at(3))
	same(t, "its state", s.delivery("1").State, alert.DeliveryDelivered)
}

func testSupersededFailed(t *testing.T, s *fixture) {
	for _, state := range []alert.DeliveryState{alert.DeliveryDue, alert.DeliveryDead, alert.DeliveryExpired} {
		g := alert.GroupKey(state)
		s.fire(0, g, "a")
		d := s.deliver(1, g, string(state), alert.Content{Firing: []string{"a"}})
		s.plan(alert.PlanResult{Key: g, FlushedAt: at(2), Supersede: []string{d.ID}})
		before := s.view(g)
		d.LastError = "timeout"
		s.finish(3, d, state)
		same(t, "the group", s.view(g), before)
		got := s.delivery(d.ID)
		d.State, d.FinishedAt, d.Attempts = alert.DeliverySuperseded, at(2), 1
		same(t, "the delivery", got, d)
	}
}

// Its group was forgotten when it arrived: someone must tell of the end.
func testDroppedDelivered(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a"}})
	s.resolve(2, "g", "a")
	s.plan(alert.PlanResult{Key: "g", Supersede: []string{"1"}, Leave: []string{"a"}, Drop: true})
	s.finish(3, d, alert.DeliveryDelivered)
	v := s.view("g")
	same(t, "the group", v.Group, alert.Group{GroupRef: ref("g"), CreatedAt: at(3), FlushedAt: at(3), DueAt: at(3)})
	same(t, "its alerts", ids(v.Alerts), []string{"a"})
	same(t, "told", v.Told[0].Firing, []string{"a"})
}

func testDroppedResolved(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	s.fire(0, "h", "b")
	for _, c := range []struct {
		group   alert.GroupKey
		id      string
		content alert.Content
		state   alert.DeliveryState
	}{
		{"g", "1", alert.Content{Resolved: []string{"a"}}, alert.DeliveryDelivered},
		{"h", "2", alert.Content{Firing: []string{"b"}}, alert.DeliveryDead},
	} {
		d := s.deliver(1, c.group, c.id, c.content)
		s.plan(alert.PlanResult{Key: c.group, Supersede: []string{c.id}, Drop: true})
		s.finish(3, d, c.state)
		_, err := s.GroupView(t.Context(), c.group)
		s.want("the group", err, store.ErrNotFound)
	}
}

func testWrittenTwice(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a"}})
	s.finish(2, d, alert.DeliveryDelivered)
	next := s.deliver(3, "g", "2", alert.Content{Resolved: []string{"a"}})
	s.finish(4, next, alert.DeliveryDelivered)
	before := s.view("g")
	s.finish(5, d, alert.DeliveryDelivered)
	s.finish(5, d, alert.DeliveryDead)
	s.finish(5, d, alert.DeliveryDue)
	same(t, "the group", s.view("g"), before)
	same(t, "the delivery", s.delivery("1").State, alert.DeliveryDelivered)

	dead := s.deliver(6, "g", "3", alert.Content{Firing: []string{"a"}})
	s.finish(7, dead, alert.DeliveryDead)
	before = s.view("g")
	s.finish(8, dead, alert.DeliveryDue)
	same(t, "refused for good", s.view("g"), before)
}

func testUnknownDelivery(t *testing.T, s *fixture) {
	d := newDelivery(0, "g", "unknown", "mail")
	s.want("an unknown delivery", s.CommitDelivery(t.Context(), &d, at(0)), store.ErrNotFound)
	s.fire(0, "g", "a")
	d = s.deliver(1, "g", "1", alert.Content{})
	for _, state := range []alert.DeliveryState{alert.DeliverySuperseded, "", "lost"} {
		d.State = state
		if err := s.CommitDelivery(t.Context(), &d, at(2)); err == nil {
			t.Errorf("an attempt ended as %q", state)
		}
	}
	same(t, "it stays", s.delivery("1").State, alert.DeliveryDue)
}

func testOutcomeDue(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	d := newDelivery(1, "g", "1", "mail")
	s.plan(alert.PlanResult{Key: "g", DueAt: at(2), Create: []alert.Delivery{d}})
	s.finish(3, d, alert.DeliveryDelivered)
	same(t, "due before", s.view("g").DueAt, at(2))
	d = newDelivery(4, "g", "2", "mail")
	s.plan(alert.PlanResult{Key: "g", DueAt: at(60), Create: []alert.Delivery{d}})
	s.finish(5, d, alert.DeliveryDelivered)
	same(t, "due later", s.view("g").DueAt, at(5))
}
