// Package webhook tells any HTTP endpoint in the body that Alertmanager's
// webhook receivers have ("version": "4"), with the headers and, if asked, the
// signature of Standard Webhooks (https://www.standardwebhooks.com).
package webhook

import (
	"cmp"
	"fmt"

	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
)

// Settings is an entry of webhook_configs, in Alertmanager's names and with two
// more, signing_secret and signing_secret_file. The URL may be a template.
type Settings struct {
	SendResolved bool                     `yaml:"send_resolved"` // true unless set to false
	HTTPConfig   *config.HTTPClientConfig `yaml:"http_config"`
	URL          secret.Value             `yaml:"url"`
	URLFile      string                   `yaml:"url_file"`
	Timeout      model.Duration           `yaml:"timeout"`    // of one attempt; 10s when 0
	MaxAlerts    int                      `yaml:"max_alerts"` // in one message; 0: no limit
	Payload      any                      `yaml:"payload"`    // in place of the body: its texts are templates

	// SigningSecret, "whsec_" and base64, makes every request signed.
	SigningSecret     secret.Value `yaml:"signing_secret"`
	SigningSecretFile string       `yaml:"signing_secret_file"`
}

const example = "https://example.org/alerts"

// Kind returns the channel's kind, "webhook".
func Kind() notifier.Kind {
	return notifier.Kind{Name: "webhook", New: func() notifier.Settings { return &Settings{SendResolved: true} }}
}

// Inherit takes the HTTP settings from the global section.
func (s *Settings) Inherit(g *notifier.Global) { s.HTTPConfig = cmp.Or(s.HTTPConfig, g.HTTP) }

// Check tells what is wrong.
func (s *Settings) Check() []notifier.FieldError {
	wrong := s.checkURL()
	wrong = append(wrong, notifier.CheckTemplates(payloadTemplates("payload", s.Payload)...)...)
	wrong = append(wrong, httpsend.CheckHTTP(s.HTTPConfig)...)
	wrong = append(wrong, httpsend.CheckTimeout(s.Timeout)...)
	if s.MaxAlerts < 0 {
		wrong = append(wrong, notifier.FieldError{
			Path: "max_alerts", Problem: fmt.Sprintf("%d is not a number of alerts", s.MaxAlerts), Mend: "write a positive number, or 0 for no limit",
		})
	}
	if s.SigningSecret != "" {
		if s.SigningSecretFile != "" {
			wrong = append(wrong, notifier.FieldError{
				Path: "signing_secret_file", Problem: "both signing_secret and signing_secret_file are set", Mend: "keep one of them",
			})
		}
		if _, err := signingKey(string(s.SigningSecret)); err != nil {
			wrong = append(wrong, notifier.FieldError{
				Path: "signing_secret", Problem: err.Error(), Mend: `write whsec_ and what "openssl rand -base64 32" prints`,
			})
		}
	}
	return wrong
}

// Options returns what the dispatcher acts upon. How fast an endpoint takes
// messages is its own affair.
func (s *Settings) Options() notifier.Options {
	return notifier.Options{SendResolved: s.SendResolved, Timeout: httpsend.Timeout(s.Timeout)}
}

// Open makes the channel.
func (s *Settings) Open(env notifier.Env) (notifier.Channel, error) {
	client, err := httpsend.New(s.HTTPConfig, "webhook", env.Version)
	if err != nil {
		return nil, err
	}
	return &channel{
		url: secret.From(s.URL, s.URLFile), signing: secret.From(s.SigningSecret, s.SigningSecretFile),
		maxAlerts: s.MaxAlerts, payload: s.Payload, client: client,
	}, nil
}
