package email

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"

	"alertd/internal/secret"
)

// Faults of the settings, which no waiting mends.
var (
	errNoAuth = errors.New("no way to log in that the relay offers is safe here")
	errSecret = errors.New("the password cannot be read")
)

// logIn authenticates in the best way that the relay offers. Without a user
// name, or where the relay offers no way at all, it does nothing: the relay
// then says what it thinks of our sending.
func (c *channel) logIn(client *smtp.Client) error {
	if c.settings.AuthUsername == "" {
		return nil
	}
	ok, offered := client.Extension("AUTH")
	if !ok {
		return nil
	}
	_, err := client.GetTLSConnectionState()
	auth, err := c.auth(strings.Fields(strings.ToUpper(offered)), err == nil)
	if err != nil {
		return err
	}
	return client.Auth(auth)
}

// auth chooses among the offered mechanisms. Encrypted, the plain ones come
// first: relays often offer all that their library knows and can check the
// plain ones only. In the clear, a password is never sent as it is, except to
// this very host.
func (c *channel) auth(offered []string, encrypted bool) (smtp.Auth, error) {
	order := []string{"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "XOAUTH2"}
	if !encrypted {
		order = []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5"}
		if host := c.settings.host(); host == "localhost" || host == "127.0.0.1" || host == "::1" {
			order = append(order, "PLAIN", "LOGIN", "XOAUTH2")
		}
	}
	s := &c.settings
	password, passwordErr := secret.From(s.AuthPassword, s.AuthPasswordFile).Reveal()
	md5Secret, err := secret.From(s.AuthSecret, s.AuthSecretFile).Reveal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSecret, err)
	}
	if md5Secret == "" {
		md5Secret = password
	}
	for _, mechanism := range order {
		if !slices.Contains(offered, mechanism) {
			continue
		}
		if mechanism == "CRAM-MD5" && md5Secret != "" {
			return smtp.CRAMMD5Auth(s.AuthUsername, md5Secret), nil
		}
		if passwordErr != nil {
			return nil, fmt.Errorf("%w: %w", errSecret, passwordErr)
		}
		if password == "" {
			continue
		}
		switch mechanism {
		case "PLAIN":
			return smtp.PlainAuth(s.AuthIdentity, s.AuthUsername, password, s.host(), false), nil
		case "LOGIN":
			return smtp.LoginAuth(s.AuthUsername, password, s.host(), false), nil
		case "SCRAM-SHA-256":
			return smtp.ScramSHA256Auth(s.AuthUsername, password), nil
		case "SCRAM-SHA-1":
			return smtp.ScramSHA1Auth(s.AuthUsername, password), nil
		case "XOAUTH2":
			return smtp.XOAuth2Auth(s.AuthUsername, password), nil
		}
	}
	return nil, fmt.Errorf("%w (it offers %s)", errNoAuth, strings.Join(offered, ", "))
}

// hide masks the credentials in a text, also in the forms in which the relay
// saw them and may quote them.
func (c *channel) hide(text string) string {
	s := &c.settings
	for _, source := range []secret.Source{secret.From(s.AuthPassword, s.AuthPasswordFile), secret.From(s.AuthSecret, s.AuthSecretFile)} {
		value, err := source.Reveal()
		if err != nil || value == "" {
			continue
		}
		encode := base64.StdEncoding.EncodeToString
		text = secret.ScrubText(text,
			encode([]byte(s.AuthIdentity+"\x00"+s.AuthUsername+"\x00"+value)),
			encode([]byte("user="+s.AuthUsername+"\x01auth=Bearer "+value+"\x01\x01")),
			encode([]byte(value)), value)
	}
	return text
}
