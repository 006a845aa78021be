// Package discord tells a Discord channel through a webhook.
package discord

import (
	"cmp"
	"net/url"
	"time"

	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
)

// Settings is an entry of discord_configs, in Alertmanager's names and with
// one more, timeout.
type Settings struct {
	SendResolved   bool                     `yaml:"send_resolved"` // true unless set to false
	HTTPConfig     *config.HTTPClientConfig `yaml:"http_config"`
	WebhookURL     secret.Value             `yaml:"webhook_url"`
	WebhookURLFile string                   `yaml:"webhook_url_file"`
	Timeout        model.Duration           `yaml:"timeout"` // of one attempt; 10s when 0

	Content   string `yaml:"content"` // above the message
	Title     string `yaml:"title"`
	Message   string `yaml:"message"` // in place of alertd's own layout
	Username  string `yaml:"username"`
	AvatarURL string `yaml:"avatar_url"`
}

const (
	example        = "https://discord.com/api/webhooks/1234/XXXX"
	defaultMessage = `{{ template "discord.default.message" . }}`
)

// Kind returns the channel's kind, "discord".
func Kind() notifier.Kind {
	return notifier.Kind{Name: "discord", New: func() notifier.Settings { return newSettings() }}
}

func newSettings() *Settings {
	return &Settings{
		SendResolved: true,
		Title:        `{{ template "discord.default.title" . }}`,
		Message:      defaultMessage,
		Username:     "alertd",
	}
}

// Inherit takes the HTTP settings from the global section.
func (s *Settings) Inherit(g *notifier.Global) { s.HTTPConfig = cmp.Or(s.HTTPConfig, g.HTTP) }

// Check tells what is wrong.
func (s *Settings) Check() []notifier.FieldError {
	wrong := httpsend.CheckURL("webhook_url", s.WebhookURL, s.WebhookURLFile, "discord.com", example)
	wrong = append(wrong, httpsend.CheckHTTP(s.HTTPConfig)...)
	wrong = append(wrong, httpsend.CheckTimeout(s.Timeout)...)
	if u, err := url.Parse(s.AvatarURL); s.AvatarURL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		wrong = append(wrong, notifier.FieldError{
			Path: "avatar_url", Problem: "it is not a web address", Mend: "write the address of a picture, beginning with https://",
		})
	}
	return append(wrong, notifier.CheckTemplates(
		notifier.Templated{Path: "content", Text: s.Content}, notifier.Templated{Path: "title", Text: s.Title},
		notifier.Templated{Path: "message", Text: s.Message}, notifier.Templated{Path: "username", Text: s.Username},
	)...)
}

// Options returns what the dispatcher acts upon. Discord takes five messages in
// two seconds from a webhook.
func (s *Settings) Options() notifier.Options {
	return notifier.Options{
		SendResolved: s.SendResolved, Interval: 400 * time.Millisecond, Burst: 5, Timeout: httpsend.Timeout(s.Timeout),
	}
}

// Open makes the channel.
func (s *Settings) Open(env notifier.Env) (notifier.Channel, error) {
	client, err := httpsend.New(s.HTTPConfig, "discord", env.Version)
	if err != nil {
		return nil, err
	}
	return &channel{settings: *s, url: secret.From(s.WebhookURL, s.WebhookURLFile), client: client, logger: env.Logger}, nil
}
