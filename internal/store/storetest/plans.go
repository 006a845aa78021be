package storetest

import (
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func planTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"CarriedOut":                  testPlan,
		"StaleAfterAnEvaluation":      testStaleEvaluation,
		"StaleAfterAnotherPlan":       testStalePlan,
		"StaleWithoutTheGroup":        testStaleDropped,
		"OneOpenDelivery":             testOneOpen,
		"AllOrNothing":                testPlanAtomic,
		"LeavingWaitsForTheDelivery":  testLeave,
		"DroppingWaitsForTheDelivery": testDropOpen,
		"DroppingForgetsWhatWasTold":  testDrop,
	}
}

func testPlan(t *testing.T, s *fixture) {
	s.fire(0, "g", "a", "b", "c")
	first := newDelivery(1, "g", "1", "mail")
	first.Content = alert.Content{Firing: []string{"a", "b"}, Resolved: []string{"c"}, Held: []string{"d"}}
	first.Attempts, first.LastError, first.NextAttemptAt = 3, "refused", at(5)
	s.plan(alert.PlanResult{
		Key: "g", DueAt: at(9), FlushedAt: at(1),
		Create: []alert.Delivery{first, newDelivery(1, "g", "2", "slack")},
		Events: []alert.Event{{At: at(1), Kind: "planned", Detail: "so it is"}},
	})
	v := s.view("g")
	same(t, "the times", []time.Time{v.DueAt, v.FlushedAt}, []time.Time{at(9), at(1)})
	same(t, "the open deliveries", v.Open, []alert.Delivery{first, newDelivery(1, "g", "2", "slack")})
	events, err := s.Events(t.Context(), at(0), at(2), 10)
	s.check("reading the history", err)
	same(t, "the history", events, []alert.Event{{At: at(1), Kind: "planned", Detail: "so it is"}})

	next := newDelivery(2, "g", "3", "mail")
	s.plan(alert.PlanResult{
		Key: "g", FlushedAt: at(1.5), Supersede: []string{"1", "unknown"}, Create: []alert.Delivery{next}, Leave: []string{"c"},
	})
	v = s.view("g")
	same(t, "then open", deliveryIDs(v.Open), []string{"3", "2"})
	same(t, "no longer due", v.DueAt, time.Time{})
	same(t, "its alerts", ids(v.Alerts), []string{"a", "b"})
	first.State, first.FinishedAt = alert.DeliverySuperseded, at(2)
	same(t, "the superseded one", s.delivery("1"), first)

	s.plan(alert.PlanResult{Key: "g", FlushedAt: at(1.5), Supersede: []string{"3"}})
	same(t, "superseded by nothing", s.delivery("3").FinishedAt, at(2))
}

func testStaleEvaluation(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	p := alert.PlanResult{Key: "g", Revision: s.view("g").Revision, FlushedAt: at(1), Create: []alert.Delivery{newDelivery(1, "g", "1", "mail")}}
	s.fire(1, "g", "b")
	before := s.view("g")
	s.want("a plan of before", s.CommitPlan(t.Context(), &p), store.ErrStale)
	same(t, "the group", s.view("g"), before)
}

func testStalePlan(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	v := s.view("g")
	plan := func(id string) error {
		return s.CommitPlan(t.Context(), &alert.PlanResult{
			Key: "g", Revision: v.Revision, FlushedAt: at(1), Create: []alert.Delivery{newDelivery(1, "g", id, id)},
		})
	}
	s.check("the first plan", plan("1"))
	s.want("the second plan", plan("2"), store.ErrStale)
	same(t, "open", deliveryIDs(s.view("g").Open), []string{"1"})
}

func testStaleDropped(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	v := s.view("g")
	s.plan(alert.PlanResult{Key: "g", Leave: []string{"a"}, Drop: true})
	s.want("a plan of a dropped group", s.CommitPlan(t.Context(), &alert.PlanResult{Key: "g", Revision: v.Revision}), store.ErrStale)
	s.fire(1, "g", "a")
	s.want("a plan of the group before it", s.CommitPlan(t.Context(), &alert.PlanResult{Key: "g", Revision: v.Revision}), store.ErrStale)
}

func testOneOpen(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	s.fire(0, "h", "a")
	s.deliver(1, "g", "1", alert.Content{})
	p := alert.PlanResult{Key: "g", Revision: s.view("g").Revision, Create: []alert.Delivery{newDelivery(1, "g", "2", "mail")}}
	if err := s.CommitPlan(t.Context(), &p); err == nil {
		t.Error("two deliveries of one group to one integration are open at once")
	}
	s.deliver(1, "h", "2", alert.Content{}) // another group
	s.finish(2, s.view("g").Open[0], alert.DeliveryDead)
	s.deliver(3, "g", "3", alert.Content{})
}

func testPlanAtomic(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	s.deliver(1, "g", "1", alert.Content{})
	before := s.view("g")
	p := alert.PlanResult{
		Key: "g", Revision: before.Revision, DueAt: at(9), FlushedAt: at(9), Supersede: []string{"1"}, Leave: []string{"a"},
		Create: []alert.Delivery{newDelivery(1, "g", "2", "mail"), newDelivery(1, "g", "3", "mail")},
		Events: []alert.Event{{At: at(1)}},
	}
	if err := s.CommitPlan(t.Context(), &p); err == nil {
		t.Fatal("an impossible plan was carried out")
	}
	same(t, "the group", s.view("g"), before)
	events, err := s.Events(t.Context(), time.Time{}, time.Time{}, 10)
	s.check("reading the history", err)
	same(t, "the history", len(events), 0)
}

func testLeave(t *testing.T, s *fixture) {
	s.fire(0, "g", "firing", "ended", "held", "free")
	s.deliver(1, "g", "1", alert.Content{Firing: []string{"firing"}, Resolved: []string{"ended"}, Held: []string{"held"}})
	leave := []string{"firing", "ended", "held", "free"}
	s.plan(alert.PlanResult{Key: "g", Leave: leave})
	same(t, "while a delivery is about them", ids(s.view("g").Alerts), []string{"ended", "firing", "held"})
	s.plan(alert.PlanResult{Key: "g", Leave: leave, Supersede: []string{"1"}})
	same(t, "when none is", ids(s.view("g").Alerts), []string{})
}

func testDropOpen(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	d := s.deliver(1, "g", "1", alert.Content{Resolved: []string{"a"}})
	s.plan(alert.PlanResult{Key: "g", FlushedAt: at(2), Drop: true})
	same(t, "kept", ids(s.view("g").Alerts), []string{"a"})
	s.plan(alert.PlanResult{Key: "g", Drop: true, Supersede: []string{"1"}, Create: []alert.Delivery{newDelivery(2, "g", "2", "mail")}})
	same(t, "kept for a new one", deliveryIDs(s.view("g").Open), []string{"2"})
	d.ID = "2"
	s.finish(3, d, alert.DeliveryDelivered)
	s.plan(alert.PlanResult{Key: "g", Drop: true})
	_, err := s.GroupView(t.Context(), "g")
	s.want("when all is told", err, store.ErrNotFound)
}

func testDrop(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	s.fire(0, "h", "a")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a"}})
	s.finish(2, d, alert.DeliveryDelivered)
	s.plan(alert.PlanResult{Key: "g", Drop: true})
	_, err := s.GroupView(t.Context(), "g")
	s.want("dropped", err, store.ErrNotFound)
	keys, _ := s.due(100, 10)
	same(t, "due", keys, []alert.GroupKey{"h"})

	s.fire(5, "g", "b")
	v := s.view("g")
	same(t, "made again", v.Group, alert.Group{GroupRef: ref("g"), CreatedAt: at(5), DueAt: at(5)})
	same(t, "its alerts", ids(v.Alerts), []string{"b"})
	same(t, "what was told", len(v.Told), 0)
	same(t, "the other group", ids(s.view("h").Alerts), []string{"a"})
}
