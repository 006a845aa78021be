package notifytest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"alertd/internal/app"
	"alertd/internal/notifytest"
	"alertd/internal/rehearsal"
	"alertd/rules/ruletest"
)

const rulesFile = `
groups:
  - name: g
    rules:
      - {alert: Down, expr: up == 0, for: 1m, labels: {severity: critical}}
`

const configFile = `
route:
  receiver: chat
  group_by: [alertname]
  group_wait: 1m
  group_interval: 5m
  repeat_interval: 1h
receivers:
  - {name: chat, console_configs: [{}, {}]}
  - {name: mail, console_configs: [{send_resolved: false}]}
`

// tests have a down at 2m, firing from 3m until 10m, and b down at 5m, firing
// from 6m.
const tests = `
rule_files: [rules.yml]
tests:
  - name: two targets
    start_timestamp: 2026-03-01T12:00:00Z
    input_series:
      - {series: 'up{instance="a"}', values: '1 1 0x7 1x200'}
      - {series: 'up{instance="b"}', values: '1x4 0x200'}
  - name: quiet
    input_series: [{series: up, values: 1x20}]
  - name: twice
  - name: twice
`

func run(t *testing.T, text string, o notifytest.Options) ruletest.Result {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.test.yml")
	for name, text := range map[string]string{"rules.yml": rulesFile, "alertd.yml": configFile, "a.test.yml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.Load = app.Routes
	return notifytest.Run(t.Context(), path, o)
}

func TestNotifications(t *testing.T) {
	for name, c := range map[string]struct{ part, want string }{
		"as expected": {`
    - name: two targets
      until: 90m
      notifications:
        - {at: 4m, receiver: chat, reason: first notification, firing: [{instance: a}]}
        - {at: 9m, receiver: chat, firing: [{instance: b}, {severity: critical}]}
        - {at: 14m, receiver: chat, firing: [{}], resolved: [{instance: a}]}
        - {at: 74m, receiver: chat, reason: repeat interval elapsed, firing: [{instance: b}]}
    - {name: quiet, until: 20m}`, ""},
		"until the last moment named": {`
    - name: two targets
      notifications:
        - {at: 4m, receiver: chat, firing: [{instance: a}]}`, ""},
		"other than expected": {`
    - name: two targets
      until: 10m
      notifications:
        - {at: 4m, receiver: chat, firing: [{instance: b}]}
        - {at: 9m, receiver: mail, firing: [{}, {}]}
    - {name: quiet, until: 20m}`, `notifications: 2 expected, 2 got
  - 4m chat
  -     firing {instance="b"}
  + 4m chat: first notification
  +     firing {alertname="Down", instance="a", severity="critical"}
  + 9m chat: new alerts added
  +     firing {alertname="Down", instance="a", severity="critical"}
  +     firing {alertname="Down", instance="b", severity="critical"}
  - 9m mail
  -     firing {}
  -     firing {}`},
		"a silence and an outage": {`
    - name: two targets
      until: 60m
      silences: [{from: 0m, until: 20m, matchers: ['instance="a"']}]
      outages: [{receiver: chat, from: 5m, until: 30m}]
      notifications:
        - {at: 30m, receiver: chat, firing: [{instance: b}]}`, ""},
		"no config_file": {`-`, "a.test.yml:14:1: alertd's part needs a config_file"},
		"a test that is not there": {`
    - {name: two target}`, "a.test.yml:17:14: there is no test of that name above: did you mean two targets?"},
		"names that are no names": {`
    - {name: twice}
    - {name: quiet}
    - {name: quiet}
    - {}`, "two tests above have this name|this test has expectations already|which test this is about is not said"},
		"a receiver that is not there": {`
    - name: quiet
      notifications: [{at: 1m, receiver: chatt, firing: [{}]}, {at: 1m, firing: [{}]}]
      outages: [{receiver: x, from: 1m, until: 2m}]`, "there is no receiver chatt: did you mean chat?|a receiver is missing: the configuration has chat, mail|there is no receiver x"},
		"mistakes in what is expected": {`
    - name: quiet
      notification: []
      notifications: [{at: soon, receiver: chat}]
      silences: [{from: 2m, until: 1m, matchers: ['a=~"("']}, {until: 1m}]`, "did you mean notifications?|not a duration|a notification about nothing|until is not after from|error parsing regexp|a silence without matchers"},
	} {
		t.Run(name, func(t *testing.T) {
			text := tests + "---\nalertd:\n  config_file: alertd.yml\n  tests:" + c.part
			if c.part == "-" {
				text = tests + "---\nalertd: {tests: []}\n"
			}
			r := run(t, text, notifytest.Options{})
			if c.want == "" {
				if !r.OK() {
					t.Errorf("%v %v", r.Err, r.Tests)
				}
				return
			}
			said := ""
			if r.Err != nil {
				said = r.Err.Error()
			}
			for _, test := range r.Tests {
				for _, f := range test.Failures {
					said += f.String()
				}
			}
			for want := range strings.SplitSeq(c.want, "|") {
				if !strings.Contains(said, want) {
					t.Errorf("said\n%s\nwithout\n%s", said, want)
				}
			}
		})
	}
}

// Documents that are not alertd's stay unread, as they do in promtool; a
// configuration with mistakes fails the file.
func TestDocuments(t *testing.T) {
	if r := run(t, "# tests\n---"+tests+"\n---\n# nothing\n", notifytest.Options{}); !r.OK() || len(r.Warnings) != 0 || len(r.Tests) != 4 {
		t.Errorf("%+v", r)
	}
	if r := run(t, tests+"---\ntests: []\n", notifytest.Options{}); !r.OK() || len(r.Warnings) != 1 {
		t.Errorf("%+v", r)
	}
	if r := run(t, tests+"---\nalertd: {config_file: rules.yml}\n", notifytest.Options{}); r.Err == nil || !strings.Contains(r.Err.Error(), "unknown key") {
		t.Errorf("%v", r.Err)
	}
	if r := run(t, tests+"---\nalertd: {config_file: none.yml}\n", notifytest.Options{}); r.Err == nil || !strings.Contains(r.Err.Error(), "no such file") {
		t.Errorf("%v", r.Err)
	}
	only := notifytest.Options{Only: regexp.MustCompile("quiet")}
	if r := run(t, tests+"---\nalertd:\n  config_file: alertd.yml\n  tests: [{name: two targets, until: 9m}, {name: quiet}]\n", only); !r.OK() || len(r.Tests) != 1 {
		t.Errorf("%+v", r)
	}
}

// TestExample runs the example that the documentation speaks of.
func TestExample(t *testing.T) {
	r := notifytest.Run(t.Context(), "../../monitoring/rules/example.test.yml", notifytest.Options{Load: app.Routes})
	if !r.OK() || len(r.Tests) != 7 {
		t.Errorf("%v %v", r.Err, r.Tests)
	}
}

// FuzzPart: whatever stands in alertd's part, it is told and does not panic.
func FuzzPart(f *testing.F) {
	f.Add([]byte("  - {name: quiet, until: 5m, notifications: [{at: 4m, receiver: chat, firing: [{instance: a}]}]}"))
	f.Add([]byte("  - {name: two targets, silences: [{from: 1m, until: 2m, matchers: [a=b]}], outages: [{receiver: chat, from: 1m, until: 1h}]}"))
	dir := f.TempDir()
	for name, text := range map[string]string{"rules.yml": rulesFile, "alertd.yml": configFile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	setup, err := app.Routes(filepath.Join(dir, "alertd.yml"))
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, "a.test.yml")
	f.Fuzz(func(t *testing.T, part []byte) {
		if err := os.WriteFile(path, append([]byte(tests+"---\nalertd:\n  config_file: x\n  tests:\n"), part...), 0o600); err != nil {
			t.Fatal(err)
		}
		r := notifytest.Run(t.Context(), path, notifytest.Options{Load: func(string) (rehearsal.Setup, error) { return setup, nil }})
		if r.Err == nil && len(r.Tests) != 4 {
			t.Errorf("%+v", r)
		}
	})
}
