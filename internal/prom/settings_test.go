package prom

import (
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

func TestSettingsFromYAML(t *testing.T) {
	s := DefaultSettings()
	err := yaml.Load([]byte(`
url: https://prometheus.example/prom/
timeout: 1m30s
headers: {X-Scope-OrgID: team}
http_config:
  basic_auth: {username: me, password: secret}
  tls_config: {insecure_skip_verify: true, min_version: TLS12}
  proxy_url: http://proxy:3128
`), &s, yaml.WithKnownFields())
	if err != nil {
		t.Fatal(err)
	}
	if time.Duration(s.Timeout) != 90*time.Second || s.HTTP.BasicAuth.Password != "secret" ||
		!s.HTTP.FollowRedirects || s.HTTP.ProxyURL.Host != "proxy:3128" {
		t.Errorf("got %+v", s)
	}
	c, err := New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.timeout != 90*time.Second {
		t.Errorf("timeout %s", c.timeout)
	}
}

func TestLinkURL(t *testing.T) {
	for _, tc := range []struct{ url, external, want string }{
		{"http://prometheus:9090/", "", "http://prometheus:9090"},
		{"http://u:p@prometheus:9090/prom//", "", "http://prometheus:9090/prom"},
		{"http://prometheus:9090", "https://prom.example/x/", "https://prom.example/x"},
		{"", "", ""},
		{"", "javascript:alert(1)", ""},
	} {
		if got := (Settings{URL: tc.url, ExternalURL: tc.external}).LinkURL(); got != tc.want {
			t.Errorf("%+v: got %q", tc, got)
		}
	}
}
