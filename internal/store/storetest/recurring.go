package storetest

import (
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func recurringTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"SetAndChanged":           testRecurring,
		"OccurrencesAreAddedOnce": testAddOccurrences,
		"DeletedWithItsRun":       testDeleteRecurring,
		"EndedEarlyStaysEnded":    testRecurringEndedEarly,
	}
}

func (s *fixture) recurring(id, name string) alert.RecurringSilence {
	return alert.RecurringSilence{
		ID: id, Matchers: alert.Matchers{s.matcher("alertname", alert.MatchEqual, name)},
		Schedule: "0 22 * * SAT", Timezone: "Europe/Paris", Duration: 4*time.Hour + 1,
		CreatedBy: "ann", Comment: "nightly", UpdatedAt: at(0), MadeUntil: at(60),
	}
}

// occurrence is one of r, an hour from the minute on.
func occurrence(r *alert.RecurringSilence, id string, minute float64) alert.Silence {
	return alert.Silence{
		ID: id, Matchers: r.Matchers, StartsAt: at(minute), EndsAt: at(minute + 60), UpdatedAt: at(0),
		Annotations: alert.LabelsFromStrings(alert.RecurringAnnotation, r.ID, "note", `"é" <x>`),
	}
}

func (s *fixture) set(minute float64, r *alert.RecurringSilence, occurrences ...alert.Silence) {
	s.t.Helper()
	s.check("saving a recurring silence", s.SetRecurringSilence(s.t.Context(), at(minute), r, occurrences...))
}

func (s *fixture) allRecurring() []alert.RecurringSilence {
	s.t.Helper()
	all, err := s.RecurringSilences(s.t.Context())
	s.check("reading the recurring silences", err)
	return all
}

// ends returns when each silence ends, by id.
func (s *fixture) ends() map[string]time.Time {
	s.t.Helper()
	all, err := s.Silences(s.t.Context())
	s.check("reading the silences", err)
	out := map[string]time.Time{}
	for _, sil := range all {
		out[sil.ID] = sil.EndsAt
	}
	return out
}

func testRecurring(t *testing.T, s *fixture) {
	s.fire(0, "group-a", "a")
	s.fire(0, "group-b", "b")
	s.settled()
	r := s.recurring("r", "a")
	now, next := occurrence(&r, "now", 0), occurrence(&r, "next", 120)
	s.set(1, &r, now, next)
	same(t, "as it is kept", s.allRecurring(), []alert.RecurringSilence{r})
	got, err := s.Silence(t.Context(), "now")
	s.check("reading an occurrence", err)
	same(t, "an occurrence", *got, now)
	keys, _ := s.due(1, 10)
	same(t, "due", keys, []alert.GroupKey{"group-a"})
	s.settled()

	r.Matchers, r.Comment = alert.Matchers{s.matcher("alertname", alert.MatchEqual, "b")}, "changed"
	s.set(2, &r, occurrence(&r, "other", 0))
	same(t, "changed", s.allRecurring(), []alert.RecurringSilence{r})
	same(t, "the run has ended, the next was forgotten", s.ends(), map[string]time.Time{"now": at(2), "other": at(60)})
	keys, _ = s.due(2, 10)
	same(t, "due by either", keys, []alert.GroupKey{"group-a", "group-b"})
}

func testAddOccurrences(t *testing.T, s *fixture) {
	r := s.recurring("r", "a")
	s.set(0, &r)
	s.check("adding one", s.AddOccurrences(t.Context(), at(1), "r", at(120), occurrence(&r, "one", 120)))
	for _, made := range []float64{60, 120} {
		s.want("adding it again", s.AddOccurrences(t.Context(), at(1), "r", at(made), occurrence(&r, "two", 120)), store.ErrStale)
	}
	s.want("of one that is not there", s.AddOccurrences(t.Context(), at(1), "x", at(120), occurrence(&r, "two", 120)), store.ErrStale)
	same(t, "what was added", s.ends(), map[string]time.Time{"one": at(180)})
	r.MadeUntil = at(120)
	same(t, "as it is kept", s.allRecurring(), []alert.RecurringSilence{r})
}

func testDeleteRecurring(t *testing.T, s *fixture) {
	s.fire(0, "group-a", "a")
	s.want("deleting nothing", s.DeleteRecurringSilence(t.Context(), at(1), "r"), store.ErrNotFound)
	r, other := s.recurring("r", "a"), s.recurring("other", "b")
	s.set(0, &r, occurrence(&r, "over", -60), occurrence(&r, "now", 0), occurrence(&r, "next", 120))
	s.set(0, &other, occurrence(&other, "others", 0))
	s.silence(0, "plain", s.matcher("alertname", alert.MatchEqual, "c"))
	s.settled()
	s.check("deleting", s.DeleteRecurringSilence(t.Context(), at(1), "r"))
	same(t, "left", s.allRecurring(), []alert.RecurringSilence{other})
	same(t, "silences", s.ends(), map[string]time.Time{"over": at(0), "now": at(1), "others": at(60), "plain": at(60)})
	keys, _ := s.due(1, 10)
	same(t, "due", keys, []alert.GroupKey{"group-a"})
}

func testRecurringEndedEarly(t *testing.T, s *fixture) {
	r := s.recurring("r", "a")
	run := occurrence(&r, "now", 0)
	s.set(0, &r, run)
	ended := run
	ended.EndsAt = at(1)
	s.check("ending it early", s.SaveSilences(t.Context(), at(1), ended))
	r.Comment = "changed"
	s.set(2, &r, run)
	same(t, "silences", s.ends(), map[string]time.Time{"now": at(1)})
}
