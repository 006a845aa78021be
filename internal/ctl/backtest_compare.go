package ctl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
)

// printComparison prints the variants side by side.
func (c *cli) printComparison(variants []*variant, s span) {
	t := ruleTable(variants, s)
	if len(t.rows) == 0 {
		c.out.printf("\nNothing would have fired, either way.\n")
		return
	}
	c.section("Rules that fired", t)
	c.out.printf("\n")
	for _, v := range variants[1:] {
		c.out.printf("%s\n", neutral(difference(variants[0], v)))
	}
	incidents := c.comparedIncidents(variants, s)
	more := incidents.cut(shownRows)
	c.section("Incidents, side by side", incidents)
	c.andMore(more)
}

// difference tells in a sentence how a variant differs from the first.
func difference(base, other *variant) string {
	was, is := totals(base), totals(other)
	parts := []string{
		more(is.incidents-was.incidents, "incident"),
		longer(is.firing - was.firing),
	}
	if other.watched.Telling != nil {
		parts = append(parts, more(len(other.messages)-len(base.messages), "message"))
	}
	return fmt.Sprintf("%s, against %s: %s.", other.name, base.name, strings.Join(parts, ", "))
}

type total struct {
	incidents int
	firing    time.Duration
}

func totals(v *variant) (t total) {
	for i := range v.reports {
		t.incidents += len(v.reports[i].Incidents)
		t.firing += v.reports[i].FiringFor()
	}
	return t
}

// more tells of a difference in number: 3 fewer incidents.
func more(n int, thing string) string {
	switch {
	case n > 0:
		return count(n, "more "+thing)
	case n < 0:
		return count(-n, "fewer "+thing)
	default:
		return "as many " + thing + "s"
	}
}

func longer(d time.Duration) string {
	switch {
	case d > 0:
		return "firing " + spell(d) + " longer"
	case d < 0:
		return "firing " + spell(d) + " less"
	default:
		return "firing as long"
	}
}

// meeting is incidents of several variants that overlap: the same trouble.
type meeting struct {
	rule      string
	labels    alert.Labels
	from, to  time.Time
	incidents [][]incident // by variant
}

// meet brings together the incidents of the variants that overlap and are of
// the same rule and labels.
func meet(variants []*variant, s span) []*meeting {
	type ours struct {
		incident
		variant int
	}
	var all []ours
	for n, v := range variants {
		for _, i := range incidentsOf(v) {
			all = append(all, ours{i, n})
		}
	}
	slices.SortStableFunc(all, func(a, b ours) int { return a.FiredAt.Compare(b.FiredAt) })
	var out []*meeting
	open := map[alert.Fingerprint]*meeting{}
	for _, o := range all {
		end := o.ResolvedAt
		if end.IsZero() {
			end = s.to
		}
		fp := o.Labels.Fingerprint()
		m := open[fp]
		if m == nil || o.FiredAt.After(m.to) {
			m = &meeting{rule: o.rule.Rule.Name, labels: o.Labels, from: o.FiredAt, to: end, incidents: make([][]incident, len(variants))}
			open[fp] = m
			out = append(out, m)
		}
		if end.After(m.to) {
			m.to = end
		}
		m.incidents[o.variant] = append(m.incidents[o.variant], o.incident)
	}
	slices.SortStableFunc(out, func(a, b *meeting) int {
		return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.rule, b.rule), a.labels.Compare(b.labels))
	})
	return out
}

// comparedIncidents lists the incidents with a column for each variant.
func (c *cli) comparedIncidents(variants []*variant, s span) *table {
	t := &table{header: []string{"FIRED", "RULE"}}
	for _, v := range variants {
		t.header = append(t.header, v.name)
	}
	t.header = append(t.header, "LABELS")
	for _, m := range meet(variants, s) {
		row := []cell{text(c.clock(m.from)), {m.rule, bold}}
		for _, all := range m.incidents {
			row = append(row, sideCell(all, s))
		}
		t.add(append(row, text(typedLabels(m.labels.Without(alert.AlertName))))...)
	}
	return t
}

// sideCell tells how long a variant's incidents of a meeting fired.
func sideCell(all []incident, s span) cell {
	var fired time.Duration
	still := ""
	for _, i := range all {
		fired += i.Duration(s.to)
		if i.ResolvedAt.IsZero() {
			still = "> "
		}
	}
	switch len(all) {
	case 0:
		return cell{"-", faint}
	case 1:
		return text(still + spell(fired))
	default:
		return text(fmt.Sprintf("%s%s in %d", still, spell(fired), len(all)))
	}
}
