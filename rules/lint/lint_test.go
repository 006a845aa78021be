package lint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertd/internal/invalid"
	"alertd/rules"
	"alertd/rules/lint"
)

func nowhere(string, int) invalid.Finding { return invalid.Finding{} }

// found returns the names of the checks that find something in an alert of that
// expression, which is described well and fires after five minutes.
func found(t *testing.T, expr string) string {
	t.Helper()
	r := lint.Rule{
		Alert: "A", Expr: expr, For: 5 * time.Minute, Where: nowhere,
		Labels: map[string]string{"severity": "warning"}, Annotations: map[string]string{"summary": "x", "runbook_url": "x"},
	}
	if _, err := rules.NewParser().ParseExpr(expr); err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	var names []string
	for _, f := range lint.CheckRule(r, lint.Options{ScrapeInterval: 15 * time.Second, Docker: true}) {
		names = append(names, f.Check)
	}
	return strings.Join(names, " ")
}

func TestExpressions(t *testing.T) {
	for expr, want := range map[string]string{
		// missing-comparison
		`up`:                                    "missing-comparison",
		`-up`:                                   "missing-comparison",
		`up == 0`:                               "",
		`0 == up`:                               "",
		`up == bool 0`:                          "missing-comparison",
		`(up == bool 0) == 1`:                   "",
		`up > bool 0 > 0`:                       "",
		`count by (job) (up == 0)`:              "",
		`sum by (job) (up)`:                     "missing-comparison",
		`absent(up{job="x"})`:                   "",
		`up unless on (instance) x`:             "",
		`up and on (instance) x`:                "missing-comparison",
		`up and on (instance) x > 0`:            "",
		`up == 0 or x`:                          "missing-comparison",
		`up == 0 or x > 1`:                      "",
		`rate(errors_total[5m])`:                "missing-comparison",
		`max_over_time((up == 0)[5m:1m])`:       "",
		`(up == 0) * on (instance) x`:           "",
		`vector(1)`:                             "",
		`1`:                                     "",
		`ALERTS{alertname="X"}`:                 "",
		`count(ALERTS{alertname="X"})`:          "",
		`time() - x > 5`:                        "",
		`label_replace(up, "a", "b", "c", "d")`: "missing-comparison",

		// impossible-match
		`up == on (instance) sum by (job) (up)`:                                                  "impossible-match",
		`sum(x) / on (instance) y > 1`:                                                           "impossible-match",
		`x / sum(y) > 1`:                                                                         "impossible-match",
		`x / ignoring (instance, job) sum(y) > 1`:                                                "",
		`x / on () group_left () sum(y) > 1`:                                                     "",
		`x / scalar(sum(y)) > 1`:                                                                 "",
		`sum by (a) (x) / sum by (b) (y) > 1`:                                                    "impossible-match",
		`sum by (a) (x) / ignoring (a, b) group_left () sum by (b) (y) > 1`:                      "",
		`sum by (a) (x) > 1 and sum(y) > 1`:                                                      "impossible-match",
		`sum by (a) (x) > 1 unless sum(y) > 1`:                                                   "impossible-match",
		`sum by (a) (x) > 1 or sum(y) > 1`:                                                       "",
		`sum by (a) (x) > 1 and on () sum(y) > 1`:                                                "",
		`x{job="a"} / y{job="b"} > 1`:                                                            "impossible-match",
		`x{job="a"} / ignoring (job) y{job="b"} > 1`:                                             "",
		`x{job="a"} / on (instance) y{job="b"} > 1`:                                              "",
		`x{l="a"} / y > 1`:                                                                       "",
		`x{l="a"} / y{l=""} > 1`:                                                                 "impossible-match",
		`x:sum / sum(y) > 1`:                                                                     "",
		`x / on (instance) group_left (v) sum by (instance) (y) > 1`:                             "dropped-label",
		`x / on (instance) group_left (v) sum by (instance, v) (y) > 1`:                          "",
		`label_replace(sum(x), "a", "b", "", "") / sum by (a) (y) > 1`:                           "",
		`count_values("v", x) == on (v) count by (v) (y)`:                                        "",
		`topk(3, x) / on (instance) x > 1`:                                                       "",
		`absent(x{job="a"}) and on (job) absent(y{job="a"})`:                                     "",
		`absent(x{job="a"}) and absent(y)`:                                                       "impossible-match",
		`histogram_quantile(0.9, sum by (le, a) (rate(x_bucket[5m]))) > on (le) sum by (le) (y)`: "impossible-match",
		`x / without_nothing > 1`:                                                                "",
		`sum without (instance) (x) / y > 1`:                                                     "impossible-match",

		// dropped-label
		`sum by (instance) (sum by (job) (x)) > 1`:                  "dropped-label",
		`sum by (instance) (sum without (instance) (x)) > 1`:        "dropped-label",
		`sum by (instance) (x * on (instance) group_left () y) > 1`: "",
		`sum by (le) (histogram_quantile(0.9, x)) > 1`:              "dropped-label",

		// ranges and types
		`rate(x_total[29s]) > 1`:                               "short-range",
		`rate(x_total[30s]) > 1`:                               "",
		`max_over_time(x[10s]) > 1`:                            "",
		`rate(node_memory_MemFree_bytes[5m]) > 1`:              "rate-on-gauge",
		`rate(node_network_receive_bytes[5m]) > 1`:             "",
		`rate(x_bytes_total[5m]) > 1`:                          "",
		`increase(job_last_success_timestamp_seconds[5m]) > 1`: "rate-on-gauge",
		`deriv(x_total[5m]) > 1`:                               "gauge-function-on-counter",
		`deriv(x[5m]) > 1`:                                     "",
		`rate(sum(x)[5m:1m]) > 1`:                              "rate-of-aggregate",
		`rate((avg(x))[5m:1m]) > 1`:                            "rate-of-aggregate",
		`changes(max by (name) (x)[5m:1m]) > 1`:                "",

		// containers
		`container_memory_rss{name!=""} > 1`:                                       "container-id-label",
		`container_memory_rss / container_spec_memory_limit_bytes > 1`:             "container-id-label unguarded-limit",
		`container_memory_rss{pod!=""} > 1`:                                        "kubernetes-only",
		`sum by (pod) (container_memory_rss) > 1`:                                  "kubernetes-only",
		`sum by (name) (container_memory_rss) > 1`:                                 "",
		`kube_pod_info == 0`:                                                       "kubernetes-only",
		`x / (redis_memory_max_bytes > 0) > 1`:                                     "",
		`x / redis_memory_max_bytes > 1 and redis_memory_max_bytes > 0`:            "",
		`x / redis_memory_max_bytes < +Inf > 1`:                                    "",
		`sum by (instance) (x) / max by (instance) (redis_memory_max_bytes) > 0.9`: "unguarded-limit",
	} {
		if got := found(t, expr); got != want {
			t.Errorf("%s: found %q, want %q", expr, got, want)
		}
	}
}

func TestTemplates(t *testing.T) {
	at := func(expr, label, annotation string) string {
		r := lint.Rule{
			Alert: "A", Expr: expr, For: time.Minute,
			Labels:      map[string]string{"severity": "warning", "l": label},
			Annotations: map[string]string{"summary": annotation, "runbook_url": "x"},
			Where:       func(field string, offset int) invalid.Finding { return invalid.Finding{File: field, Line: offset} },
		}
		var all []string
		for _, f := range lint.CheckRule(r, lint.Options{}) {
			text := r.Annotations["summary"]
			if f.File == "labels.l" {
				text = label
			}
			all = append(all, f.Check+" "+text[f.Line:])
		}
		return strings.Join(all, "\n")
	}
	const expr = "sum by (job) (up) == 0"
	for text, want := range map[string]string{
		"{{ $labels.job }} {{ .Labels.job }} {{ $value }} {{ .Value | humanize }} {{ $externalURL }}": "",
		"{{ $labels.instance }}":                                             "template-label $labels.instance }}",
		"x {{ .Labels.instance }}":                                           "template-label .Labels.instance }}",
		`{{ index $labels "instance" }}`:                                     `template-label $labels "instance" }}`,
		"{{ $.Labels.instance }}":                                            "template-label $.Labels.instance }}",
		"{{ with $labels.job }}{{ .Foo }}{{ end }}":                          "",
		"{{ if $labels.job }}{{ .Foo }}{{ end }}":                            "template-field .Foo }}{{ end }}",
		"{{ range query \"up\" }}{{ .Labels.instance }}{{ end }}":            "",
		"{{ range query \"up\" }}{{ . | value }}{{ else }}{{ .V }}{{ end }}": "template-field .V }}{{ end }}",
		"{{ $x := $labels.job }}{{ $x.Foo }}":                                "",
		"{{ printf \"%s\" (index $labels \"instance\") }}":                   "template-label $labels \"instance\") }}",
		"{{ .": "",
	} {
		if got := at(expr, "x", text); got != want {
			t.Errorf("%s: found %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"{{ $labels.job }}": "", "{{ $value }}": "changing-label $value }}", "{{ if gt .Value 3.0 }}a{{ end }}": "changing-label .Value 3.0 }}a{{ end }}",
		`{{ query "up" | first | value }}`: `changing-label query "up" | first | value }}`,
	} {
		if got := at(expr, text, "x"); got != want {
			t.Errorf("label %s: found %q, want %q", text, got, want)
		}
	}
}

// TestCollectedRules: what is found in rules of the kind that people have is
// what is wrong with them, and nothing else.
func TestCollectedRules(t *testing.T) {
	for file, want := range map[string][]string{
		"testdata/node.rules.yml": nil,
		"testdata/collected.rules.yml": {
			"14:79 template-label", "36:15 absent-without-for", "68:24 container-id-label", "82:92 unguarded-limit",
		},
		"../../monitoring/rules/example.rules.yml": nil,
	} {
		var got []string
		for _, f := range lint.New(lint.Options{ScrapeInterval: 15 * time.Second}).Read(file).Findings(nil) {
			if f.Severity > invalid.Info {
				got = append(got, strings.TrimPrefix(f.String(), file+":")[:5]+" "+f.Check)
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: found\n%s\nwant\n%s", file, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestOwnRulesAreClean: the rules that come with alertd pass all of its checks.
func TestOwnRulesAreClean(t *testing.T) {
	for _, f := range lint.New(lint.Options{ScrapeInterval: 15 * time.Second, Docker: true}).Read("../../monitoring/rules/example.rules.yml").Findings(nil) {
		t.Error(f.Tagged())
	}
	on := true
	spec := rules.Spec{
		Cron: []rules.CronJob{{Name: "etl"}, {Name: "backup", Schedule: "30 4 * * *", Timezone: "Europe/Paris"}},
		Resources: rules.Resources{HostCatalogue: rules.HostCatalogue{
			Load: rules.Level{Enabled: &on}, Swap: rules.Saturation{Enabled: &on}, MemoryPressure: rules.Saturation{Enabled: &on},
			IOPressure: rules.Saturation{Enabled: &on}, CPUPressure: rules.Saturation{Enabled: &on}, DiskIO: rules.Level{Enabled: &on},
			NetworkErrors: rules.Saturation{Enabled: &on},
		}},
		Containers: rules.Containers{Expect: []string{"api"}},
		Interval:   15 * time.Second, MissingFor: 5 * time.Minute, Runbooks: "https://example.com",
	}
	spec.Resources.DiskFill.Enabled, spec.Resources.Clock.Enabled = &on, &on
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, g := range groups {
		for _, r := range g.Rules {
			count++
			// What fires at once by itself waits in the expression, or by its deadline.
			one := lint.Rule{Alert: r.Name, Expr: r.Expr(time.Unix(1e9, 0)), For: r.For, Interval: g.Interval, Labels: texts(r.Labels), Annotations: texts(r.Annotations), Where: nowhere}
			for _, f := range lint.CheckRule(one, lint.Options{ScrapeInterval: 15 * time.Second, Docker: true}) {
				t.Errorf("%s: %s: %s\n%s", r.ID, f.Check, f.Problem, one.Expr)
			}
		}
	}
	if count < 20 {
		t.Errorf("only %d rules looked at", count)
	}
}

func texts(templates []rules.Template) map[string]string {
	out := map[string]string{}
	for _, t := range templates {
		out[t.Name] = t.Text
	}
	return out
}

// TestErrorsAreThoseOfPromtool: of rule files, only what promtool rejects is an
// error. rules.TestCheckFileParity holds the mistakes to promtool's verdicts.
func TestErrorsAreThoseOfPromtool(t *testing.T) {
	files, err := filepath.Glob("../testdata/check/*.yml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, path := range files {
		failed := false
		for _, f := range lint.New(lint.Options{ScrapeInterval: time.Hour, Docker: true}).Read(path).Findings(nil) {
			failed = failed || f.Severity == invalid.Error
		}
		if want := strings.HasPrefix(filepath.Base(path), "fail-"); failed != want {
			t.Errorf("%s: errors %t, promtool's %t", path, failed, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, name := range []string{"pass-anchor.yml", "pass-all-fields.yml", "pass-second-document.yml", "fail-template.yml"} {
		text, err := os.ReadFile("../testdata/check/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("groups: [{name: g, rules: [{alert: A, expr: 'sum(x) / on (a) group_left (b) y', labels: {l: '{{ $value }}'}}]}] # alertctl disable x")
	f.Add("groups:\n- name: g\n  rules:\n  # alertctl disable y\n  - record: r\n    expr: |\n      rate(sum by (a) (x{id!=\"\"})[5m:]) - ignoring (a) absent(y{b=\"c\"})\n")
	f.Fuzz(func(t *testing.T, text string) {
		file := lint.New(lint.Options{ScrapeInterval: time.Minute, Docker: true}).Text("a.yml", []byte(text))
		file.Policy(rules.Keep)
		for _, r := range file.Rules {
			r.Selections()
			r.LabelUses()
			r.RangeUses()
		}
		for _, one := range file.Findings(nil) {
			if one.Line < 1 || one.Column < 1 || one.Check == "" || one.Problem == "" {
				t.Errorf("an incomplete finding %+v", one)
			}
		}
	})
}

func FuzzRule(f *testing.F) {
	for _, expr := range []string{
		"sum(x) / on (a) group_left (b) y > 1", "absent(x{a='b'}) unless vector(1)", "label_replace(x, 'a', 'b', 'c', 'd') and topk(3, y)",
		"histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))", "count_values('v', x) or -time() > bool 3", "increase(sum(x)[5m:1m] offset 5m) @ 3",
		"container_memory_rss / container_spec_memory_limit_bytes", "quantile(scalar(x), y)", "x - ignoring (a) group_right () y",
	} {
		f.Add(expr, "{{ with $labels.a }}{{ .b }}{{ else }}{{ $.Value }}{{ end }}")
	}
	f.Add("up == 0", `{{ range query "x" }}{{ index $labels "a" | f }}{{ end }}{{ define "t" }}{{ .X }}{{ end }}`)
	f.Fuzz(func(t *testing.T, expr, template string) {
		r := lint.Rule{Alert: "A", Expr: expr, Labels: map[string]string{"a": template}, Annotations: map[string]string{"b": template}}
		r.Where = func(field string, offset int) invalid.Finding {
			text := map[string]string{"expr": expr, "alert": "A", "labels.a": template, "annotations.b": template}[field]
			if offset < 0 || offset > len(text) {
				t.Errorf("byte %d of %s, %q", offset, field, text)
			}
			return invalid.Finding{}
		}
		lint.CheckRule(r, lint.Options{ScrapeInterval: time.Minute, Docker: true})
		r.Selections()
		r.LabelUses()
		r.RangeUses()
	})
}
