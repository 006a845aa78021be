package rules_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// FuzzRuleFile: whatever a rule file holds, reading it does not panic, and what
// is accepted can be asked, expanded, stepped and recorded.
func FuzzRuleFile(f *testing.F) {
	f.Add(ruleFile)
	for _, text := range []string{
		"groups: [{name: g, rules: [{alert: A, expr: 'x > 1'}]}]",
		"groups: [{name: g, rules: [{alert: A, expr: 'x > 1'}, {alert: A, expr: y}, {record: A, expr: '1'}, {record: A, expr: '2'}]}]",
		`groups: [{name: g, limit: 1, query_offset: 1y, labels: {"": "", l: "{{ $value }}"}, rules: [{alert: "{{", expr: '"text"', keep_firing_for: 1ms}]}]`,
		`groups: [{name: g, rules: [{alert: A, expr: 'x', labels: {"日本 {}": "{{ $labels | len }}"}, annotations: {a: "{{ query \"x\" | first | value }}{{ now | humanize }}"}}]}]`,
		`groups: [{name: g, rules: [{record: r, expr: 'a and on() b or (c unless d) > -Inf', labels: {__name__: x}}]}]`,
		`groups: [{name: g, rules: [{alert: A, expr: 'rate(x{"ü"="y"}[5m:1m] @ start() offset -1w) >= bool 1 < 2 == 3'}]}]`,
		"groups:\n- name: &a g\n  rules:\n  - &r {alert: A, expr: x}\n  - *r\n- {name: h, rules: [*r]}\n",
		"groups: null", "- {}", "groups: [null]", "groups: [{name: g, rules: [null]}]",
	} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "rules.yml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		groups, err := rules.LoadFiles([]rules.FileSpec{{Path: path, OnMissing: rules.Keep}}, rules.FileOptions{
			Interval: time.Minute, Recording: true, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			return
		}
		if mistakes := rules.CheckFile(path).Mistakes; len(mistakes) > 0 {
			t.Fatalf("loaded, but `check rules` finds %q", mistakes)
		}
		ids := map[string]bool{}
		for _, g := range groups {
			if g.Interval <= 0 {
				t.Errorf("interval %s", g.Interval)
			}
			for _, r := range g.Rules {
				if ids[r.ID] || r.ID == "" {
					t.Errorf("the id %q is not unique", r.ID)
				}
				ids[r.ID] = true
				exercise(t, r)
			}
		}
	})
}

// exercise does with an accepted rule what evaluating it does.
func exercise(t *testing.T, r *rules.Rule) {
	t.Helper()
	now := at(0)
	for _, expression := range []rules.Expression{r.Expr, r.Evidence} {
		if expression == nil {
			continue
		}
		if _, err := rules.NewParser().ParseExpr(expression(now)); err != nil {
			t.Errorf("%q does not parse: %v", expression(now), err)
		}
	}
	samples := []alert.Sample{
		{Labels: alert.LabelsFromStrings(alert.MetricName, "x", "日本 {}", "\x00😀"), Value: math.NaN()},
		{Labels: alert.LabelsFromStrings("instance", "a"), Histogram: "{count:1, sum:2}"},
		{Value: math.Inf(-1)},
	}
	if r.Record != "" {
		if series, err := r.Recorded(samples[2:]); err != nil || !series[0].Labels.Has(alert.MetricName) {
			t.Errorf("recorded %v, error %v", series, err)
		}
		return
	}
	expander := rules.Expander{Query: func(context.Context, string, time.Time) ([]alert.Sample, error) {
		return nil, errors.New("no answer")
	}}
	var out rules.Outcome
	for i, ls := range expander.AlertLabels(t.Context(), r, samples, now) {
		if !ls.Equal(alert.LabelsFromMap(ls.Map())) || ls.Get(alert.AlertName) != r.Name {
			t.Errorf("not the labels of an alert: %v", ls)
		}
		out.Breaches = append(out.Breaches, rules.Breach{Labels: ls, Series: samples[i].Labels.Fingerprint(), Value: samples[i].Value})
	}
	_ = expander.Annotations(t.Context(), r, samples, now)
	steps, err := r.Step(nil, out, now)
	if err != nil && !errors.Is(err, rules.ErrDuplicate) && !errors.Is(err, rules.ErrLimit) {
		t.Errorf("step: %v", err)
	}
	if _, err := r.Step(steps.Active, rules.Outcome{}, at(1)); err != nil {
		t.Errorf("step without results: %v", err)
	}
}
