package history

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Story tells, in order of time, everything that the history has on one
// incident, with the times when alertd was away.
func Story(h *History, incident string) string {
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	add := func(at time.Time, format string, args ...any) {
		lines = append(lines, line{at, fmt.Sprintf(format, args...)})
	}
	for _, inc := range h.Incidents {
		if inc.ID == incident && !inc.Promised.IsZero() {
			add(inc.Promised, "alertd is known to have it (ended at last: %v)", inc.Ended)
		}
	}
	for _, m := range h.Messages {
		answer := "answered"
		if !m.Answered {
			answer = "not answered as it should be"
		}
		for word, ids := range map[string][]string{"firing": m.Firing, "ended": m.Resolved} {
			if slices.Contains(ids, incident) {
				add(m.At, "%s hears that it is %s; %s (group %s, delivery %s)", m.Receiver, word, answer, m.Group, m.Delivery)
			}
		}
	}
	shown := ""
	for _, s := range h.Seen {
		state := "ended"
		if s.Firing {
			state = "firing"
		}
		if s.Incident == incident && state != shown {
			shown = state
			add(s.At, "the API shows it as %s", state)
		}
	}
	if len(lines) == 0 {
		return incident + ": nothing was heard or seen of it\n"
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	from, until := lines[0].at.Add(-time.Second), lines[len(lines)-1].at.Add(time.Second)
	for _, d := range h.Downs {
		if d.Until.Before(from) || d.From.After(until) {
			continue
		}
		how := "is stopped"
		if d.Killed {
			how = "is killed"
		}
		add(d.From, "alertd %s", how)
		add(d.Until, "alertd is started")
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", incident)
	for _, l := range lines {
		fmt.Fprintf(&b, "  %s  %s\n", clock(l.at), l.text)
	}
	return b.String()
}
