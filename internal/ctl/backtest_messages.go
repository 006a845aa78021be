package ctl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
	"alertd/internal/rehearsal"
)

// message is a message that an integration would have got.
type message = rehearsal.Notification

// rehearse leads what a variant's rules would have raised through its routes.
func rehearse(v *variant, s span) ([]message, error) {
	r, err := rehearsal.New(*v.watched.Telling)
	if err != nil {
		return nil, failed(ExitNo, "cannot tell which messages would have been sent", err)
	}
	var changes []alert.Alert
	for i := range v.reports {
		changes = append(changes, v.reports[i].Changes...)
	}
	slices.SortStableFunc(changes, func(a, b alert.Alert) int { return a.UpdatedAt.Compare(b.UpdatedAt) })
	for len(changes) > 0 {
		at := changes[0].UpdatedAt
		n := slices.IndexFunc(changes, func(a alert.Alert) bool { return !a.UpdatedAt.Equal(at) })
		if n < 0 {
			n = len(changes)
		}
		r.Evaluated(at, changes[:n], nil)
		changes = changes[n:]
	}
	return r.Until(s.to), nil
}

// messagesAbout returns how many messages tell of alerts of the rule.
func messagesAbout(all []message, ruleID string) int {
	n := 0
	of := func(a alert.Alert) bool { return a.RuleID == ruleID }
	for _, m := range all {
		if slices.ContainsFunc(m.Firing, of) || slices.ContainsFunc(m.Resolved, of) {
			n++
		}
	}
	return n
}

// integrationTable tells how often each integration would have been told.
func integrationTable(all []message) *table {
	type tally struct {
		name  string
		times []time.Time
	}
	var tallies []*tally
	for _, m := range all {
		i := slices.IndexFunc(tallies, func(t *tally) bool { return t.name == m.Integration })
		if i < 0 {
			i = len(tallies)
			tallies = append(tallies, &tally{name: m.Integration})
		}
		tallies[i].times = append(tallies[i].times, m.At)
	}
	slices.SortFunc(tallies, func(a, b *tally) int { return cmp.Compare(a.name, b.name) })
	t := &table{header: []string{"INTEGRATION", "MESSAGES", "MOST IN AN HOUR"}}
	for _, x := range tallies {
		t.add(cell{x.name, bold}, text(fmt.Sprint(len(x.times))), text(fmt.Sprint(mostWithin(x.times, time.Hour))))
	}
	return t
}

// mostWithin returns how many of the moments, which are in order, are within
// one window at most.
func mostWithin(times []time.Time, window time.Duration) int {
	most, first := 0, 0
	for i, t := range times {
		for t.Sub(times[first]) >= window {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// messageTable lists messages.
func (c *cli) messageTable(all []message) *table {
	t := &table{header: []string{"AT", "INTEGRATION", "FIRING", "RESOLVED", "ALERTS", "REASON"}}
	for _, m := range all {
		var about []string
		for _, a := range slices.Concat(m.Firing, m.Resolved) {
			if !slices.Contains(about, a.Name()) {
				about = append(about, a.Name())
			}
		}
		firing, resolved := cell{fmt.Sprint(len(m.Firing)), red}, cell{fmt.Sprint(len(m.Resolved)), green}
		if len(m.Firing) == 0 {
			firing = text("-")
		}
		if len(m.Resolved) == 0 {
			resolved = text("-")
		}
		t.add(text(c.clock(m.At)), text(m.Integration), firing, resolved, text(strings.Join(about, ", ")), text(string(m.Reason)))
	}
	return t
}

// clock writes a moment of the past in the zone that all moments are told in.
func (c *cli) clock(at time.Time) string {
	return at.In(c.Now().Location()).Format("Mon 2006-01-02 15:04:05")
}
