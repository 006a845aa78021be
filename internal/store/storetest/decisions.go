package storetest

import (
	"testing"
	"time"

	"alertd/internal/alert"
)

func decisionTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"Remembered":            testDecisions,
		"ForgottenWithTheGroup": testDecisionsDropped,
		"HistoryOfDeliveries":   testDeliveryEvents,
	}
}

func testDecisions(t *testing.T, s *fixture) {
	s.fire(0, "g", numbered("%03d", 200)...)
	s.fire(0, "h", "000")
	silenced := alert.Suppression{Silences: []string{"s1", "s2"}, Until: at(90)}
	inhibited := alert.Suppression{Inhibitors: []alert.Fingerprint{7}, UninhibitedAt: at(1)}
	p := alert.PlanResult{
		Key: "g", Suppressed: map[string]alert.Suppression{"150": inhibited},
		Decided: map[string]string{"mail": "muted by nights", "slack": "already told"},
		Events: []alert.Event{{
			At: at(1), Kind: alert.EventDecided, Labels: alert.LabelsFromStrings("a", "b"), Detail: "muted by nights",
			Group: "g", Integration: "mail", Delivery: "1",
		}},
	}
	want := map[string]alert.Suppression{"150": inhibited}
	for _, id := range numbered("%03d", 100) {
		p.Suppressed[id], want[id] = silenced, silenced
	}
	s.plan(p)
	same(t, "suppressed", s.view("g").Suppressed, want)
	same(t, "decided", s.view("g").Decided, p.Decided)
	same(t, "in the other group", s.view("h").Suppressed, map[string]alert.Suppression(nil))
	events, err := s.Events(t.Context(), time.Time{}, time.Time{}, 10)
	s.check("reading the history", err)
	for i := range events {
		events[i].Value = 0
	}
	same(t, "the history", events, p.Events)

	s.plan(alert.PlanResult{Key: "g", Suppressed: map[string]alert.Suppression{"000": {}}})
	delete(want, "000")
	s.reopen()
	s.fire(2, "g", "000", "150") // who evaluates knows nothing of it
	same(t, "suppressed then", s.view("g").Suppressed, want)
	same(t, "decided as before", s.view("g").Decided, p.Decided)
}

func testDecisionsDropped(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	s.plan(alert.PlanResult{
		Key: "g", Decided: map[string]string{"mail": "silenced"},
		Suppressed: map[string]alert.Suppression{"a": {Silences: []string{"s"}, Until: at(9)}},
	})
	s.plan(alert.PlanResult{Key: "g", Leave: []string{"a"}, Drop: true})
	s.fire(1, "g", "a")
	v := s.view("g")
	same(t, "decided", len(v.Decided), 0)
	same(t, "suppressed", len(v.Suppressed), 0)
}

func testDeliveryEvents(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a"}})
	failed := func(minute float64, problem string) {
		d.LastError, d.NextAttemptAt = problem, at(minute+1)
		s.finish(minute, d, alert.DeliveryDue)
	}
	failed(2, "timeout")
	failed(3, "timeout")
	failed(4, "status 500")
	d.LastError = ""
	s.finish(5, d, alert.DeliveryDelivered)
	s.finish(6, d, alert.DeliveryDelivered) // not written twice
	dead := s.deliver(7, "g", "2", alert.Content{Firing: []string{"a"}})
	dead.LastError = "no such channel"
	s.finish(8, dead, alert.DeliveryDead)
	late := s.deliver(9, "g", "3", alert.Content{Firing: []string{"a"}})
	late.LastError, late.Attempts = "timeout", 6
	s.finish(10, late, alert.DeliveryExpired)

	events, err := s.Events(t.Context(), time.Time{}, time.Time{}, 10)
	s.check("reading the history", err)
	line := func(minute float64, kind alert.EventKind, delivery, detail string) alert.Event {
		return alert.Event{At: at(minute), Kind: kind, Labels: ref("g").Labels, Detail: detail, Group: "g", Integration: "mail", Delivery: delivery}
	}
	same(t, "the history", events, []alert.Event{
		line(10, alert.EventGaveUp, "3", "expired after 7 attempts: timeout"),
		line(8, alert.EventGaveUp, "2", "refused for good: no such channel"),
		line(5, alert.EventDelivered, "1", d.Reason),
		line(4, alert.EventFailed, "1", "status 500"),
		line(2, alert.EventFailed, "1", "timeout"),
	})
}
