package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
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
