package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/prometheus/common/config"

	"alertd/internal/secret"
	"alertd/notifier"
)

func reply(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
}

func TestEveryRecipientHasAnEnvelope(t *testing.T) {
	r := newRelay(t)
	ref, err := r.to(nil).Send(t.Context(), firing(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.recipients(); !slices.Equal(got, []string{"a@example.org", "b@example.org", "c@example.org"}) {
		t.Errorf("%v", got)
	}
	for _, e := range r.envelopes() {
		if e.from != "alertd@example.org" || e.body != r.envelopes()[0].body || !strings.Contains(e.body, "Message-ID: "+ref) {
			t.Errorf("%s to %s: %.300s", e.from, e.to, e.body)
		}
	}
}

func TestWhoAcceptedIsNotToldAgain(t *testing.T) {
	r := newRelay(t)
	r.refuse["b@example.org"] = reply(550, "no such user")
	r.refuse["c@example.org"] = reply(451, "greylisted, come back later")
	c, msg := r.to(nil), firing(t)

	ref, err := c.Send(t.Context(), msg)
	f, ok := errors.AsType[*notifier.Failure](err)
	if !ok || f.Kind != notifier.Temporary || f.Status != 451 || f.Partial || ref != "" {
		t.Fatalf("%q, %+v", ref, err)
	}
	if text := err.Error(); !strings.Contains(text, "c@example.org") || !strings.Contains(text, "greylisted") || strings.Contains(text, "a@example.org") {
		t.Error(text)
	}

	delete(r.refuse, "c@example.org")
	msg.Progress = f.Progress
	ref, err = c.Send(t.Context(), msg)
	f, ok = errors.AsType[*notifier.Failure](err)
	if !ok || f.Kind != notifier.Permanent || !f.Partial || ref == "" {
		t.Fatalf("%q, %+v", ref, err)
	}
	if text := err.Error(); !strings.Contains(text, "b@example.org") || !strings.Contains(text, "no such user") || strings.Contains(text, "c@example.org") {
		t.Error(text)
	}
	if got := r.recipients(); !slices.Equal(got, []string{"a@example.org", "c@example.org"}) {
		t.Errorf("%v", got)
	}
	if first, second := r.envelopes()[0].body, r.envelopes()[1].body; first != second || !strings.Contains(first, ref) {
		t.Error("the message changed over the retry")
	}
}

func TestRefusedByAllIsPermanent(t *testing.T) {
	r := newRelay(t)
	for _, to := range []string{"a@example.org", "b@example.org", "c@example.org"} {
		r.refuse[to] = reply(554, "relay access denied")
	}
	_, err := r.to(nil).Send(t.Context(), firing(t))
	if f := notifier.Classify(err); f.Kind != notifier.Permanent || f.Partial || strings.Count(err.Error(), "@example.org (") != 3 {
		t.Errorf("%+v", f)
	}
}

func TestWhatTheRelaySaysDecides(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*relay)
		want   notifier.FailureKind
		status int
	}{
		{"sender refused", func(r *relay) { r.refuseAll = reply(550, "who are you") }, notifier.Misconfigured, 550},
		{"login wanted", func(r *relay) { r.refuseAll = reply(530, "authentication required") }, notifier.Misconfigured, 530},
		{"sender refused for now", func(r *relay) { r.refuseAll = reply(421, "too many connections") }, notifier.Temporary, 421},
		{"message refused", func(r *relay) { r.refuseMsg = reply(554, "it looks like spam") }, notifier.Permanent, 0},
		{"message refused for now", func(r *relay) { r.refuseMsg = reply(452, "out of space") }, notifier.Temporary, 452},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRelay(t)
			tt.change(r)
			_, err := r.to(nil).Send(t.Context(), firing(t))
			if f := notifier.Classify(err); f.Kind != tt.want || f.Status != tt.status || f.Progress != "" && tt.want != notifier.Permanent {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestBrokenSessionsAreTemporary(t *testing.T) {
	hello := []string{"220 example.com", "250 example.com"}
	for name, tt := range map[string]struct {
		lines []string
		want  notifier.FailureKind
	}{
		"refused at the door":        {[]string{"554 no service for you"}, notifier.Misconfigured},
		"busy":                       {[]string{"421 try later"}, notifier.Temporary},
		"not SMTP":                   {[]string{"HTTP/1.1 400 Bad Request"}, notifier.Temporary},
		"ends at once":               {nil, notifier.Temporary},
		"ends after the greeting":    {hello[:1], notifier.Temporary},
		"ends after hello":           {hello, notifier.Temporary},
		"ends after MAIL":            {append(hello[:2:2], "250 ok"), notifier.Temporary},
		"ends after RCPT":            {append(hello[:2:2], "250 ok", "250 ok"), notifier.Temporary},
		"ends after the message":     {append(hello[:2:2], "250 ok", "250 ok", "354 go on"), notifier.Temporary},
		"nonsense after the message": {append(hello[:2:2], "250 ok", "250 ok", "354 go on", "what?"), notifier.Temporary},
		"hangs at once":              {[]string{"hang"}, notifier.Temporary},
		"hangs after the message":    {append(hello[:2:2], "250 ok", "250 ok", "354 go on", "hang"), notifier.Temporary},
	} {
		t.Run(name, func(t *testing.T) {
			address := scripted(t, tt.lines...)
			s := newSettings()
			plain := false
			s.Smarthost, s.From, s.To, s.RequireTLS = address, "alertd@example.org", "a@example.org", &plain
			timeout := 30 * time.Second
			if strings.HasPrefix(name, "hangs") {
				timeout = 200 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			c := &channel{settings: *s, dial: (&net.Dialer{}).DialContext}
			_, err := c.Send(ctx, firing(t))
			if f := notifier.Classify(err); err == nil || f.Kind != tt.want || !strings.Contains(err.Error(), "a@example.org") {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestARelayThatIsDownIsTemporary(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	s := newSettings()
	s.Smarthost, s.From, s.To = address, "alertd@example.org", "a@example.org"
	ch, err := s.Open(notifier.Env{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = ch.Send(t.Context(), firing(t))
	if f := notifier.Classify(err); f.Kind != notifier.Temporary || !strings.Contains(err.Error(), "connecting") {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	yes, no := true, false
	for _, tt := range []struct {
		name   string
		relay  []relayOptions
		change func(*Settings)
		want   notifier.FailureKind // "": delivered
	}{
		{"STARTTLS", nil, nil, ""},
		{"STARTTLS not offered", []relayOptions{noTLS}, nil, notifier.Misconfigured},
		{"STARTTLS not offered and not required", []relayOptions{noTLS}, func(s *Settings) { s.RequireTLS = &no }, ""},
		{"STARTTLS offered and not required", nil, func(s *Settings) { s.RequireTLS = &no }, ""},
		{"unknown authority", nil, func(s *Settings) { s.TLSConfig = nil }, notifier.Temporary},
		{"unknown authority, TLS not required", nil, func(s *Settings) { s.TLSConfig, s.RequireTLS = nil, &no }, ""},
		{"another name", nil, func(s *Settings) { s.Smarthost = "smtp.elsewhere.org:587" }, notifier.Temporary},
		{"another name, said so", nil, func(s *Settings) {
			s.Smarthost = "smtp.elsewhere.org:587"
			s.TLSConfig = &config.TLSConfig{CAFile: s.TLSConfig.CAFile, ServerName: "example.com"}
		}, ""},
		{"unverified", nil, func(s *Settings) { s.TLSConfig = &config.TLSConfig{InsecureSkipVerify: true} }, ""},
		{"implicit against STARTTLS", nil, func(s *Settings) { s.ForceImplicitTLS = &yes }, notifier.Temporary},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRelay(t, tt.relay...)
			_, err := r.to(tt.change).Send(t.Context(), firing(t))
			if tt.want == "" && err != nil || tt.want != "" && notifier.Classify(err).Kind != tt.want {
				t.Error(err)
			}
			if n := len(r.envelopes()); (n == 3) != (tt.want == "") {
				t.Errorf("%d envelopes", n)
			}
		})
	}
}

func TestImplicitTLS(t *testing.T) {
	r := newRelay(t, implicitTLS)
	for name, change := range map[string]func(*Settings){
		"port 465": func(s *Settings) { s.Smarthost = "example.com:465" },
		"forced":   func(s *Settings) { force := true; s.ForceImplicitTLS = &force },
	} {
		if _, err := r.to(change).Send(t.Context(), firing(t)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func withPassword(s *Settings) { s.AuthUsername, s.AuthPassword = user, password }

func TestLogin(t *testing.T) {
	no := false
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		offers    []string
		tls       bool
		change    func(*Settings)
		mechanism string
		want      notifier.FailureKind
	}{
		{"plain", []string{"CRAM-MD5", "LOGIN", "PLAIN"}, true, withPassword, "PLAIN", ""},
		{"login", []string{"CRAM-MD5", "LOGIN"}, true, withPassword, "LOGIN", ""},
		{"cram-md5", []string{"CRAM-MD5"}, true, withPassword, "CRAM-MD5", ""},
		{"file", []string{"PLAIN"}, true, func(s *Settings) { s.AuthUsername, s.AuthPasswordFile = user, file }, "PLAIN", ""},
		{"secret for cram-md5", []string{"CRAM-MD5"}, true, func(s *Settings) { s.AuthUsername, s.AuthSecret = user, password }, "CRAM-MD5", ""},
		{"no user name", []string{"PLAIN"}, true, func(*Settings) {}, "", ""},
		{"not offered", nil, true, withPassword, "", ""},
		{"wrong password", []string{"PLAIN"}, true, func(s *Settings) { s.AuthUsername, s.AuthPassword = user, password+"x" }, "PLAIN", notifier.Misconfigured},
		{"wrong password by login", []string{"LOGIN"}, true, func(s *Settings) { s.AuthUsername, s.AuthPassword = user, password+"x" }, "LOGIN", notifier.Misconfigured},
		{"unreadable file", []string{"PLAIN"}, true, func(s *Settings) { s.AuthUsername, s.AuthPasswordFile = user, "/nowhere/password" }, "", notifier.Misconfigured},
		{"unknown mechanism", []string{"GSSAPI"}, true, withPassword, "", notifier.Misconfigured},
		{"plain in the clear", []string{"PLAIN", "LOGIN"}, false, withPassword, "", notifier.Misconfigured},
		{"cram-md5 in the clear", []string{"PLAIN", "CRAM-MD5"}, false, withPassword, "CRAM-MD5", ""},
		{"plain in the clear to this host", []string{"PLAIN"}, false, func(s *Settings) { withPassword(s); s.Smarthost = "localhost:25" }, "PLAIN", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			options := []relayOptions{func(r *relay) { r.offers = tt.offers }}
			if !tt.tls {
				options = append(options, noTLS)
			}
			r := newRelay(t, options...)
			c := r.to(func(s *Settings) {
				tt.change(s)
				if !tt.tls {
					s.RequireTLS = &no
				}
			})
			_, err := c.Send(t.Context(), firing(t))
			if tt.want == "" && err != nil || tt.want != "" && notifier.Classify(err).Kind != tt.want {
				t.Error(err)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\x1b\n") || strings.Contains(fmt.Sprintf("%v %#v", err, err), "s33d3d") {
				t.Errorf("%q", err)
			}
			if got := strings.Join(r.mechanism, ","); got != tt.mechanism {
				t.Errorf("logged in by %q, want %q", got, tt.mechanism)
			}
		})
	}
}

func TestTheBestOfferedMechanismIsTaken(t *testing.T) {
	for _, tt := range []struct {
		offered   string
		encrypted bool
		want      string
	}{
		{"LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER", true, "PLAIN"},
		{"LOGIN XOAUTH2", true, "LOGIN"},
		{"SCRAM-SHA-1 SCRAM-SHA-256 CRAM-MD5", true, "SCRAM-SHA-256"},
		{"SCRAM-SHA-1 CRAM-MD5", true, "SCRAM-SHA-1"},
		{"XOAUTH2", true, "XOAUTH2"},
		{"PLAIN LOGIN SCRAM-SHA-256", false, "SCRAM-SHA-256"},
		{"PLAIN LOGIN XOAUTH2", false, ""},
		{"", true, ""},
	} {
		c := &channel{settings: Settings{Smarthost: "example.com:587", AuthUsername: user, AuthPassword: password}}
		auth, err := c.auth(strings.Fields(tt.offered), tt.encrypted)
		got := ""
		if err == nil {
			got, _, _ = auth.Start(serverInfo())
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q (%v)", tt.offered, got, tt.want, err)
		}
	}
}

func TestTheRelayMayQuoteNoCredential(t *testing.T) {
	c := &channel{settings: Settings{AuthUsername: user, AuthPassword: password, AuthSecret: "s33d3d-s3cr3t", AuthIdentity: "me"}}
	for _, quoted := range []string{
		password, "s33d3d-s3cr3t", "bWUAYWxlcnRkAHMzM2QzZC1wNHNzdzByZA==", "czMzZDNkLXA0c3N3MHJk",
		"dXNlcj1hbGVydGQBYXV0aD1CZWFyZXIgczMzZDNkLXA0c3N3MHJkAQE=",
	} {
		if got := c.hide("500 unrecognized: AUTH " + quoted + " what?"); got != "500 unrecognized: AUTH "+secret.Masked+" what?" {
			t.Error(got)
		}
	}
}
