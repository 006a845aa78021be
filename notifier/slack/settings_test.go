package slack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/config"
	"go.yaml.in/yaml/v4"

	"alertd/notifier"
)

const seeded = "T000/B000/s33d3d-s3cr3t"

func TestSettingsReadAlertmanagersNames(t *testing.T) {
	s := Kind().New().(*Settings)
	text := `
api_url: https://hooks.slack.com/services/` + seeded + `
app_url: https://slack.com/api/chat.postMessage
app_token_file: /run/secrets/slack
update_message: true
send_resolved: false
timeout: 5s
channel: '#alerts'
username: bot
icon_emoji: ':x:'
icon_url: https://x/y.png
link_names: true
color: danger
title: t
title_link: tl
pretext: p
text: x
message_text: m
short_fields: true
fields: [{title: a, value: b, short: true}]
footer: f
fallback: fb
callback_id: c
image_url: i
thumb_url: th
mrkdwn_in: [text]
actions: [{type: button, text: x, url: y, style: danger, name: n, value: v, confirm: {text: z, title: t, ok_text: o, dismiss_text: d}}]
http_config:
  proxy_url: http://proxy:3128
  basic_auth: {username: u, password: p4ss}
  tls_config: {insecure_skip_verify: true, min_version: TLS12}
  http_headers: {X-A: {values: [b], secrets: [c]}}
`
	if err := yaml.Load([]byte(text), s, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	if string(s.APIURL) != "https://hooks.slack.com/services/"+seeded || s.SendResolved || s.HTTPConfig.BasicAuth.Password != "p4ss" ||
		!s.HTTPConfig.EnableHTTP2 || *s.Fields[0].Short != true || s.Actions[0].Confirm.DismissText != "d" {
		t.Errorf("%+v", s)
	}
	if o := s.Options(); o.SendResolved || o.Interval != time.Second || o.Burst != 3 || o.Timeout != 5*time.Second {
		t.Errorf("%+v", o)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", s, s), seeded) {
		t.Error("the settings print their secret")
	}
}

func TestDefaults(t *testing.T) {
	s := newSettings()
	if o := s.Options(); !o.SendResolved || o.Timeout != 10*time.Second {
		t.Errorf("%+v", o)
	}
	http := config.DefaultHTTPClientConfig
	g := &notifier.Global{SlackAPIURL: "https://hooks.slack.com/services/global", HTTP: &http}
	s.Inherit(g)
	if s.APIURL != g.SlackAPIURL || s.HTTPConfig != &http || len(s.Check()) != 0 {
		t.Errorf("%+v", s)
	}
	own := newSettings()
	own.APIURLFile = "/run/secrets/slack"
	own.Inherit(g)
	if own.APIURL != "" {
		t.Error("a file in the receiver must keep the global address out")
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(*Settings) {}, ""},
		{func(s *Settings) { s.APIURL = "" }, "api_url: the address to send to is missing: set api_url"},
		{func(s *Settings) { s.APIURL = "http://hooks.slack.com/services/" + seeded }, "api_url: plain http"},
		{func(s *Settings) { s.APIURLFile = "x" }, "api_url_file: both"},
		{func(s *Settings) { s.Timeout = -1 }, "timeout: "},
		{func(s *Settings) { s.Fields = []Field{{Title: "a"}} }, "fields[0]: "},
		{func(s *Settings) { s.Actions = []Action{{Type: "button", Text: "a"}} }, "actions[0]: "},
		{func(s *Settings) { s.HTTPConfig = &config.HTTPClientConfig{BearerToken: "a", BearerTokenFile: "b"} }, "http_config: at most one"},
	} {
		s := newSettings()
		s.APIURL = "https://hooks.slack.com/services/" + seeded
		tt.change(s)
		got := fmt.Sprint(s.Check())
		if tt.want == "" && got != "[]" || !strings.Contains(got, tt.want) || strings.Contains(got, seeded) {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

func TestOpenSaysWhatIsWrongWithTheHTTPConfig(t *testing.T) {
	s := newSettings()
	s.HTTPConfig = &config.HTTPClientConfig{TLSConfig: config.TLSConfig{CAFile: "/nowhere/ca.pem"}}
	if _, err := s.Open(notifier.Env{}); err == nil || !strings.Contains(err.Error(), "/nowhere/ca.pem") {
		t.Error(err)
	}
	s.HTTPConfig = nil
	if _, err := s.Open(notifier.Env{}); err != nil {
		t.Error(err)
	}
}
