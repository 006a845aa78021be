package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"alertd/internal/prom"
)

// asked is a Prometheus as package live wants it.
type asked struct {
	*prom.Client
	intervals map[prom.Target]time.Duration // nil until asked for
	noTargets error                         // why they are not known
}

func open(s prom.Settings) (*asked, error) {
	client, err := prom.New(s, nil)
	if err != nil {
		return nil, err
	}
	return &asked{Client: client}, nil
}

// Cost tells what evaluating an expression takes.
func (a *asked) Cost(ctx context.Context, expr string, ts time.Time) (int64, time.Duration, error) {
	cost, err := a.Client.Cost(ctx, expr, ts)
	return cost.Samples, cost.Took, err
}

// Types returns the types that the metadata of a metric tells; none where the
// server, as some that are like Prometheus, keeps no metadata.
func (a *asked) Types(ctx context.Context, metric string) ([]string, error) {
	types, err := a.Client.Types(ctx, metric)
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	return types, nil
}

// ScrapeInterval returns how often a target is scraped; 0 where the server does
// not tell.
func (a *asked) ScrapeInterval(ctx context.Context, job, instance string) (time.Duration, error) {
	if a.intervals == nil {
		var err error
		if a.intervals, err = a.ScrapeIntervals(ctx); errors.Is(err, context.Canceled) {
			return 0, err
		} else if err != nil {
			a.intervals, a.noTargets = map[prom.Target]time.Duration{}, err
		}
	}
	return a.intervals[prom.Target{Job: job, Instance: instance}], nil
}

// pageTimeout is how long a page may take to answer.
const pageTimeout = 10 * time.Second

// pages returns what asks whether a page is there, without credentials.
func pages() func(ctx context.Context, url string) error {
	client := &http.Client{Timeout: pageTimeout}
	ask := func(ctx context.Context, method, url string) (int, error) {
		req, err := http.NewRequestWithContext(ctx, method, url, nil)
		if err != nil {
			return 0, fmt.Errorf("not a URL: %w", err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	return func(ctx context.Context, url string) error {
		status, err := ask(ctx, http.MethodHead, url)
		if err == nil && status >= http.StatusBadRequest {
			status, err = ask(ctx, http.MethodGet, url) // not every server knows HEAD
		}
		switch {
		case err != nil:
			return err
		case status >= http.StatusBadRequest:
			return fmt.Errorf("it answered %d %s", status, http.StatusText(status))
		}
		return nil
	}
}
