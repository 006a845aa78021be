package config_test

import (
	"strings"
	"testing"

	"alertd/internal/config"
)

// onlyTold is an alertmanager.yml.
const onlyTold = `
route: {receiver: ops}
receivers: [{name: ops, slack_configs: [{api_url: https://hooks.slack.com/x}]}]
tracing: {endpoint: localhost:4317}
global: {pagerduty_url: https://events.pagerduty.com/v2/enqueue, opsgenie_api_key: hunter1hunter1}
storage: {retention: 7d}
`

func TestWhatIsWatched(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		env        []string
		watching   bool
		prometheus string
		groups     int // of rules
	}{
		{"an alertmanager.yml", onlyTold, nil, false, "", 0},
		{"receivers alone", "receivers: [{name: ops, slack_configs: [{api_url: https://hooks.slack.com/x}]}]", nil, true, "", 3},
		{"with a section that is empty", onlyTold + "resources:\n", nil, true, "", 3},
		{"asked to measure", onlyTold + "standalone: {}\n", nil, true, "", 3},
		{"variables say whom to ask", onlyTold, []string{"ALERTD_PROMETHEUS_URL=http://prometheus:9090"}, true, "http://prometheus:9090", 3},
		{"and what", onlyTold, []string{"ALERTD_PROMETHEUS_URL=http://prometheus:9090", "ALERTD_CRON_PREFIXES=etl"}, true, "http://prometheus:9090", 4},
		{"variables that watch nothing", onlyTold, []string{"ALERTD_GRAFANA_URL=http://grafana:3000", "ALERTD_SLACK_WEBHOOK_URL=https://hooks.slack.com/y"}, false, "", 0},
		{"the file decides", onlyTold + "cron: []\n", []string{"ALERTD_PROMETHEUS_URL=http://prometheus:9090"}, true, "", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := mustLoad(t, tt.text, tt.env...)
			if c.Watching != tt.watching || c.Prometheus.URL != tt.prometheus {
				t.Errorf("watching %v, Prometheus %q", c.Watching, c.Prometheus.URL)
			}
			groups, err := c.Rules().Compile()
			if err != nil || len(groups) != tt.groups {
				t.Errorf("%d groups of rules, want %d: %v", len(groups), tt.groups, err)
			}
		})
	}
}

func TestMistakesBesideAFile(t *testing.T) {
	_, err := load(t, onlyTold+"timezone: Nowhere\n", "ALERTD_PROMETHEUS_URL=http://prometheus:9090", "ALERTD_CPU_FIRE=much")
	for _, want := range []string{"/etc/alertd/alertd.yml:7:11: ", "ALERTD_CPU_FIRE: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestIdleVariablesBesideAFile(t *testing.T) {
	o := options(onlyTold, "ALERTD_PROMETHEUS_URL=http://prometheus:9090", "ALERTD_SLACK_WEBHOOK_URL=https://hooks.slack.com/y")
	logger, logs := recordLogs()
	o.Logger = logger
	if _, err := config.Load("/etc/alertd/alertd.yml", o); err != nil {
		t.Fatal(err)
	}
	if out := logs.String(); !strings.Contains(out, "ALERTD_SLACK_WEBHOOK_URL") || strings.Contains(out, "ALERTD_PROMETHEUS_URL") || !strings.Contains(out, "tracing has no effect") {
		t.Error(out)
	}
}
