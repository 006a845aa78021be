package storetest

import (
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func runTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"LastOneIsRemembered": testRuns,
		"DirectIsForgotten":   testForgetDirect,
	}
}

func testRuns(t *testing.T, s *fixture) {
	run, err := s.LastRun(t.Context())
	s.check("reading", err)
	same(t, "at first", run, alert.Run{})
	for _, want := range []alert.Run{
		{StartedAt: at(0), AliveAt: at(1)},
		{StartedAt: at(0), AliveAt: at(2), StoppedAt: at(2)},
		{StartedAt: at(3), AliveAt: at(3)},
	} {
		s.check("saving", s.SaveRun(t.Context(), want))
		s.reopen()
		run, err := s.LastRun(t.Context())
		s.check("reading", err)
		same(t, "the run", run, want)
	}
}

func testForgetDirect(t *testing.T, s *fixture) {
	direct := func(id string) {
		key := alert.GroupKey(alert.DirectRoute + "/" + id)
		s.commit(alert.Evaluation{
			Group: alert.OwnGroup, At: at(0), Upserts: []alert.Alert{newAlert(id, alert.Firing, at(0))},
			Events:  []alert.Event{{At: at(0), Kind: alert.EventFiring, AlertID: id}},
			Touched: map[string][]alert.GroupRef{id: {{Key: key, RouteID: alert.DirectRoute, Receiver: "team"}}},
		})
		v, err := s.GroupView(t.Context(), key)
		s.check("reading the group", err)
		s.check("planning", s.CommitPlan(t.Context(), &alert.PlanResult{Key: key, Revision: v.Revision, Create: []alert.Delivery{{
			ID: "d-" + id, Group: key, Receiver: "team", Integration: "x", Content: alert.Content{Firing: []string{id}},
			State: alert.DeliveryDue, CreatedAt: at(0), NextAttemptAt: at(0), ExpiresAt: at(60),
		}}}))
	}
	direct("test-1")
	direct("drill-1")
	s.fire(0, "real", "a")
	s.check("forgetting", s.ForgetDirect(t.Context(), alert.DirectRoute+"/test-"))
	_, err := s.GroupView(t.Context(), alert.DirectRoute+"/test-1")
	s.want("the test's group", err, store.ErrNotFound)
	for _, key := range []alert.GroupKey{"real", alert.DirectRoute + "/drill-1"} {
		v, err := s.GroupView(t.Context(), key)
		s.check("reading the group of others", err)
		same(t, "its alerts", len(v.Alerts), 1)
	}
	active, err := s.ActiveAlerts(t.Context())
	s.check("reading alerts", err)
	same(t, "active alerts", len(active), 2)
	events, err := s.Events(t.Context(), time.Time{}, time.Time{}, 10)
	s.check("reading events", err)
	same(t, "events", len(events), 1)
	all, err := s.Deliveries(t.Context(), 10)
	s.check("reading deliveries", err)
	same(t, "deliveries", len(all), 1)
	s.want("an attempt under way", s.CommitDelivery(t.Context(), &alert.Delivery{ID: "d-test-1", State: alert.DeliveryDelivered}, at(1)), store.ErrNotFound)
	s.check("forgetting nothing", s.ForgetDirect(t.Context(), "real"))
	if _, err := s.GroupView(t.Context(), "real"); err != nil {
		t.Error("a group of another route was forgotten:", err)
	}
}
