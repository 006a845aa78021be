package rules_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertd/rules"
)

func load(t *testing.T, text string, onMissing rules.OnMissing) ([]rules.Group, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.rules.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return rules.LoadFiles([]rules.FileSpec{{Path: path, OnMissing: onMissing}, {Path: path}}, rules.FileOptions{Interval: time.Minute, Logger: slog.New(slog.DiscardHandler)})
}

const ruleFile = `
groups:
  - name: disks
    interval: 30s
    query_offset: 10s
    limit: 7
    labels: {team: ops, severity: info}
    rules:
      - record: disk:ratio
        expr: a / b
      - alert: DiskFull
        expr: disk:ratio > 0.9
        for: 5m
        keep_firing_for: 1m
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.instance }} is full"}
      - alert: DiskFull
        expr: disk:ratio > 0.9
        labels: {severity: critical}
      - alert: Gone
        expr: disk:ratio
`

func TestLoadFiles(t *testing.T) {
	groups, err := load(t, ruleFile, rules.Keep)
	if err != nil {
		t.Fatal(err)
	}
	if len(groups) != 1 || len(groups[0].Rules) != 3 {
		t.Fatalf("groups %+v", groups)
	}
	g := groups[0]
	if g.Interval != 30*time.Second || g.QueryOffset != 10*time.Second {
		t.Errorf("group %+v", g)
	}
	r := g.Rules[0]
	if r.For != 5*time.Minute || r.KeepFiringFor != time.Minute || r.Limit != 7 || r.OnMissing != rules.Keep || r.Threshold != "> 0.9" {
		t.Errorf("rule %+v", r)
	}
	labels := map[string]string{}
	for _, l := range r.Labels {
		labels[l.Name] = l.Text
	}
	if labels["severity"] != "critical" || labels["team"] != "ops" {
		t.Errorf("labels %v", labels)
	}
	ids := map[string]bool{}
	for _, r := range g.Rules {
		ids[r.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("rules share an identity: %v", ids)
	}
	if gone := g.Rules[2]; gone.Evidence != nil || gone.OnMissing != rules.Resolve {
		t.Errorf("nothing can prove %s healthy, but missing data is to %s it", gone.Name, gone.OnMissing)
	}
}

func TestLoadFilesDefaultsToPrometheus(t *testing.T) {
	groups, err := load(t, ruleFile, "")
	if err != nil || groups[0].Rules[0].OnMissing != rules.Resolve {
		t.Errorf("error %v", err)
	}
}

func TestLoadFilesMistakes(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"PromQL":        {"groups: [{name: g, rules: [{alert: A, expr: 'x >'}]}]", "a.rules.yml"},
		"unknown key":   {"groups: [{name: g, rulez: []}]", "rulez"},
		"broken YAML":   {"groups: [", "a.rules.yml"},
		"unit":          {"groups: [{name: g, rules: [{alert: A, expr: x, for: 5 minutes}]}]", "5 minutes"},
		"double group":  {"groups: [{name: g}, {name: g}]", "g"},
		"bad template":  {"groups: [{name: g, rules: [{alert: A, expr: x, annotations: {s: '{{ .'}}]}]", "template"},
		"invalid label": {"groups: [{name: g, rules: [{alert: A, expr: x, labels: {__name__: y}}]}]", "__name__"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, test.text, "")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one about %q", err, test.want)
			}
		})
	}
}

func TestLoadFilesRefusesWhatNeverEnds(t *testing.T) {
	for _, path := range []string{"/dev/zero", t.TempDir()} {
		_, err := rules.LoadFiles([]rules.FileSpec{{Path: path}}, rules.FileOptions{Interval: time.Minute, Logger: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: error %v", path, err)
		}
	}
}

// Annotations that may change while the series' labels and value do not are
// expanded at every evaluation; the others are not, which spares their cost.
func TestChanging(t *testing.T) {
	for text, want := range map[string]bool{
		"plain labels, now or query":                     false,
		"{{ $value }} on {{ $labels.instance }}":         false,
		"{{ with .Labels.instance }}{{ . }}{{ end }}":    false,
		"{{ now | humanizeTimestamp }}":                  true,
		`{{ query "up" | first | value }}`:               true,
		"{{ $labels.__name__ }}":                         true,
		"{{ $labels }}":                                  true,
		"{{ range $k, $v := .Labels }}{{ $k }}{{ end }}": true,
	} {
		r := &rules.Rule{Annotations: []rules.Template{{Name: "a", Text: "{{ $value }}"}, {Name: "b", Text: text}}}
		if got := r.Changing(); got != want {
			t.Errorf("%s: changing %t, want %t", text, got, want)
		}
	}
}
