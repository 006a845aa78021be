// Package httpsend sends the requests of all channels that speak HTTP: one
// client per destination, secrets kept out of every error, and the answer
// classified for the outbox.
package httpsend

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/config"

	"alertd/internal/secret"
	"alertd/notifier"
)

// Bounds of one exchange.
const (
	maxAnswer    = 64 << 10 // bytes read of an answer's body
	idleTimeout  = 30 * time.Second
	maxDrain     = 256 << 10 // bytes read to keep the connection usable
	jsonMimeType = "application/json"
)

// Client sends requests to one destination. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	agent   string
	secrets func() []string // what the HTTP configuration holds
	now     func() time.Time
}

// New returns a client as cfg says (nil: the defaults). Redirects are never
// followed, because they would carry secrets to another host. name is the
// channel's, version alertd's. The error says what is wrong with cfg: a
// certificate that cannot be read, for one.
func New(cfg *config.HTTPClientConfig, name, version string) (*Client, error) {
	own := config.DefaultHTTPClientConfig
	if cfg != nil {
		own = *cfg
	}
	own.FollowRedirects = false
	made, err := config.NewClientFromConfig(own, name, config.WithIdleConnTimeout(idleTimeout))
	if err != nil {
		return nil, fmt.Errorf("http_config: %w", err)
	}
	c := Over(made.Transport, version)
	c.secrets = func() []string { return secretsOf(&own) }
	return c, nil
}

// Over returns a client that sends over the given transport.
func Over(transport http.RoundTripper, version string) *Client {
	if version == "" {
		version = "unknown"
	}
	return &Client{
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		agent:   "alertd/" + version,
		secrets: func() []string { return nil },
		now:     time.Now,
	}
}

// Request is one request. The URL is taken for a secret as a whole.
type Request struct {
	Method      string // "" means POST
	URL         secret.Source
	Query       url.Values // set over the query that the URL has
	ContentType string     // "" means JSON
	Body        []byte
	Header      http.Header
}

// Answer is what the far side said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // at most 64 kB of it

	hide []string // secrets that it may quote
}

// Send sends the request once; ctx bounds how long that takes. Every error is a
// *notifier.Failure that holds no secret. Where the far side answered with
// other than 2xx, both the answer and the error are returned, so that the
// channel can judge by what it knows of that API.
func (c *Client) Send(ctx context.Context, r Request) (*Answer, error) {
	raw, err := r.URL.Reveal()
	if err != nil {
		return nil, &notifier.Failure{Kind: notifier.Misconfigured, Err: err}
	}
	raw = strings.TrimSpace(raw)
	hide := append(urlSecrets(raw), c.secrets()...)
	req, err := c.request(ctx, r, raw)
	if err != nil {
		return nil, &notifier.Failure{Kind: notifier.Misconfigured, Err: secret.Scrub(withoutURL(err), hide...)}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &notifier.Failure{Kind: notifier.Temporary, Err: secret.Scrub(withoutURL(err), hide...)}
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is left to lose
	// The status decides; a body cut short is judged by what came of it.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	answer := &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body, hide: hide}
	if f := classify(answer, c.now()); f != nil {
		return answer, f
	}
	return answer, nil
}

func (c *Client) request(ctx context.Context, r Request, raw string) (*http.Request, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("the URL is not an http or https address")
	}
	if len(r.Query) > 0 {
		q := u.Query()
		maps.Copy(q, r.Query)
		u.RawQuery = q.Encode()
	}
	method, contentType := r.Method, r.ContentType
	if method == "" {
		method = http.MethodPost
	}
	if contentType == "" {
		contentType = jsonMimeType
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", c.agent)
	return req, nil
}

// Excerpt returns the beginning of the body as one line of harmless text,
// without the secrets of the request that it may quote.
func (a *Answer) Excerpt() string {
	// Masking comes first: a secret cut in half would not be recognised.
	body := secret.ScrubText(string(a.Body), a.hide...)
	return notifier.Shorten(notifier.CleanLine(strings.ToValidUTF8(body, "\uFFFD")), maxExcerpt)
}
