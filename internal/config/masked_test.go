package config_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alertd/internal/alert"
	"alertd/internal/config"
)

func TestMasked(t *testing.T) {
	text := `
# a comment about hunter1hunter1
x-secret: &secret hunter2hunter2
x-http: &http
  basic_auth: {username: me, password: hunter3hunter3}
prometheus:
  url: http://${USER_INFO}@localhost:9090
  headers: {X-Scope-OrgID: hunter4hunter4}
global:
  slack_api_url: *secret
receivers:
  - name: ops
    slack_configs:
      - http_config: {<<: *http, follow_redirects: false}
        api_url_file: slack.url # hunter5
        channel: "#ops"
storage: {retention: 7d}
`
	const want = `prometheus:
  url: http://<secret>@localhost:9090
  headers: {X-Scope-OrgID: <secret>}
global:
  slack_api_url: <secret>
receivers:
- name: ops
  slack_configs:
  - http_config: {follow_redirects: false, basic_auth: {username: me, password: <secret>}}
    api_url_file: slack.url
    channel: "#ops"
storage: {retention: 7d}
`
	c := mustLoad(t, text, "USER_INFO=me:hunter6")
	if diff := cmp.Diff(want, string(c.Masked())); diff != "" {
		t.Errorf("masked (-want +got):\n%s", diff)
	}
}

// What amtool is shown of time intervals and inhibit rules.
func TestAlertmanagerTiming(t *testing.T) {
	const file = `route:
  receiver: ops
  routes:
  - receiver: ops
    mute_time_intervals:
    - nights
receivers:
- name: ops
inhibit_rules:
- source_matchers:
  - severity="critical"
  target_match:
    severity: warning
  equal:
  - instance
time_intervals:
- name: nights
  time_intervals:
  - times:
    - {start_time: "22:00", end_time: "24:00"}
    weekdays: ['monday:friday', sunday]
    location: Europe/Paris
`
	text, err := mustLoad(t, file).Alertmanager()
	if err != nil {
		t.Fatal(err)
	}
	again := mustLoad(t, string(text))
	for _, c := range []*config.Config{mustLoad(t, file), again} {
		if len(c.Inhibit) != 1 || c.Inhibit[0].TargetMatch["severity"] != "warning" || !slices.Equal(c.Inhibit[0].Equal, []string{"instance"}) {
			t.Errorf("inhibit rules %+v of\n%s", c.Inhibit, text)
		}
		tree, err := c.RouteTree()
		if err != nil {
			t.Fatal(err)
		}
		route := tree.Match(alert.LabelsFromStrings("alertname", "X"))[0]
		night := time.Date(2026, 7, 6, 20, 30, 0, 0, time.UTC) // 22:30 in Paris, a Monday
		if by := route.Options.Muting.At(night); !slices.Equal(by, []string{"nights"}) {
			t.Errorf("muted by %v at night, by\n%s", by, text)
		}
		if until := route.Options.Muting.Until(night); !until.Equal(time.Date(2026, 7, 6, 22, 0, 0, 0, time.UTC)) {
			t.Errorf("muted until %s", until)
		}
	}
}
