package notifier

import (
	"cmp"
	"context"
	"log/slog"
	"net/url"
	"time"

	commoncfg "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
	"alertd/internal/secret"
)

// Channel tells one destination. Implementations are safe for concurrent use,
// keep no retry state of their own, and never put a secret into an error.
type Channel interface {
	// Send tells msg and returns the channel's own reference to the message
	// ("" where it has none). A failure that is not plainly temporary is a
	// *Failure; any other error is taken for temporary.
	Send(ctx context.Context, msg *Message) (ref string, err error)
}

// Kind is one type of channel, as the keys of a receiver name it.
type Kind struct {
	Name string          // "slack": the key is slack_configs, metrics say slack
	New  func() Settings // fresh settings with the kind's defaults
}

// Settings is the configuration of one integration: a pointer to a struct with
// yaml tags that the configuration loader fills in.
type Settings interface {
	// Inherit fills what the file left unset from the global section.
	Inherit(g *Global)
	// Check tells what is wrong, field by field.
	Check() []FieldError
	// Options returns what the dispatcher, not the channel, acts upon.
	Options() Options
	// Open makes the channel. It does not talk to the destination.
	Open(env Env) (Channel, error)
}

// FieldError is a mistake in one field of a configuration section.
type FieldError = invalid.Field

// Options are the parts of an integration's settings that concern when it is
// told rather than how.
type Options struct {
	SendResolved bool
	// Interval is the least time between two messages to this destination, and
	// Burst how many may go at once before it holds.
	Interval time.Duration
	Burst    int
	// Timeout bounds one attempt.
	Timeout time.Duration
}

// Env is what a channel gets from the program around it.
type Env struct {
	Logger      *slog.Logger
	ExternalURL *url.URL
	Version     string
}

// Global is the `global` section: defaults for every receiver, in
// Alertmanager's names.
type Global struct {
	ResolveTimeout model.Duration              `yaml:"resolve_timeout"`
	HTTP           *commoncfg.HTTPClientConfig `yaml:"http_config"`

	SlackAPIURL     secret.Value `yaml:"slack_api_url"`
	SlackAPIURLFile string       `yaml:"slack_api_url_file"`
	// SlackAppToken is a bot's, which posts to SlackAppURL in place of a webhook.
	SlackAppToken     secret.Value `yaml:"slack_app_token"`
	SlackAppTokenFile string       `yaml:"slack_app_token_file"`
	SlackAppURL       string       `yaml:"slack_app_url"`

	SMTPFrom             string               `yaml:"smtp_from"`
	SMTPHello            string               `yaml:"smtp_hello"`
	SMTPSmarthost        string               `yaml:"smtp_smarthost"`
	SMTPAuthUsername     string               `yaml:"smtp_auth_username"`
	SMTPAuthPassword     secret.Value         `yaml:"smtp_auth_password"`
	SMTPAuthPasswordFile string               `yaml:"smtp_auth_password_file"`
	SMTPAuthSecret       secret.Value         `yaml:"smtp_auth_secret"` // for CRAM-MD5
	SMTPAuthSecretFile   string               `yaml:"smtp_auth_secret_file"`
	SMTPAuthIdentity     string               `yaml:"smtp_auth_identity"`
	SMTPRequireTLS       *bool                `yaml:"smtp_require_tls"`
	SMTPForceImplicitTLS *bool                `yaml:"smtp_force_implicit_tls"`
	SMTPTLS              *commoncfg.TLSConfig `yaml:"smtp_tls_config"`
}

// DefaultSlackAppURL is where a Slack app's token posts to.
const DefaultSlackAppURL = "https://slack.com/api/chat.postMessage"

// Check tells what is wrong with the section as a whole.
func (g *Global) Check() []FieldError {
	token := g.SlackAppToken != "" || g.SlackAppTokenFile != ""
	hook := g.SlackAPIURLFile != "" || g.SlackAPIURL != "" && string(g.SlackAPIURL) != cmp.Or(g.SlackAppURL, DefaultSlackAppURL)
	if token && hook {
		return []FieldError{{
			Path: "slack_app_token", Problem: "both a Slack app's token and a webhook's address are set",
			Mend: "keep slack_app_token or slack_api_url, and give the other to the receivers that need it",
		}}
	}
	return nil
}
