package storetest

import (
	"testing"
	"time"

	"alertd/internal/alert"
)

func statsTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"Incidents":    testStats,
		"Integrations": testStatsIntegrations,
		"Nothing": func(t *testing.T, s *fixture) {
			st, err := s.Stats(t.Context(), at(0), at(60))
			s.check("summing up", err)
			same(t, "stats", *st, alert.Stats{From: at(0), To: at(60)})
		},
	}
}

// incident returns an alert that fired and, unless the end is 0, ended.
func incident(id, name, job string, fired, ended float64) alert.Alert {
	a := newAlert(id, alert.Firing, at(fired))
	a.Labels = alert.LabelsFromStrings("alertname", name, "cron_job", job)
	a.ActiveAt, a.FiredAt = at(fired), at(fired)
	if ended != 0 {
		a.State, a.ResolvedAt, a.Resolution = alert.Resolved, at(ended), alert.Recovered
	}
	return a
}

func testStats(t *testing.T, s *fixture) {
	flapping := incident("flapping", "Disk", "", 30, 40)
	flapping.Flaps = 5
	s.commit(alert.Evaluation{
		Group: "g", At: at(0),
		Upserts: []alert.Alert{
			incident("before", "Disk", "", -60, -50), // over before the time
			incident("into", "Disk", "", -10, 10),    // 10 minutes of it in the time
			incident("within", "CronFailed", "etl", 5, 25),
			flapping,
			incident("firing", "CronFailed", "etl", 50, 0),
			incident("after", "CronFailed", "etl", 61, 62),
			newAlert("pending", alert.Pending, at(0)),
		},
		Events: []alert.Event{
			{At: at(8), Kind: alert.EventAcked, AlertID: "within"},
			{At: at(9), Kind: alert.EventAcked, AlertID: "within"},
			{At: at(9), Kind: alert.EventMissing, AlertID: "within"},
		},
		Touched: map[string][]alert.GroupRef{"within": {ref("g")}, "firing": {ref("g")}},
	})
	for minute, id := range map[float64]string{7: "mail", 6: "chat"} {
		d := newDelivery(minute-1, "g", id, id)
		d.Content = alert.Content{Firing: []string{"within"}}
		s.plan(alert.PlanResult{Key: "g", FlushedAt: at(5), Create: []alert.Delivery{d}})
		s.finish(minute, d, alert.DeliveryDelivered)
	}
	st, err := s.Stats(t.Context(), at(0), at(60))
	s.check("summing up", err)
	same(t, "rules", st.Rules, []alert.RuleStats{
		{Name: "Disk", Incidents: 2, Flapping: 1, Fired: 6, Lasted: 20 * time.Minute},
		{Name: "CronFailed", Job: "etl", Incidents: 2, Firing: 1, Fired: 2, Lasted: 30 * time.Minute},
	})
	same(t, "downtime", st.Downtime, (25+10+10)*time.Minute)
	same(t, "downtime of jobs", st.JobDowntime, map[string]time.Duration{"etl": 30 * time.Minute})
	same(t, "recovery", st.Recovery, alert.Spread{Count: 3, Mean: 50 * time.Minute / 3, Median: 20 * time.Minute, Longest: 20 * time.Minute})
	same(t, "acknowledged", st.Acknowledged, alert.Spread{Count: 1, Mean: 3 * time.Minute, Median: 3 * time.Minute, Longest: 3 * time.Minute})
	same(t, "told", st.Told, alert.Spread{Count: 1, Mean: time.Minute, Median: time.Minute, Longest: time.Minute})
}

func testStatsIntegrations(t *testing.T, s *fixture) {
	for minute, state := range map[float64]alert.DeliveryState{1: alert.DeliveryDelivered, 2: alert.DeliveryDead, 3: alert.DeliveryExpired, 4: alert.DeliveryDelivered, 90: alert.DeliveryDelivered} {
		g := alert.GroupKey(string(rune('a' + int(minute))))
		s.fire(0, g, "x")
		d := s.deliver(0, g, string(g), alert.Content{Firing: []string{"x"}})
		if minute == 4 {
			d.Attempts = 2 // failed before
		}
		s.finish(minute, d, state)
	}
	s.fire(0, "open", "x")
	s.deliver(0, "open", "open", alert.Content{Firing: []string{"x"}})
	st, err := s.Stats(t.Context(), at(0), at(60))
	s.check("summing up", err)
	same(t, "integrations", st.Integrations, []alert.IntegrationStats{{
		Integration: "mail", Delivered: 2, GaveUp: 2, Due: 1, Failed: 4,
		Latency: alert.Spread{Count: 2, Mean: 150 * time.Second, Median: 4 * time.Minute, Longest: 4 * time.Minute},
	}})
}
