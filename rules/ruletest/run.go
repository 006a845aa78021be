package ruletest

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
)

// Result is what running one test file gave.
type Result struct {
	File     string
	Err      error    // the file could not be run at all
	Warnings []string // what does not fail the file
	Tests    []TestResult
}

// TestResult is what one test of a file gave.
type TestResult struct {
	Name     string // unnamed#2 for the third test, where it has none
	Failures []Failure
}

// Failure is one expectation that was not met, or an error on the way.
type Failure struct {
	About   string // what was expected of: `alert X at 5m`; "" for the test as a whole
	Problem string
	Diff    []string // lines: "- " expected only, "+ " got only, "  " both
}

// String returns the failure in several lines, without a newline at its end.
func (f Failure) String() string {
	lines := []string{f.Problem}
	if f.About != "" {
		lines[0] = f.About + ": " + f.Problem
	}
	for _, line := range f.Diff {
		lines = append(lines, "  "+line)
	}
	return strings.Join(lines, "\n")
}

// OK tells whether the file passed.
func (r *Result) OK() bool { return r.Err == nil && r.Failed() == 0 }

// Failed returns how many of the tests failed.
func (r *Result) Failed() int {
	n := 0
	for _, t := range r.Tests {
		if len(t.Failures) > 0 {
			n++
		}
	}
	return n
}

// Options is what to do beside what the file says.
type Options struct {
	Only *regexp.Regexp // of the tests, those whose name matches; nil: all
	// Watch returns who watches the test of that name, whose clock begins at
	// start; nil: nobody does.
	Watch func(name string, start time.Time) Watcher
}

// Watcher watches the alerts of one test, and has expectations of its own.
type Watcher interface {
	// Until is how long the test's clock has to run at least.
	Until() time.Duration
	// Evaluated takes what the evaluation of one rule changed; see rules.Steps.
	Evaluated(at time.Time, changed []alert.Alert, deleted []string)
	// Failures tells, at the end of the test, what was not as expected.
	Failures(end time.Time) []Failure
}

// Names returns the names of the tests of the file path, as results bear them.
func Names(path string) ([]string, error) {
	f, _, err := read(path)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(f.Tests))
	for i := range f.Tests {
		names[i] = f.Tests[i].name(i)
	}
	return names, nil
}

// name returns what the test is called, unnamed#2 for a third one without a name.
func (t *test) name(index int) string { return cmp.Or(t.Name, fmt.Sprintf("unnamed#%d", index)) }

// Run runs the test file path. As in promtool, rule files are read by each test
// that runs, so that a file without any passes whatever its rule files hold.
func Run(ctx context.Context, path string, o Options) Result {
	result := Result{File: path}
	f, unmatched, err := read(path)
	if err != nil {
		result.Err = err
		return result
	}
	for _, pattern := range unmatched {
		result.Warnings = append(result.Warnings, "no rule file matches "+pattern)
	}
	order := make(map[string]int, len(f.GroupEvalOrder))
	for i, name := range f.GroupEvalOrder {
		if _, twice := order[name]; twice {
			result.Err = fmt.Errorf("group_eval_order of %s: the group %s is named twice", path, name)
			return result
		}
		order[name] = i
	}
	for i := range f.Tests {
		t := &f.Tests[i]
		if o.Only != nil && !o.Only.MatchString(t.Name) {
			continue
		}
		if t.Interval == 0 {
			t.Interval = f.EvaluationInterval
		}
		name := t.name(i)
		s := simulation{test: t, every: time.Duration(f.EvaluationInterval), order: order, fuzzy: f.FuzzyCompare, files: f.RuleFiles}
		if o.Watch != nil {
			s.watcher = o.Watch(name, t.start())
		}
		result.Tests = append(result.Tests, TestResult{Name: name, Failures: s.run(ctx)})
	}
	return result
}

// load returns the test's series in the notation of promqltest.
func (t *test) load() string {
	var b strings.Builder
	fmt.Fprintf(&b, "load %s\n", loadInterval(t.Interval))
	for _, s := range t.InputSeries {
		fmt.Fprintf(&b, "  %s %s\n", s.Series, s.Values)
	}
	return b.String()
}

// loadInterval writes 1h0m0s as 1h, as promqltest wants it.
func loadInterval(d model.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
