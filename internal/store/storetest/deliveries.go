package storetest

import (
	"fmt"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func deliveryTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"LongestDueFirst": testDueDeliveries,
		"Listed":          testDeliveries,
		"Queue":           testQueue,
		"Rescheduled":     testReschedule,
		"StartedEarlier":  testRescheduleAtStart,
		"TheirAlerts":     testDeliveryAlerts,
		"TheirGroup":      testDeliveryGroup,
	}
}

func testDueDeliveries(t *testing.T, s *fixture) {
	for i, id := range []string{"d", "c", "b", "a"} {
		s.fire(0, alert.GroupKey(id), id)
		d := newDelivery(0, alert.GroupKey(id), id, "mail")
		d.NextAttemptAt = at(float64(i))
		other := d
		other.ID, other.Integration = id+"'", "slack"
		s.plan(alert.PlanResult{Key: d.Group, Create: []alert.Delivery{d, other}})
	}
	for _, c := range []struct {
		integration string
		minute      float64
		limit       int
		ids         []string
		next        time.Time
	}{
		{"mail", -1, 10, nil, at(0)},
		{"mail", 1, 10, []string{"d", "c"}, at(2)},
		{"mail", 9, 3, []string{"d", "c", "b"}, at(3)},
		{"mail", 9, 10, []string{"d", "c", "b", "a"}, time.Time{}},
		{"mail", 9, 0, nil, at(0)},
		{"slack", 0, 10, []string{"d'"}, at(1)},
		{"pager", 9, 10, nil, time.Time{}},
	} {
		due, next, err := s.DueDeliveries(t.Context(), c.integration, at(c.minute), c.limit)
		s.check("reading what is due", err)
		what := fmt.Sprintf("%s at %v, at most %d", c.integration, c.minute, c.limit)
		same(t, what, deliveryIDs(due), c.ids)
		same(t, what+": the next", next, c.next)
	}
	due, _, err := s.DueDeliveries(t.Context(), "mail", at(0), 1)
	s.check("reading what is due", err)
	same(t, "every field", due, []alert.Delivery{newDelivery(0, "d", "d", "mail")})
}

// The clock is set: what waits for a later time is due, and expires later.
func testReschedule(t *testing.T, s *fixture) {
	s.fire(0, "later", "a")
	d := newDelivery(0, "later", "1", "mail")
	d.NextAttemptAt = at(100)
	s.plan(alert.PlanResult{Key: "later", DueAt: at(200), Create: []alert.Delivery{d}})
	s.fire(0, "never", "b")
	s.plan(alert.PlanResult{Key: "never"})
	s.fire(0, "told", "c")
	s.finish(1, s.deliver(0, "told", "2", alert.Content{}), alert.DeliveryDelivered)
	s.plan(alert.PlanResult{Key: "told"})
	before := s.view("later").Revision

	s.check("rescheduling", s.Reschedule(t.Context(), at(10), 90*time.Minute))
	keys, next := s.due(10, 10)
	same(t, "the groups that are due", keys, []alert.GroupKey{"later"})
	same(t, "the next one", next, time.Time{})
	if now := s.view("later").Revision; now <= before {
		t.Errorf("the revision of what changed went from %d to %d", before, now)
	}
	d.NextAttemptAt, d.ExpiresAt = at(10), at(1440+90)
	same(t, "the delivery", s.delivery("1"), d)
	same(t, "one that is told", s.delivery("2").ExpiresAt, at(1440))

	s.check("rescheduling", s.Reschedule(t.Context(), at(20), 0))
	same(t, "the delivery that was due", s.delivery("1"), d)
}

// At a start only what has happened later than now shows that the clock was set
// back meanwhile.
func testRescheduleAtStart(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	d := newDelivery(0, "g", "1", "mail")
	d.NextAttemptAt = at(100)
	s.plan(alert.PlanResult{Key: "g", DueAt: at(200), Create: []alert.Delivery{d}})
	for _, c := range []struct {
		minute float64
		due    []alert.GroupKey
		next   time.Time
	}{
		{10, nil, at(100)},
		{-10, []alert.GroupKey{"g"}, at(-10)},
	} {
		s.check("rescheduling", s.Reschedule(t.Context(), at(c.minute), 0))
		keys, _ := s.due(c.minute, 10)
		same(t, "the groups that are due", keys, c.due)
		same(t, "the next attempt", s.delivery("1").NextAttemptAt, c.next)
	}
}

func testDeliveries(t *testing.T, s *fixture) {
	all := []alert.DeliveryState{
		alert.DeliveryDue, alert.DeliveryDead, alert.DeliveryDelivered, alert.DeliverySuperseded, alert.DeliveryExpired, alert.DeliveryDead,
	}
	for i, state := range all {
		g := alert.GroupKey(fmt.Sprint(i))
		s.fire(0, g, "a")
		switch d := s.deliver(float64(i), g, string(g), alert.Content{}); state {
		case alert.DeliveryDue:
		case alert.DeliverySuperseded:
			s.plan(alert.PlanResult{Key: g, Supersede: []string{d.ID}})
		default:
			s.finish(10, d, state)
		}
	}
	for _, c := range []struct {
		limit  int
		states []alert.DeliveryState
		ids    []string
	}{
		{10, nil, []string{"5", "4", "3", "2", "1", "0"}},
		{2, nil, []string{"5", "4"}},
		{0, nil, nil},
		{10, []alert.DeliveryState{alert.DeliveryDead}, []string{"5", "1"}},
		{1, []alert.DeliveryState{alert.DeliveryDead}, []string{"5"}},
		{10, []alert.DeliveryState{alert.DeliveryDue, alert.DeliveryDead, alert.DeliveryDue}, []string{"5", "1", "0"}},
		{2, []alert.DeliveryState{alert.DeliverySuperseded, alert.DeliveryDelivered, alert.DeliveryDue}, []string{"3", "2"}},
	} {
		got, err := s.Deliveries(t.Context(), c.limit, c.states...)
		s.check("reading deliveries", err)
		same(t, fmt.Sprintf("at most %d of %v", c.limit, c.states), deliveryIDs(got), c.ids)
	}
}

func testQueue(t *testing.T, s *fixture) {
	for i, integration := range []string{"mail", "slack", "mail", "mail", "pager"} {
		g := alert.GroupKey(fmt.Sprint(i))
		s.fire(0, g, "a")
		s.plan(alert.PlanResult{Key: g, Create: []alert.Delivery{newDelivery(float64(10-i), g, string(g), integration)}})
	}
	s.finish(11, s.delivery("4"), alert.DeliveryDelivered)
	queue, err := s.Queue(t.Context())
	s.check("reading the queue", err)
	same(t, "the queue", queue, []alert.QueueDepth{{Integration: "mail", Due: 3, Oldest: at(7)}, {Integration: "slack", Due: 1, Oldest: at(9)}})
}

func testDeliveryAlerts(t *testing.T, s *fixture) {
	all := numbered("%03d", 200)
	s.fire(0, "g", all...)
	d := s.deliver(0, "g", "1", alert.Content{
		Firing: []string{"150", "007", "unknown", "150"}, Resolved: append([]string{"199"}, all[:99]...), Held: []string{"160"},
	})
	got, err := s.DeliveryAlerts(t.Context(), &d)
	s.check("reading its alerts", err)
	var order []string
	for i := range got {
		order = append(order, got[i].ID)
	}
	want := []string{"150", "007", "199"}
	for _, id := range all[:99] {
		if id != "007" {
			want = append(want, id)
		}
	}
	same(t, "its alerts", order, want)
	same(t, "one of them", got[0], newAlert("150", alert.Firing, at(0)))
	got, err = s.DeliveryAlerts(t.Context(), &alert.Delivery{ID: "empty"})
	s.check("reading the alerts of none", err)
	same(t, "of an empty one", len(got), 0)
}

func testDeliveryGroup(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a"}})
	group, told, err := s.DeliveryGroup(t.Context(), &d)
	s.check("reading its group", err)
	same(t, "its group", *group, s.view("g").Group)
	same(t, "told so far", told, alert.Told{})

	s.finish(2, d, alert.DeliveryDelivered)
	next := s.deliver(3, "g", "2", alert.Content{})
	_, told, err = s.DeliveryGroup(t.Context(), &next)
	s.check("reading what was told", err)
	same(t, "told then", told, s.view("g").Told[0])

	s.plan(alert.PlanResult{Key: "g", Supersede: []string{"2"}, Drop: true})
	group, told, err = s.DeliveryGroup(t.Context(), &next)
	s.check("reading a dropped group", err)
	same(t, "a dropped group", *group, alert.Group{GroupRef: ref("g")})
	same(t, "told of it", told, alert.Told{})

	_, _, err = s.DeliveryGroup(t.Context(), &alert.Delivery{ID: "unknown", Group: "unknown"})
	s.want("a delivery that is not there", err, store.ErrNotFound)
}
