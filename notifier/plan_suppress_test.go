package notifier

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"

	"alertd/internal/alert"
	"alertd/internal/mutetime"
)

// inhibit lets some alert begin (or cease) to inhibit one of the group's.
func (w *world) inhibit(minute float64, id string, by ...alert.Fingerprint) {
	if w.in.View.Inhibited == nil {
		w.in.View.Inhibited = map[string][]alert.Fingerprint{}
	}
	if w.in.View.Inhibited[id] = by; len(by) == 0 {
		delete(w.in.View.Inhibited, id)
	}
	w.due(minute)
}

// mute mutes the group's route daily between two times of day.
func (w *world) mute(from, until string) {
	w.t.Helper()
	minutes := func(text string) int {
		var hour, minute int
		if _, err := fmt.Sscanf(text, "%d:%d", &hour, &minute); err != nil {
			w.t.Fatal(err)
		}
		return hour*60 + minute
	}
	all := mutetime.Intervals{"lunch": {{Times: []timeinterval.TimeRange{{StartMinute: minutes(from), EndMinute: minutes(until)}}}}}
	var err error
	if w.in.Route.Muting, err = all.Schedule([]string{"lunch"}, nil); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) ack(minute float64, id, by string, until float64) {
	for i := range w.in.View.Alerts {
		if a := &w.in.View.Alerts[i]; a.ID == id {
			a.Ack = &alert.Ack{AlertID: id, By: by, At: at(minute)}
			if until > 0 {
				a.Ack.Until = at(until)
			}
		}
	}
	w.due(minute)
}

// Time 0 is 12:00.
func TestPlanMute(t *testing.T) {
	t.Run("withholds all until its very end, and then tells the truth", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.mute("12:10", "13:00")
		w.fire(0, "told")
		w.run(1)
		w.fire(15, "new")
		w.run(16)
		w.resolve(20, "told")
		w.run(21)
		if d := w.trace[0]; d.Reason != ReasonMuted || d.Detail != "lunch" || !d.Until.Equal(at(60)) {
			t.Errorf("decided %+v", d)
		}
		w.run(100)
		w.expect("0 slack first notification +told", "60 slack new alerts added +new -told")
	})
	t.Run("tells nothing of what it hid from beginning to end", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.mute("12:10", "13:00")
		w.fire(20, "A")
		w.run(21)
		w.resolve(30, "A")
		w.run(100)
		w.expect()
		if !w.gone {
			t.Error("the group is still kept")
		}
	})
	t.Run("tells what began before it though nobody could be told, and ended in it", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.mute("12:10", "13:00")
		w.down["slack"] = true
		w.fire(5, "A")
		w.run(9)
		w.down["slack"] = false
		w.resolve(20, "A")
		w.in.View.Open[0].NextAttemptAt = at(30) // what was due then must not be sent
		w.run(100)
		w.expect("60 slack all alerts resolved -A")
	})
	t.Run("withdraws what could not be delivered by its beginning", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.mute("12:10", "13:00")
		w.down["slack"] = true
		w.fire(9, "A")
		w.run(9.5)
		w.down["slack"] = false
		w.in.View.Open[0].NextAttemptAt = at(10.5)
		w.run(30)
		if len(w.in.View.Open) > 0 {
			t.Error("the delivery is still open")
		}
		w.run(100)
		w.expect("60 slack first notification +A")
	})
	t.Run("waits for the group as ever when it begins within the wait", func(t *testing.T) {
		w := newWorld(t, classic(), "slack")
		w.mute("12:10", "13:00")
		w.fire(9.75, "A") // group_wait is over within the mute
		w.run(100)
		w.expect("60 slack first notification +A")
	})
	t.Run("and when it ends within the wait", func(t *testing.T) {
		w := newWorld(t, classic(), "slack")
		w.mute("12:10", "13:00")
		w.fire(59.75, "A")
		w.run(100)
		w.expect("60.25 slack first notification +A")
	})
	t.Run("puts off repetitions", func(t *testing.T) {
		w := newWorld(t, RouteOptions{RepeatInterval: 20 * time.Minute}, "slack")
		w.mute("12:10", "13:00")
		w.fire(0, "A")
		w.run(90)
		w.expect("0 slack first notification +A", "60 slack repeat interval elapsed +A", "80 slack repeat interval elapsed +A")
	})
	t.Run("does not hold a retired route", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.mute("12:10", "13:00")
		w.fire(0, "A")
		w.run(1)
		w.in.Route = nil
		w.resolve(20, "A")
		w.run(30)
		w.expect("0 slack first notification +A", "20 slack all alerts resolved -A")
	})
}

func TestPlanInhibited(t *testing.T) {
	t.Run("is not told until that ends", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.inhibit(0, "A", 7)
		w.fire(0, "A")
		w.run(10)
		if d := w.trace[0]; d.Reason != ReasonInhibited {
			t.Errorf("decided %+v", d)
		}
		w.inhibit(20, "A")
		w.run(100)
		w.expect("20 slack first notification +A")
	})
	t.Run("is told of again when it still fires afterwards", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack", "mail")
		w.fire(0, "A")
		w.run(1)
		w.inhibit(5, "A", 7)
		w.run(6)
		w.down["mail"] = true
		w.inhibit(20, "A")
		w.run(22.5)
		w.due(22.5)
		w.run(23)
		w.down["mail"] = false
		w.run(100)
		w.expect(
			"0 slack first notification +A", "0 mail first notification +A",
			"20 slack still firing after what inhibited it ended +A", "24 mail still firing after what inhibited it ended +A",
		)
		if len(w.in.View.Suppressed) > 0 {
			t.Errorf("still recorded: %+v", w.in.View.Suppressed)
		}
	})
	t.Run("is not told where it ends within group_wait of what inhibited it", func(t *testing.T) {
		w := newWorld(t, classic(), "slack")
		w.inhibit(0, "A", 7)
		w.fire(0, "A")
		w.run(19)
		w.inhibit(20, "A")
		w.run(20.2)
		w.due(20.2)
		w.run(20.3)
		w.resolve(20.4, "A")
		w.run(100)
		w.expect()
	})
	t.Run("is told group_wait after what inhibited it", func(t *testing.T) {
		w := newWorld(t, classic(), "slack")
		w.inhibit(0, "A", 7)
		w.fire(0, "A")
		w.run(19)
		w.inhibit(20, "A")
		w.run(20.2)
		w.due(20.2)
		w.run(100)
		w.expect("20.5 slack first notification +A")
	})
	t.Run("not more often than group_interval", func(t *testing.T) {
		w := newWorld(t, classic(), "slack")
		w.fire(0, "A")
		w.run(1)
		for minute := 1.0; minute < 10; minute++ { // what inhibits it comes and goes
			w.inhibit(minute, "A", 7)
			w.run(minute + 0.2)
			w.inhibit(minute+0.5, "A")
			w.run(minute + 0.9)
		}
		w.run(100)
		w.expect(
			"0.5 slack first notification +A", "5.5 slack still firing after what inhibited it ended +A",
			"10.5 slack still firing after what inhibited it ended +A",
		)
	})
	t.Run("never loses a recovery whose firing was told", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.fire(0, "A")
		w.run(1)
		w.inhibit(5, "A", 7)
		w.run(6)
		w.resolve(10, "A")
		w.run(100)
		w.expect("0 slack first notification +A", "10 slack all alerts resolved -A")
	})
	t.Run("tells no recovery of what it hid, ended together with what inhibited it", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.inhibit(0, "A", 7)
		w.fire(0, "A")
		w.run(1)
		w.resolve(30, "A")
		w.inhibit(30, "A")
		w.run(100)
		w.expect()
		if !w.gone {
			t.Error("the group is still kept")
		}
	})
	t.Run("is held while it is silenced as well", func(t *testing.T) {
		w := newWorld(t, prompt(), "slack")
		w.inhibit(0, "A", 7)
		w.silence(0, 30, "A")
		w.fire(0, "A")
		w.run(10)
		if d := w.trace[0]; d.Reason != ReasonSilenced {
			t.Errorf("decided %+v", d)
		}
		w.inhibit(20, "A")
		w.run(100)
		w.expect("30 slack first notification +A")
	})
}

func TestPlanAcknowledged(t *testing.T) {
	often := RouteOptions{RepeatInterval: 10 * time.Minute}
	t.Run("is not repeated until that ends", func(t *testing.T) {
		w := newWorld(t, often, "slack")
		w.fire(0, "A")
		w.run(1)
		w.ack(5, "A", "ann", 35)
		w.run(6)
		if d := w.trace[0]; d.Reason != ReasonAcknowledged || d.Detail != "ann" || !d.Until.Equal(at(35)) {
			t.Errorf("decided %+v", d)
		}
		w.run(50)
		w.expect("0 slack first notification +A", "35 slack repeat interval elapsed +A", "45 slack repeat interval elapsed +A")
	})
	t.Run("without an end, until the incident's", func(t *testing.T) {
		w := newWorld(t, often, "slack")
		w.fire(0, "A")
		w.run(1)
		w.ack(5, "A", "ann", 0)
		w.run(500)
		w.resolve(500, "A")
		w.run(1000)
		w.expect("0 slack first notification +A", "500 slack all alerts resolved -A")
	})
	t.Run("one that nobody acknowledged is told, and all are repeated", func(t *testing.T) {
		w := newWorld(t, often, "slack")
		w.fire(0, "A")
		w.run(1)
		w.ack(2, "A", "ann", 0)
		w.run(15)
		w.fire(15, "B")
		w.run(26)
		w.ack(26, "B", "bob", 0)
		w.run(100)
		w.expect("0 slack first notification +A", "15 slack new alerts added +A +B", "25 slack repeat interval elapsed +A +B")
		if d := w.trace[0]; d.Detail != "ann, bob" {
			t.Errorf("decided %+v", d)
		}
	})
	t.Run("only those that would be told count", func(t *testing.T) {
		w := newWorld(t, often, "slack")
		w.silence(0, 1000, "B")
		w.fire(0, "A")
		w.fire(0, "B")
		w.run(1)
		w.ack(2, "A", "ann", 0)
		w.run(100)
		w.expect("0 slack first notification +A")
	})
	t.Run("does not keep the first message back", func(t *testing.T) {
		w := newWorld(t, classic(), "slack")
		w.fire(0, "A")
		w.ack(0.1, "A", "ann", 0)
		w.run(100)
		w.expect("0.5 slack first notification +A")
	})
	t.Run("a silence that ended is told", func(t *testing.T) {
		w := newWorld(t, often, "slack")
		w.fire(0, "A")
		w.run(1)
		w.ack(2, "A", "ann", 0)
		w.silence(3, 30, "A")
		w.run(100)
		w.expect("0 slack first notification +A", "30 slack still firing after a silence ended +A")
	})
}

func (w *world) history() (lines []string) {
	for _, e := range w.news {
		detail := strings.ReplaceAll(e.Detail, "2026-03-01T", "")
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%v %s %s%s: %s", e.At.Sub(at(0)).Minutes(), e.Kind, e.AlertID, e.Integration, detail)))
	}
	return lines
}

// The history has each decision once, however often the group is planned.
func TestPlanRecordsNews(t *testing.T) {
	w := newWorld(t, classic(), "slack")
	w.in.View.RouteID = "{}/{team=\"data\"}"
	w.mute("12:10", "12:20")
	w.fire(0, "A")
	for minute := 0.0; minute < 40; minute += 0.25 {
		switch minute {
		case 2:
			w.silence(2, 6, "A")
		case 8:
			w.inhibit(8, "A", 0xab, 0xcd)
		case 9:
			w.inhibit(9, "A")
		case 12:
			w.fire(12, "B")
		case 22:
			w.ack(22, "A", "ann", 30)
			w.ack(22, "B", "ann", 0)
		}
		w.due(minute)
		w.run(minute)
	}
	want := []string{
		`0 decided slack: waiting for the group until 12:00:30Z, by the route {}/{team="data"} to team`,
		`0.5 decided slack: first notification`,
		`0.5 decided slack: already told; repeated at 16:00:30Z`,
		`2 suppressed A: silenced by A until 12:06:00Z`,
		`2 decided slack: silenced until 12:06:00Z`,
		`6 audible again A: was silenced by A until 12:06:00Z`,
		`6 decided slack: still firing after a silence ended`,
		`6 decided slack: already told; repeated at 16:06:00Z`,
		`8 suppressed A: inhibited by 00000000000000ab, 00000000000000cd`,
		`8 decided slack: inhibited`,
		`9 audible again A: was inhibited by 00000000000000ab, 00000000000000cd`,
		`9 decided slack: waiting for the group until 12:10:30Z`,
		`10 decided slack: muted by lunch until 12:20:00Z`,
		`20 decided slack: new alerts added`,
		`20 decided slack: already told; repeated at 16:20:00Z`,
		`22 decided slack: acknowledged by ann until 12:30:00Z`,
		`30 decided slack: already told; repeated at 16:20:00Z`,
	}
	if got := w.history(); !slices.Equal(got, want) {
		t.Errorf("history\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	for _, e := range w.news {
		if e.Group != "g" {
			t.Errorf("no group on %+v", e)
		}
	}
}

// One silence over many alerts costs a line for each, and nothing that is not
// suppressed costs any.
func TestPlanRecordsOnlyWhatIsSuppressed(t *testing.T) {
	w := newWorld(t, prompt(), "slack")
	for i := range 1000 {
		w.fire(0, fmt.Sprint(i))
	}
	w.run(1)
	if len(w.in.View.Suppressed) > 0 || len(w.news) > 3 {
		t.Errorf("%d suppressed, %d lines of history", len(w.in.View.Suppressed), len(w.news))
	}
}
