package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func pruneTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"ByAge":                testPrune,
		"ForEver":              testPruneNothing,
		"ManyAndAskedToStop":   testPruneMany,
		"NotWhatAwaitsTelling": testPruneKeeps,
	}
}

func (s *fixture) prune(minute float64, keep store.Retention) int {
	s.t.Helper()
	n, err := s.Prune(s.t.Context(), at(minute), keep)
	s.check("pruning", err)
	return n
}

// aged ends one thing of each kind at every one of the minutes.
func (s *fixture) aged(minutes ...float64) {
	s.t.Helper()
	for _, minute := range minutes {
		id := fmt.Sprint(minute)
		g := alert.GroupKey(id)
		s.fire(minute, g, id)
		d := s.deliver(minute, g, id, alert.Content{Resolved: []string{id}})
		s.resolve(minute, g, id)
		s.finish(minute, d, alert.DeliveryDelivered)
		s.plan(alert.PlanResult{Key: g, Leave: []string{id}, Drop: true})
		s.commit(alert.Evaluation{Group: "g", At: at(minute), Events: []alert.Event{{At: at(minute), AlertID: id}}})
		sil := alert.Silence{ID: id, StartsAt: at(minute - 1), EndsAt: at(minute), UpdatedAt: at(minute)}
		s.check("saving a silence", s.SaveSilences(s.t.Context(), at(minute), sil))
	}
}

// left tells which of what aged made is still there.
func (s *fixture) left() (alerts, deliveries, events, silences []string) {
	s.t.Helper()
	all, err := s.Deliveries(s.t.Context(), 1000)
	s.check("reading deliveries", err)
	history, err := s.Events(s.t.Context(), time.Time{}, time.Time{}, 1000)
	s.check("reading the history", err)
	for _, e := range history {
		if e.AlertID != "" { // else it is of the delivery
			events = append(events, e.AlertID)
		}
	}
	sils, err := s.Silences(s.t.Context())
	s.check("reading silences", err)
	for _, sil := range sils {
		silences = append(silences, sil.ID)
	}
	known, err := s.DeliveryAlerts(s.t.Context(), &alert.Delivery{Content: alert.Content{Firing: []string{"3", "2", "1"}}})
	s.check("reading alerts", err)
	for i := range known {
		alerts = append(alerts, known[i].ID)
	}
	return alerts, deliveryIDs(all), events, silences
}

func testPrune(t *testing.T, s *fixture) {
	s.aged(1, 2, 3)
	expect := func(what string, history, silences []string) {
		t.Helper()
		a, d, e, sil := s.left()
		same(t, what+": alerts", a, history)
		same(t, what+": deliveries", d, history)
		same(t, what+": events", e, history)
		same(t, what+": silences", sil, silences)
	}
	all := []string{"3", "2", "1"}
	same(t, "pruned", s.prune(12, store.Retention{History: 11 * time.Minute, Silences: 11 * time.Minute}), 0)
	expect("nothing is older", all, all)
	same(t, "pruned", s.prune(12, store.Retention{History: 10 * time.Minute, Silences: 11 * time.Minute}), 4)
	expect("by history", []string{"3", "2"}, all)
	same(t, "pruned", s.prune(12, store.Retention{History: 10 * time.Minute, Silences: 9 * time.Minute}), 2)
	expect("by silences", []string{"3", "2"}, []string{"3"})
	same(t, "pruned", s.prune(100, store.Retention{History: time.Minute, Silences: time.Minute}), 9)
	expect("all", nil, nil)
}

func testPruneNothing(t *testing.T, s *fixture) {
	s.aged(1, 2, 3)
	same(t, "pruned", s.prune(1e6, store.Retention{}), 0)
	a, _, _, _ := s.left()
	same(t, "left", len(a), 3)
}

func testPruneMany(t *testing.T, s *fixture) {
	e := alert.Evaluation{Group: "g", At: at(0)}
	for _, id := range numbered("%d", 3000) {
		e.Upserts = append(e.Upserts, newAlert(id, alert.Resolved, at(0)))
		e.Events = append(e.Events, alert.Event{At: at(0), AlertID: id})
	}
	s.commit(e)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Prune(ctx, at(10), store.Retention{History: time.Minute})
	s.want("asked to stop", err, context.Canceled)
	same(t, "pruned", s.prune(10, store.Retention{History: time.Minute}), 6000)
	same(t, "pruned again", s.prune(10, store.Retention{History: time.Minute}), 0)
}

func testPruneKeeps(t *testing.T, s *fixture) {
	s.put(0, "g", alert.Pending, "pending")
	s.fire(0, "g", "firing", "ended")
	s.resolve(0, "g", "ended")
	d := s.deliver(0, "g", "1", alert.Content{Firing: []string{"firing"}, Resolved: []string{"ended"}})
	s.silence(0, "long", s.matcher("a", alert.MatchEqual, "b"))
	before := s.view("g")
	keep := store.Retention{History: time.Second, Silences: time.Second}
	same(t, "pruned", s.prune(30, keep), 0)
	same(t, "the group", s.view("g"), before)
	_, err := s.Silence(t.Context(), "long")
	s.check("reading an active silence", err)

	s.finish(31, d, alert.DeliveryDelivered)
	same(t, "pruned when told", s.prune(1e4, keep), 3) // the delivery, its line of history and the silence
	same(t, "alerts of the group", ids(s.view("g").Alerts), []string{"ended", "firing", "pending"})
	s.plan(alert.PlanResult{Key: "g", Leave: []string{"ended"}})
	same(t, "pruned when it left", s.prune(1e4, keep), 1)
	same(t, "alerts of the group then", ids(s.view("g").Alerts), []string{"firing", "pending"})
}
