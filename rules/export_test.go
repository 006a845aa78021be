package rules_test

import (
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"alertd/rules"
)

// catalogue is every built-in rule, with one job that has a schedule and one
// that has none.
func catalogue() rules.Spec {
	spec := everything()
	spec.Cron = []rules.CronJob{
		{Name: "etl", MaxAge: duration(time.Hour), MaxRuntime: model.Duration(10 * time.Minute), MinRuntime: model.Duration(time.Minute), NoOverlap: true},
		{Name: "flaky", Failures: 3},
		{Name: "nightly", Schedule: "@daily"},
	}
	return spec
}

// export writes the catalogue as a rule file and returns what it leaves out, by
// group and name.
func export(t *testing.T, path string) (groups []rules.Group, left map[string]bool) {
	t.Helper()
	groups, err := catalogue().Compile()
	if err != nil {
		t.Fatal(err)
	}
	text, leftOut, err := rules.Export(groups)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	left = map[string]bool{}
	for _, l := range leftOut {
		left[l.String()] = true
		if !strings.Contains(string(text), "# "+l.String()+" is not here: "+l.Why) {
			t.Errorf("no comment stands for %s", l)
		}
	}
	return groups, left
}

func promtool(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	binary, err := filepath.Abs("../test/tools/bin/promtool")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("there is no promtool (%v): run make tools", err)
	}
	return exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
}

// Names are not read as YAML, wherever they are written.
func TestExportNames(t *testing.T) {
	const hostile = "x\n      - alert: Injected\n        expr: vector(1)\n\u0085\u2028\r---\n"
	spec := cronSpec(
		rules.CronJob{Name: hostile, Prefix: "x", Schedule: "@daily"},
		rules.CronJob{CronSource: rules.CronSource{Discover: "{__name__=~\".+_last_run_status\", a=\"\u2028\"\n}"}, Failures: 2},
	)
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	text, left, err := rules.Export(groups)
	if err != nil || len(left) == 0 {
		t.Fatalf("%d rules are left out: %v", len(left), err)
	}
	path := filepath.Join(t.TempDir(), "names.rules.yml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := promtool(t, "check", "rules", path); err != nil {
		t.Errorf("promtool check rules: %v\n%s\n%s", err, out, text)
	}
	back, err := rules.LoadFiles([]rules.FileSpec{{Path: path}}, rules.FileOptions{Interval: time.Hour, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range back {
		for _, r := range g.Rules {
			if r.Name == "Injected" {
				t.Errorf("a name became a rule:\n%s", text)
			}
		}
	}
}

// TestExport: promtool takes the file, and read back it has the same rules.
func TestExport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.rules.yml")
	groups, left := export(t, path)
	if out, err := promtool(t, "check", "rules", "--lint=all", "--lint-fatal", path); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
	if want := map[string]bool{"CronMissed of nightly": true, "CronNeverRan of nightly": true, "CronFailed of flaky": true}; !maps.Equal(left, want) {
		t.Errorf("left out are %v, want %v", left, want)
	}
	back, err := rules.LoadFiles([]rules.FileSpec{{Path: path}}, rules.FileOptions{Interval: time.Hour, Logger: slog.New(slog.DiscardHandler)})
	if err != nil || len(back) != len(groups) {
		t.Fatalf("%d groups, want %d: %v", len(back), len(groups), err)
	}
	for i, g := range groups {
		if back[i].Interval != g.Interval || back[i].Name != path+";"+g.Name {
			t.Errorf("group %s comes back as %s, every %s", g.Name, back[i].Name, back[i].Interval)
		}
		read := back[i].Rules
		for _, r := range g.Rules {
			if left[(rules.LeftOut{Name: r.Name, Job: r.Job}).String()] {
				continue
			}
			wait := r.For
			if r.Deadline != nil {
				wait = r.Deadline(time.Time{}).Sub(time.Time{})
			}
			same := read[0].Name == r.Name && read[0].Expr(time.Time{}) == r.Expr(time.Time{}) && read[0].For == wait &&
				slices.Equal(read[0].Labels, r.Labels) && slices.Equal(read[0].Annotations, portable(r.Annotations))
			if !same {
				t.Errorf("%s comes back as %+v", r.ID, read[0])
			}
			read = read[1:]
		}
	}
}

// portable returns annotations as far as Prometheus's own templates can say them.
func portable(annotations []rules.Template) []rules.Template {
	out := slices.Clone(annotations)
	for i := range out {
		out[i].Text, _, _ = strings.Cut(out[i].Text, "{{/* when its host was down */}}")
	}
	return out
}

// Without any rule the file is still one that Prometheus takes.
func TestExportNothing(t *testing.T) {
	text, left, err := rules.Export(nil)
	if err != nil || len(left) > 0 {
		t.Fatalf("%v, left out %v", err, left)
	}
	path := filepath.Join(t.TempDir(), "none.yml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := promtool(t, "check", "rules", path); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
}
