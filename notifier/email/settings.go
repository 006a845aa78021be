// Package email tells people by e-mail through an SMTP relay: text and HTML,
// one envelope per recipient, threads that hold together what belongs together.
package email

import (
	"cmp"
	"net"
	"net/textproto"
	"time"

	"github.com/prometheus/common/config"

	"alertd/internal/secret"
	"alertd/notifier"
)

// Settings is an entry of email_configs, in Alertmanager's names. Unlike
// Alertmanager's, send_resolved is true unless it is set to false, there is a
// text part by default, and messages thread by default.
type Settings struct {
	SendResolved bool   `yaml:"send_resolved"`
	To           string `yaml:"to"` // addresses, separated by commas
	From         string `yaml:"from"`
	Hello        string `yaml:"hello"`     // what we call ourselves; the host's name when ""
	Smarthost    string `yaml:"smarthost"` // host:port

	AuthUsername     string       `yaml:"auth_username"`
	AuthPassword     secret.Value `yaml:"auth_password"`
	AuthPasswordFile string       `yaml:"auth_password_file"`
	AuthSecret       secret.Value `yaml:"auth_secret"` // for CRAM-MD5; the password when ""
	AuthSecretFile   string       `yaml:"auth_secret_file"`
	AuthIdentity     string       `yaml:"auth_identity"`

	// RequireTLS, true by default, refuses to talk without STARTTLS. Where it is
	// false, STARTTLS is still used if it works.
	RequireTLS *bool             `yaml:"require_tls"`
	TLSConfig  *config.TLSConfig `yaml:"tls_config"`
	// ForceImplicitTLS says whether TLS begins at once; by default it does on
	// port 465 only.
	ForceImplicitTLS *bool `yaml:"force_implicit_tls"`

	Headers   map[string]string `yaml:"headers"`
	HTML      string            `yaml:"html"`
	Text      string            `yaml:"text"`
	Threading Threading         `yaml:"threading"`
}

// Threading says which messages mail programs show as one thread: those of one
// aggregation group, where asked anew every day. It is on unless the headers
// are to say it in their own way.
type Threading struct {
	Enabled      *bool  `yaml:"enabled"`
	ThreadByDate string `yaml:"thread_by_date"` // none or daily
}

const (
	defaultSubject = `{{ template "email.default.subject" . }}`
	defaultText    = `{{ template "email.default.text" . }}`
	defaultHTML    = `{{ template "email.default.html" . }}`
	daily          = "daily"
)

// Kind returns the channel's kind, "email".
func Kind() notifier.Kind {
	return notifier.Kind{Name: "email", New: func() notifier.Settings { return newSettings() }}
}

func newSettings() *Settings {
	return &Settings{
		SendResolved: true, HTML: defaultHTML, Text: defaultText,
		Threading: Threading{ThreadByDate: "none"},
	}
}

// Inherit takes the relay and the sender from the global section.
func (s *Settings) Inherit(g *notifier.Global) {
	s.From = cmp.Or(s.From, g.SMTPFrom)
	s.Hello = cmp.Or(s.Hello, g.SMTPHello)
	s.Smarthost = cmp.Or(s.Smarthost, g.SMTPSmarthost)
	s.AuthUsername = cmp.Or(s.AuthUsername, g.SMTPAuthUsername)
	if s.AuthPassword == "" && s.AuthPasswordFile == "" {
		s.AuthPassword, s.AuthPasswordFile = g.SMTPAuthPassword, g.SMTPAuthPasswordFile
	}
	if s.AuthSecret == "" && s.AuthSecretFile == "" {
		s.AuthSecret, s.AuthSecretFile = g.SMTPAuthSecret, g.SMTPAuthSecretFile
	}
	s.AuthIdentity = cmp.Or(s.AuthIdentity, g.SMTPAuthIdentity)
	s.RequireTLS = cmp.Or(s.RequireTLS, g.SMTPRequireTLS)
	s.ForceImplicitTLS = cmp.Or(s.ForceImplicitTLS, g.SMTPForceImplicitTLS)
	s.TLSConfig = cmp.Or(s.TLSConfig, g.SMTPTLS)
}

// Options returns what the dispatcher acts upon. An attempt has time for a slow
// relay and several recipients.
func (s *Settings) Options() notifier.Options {
	return notifier.Options{SendResolved: s.SendResolved, Interval: time.Second, Burst: 10, Timeout: 30 * time.Second}
}

// Open makes the channel. The error says what is wrong with tls_config.
func (s *Settings) Open(env notifier.Env) (notifier.Channel, error) {
	if _, err := s.tls(); err != nil {
		return nil, err
	}
	return &channel{settings: *s, version: cmp.Or(env.Version, "unknown"), dial: (&net.Dialer{}).DialContext}, nil
}

// threads tells whether messages are made threads of.
func (s *Settings) threads() bool {
	if s.Threading.Enabled != nil {
		return *s.Threading.Enabled
	}
	for name := range s.Headers {
		if ofThreads(textproto.CanonicalMIMEHeaderKey(name)) {
			return false
		}
	}
	return true
}

func (s *Settings) requireTLS() bool { return s.RequireTLS == nil || *s.RequireTLS }

func (s *Settings) implicitTLS() bool {
	if s.ForceImplicitTLS != nil {
		return *s.ForceImplicitTLS
	}
	_, port, _ := net.SplitHostPort(s.Smarthost)
	return port == "465"
}

func (s *Settings) host() string {
	host, _, err := net.SplitHostPort(s.Smarthost)
	if err != nil {
		return s.Smarthost
	}
	return host
}
