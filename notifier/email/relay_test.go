package email

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 is made of it
	"crypto/tls"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/prometheus/common/config"

	"alertd/notifier"
	"alertd/notifier/messagetest"
)

const (
	user     = "alertd"
	password = "s33d3d-p4ssw0rd"
)

// envelope is a message that the relay took.
type envelope struct {
	from string
	to   []string
	body string
}

// relay is an SMTP server in process.
type relay struct {
	mu        sync.Mutex
	took      []envelope
	mechanism []string         // of logins
	refuse    map[string]error // by recipient
	refuseAll error            // at MAIL
	refuseMsg error            // at DATA
	offers    []string         // mechanisms
	encrypted bool
	server    *smtp.Server
	listener  net.Listener
	ca        string // path of the certificate
}

// relayOptions change the server before it starts.
type relayOptions func(*relay)

// newRelay starts a relay that offers STARTTLS with a certificate for
// example.com and 127.0.0.1.
func newRelay(t *testing.T, options ...relayOptions) *relay {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	certificate, leaf := web.TLS.Certificates[0], web.Certificate()
	web.Close()
	r := &relay{refuse: map[string]error{}, offers: []string{"PLAIN", "LOGIN", "CRAM-MD5"}, ca: filepath.Join(t.TempDir(), "ca.pem")}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	if err := os.WriteFile(r.ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	r.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &visit{relay: r}, nil }))
	r.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	r.server.AllowInsecureAuth = true
	r.server.Domain = "example.com"
	r.server.ErrorLog = quiet{}
	for _, o := range options {
		o(r)
	}
	var err error
	if r.listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if r.encrypted {
		r.listener = tls.NewListener(r.listener, r.server.TLSConfig)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = r.server.Serve(r.listener)
	}()
	t.Cleanup(func() {
		_ = r.server.Close()
		<-served
	})
	return r
}

// implicitTLS makes the relay speak TLS from the first byte.
func implicitTLS(r *relay) { r.encrypted = true }

func noTLS(r *relay) { r.server.TLSConfig = nil }

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (r *relay) envelopes() []envelope {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.took)
}

func (r *relay) recipients() []string {
	var all []string
	for _, e := range r.envelopes() {
		all = append(all, strings.Join(e.to, "+"))
	}
	return all
}

// visit is one connection at the relay's side.
type visit struct {
	relay *relay
	one   envelope
}

func (s *visit) AuthMechanisms() []string { return s.relay.offers }

func (s *visit) Auth(mechanism string) (sasl.Server, error) {
	check := func(name, secret string) error {
		s.relay.mu.Lock()
		defer s.relay.mu.Unlock()
		s.relay.mechanism = append(s.relay.mechanism, mechanism)
		if name != user || secret != password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no, not with " + secret + "\x1b[31m"}
		}
		return nil
	}
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainServer(func(_, name, secret string) error { return check(name, secret) }), nil
	case "LOGIN":
		return &login{check: check}, nil
	case "CRAM-MD5":
		return &cram{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *visit) Mail(from string, _ *smtp.MailOptions) error {
	s.one = envelope{from: from}
	return s.relay.refuseAll
}

func (s *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	if err := s.relay.refuse[to]; err != nil {
		return err
	}
	s.one.to = append(s.one.to, to)
	return nil
}

func (s *visit) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	if s.relay.refuseMsg != nil {
		return s.relay.refuseMsg
	}
	s.one.body = string(body)
	s.relay.took = append(s.relay.took, s.one)
	return nil
}

func (s *visit) Reset()        { s.one = envelope{} }
func (s *visit) Logout() error { return nil }

// login is the server's side of LOGIN.
type login struct {
	check func(name, secret string) error
	name  string
	step  int
}

func (l *login) Next(response []byte) ([]byte, bool, error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.name = string(response)
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(l.name, string(response))
	}
}

// cram is the server's side of CRAM-MD5.
type cram struct {
	check func(name, secret string) error
	asked bool
}

func (c *cram) Next(response []byte) ([]byte, bool, error) {
	const challenge = "<1896.697170952@example.com>"
	if !c.asked {
		c.asked = true
		return []byte(challenge), false, nil
	}
	name, digest, _ := strings.Cut(string(response), " ")
	mac := hmac.New(md5.New, []byte(password))
	mac.Write([]byte(challenge))
	if digest == hex.EncodeToString(mac.Sum(nil)) {
		return nil, true, c.check(name, password)
	}
	return nil, true, c.check(name, "")
}

// to returns a channel to the relay as if it were example.com:587.
func (r *relay) to(change func(*Settings)) *channel {
	s := newSettings()
	s.Smarthost, s.From, s.To = "example.com:587", "alertd <alertd@example.org>", "a@example.org, B <b@example.org>, c@example.org"
	s.Hello = "client.example.org"
	s.TLSConfig = &config.TLSConfig{CAFile: r.ca}
	if change != nil {
		change(s)
	}
	return &channel{settings: *s, version: "test", dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, r.listener.Addr().String())
	}}
}

func firing(t *testing.T) *notifier.Message {
	t.Helper()
	return messagetest.States(t, messagetest.Templates(t))["firing"]
}

// scripted serves one connection by a script: it sends the next line after each
// line that it reads, and ends with the connection where the script ends.
func scripted(t *testing.T, lines ...string) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // a test
		buf := make([]byte, 1<<16)
		for _, line := range lines {
			if line == "hang" {
				_, _ = io.Copy(io.Discard, conn)
				return
			}
			if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
				return
			}
			// After DATA, the message comes in any number of pieces.
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				if !strings.HasPrefix(line, "354") || bytes.HasSuffix(buf[:n], []byte("\r\n.\r\n")) {
					break
				}
			}
		}
	}()
	t.Cleanup(func() {
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		<-done
	})
	return listener.Addr().String()
}
