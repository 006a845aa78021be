// Package live holds rules against the Prometheus that they are for: whether
// what they select is there, what they cost, and how often they would have fired.
package live

import (
	"context"
	"errors"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/internal/invalid"
	"alertd/rules/lint"
)

// Prometheus is what is asked.
type Prometheus interface {
	// Query returns an expression's value at ts.
	Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error)
	// Cost tells what evaluating an expression takes.
	Cost(ctx context.Context, expr string, ts time.Time) (samples int64, took time.Duration, err error)
	// Types returns the types that the metadata of a metric tells.
	Types(ctx context.Context, metric string) ([]string, error)
	// ScrapeInterval returns how often a target is scraped; 0: not known.
	ScrapeInterval(ctx context.Context, job, instance string) (time.Duration, error)
	// Times returns, by series, when an expression had a value.
	Times(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([][]time.Time, error)
}

// Link asks whether a page is there; its error says why not.
type Link func(ctx context.Context, url string) error

// The names of the checks.
const (
	seriesMissing  = "series-missing"
	seriesGone     = "series-gone"
	labelMissing   = "label-missing"
	matchesNothing = "matcher-matches-nothing"
	metricType     = "metric-type"
	rangeTooShort  = "range-below-scrape-interval"
	rangeTight     = "tight-range"
	expensiveQuery = "expensive-query"
	alertCount     = "alert-count"
	runbookDead    = "runbook-unreachable"
	queryRejected  = "query-rejected"
	noSource       = "section-without-data"
)

// Checks returns every check of this package, in the order of the documentation.
func Checks() []lint.Check {
	return []lint.Check{
		{ID: seriesMissing, Severity: invalid.Warning, Summary: "a metric that has not been there for a week"},
		{ID: seriesGone, Severity: invalid.Info, Summary: "a metric that was there, and is not now"},
		{ID: labelMissing, Severity: invalid.Warning, Summary: "a label that no series of the metric has"},
		{ID: matchesNothing, Severity: invalid.Info, Summary: "a matcher that no series passes"},
		{ID: metricType, Severity: invalid.Warning, Summary: "a function that is not for the metric's type"},
		{ID: rangeTooShort, Severity: invalid.Error, Summary: "a range with fewer than two samples in it"},
		{ID: rangeTight, Severity: invalid.Info, Summary: "a range that a missed scrape or two leave without two samples"},
		{ID: queryRejected, Severity: invalid.Error, Summary: "an expression that Prometheus refuses to evaluate"},
		{ID: expensiveQuery, Severity: invalid.Warning, Summary: "an expression that reads very much"},
		{ID: alertCount, Severity: invalid.Info, Summary: "how often the alert would have fired in the last day"},
		{ID: noSource, Severity: invalid.Warning, Summary: "a section of the configuration that nothing feeds"},
		{ID: runbookDead, Severity: invalid.Warning, Summary: "a link to a runbook that does not answer"},
	}
}

// NoSource is the finding that there is no data for a section of a configuration.
func NoSource(at invalid.Finding, problem, mend string) invalid.Finding {
	at.Check, at.Severity, at.Problem, at.Mend = noSource, invalid.Warning, problem, mend
	return at
}

// Checker asks one Prometheus about many rules. It remembers the answers: rules
// select the same series over and over.
type Checker struct {
	prometheus Prometheus
	link       Link
	now        time.Time
	answers    map[string][]alert.Sample
	links      map[string]error
	wake       map[time.Duration]map[time.Time]bool // when Prometheus was awake, by step
}

// New returns a checker of what holds at now.
func New(p Prometheus, link Link, now time.Time) *Checker {
	return &Checker{prometheus: p, link: link, now: now, answers: map[string][]alert.Sample{}, links: map[string]error{}, wake: map[time.Duration]map[time.Time]bool{}}
}

// Check returns what there is to say of a rule. An error says that Prometheus
// could not be asked.
func (c *Checker) Check(ctx context.Context, r lint.Rule) ([]invalid.Finding, error) {
	rc := &ruleCheck{Checker: c, ctx: ctx, rule: r}
	for _, run := range []func() error{rc.series, rc.labels, rc.ranges, rc.cost, rc.history, rc.runbook} {
		err := run()
		if fault, ok := errors.AsType[interface {
			error
			Rejected() bool
		}](err); ok && fault.Rejected() {
			rc.report(queryRejected, r.Where("expr", 0), err.Error(), "mend the expression: alertd would raise RuleFailing for it")
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	return rc.found, nil
}

// ruleCheck is one rule under the checks.
type ruleCheck struct {
	*Checker
	ctx   context.Context // of the one call of Check
	rule  lint.Rule
	found []invalid.Finding
	// expensive says that the expression has been found to be so.
	expensive bool
}

func (c *ruleCheck) report(check string, at invalid.Finding, problem, mend string) {
	at.Check, at.Problem, at.Mend = check, problem, mend
	for _, known := range Checks() {
		if known.ID == check {
			at.Severity = known.Severity
		}
	}
	if !slices.Contains(c.found, at) {
		c.found = append(c.found, at)
	}
}

// query asks once, however often it is called.
func (c *ruleCheck) query(expr string) ([]alert.Sample, error) {
	if samples, asked := c.answers[expr]; asked {
		return samples, nil
	}
	samples, err := c.prometheus.Query(c.ctx, expr, c.now)
	if err != nil {
		return nil, err
	}
	c.answers[expr] = samples
	return samples, nil
}

// exists tells whether an expression has a result.
func (c *ruleCheck) exists(expr string) (bool, error) {
	samples, err := c.query("count(" + expr + ")")
	return len(samples) > 0, err
}
