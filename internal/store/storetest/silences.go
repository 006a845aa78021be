package storetest

import (
	"slices"
	"testing"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func silenceTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"SavedAndReplaced":        testSilences,
		"TheirGroupsBecomeDue":    testSilencedGroups,
		"OnlyActiveAlertsCount":   testSilencedStates,
		"OneAlertInManyGroups":    testSilencedMany,
		"EveryFieldAndOperator":   testSilenceFields,
		"SavingNoneChangesNobody": testNoSilence,
		"EndedAsRead":             testEndSilence,
		"OddLabelsAreFound":       testSilencedOddLabels,
	}
}

func (s *fixture) silence(minute float64, id string, ms ...alert.Matcher) alert.Silence {
	s.t.Helper()
	sil := alert.Silence{
		ID: id, Matchers: ms, StartsAt: at(minute), EndsAt: at(minute + 60), CreatedBy: "ann", Comment: "why", UpdatedAt: at(minute),
	}
	s.check("saving silence "+id, s.SaveSilences(s.t.Context(), at(minute), sil))
	return sil
}

func (s *fixture) matcher(name string, op alert.MatchOp, value string) alert.Matcher {
	s.t.Helper()
	m, err := alert.NewMatcher(name, op, value)
	s.check("making a matcher", err)
	return m
}

func testSilences(t *testing.T, s *fixture) {
	all, err := s.Silences(t.Context())
	s.check("reading", err)
	same(t, "at first", len(all), 0)
	m := s.matcher("job", alert.MatchEqual, "backup")
	one := s.silence(1, "one", m)
	two := s.silence(2, "two", m)
	one.EndsAt, one.UpdatedAt, one.Comment = at(3), at(3), "changed"
	three := one
	three.ID = "three"
	s.check("saving two", s.SaveSilences(t.Context(), at(3), one, three))
	all, err = s.Silences(t.Context())
	s.check("reading", err)
	same(t, "newest first", all, alert.Silences{three, one, two})
	got, err := s.Silence(t.Context(), "one")
	s.check("reading one", err)
	same(t, "one", *got, one)
	_, err = s.Silence(t.Context(), "four")
	s.want("one that is not there", err, store.ErrNotFound)
}

// settled makes every group wait for nothing.
func (s *fixture) settled() {
	s.t.Helper()
	keys, _ := s.due(1e6, 1000)
	for _, key := range keys {
		s.plan(alert.PlanResult{Key: key})
	}
}

func testSilencedGroups(t *testing.T, s *fixture) {
	for _, name := range []string{"a", "b", "c"} {
		s.fire(0, alert.GroupKey("group-"+name), name)
	}
	expect := func(what string, minute float64, want ...alert.GroupKey) {
		t.Helper()
		keys, _ := s.due(1e6, 10)
		slices.Sort(keys)
		same(t, what, keys, want)
		for _, key := range keys {
			same(t, what+": due", s.view(key).DueAt, at(minute))
		}
		s.settled()
	}
	s.settled()
	before := s.view("group-a").Revision
	s.silence(1, "x", s.matcher("alertname", alert.MatchEqual, "a"))
	if now := s.view("group-a").Revision; now <= before {
		t.Errorf("the revision went from %d to %d", before, now)
	}
	expect("a new silence", 1, "group-a")
	s.silence(2, "x", s.matcher("alertname", alert.MatchEqual, "b"))
	expect("replaced: what it matched and what it matches", 2, "group-a", "group-b")
	s.silence(3, "y", s.matcher("alertname", alert.MatchRegexp, "b|c"))
	expect("a regular expression", 3, "group-b", "group-c")
	s.silence(4, "z", s.matcher("alertname", alert.MatchNotEqual, "c"), s.matcher("job", alert.MatchEqual, "backup"))
	expect("a negative one", 4, "group-a", "group-b")
	s.check("saving two", s.SaveSilences(s.t.Context(), at(4.5),
		alert.Silence{ID: "p", Matchers: alert.Matchers{s.matcher("job", alert.MatchEqual, "backup"), s.matcher("alertname", alert.MatchRegexp, "a")}},
		alert.Silence{ID: "q", Matchers: alert.Matchers{s.matcher("job", alert.MatchEqual, "other"), s.matcher("alertname", alert.MatchRegexp, "b")}},
		alert.Silence{ID: "r", Matchers: alert.Matchers{s.matcher("alertname", alert.MatchEqual, "c"), s.matcher("none", alert.MatchEqual, "")}},
	))
	expect("some by name, some by another label", 4.5, "group-a", "group-c")
	s.silence(5, "none", s.matcher("alertname", alert.MatchEqual, "d"))
	expect("one that matches nothing", 5)
}

func testSilencedStates(t *testing.T, s *fixture) {
	s.put(0, "pending", alert.Pending, "a")
	s.fire(0, "firing", "b")
	s.fire(0, "resolved", "c")
	s.resolve(0, "resolved", "c")
	s.settled()
	s.silence(1, "x", s.matcher("job", alert.MatchEqual, "backup"))
	keys, _ := s.due(1, 10)
	same(t, "due", keys, []alert.GroupKey{"firing", "pending"})

	// A group that is due before stays due then.
	s.silence(2, "x", s.matcher("job", alert.MatchEqual, "backup"))
	same(t, "due before", s.view("firing").DueAt, at(1))
}

func testSilencedMany(t *testing.T, s *fixture) {
	var refs []alert.GroupRef
	for _, key := range numbered("%03d", 150) {
		refs = append(refs, ref(alert.GroupKey(key)))
	}
	s.commit(alert.Evaluation{
		Group: "test", At: at(0), Upserts: []alert.Alert{newAlert("a", alert.Firing, at(0))},
		Touched: map[string][]alert.GroupRef{"a": refs},
	})
	s.settled()
	s.silence(1, "x", s.matcher("alertname", alert.MatchEqual, "a"))
	keys, _ := s.due(1, 1000)
	same(t, "due", len(keys), 150)
}

func testEndSilence(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	read := s.silence(1, "x", s.matcher("alertname", alert.MatchEqual, "a"))
	changed := read
	changed.EndsAt, changed.UpdatedAt = at(600), at(2)
	s.check("changing", s.SaveSilences(t.Context(), at(2), changed))
	s.want("ending what changed", s.EndSilence(t.Context(), at(3), &read), store.ErrStale)
	unknown := read
	unknown.ID = "y"
	s.want("ending what is not there", s.EndSilence(t.Context(), at(3), &unknown), store.ErrStale)
	s.settled()
	s.check("ending", s.EndSilence(t.Context(), at(3), &changed))
	got, err := s.Silence(t.Context(), "x")
	s.check("reading", err)
	changed.EndsAt, changed.UpdatedAt = at(3), at(3)
	same(t, "ended", *got, changed)
	keys, _ := s.due(3, 10)
	same(t, "due", keys, []alert.GroupKey{"g"})
}

func testSilencedOddLabels(t *testing.T, s *fixture) {
	for i, value := range []string{`a "quoted" one`, `back\slash`, "<b>&amp;", "é 🔥", "line\nline", "/var/lib"} {
		key, id := alert.GroupKey(numbered("%d", 10)[i]), numbered("alert-%d", 10)[i]
		a := newAlert(id, alert.Firing, at(0))
		a.Labels = alert.LabelsFromStrings("alertname", value, "odd", value)
		s.commit(alert.Evaluation{
			Group: "test", At: at(0), Upserts: []alert.Alert{a}, Touched: map[string][]alert.GroupRef{id: {ref(key)}},
		})
		for _, name := range []string{"alertname", "odd"} {
			s.settled()
			s.silence(1, "x", s.matcher(name, alert.MatchEqual, value))
			keys, _ := s.due(1, 10)
			if !slices.Contains(keys, key) {
				t.Errorf("%s=%q makes due: %v", name, value, keys)
			}
		}
	}
}

func testSilenceFields(t *testing.T, s *fixture) {
	sil := alert.Silence{
		ID: "x", StartsAt: at(1), EndsAt: at(2), CreatedBy: `"ann" <ann@x>`, Comment: "line\nline 🔥", UpdatedAt: at(3),
		Annotations: alert.LabelsFromStrings("ticket", `"é" <1>`, alert.UntilResolvedAnnotation, "true"),
		Matchers: alert.Matchers{
			s.matcher("a", alert.MatchEqual, ""), s.matcher("b", alert.MatchNotEqual, `"\`),
			s.matcher("c", alert.MatchRegexp, `(?i)x.*|\d+`), s.matcher("d é", alert.MatchNotRegexp, ".+"),
		},
	}
	s.check("saving", s.SaveSilences(t.Context(), at(3), sil))
	got, err := s.Silence(t.Context(), "x")
	s.check("reading", err)
	same(t, "the silence", *got, sil)
	if !got.Matchers.Matches(alert.LabelsFromStrings("c", "X9")) || got.Matchers.Matches(alert.LabelsFromStrings("c", "y")) {
		t.Error("the matchers no longer match")
	}
}

func testNoSilence(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	before := s.view("g")
	s.check("saving none", s.SaveSilences(t.Context(), at(1)))
	same(t, "the group", s.view("g"), before)
}
