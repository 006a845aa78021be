package email

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/config"
	"go.yaml.in/yaml/v4"

	"alertd/notifier"
)

func TestSettingsReadAlertmanagersNames(t *testing.T) {
	s := Kind().New().(*Settings)
	if err := yaml.Load([]byte(`
to: a@example.org, b@example.org
from: alertd@example.org
hello: me.example.org
smarthost: smtp.example.org:587
auth_username: u
auth_password: s33d3d
auth_secret: s33d3d
auth_identity: i
require_tls: false
tls_config: {insecure_skip_verify: true}
force_implicit_tls: false
headers: {Subject: x}
html: h
text: t
send_resolved: false
threading: {enabled: true, thread_by_date: daily}
`), s, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	if wrong := s.Check(); len(wrong) != 0 || s.requireTLS() || s.implicitTLS() || !s.TLSConfig.InsecureSkipVerify {
		t.Errorf("%v %+v", wrong, s)
	}
	if o := s.Options(); o.SendResolved || o.Interval != time.Second || o.Burst != 10 || o.Timeout != 30*time.Second {
		t.Errorf("%+v", o)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", s, s), "s33d3d") {
		t.Error("the settings print their secrets")
	}
}

func TestDefaultsComeFromTheGlobalSection(t *testing.T) {
	no := false
	g := &notifier.Global{
		SMTPFrom: "g@example.org", SMTPHello: "h", SMTPSmarthost: "g.example.org:465", SMTPAuthUsername: "u",
		SMTPAuthPasswordFile: "/run/secrets/smtp", SMTPAuthIdentity: "i", SMTPRequireTLS: &no, SMTPTLS: &config.TLSConfig{ServerName: "x"},
	}
	s := newSettings()
	if !s.requireTLS() || !s.Options().SendResolved {
		t.Errorf("%+v", s)
	}
	s.To = "a@example.org"
	s.Inherit(g)
	if len(s.Check()) != 0 || s.From != g.SMTPFrom || s.AuthPasswordFile != g.SMTPAuthPasswordFile || s.requireTLS() || !s.implicitTLS() || s.TLSConfig != g.SMTPTLS {
		t.Errorf("%v %+v", s.Check(), s)
	}
	own := newSettings()
	yes := true
	own.From, own.AuthPassword, own.RequireTLS = "own@example.org", "own", &yes
	own.Inherit(g)
	if own.From != "own@example.org" || own.AuthPasswordFile != "" || !own.requireTLS() {
		t.Errorf("%+v", own)
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(*Settings) {}, ""},
		{func(s *Settings) { s.To = "{{ .CommonLabels.team }}@example.org" }, ""},
		{func(s *Settings) { s.To = "" }, "to: nobody to write to"},
		{func(s *Settings) { s.To = "not an address" }, "to: it is not a list of addresses"},
		{func(s *Settings) { s.To = strings.Repeat("a@example.org,", 100) + "a@example.org" }, "to: 101 recipients"},
		{func(s *Settings) { s.From = "" }, "from: the sender is missing"},
		{func(s *Settings) { s.From = "a@b, c@d" }, "from: it is not an address"},
		{func(s *Settings) { s.Smarthost = "" }, "smarthost: the relay to send through is missing"},
		{func(s *Settings) { s.Smarthost = "smtp.example.org" }, `smarthost: "smtp.example.org" lacks a port: write the relay's host and port`},
		{func(s *Settings) { s.Smarthost = "smtp://smtp.example.org:587" }, "smarthost: "},
		{func(s *Settings) { s.Smarthost = ":587" }, "smarthost: "},
		{func(s *Settings) { s.Smarthost = "smtp.example.org:smtp" }, `smarthost: "smtp" is not a port`},
		{func(s *Settings) { s.Smarthost = "[::1]:587" }, ""},
		{func(s *Settings) { s.AuthUsername, s.AuthPassword, s.AuthPasswordFile = "u", "s33d3d", "f" }, "auth_password_file: both"},
		{func(s *Settings) { s.AuthUsername, s.AuthSecret, s.AuthSecretFile = "u", "s33d3d", "f" }, "auth_secret_file: both"},
		{func(s *Settings) { s.AuthUsername = "u" }, "auth_username: there is no password"},
		{func(s *Settings) { s.AuthPassword = "s33d3d" }, "auth_password: there is no user name"},
		{func(s *Settings) { s.Headers = map[string]string{"subject": "a", "Subject": "b"} }, "the header is there twice"},
		{func(s *Settings) { s.Headers = map[string]string{"Message-ID": "a"} }, "headers.Message-ID: alertd sets"},
		{func(s *Settings) { s.Headers = map[string]string{"X Y:": "a"} }, "it is not a header name"},
		{func(s *Settings) { s.HTML, s.Text = "", "" }, "text: both html and text are empty"},
		{func(s *Settings) { s.Headers = map[string]string{"references": "<a@b>"} }, ""},
		{func(s *Settings) {
			s.Headers, s.Threading.Enabled = map[string]string{"references": "<a@b>"}, new(true)
		}, "headers.references: threading sets"},
		{func(s *Settings) { s.Threading.ThreadByDate = "weekly" }, "threading.thread_by_date: "},
		{func(s *Settings) { s.TLSConfig = &config.TLSConfig{CertFile: "x"} }, "tls_config: "},
	} {
		s := newSettings()
		s.To, s.From, s.Smarthost = "a@example.org", "alertd <alertd@example.org>", "smtp.example.org:587"
		tt.change(s)
		got := fmt.Sprint(s.Check())
		if tt.want == "" && got != "[]" || !strings.Contains(got, tt.want) || strings.Contains(got, "s33d3d") {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

func TestOpenSaysWhatIsWrongWithTheCertificates(t *testing.T) {
	s := newSettings()
	s.TLSConfig = &config.TLSConfig{CAFile: "/nowhere/ca.pem"}
	if _, err := s.Open(notifier.Env{}); err == nil || !strings.Contains(err.Error(), "/nowhere/ca.pem") {
		t.Error(err)
	}
}
