package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/rules/lint"
)

// The bounds of what one evaluation of a rule should take of Prometheus, which
// it does every few seconds.
const (
	maxSamples = 1_000_000
	maxTook    = time.Second
)

func (c *ruleCheck) cost() error {
	const mend = "select less, shorten the ranges, or let Prometheus record a part of it"
	samples, took, err := c.prometheus.Cost(c.ctx, c.rule.Expr, c.now)
	switch {
	case c.tooLate(err):
		c.expensive = true
		c.report(expensiveQuery, c.rule.Where("expr", 0), "one evaluation takes longer than the timeout of a query", mend)
		return nil
	case err != nil:
		return err
	case samples > maxSamples || took > maxTook:
		c.expensive = true
		c.report(expensiveQuery, c.rule.Where("expr", 0), fmt.Sprintf("one evaluation reads %d samples and takes %s", samples, took.Round(time.Millisecond)), mend)
	}
	return nil
}

// tooLate tells whether the rule's own expression did not come back in time.
func (c *ruleCheck) tooLate(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) && c.ctx.Err() == nil
}

// ranges: the functions' types and ranges fit the metrics.
func (c *ruleCheck) ranges() error {
	for _, use := range c.rule.RangeUses() {
		if err := c.metricType(use); err != nil {
			return err
		}
		if err := c.scrapes(use); err != nil {
			return err
		}
	}
	return nil
}

func (c *ruleCheck) metricType(use lint.RangeUse) error {
	name := metricOf(use.Selector)
	if name == "" {
		return nil
	}
	types, err := c.prometheus.Types(c.ctx, name)
	if err != nil || len(types) == 0 {
		return err
	}
	only := func(t string) bool { return !slices.ContainsFunc(types, func(have string) bool { return have != t }) }
	switch {
	case slices.Contains(lint.CounterFunctions(), use.Function) && only("gauge"):
		c.report(metricType, use.Where, fmt.Sprintf("%s is a gauge, and %s() takes each fall of it for a restart of a counter", name, use.Function), "use delta(), deriv() or changes()")
	case slices.Contains(lint.GaugeFunctions(), use.Function) && only("counter"):
		c.report(metricType, use.Where, fmt.Sprintf("%s is a counter, and to %s() its restart from 0 is a fall", name, use.Function), "use rate() or increase()")
	}
	return nil
}

// scrapes: the range holds enough scrapes of the slowest target.
func (c *ruleCheck) scrapes(use lint.RangeUse) error {
	targets, err := c.query("group by (job, instance) (" + plain(use.Selector) + ")")
	if err != nil {
		return err
	}
	var slowest time.Duration
	for _, t := range targets {
		interval, err := c.prometheus.ScrapeInterval(c.ctx, t.Labels.Get("job"), t.Labels.Get("instance"))
		if err != nil {
			return err
		}
		slowest = max(slowest, interval)
	}
	what := fmt.Sprintf("a range of %s at a scrape interval of %s", model.Duration(use.Range.Range), model.Duration(slowest))
	mend := fmt.Sprintf("use %s or more", model.Duration(4*slowest))
	switch {
	case slowest == 0:
	case use.Range.Range < 2*slowest:
		c.report(rangeTooShort, use.Where, what+" holds fewer than two samples, so "+use.Function+"() gives nothing", mend)
	case use.Range.Range < 4*slowest:
		c.report(rangeTight, use.Where, what+" is left without two samples when scrapes fail", mend)
	}
	return nil
}

// The past that alerts are counted in.
const (
	past      = 24 * time.Hour
	shortStep = time.Minute
)

// history counts how often the alert would have begun to fire. What is expensive
// once is not asked for a whole day.
func (c *ruleCheck) history() error {
	if c.rule.Alert == "" || c.expensive {
		return nil
	}
	step := max(c.rule.Interval, shortStep)
	series, err := c.prometheus.Times(c.ctx, c.rule.Expr, c.now.Add(-past), c.now, step)
	if c.tooLate(err) {
		c.report(expensiveQuery, c.rule.Where("expr", 0), "Prometheus cannot evaluate it for the last 24 hours within the timeout of a query, so how often it would have fired is not known", "raise --timeout to find out")
		return nil
	}
	if err != nil {
		return err
	}
	awake, err := c.awake(step)
	if err != nil {
		return err
	}
	count := 0
	for _, times := range series {
		count += fired(slices.DeleteFunc(times, func(t time.Time) bool { return !awake[t] }), step, c.rule.For)
	}
	if count > 0 {
		times := "once"
		if count > 1 {
			times = fmt.Sprintf("%d times", count)
		}
		c.report(alertCount, c.rule.Where("alert", 0), fmt.Sprintf("%s would have fired %s in the last 24 hours, seen every %s", c.rule.Alert, times, model.Duration(step)), "")
	}
	return nil
}

// awake returns when Prometheus scraped anything: before, and while it was down,
// everything was absent.
func (c *ruleCheck) awake(step time.Duration) (map[time.Time]bool, error) {
	if known := c.wake[step]; known != nil {
		return known, nil
	}
	series, err := c.prometheus.Times(c.ctx, "count(up)", c.now.Add(-past), c.now, step)
	if err != nil {
		return nil, err
	}
	times := map[time.Time]bool{}
	for _, each := range series {
		for _, t := range each {
			times[t] = true
		}
	}
	c.wake[step] = times
	return times, nil
}

// fired returns how often an alert with values at these times begins to fire: a
// run without a gap that lasts for as long as it must.
func fired(times []time.Time, step, wait time.Duration) int {
	count, firing := 0, false
	var begun time.Time
	for i, t := range times {
		if i == 0 || t.Sub(times[i-1]) > step {
			begun, firing = t, false
		}
		if !firing && t.Sub(begun) >= wait {
			count, firing = count+1, true
		}
	}
	return count
}

// runbook: the page that people are sent to at night is there.
func (c *ruleCheck) runbook() error {
	for _, name := range []string{"runbook_url", "runbook"} {
		url := c.rule.Annotations[name]
		if c.link == nil || strings.Contains(url, "{{") || !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
			continue
		}
		problem, asked := c.links[url]
		if !asked {
			problem = c.link(c.ctx, url)
			c.links[url] = problem
		}
		if problem != nil {
			c.report(runbookDead, c.rule.Where("annotations."+name, 0), fmt.Sprintf("%s does not answer as a page does: %v", url, problem), "correct the link")
		}
	}
	return nil
}
