package notifytest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/rehearsal"
	"alertd/rules/ruletest"
)

// message is what a receiver was told at one moment. Its integrations that were
// told the same are one.
type message struct {
	at               time.Duration // since the test's beginning
	receiver, reason string
	firing, resolved []alert.Labels
}

func merged(all []rehearsal.Notification, start time.Time) []message {
	var out []message
	for _, n := range all {
		m := message{at: n.At.Sub(start), receiver: n.Receiver, reason: string(n.Reason), firing: labelSets(n.Firing), resolved: labelSets(n.Resolved)}
		if !slices.ContainsFunc(out, m.equal) {
			out = append(out, m)
		}
	}
	return out
}

func labelSets(alerts []alert.Alert) []alert.Labels {
	out := make([]alert.Labels, len(alerts))
	for i := range alerts {
		out[i] = alerts[i].Labels
	}
	slices.SortFunc(out, alert.Labels.Compare)
	return out
}

func (m message) equal(o message) bool {
	same := func(a, b []alert.Labels) bool { return slices.EqualFunc(a, b, alert.Labels.Equal) }
	return m.at == o.at && m.receiver == o.receiver && m.reason == o.reason && same(m.firing, o.firing) && same(m.resolved, o.resolved)
}

// meets tells whether the message is what is expected.
func (m message) meets(e expectation) bool {
	return m.at == time.Duration(e.At) && m.receiver == e.Receiver && (e.Reason == "" || m.reason == e.Reason) &&
		pairs(e.Firing, m.firing) && pairs(e.Resolved, m.resolved)
}

// pairs tells whether each wanted label set can have an alert of its own that
// has these labels, with none left over. Who could take an alert that is taken
// makes its holder look for another (the augmenting paths of bipartite
// matching), so the order of both lists does not matter.
func pairs(want []map[string]string, got []alert.Labels) bool {
	if len(want) != len(got) {
		return false
	}
	holder := make([]int, len(got))
	for i := range holder {
		holder[i] = -1
	}
	var place func(w int, tried []bool) bool
	place = func(w int, tried []bool) bool {
		for g := range got {
			if tried[g] || !has(got[g], want[w]) {
				continue
			}
			tried[g] = true
			if holder[g] < 0 || place(holder[g], tried) {
				holder[g] = w
				return true
			}
		}
		return false
	}
	for w := range want {
		if !place(w, make([]bool, len(got))) {
			return false
		}
	}
	return true
}

func has(ls alert.Labels, want map[string]string) bool {
	for name, value := range want {
		if ls.Get(name) != value {
			return false
		}
	}
	return true
}

// entry is a message, expected, got or both, in words.
type entry struct {
	at       time.Duration
	receiver string
	sign     string
	lines    []string
}

// compare returns how what was told differs from what is expected, nil if not
// at all.
func compare(expected []expectation, got []message) *ruletest.Failure {
	var entries []entry
	different := false
	left := slices.Clone(got)
	for _, e := range expected {
		i := slices.IndexFunc(left, func(m message) bool { return m.meets(e) })
		if i < 0 {
			different = true
			entries = append(entries, e.entry("- "))
			continue
		}
		entries = append(entries, left[i].entry("  "))
		left = slices.Delete(left, i, i+1)
	}
	for _, m := range left {
		different = true
		entries = append(entries, m.entry("+ "))
	}
	if !different {
		return nil
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.receiver, b.receiver))
	})
	f := &ruletest.Failure{About: "notifications", Problem: fmt.Sprintf("%d expected, %d got", len(expected), len(got))}
	for _, e := range entries {
		for _, line := range e.lines {
			f.Diff = append(f.Diff, e.sign+line)
		}
	}
	return f
}

func (m message) entry(sign string) entry {
	return newEntry(sign, m.at, m.receiver, m.reason, m.firing, m.resolved)
}

func (e expectation) entry(sign string) entry {
	sets := func(all []map[string]string) []alert.Labels {
		out := make([]alert.Labels, len(all))
		for i, m := range all {
			out[i] = alert.LabelsFromMap(m)
		}
		return out
	}
	return newEntry(sign, time.Duration(e.At), e.Receiver, e.Reason, sets(e.Firing), sets(e.Resolved))
}

func newEntry(sign string, at time.Duration, receiver, reason string, firing, resolved []alert.Labels) entry {
	out := entry{at: at, receiver: receiver, sign: sign, lines: []string{fmt.Sprintf("%s %s", model.Duration(at), receiver)}}
	if reason != "" {
		out.lines[0] += ": " + reason
	}
	for _, ls := range firing {
		out.lines = append(out.lines, "    firing "+ls.String())
	}
	for _, ls := range resolved {
		out.lines = append(out.lines, "    resolved "+ls.String())
	}
	return out
}
