package discord

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/config"
	"go.yaml.in/yaml/v4"

	"alertd/notifier"
)

const seeded = "123456789/s33d3d-s3cr3t"

func TestSettings(t *testing.T) {
	s := Kind().New().(*Settings)
	if err := yaml.Load([]byte(`
webhook_url: https://discord.com/api/webhooks/`+seeded+`
send_resolved: false
timeout: 5s
content: c
title: t
message: m
username: u
avatar_url: https://x/y.png
http_config: {follow_redirects: true, authorization: {credentials: x}}
`), s, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	if o := s.Options(); o.SendResolved || o.Interval != 400*time.Millisecond || o.Burst != 5 || o.Timeout != 5*time.Second {
		t.Errorf("%+v", o)
	}
	if len(s.Check()) != 0 || s.HTTPConfig.Authorization.Credentials != "x" || strings.Contains(fmt.Sprintf("%+v %#v", s, s), seeded) {
		t.Errorf("%v %+v", s.Check(), s)
	}
	fresh := newSettings()
	http := config.DefaultHTTPClientConfig
	fresh.Inherit(&notifier.Global{HTTP: &http})
	if o := fresh.Options(); !o.SendResolved || fresh.HTTPConfig != &http {
		t.Errorf("%+v", fresh)
	}
	if _, err := fresh.Open(notifier.Env{}); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(*Settings) {}, ""},
		{func(s *Settings) { s.WebhookURL = "" }, "webhook_url: the address to send to is missing"},
		{func(s *Settings) { s.WebhookURL = "http://discord.com/api/webhooks/" + seeded }, "webhook_url: plain http"},
		{func(s *Settings) { s.WebhookURLFile = "x" }, "webhook_url_file: both"},
		{func(s *Settings) { s.AvatarURL = "picture.png" }, "avatar_url: "},
		{func(s *Settings) { s.Timeout = -1 }, "timeout: "},
	} {
		s := newSettings()
		s.WebhookURL = "https://discord.com/api/webhooks/" + seeded
		tt.change(s)
		got := fmt.Sprint(s.Check())
		if tt.want == "" && got != "[]" || !strings.Contains(got, tt.want) || strings.Contains(got, seeded) {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}
