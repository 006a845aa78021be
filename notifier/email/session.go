package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/prometheus/common/config"
	"github.com/wneessen/go-mail/smtp"

	"alertd/notifier"
)

// stage is where in an SMTP session something went wrong.
type stage string

const (
	connecting stage = "connecting"
	greeting   stage = "greeting"
	encrypting stage = "starting TLS"
	loggingIn  stage = "logging in"
	sender     stage = "giving the sender"
	recipient  stage = "giving the recipient"
	sending    stage = "sending the message"
)

// stageError is an error and where it happened.
type stageError struct {
	stage stage
	err   error
}

func (e *stageError) Error() string { return string(e.stage) + ": " + e.err.Error() }
func (e *stageError) Unwrap() error { return e.err }

func at(s stage, err error) error {
	if err == nil {
		return nil
	}
	return &stageError{s, err}
}

// session is one connection to the relay, ready for envelopes. Its mail library
// is driven command by command, because sending a whole message would make one
// refused recipient the end of it for all.
type session struct {
	client *smtp.Client
	stop   func() bool
}

// open connects, encrypts and logs in.
func (c *channel) open(ctx context.Context, utf8 bool) (*session, error) {
	encrypt := !c.settings.implicitTLS()
	s, err := c.connect(ctx, encrypt)
	if e, ok := errors.AsType[*stageError](err); ok && e.stage == encrypting && !c.settings.requireTLS() {
		// Its TLS does not work, and is not required.
		s, err = c.connect(ctx, false)
	}
	if err != nil {
		return nil, err
	}
	s.client.SkipSMTPUTF8(!utf8)
	if err := c.logIn(s.client); err != nil {
		s.abandon()
		return nil, at(loggingIn, err)
	}
	return s, nil
}

func (c *channel) connect(ctx context.Context, encrypt bool) (*session, error) {
	conn, err := c.dial(ctx, "tcp", c.settings.Smarthost)
	if err != nil {
		return nil, at(connecting, err)
	}
	conn = &boundedConn{Conn: conn, left: maxHeard}
	// The library knows no context: when it ends, so does the connection.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	fail := func(s stage, err error) (*session, error) {
		stop()
		_ = conn.Close()
		if ctx.Err() != nil {
			err = fmt.Errorf("%w (%w)", ctx.Err(), err)
		}
		return nil, at(s, err)
	}
	tlsConfig, err := c.settings.tls()
	if err != nil {
		return fail(encrypting, err)
	}
	if c.settings.implicitTLS() {
		encrypted := tls.Client(conn, tlsConfig)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return fail(encrypting, err)
		}
		conn = encrypted
	}
	client, err := smtp.NewClient(conn, c.settings.host())
	if err != nil {
		return fail(greeting, err)
	}
	if err := client.Hello(c.hello()); err != nil {
		return fail(greeting, err)
	}
	if encrypt {
		offered, _ := client.Extension("STARTTLS")
		switch {
		case offered:
			err = client.StartTLS(tlsConfig)
		case c.settings.requireTLS():
			err = errNoTLS
		}
		if err != nil {
			return fail(encrypting, err)
		}
	}
	return &session{client: client, stop: stop}, nil
}

// errNoTLS is no passing trouble: the relay and the settings do not agree.
var errNoTLS = errors.New("the relay offers no STARTTLS: use another port, or set require_tls to false")

// tls returns the TLS settings, read anew so that certificates may change.
func (s *Settings) tls() (*tls.Config, error) {
	own := config.TLSConfig{}
	if s.TLSConfig != nil {
		own = *s.TLSConfig
	}
	t, err := config.NewTLSConfig(&own)
	if err != nil {
		return nil, fmt.Errorf("tls_config: %w", err)
	}
	if t.ServerName == "" {
		t.ServerName = s.host()
	}
	return t, nil
}

// hello returns what we call ourselves.
func (c *channel) hello() string {
	if c.settings.Hello != "" {
		return c.settings.Hello
	}
	name, err := os.Hostname()
	if err != nil || name == "" || strings.ContainsAny(name, " \r\n") {
		return "localhost"
	}
	return name
}

// deliver sends the letter to one recipient. alive tells whether the session
// can go on after an error.
func (s *session) deliver(l *letter, to string) (alive bool, err error) {
	if err := s.client.Mail("<" + l.from + ">"); err != nil {
		return false, at(sender, err) // the next recipient would fare no better
	}
	if err := s.client.Rcpt("<" + to + ">"); err != nil {
		return s.reset(), at(recipient, err)
	}
	w, err := s.client.Data()
	if err != nil {
		return s.reset(), at(sending, err)
	}
	if _, err := w.Write(l.body); err != nil {
		return false, at(sending, err)
	}
	if err := w.Close(); err != nil {
		return s.reset(), at(sending, err)
	}
	return true, nil
}

func (s *session) reset() bool { return s.client.Reset() == nil }

// close ends the session in good order, so far as it lasts.
func (s *session) close() {
	_ = s.client.Quit()
	s.abandon()
}

func (s *session) abandon() {
	s.stop()
	_ = s.client.Close()
}

// textOf returns an error's text, bounded, harmless and without the secrets.
func textOf(err error, hide func(string) string) string {
	return notifier.Shorten(notifier.CleanLine(hide(err.Error())), 300)
}

// dialFunc connects to the relay.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)
