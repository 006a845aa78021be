package notifier

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
)

func at(minutes float64) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(minutes * float64(time.Minute)))
}

// world is one aggregation group with a store's behaviour and no store: what
// Plan decides is carried out, and deliveries succeed or fail as the test says.
type world struct {
	t     *testing.T
	in    PlanInput
	down  map[string]bool // integrations that fail
	said  []string        // "minute integration reason +firing -resolved"
	gone  bool            // the group was dropped
	trace []Decision
	news  []alert.Event
	// listen is called with each delivery that succeeds.
	listen func(minute float64, d alert.Delivery)
}

func newWorld(t *testing.T, route RouteOptions, integrations ...string) *world {
	w := &world{t: t, down: map[string]bool{}}
	w.in = PlanInput{View: alert.GroupView{Group: alert.Group{GroupRef: alert.GroupRef{Key: "g", Receiver: "team"}}}, Route: &route, Expiry: 24 * time.Hour}
	for _, id := range integrations {
		w.in.Integrations = append(w.in.Integrations, Integration{ID: id, SendResolved: true})
	}
	return w
}

func (w *world) fire(minute float64, id string) {
	w.in.View.Alerts = append(w.in.View.Alerts, alert.Alert{
		ID: id, Labels: alert.LabelsFromStrings("alertname", id), State: alert.Firing, ActiveAt: at(minute), FiredAt: at(minute),
	})
	w.gone = false
	w.due(minute)
}

func (w *world) resolve(minute float64, id string) {
	for i := range w.in.View.Alerts {
		if a := &w.in.View.Alerts[i]; a.ID == id {
			a.State, a.ResolvedAt, a.UpdatedAt = alert.Resolved, at(minute), at(minute)
		}
	}
	w.due(minute)
}

func (w *world) silence(from, until float64, name string) {
	m, err := alert.NewMatcher("alertname", alert.MatchEqual, name)
	if err != nil {
		w.t.Fatal(err)
	}
	w.in.Silences = append(w.in.Silences, alert.Silence{ID: name, Matchers: alert.Matchers{m}, StartsAt: at(from), EndsAt: at(until)})
	w.due(from)
}

func (w *world) due(minute float64) {
	w.in.View.Revision++
	if d := at(minute); w.in.View.DueAt.IsZero() || d.Before(w.in.View.DueAt) {
		w.in.View.DueAt = d
	}
}

// run lets time pass until a minute, planning and delivering whatever is due.
func (w *world) run(until float64) {
	for range 10_000 {
		next := w.in.View.DueAt
		for _, d := range w.in.View.Open {
			if next.IsZero() || d.NextAttemptAt.Before(next) {
				next = d.NextAttemptAt
			}
		}
		if next.IsZero() || next.After(at(until)) {
			return
		}
		if !w.in.View.DueAt.IsZero() && !w.in.View.DueAt.After(next) {
			w.plan(next)
		}
		w.deliver(next)
	}
	w.t.Fatal("planning never comes to rest")
}

func (w *world) plan(now time.Time) {
	w.in.Now = now
	result, decisions := Plan(w.in)
	w.trace = decisions
	v := &w.in.View
	v.DueAt, v.FlushedAt = result.DueAt, result.FlushedAt
	v.Open = slices.DeleteFunc(v.Open, func(d alert.Delivery) bool { return slices.Contains(result.Supersede, d.ID) })
	v.Open = append(v.Open, result.Create...)
	for id, s := range result.Suppressed {
		if v.Suppressed == nil {
			v.Suppressed = map[string]alert.Suppression{}
		}
		if v.Suppressed[id] = s; s.IsZero() {
			delete(v.Suppressed, id)
		}
	}
	if result.Decided != nil {
		v.Decided = result.Decided
	}
	w.news = append(w.news, result.Events...)
	v.Alerts = slices.DeleteFunc(v.Alerts, func(a alert.Alert) bool { return slices.Contains(result.Leave, a.ID) })
	if result.Drop {
		v.Told, v.FlushedAt, w.gone = nil, time.Time{}, true
		v.Suppressed, v.Decided = nil, nil
	}
}

func (w *world) deliver(now time.Time) {
	v := &w.in.View
	for i := 0; i < len(v.Open); i++ {
		d := v.Open[i]
		if d.NextAttemptAt.After(now) {
			continue
		}
		if w.down[d.Integration] {
			v.Open[i].Attempts++
			v.Open[i].NextAttemptAt = now.Add(time.Minute)
			continue
		}
		v.Open = slices.Delete(v.Open, i, i+1)
		i--
		v.Told = slices.DeleteFunc(v.Told, func(t alert.Told) bool { return t.Integration == d.Integration })
		v.Told = append(v.Told, alert.Told{
			Integration: d.Integration, Firing: slices.Concat(d.Content.Firing, d.Content.Held), At: now, AsOf: d.CreatedAt,
		})
		text := fmt.Sprintf("%v %s %s", now.Sub(at(0)).Minutes(), d.Integration, d.Reason)
		for _, id := range d.Content.Firing {
			text += " +" + id
		}
		for _, id := range d.Content.Resolved {
			text += " -" + id
		}
		w.said = append(w.said, text)
		if w.listen != nil {
			w.listen(now.Sub(at(0)).Minutes(), d)
		}
		w.due(now.Sub(at(0)).Minutes())
	}
}

func (w *world) expect(want ...string) {
	w.t.Helper()
	if !slices.Equal(w.said, want) {
		w.t.Errorf("said\n  %s\nwant\n  %s", strings.Join(w.said, "\n  "), strings.Join(want, "\n  "))
	}
}

func prompt() RouteOptions { return RouteOptions{RepeatInterval: 4 * time.Hour} }

func classic() RouteOptions {
	return RouteOptions{GroupWait: time.Minute / 2, GroupInterval: 5 * time.Minute, RepeatInterval: 4 * time.Hour}
}

func TestPlanFiresOnceAndRecovers(t *testing.T) {
	w := newWorld(t, prompt(), "slack")
	w.fire(0, "A")
	w.run(60)
	w.resolve(60, "A")
	w.run(1000)
	w.expect("0 slack first notification +A", "60 slack all alerts resolved -A")
	if !w.gone {
		t.Error("the group is still kept")
	}
}

func TestPlanRepeats(t *testing.T) {
	w := newWorld(t, prompt(), "slack")
	w.fire(0, "A")
	w.run(481)
	w.expect("0 slack first notification +A", "240 slack repeat interval elapsed +A", "480 slack repeat interval elapsed +A")
}

// Alertmanager's timing: group_wait first, then the grid of group_interval.
func TestPlanClassicTiming(t *testing.T) {
	w := newWorld(t, classic(), "slack")
	w.fire(0, "A")
	w.run(0.2)
	w.fire(0.2, "B")
	w.run(1)
	w.fire(1, "C")
	w.run(6)
	w.resolve(6, "A")
	w.run(30)
	w.expect(
		"0.5 slack first notification +A +B",
		"5.5 slack new alerts added +A +B +C",
		"10.5 slack some alerts resolved +B +C -A",
	)
}

func TestPlanBeginningAndEndingWithinGroupWait(t *testing.T) {
	w := newWorld(t, classic(), "slack")
	w.fire(0, "A")
	w.run(0.1)
	w.resolve(0.2, "A")
	w.run(60)
	w.expect()
	if !w.gone {
		t.Error("the group is still kept")
	}
}

// A channel that was away gets the latest truth, in one message.
func TestPlanChannelAway(t *testing.T) {
	w := newWorld(t, prompt(), "mail", "slack")
	w.down["mail"] = true
	w.fire(0, "A")
	w.run(2)
	w.fire(2, "B")
	w.run(3)
	w.resolve(3, "A")
	w.run(9)
	w.down["mail"] = false
	w.run(60)
	w.expect(
		"0 slack first notification +A",
		"2 slack new alerts added +A +B",
		"3 slack some alerts resolved +B -A",
		"10 mail first notification +B -A",
	)
}

// An incident that began and ended while the channel was away is still told.
func TestPlanEndedWhileChannelAway(t *testing.T) {
	w := newWorld(t, prompt(), "slack")
	w.down["slack"] = true
	w.fire(0, "A")
	w.run(2)
	w.resolve(2, "A")
	w.run(5)
	w.down["slack"] = false
	w.run(60)
	w.expect("6 slack all alerts resolved -A")
	if !w.gone {
		t.Error("the group is still kept")
	}
}

// Nobody planned between firing and recovery, as after a crash.
func TestPlanEndedBeforeAnyPlan(t *testing.T) {
	w := newWorld(t, prompt(), "slack")
	w.fire(0, "A")
	w.resolve(3, "A")
	w.in.View.DueAt = at(3)
	w.run(10)
	w.expect("3 slack all alerts resolved -A")
}

func TestPlanSilence(t *testing.T) {
	t.Run("keeps quiet, and tells what still fires when it ends", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.silence(0, 30, "A")
		w.fire(1, "A")
		w.run(100)
		w.expect("30 slack first notification +A")
	})
	t.Run("also what was told before it", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.fire(0, "A")
		w.run(1)
		w.silence(1, 30, "A")
		w.run(100)
		w.expect("0 slack first notification +A", "30 slack still firing after a silence ended +A")
	})
	t.Run("also one that was saved before it began, repeat or none", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.fire(0, "A")
		w.run(1)
		w.silence(20, 30, "A")
		w.due(1) // saving it makes the group due
		w.run(100)
		w.expect("0 slack first notification +A", "30 slack still firing after a silence ended +A")
	})
	t.Run("that has yet to begin stops what is not delivered by then", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.down["slack"] = true
		w.silence(20, 30, "A")
		w.fire(0, "A")
		w.run(21)
		w.down["slack"] = false
		w.run(29)
		w.expect()
		w.run(100)
		w.expect("30 slack first notification +A")
	})
	t.Run("never swallows a recovery whose firing was told", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.fire(0, "A")
		w.run(1)
		w.silence(1, 300, "A")
		w.run(2)
		w.fire(2, "B")
		w.run(3)
		w.resolve(10, "A")
		w.run(20)
		w.expect("0 slack first notification +A", "2 slack new alerts added +B", "10 slack some alerts resolved +B -A")
	})
	t.Run("keeps the recovery of what it hid", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.silence(0, 300, "A")
		w.fire(1, "A")
		w.run(2)
		w.resolve(5, "A")
		w.run(1000)
		w.expect()
		if !w.gone {
			t.Error("the group is still kept")
		}
	})
	t.Run("keeps the recovery of what it hid, even where that is planned after its end", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.silence(0, 5.1, "A")
		w.fire(1, "A")
		w.run(2)
		w.resolve(5, "A")
		w.in.View.DueAt = at(6) // alertd was away
		w.run(20)
		w.expect()
	})
	t.Run("withdraws what could not be delivered yet", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.down["slack"] = true
		w.fire(0, "A")
		w.run(1)
		w.silence(1.5, 30, "A")
		w.run(2)
		w.down["slack"] = false
		w.run(20)
		w.expect()
		if len(w.in.View.Open) != 0 {
			t.Error("the withdrawn delivery is still open")
		}
	})
}

// A clock that is set back makes nothing wait until it is that late again.
func TestPlanClockSetBack(t *testing.T) {
	t.Run("a new group", func(t *testing.T) {
		w := newWorld(t, RouteOptions{GroupWait: time.Minute, GroupInterval: 5 * time.Minute, RepeatInterval: 4 * time.Hour}, "slack")
		w.in.View.CreatedAt = at(600)
		w.fire(600, "A")
		w.in.View.DueAt = at(0)
		w.run(10)
		w.expect("0 slack first notification +A")
	})
	t.Run("a change in a group that was told", func(t *testing.T) {
		w := newWorld(t, RouteOptions{GroupWait: time.Minute, GroupInterval: 5 * time.Minute, RepeatInterval: 4 * time.Hour}, "slack")
		w.fire(0, "A")
		w.run(1)
		w.fire(600, "B")
		w.in.View.DueAt = at(2)
		w.run(10)
		w.expect("1 slack first notification +A", "2 slack new alerts added +A +B")
	})
	t.Run("an alert of a sender whose clock is ahead waits as others do", func(t *testing.T) {
		w := newWorld(t, RouteOptions{GroupWait: time.Minute, GroupInterval: 5 * time.Minute, RepeatInterval: 4 * time.Hour}, "slack")
		w.in.View.CreatedAt = at(0)
		w.fire(60, "A")
		w.in.View.DueAt = at(0)
		w.run(10)
		w.expect("1 slack first notification +A")
	})
}

// Both integrations are told of a recovery, whichever is slower.
func TestPlanRecoveryPerIntegration(t *testing.T) {
	w := newWorld(t, prompt(), "mail", "slack")
	w.fire(0, "A")
	w.run(1)
	w.down["mail"] = true
	w.resolve(5, "A")
	w.run(8)
	w.down["mail"] = false
	w.run(60)
	w.expect(
		"0 mail first notification +A", "0 slack first notification +A",
		"5 slack all alerts resolved -A", "9 mail all alerts resolved -A",
	)
	if !w.gone {
		t.Error("the group is still kept")
	}
}

// A route that left the configuration tells recoveries only.
func TestPlanRetiredRoute(t *testing.T) {
	w := newWorld(t, prompt(), "slack")
	w.fire(0, "A")
	w.fire(0, "B")
	w.run(1)
	w.in.Route = nil
	w.run(500)
	w.resolve(500, "A")
	w.run(501)
	w.resolve(502, "B")
	w.run(600)
	w.expect("0 slack first notification +A +B", "500 slack all alerts resolved -A", "502 slack all alerts resolved -B")
}

func TestPlanWithoutSendResolved(t *testing.T) {
	w := newWorld(t, prompt(), "slack")
	w.in.Integrations[0].SendResolved = false
	w.fire(0, "A")
	w.run(1)
	w.resolve(2, "A")
	w.run(10)
	w.expect("0 slack first notification +A")
	if !w.gone {
		t.Error("the group is still kept")
	}
}

func TestPlanReasons(t *testing.T) {
	w := newWorld(t, classic(), "slack")
	w.fire(0, "A")
	w.plan(at(0))
	if d := w.trace[0]; d.Reason != ReasonWaiting || !d.Until.Equal(at(0.5)) {
		t.Errorf("before group_wait: %+v", d)
	}
	w.run(1)
	w.plan(at(2))
	if d := w.trace[0]; d.Reason != ReasonDeduplicated || !d.Until.Equal(at(240.5)) {
		t.Errorf("after telling: %+v", d)
	}
	w.silence(3, 9, "A")
	w.plan(at(3))
	if d := w.trace[0]; d.Reason != ReasonSilenced {
		t.Errorf("under a silence: %+v", d)
	}
}

// A raised `for` demotes a firing alert to pending: those told of it hear that
// it has ended, and hear of it again when it fires again.
func TestPlanDemoted(t *testing.T) {
	w := newWorld(t, prompt(), "slack")
	w.fire(0, "A")
	w.run(1)
	a := &w.in.View.Alerts[0]
	a.State, a.FiredAt = alert.Pending, time.Time{}
	w.due(2)
	w.run(3)
	w.fire(4, "A")
	w.run(5)
	w.expect("0 slack first notification +A", "2 slack all alerts resolved -A", "4 slack first notification +A")
}
