package configlint

import (
	"fmt"
	"slices"
	"strings"

	"alertd/internal/alert"
	"alertd/rules"
)

// selfAlerts are what alertd raises about itself.
func selfAlerts() []string {
	return []string{
		"PrometheusUnreachable", "RuleFailing", "NoData", "ChannelFailing", "QueueTooOld", "QueueTooLong",
		"StorageUnavailable", "StorageLow", "StorageDamaged", "ClockJumped",
	}
}

// unknownAlerts reports matchers on names and severities that no rule's alerts
// have. Others may post alerts, so nothing is said where there are few rules to
// go by: neither rule files nor cron jobs.
func (r *review) unknownAlerts(n *route) {
	if m, values, unknown := r.unknownAlert(n.own); unknown {
		r.at(unknownAlert, n.path, fmt.Sprintf("no rule raises an alert with %s, so only what others post gets here", m),
			"correct it, if alertd's own alerts are meant: "+shown(m.Name, values))
	}
}

// unknownAlert returns the first of the matchers that no rule's alerts pass, and
// the values that they do have.
func (r *review) unknownAlert(ms alert.Matchers) (alert.Matcher, []string, bool) {
	if len(r.config.RuleFiles) == 0 && len(r.config.Cron) == 0 {
		return alert.Matcher{}, nil, false
	}
	for _, m := range ms {
		if m.Name != alert.AlertName && m.Name != "severity" || m.Op != alert.MatchEqual && m.Op != alert.MatchRegexp || m.Matches("") {
			continue
		}
		values, complete := r.values(m.Name)
		if complete && len(values) > 0 && !slices.ContainsFunc(values, m.Matches) {
			return m, values, true
		}
	}
	return alert.Matcher{}, nil, false
}

func shown(name string, values []string) string {
	const most = 8
	if len(values) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(values[:most], ", "), len(values)-most)
	}
	return name + " is " + strings.Join(values, ", ")
}

// values returns the values that a label has on the rules' alerts, and whether
// those are all.
func (r *review) values(label string) (values []string, complete bool) {
	if label == alert.AlertName {
		values = selfAlerts()
	}
	complete = true
	for _, rule := range r.rules() {
		value, known := labelOf(rule, label)
		switch {
		case !known:
			complete = complete && label == alert.AlertName
		case !slices.Contains(values, value):
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return values, complete
}

// rules returns the rules that raise alerts: recording rules do not.
func (r *review) rules() []*rules.Rule {
	var all []*rules.Rule
	for _, g := range r.groups {
		for _, rule := range g.Rules {
			if rule.Record == "" {
				all = append(all, rule)
			}
		}
	}
	return all
}

// labelOf returns the value that a label has on every alert of a rule; known is
// false where it depends on the series.
func labelOf(rule *rules.Rule, name string) (value string, known bool) {
	if name == alert.AlertName {
		return rule.Name, true
	}
	for _, l := range rule.Labels {
		if l.Name == name {
			return l.Text, !strings.Contains(l.Text, "{{")
		}
	}
	return "", false
}

// unrouted reports rules of whose alerts nobody is told, wherever they may get
// to, for want of a channel. Where a route of its own leads to such a receiver
// and says so by its name, that is meant.
func (r *review) unrouted(root *route) {
	lost := map[string][]string{} // names of alerts by the route that they end at
	var order []*route
	for _, rule := range r.rules() {
		ends := possible(root, rule)
		quiet := len(ends) > 0 && !slices.ContainsFunc(ends, func(n *route) bool {
			return !r.tellsNobody(n.receiver) || n != root && meantAsNobody(n.receiver)
		})
		if !quiet || slices.Contains(lost[ends[0].path], rule.Name) {
			continue
		}
		if lost[ends[0].path] == nil {
			order = append(order, ends[0])
		}
		lost[ends[0].path] = append(lost[ends[0].path], rule.Name)
	}
	for _, end := range order {
		names := lost[end.path]
		r.at(unroutedAlert, end.path, fmt.Sprintf("nobody is told of %s: what gets here goes to %s, which has no channel", few(names), end.receiver),
			"add a route that takes them to a receiver with a channel")
	}
}

func few(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more alerts", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// possible returns the routes at which alerts of a rule may end. What a label
// will be that the rule does not set is not known, so both answers count.
func possible(n *route, rule *rules.Rule) []*route {
	var ends []*route
	certain := false // a child takes it, whatever its labels
	for _, child := range n.children {
		may, must := passes(child.own, rule)
		if !may {
			continue
		}
		ends = append(ends, possible(child, rule)...)
		if must && !child.goOn {
			return ends
		}
		certain = certain || must
	}
	if !certain {
		ends = append(ends, n)
	}
	return ends
}

// passes tells whether alerts of a rule may, and whether they must, pass.
func passes(ms alert.Matchers, rule *rules.Rule) (may, must bool) {
	must = true
	for _, m := range ms {
		value, known := labelOf(rule, m.Name)
		switch {
		case !known:
			must = false
		case !m.Matches(value):
			return false, false
		}
	}
	return true, must
}
