package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAlertmanager(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"without routes", "cron: [{name: etl}]\nreceivers: [{name: ops, console_configs: [{}]}]\n", `receivers: [{name: ops}]
route:
  receiver: ops
  group_by:
  - alertname
  group_wait: 0s
  group_interval: 1ms
  repeat_interval: 4h
  routes:
  - matchers:
    - cron_job!=""
    group_by:
    - cron_job
`},
		{"without anything but a job", "cron: [{name: etl}]\n", `route:
  receiver: console
  group_by:
  - alertname
  group_wait: 0s
  group_interval: 1ms
  repeat_interval: 4h
  routes:
  - matchers:
    - cron_job!=""
    group_by:
    - cron_job
receivers:
- name: console
`},
		{"an alertmanager.yml and more", `
x-note: hunter1hunter1
prometheus: {url: "http://me:hunter2hunter2@prometheus:9090"}
global:
  evaluation_interval: 30s
  resolve_timeout: 10m
  http_config: {proxy_url: "http://me:hunter3hunter3@proxy:3128"}
  slack_api_url: https://slack.com/api/chat.postMessage
  slack_app_token: hunter4hunter4
  opsgenie_api_key: hunter5hunter5
route:
  receiver: ops
  routes:
    - {matchers: [team="data"], receiver: data, continue: true, group_wait: 10s}
receivers:
  - name: ops
    labels: {owner: sre}
    slack_configs:
      - {api_url: https://hooks.slack.com/hunter6, channel: "#ops"}
  - name: data
    console_configs: [{}]
tracing: {endpoint: 'localhost:4317'}
storage: {retention: 7d}
`, `global:
  resolve_timeout: 10m
  http_config: {proxy_url: "http://%3Csecret%3E@proxy:3128"}
  slack_app_token: <secret>
  opsgenie_api_key: <secret>
route:
  receiver: ops
  routes:
  - {matchers: [team="data"], receiver: data, continue: true, group_wait: 10s}
receivers:
- name: ops
  labels: {owner: sre}
  slack_configs:
  - {api_url: <secret>, channel: "#ops"}
- name: data
tracing: {endpoint: 'localhost:4317'}
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := mustLoad(t, tt.text).Alertmanager()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(text)); diff != "" {
				t.Errorf("as an alertmanager.yml (-want +got):\n%s", diff)
			}
		})
	}
}
