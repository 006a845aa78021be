package httpsend

import (
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/common/config"
)

// minSecret is the shortest part of a URL that is taken for a secret, in bytes:
// shorter ones are words such as "services".
const minSecret = 9

// urlSecrets returns what must not be seen of a URL: itself, and the parts by
// which the far side might quote it, longest first.
func urlSecrets(raw string) []string {
	// The last is how some encoders of JSON write it.
	hide := []string{raw, strings.ReplaceAll(raw, "/", `\/`)}
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return hide
	}
	hide = append(hide, u.String(), u.Redacted())
	add := func(parts ...string) {
		for _, p := range parts {
			if len(p) >= minSecret {
				hide = append(hide, p, url.QueryEscape(p), url.PathEscape(p))
			}
		}
	}
	add(u.RequestURI(), u.EscapedPath(), u.Path, u.RawQuery, u.Fragment)
	if trimmed := strings.Trim(u.Path, "/"); trimmed != "" {
		add(trimmed)
		add(strings.Split(trimmed, "/")...)
	}
	for _, values := range u.Query() {
		add(values...)
	}
	if password, ok := u.User.Password(); ok && password != "" {
		hide = append(hide, password, url.QueryEscape(password), url.PathEscape(password))
	}
	slices.SortFunc(hide, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(hide)
}

// withoutURL takes the URL out of an error of net/http or net/url, which put it
// in front of what went wrong.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// secretsOf returns the credentials that an HTTP configuration holds, in place
// or in files.
func secretsOf(cfg *config.HTTPClientConfig) []string {
	var hide []string
	add := func(values ...string) {
		for _, v := range values {
			if v != "" {
				hide = append(hide, v)
			}
		}
	}
	file := func(path string) {
		if path == "" {
			return
		}
		if data, err := os.ReadFile(path); err == nil {
			add(strings.TrimSpace(string(data)))
		}
	}
	add(string(cfg.BearerToken))
	file(cfg.BearerTokenFile)
	if b := cfg.BasicAuth; b != nil {
		add(string(b.Password))
		file(b.PasswordFile)
	}
	if a := cfg.Authorization; a != nil {
		add(string(a.Credentials))
		file(a.CredentialsFile)
	}
	if o := cfg.OAuth2; o != nil {
		add(string(o.ClientSecret))
		file(o.ClientSecretFile)
	}
	if cfg.HTTPHeaders != nil {
		for _, h := range cfg.HTTPHeaders.Headers {
			for _, s := range h.Secrets {
				add(string(s))
			}
			for _, path := range h.Files {
				file(path)
			}
		}
	}
	if u := cfg.ProxyURL.URL; u != nil {
		if password, ok := u.User.Password(); ok {
			add(password)
		}
	}
	return hide
}
