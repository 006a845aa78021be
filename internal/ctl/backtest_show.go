package ctl

import (
	"slices"
	"strings"

	"alertd/rules/backtest"
)

// shownRows is how many incidents, or messages, a table lists.
const shownRows = 40

// printBacktest prints what people read.
func (c *cli) printBacktest(variants []*variant, s span) {
	evaluations := 0
	for _, v := range variants {
		for _, r := range v.reports {
			evaluations += r.Evaluations
		}
	}
	c.out.printf("%s to %s (%s), as %s has it: %s\n", c.clock(s.from), c.clock(s.to), spell(s.to.Sub(s.from)),
		neutral(variants[0].watched.Prometheus), count(evaluations, "evaluation"))
	if len(variants) > 1 {
		c.printComparison(variants, s)
	} else {
		c.printVariant(variants[0], s)
	}
	for _, v := range variants {
		c.warnOfRules(v, len(variants) > 1)
	}
}

// printVariant prints the answer where nothing is compared.
func (c *cli) printVariant(v *variant, s span) {
	t := ruleTable([]*variant{v}, s)
	switch broken := slices.ContainsFunc(v.reports, func(r backtest.Report) bool { return r.Failed > 0 }); {
	case len(t.rows) > 0:
		c.section("Rules that fired", t)
	case broken:
		c.out.printf("\nNothing would have fired, as far as the rules could be evaluated.\n")
	default:
		c.out.printf("\nNothing would have fired.\n")
	}
	c.quietRules(v)
	incidents := c.incidentTable(v, s)
	more := incidents.cut(shownRows)
	c.section("Incidents", incidents)
	c.andMore(more)
	if v.watched.Telling == nil {
		return
	}
	if len(v.messages) == 0 {
		c.out.printf("\nNobody would have been told anything.\n")
		return
	}
	c.section("Messages", integrationTable(v.messages))
	messages := c.messageTable(v.messages)
	more = messages.cut(shownRows)
	c.section("When they would have come", messages)
	c.andMore(more)
}

func (c *cli) andMore(n int) {
	if n > 0 {
		c.out.printf("and %d more: -o json has them all\n", n)
	}
}

// cut drops the rows after the first ones and returns how many they were.
func (t *table) cut(rows int) int {
	more := max(0, len(t.rows)-rows)
	t.rows = t.rows[:len(t.rows)-more]
	return more
}

// quietRules tells of the rules that did not fire, and which of them had
// nothing to judge.
func (c *cli) quietRules(v *variant) {
	quiet, pending := 0, 0
	var without []string
	for i := range v.reports {
		r := &v.reports[i]
		if len(r.Incidents) > 0 || r.Failed == r.Evaluations {
			continue
		}
		quiet++
		if r.Ended > 0 {
			pending++
		}
		if r.NoData {
			without = append(without, r.Rule.Name+" ("+groupName(r)+")")
		}
	}
	if quiet == 0 {
		return
	}
	c.out.printf("\n%s never fired.\n", count(quiet, "rule"))
	if pending > 0 {
		c.out.printf("Of them %d had alerts that were pending, but ended before they fired.\n", pending)
	}
	if len(without) > 0 {
		c.out.printf("Of them %d had no data to judge: %s.\n", len(without), neutral(strings.Join(without, ", ")))
	}
}

// warnOfRules tells which rules failed, and how often.
func (c *cli) warnOfRules(v *variant, several bool) {
	for i := range v.reports {
		r := &v.reports[i]
		if r.Err == nil {
			continue
		}
		name := r.Rule.Name
		if several {
			name = v.name + ": " + name
		}
		given := ""
		if !r.GivenUp.IsZero() {
			given = ", given up at " + c.clock(r.GivenUp)
		}
		c.err.printf("%s: %d of %s failed, and changed nothing%s: %s\n", neutral(name), r.Failed, count(r.Evaluations, "evaluation"), given, neutral(r.Err.Error()))
	}
}
