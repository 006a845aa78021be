package explain_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/explain"
	"alertd/internal/matchers"
	"alertd/internal/store"
	"alertd/internal/web/apiv1"
	"alertd/notifier"
)

func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-23 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// world is a real store, whose groups are planned by the real Plan.
type world struct {
	t     *testing.T
	store store.Store
	route *notifier.Route
	rule  *explain.Rule
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	route, err := notifier.NewRoute(&notifier.RouteSpec{
		Receiver: "team", GroupBy: []string{"alertname"},
		Routes: []*notifier.RouteSpec{{Matchers: []string{`severity="page"`}}},
	}, notifier.RouteOptions{GroupWait: 30 * time.Second, GroupInterval: 5 * time.Minute, RepeatInterval: 4 * time.Hour}, matchers.Parse)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, store: s, route: route, rule: &explain.Rule{
		Name: "Disk", Group: "host", Expression: "disk > 90", For: time.Minute, Interval: 15 * time.Second,
		FiresAt: at("12:01:00"), LastEvaluation: at("12:00:00"),
	}}
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func disk(change func(*alert.Alert)) alert.Alert {
	a := alert.Alert{
		ID: "disk-1", RuleID: "host/disk", Labels: alert.LabelsFromStrings("alertname", "Disk", "severity", "page"),
		State: alert.Firing, ActiveAt: at("12:00:00"), FiredAt: at("12:01:00"), UpdatedAt: at("12:01:00"),
		Value: 94.25, Unit: "%", Threshold: "> 90 %",
	}
	if change != nil {
		change(&a)
	}
	return a
}

func (w *world) commit(now string, a alert.Alert, events ...alert.Event) {
	w.t.Helper()
	e := alert.Evaluation{Group: "host", At: at(now), Upserts: []alert.Alert{a}, Events: events, Touched: map[string][]alert.GroupRef{}}
	if a.State != alert.Pending {
		e.Touched[a.ID] = w.route.Groups(a.Labels)
	}
	w.check(w.store.CommitEvaluation(w.t.Context(), &e))
}

func (w *world) integrations() []notifier.Integration {
	return []notifier.Integration{{ID: "team/mail/0", SendResolved: true}}
}

// planned returns a group, and what planning it now decides.
func (w *world) planned(key alert.GroupKey, now time.Time) (notifier.Preview, *alert.PlanResult) {
	w.t.Helper()
	view, err := w.store.GroupView(w.t.Context(), key)
	w.check(err)
	silences, err := w.store.Silences(w.t.Context())
	w.check(err)
	in := notifier.PlanInput{View: *view, Integrations: w.integrations(), Silences: silences, Now: now, Expiry: 24 * time.Hour}
	w.route.Walk(func(r *notifier.Route) {
		if r.ID == view.RouteID {
			in.Route = &r.Options
		}
	})
	result, decisions := notifier.Plan(in)
	return notifier.Preview{At: now, View: *view, Route: in.Route, Decisions: decisions, Create: result.Create}, &result
}

// plan plans the alert's groups for real, and returns what is then to be delivered.
func (w *world) plan(now string) []alert.Delivery {
	w.t.Helper()
	keys, _, err := w.store.DueGroups(w.t.Context(), at(now), 10)
	w.check(err)
	for _, key := range keys {
		_, result := w.planned(key, at(now))
		w.check(w.store.CommitPlan(w.t.Context(), result))
	}
	due, _, err := w.store.DueDeliveries(w.t.Context(), "team/mail/0", at(now), 10)
	w.check(err)
	return due
}

func (w *world) deliver(now string, state alert.DeliveryState, problem string) {
	w.t.Helper()
	for _, d := range w.plan(now) {
		d.State, d.Attempts, d.LastError, d.NextAttemptAt = state, d.Attempts+1, problem, at(now).Add(10*time.Second)
		w.check(w.store.CommitDelivery(w.t.Context(), &d, at(now)))
	}
}

func (w *world) silence(from, to string) {
	w.t.Helper()
	ms, err := matchers.Parse("alertname=Disk")
	w.check(err)
	w.check(w.store.SaveSilences(w.t.Context(), at(from), alert.Silence{
		ID: "s1", Matchers: ms, StartsAt: at(from), EndsAt: at(to), CreatedBy: "ann", Comment: "resizing", UpdatedAt: at(from),
	}))
}

func (w *world) tell(now string) *apiv1.Story {
	w.t.Helper()
	trace, err := w.store.Trace(w.t.Context(), "disk-1")
	w.check(err)
	silences, err := w.store.Silences(w.t.Context())
	w.check(err)
	f := explain.Facts{Now: at(now), Trace: trace, Rule: w.rule, Silences: silences}
	for _, r := range w.route.Match(trace.Labels) {
		var path []alert.Matchers
		for _, node := range w.route.PathTo(r) {
			path = append(path, node.Matchers())
		}
		f.Routes = append(f.Routes, explain.Route{Path: path, Group: w.route.Groups(trace.Labels)[0], Options: r.Options})
	}
	for _, key := range trace.Groups {
		preview, _ := w.planned(key, at(now))
		f.Previews = append(f.Previews, preview)
	}
	return explain.Tell(f)
}

// words writes a story as a person would read it, one line each.
func words(s *apiv1.Story) []string {
	clock := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return t.Format("15:04:05")
	}
	var out []string
	for _, l := range s.Past {
		out = append(out, clock(&l.At)+" "+l.Text)
	}
	for _, q := range s.Suppressed {
		out = append(out, "quiet: "+q.By+" of "+q.Who+" until "+clock(q.Until))
	}
	for _, i := range s.Told {
		out = append(out, fmt.Sprintf("%s: %s (%s) first %s, last %s, next %s%s", i.Integration, i.State, i.Reason,
			clock(i.FirstTold), clock(i.LastTold), clock(i.NextAt), " "+i.Error))
	}
	for _, l := range s.Next {
		out = append(out, "next "+clock(&l.At)+" "+l.Text)
	}
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return append(out, s.NotComplete...)
}

func TestTell(t *testing.T) {
	pending := func(a *alert.Alert) { a.State, a.FiredAt, a.Value = alert.Pending, time.Time{}, 92 }
	recovered := 71.0
	ended := func(a *alert.Alert) {
		a.State, a.ResolvedAt, a.UpdatedAt, a.Resolution, a.RecoveredValue = alert.Resolved, at("12:31:00"), at("12:31:00"), alert.Recovered, &recovered
	}
	const fired = "12:01:00 fired after 1m of breach; last value 94.2 % against > 90 %"
	const told = "12:01:30 team/mail/0 was told: first notification, 30s after it fired"
	for name, c := range map[string]struct {
		happens func(w *world)
		now     string
		want    []string
	}{
		"pending": {
			func(w *world) { w.commit("12:00:00", disk(pending)) }, "12:00:20",
			[]string{
				"12:00:00 first breach, value now 92.0 %",
				"next 12:00:30 its rule is evaluated again", "next 12:01:00 it fires, if it stays like this",
			},
		},
		"waiting for its group": {
			func(w *world) { w.commit("12:01:00", disk(nil)) }, "12:01:10",
			[]string{
				"12:00:00 first breach", fired, "team/mail/0: waiting (waiting for the group) first -, last -, next 12:01:30",
				"next 12:01:15 its rule is evaluated again", "next 12:01:30 team/mail/0 is told what changed in the group",
			},
		},
		"told": {
			func(w *world) {
				w.commit("12:01:00", disk(nil))
				w.deliver("12:01:30", alert.DeliveryDelivered, "")
				w.plan("12:01:30")
			}, "12:02:00",
			[]string{
				"12:00:00 first breach", fired, told, "team/mail/0: told (already told) first 12:01:30, last 12:01:30, next 16:01:30",
				"next 12:02:15 its rule is evaluated again", "next 16:01:30 team/mail/0 is told again, if it still fires",
			},
		},
		"failing": {
			func(w *world) {
				w.commit("12:01:00", disk(nil))
				w.deliver("12:01:30", alert.DeliveryDue, "connection refused")
			}, "12:01:35",
			[]string{
				"12:00:00 first breach", fired, "12:01:30 team/mail/0: failed: connection refused", "team/mail/0: failing (first notification) first -, last -, next 12:01:40 connection refused",
				"next 12:01:40 team/mail/0 is tried again", "next 12:01:45 its rule is evaluated again",
				"next 12:01:30 team/mail/0 is given up, if it cannot be told until then", // tomorrow
			},
		},
		"silenced before it was told": {
			func(w *world) {
				w.silence("11:00:00", "13:00:00")
				w.commit("12:01:00", disk(nil))
			}, "12:05:00",
			[]string{
				"12:00:00 first breach", fired, "quiet: silence of ann until 13:00:00",
				"team/mail/0: suppressed (silenced) first -, last -, next 13:00:00",
				"next 12:05:15 its rule is evaluated again", "next 13:00:00 the silence by ann ends; what still fires then is told, if it was not",
			},
		},
		"refused for good": {
			func(w *world) {
				w.commit("12:01:00", disk(nil))
				w.deliver("12:01:30", alert.DeliveryDead, "no such user")
				w.plan("12:01:31")
			}, "12:02:00",
			[]string{
				"12:00:00 first breach", fired, "12:01:30 team/mail/0 could not be told (first notification): no such user",
				"team/mail/0: refused (first notification) first -, last -, next 16:01:30 no such user",
				"next 12:02:15 its rule is evaluated again", "next 16:01:30 team/mail/0 is tried anew, if it still fires",
			},
		},
		"ended, with what happened meanwhile": {
			func(w *world) {
				w.commit("12:01:00", disk(nil))
				w.deliver("12:01:30", alert.DeliveryDelivered, "")
				a := disk(nil)
				w.commit("12:10:00", a, alert.Event{At: at("12:10:00"), Kind: alert.EventMissing, AlertID: a.ID, Labels: a.Labels},
					alert.Event{At: at("12:11:00"), Kind: alert.EventAcked, AlertID: a.ID, Labels: a.Labels, Detail: "by bob: on it"},
					alert.Event{At: at("12:12:00"), Kind: alert.EventSuppressed, AlertID: a.ID, Labels: a.Labels, Detail: "inhibited by HostDown"})
				w.commit("12:31:00", disk(ended))
				w.deliver("12:31:30", alert.DeliveryDelivered, "")
				w.plan("12:32:00")
			}, "15:00:00",
			[]string{
				"12:00:00 first breach", fired, told, "12:10:00 no data", "12:11:00 acknowledged: by bob: on it", "12:12:00 suppressed: inhibited by HostDown",
				"12:31:00 ended: recovered, value 71.0 %, after 30m of firing", "12:31:30 team/mail/0 was told: all alerts resolved",
				"team/mail/0: told (all alerts resolved) first 12:01:30, last 12:31:30, next -",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.happens(w)
			got := words(w.tell(c.now))
			if !slices.Equal(got, c.want) {
				t.Errorf("told\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(c.want, "\n\t"))
			}
		})
	}
}

func TestTellAcknowledged(t *testing.T) {
	for until, want := range map[time.Time]string{{}: "-", at("13:00:00"): "13:00:00"} {
		w := newWorld(t)
		a := disk(nil)
		w.commit("12:01:00", a)
		w.check(w.store.SaveAcks(t.Context(), at("12:05:00"), alert.Ack{AlertID: a.ID, By: "bob", At: at("12:05:00"), Until: until}))
		got := words(w.tell("12:10:00"))
		if !slices.Contains(got, "quiet: acknowledgement of bob until "+want) {
			t.Errorf("told %q", got)
		}
	}
}

func TestTellInhibitedAndMuted(t *testing.T) {
	a := disk(nil)
	host := alert.LabelsFromStrings("alertname", "HostDown", "instance", "a")
	ended := alert.LabelsFromStrings("alertname", "Gone").Fingerprint()
	preview := notifier.Preview{
		View: alert.GroupView{Group: alert.Group{GroupRef: alert.GroupRef{Key: "g", Receiver: "team"}}}, MutedBy: []string{"nights", "weekends"},
		Suppressed: map[string]alert.Suppression{a.ID: {Inhibitors: []alert.Fingerprint{host.Fingerprint(), ended}}},
		Decisions:  []notifier.Decision{{Integration: "team/mail/0", Reason: notifier.ReasonMuted, Until: at("22:00:00")}},
	}
	got := words(explain.Tell(explain.Facts{
		Now: at("12:10:00"), Trace: &alert.Trace{Incident: alert.Incident{Alert: a}},
		Previews: []notifier.Preview{preview, preview}, Inhibitors: map[alert.Fingerprint]alert.Labels{host.Fingerprint(): host},
	}))
	for _, want := range []string{
		`quiet: inhibition of HostDown instance="a" until -`, "quiet: inhibition of an alert that has just ended until -",
		"quiet: mute of nights, weekends until 22:00:00",
	} {
		if n := len(slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s != want })); n == 0 {
			t.Errorf("told %q, which lacks %q", got, want)
		} else if strings.Contains(want, "inhibition") && n != 1 {
			t.Errorf("told %d times: %s", n, want)
		}
	}
}

func TestTellOfOthers(t *testing.T) {
	a := disk(func(a *alert.Alert) { a.RuleID, a.ExpiresAt = "", at("12:20:00") })
	s := explain.Tell(explain.Facts{Now: at("12:10:00"), Trace: &alert.Trace{Incident: alert.Incident{Alert: a}}})
	if s.Rule != nil || !strings.Contains(s.RuleMissing, "another program") || len(s.NotComplete) != 1 {
		t.Errorf("told %+v", s)
	}
	if len(s.Next) != 1 || s.Next[0].Kind != "expiry" || !s.Next[0].At.Equal(at("12:20:00")) {
		t.Errorf("next is %v", s.Next)
	}
	if _, err := newWorld(t).store.Trace(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestRoutes(t *testing.T) {
	w := newWorld(t)
	w.commit("12:01:00", disk(nil))
	routes := w.tell("12:01:10").Routes
	if len(routes) != 1 || !slices.Equal(routes[0].Path, []string{"everything", `severity="page"`}) || routes[0].Receiver != "team" ||
		routes[0].GroupWaitSeconds != 30 || routes[0].GroupedBy.String() != `{alertname="Disk"}` {
		t.Errorf("routes %+v", routes)
	}
}
