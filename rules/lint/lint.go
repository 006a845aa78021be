// Package lint finds what is probably wrong with rules that are well formed:
// alerts that can never fire or always do, comparisons and joins that cannot
// match, labels that are not there, rules that page for nothing. It reads the
// PromQL of a rule as a tree and asks nobody; package live asks a Prometheus.
//
// A check is an entry of a table: a name, a severity, and a small function that
// is given one rule. docs/checks.md describes each with an example.
package lint

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"alertd/internal/invalid"
	"alertd/rules"
)

// Options is what is known about where the rules are used.
type Options struct {
	// ScrapeInterval is how often the metrics are scraped; 0: not known.
	ScrapeInterval time.Duration
	// Docker says that the containers watched are Docker's own, and not those
	// of Kubernetes.
	Docker bool
	// OtherChecks are names of checks that a comment may turn off besides those
	// of this package.
	OtherChecks []string
}

// Check is what there is to know about a check.
type Check struct {
	ID       string
	Severity invalid.Severity
	Summary  string // one line
}

// check is one entry of the table.
type check struct {
	Check
	alerts bool // it is about alerting rules only
	run    func(*subject)
}

// checks is the table of what is asked of each rule by itself.
func checks() []check {
	const info, warning = invalid.Info, invalid.Warning
	return []check{
		{Check{"missing-comparison", warning, "an alert on any sample, whatever its value"}, true, missingComparison},
		{Check{"impossible-match", warning, "two sides of an operator that can have no labels in common"}, false, impossibleMatch},
		{Check{"dropped-label", warning, "grouping by a label that an expression below has dropped"}, false, droppedLabel},
		{Check{"short-range", warning, "a range that holds fewer than two samples"}, false, shortRange},
		{Check{"rate-on-gauge", warning, "rate() and its like of what is a gauge by its name"}, false, rateOnGauge},
		{Check{"gauge-function-on-counter", warning, "delta() and its like of what is a counter by its name"}, false, gaugeFunctionOnCounter},
		{Check{"rate-of-aggregate", warning, "rate() of a sum, which loses the resets of its parts"}, false, rateOfAggregate},
		{Check{"changing-label", warning, "a label whose value changes while the alert goes on"}, true, changingLabel},
		{Check{"template-field", warning, "a template that reads a field that there is not"}, true, templateField},
		{Check{"template-label", warning, "a template that reads a label that the expression has dropped"}, true, templateLabel},
		{Check{"container-id-label", warning, "an alert per container id, which every recreation changes"}, true, containerIDLabel},
		{Check{"kubernetes-only", info, "metrics and labels of Kubernetes where containers are Docker's"}, false, kubernetesOnly},
		{Check{"unguarded-limit", warning, "division by a limit that is 0 where there is none"}, true, unguardedLimit},
		{Check{"topk-without-for", warning, "topk() or bottomk() that fires at once"}, true, topkWithoutFor},
		{Check{"absent-without-for", warning, "absent() that fires at the first scrape that fails"}, true, absentWithoutFor},
		{Check{"ratio-without-for", info, "a ratio of short rates that fires at once"}, true, ratioWithoutFor},
		{Check{"missing-severity", info, "an alert without a severity label"}, true, missingSeverity},
		{Check{"missing-summary", info, "an alert that does not say what it is about"}, true, missingSummary},
		{Check{"missing-runbook", info, "an alert without a link to a runbook"}, true, missingRunbook},
	}
}

// The checks that are about more than one rule, or about the file.
func fileChecks() []Check {
	return []Check{
		{checkDuplicate, invalid.Warning, "two rules that are the same"},
		{checkSecondDocument, invalid.Warning, "a second YAML document, which nobody reads"},
		{rules.CheckPolicy, invalid.Warning, "an on_missing label that names no policy"},
		{checkOnMissing, invalid.Warning, "an on_missing that cannot be kept"},
		{checkUnknownDisable, invalid.Warning, "a comment that turns off a check that there is not"},
		{checkUnusedDisable, invalid.Info, "a comment that turns off what finds nothing"},
	}
}

// Checks returns every check of this package and those without which a file
// cannot be used, in the order of the documentation.
func Checks() []Check {
	all := []Check{
		{rules.CheckUnreadable, invalid.Error, "a file that cannot be read"},
		{rules.CheckRuleFile, invalid.Error, "a file that is no rule file"},
		{rules.CheckExpression, invalid.Error, "an expression that is not PromQL"},
		{rules.CheckTemplate, invalid.Error, "a template that cannot be parsed"},
	}
	for _, c := range checks() {
		all = append(all, c.Check)
	}
	return append(all, fileChecks()...)
}

// Rule is a rule to look at.
type Rule struct {
	Alert               string // "" for a recording rule
	Expr                string // PromQL
	For, KeepFiringFor  time.Duration
	Interval            time.Duration     // between evaluations; 0: not known
	Labels, Annotations map[string]string // templates; labels of the group included

	// Where returns a finding with its place only: the byte at offset of a
	// field such as "expr" or "annotations.summary".
	Where func(field string, offset int) invalid.Finding
}

// CheckRule returns what the checks of single rules find. A rule whose
// expression does not parse has no findings: it is wrong in another way.
func CheckRule(r Rule, o Options) []invalid.Finding {
	expr, err := rules.NewParser().ParseExpr(r.Expr)
	if err != nil {
		return nil
	}
	s := &subject{Rule: r, expr: expr, options: o, labels: labelsOf(expr)}
	for _, c := range checks() {
		if !c.alerts || r.Alert != "" {
			s.check = c.Check
			c.run(s)
		}
	}
	return s.found
}

// subject is a rule under the checks.
type subject struct {
	Rule
	expr    parser.Expr
	options Options
	labels  labelSet // of the expression's result
	check   Check    // the one that runs
	found   []invalid.Finding
}

// at reports a finding at a part of the expression.
func (s *subject) at(n parser.Node, problem, mend string) {
	s.in("expr", int(n.PositionRange().Start), problem, mend)
}

// in reports a finding at the byte at offset of a field.
func (s *subject) in(field string, offset int, problem, mend string) {
	f := s.Where(field, offset)
	f.Check, f.Severity, f.Problem, f.Mend = s.check.ID, s.check.Severity, problem, mend
	if !slices.Contains(s.found, f) { // else the same part was reached in two ways
		s.found = append(s.found, f)
	}
}
