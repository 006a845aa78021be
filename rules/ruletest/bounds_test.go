package ruletest_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertd/rules/ruletest"
)

// TestBounds: what would fill the memory or run for days is refused at once.
func TestBounds(t *testing.T) {
	for name, c := range map[string]struct{ test, want string }{
		"a far eval_time":         {`{promql_expr_test: [{expr: x, eval_time: 100y}]}`, "52560000 evaluations away"},
		"a fine interval":         {`{alert_rule_test: [{eval_time: 1d, alertname: A}]}` + "\nevaluation_interval: 1ms", "86400000 evaluations away"},
		"a long series":           {`{input_series: [{series: 'x{a="b"}', values: '1 1+1x1000000000'}]}`, `x{a="b"}: with it the test has more than`},
		"many series":             {`{input_series: [` + strings.Repeat(`{series: x, values: _x900000}, `, 6) + `]}`, "more than 1000000 samples"},
		"a series beyond numbers": {`{input_series: [{series: x, values: '1x99999999999999999999'}]}`, "more than 1000000 samples"},
		"a long histogram":        {`{promql_expr_test: [{expr: x, eval_time: 1m, exp_samples: [{labels: x, histogram: '{{count:1}}x1000000000'}]}]}`, "one is needed"},
		"a start in year 9000":    {`{start_timestamp: '9000-01-01T00:00:00Z'}`, "a year between 1678 and 2261"},
		"an end in year 2300":     {`{start_timestamp: '2250-01-01T00:00:00Z', promql_expr_test: [{expr: x, eval_time: 50y}]}` + "\nevaluation_interval: 1y", "a year between 1678 and 2261"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.test.yml")
			write(t, path, "tests:\n  - "+c.test)
			r := ruletest.Run(t.Context(), path, ruletest.Options{})
			if r.Err != nil || r.OK() || !strings.Contains(r.Tests[0].Failures[0].String(), c.want) {
				t.Errorf("%+v does not say %q", r, c.want)
			}
		})
	}
	t.Run("what looks like a repetition in names and values", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a.test.yml")
		write(t, path, `tests: [{input_series: [{series: 'timex_s{a="x1000000000", b=''x9999999999999''}', values: 1x5}], promql_expr_test: [{expr: sum(timex_s), eval_time: 1m, exp_samples: [{labels: '{}', value: 1}]}]}]`)
		if r := ruletest.Run(t.Context(), path, ruletest.Options{}); !r.OK() {
			t.Errorf("%+v", r)
		}
	})
	t.Run("files", func(t *testing.T) {
		huge := filepath.Join(t.TempDir(), "huge.yml")
		write(t, huge, "")
		if err := os.Truncate(huge, 1<<30); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{huge: "larger than", t.TempDir(): "not a regular file"} {
			if r := ruletest.Run(t.Context(), path, ruletest.Options{}); r.Err == nil || !strings.Contains(r.Err.Error(), want) {
				t.Errorf("%v does not say %q", r.Err, want)
			}
		}
	})
}

// FuzzRun: no test file makes the runner panic.
func FuzzRun(f *testing.F) {
	files, err := filepath.Glob("testdata/*.test.yml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no test files: %v", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.ReplaceAll(text, []byte("rules/"), []byte("rules\\")))
	}
	rules, err := filepath.Abs("testdata/rules")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(string(text), "/") {
			t.Skip("it might read other files")
		}
		dir := t.TempDir()
		if err := os.Symlink(rules, filepath.Join(dir, "rules")); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "fuzz.test.yml")
		write(t, path, strings.ReplaceAll(string(text), "rules\\", "rules/"))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r := ruletest.Run(ctx, path, ruletest.Options{})
		if r.Err == nil && r.Failed() > len(r.Tests) {
			t.Errorf("%+v", r)
		}
	})
}
