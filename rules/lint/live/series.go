package live

import (
	"fmt"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"alertd/rules/lint"
)

// week is how far back a series is looked for.
const week = "[1w]"

// series: what the rule selects is there.
func (c *ruleCheck) series() error {
	for _, s := range c.rule.Selections() {
		if s.Optional || metricOf(s.Selector) == "" || isAlerts(s.Selector) {
			continue
		}
		if err := c.selection(s); err != nil {
			return err
		}
	}
	return nil
}

func (c *ruleCheck) selection(s lint.Selection) error {
	for _, there := range []string{plain(s.Selector), "last_over_time(" + plain(s.Selector) + week + ")"} {
		if ok, err := c.exists(there); ok || err != nil {
			if err == nil && there != plain(s.Selector) {
				c.report(seriesGone, s.Where, fmt.Sprintf("%s was there within the last week, and is not now", written(s.Selector)), "look whether what gives it still runs")
			}
			return err
		}
	}
	name := metricOf(s.Selector)
	if ok, err := c.exists(fmt.Sprintf("last_over_time(%s%s)", selectorText(name), week)); err != nil {
		return err
	} else if !ok {
		c.report(seriesMissing, s.Where, fmt.Sprintf("Prometheus has no series %s, and had none in the last week, so the rule never finds anything", name),
			"correct the name, or scrape what gives it")
		return nil
	}
	for _, m := range s.Selector.LabelMatchers {
		if m.Name == model.MetricNameLabel || m.Matches("") {
			continue
		}
		if told, err := c.matcher(s, name, m); told || err != nil {
			return err
		}
	}
	c.report(matchesNothing, s.Where, fmt.Sprintf("%s is there, but no series of it passes all of these matchers", name), "correct them, unless such series are still to come")
	return nil
}

// matcher tells of a matcher that no series passes by itself.
func (c *ruleCheck) matcher(s lint.Selection, name string, m *labels.Matcher) (told bool, err error) {
	past := func(matcher string) string {
		return fmt.Sprintf("last_over_time(%s%s)", selectorText(name, matcher), week)
	}
	if ok, err := c.exists(past(m.String())); ok || err != nil {
		return false, err
	}
	present, err := labels.NewMatcher(labels.MatchNotEqual, m.Name, "")
	if err != nil {
		return false, fmt.Errorf("asking for the label %s: %w", m.Name, err)
	}
	if ok, err := c.exists(past(present.String())); err != nil {
		return false, err
	} else if !ok {
		c.report(labelMissing, s.Where, fmt.Sprintf("no series of %s has the label %s, so %s matches nothing", name, m.Name, m), "correct the label's name, or leave it out")
		return true, nil
	}
	c.report(matchesNothing, s.Where, fmt.Sprintf("no series of %s passes %s, now or in the last week", name, m), "correct the value, unless such series are still to come")
	return true, nil
}

// labels: what the rule groups by or shows is on at least one of the series.
func (c *ruleCheck) labels() error {
	for _, use := range c.rule.LabelUses() {
		known, have := false, false
		for _, v := range use.From {
			if metricOf(v) == "" || isAlerts(v) {
				have = true // who knows
				break
			}
			there, err := c.exists(plain(v))
			if err != nil {
				return err
			}
			if !there {
				continue
			}
			known = true
			with, err := labels.NewMatcher(labels.MatchNotEqual, use.Label, "")
			if err != nil {
				return fmt.Errorf("asking for the label %s: %w", use.Label, err)
			}
			if have, err = c.exists(selectorText("", append(matcherTexts(v), with.String())...)); err != nil {
				return err
			}
			if have {
				break
			}
		}
		if known && !have {
			c.report(labelMissing, use.Where, fmt.Sprintf("%s: no series of %s has the label %s", use.What, metricOf(use.From[0]), use.Label), "correct the label's name, or leave it out")
		}
	}
	return nil
}

// metricOf returns the name that a selector asks for; "" where it is no one name.
func metricOf(v *parser.VectorSelector) string {
	for _, m := range v.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

func isAlerts(v *parser.VectorSelector) bool {
	name := metricOf(v)
	return name == "ALERTS" || name == "ALERTS_FOR_STATE"
}

// plain is the selector without its offset and time.
func plain(v *parser.VectorSelector) string { return selectorText("", matcherTexts(v)...) }

// written is plain as people write it, with the metric's name in front.
func written(v *parser.VectorSelector) string {
	bare := parser.VectorSelector{Name: v.Name, LabelMatchers: v.LabelMatchers}
	return bare.String()
}

func matcherTexts(v *parser.VectorSelector) []string {
	var all []string
	for _, m := range v.LabelMatchers {
		all = append(all, m.String())
	}
	return all
}

func selectorText(name string, matchers ...string) string {
	if name != "" {
		matchers = append([]string{fmt.Sprintf("__name__=%q", name)}, matchers...)
	}
	return "{" + strings.Join(matchers, ",") + "}"
}
