// Package prom asks a Prometheus, or anything that speaks its HTTP API, and
// tells apart why a question got no answer: an alert must not end because the
// answer was late, cut short or somebody else's login page.
package prom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/alert"
	"alertd/internal/secret"
)

// Client asks one Prometheus. It may be used by many goroutines at once.
type Client struct {
	base    *url.URL // without credentials
	http    *http.Client
	timeout time.Duration
	limit   int64           // of an answer, in bytes
	series  int             // most series of an answer
	secrets []secret.Source // what no error may show
	metrics *metrics
}

// New returns a client. It contacts nobody; its error tells what is wrong with
// the settings. A registry that knows an earlier client's metrics may be given
// again: both then count together. reg may be nil.
func New(s Settings, reg prometheus.Registerer) (*Client, error) {
	base, err := parseURL(s.URL)
	if err != nil {
		return nil, fmt.Errorf("prometheus: url: %w", err)
	}
	cfg, err := s.httpConfig(base.User)
	if err != nil {
		return nil, fmt.Errorf("prometheus: %w", err)
	}
	base.User = nil
	transport, err := newHTTPClient(cfg, s.Version)
	if err != nil {
		return nil, fmt.Errorf("prometheus: http_config: %w", err)
	}
	m, err := newMetrics(reg)
	if err != nil {
		return nil, fmt.Errorf("prometheus: %w", err)
	}
	timeout := time.Duration(s.Timeout)
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	return &Client{
		base:    base,
		http:    transport,
		timeout: timeout,
		limit:   maxAnswer,
		series:  cmp.Or(s.MaxSeries, defaultMaxSeries),
		secrets: secretsOf(cfg, base),
		metrics: m,
	}, nil
}

// Close lets go of the connections kept for later queries.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Query returns the value of an expression at ts: one sample per element of a
// vector, or a scalar as one sample without labels. NaN and infinities are
// values like others.
//
// An error is ErrUnreachable, ErrRejected or ErrPartial by errors.Is, or
// context.Canceled where ctx was cancelled; its text is short and free of
// credentials. A timeout is also context.DeadlineExceeded.
func (c *Client) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	start := time.Now()
	samples, err := c.query(ctx, expr, ts)
	c.metrics.observe(err, time.Since(start))
	return samples, err
}

func (c *Client) query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	x := &exchange{client: c, limit: c.limit}
	value, warnings, _, err := v1.NewAPI(x).Query(limited, expr, ts, v1.WithTimeout(serverTimeout(c.timeout)))
	if err != nil {
		return nil, c.explain(ctx, err, x.status)
	}
	if err := checkComplete(x.answer.partial, warnings); err != nil {
		return nil, c.explain(ctx, err, x.status)
	}
	samples, err := x.answer.samples(value)
	if err != nil {
		return nil, c.explain(ctx, err, x.status)
	}
	return samples, nil
}

// serverTimeout is the timeout to ask of the server. Go writes 1.5 seconds as
// 1.5s, which Prometheus refuses as a duration, so anything above a second is
// rounded up to whole ones; our own deadline stays exact.
func serverTimeout(d time.Duration) time.Duration {
	if d < time.Second {
		return max(d.Truncate(time.Millisecond), time.Millisecond)
	}
	return (d + time.Second - 1).Truncate(time.Second)
}

// explain turns any failure into what Query promises.
func (c *Client) explain(ctx context.Context, err error, status int) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("asking Prometheus at %s: %w", c.address(), context.Canceled)
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = classify(err, status)
	}
	e.address = c.address()
	e.reason = shorten(secret.ScrubText(e.reason, c.reveal()...))
	return e
}

// address is the URL asked, fit for logs: no credentials, no parameters.
func (c *Client) address() string {
	u := *c.base
	u.RawQuery = ""
	return strings.TrimRight(u.String(), "/")
}
