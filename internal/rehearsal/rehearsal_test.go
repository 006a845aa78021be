package rehearsal_test

import (
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/matchers"
	"alertd/internal/rehearsal"
	"alertd/notifier"
)

func minute(n float64) time.Time {
	return time.Unix(0, 0).UTC().Add(time.Duration(n * float64(time.Minute)))
}

func route(t *testing.T, o notifier.RouteOptions) *notifier.Route {
	t.Helper()
	tree, err := notifier.NewRoute(&notifier.RouteSpec{Receiver: "team", GroupBy: []string{"alertname"}}, o, matchers.Parse)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func fired(name, instance string, at time.Time) alert.Alert {
	return alert.Alert{
		ID: name + instance + at.String(), Labels: alert.LabelsFromStrings("alertname", name, "instance", instance),
		State: alert.Firing, ActiveAt: at, FiredAt: at, UpdatedAt: at,
	}
}

func ended(a alert.Alert, at time.Time) alert.Alert {
	a.State, a.ResolvedAt, a.UpdatedAt = alert.Resolved, at, at
	return a
}

// tell writes notifications as "minute reason: firing -resolved".
func tell(all []rehearsal.Notification) string {
	var lines []string
	for _, n := range all {
		line := n.At.Sub(minute(0)).String() + " " + string(n.Reason) + ":"
		for _, a := range n.Firing {
			line += " " + a.Labels.Get("instance")
		}
		for _, a := range n.Resolved {
			line += " -" + a.Labels.Get("instance")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func TestRehearsal(t *testing.T) {
	slow := notifier.RouteOptions{GroupWait: time.Minute, GroupInterval: 5 * time.Minute, RepeatInterval: time.Hour}
	onA := alert.Silence{ID: "s", Matchers: alert.Matchers{{Name: "instance", Op: alert.MatchEqual, Value: "a"}}, StartsAt: minute(10), EndsAt: minute(30)}
	for name, c := range map[string]struct {
		options  notifier.RouteOptions
		silences alert.Silences
		outages  []rehearsal.Outage
		until    float64
		play     func(r *rehearsal.Rehearsal)
		want     string
	}{
		"waits, joins, repeats and ends": {slow, nil, nil, 90, func(r *rehearsal.Rehearsal) {
			a, b := fired("X", "a", minute(1)), fired("X", "b", minute(3))
			r.Evaluated(minute(1), []alert.Alert{a}, nil)
			r.Evaluated(minute(3), []alert.Alert{b}, nil)
			r.Evaluated(minute(80), []alert.Alert{ended(a, minute(80)), ended(b, minute(80))}, nil)
		}, "2m0s first notification: a; 7m0s new alerts added: a b; 1h7m0s repeat interval elapsed: a b; 1h22m0s all alerts resolved: -a -b"},
		"what is evaluated at a moment is told at it together": {slow, nil, nil, 60, func(r *rehearsal.Rehearsal) {
			r.Evaluated(minute(1), []alert.Alert{fired("X", "a", minute(1))}, nil)
			r.Evaluated(minute(2), []alert.Alert{fired("X", "b", minute(2))}, nil)
			r.Evaluated(minute(2), []alert.Alert{fired("X", "c", minute(2))}, nil)
		}, "2m0s first notification: a b c"},
		"over before the group waited": {slow, nil, nil, 60, func(r *rehearsal.Rehearsal) {
			a := fired("X", "a", minute(1))
			r.Evaluated(minute(1), []alert.Alert{a}, nil)
			r.Evaluated(minute(1.5), []alert.Alert{ended(a, minute(1.5))}, nil)
		}, ""},
		"a silence holds back, and its end tells what still fires": {slow, alert.Silences{onA}, nil, 60, func(r *rehearsal.Rehearsal) {
			r.Evaluated(minute(12), []alert.Alert{fired("X", "a", minute(12))}, nil)
		}, "30m0s first notification: a"},
		"the end of what was told is told, silence or not": {slow, alert.Silences{onA}, nil, 60, func(r *rehearsal.Rehearsal) {
			a := fired("X", "a", minute(1))
			r.Evaluated(minute(1), []alert.Alert{a}, nil)
			r.Evaluated(minute(20), []alert.Alert{ended(a, minute(20))}, nil)
		}, "2m0s first notification: a; 22m0s all alerts resolved: -a"},
		"who was away is told the latest truth": {slow, nil, []rehearsal.Outage{{"team", minute(0), minute(20)}, {"team", minute(15), minute(40)}, {"other", minute(0), minute(90)}}, 60, func(r *rehearsal.Rehearsal) {
			a := fired("X", "a", minute(1))
			r.Evaluated(minute(1), []alert.Alert{a}, nil)
			r.Evaluated(minute(5), []alert.Alert{fired("X", "b", minute(5))}, nil)
			r.Evaluated(minute(10), []alert.Alert{ended(a, minute(10))}, nil)
		}, "40m0s first notification: b -a"},
		"a delivery expires": {slow, nil, []rehearsal.Outage{{"team", minute(0), minute(60 * 25)}}, 60*26 - 1, func(r *rehearsal.Rehearsal) {
			r.Evaluated(minute(1), []alert.Alert{fired("X", "a", minute(1))}, nil)
		}, ""},
		"a pending alert that went away is nothing": {slow, nil, nil, 60, func(r *rehearsal.Rehearsal) {
			a := fired("X", "a", minute(1))
			a.State, a.FiredAt = alert.Pending, time.Time{}
			r.Evaluated(minute(1), []alert.Alert{a}, nil)
			r.Evaluated(minute(2), nil, []string{a.ID})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := rehearsal.New(rehearsal.Setup{
				Route: route(t, c.options), Receivers: map[string][]notifier.Integration{"team": {{ID: "team/a/0", SendResolved: true}}},
				Silences: c.silences, Outages: c.outages, Expiry: 24 * time.Hour,
			})
			if err != nil {
				t.Fatal(err)
			}
			c.play(r)
			if got := tell(r.Until(minute(c.until))); got != c.want {
				t.Errorf("told\n  %s\nwant\n  %s", strings.ReplaceAll(got, "; ", "\n  "), strings.ReplaceAll(c.want, "; ", "\n  "))
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	receivers := map[string][]notifier.Integration{"team": nil}
	for want, s := range map[string]rehearsal.Setup{
		"no route":               {Receivers: receivers},
		`no receiver "team"`:     {Route: route(t, notifier.RouteOptions{RepeatInterval: time.Hour})},
		"repeat interval is not": {Route: route(t, notifier.RouteOptions{}), Receivers: receivers},
	} {
		if _, err := rehearsal.New(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// BenchmarkRehearsal replays a day in which a thousand alerts come and go.
func BenchmarkRehearsal(b *testing.B) {
	tree, err := notifier.NewRoute(&notifier.RouteSpec{Receiver: "team", GroupBy: []string{"instance"}},
		notifier.RouteOptions{GroupInterval: 5 * time.Minute, RepeatInterval: time.Hour}, matchers.Parse)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := rehearsal.New(rehearsal.Setup{Route: tree, Receivers: map[string][]notifier.Integration{"team": {{ID: "team/a/0", SendResolved: true}}}})
		if err != nil {
			b.Fatal(err)
		}
		for i := range 1000 {
			at := minute(float64(i))
			a := fired("X", at.Format("150405"), at)
			r.Evaluated(at, []alert.Alert{a}, nil)
			r.Evaluated(at.Add(30*time.Second), []alert.Alert{ended(a, at.Add(30*time.Second))}, nil)
		}
		if got := len(r.Until(minute(2000))); got != 2000 {
			b.Fatalf("%d notifications", got)
		}
	}
}
