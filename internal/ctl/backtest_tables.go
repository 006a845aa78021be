package ctl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
	"alertd/internal/chart"
	"alertd/rules/backtest"
)

// ruleTable lists the rules of which one of the variants fired, each variant
// in a row.
func ruleTable(variants []*variant, s span) *table {
	t := &table{header: []string{"RULE", "GROUP"}}
	if len(variants) > 1 {
		t.header = append(t.header, "VARIANT")
	}
	t.header = append(t.header, "INCIDENTS", "FIRING", "LONGEST", "OF THE TIME")
	told := slices.ContainsFunc(variants, func(v *variant) bool { return v.watched.Telling != nil })
	if told {
		t.header = append(t.header, "MESSAGES")
	}
	for _, pair := range pairs(variants) {
		if !slices.ContainsFunc(pair, func(r *backtest.Report) bool { return r != nil && len(r.Incidents) > 0 }) {
			continue
		}
		shown := false
		for i, r := range pair {
			if r == nil {
				continue
			}
			name, group := cell{r.Rule.Name, bold}, text(groupName(r))
			if shown {
				name, group = text(""), text("")
			}
			shown = true
			row := []cell{name, group}
			if len(variants) > 1 {
				row = append(row, text(variants[i].name))
			}
			row = append(row, text(fmt.Sprint(len(r.Incidents))), text(spell(r.FiringFor())), text(spell(longest(r, s))), text(share(r)))
			if told {
				row = append(row, text(fmt.Sprint(messagesAbout(variants[i].messages, r.Rule.ID))))
			}
			t.add(row...)
		}
	}
	return t
}

// pairs returns the reports of each rule, by variant; nil where a variant does
// not have the rule. Rules are the same by name and group, in their order.
func pairs(variants []*variant) [][]*backtest.Report {
	var all [][]*backtest.Report
	index := map[string]int{}
	for n, v := range variants {
		seen := map[string]int{}
		for i := range v.reports {
			r := &v.reports[i]
			key := r.Rule.Name + "\xff" + groupName(r)
			seen[key]++ // rules alike are told apart by their order
			key = fmt.Sprintf("%s\xff%d", key, seen[key])
			at, known := index[key]
			if !known {
				at = len(all)
				index[key] = at
				all = append(all, make([]*backtest.Report, len(variants)))
			}
			all[at][n] = r
		}
	}
	return all
}

// groupName names a rule's group, without the file that it is in; of a cron
// job's rule also the job.
func groupName(r *backtest.Report) string {
	group := r.Group[strings.LastIndexByte(r.Group, ';')+1:]
	if job := r.Rule.Job; job != "" {
		group += "/" + job
	}
	return group
}

func longest(r *backtest.Report, s span) time.Duration {
	var most time.Duration
	for i := range r.Incidents {
		most = max(most, r.Incidents[i].Duration(s.to))
	}
	return most
}

func share(r *backtest.Report) string {
	percent := 100 * float64(r.Firing) / float64(max(r.Evaluations, 1))
	if percent > 0 && percent < 0.1 {
		return "< 0.1 %"
	}
	return fmt.Sprintf("%.1f %%", percent)
}

// incidentTable lists the incidents in order of time.
func (c *cli) incidentTable(v *variant, s span) *table {
	t := &table{header: []string{"FIRED", "LASTED", "RULE", "PEAK", "ENDED", "LABELS"}}
	for _, i := range incidentsOf(v) {
		t.add(text(c.firedAt(i)), lasted(i, s), cell{i.rule.Rule.Name, bold},
			text(c.reading(i.Peak, i.rule.Rule.Unit)), text(c.ended(i)), text(typedLabels(i.Labels.Without(alert.AlertName))))
	}
	return t
}

// incident is one with the report that it belongs to.
type incident struct {
	*backtest.Incident
	rule *backtest.Report
}

func incidentsOf(v *variant) []incident {
	var all []incident
	for i := range v.reports {
		for k := range v.reports[i].Incidents {
			all = append(all, incident{&v.reports[i].Incidents[k], &v.reports[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b incident) int { return cmp.Or(a.FiredAt.Compare(b.FiredAt), a.Labels.Compare(b.Labels)) })
	return all
}

func (c *cli) firedAt(i incident) string {
	if i.Began {
		return c.clock(i.FiredAt) + " or earlier"
	}
	return c.clock(i.FiredAt)
}

func lasted(i incident, s span) cell {
	if i.ResolvedAt.IsZero() {
		return cell{"> " + spell(i.Duration(s.to)), red}
	}
	return text(spell(i.Duration(s.to)))
}

// reading is a value for people; nothing where it only says that it is so.
func (c *cli) reading(v float64, unit string) string {
	switch {
	case unit == alert.Presence:
		return ""
	case unit == "timestamp" && v > 0:
		return c.clock(time.Unix(int64(v), 0))
	default:
		return chart.Reading(v, unit)
	}
}

// ended tells how the incident ended, and of one that flapped how often it fired.
func (c *cli) ended(i incident) string {
	if i.Flaps > 0 {
		return fmt.Sprintf("%s, fired %d times", c.outcome(i), i.Flaps)
	}
	return c.outcome(i)
}

func (c *cli) outcome(i incident) string {
	switch {
	case i.ResolvedAt.IsZero() && i.Missing:
		return "still firing, without data"
	case i.ResolvedAt.IsZero():
		return "still firing"
	case i.Resolution == alert.NoData:
		return "no data"
	case i.Recovered != nil && i.rule.Rule.Unit != alert.Presence:
		return "at " + c.reading(*i.Recovered, i.rule.Rule.Unit)
	default:
		return "recovered"
	}
}
