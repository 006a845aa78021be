package notifier

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
)

// life is a random history of one group, and what was said of it.
type life struct {
	*world
	r        *rand.Rand
	minute   float64
	ended    map[string]alert.Alert // that left the group, too
	heard    []heard
	audible  map[string]float64 // by integration and id: since when it could be told, without a break
	tellable map[string]bool    // likewise: it could be for long enough that it must be told
}

// heard is one message that one integration got.
type heard struct {
	at float64
	alert.Delivery
}

// hush tells whether nobody is to be told of the firing alert now.
func (l *life) hush(id string) bool {
	now := at(l.minute)
	return len(l.in.View.Inhibited[id]) > 0 || len(l.in.Silences.Matching(alert.LabelsFromStrings("alertname", id), now)) > 0
}

func (l *life) firing() (ids []string) {
	for _, a := range l.in.View.Alerts {
		if a.State == alert.Firing {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// step lets one thing happen.
func (l *life) step() {
	firing := l.firing()
	some := func() string { return firing[l.r.IntN(len(firing))] }
	switch n := l.r.IntN(12); {
	case n < 4 || len(firing) == 0:
		l.fire(l.minute, fmt.Sprintf("%c%d", 'A'+rune(l.r.IntN(4)), len(l.ended)+len(firing)+1000*int(l.minute)))
	case n < 7:
		id := some()
		l.ended[id] = alert.Alert{}
		delete(l.in.View.Inhibited, id)
		l.resolve(l.minute, id)
	case n == 7:
		l.silence(l.minute, l.minute+float64(1+l.r.IntN(60)), some())
	case n == 8:
		l.inhibit(l.minute, some(), alert.Fingerprint(l.r.IntN(3)+1))
	case n == 9:
		l.inhibit(l.minute, some())
	case n == 10:
		l.ack(l.minute, some(), "ann", l.minute+float64(l.r.IntN(100)))
	default:
		integration := l.in.Integrations[l.r.IntN(len(l.in.Integrations))].ID
		l.down[integration] = !l.down[integration]
	}
}

// watch notes which alerts can be told, and for long enough that they must be.
func (l *life) watch(longest float64) {
	for _, id := range l.firing() {
		muted := len(l.in.Route.Muting.At(at(l.minute))) > 0
		for _, i := range l.in.Integrations {
			key := i.ID + " " + id
			if l.hush(id) || muted || l.down[i.ID] {
				delete(l.audible, key)
				continue
			}
			if _, known := l.audible[key]; !known {
				l.audible[key] = l.minute
			}
			if l.minute-l.audible[key] > longest {
				l.tellable[key] = true
			}
		}
	}
}

func TestPlanRandomHistories(t *testing.T) {
	messages := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 11))
		route := RouteOptions{
			GroupWait:      time.Duration(r.IntN(3)) * 20 * time.Second,
			GroupInterval:  time.Duration(r.IntN(4)) * time.Minute,
			RepeatInterval: time.Duration(10+r.IntN(60)) * time.Minute,
		}
		l := &life{
			world: newWorld(t, route, "a", "b"), r: r,
			ended: map[string]alert.Alert{}, audible: map[string]float64{}, tellable: map[string]bool{},
		}
		if r.IntN(2) == 0 {
			l.mute("13:00", "14:10")
		}
		l.listen = func(minute float64, d alert.Delivery) {
			l.minute = minute
			l.check(seed, d)
			l.heard = append(l.heard, heard{minute, d})
		}
		wait := (route.GroupWait + route.GroupInterval).Minutes()
		for minute := 0.0; minute < 300; minute += 0.5 {
			l.run(minute)
			l.minute = minute
			if r.IntN(4) == 0 {
				l.step()
				l.run(minute)
			}
			l.watch(wait + 1.5) // a failed delivery is tried again after a minute
		}
		l.run(300)
		for _, id := range l.firing() {
			l.resolve(300, id)
		}
		l.down = map[string]bool{}
		for i := range l.in.View.Open {
			l.in.View.Open[i].NextAttemptAt = at(301)
		}
		l.run(3000)
		if !l.gone {
			t.Fatalf("seed %d: the group is never done: %+v", seed, l.in.View)
		}
		for _, i := range l.in.Integrations {
			l.judge(seed, i.ID)
		}
		messages += len(l.heard)
	}
	if messages < 2000 {
		t.Errorf("only %d messages were judged", messages)
	}
}

// check holds a message, as it is heard, to what is true at that moment.
func (l *life) check(seed uint64, d alert.Delivery) {
	l.t.Helper()
	fail := func(what string) { l.t.Fatalf("seed %d, minute %v: %s: %+v", seed, l.minute, what, d) }
	if len(l.in.Route.Muting.At(at(l.minute))) > 0 {
		fail("told while muted")
	}
	acked := true
	for _, id := range d.Content.Firing {
		if !slices.Contains(l.firing(), id) {
			fail("told as firing, which it is not: " + id)
		}
		if l.hush(id) {
			fail("told though suppressed: " + id)
		}
		i := slices.IndexFunc(l.in.View.Alerts, func(a alert.Alert) bool { return a.ID == id })
		acked = acked && l.in.View.Alerts[i].Ack.HoldsAt(at(l.minute))
	}
	if d.Reason == string(ReasonRepeat) && acked {
		fail("repeated though acknowledged")
	}
	last := slices.IndexFunc(l.reversed(), func(h heard) bool { return h.Integration == d.Integration })
	if last < 0 {
		return
	}
	before := l.reversed()[last]
	if d.Reason == string(ReasonRepeat) && l.minute-before.at < l.in.Route.RepeatInterval.Minutes()-1e-6 {
		fail("repeated too soon")
	}
	again := d.Reason == string(ReasonRepeat) || d.Reason == string(ReasonUnsilenced) || d.Reason == string(ReasonUninhibited)
	if !again && len(d.Content.Resolved) == 0 && !slices.ContainsFunc(d.Content.Firing, func(id string) bool { return !slices.Contains(before.Content.Firing, id) }) {
		fail("told again for no reason")
	}
}

func (l *life) reversed() []heard {
	out := slices.Clone(l.heard)
	slices.Reverse(out)
	return out
}

// judge holds all that an integration heard to what happened.
func (l *life) judge(seed uint64, integration string) {
	l.t.Helper()
	fired, recovered := map[string]bool{}, map[string]int{}
	for _, h := range l.heard {
		if h.Integration != integration {
			continue
		}
		for _, id := range h.Content.Firing {
			fired[id] = true
			if recovered[id] > 0 {
				l.t.Fatalf("seed %d: %s fires for %s after its recovery", seed, id, integration)
			}
		}
		for _, id := range h.Content.Resolved {
			recovered[id]++
		}
	}
	for id := range fired {
		if recovered[id] != 1 {
			l.t.Fatalf("seed %d: %s heard of the firing of %s and %d times of its recovery", seed, integration, id, recovered[id])
		}
	}
	for id, times := range recovered {
		if times > 1 {
			l.t.Fatalf("seed %d: %s heard %d times that %s recovered", seed, integration, times, id)
		}
	}
	for key := range l.tellable {
		id, ok := strings.CutPrefix(key, integration+" ")
		if ok && !fired[id] && recovered[id] == 0 {
			l.t.Fatalf("seed %d: %s never heard of %s", seed, integration, id)
		}
	}
}
