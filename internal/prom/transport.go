package prom

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"time"

	commoncfg "github.com/prometheus/common/config"

	"alertd/internal/secret"
)

const (
	maxRedirects = 5
	// idleTimeout is below the five minutes after which Prometheus hangs up,
	// and above any usual evaluation interval.
	idleTimeout = 90 * time.Second
)

// newHTTPClient returns a client with keep-alives. How many connections it
// keeps idle follows from how many queries run at once, which the caller
// bounds.
func newHTTPClient(cfg commoncfg.HTTPClientConfig, version string) (*http.Client, error) {
	if version == "" {
		version = "dev"
	}
	client, err := commoncfg.NewClientFromConfig(cfg, "prometheus",
		commoncfg.WithUserAgent("alertd/"+version), commoncfg.WithIdleConnTimeout(idleTimeout))
	if err != nil {
		return nil, err
	}
	if cfg.FollowRedirects {
		client.CheckRedirect = followOwn
	}
	return client, nil
}

// followOwn follows a redirect on the same host that keeps the query: our
// headers must not reach anybody else, and a POST that became a GET has lost
// its expression on the way to, most likely, a login page. Others are
// answers, to be reported.
func followOwn(next *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || next.Method != first.Method ||
		next.URL.Hostname() != first.URL.Hostname() ||
		first.URL.Scheme == "https" && next.URL.Scheme != "https" {
		return http.ErrUseLastResponse
	}
	return nil
}

// secretsOf lists what must not show in any error, however it came to be
// there: servers echo what they were sent.
func secretsOf(cfg commoncfg.HTTPClientConfig, base *url.URL) []secret.Source {
	var all []secret.Source
	add := func(value commoncfg.Secret, file string) {
		if s := secret.From(secret.Value(value), file); s.Set() {
			all = append(all, s)
		}
	}
	if b := cfg.BasicAuth; b != nil {
		add(b.Password, b.PasswordFile)
		if b.Password != "" {
			pair := b.Username + ":" + string(b.Password)
			add(commoncfg.Secret(base64.StdEncoding.EncodeToString([]byte(pair))), "")
		}
	}
	if a := cfg.Authorization; a != nil {
		add(a.Credentials, a.CredentialsFile)
	}
	if o := cfg.OAuth2; o != nil {
		add(o.ClientSecret, o.ClientSecretFile)
	}
	if p := cfg.ProxyURL.URL; p != nil {
		password, _ := p.User.Password()
		add(commoncfg.Secret(password), "")
	}
	if h := cfg.HTTPHeaders; h != nil {
		for _, header := range h.Headers {
			for _, value := range header.Secrets {
				add(value, "")
			}
			for _, file := range header.Files {
				add("", file)
			}
		}
	}
	for _, values := range base.Query() {
		for _, value := range values {
			add(commoncfg.Secret(value), "")
		}
	}
	return all
}

// minSecret is the length below which masking a secret would only garble the
// text: nobody hides much in three bytes.
const minSecret = 4

// reveal reads the secrets, files too, as they are now.
func (c *Client) reveal() []string {
	var all []string
	for _, source := range c.secrets {
		// A file that cannot be read has not been sent either.
		if text, err := source.Reveal(); err == nil && len(text) >= minSecret {
			all = append(all, text)
		}
	}
	return all
}
