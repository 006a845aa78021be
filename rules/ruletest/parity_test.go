package ruletest_test

import (
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/util/junitxml"

	"alertd/rules/ruletest"
)

// verdict is what a test runner said of one test: how many expectations were
// not met, and the label sets that it spoke of.
type verdict struct {
	failures int
	labels   []string
}

// promtool runs Prometheus's own test runner and returns whether the file passed
// and what it said of each test.
func promtool(t *testing.T, path string) (bool, map[string]verdict) {
	t.Helper()
	binary, err := filepath.Abs("../../test/tools/bin/promtool")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("there is no promtool (%v): run make tools", err)
	}
	report := filepath.Join(t.TempDir(), "junit.xml")
	runErr := exec.CommandContext(t.Context(), binary, "test", "rules", "--junit="+report, path).Run()
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var junit junitxml.JUnitXML
	if err := xml.Unmarshal(data, &junit); err != nil {
		t.Fatalf("promtool's report: %v", err)
	}
	annotations := regexp.MustCompile(`Annotations:\{.*\}`)
	said := map[string]verdict{}
	for _, c := range junit.Suites[0].Cases {
		if c.Error == "" { // else it is about the file
			said[c.Name] = verdict{len(c.Failures), labelSets(annotations.ReplaceAllString(strings.Join(c.Failures, "\n"), ""))}
		}
	}
	return runErr == nil, said
}

func alertctl(t *testing.T, path string) (ruletest.Result, map[string]verdict) {
	t.Helper()
	result := ruletest.Run(t.Context(), path, ruletest.Options{})
	said := map[string]verdict{}
	for _, c := range result.Tests {
		var diffs []string
		for _, f := range c.Failures {
			diffs = append(diffs, f.Diff...)
		}
		said[c.Name] = verdict{len(c.Failures), labelSets(strings.Join(diffs, "\n"))}
	}
	return result, said
}

func labelSets(text string) []string {
	found := regexp.MustCompile(`\{[^{}]+\}`).FindAllString(text, -1)
	slices.Sort(found)
	return found
}

// TestParity runs promtool and our runner over testdata. A file's name says
// which verdict it must have.
func TestParity(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test.yml")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, path := range append(files, "../../monitoring/rules/example.test.yml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			theirs, theirTests := promtool(t, path)
			ours, ourTests := alertctl(t, path)
			if want := !strings.HasPrefix(filepath.Base(path), "fail-"); theirs != want {
				t.Errorf("promtool: pass %t, but the file's name says %t", theirs, want)
			}
			if ours.OK() != theirs {
				t.Errorf("pass %t, promtool %t: %+v", ours.OK(), theirs, ours)
			}
			if len(ourTests) != len(theirTests) {
				t.Errorf("%d tests, promtool has %d", len(ourTests), len(theirTests))
			}
			for name, want := range theirTests {
				if got := ourTests[name]; got.failures != want.failures {
					t.Errorf("%s: %d failures, promtool has %d: %+v", name, got.failures, want.failures, ours.Tests)
				}
			}
		})
	}
}

// TestParityRandom compares with promtool, over random rules and series, every
// alert that fires at every minute, and the series that tell of them.
func TestParityRandom(t *testing.T) {
	spoken := 0
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			dir := t.TempDir()
			write(t, filepath.Join(dir, "rules.yml"), randomRules(r))
			path := filepath.Join(dir, "random.test.yml")
			write(t, path, randomTests(r))
			_, theirs := promtool(t, path)
			result, ours := alertctl(t, path)
			if result.Err != nil || len(theirs) != 4 {
				t.Fatalf("%v, %d tests of promtool", result.Err, len(theirs))
			}
			for name, want := range theirs {
				spoken += len(want.labels)
				if got := ours[name]; got.failures != want.failures || !slices.Equal(got.labels, want.labels) {
					t.Errorf("%s: %d failures, promtool %d\nalertd   %q\npromtool %q", name, got.failures, want.failures, got.labels, want.labels)
				}
			}
		})
	}
	if spoken < 5000 {
		t.Errorf("promtool spoke of %d label sets only: the rules hardly fire", spoken)
	}
}

func randomRules(r *rand.Rand) string {
	exprs := []string{"x > 1", "r > 2", "absent(x)", "x unless r > 3", "changes(x[3m]) > 0", "-x", "x == 0 or r == 2", "count(ALERTS_FOR_STATE) > 2"}
	var b strings.Builder
	b.WriteString("groups:\n")
	for g := range 2 {
		fmt.Fprintf(&b, "  - name: g%d\n    query_offset: %dm\n    labels: {g: g%d}\n    rules:\n      - {record: r, expr: x + 1, labels: {from: g%d}}\n", g, r.IntN(2), g, g)
		for i := range 3 {
			fmt.Fprintf(&b, "      - {alert: A%d, expr: '%s', for: %dm, keep_firing_for: %dm, labels: {v: '%s', n: a%d%d}}\n",
				i, exprs[r.IntN(len(exprs))], r.IntN(4), r.IntN(4), []string{"one", "{{ $value }}", ""}[r.IntN(3)], g, i)
		}
	}
	return b.String()
}

func randomTests(r *rand.Rand) string {
	var b strings.Builder
	fmt.Fprintf(&b, "rule_files: [rules.yml]\ngroup_eval_order: [g0, g1]\nevaluation_interval: %s\ntests:\n", []string{"1m", "30s", "90s"}[r.IntN(3)])
	for n := range 4 {
		fmt.Fprintf(&b, "  - name: t%d\n    interval: 1m\n    start_timestamp: %d\n    input_series:\n", n, r.IntN(2)*1_000_000)
		for s := range 3 {
			fmt.Fprintf(&b, "      - {series: 'x{s=\"%d\"}', values: '", s)
			for range 16 {
				fmt.Fprintf(&b, "%s ", []string{"0", "1", "2", "3", "_", "stale", "NaN"}[r.IntN(7)])
			}
			b.WriteString("'}\n")
		}
		b.WriteString("    alert_rule_test:\n")
		for i := range 48 {
			fmt.Fprintf(&b, "      - {eval_time: %dm, alertname: A%d}\n", i/3, i%3)
		}
		b.WriteString("    promql_expr_test:\n")
		for i := range 16 {
			fmt.Fprintf(&b, "      - {expr: ALERTS, eval_time: %dm}\n      - {expr: 'count_values(\"v\", ALERTS_FOR_STATE)', eval_time: %dm}\n", i, i)
		}
	}
	return b.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
