package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func historyTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"LabelsOfAlerts":        testEventLabels,
		"Pages":                 testHistoryPages,
		"Filters":               testHistoryFilters,
		"FewAmongMany":          testHistoryFew,
		"Incidents":             testIncidents,
		"IncidentPages":         testIncidentPages,
		"FirstTold":             testFirstTold,
		"Trace":                 testTrace,
		"OldestForgottenBySize": testPruneSize,
	}
}

// occur commits an event of an alert together with the alert.
func (s *fixture) occur(minute float64, kind alert.EventKind, a alert.Alert) {
	s.t.Helper()
	s.commit(alert.Evaluation{Group: "g", At: at(minute), Upserts: []alert.Alert{a}, Events: []alert.Event{
		{At: at(minute), Kind: kind, AlertID: a.ID, Labels: a.Labels, Value: minute},
	}})
}

// history reads all that is asked for, page by page.
func (s *fixture) history(q alert.EventQuery) (all []alert.Event) {
	s.t.Helper()
	for {
		page, err := s.History(s.t.Context(), q)
		s.check("reading the history", err)
		all = append(all, page.Events...)
		if page.Next == (alert.EventCursor{}) {
			return all
		}
		q.After = page.Next
	}
}

// incidents likewise.
func (s *fixture) incidents(q alert.IncidentQuery) (names []string) {
	s.t.Helper()
	for {
		page, err := s.Incidents(s.t.Context(), q)
		s.check("reading the incidents", err)
		for _, in := range page.Incidents {
			names = append(names, in.ID)
		}
		if page.Next == (alert.IncidentCursor{}) {
			return names
		}
		q.After = page.Next
	}
}

func lines(events []alert.Event) (out []string) {
	for _, e := range events {
		out = append(out, fmt.Sprintf("%s %s %s", e.Kind, e.AlertID, e.Labels.Get(alert.AlertName)))
	}
	return out
}

func testEventLabels(t *testing.T, s *fixture) {
	s.occur(0, alert.EventPending, newAlert("gone", alert.Pending, at(0)))
	s.occur(1, alert.EventPending, newAlert("kept", alert.Pending, at(1)))
	s.occur(2, alert.EventFiring, newAlert("kept", alert.Firing, at(2)))
	gone := newAlert("gone", alert.Pending, at(0))
	s.commit(alert.Evaluation{Group: "g", At: at(3), Deletes: []string{"gone"}, Events: []alert.Event{
		{At: at(3), Kind: alert.EventVanished, AlertID: "gone", Labels: gone.Labels},
	}})
	s.fire(4, "g", "other")
	s.plan(alert.PlanResult{Key: "g", FlushedAt: at(4), Events: []alert.Event{
		{At: at(4), Kind: alert.EventSuppressed, AlertID: "other", Labels: newAlert("other", alert.Firing, at(4)).Labels, Detail: "by a silence"},
		{At: at(5), Kind: alert.EventDecided, Labels: alert.LabelsFromStrings("alertname", "group"), Group: "g", Integration: "mail"},
		{At: at(6), Kind: alert.EventFailed, Labels: alert.LabelsFromStrings("alertname", "group"), Group: "g", Integration: "mail", Delivery: "d"},
	}})
	want := []string{
		"failed  group", "decided  group", "suppressed other other", "pending ended gone gone", "firing kept kept", "pending kept kept", "pending gone gone",
	}
	same(t, "lines", lines(s.history(alert.EventQuery{Limit: 100})), want)
	all, err := s.Events(t.Context(), time.Time{}, time.Time{}, 100)
	s.check("reading events", err)
	same(t, "events", lines(all), want)
	same(t, "every label", all[4].Labels, newAlert("kept", alert.Firing, at(2)).Labels)

	s.occur(7, alert.EventResolved, newAlert("kept", alert.Resolved, at(7)))
	s.prune(30, store.Retention{History: 26 * time.Minute}) // until minute 4
	same(t, "when the rest was forgotten", lines(s.history(alert.EventQuery{Limit: 100})), append([]string{"resolved kept kept"}, want[:3]...))
}

func testHistoryPages(t *testing.T, s *fixture) {
	var events []alert.Event
	for i := range 50 {
		events = append(events, alert.Event{At: at(float64(i / 5)), Kind: alert.EventFiring, AlertID: fmt.Sprint(i)})
	}
	s.commit(alert.Evaluation{Group: "g", At: at(0), Events: events})
	slices.Reverse(events)
	for _, limit := range []int{1, 3, 7, 50, 51} {
		same(t, fmt.Sprint("by ", limit), lines(s.history(alert.EventQuery{Limit: limit})), lines(events))
	}
	page, err := s.History(t.Context(), alert.EventQuery{Limit: 7})
	s.check("reading a page", err)
	s.commit(alert.Evaluation{Group: "g", At: at(20), Events: []alert.Event{{At: at(20), Kind: alert.EventFiring, AlertID: "new"}, {At: at(9), Kind: alert.EventFiring, AlertID: "newest of its time"}}})
	same(t, "the pages after, when more has happened", lines(s.history(alert.EventQuery{Limit: 7, After: page.Next})), lines(events[7:]))
	same(t, "a page cut by from", lines(s.history(alert.EventQuery{From: at(8), To: at(9), Limit: 2, After: page.Next})), lines(events[7:10]))
}

func testHistoryFilters(t *testing.T, s *fixture) {
	s.fire(0, "g", "a", "b")
	s.occur(1, alert.EventFiring, newAlert("a", alert.Firing, at(1)))
	s.occur(2, alert.EventFiring, newAlert("b", alert.Firing, at(2)))
	s.occur(3, alert.EventMissing, newAlert("a", alert.Firing, at(3)))
	s.plan(alert.PlanResult{Key: "g", FlushedAt: at(4), Events: []alert.Event{{At: at(4), Kind: alert.EventDecided, Group: "g", Labels: alert.LabelsFromStrings("job", "backup")}}})
	s.occur(5, alert.EventResolved, newAlert("a", alert.Resolved, at(5)))
	for what, c := range map[string]struct {
		query alert.EventQuery
		want  []string
	}{
		"kinds":              {alert.EventQuery{Kinds: []alert.EventKind{alert.EventMissing, alert.EventDecided}}, []string{"decided  ", "no data a a"}},
		"an alert":           {alert.EventQuery{AlertID: "a"}, []string{"resolved a a", "no data a a", "firing a a"}},
		"an unknown alert":   {alert.EventQuery{AlertID: "x"}, nil},
		"a group":            {alert.EventQuery{Group: "g"}, []string{"decided  "}},
		"matchers":           {alert.EventQuery{Matchers: alert.Matchers{s.matcher("alertname", alert.MatchEqual, "b")}}, []string{"firing b b"}},
		"a range":            {alert.EventQuery{From: at(2), To: at(4)}, []string{"no data a a", "firing b b"}},
		"a range of nothing": {alert.EventQuery{From: at(4), To: at(2)}, nil},
	} {
		c.query.Limit = 2
		same(t, what, lines(s.history(c.query)), c.want)
	}
}

func testHistoryFew(t *testing.T, s *fixture) {
	e := alert.Evaluation{Group: "g", At: at(0), Events: []alert.Event{{At: at(0), Kind: alert.EventMissing, AlertID: "rare"}}}
	for _, id := range numbered("%d", 45_000) {
		e.Events = append(e.Events, alert.Event{At: at(1), Kind: alert.EventFiring, AlertID: id})
	}
	s.commit(e)
	query := alert.EventQuery{Kinds: []alert.EventKind{alert.EventMissing}, Limit: 10}
	page, err := s.History(t.Context(), query)
	s.check("reading a page", err)
	if len(page.Events) != 0 || page.Next == (alert.EventCursor{}) {
		t.Errorf("the first page has %d events and leads to %v: it looked at too many", len(page.Events), page.Next)
	}
	same(t, "in all pages", lines(s.history(query)), []string{"no data rare "})
}

func testIncidents(t *testing.T, s *fixture) {
	s.put(0, "g", alert.Pending, "pending")
	s.fire(1, "g", "first", "second")
	s.fire(2, "g", "third", "fourth")
	s.resolve(10, "g", "third")
	s.resolve(20, "g", "first")
	team := s.matcher("alertname", alert.MatchRegexp, "f.*")
	fingerprint := newAlert("third", alert.Firing, at(0)).Labels.Fingerprint().String()
	for what, c := range map[string]struct {
		query alert.IncidentQuery
		want  []string
	}{
		"all":                  {alert.IncidentQuery{}, []string{"third", "fourth", "second", "first", "third"}},
		"those matched":        {alert.IncidentQuery{Matchers: alert.Matchers{team}}, []string{"fourth", "first"}},
		"by fingerprint":       {alert.IncidentQuery{Fingerprint: fingerprint[:6]}, []string{"third"}},
		"one":                  {alert.IncidentQuery{AlertID: "first"}, []string{"first"}},
		"one that never fired": {alert.IncidentQuery{AlertID: "pending"}, nil},
		"not ended before":     {alert.IncidentQuery{From: at(15)}, []string{"fourth", "second", "first"}},
		"fired before":         {alert.IncidentQuery{To: at(-1)}, nil},
	} {
		if what == "all" {
			c.want = c.want[1:]
		}
		for _, limit := range []int{1, 2, 10} {
			c.query.Limit = limit
			same(t, fmt.Sprintf("%s, by %d", what, limit), s.incidents(c.query), c.want)
		}
	}
}

func testIncidentPages(t *testing.T, s *fixture) {
	ended, active := numbered("ended-%02d", 20), numbered("active-%02d", 20)
	s.fire(0, "g", slices.Concat(ended, active)...)
	s.resolve(1, "g", ended...) // all at one moment
	page, err := s.Incidents(t.Context(), alert.IncidentQuery{Limit: 7})
	s.check("reading a page", err)
	seen := []string{}
	for _, in := range page.Incidents {
		seen = append(seen, in.ID)
	}
	s.fire(2, "g", "new")
	s.resolve(2, "g", page.Incidents[0].ID)
	rest := s.incidents(alert.IncidentQuery{Limit: 7, After: page.Next})
	same(t, "one that ended meanwhile is listed as it is now", rest[13], page.Incidents[0].ID)
	all := slices.Concat(seen, slices.Delete(rest, 13, 14))
	slices.Sort(all)
	want := slices.Concat(active, ended)
	same(t, "every incident once", all, want)
}

func testFirstTold(t *testing.T, s *fixture) {
	s.fire(0, "g", "a", "b")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a"}})
	s.finish(2, d, alert.DeliveryDelivered)
	d = s.deliver(3, "g", "2", alert.Content{Firing: []string{"a", "b"}})
	s.finish(4, d, alert.DeliveryDelivered)
	d = newDelivery(5, "g", "3", "chat")
	d.Content = alert.Content{Firing: []string{"b"}}
	s.plan(alert.PlanResult{Key: "g", FlushedAt: at(5), Create: []alert.Delivery{d}})
	s.finish(6, d, alert.DeliveryDead)
	d.ID, d.Content = "4", alert.Content{Resolved: []string{"b"}}
	s.plan(alert.PlanResult{Key: "g", FlushedAt: at(5), Create: []alert.Delivery{d}})
	s.finish(7, d, alert.DeliveryDelivered)
	page, err := s.Incidents(t.Context(), alert.IncidentQuery{Limit: 10})
	s.check("reading incidents", err)
	told := map[string][]alert.FirstTold{}
	for _, in := range page.Incidents {
		told[in.ID] = in.Told
	}
	same(t, "who was told", told, map[string][]alert.FirstTold{
		"a": {{Integration: "mail", At: at(2)}},
		"b": {{Integration: "chat", At: at(7)}, {Integration: "mail", At: at(4)}},
	})
}

func testTrace(t *testing.T, s *fixture) {
	_, err := s.Trace(t.Context(), "a")
	s.want("an unknown alert", err, store.ErrNotFound)

	s.fire(0, "g", "a", "b")
	s.fire(0, "other", "c")
	d := s.deliver(1, "g", "1", alert.Content{Firing: []string{"a", "b"}})
	event := func(minute float64, kind alert.EventKind, id, group string) alert.Event {
		return alert.Event{At: at(minute), Kind: kind, AlertID: id, Group: alert.GroupKey(group), Detail: fmt.Sprint(minute)}
	}
	s.commit(alert.Evaluation{Group: "x", At: at(9), Events: []alert.Event{
		event(0, alert.EventFiring, "a", ""), event(2, alert.EventMissing, "a", ""), event(3, alert.EventAcked, "b", ""),
		event(4, alert.EventSuppressed, "a", "g"), event(5, alert.EventDecided, "", "g"),
		{At: at(5), Kind: alert.EventFailed, Group: "g", Detail: "5, then"},
		event(6, alert.EventFailed, "", "other"),
		event(-9, alert.EventFailed, "", "g"),
	}})
	s.finish(7, d, alert.DeliveryDelivered)
	s.resolve(8, "g", "a")
	s.plan(alert.PlanResult{Key: "g", Leave: []string{"a"}})
	s.commit(alert.Evaluation{Group: "x", At: at(9), Events: []alert.Event{event(9, alert.EventDecided, "", "g")}})

	got, err := s.Trace(t.Context(), "a")
	s.check("tracing", err)
	same(t, "alert", got.ID, "a")
	same(t, "told", got.Told, []alert.FirstTold{{Integration: "mail", At: at(7)}})
	same(t, "deliveries", deliveryIDs(got.Deliveries), []string{"1"})
	var details []string
	for _, e := range got.Events {
		details = append(details, e.Detail)
	}
	same(t, "events", details, []string{"2", "4", "5", "5, then", d.Reason})
	got, err = s.Trace(t.Context(), "b")
	s.check("tracing", err)
	same(t, "groups", got.Groups, []alert.GroupKey{"g"})
}

func testPruneSize(t *testing.T, s *fixture) {
	s.fire(0, "g", "active")
	for i := range 40 {
		e := alert.Evaluation{Group: "g", At: at(float64(i))}
		for _, id := range numbered(fmt.Sprint(i)+"-%03d", 100) {
			e.Upserts = append(e.Upserts, newAlert(id, alert.Resolved, at(float64(i))))
			e.Events = append(e.Events, alert.Event{At: at(float64(i)), Kind: alert.EventResolved, AlertID: id})
		}
		s.commit(e)
	}
	before, err := s.Usage(t.Context())
	s.check("asking for the size", err)
	same(t, "oldest", before.Oldest, at(0))
	same(t, "pruned while it fits", s.prune(50, store.Retention{Size: before.Bytes}), 0)

	if n := s.prune(50, store.Retention{Size: before.Bytes / 2}); n == 0 {
		t.Error("nothing was forgotten")
	}
	after, err := s.Usage(t.Context())
	s.check("asking for the size", err)
	if after.Bytes > before.Bytes/2 || after.Bytes < before.Bytes/4 {
		t.Errorf("%d bytes became %d, want about half", before.Bytes, after.Bytes)
	}
	if !after.Oldest.After(before.Oldest) || after.Oldest.After(at(38)) {
		t.Errorf("what is left begins at %s: the oldest should have gone first, and some be left", after.Oldest)
	}
	left := s.incidents(alert.IncidentQuery{Limit: 1000})
	same(t, "the newest is left", left[:2], []string{"active", "39-099"})
	s.prune(50, store.Retention{Size: 1})
	same(t, "what is active is left", s.incidents(alert.IncidentQuery{Limit: 1000}), []string{"active"})
	same(t, "its group", ids(s.view("g").Alerts), []string{"active"})
}
