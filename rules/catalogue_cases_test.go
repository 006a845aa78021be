package rules_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"

	"alertd/internal/alert"
	"alertd/rules"
	"alertd/rules/ruletest"
)

// cases is a file of testdata/catalogue, as far as alertd's own verdict needs it.
type cases struct {
	Tests []struct {
		Name   string `yaml:"name"`
		Series []struct {
			Series string `yaml:"series"`
			Values string `yaml:"values"`
		} `yaml:"input_series"`
		Alerts []struct {
			At model.Duration `yaml:"eval_time"`
		} `yaml:"alert_rule_test"`
		Exprs []struct {
			At model.Duration `yaml:"eval_time"`
		} `yaml:"promql_expr_test"`
	} `yaml:"tests"`
}

// TestCatalogueCases: every built-in alert has unit tests of how it fires, how
// it clears and what becomes of it when its data is gone. promtool runs them
// against the exported rules, and so does rules/ruletest. What alertd itself
// makes of the same series differs where data is missing, by design: there it
// keeps what Prometheus ends.
func TestCatalogueCases(t *testing.T) {
	groups, left := export(t, filepath.Join(t.TempDir(), "all.rules.yml"))
	var names []string
	for _, g := range groups {
		for _, r := range g.Rules {
			if !left[(rules.LeftOut{Name: r.Name, Job: r.Job}).String()] && !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
			}
		}
	}
	pages, err := filepath.Glob("../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		// CronMissed is no rule of a file (see TestCronMissed), and the engine's
		// own alerts are no rules.
		if !slices.Contains(slices.Concat(names, ownAlerts(), []string{"CronMissed"}), name) {
			t.Errorf("%s is in no rule of the catalogue, so nothing tests it", name)
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "catalogue", name+".test.yml"))
			if err != nil {
				t.Fatalf("there are no unit tests: %v", err)
			}
			only := named(groups, name, left)
			rulesText, _, err := rules.Export(only)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			path := filepath.Join(dir, name+".test.yml")
			for file, text := range map[string][]byte{path: text, filepath.Join(dir, "catalogue.rules.yml"): rulesText} {
				if err := os.WriteFile(file, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if out, err := promtool(t, "test", "rules", path); err != nil {
				t.Errorf("promtool: %v\n%s", err, out)
			}
			if r := ruletest.Run(t.Context(), path, ruletest.Options{}); !r.OK() || len(r.Warnings) > 0 {
				t.Errorf("ruletest: %v %v %v", r.Err, r.Warnings, r.Tests)
			}
			keeps(t, only, text)
		})
	}
}

// named returns the groups with the rules of one name alone, as evaluating all
// of them for each takes long.
func named(groups []rules.Group, name string, left map[string]bool) []rules.Group {
	var only []rules.Group
	for _, g := range groups {
		g.Rules = slices.DeleteFunc(slices.Clone(g.Rules), func(r *rules.Rule) bool {
			// The other jobs have no data in any of the tests.
			return r.Name != name || r.Job != "" && r.Job != "etl"
		})
		if len(g.Rules) > 0 {
			only = append(only, g)
		}
	}
	return only
}

// keeps holds alertd's own evaluation to the three cases of a file: at the last
// moment of `fires` and `missing` the alert is there, at that of `clears` not.
func keeps(t *testing.T, groups []rules.Group, text []byte) {
	t.Helper()
	var file cases
	if err := yaml.Load(text, &file); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"fires": true, "clears": false, "missing": true}
	for _, test := range file.Tests {
		fires, known := want[test.Name]
		if !known {
			continue
		}
		delete(want, test.Name)
		load := "load 1m"
		for _, s := range test.Series {
			load += "\n  " + s.Series + " " + s.Values
		}
		var end time.Duration
		for _, a := range test.Alerts {
			end = max(end, time.Duration(a.At))
		}
		for _, e := range test.Exprs {
			end = max(end, time.Duration(e.At))
		}
		if got := firingAt(t, groups, load, end); got != fires {
			t.Errorf("%s: at %s alertd has it firing: %t, want %t", test.Name, end, got, fires)
		}
	}
	for missing := range want {
		t.Errorf("there is no test named %s", missing)
	}
}

// firingAt evaluates the groups every minute until end, with their evidence, and
// tells whether an alert fires then.
func firingAt(t *testing.T, groups []rules.Group, load string, end time.Duration) bool {
	t.Helper()
	p := newPrometheus(t, load)
	active := map[string][]alert.Alert{}
	for at := time.Duration(0); at <= end; at += time.Minute {
		for _, g := range groups {
			for _, r := range g.Rules {
				active[r.ID] = p.watch(t, r, active[r.ID], time.Unix(0, 0).UTC().Add(at)).Active
			}
		}
	}
	for _, alerts := range active {
		if slices.ContainsFunc(alerts, func(a alert.Alert) bool { return a.State == alert.Firing }) {
			return true
		}
	}
	return false
}
