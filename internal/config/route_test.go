package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alertd/internal/alert"
	"alertd/notifier"
)

// told lists which receivers are told of an alert, grouped and timed how.
func toldOf(t *testing.T, tree *notifier.Route, labels ...string) []string {
	t.Helper()
	set := alert.LabelsFromStrings(labels...)
	var all []string
	for i, r := range tree.Match(set) {
		o := r.Options
		all = append(all, o.Receiver+" "+tree.Groups(set)[i].Labels.String()+" "+o.GroupWait.String()+" "+o.GroupInterval.String()+" "+o.RepeatInterval.String())
	}
	return all
}

func TestDefaultRoute(t *testing.T) {
	for _, c := range []struct {
		name, receivers string
		cron, other     []string
	}{
		{
			"one receiver", "receivers: [{name: ops, console_configs: [{}]}]",
			[]string{`ops {cron_job="etl"} 0s 0s 4h0m0s`},
			[]string{`ops {alertname="X"} 0s 0s 4h0m0s`},
		},
		{
			"every one of several", "receivers: [{name: ops, console_configs: [{}]}, {name: boss, console_configs: [{}]}, {name: archive}]",
			[]string{`ops {cron_job="etl"} 0s 0s 4h0m0s`, `boss {cron_job="etl"} 0s 0s 4h0m0s`, `archive {cron_job="etl"} 0s 0s 4h0m0s`},
			[]string{`ops {alertname="X"} 0s 0s 4h0m0s`, `boss {alertname="X"} 0s 0s 4h0m0s`, `archive {alertname="X"} 0s 0s 4h0m0s`},
		},
		{
			"none", "{}",
			[]string{`console {cron_job="etl"} 0s 0s 4h0m0s`},
			[]string{`console {alertname="X"} 0s 0s 4h0m0s`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree, err := mustLoad(t, c.receivers).RouteTree()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.cron, toldOf(t, tree, "alertname", "CronFailed", "cron_job", "etl", "severity", "critical")); diff != "" {
				t.Errorf("cron (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.other, toldOf(t, tree, "alertname", "X", "instance", "a")); diff != "" {
				t.Errorf("other (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrittenRouteHasAlertmanagersDefaults(t *testing.T) {
	c := mustLoad(t, `
receivers: [{name: ops}, {name: night}]
route:
  receiver: ops
  routes:
    - receiver: night
      matchers: [severity =~ "crit.*", 'team=data ops']
      group_by: [alertname, instance]
      group_wait: 0s
      repeat_interval: 1h
    - match: {severity: info}
      match_re: {team: a|b}
      continue: true
      receiver: night
`)
	tree, err := c.RouteTree()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ labels, want string }{
		{"alertname=A severity=warning", "ops {} 30s 5m0s 4h0m0s"},
		{"alertname=A severity=critical team=data_ops", `night {alertname="A"} 0s 5m0s 1h0m0s`},
		{"severity=info team=b", "night {} 30s 5m0s 4h0m0s"},
		{"severity=info team=bb", "ops {} 30s 5m0s 4h0m0s"},
	} {
		var pairs []string
		for l := range strings.FieldsSeq(x.labels) {
			name, value, _ := strings.Cut(l, "=")
			pairs = append(pairs, name, strings.ReplaceAll(value, "_", " "))
		}
		if got := strings.Join(toldOf(t, tree, pairs...), "; "); got != x.want {
			t.Errorf("%s: %s, want %s", x.labels, got, x.want)
		}
	}
	if tree.Options.RepeatInterval != 4*time.Hour {
		t.Errorf("repeat_interval %s", tree.Options.RepeatInterval)
	}
}
