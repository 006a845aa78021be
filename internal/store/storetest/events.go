package storetest

import (
	"strconv"
	"testing"
	"time"

	"alertd/internal/alert"
)

func eventTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"NewestFirst": testEvents,
	}
}

func testEvents(t *testing.T, s *fixture) {
	var events []alert.Event
	for i := range 100 {
		events = append(events, alert.Event{
			At: at(float64(i / 2)), Kind: alert.EventFiring, AlertID: strconv.Itoa(i), Value: float64(i), Detail: "detail",
			Labels: alert.LabelsFromStrings("alertname", "X"),
		})
	}
	s.commit(alert.Evaluation{Group: "g", At: at(0), Events: events[:70]})
	s.commit(alert.Evaluation{Group: "g", At: at(0), Events: events[70:]})
	for _, c := range []struct {
		from, to time.Time
		limit    int
		ids      []string
	}{
		{time.Time{}, time.Time{}, 3, []string{"99", "98", "97"}},
		{at(0), at(1), 10, []string{"1", "0"}},
		{at(1), at(2).Add(1), 10, []string{"5", "4", "3", "2"}},
		{at(49), time.Time{}, 10, []string{"99", "98"}},
		{time.Time{}, at(0), 10, nil},
		{time.Time{}, time.Time{}, 0, nil},
	} {
		got, err := s.Events(t.Context(), c.from, c.to, c.limit)
		s.check("reading the history", err)
		var ids []string
		for _, e := range got {
			ids = append(ids, e.AlertID)
		}
		same(t, "from "+c.from.String()+" to "+c.to.String(), ids, c.ids)
	}
	got, err := s.Events(t.Context(), at(49), time.Time{}, 1)
	s.check("reading the history", err)
	same(t, "every field", got, events[99:])
}
