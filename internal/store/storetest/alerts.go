package storetest

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
)

func alertTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"EveryFieldSurvives":         testFields,
		"EveryNumberSurvives":        testNumbers,
		"EveryTextSurvives":          testTexts,
		"TimesBeyondTheRange":        testTimes,
		"OnlyActiveOnesAreActive":    testActive,
		"OnlyPendingOnesAreDeleted":  testDeletes,
		"NothingToCommit":            testEmpty,
		"NoTime":                     testNoTime,
		"AWaitThatWasGivenUp":        testCanceled,
		"TenThousandAtOnce":          testMany,
		"WhatHasEnded":               testEnded,
		"TouchingMakesGroupsAndDue":  testTouch,
		"TouchingWhatDoesNotExist":   testTouchMissing,
		"TouchingTellsTheNewRouting": testReroute,
		"TheRoutingThatIsFollowed":   testRouting,
	}
}

func testFields(t *testing.T, s *fixture) {
	recovered := 3.25
	a := alert.Alert{
		ID: "id", RuleID: "rule", State: alert.Firing, Value: 0.1,
		Labels:      alert.LabelsFromStrings("alertname", "DiskFull", "instance", "db:9100"),
		Annotations: alert.LabelsFromStrings("summary", "disk full"),
		ActiveAt:    at(1), FiredAt: at(2), ResolvedAt: at(3), UpdatedAt: at(4), KeepFiringSince: at(5), MissingSince: at(6),
		Resolution: alert.Recovered, RecoveredValue: &recovered, Unit: "%", Threshold: "> 90 %",
		Flaps: 5, FlappingSince: at(8), HealthySince: at(9),
		Series: math.MaxUint64, GeneratorURL: "http://prometheus/graph?a=b", ExpiresAt: at(7),
	}
	b := alert.Alert{ID: "bare", State: alert.Pending}
	s.commit(alert.Evaluation{Group: "g", At: at(4), Upserts: []alert.Alert{a, b}, Touched: map[string][]alert.GroupRef{"id": {ref("g")}}})
	same(t, "in its group", s.view("g").Alerts, []alert.Alert{a})

	a.Value, a.Threshold, a.RecoveredValue, a.ResolvedAt = 5, "> 80 %", nil, time.Time{}
	s.commit(alert.Evaluation{Group: "g", At: at(5), Upserts: []alert.Alert{a}})
	same(t, "written again", s.view("g").Alerts, []alert.Alert{a})
	active, err := s.ActiveAlerts(t.Context())
	s.check("reading", err)
	for _, got := range active {
		if got.ID == "bare" {
			same(t, "with nothing set", got, b)
		}
	}
}

func testNumbers(t *testing.T, s *fixture) {
	numbers := []float64{
		0, math.Copysign(0, -1), 1, 0.1, -1e300, math.Pi, math.MaxFloat64, math.SmallestNonzeroFloat64,
		math.NaN(), math.Inf(1), math.Inf(-1), 1 << 60, 1772366400.123456,
	}
	e := alert.Evaluation{Group: "g", At: at(0), Touched: map[string][]alert.GroupRef{}}
	for i, id := range numbered("%02d", len(numbers)) {
		a := newAlert(id, alert.Firing, at(0))
		a.Value, a.RecoveredValue = numbers[i], &numbers[i]
		e.Upserts = append(e.Upserts, a)
		e.Touched[id] = []alert.GroupRef{ref("g")}
		e.Events = append(e.Events, alert.Event{At: at(0), Kind: alert.EventFiring, AlertID: id, Value: numbers[i]})
	}
	s.commit(e)
	events, err := s.Events(t.Context(), time.Time{}, time.Time{}, 100)
	s.check("reading the history", err)
	equal := func(a, b float64) bool {
		return math.IsNaN(a) && math.IsNaN(b) || math.Float64bits(a) == math.Float64bits(b)
	}
	for i, a := range s.view("g").Alerts {
		want, event := numbers[i], events[len(events)-1-i].Value
		if !equal(a.Value, want) || a.RecoveredValue == nil || !equal(*a.RecoveredValue, want) || !equal(event, want) {
			t.Errorf("%v: came back as %v, %v, in the history %v", want, a.Value, a.RecoveredValue, event)
		}
	}
}

func testTexts(t *testing.T, s *fixture) {
	texts := []string{
		`"quoted"`, `back\slash`, "new\r\nline", "tab\there", "<!channel> @everyone & <b>", "naïve 漢字 🔥", `","b":"`, `{"a":"b"}`,
		`\u0041`, "nul\x00byte", "line\u2028separator", `'; DROP TABLE alerts; --`, "?", strings.Repeat("x", 10_000), " ", "null",
	}
	labels := map[string]string{}
	for _, text := range texts {
		labels["name of "+text] = text
	}
	a := newAlert("id", alert.Firing, at(0))
	a.Labels, a.Annotations = alert.LabelsFromMap(labels), alert.LabelsFromMap(labels)
	a.Threshold, a.GeneratorURL, a.RuleID = texts[0], texts[1], strings.Join(texts, "")
	g := ref(alert.GroupKey(strings.Join(texts, "")))
	g.Labels = a.Labels
	s.commit(alert.Evaluation{
		Group: texts[0], At: at(0), Upserts: []alert.Alert{a}, Touched: map[string][]alert.GroupRef{"id": {g}},
		Events: []alert.Event{{At: at(0), Labels: a.Labels, Detail: strings.Join(texts, "")}},
	})
	v := s.view(g.Key)
	same(t, "the alert", v.Alerts, []alert.Alert{a})
	same(t, "the group", v.GroupRef, g)
}

func testTimes(t *testing.T, s *fixture) {
	a := newAlert("id", alert.Firing, at(0))
	a.ActiveAt = time.Unix(0, 0)
	a.FiredAt = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	a.UpdatedAt = time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)
	a.ExpiresAt = at(0).In(time.FixedZone("east", 3600))
	s.commit(alert.Evaluation{Group: "g", At: at(0), Upserts: []alert.Alert{a}})
	got, err := s.ActiveAlerts(t.Context())
	s.check("reading", err)
	b := got[0]
	if b.ActiveAt.IsZero() || b.ActiveAt.Sub(a.ActiveAt) > time.Microsecond {
		t.Errorf("the epoch came back as %s", b.ActiveAt)
	}
	if b.FiredAt.Year() < 2200 || b.UpdatedAt.Year() > 1700 {
		t.Errorf("the far future and past came back as %s and %s", b.FiredAt, b.UpdatedAt)
	}
	if !b.ExpiresAt.Equal(a.ExpiresAt) || b.ExpiresAt.Location() != time.UTC {
		t.Errorf("another zone's %s came back as %s", a.ExpiresAt, b.ExpiresAt)
	}
}

func testActive(t *testing.T, s *fixture) {
	s.put(0, "g", alert.Pending, "pending")
	s.fire(0, "g", "firing", "ending")
	s.resolve(1, "g", "ending")
	active, err := s.ActiveAlerts(t.Context())
	s.check("reading", err)
	same(t, "active", ids(active), []string{"firing", "pending"})
	same(t, "in the group", ids(s.view("g").Alerts), []string{"ending", "firing", "pending"})
}

func testEnded(t *testing.T, s *fixture) {
	e := alert.Evaluation{Group: "g", At: at(100), Touched: map[string][]alert.GroupRef{}}
	for _, made := range []struct {
		id          string
		state       alert.State
		fired, over float64
	}{
		{"late", alert.Resolved, 40, 50},
		{"long", alert.Resolved, 1, 90},
		{"exact", alert.Resolved, 5, 10},
		{"before", alert.Resolved, 7, 9.9},
		{"firing", alert.Firing, 30, 0},
	} {
		a := newAlert(made.id, made.state, at(made.over))
		a.FiredAt = at(made.fired)
		e.Upserts = append(e.Upserts, a)
	}
	s.commit(e)
	ended, err := s.EndedAlerts(t.Context(), at(10))
	s.check("reading what has ended", err)
	var got []string
	for _, a := range ended {
		got = append(got, a.ID)
	}
	same(t, "ended", got, []string{"long", "exact", "late"})
	if len(ended) == 3 && (!ended[1].FiredAt.Equal(at(5)) || ended[1].Labels.Get("job") == "") {
		t.Errorf("came back as %+v", ended[1])
	}
}

func testDeletes(t *testing.T, s *fixture) {
	pending := numbered("pending-%03d", 150) // more than fit in one statement
	s.put(0, "g", alert.Pending, pending...)
	s.fire(0, "g", "firing")
	s.commit(alert.Evaluation{Group: "test", At: at(1), Deletes: append(pending[1:], "firing", "unknown")})
	active, err := s.ActiveAlerts(t.Context())
	s.check("reading", err)
	same(t, "left", ids(active), []string{"firing", "pending-000"})
	same(t, "left in the group", ids(s.view("g").Alerts), []string{"firing", "pending-000"})
}

func testEmpty(_ *testing.T, s *fixture) { s.commit(alert.Evaluation{Group: "g"}) }

func testNoTime(t *testing.T, s *fixture) {
	err := s.CommitEvaluation(t.Context(), &alert.Evaluation{Group: "nightly", Deletes: []string{"a"}})
	if err == nil || !strings.Contains(err.Error(), "nightly") {
		t.Errorf("an evaluation without a time: %v", err)
	}
}

func testCanceled(t *testing.T, s *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := alert.Evaluation{Group: "g", At: at(0), Upserts: []alert.Alert{newAlert("a", alert.Firing, at(0))}}
	s.want("committing", s.CommitEvaluation(ctx, &e), context.Canceled)
	_, err := s.ActiveAlerts(ctx)
	s.want("reading", err, context.Canceled)
	active, err := s.ActiveAlerts(t.Context())
	s.check("reading", err)
	same(t, "active", ids(active), []string{})
}

func testMany(t *testing.T, s *fixture) {
	all := numbered("%05d", 10_000)
	s.fire(0, "g", all...)
	s.resolve(1, "g", all[:5000]...)
	active, err := s.ActiveAlerts(t.Context())
	s.check("reading", err)
	same(t, "active", ids(active), all[5000:])
	same(t, "in the group", ids(s.view("g").Alerts), all)
}

func testTouch(t *testing.T, s *fixture) {
	s.commit(alert.Evaluation{
		Group: "test", At: at(5), Upserts: []alert.Alert{newAlert("a", alert.Firing, at(5)), newAlert("b", alert.Firing, at(5))},
		Touched: map[string][]alert.GroupRef{"a": {ref("one"), ref("two")}, "b": {ref("two")}},
	})
	one, two := s.view("one"), s.view("two")
	same(t, "a new group", one.Group, alert.Group{GroupRef: ref("one"), CreatedAt: at(5), DueAt: at(5)})
	same(t, "its alerts", ids(one.Alerts), []string{"a"})
	same(t, "those of the other", ids(two.Alerts), []string{"a", "b"})
	if one.Revision <= 0 {
		t.Errorf("a new group has revision %d", one.Revision)
	}

	s.fire(6, "one", "a") // later than it is due
	again := s.view("one")
	same(t, "touched again", again.Group, one.Group)
	if again.Revision <= one.Revision {
		t.Errorf("the revision went from %d to %d", one.Revision, again.Revision)
	}
	same(t, "the other's revision", s.view("two").Revision, two.Revision)

	s.fire(4, "one", "a") // sooner
	same(t, "due sooner", s.view("one").DueAt, at(4))
	s.plan(alert.PlanResult{Key: "one", FlushedAt: at(7)})
	s.fire(8, "one", "a") // not due at all
	v := s.view("one")
	same(t, "due again", []time.Time{v.CreatedAt, v.FlushedAt, v.DueAt}, []time.Time{at(5), at(7), at(8)})
	s.plan(alert.PlanResult{Key: "one", DueAt: at(60), FlushedAt: at(9)})
	s.resolve(10, "one", "a")
	same(t, "due before what was planned", s.view("one").DueAt, at(10))
}

func testTouchMissing(t *testing.T, s *fixture) {
	s.put(0, "g", alert.Pending, "a")
	s.plan(alert.PlanResult{Key: "g"})
	s.commit(alert.Evaluation{
		Group: "test", At: at(1), Deletes: []string{"a"},
		Touched: map[string][]alert.GroupRef{"a": {ref("g")}, "unknown": {ref("g")}},
	})
	v := s.view("g")
	same(t, "its alerts", ids(v.Alerts), []string{})
	same(t, "due", v.DueAt, at(1))
}

func testReroute(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	moved := ref("g")
	moved.Receiver, moved.RouteID = "others", "elsewhere"
	s.commit(alert.Evaluation{Group: "test", At: at(1), Touched: map[string][]alert.GroupRef{"a": {moved}}})
	same(t, "the routing", s.view("g").GroupRef, moved)
}

func testRouting(t *testing.T, s *fixture) {
	expect := func(what, group, want string) {
		t.Helper()
		got, err := s.Routing(t.Context(), group)
		s.check("reading the routing", err)
		same(t, what, got, want)
	}
	expect("in an empty store", "rules", "")
	s.commit(alert.Evaluation{Group: "rules", At: at(0), Routing: "one"})
	s.commit(alert.Evaluation{Group: "rules", At: at(1), Upserts: []alert.Alert{newAlert("a", alert.Firing, at(1))}})
	s.commit(alert.Evaluation{Group: "api", At: at(1), Routing: "two"})
	s.reopen()
	expect("of one", "rules", "one")
	expect("of another", "api", "two")
	s.commit(alert.Evaluation{Group: "rules", At: at(2), Routing: "three"})
	expect("changed", "rules", "three")
}
