package ctl

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/util/junitxml"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"alertd/internal/notifytest"
	"alertd/rules/ruletest"
)

// testForm is what `test` is told.
type testForm struct {
	run   []string // regular expressions of the tests' names
	junit string   // file for the report
}

// tested is the answer of `test` about one file.
type tested struct {
	File     string       `json:"file"`
	OK       bool         `json:"ok"`
	Error    string       `json:"error,omitempty"` // why it could not be run
	Warnings []string     `json:"warnings,omitempty"`
	Tests    []testedCase `json:"tests"`
}

type testedCase struct {
	Name     string          `json:"name"`
	OK       bool            `json:"ok"`
	Failures []testedFailure `json:"failures,omitempty"`
}

type testedFailure struct {
	About   string   `json:"about,omitempty"`
	Problem string   `json:"problem"`
	Diff    []string `json:"diff,omitempty"`
}

func (c *cli) testCommand() *cobra.Command {
	var form testForm
	cmd := &cobra.Command{
		Use:   "test FILE...",
		Short: "Run the unit tests of rule files, and of who is told",
		Long: `Test runs files of rule unit tests, those of "promtool test rules", against the
rules as alertd evaluates them: what passes promtool passes here, and what fails
there fails here. Missing data ends an alert, as in Prometheus. It asks neither
alertd nor Prometheus.

A second document in the file, which promtool does not read, may say who must be
told what and when, by the routes of an alertd.yml or alertmanager.yml:

  ---
  alertd:
    config_file: alertd.yml
    tests:
      - name: a disk fills up       # a test above
        until: 2h
        notifications:              # these, and no others
          - {at: 7m, receiver: chat, firing: [{alertname: DiskFull}]}
          - {at: 1h, receiver: chat, resolved: [{alertname: DiskFull}]}

Where something differs, lines behind "-" were expected and did not come, those
behind "+" came and were not expected. Files run side by side; the answer is in
their order. The exit code is 1 where a test fails.`,
		Example: `  alertctl test tests/*.yml

  # Only the tests about disks, with a report for the CI system
  alertctl test --run 'disk|inode' --junit report.xml tests/host.yml`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeYAML,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.test(cmd.Context(), args, form) },
	}
	fl := cmd.Flags()
	fl.StringArrayVar(&form.run, "run", nil, "run only tests whose name matches this regular expression (may be repeated)")
	fl.StringVar(&form.junit, "junit", "", "write a JUnit XML report to this file too")
	return cmd
}

func (c *cli) test(ctx context.Context, paths []string, form testForm) error {
	if _, err := c.load(); err != nil {
		return err
	}
	var only *regexp.Regexp
	if len(form.run) > 0 {
		var err error
		if only, err = regexp.Compile(strings.Join(form.run, "|")); err != nil {
			return usage("--run: %w", err)
		}
	}
	results := runTests(ctx, paths, notifytest.Options{Only: only, Load: c.LoadRoutes})
	if err := ctx.Err(); err != nil {
		return failed(ExitInterrupted, "cannot finish the tests", err)
	}
	if form.junit != "" {
		if err := c.writeJUnit(form.junit, results); err != nil {
			return failed(ExitNo, "cannot write the JUnit report", err)
		}
	}
	if len(form.run) > 0 && !slices.ContainsFunc(results, func(r ruletest.Result) bool { return r.Err != nil || len(r.Tests) > 0 }) {
		c.err.printf("No test has a name that matches --run.\n")
	}
	answer, wrong := make([]tested, len(results)), 0
	for i := range results {
		if answer[i] = testedFile(&results[i]); !answer[i].OK {
			wrong++
		}
	}
	if err := c.print(answer, func() {
		for i := range results {
			c.printTested(&results[i])
		}
	}); err != nil {
		return err
	}
	if wrong > 0 {
		return refused("%d of %s failed", wrong, count(len(results), "test file"))
	}
	return nil
}

// runTests runs the files side by side and returns their results in order.
func runTests(ctx context.Context, paths []string, o notifytest.Options) []ruletest.Result {
	results := make([]ruletest.Result, len(paths))
	var running errgroup.Group
	running.SetLimit(runtime.GOMAXPROCS(0))
	for i, path := range paths {
		running.Go(func() error {
			results[i] = notifytest.Run(ctx, path, o)
			return nil
		})
	}
	_ = running.Wait() // what went wrong is in the results
	return results
}

func testedFile(r *ruletest.Result) tested {
	out := tested{File: r.File, OK: r.OK(), Warnings: r.Warnings, Tests: []testedCase{}}
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	for _, t := range r.Tests {
		one := testedCase{Name: t.Name, OK: len(t.Failures) == 0}
		for _, f := range t.Failures {
			one.Failures = append(one.Failures, testedFailure(f))
		}
		out.Tests = append(out.Tests, one)
	}
	return out
}

func (c *cli) printTested(r *ruletest.Result) {
	for _, w := range r.Warnings {
		c.err.printf("%s: %s\n", neutral(r.File), neutral(w))
	}
	switch {
	case r.Err != nil && strings.HasPrefix(r.Err.Error(), r.File+":"):
		c.out.printf("FAIL  %s\n", neutral(r.Err.Error()))
	case r.Err != nil:
		c.out.printf("FAIL  %s: %s\n", neutral(r.File), neutral(r.Err.Error()))
	case r.OK():
		c.out.printf("ok    %s: %s\n", neutral(r.File), count(len(r.Tests), "test"))
	default:
		c.out.printf("FAIL  %s: %d of %s\n", neutral(r.File), r.Failed(), count(len(r.Tests), "test"))
	}
	for _, t := range r.Tests {
		if len(t.Failures) > 0 {
			c.out.printf("  %s\n", neutral(t.Name))
		}
		for _, f := range t.Failures {
			c.out.printf("    %s\n", strings.ReplaceAll(neutral(f.String()), "\n", "\n    "))
		}
	}
}

// writeJUnit writes the results as promtool does.
func (c *cli) writeJUnit(path string, results []ruletest.Result) error {
	var report junitxml.JUnitXML
	for i := range results {
		r := &results[i]
		suite := report.Suite(r.File)
		suite.Settime(c.Now().Format("2006-01-02T15:04:05"))
		if r.Err != nil {
			suite.Abort(r.Err)
		}
		for _, t := range r.Tests {
			suite.Case(t.Name)
			for _, f := range t.Failures {
				suite.Fail(f.String())
			}
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := report.WriteXML(f); err != nil {
		_ = f.Close()
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return f.Close()
}
