package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertd/internal/check"
	"alertd/internal/invalid"
)

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// checked runs Check on a configuration of that text, beside files of those texts.
func checked(t *testing.T, text string, files map[string]string) check.Report {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		writeFile(t, filepath.Join(dir, name), content)
	}
	path := writeFile(t, filepath.Join(dir, "alertd.yml"), text)
	report, err := Check(t.Context(), check.Request{Config: path, Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range report.Findings {
		report.Findings[i].File = filepath.Base(report.Findings[i].File)
	}
	return report
}

func lines(report check.Report) string {
	var b strings.Builder
	for _, f := range report.Findings {
		f.Quote = ""
		b.WriteString(f.Tagged() + "\n")
	}
	return b.String()
}

func TestCheckTellsEveryMistake(t *testing.T) {
	report := checked(t, "rout: x\ncro: y\ntimezone: Nowhere\n", nil)
	if len(report.Findings) != 3 || report.Summary != "" {
		t.Fatalf("not three findings: %q", report.Findings)
	}
	first := report.Findings[0]
	if first.String() != "alertd.yml:1:1: unknown key rout: did you mean route?\n    rout: x\n    ^" || first.Severity != invalid.Error {
		t.Errorf("the first is %q", first)
	}
}

// What is wrong with the configuration and with its rule files is told at once.
func TestCheckTellsConfigAndRulesTogether(t *testing.T) {
	got := lines(checked(t, "rout: x\nrule_files: [a.yml]\n", map[string]string{
		"a.yml": "groups: [{name: g, rules: [{alert: A, expr: 'up ==', for: 5m}]}]\n",
	}))
	for _, want := range []string{"alertd.yml:1:1: error: unknown key rout", "a.yml:1:50: error: group \"g\", rule 1, \"A\": could not parse expression: unexpected end of input [invalid-promql]"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	got = lines(checked(t, "rule_files: [a.yml]\n", map[string]string{
		"a.yml": "groups: [{name: g, rules: [{alert: A, expr: up, for: soon}]}]\n",
	}))
	if strings.Count(got, "soon") != 1 || !strings.Contains(got, "a.yml:1:54: error: ") {
		t.Errorf("a mistake of the rule file is not told once, with its place:\n%s", got)
	}
}

// A receiver's own templates are parsed, so that a mistake is not found by the
// first alert.
func TestCheckTellsOfInlineTemplates(t *testing.T) {
	for name, receiver := range map[string]string{
		"slack":   "slack_configs: [{api_url: 'https://hooks.slack.com/services/T/B/X',\n  title: '{{ .Status'}]",
		"nested":  "slack_configs: [{api_url: 'https://hooks.slack.com/services/T/B/X', fields: [{title: a,\n  value: '{{ nosuch }}'}]}]",
		"discord": "discord_configs: [{webhook_url: 'https://discord.com/api/webhooks/1/x',\n  message: '{{ if }}'}]",
		"email":   "email_configs: [{to: a@example.com, from: b@example.com, smarthost: 'localhost:25',\n  headers: {Subject: '{{ end }}'}}]",
	} {
		got := lines(checked(t, "receivers:\n- name: r\n  "+receiver+"\n", nil))
		if !strings.Contains(got, "alertd.yml:4:") || !strings.Contains(got, ": error: not a template: ") || !strings.Contains(got, "[invalid-config]") {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
	if got := lines(checked(t, "receivers:\n- name: r\n  slack_configs: [{api_url: 'https://hooks.slack.com/services/T/B/X', title: '{{ template \"mine\" . }} {{ .Status | toUpper }} {{ routeLabels \"x\" }}'}]\n", nil)); strings.Contains(got, "template") {
		t.Errorf("good templates are refused:\n%s", got)
	}
}

func TestCheckTellsWhatPatternsMatch(t *testing.T) {
	report := checked(t, "rule_files: ['[ab].yml', a.yml, nosuch.yml]\ntemplates: ['*.tmpl']\ncontainers: {expect: [x, y]}\n", map[string]string{"a.yml": "groups: []", "b.yml": "groups: []"})
	for _, want := range []string{"[ab].yml, 2 files\n", "/a.yml, 1 file\n", "nosuch.yml matches no file\n", "*.tmpl matches no file\n", "ContainerGone (2)"} {
		if !strings.Contains(report.Summary, want) {
			t.Errorf("no %q in\n%s", want, report.Summary)
		}
	}
	if got := lines(report); strings.Count(got, "[pattern-without-files]") != 2 || !strings.Contains(got, "alertd.yml:1:33: warning: ") || !strings.Contains(got, "alertd.yml:2:13: warning: ") {
		t.Errorf("findings\n%s", got)
	}
}

// on_missing needs evidence, which not every expression shows.
func TestCheckTellsOfVainOnMissing(t *testing.T) {
	files := map[string]string{"a.yml": "# alertctl disable-file missing-severity missing-summary missing-runbook missing-comparison\ngroups: [{name: g, rules: [{alert: A, expr: up == 0}, {alert: B, expr: up}]}]\n"}
	const want = "a.yml:2:72: warning: on_missing: keep has no effect: the expression does not show what a healthy B looks like, so missing data ends the alert: end the expression in a comparison with a number, or put the rule into a file without on_missing [on-missing-without-evidence]\n"
	if got := lines(checked(t, "rule_files: [{path: a.yml, on_missing: keep}]\n", files)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := lines(checked(t, "rule_files: [a.yml]\n", files)); got != "" {
		t.Errorf("got\n%s", got)
	}
}

func TestCheckTellsOfCronJobs(t *testing.T) {
	summary := checked(t,
		"cron: [{name: etl}, {name: sync, source: supercronic}, {discover: true}, {discover: 'crontab_failed{name!=\"x\"}', source: cron-manager}]\n", nil).Summary
	want := `Cron jobs: 4
  etl
  sync, source supercronic
  all that are found by {__name__=~".+_last_run_status"}
  all that are found by crontab_failed{name!="x"}, source cron-manager
`
	if !strings.Contains(summary, want) {
		t.Errorf("no\n%s in\n%s", want, summary)
	}
	if group := "  cron: CronFailed (4), CronStale (4), CronNeverRan (4), NoData (4)\n"; !strings.Contains(summary, group) {
		t.Errorf("no\n%s in\n%s", group, summary)
	}
}

// A recording rule, which is evaluated where there is no Prometheus, raises no
// alert: it needs no route, and no route can be for it.
func TestCheckKnowsThatRecordingRulesRaiseNoAlerts(t *testing.T) {
	files := map[string]string{"load.rules.yml": "groups:\n- name: load\n  rules:\n  - {record: load:max, expr: max(node_load1)}\n"}
	const head = "rule_files: [load.rules.yml]\nreceivers: [{name: nobody}, {name: team, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]\n"
	for name, test := range map[string]struct{ routes, want string }{
		"a route for all alerts but it": {`route: {receiver: nobody, routes: [{matchers: ['alertname!="load:max"'], receiver: team}]}`, ""},
		"a route for it":                {`route: {receiver: team, routes: [{matchers: ['alertname="load:max"'], receiver: team}]}`, "matcher-without-alert"},
	} {
		t.Run(name, func(t *testing.T) {
			var ids []string
			for _, f := range checked(t, head+test.routes+"\n", files).Findings {
				if f.Check != "unused-receiver" {
					ids = append(ids, f.Check)
				}
			}
			if got := strings.Join(ids, " "); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// A label that Prometheus takes and alertd does not is an error here, told once.
func TestCheckPolicy(t *testing.T) {
	files := map[string]string{"a.yml": "# alertctl disable-file missing-severity missing-summary missing-runbook\ngroups: [{name: g, rules: [{alert: A, expr: up == 0, labels: {on_missing: kepp}}]}]\n"}
	report := checked(t, "rule_files: [a.yml]\n", files)
	if len(report.Findings) != 1 || report.Findings[0].Check != "invalid-on-missing" || report.Findings[0].Severity != invalid.Error {
		t.Errorf("not one error of invalid-on-missing: %q", lines(report))
	}
}
