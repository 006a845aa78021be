package prom

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	commoncfg "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"alertd/internal/secret"
)

// defaultTimeout is how long one query may take unless the settings say.
const defaultTimeout = 10 * time.Second

// defaultMaxSeries takes some 130 MiB, and as alerts several times that.
const defaultMaxSeries = 250_000

// Settings says which Prometheus to ask and how: the `prometheus` section of
// alertd.yml. Anything that speaks Prometheus's HTTP API will do; a path in
// the URL is kept (http://mimir:8080/prometheus).
type Settings struct {
	URL         string         `yaml:"url,omitempty"`
	ExternalURL string         `yaml:"external_url,omitempty"` // what links in messages use; default: URL
	Timeout     model.Duration `yaml:"timeout,omitempty"`      // of one query; default 10s
	MaxSeries   int            `yaml:"max_series,omitempty"`   // most series of one answer; default 250000

	// Headers go with every query, such as X-Scope-OrgID. Values are taken to
	// be secret.
	Headers map[string]secret.Value `yaml:"headers,omitempty"`
	// HTTP is basic auth, bearer token, OAuth 2, TLS and proxy, as in
	// Prometheus's own configuration.
	HTTP commoncfg.HTTPClientConfig `yaml:"http_config,omitempty"`

	Version string `yaml:"-"` // of alertd, told as User-Agent
}

// DefaultSettings returns the settings to read a file's section over.
func DefaultSettings() Settings {
	return Settings{
		Timeout:   model.Duration(defaultTimeout),
		MaxSeries: defaultMaxSeries,
		HTTP:      commoncfg.DefaultHTTPClientConfig,
	}
}

// LinkURL returns where people find this Prometheus: the external URL or the
// URL, never with credentials and without a trailing slash. It is "" where
// neither is a URL.
func (s Settings) LinkURL() string {
	raw := s.ExternalURL
	if raw == "" {
		raw = s.URL
	}
	u, err := parseURL(raw)
	if err != nil {
		return ""
	}
	u.User = nil
	return strings.TrimRight(u.String(), "/")
}

// parseURL reads an HTTP address. Its errors do not quote the address, as that
// may hold a password.
func parseURL(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, errors.New("no URL")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("not a valid URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the URL must begin with http:// or https://")
	case u.Hostname() == "":
		return nil, errors.New("the URL names no host")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// httpConfig returns the client configuration with the URL's credentials and
// the headers put where prometheus/common looks for them.
func (s Settings) httpConfig(user *url.Userinfo) (commoncfg.HTTPClientConfig, error) {
	cfg := s.HTTP
	if user != nil {
		if cfg.BasicAuth != nil || cfg.Authorization != nil || cfg.OAuth2 != nil ||
			cfg.BearerToken != "" || cfg.BearerTokenFile != "" {
			return cfg, errors.New("credentials both in url and in http_config: keep one of them")
		}
		password, _ := user.Password()
		cfg.BasicAuth = &commoncfg.BasicAuth{Username: user.Username(), Password: commoncfg.Secret(password)}
	}
	if len(s.Headers) > 0 {
		all := map[string]commoncfg.Header{}
		if cfg.HTTPHeaders != nil {
			maps.Copy(all, cfg.HTTPHeaders.Headers)
		}
		for name, value := range s.Headers {
			all[name] = commoncfg.Header{Secrets: []commoncfg.Secret{commoncfg.Secret(value)}}
		}
		cfg.HTTPHeaders = &commoncfg.Headers{Headers: all}
		if err := cfg.HTTPHeaders.Validate(); err != nil {
			return cfg, fmt.Errorf("headers: %w (credentials belong into http_config)", err)
		}
	}
	if err := cfg.Validate(); err != nil {
		return cfg, fmt.Errorf("http_config: %w", err)
	}
	return cfg, nil
}
