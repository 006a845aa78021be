package configlint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertd/internal/config"
	"alertd/internal/configlint"
	"alertd/notifier"
	"alertd/notifier/slack"
	"alertd/notifier/webhook"
)

func now() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// found returns what is found in a configuration, as "line:column check".
func found(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alertd.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, config.Options{Kinds: []notifier.Kind{webhook.Kind(), slack.Kind()}, Environ: []string{}})
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	groups, err := cfg.Rules().Compile()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range configlint.Check(cfg, groups, []string{"alert-count"}, now()) {
		if f.Problem == "" || f.Mend == "" || f.File != path || f.Quote == "" {
			t.Errorf("an incomplete finding %+v", f)
		}
		all = append(all, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Check))
	}
	return strings.Join(all, "\n")
}

const receivers = `receivers:
- {name: a, webhook_configs: [{url: "http://127.0.0.1:1/"}]}
- {name: b, webhook_configs: [{url: "http://127.0.0.1:2/"}]}
- {name: "null"}
`

// Each tree of routes is that of one route at the top, from line 5 on, to which
// the others are listed.
func TestRoutes(t *testing.T) {
	for name, test := range map[string]struct{ routes, want string }{
		"nothing wrong":            {"- {matchers: [x=1], receiver: b}\n- {receiver: 'null', matchers: [x=2]}", ""},
		"behind one for all":       {"- {receiver: b}\n- {matchers: [x=1], receiver: 'null'}", "9:5 unreachable-route"},
		"behind, with continue":    {"- {receiver: b, continue: true}\n- {matchers: [x=1], receiver: 'null'}", ""},
		"behind the same":          {"- {matchers: [x=1], receiver: b}\n- {matchers: [x=1, y=2], receiver: 'null'}", "9:5 unreachable-route"},
		"behind a regexp":          {"- {match_re: {x: '1|2'}, receiver: b}\n- {match: {x: '2'}, receiver: 'null'}", "9:5 unreachable-route"},
		"behind a narrower one":    {"- {matchers: [x=1, y=2], receiver: b}\n- {matchers: [x=1], receiver: 'null'}", ""},
		"behind another value":     {"- {matchers: [x!=1], receiver: b}\n- {matchers: [x=1], receiver: 'null'}", ""},
		"behind what it is not":    {"- {matchers: [x!=1], receiver: b}\n- {matchers: [x=3], receiver: 'null'}", "9:5 unreachable-route"},
		"within its parent":        {"- {matchers: [x=1], receiver: b, routes: [{matchers: [x=1]}, {matchers: [y=1], receiver: 'null'}]}", "8:64 unreachable-route"},
		"two values":               {"- {matchers: [x=1, x=2], receiver: b}\n- {matchers: [y=1], receiver: 'null'}", "8:5 contradictory-matchers"},
		"value and its negation":   {"- {matchers: [x=1, x!=1], receiver: b}\n- {matchers: [y=1], receiver: 'null'}", "8:5 contradictory-matchers"},
		"value and regexp":         {"- {matchers: ['x=~2|3', x=1], receiver: b}\n- {matchers: [y=1], receiver: 'null'}", "8:5 contradictory-matchers"},
		"value and its regexp":     {"- {matchers: ['x=~1|3', x=1], receiver: b}\n- {matchers: [y=1], receiver: 'null'}", ""},
		"unused":                   {"- {matchers: [x=1], receiver: b}", "4:10 unused-receiver"},
		"severity that nobody has": {"- {matchers: [severity=page], receiver: b}\n- {matchers: [x=1], receiver: 'null'}", "8:5 matcher-without-alert"},
		"severities, one known":    {"- {matchers: ['severity=~page|critical'], receiver: b}\n- {matchers: [x=1], receiver: 'null'}", ""},
		"alertd's own alert":       {"- {matchers: [alertname=PrometheusUnreachable], receiver: b}\n- {matchers: [x=1], receiver: 'null'}", ""},
		"no such alert":            {"- {matchers: [alertname=Nosuch], receiver: b}\n- {matchers: [x=1], receiver: 'null'}", "8:5 matcher-without-alert"},
	} {
		t.Run(name, func(t *testing.T) {
			text := receivers + "route:\n  receiver: a\n  routes:\n  " + strings.ReplaceAll(test.routes, "\n", "\n  ") + "\ncron: [{name: etl}]\n"
			if got := found(t, text); got != test.want {
				t.Errorf("found\n%s\nwant\n%s\nin\n%s", got, test.want, text)
			}
		})
	}
}

func TestInhibitionAndIntervals(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"nothing wrong":            {"inhibit_rules: [{source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [instance]}]", ""},
		"both sides are the same":  {"inhibit_rules:\n- {source_matchers: [severity=warning], target_match: {severity: warning}}", "3:3 inhibit-rule-without-effect"},
		"without matchers":         {"inhibit_rules:\n- {equal: [instance]}", "3:3 inhibit-rule-without-effect"},
		"source and more is fine":  {"inhibit_rules: [{source_matchers: [a=1, b=1], target_matchers: [a=1]}]", ""},
		"a source that cannot be":  {"inhibit_rules:\n- {source_matchers: [a=1, a=2], target_matchers: [b=1]}", "3:3 inhibit-rule-without-effect"},
		"a target that cannot be":  {"inhibit_rules:\n- {source_matchers: [a=1], target_matchers: [b=1], target_match_re: {b: x}}", "3:3 inhibit-rule-without-effect"},
		"a source that nobody has": {"inhibit_rules:\n- {source_matchers: [alertname=Nosuch], target_matchers: [b=1]}", "3:3 matcher-without-alert"},
		"an unused interval":       {"time_intervals:\n- {name: x, time_intervals: []}\n- {name: y, time_intervals: []}\nreceivers: [{name: a, slack_configs: [{api_url: https://hooks.slack.com/services/T/B/x}]}]\nroute: {receiver: a, routes: [{matchers: [x=1], mute_time_intervals: [y]}]}", "3:10 unused-time-interval"},
	} {
		t.Run(name, func(t *testing.T) {
			text := "cron: [{name: etl}]\n" + test.text + "\n"
			if got := found(t, text); got != test.want {
				t.Errorf("found\n%s\nwant\n%s\nin\n%s", got, test.want, text)
			}
		})
	}
}

func TestAlertsThatReachNobody(t *testing.T) {
	for name, test := range map[string]struct{ route, want string }{
		"the default tells nobody":  {"{receiver: 'null', routes: [{matchers: [severity=critical], receiver: a}]}", "3:10 unused-receiver\n5:1 alert-reaches-nobody"},
		"all are taken":             {"{receiver: 'null', routes: [{matchers: ['severity=~\"critical|warning\"'], receiver: a, continue: true}, {matchers: [x=1], receiver: b}]}", ""},
		"perhaps taken":             {"{receiver: 'null', routes: [{matchers: [team=ops], receiver: a}, {matchers: [x=1], receiver: b}]}", ""},
		"sent to null on purpose":   {"{receiver: a, routes: [{matchers: [severity=critical], receiver: 'null'}, {matchers: [x=1], receiver: b}]}", ""},
		"inherited from the parent": {"{receiver: a, routes: [{matchers: [severity=critical], receiver: b, routes: [{matchers: [cron_job=etl]}, {matchers: [x=1], receiver: 'null'}]}]}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := found(t, receivers+"route: "+test.route+"\ncron: [{name: etl}]\n"); got != test.want {
				t.Errorf("found\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestComments(t *testing.T) {
	const job = "cron:\n- name: etl\n  schedule: 30 2 * * *\n  timezone: Europe/Paris\n- name: two\n  schedule: 40 2 * * *\n  timezone: Europe/Paris\n"
	for name, test := range map[string]struct{ text, want string }{
		"without":              {job, "3:13 schedule-in-clock-shift\n6:13 schedule-in-clock-shift"},
		"for the file":         {"# alertctl disable-file schedule-in-clock-shift\n" + job, ""},
		"above the entry":      {strings.Replace(job, "- name: etl", "# alertctl disable schedule-in-clock-shift # known\n- name: etl", 1), "7:13 schedule-in-clock-shift"},
		"on the line":          {strings.Replace(job, "30 2 * * *", "30 2 * * *  # alertctl disable schedule-in-clock-shift", 1), "6:13 schedule-in-clock-shift"},
		"above the section":    {"# alertctl disable schedule-in-clock-shift\n" + strings.ReplaceAll(job, "\n-", "\n -"), ""},
		"unused":               {"# alertctl disable-file unused-receiver\ncron: [{name: etl}]\n", "1:25 unused-disable"},
		"unknown":              {"# alertctl disable-file nosuch\ncron: [{name: etl}]\n", "1:25 unknown-disable"},
		"of rules and of live": {"# alertctl disable-file alert-count missing-comparison\ncron: [{name: etl}]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := test.text
			if name == "above the section" {
				text = strings.ReplaceAll(text, "\n  ", "\n   ")
			}
			if got := found(t, text); got != test.want {
				t.Errorf("found\n%s\nwant\n%s\nin\n%s", got, test.want, text)
			}
		})
	}
}

// The quoted line is masked like that of any mistake.
func TestNoSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alertd.yml")
	text := "receivers: [{name: a, slack_configs: [{api_url: https://hooks.slack.com/services/T/B/hunter2}]}, {name: b}] # alertctl disable nosuch\nroute: {receiver: a}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, config.Options{Kinds: []notifier.Kind{slack.Kind()}, Environ: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	all := configlint.Check(cfg, nil, nil, now())
	if len(all) != 2 {
		t.Errorf("found %q", all)
	}
	for _, f := range all {
		if strings.Contains(f.Tagged(), "hunter2") {
			t.Errorf("a secret is told: %s", f.Tagged())
		}
	}
}
