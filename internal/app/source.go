package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/alert"
	"alertd/internal/prom"
	"alertd/internal/standalone"
	"alertd/rules/engine"
)

// source is where samples come from: a Prometheus over HTTP, or Prometheus's
// own parts in process when the configuration names none.
type source struct {
	own *standalone.Standalone // nil when a Prometheus is asked

	mu     sync.Mutex
	client *prom.Client
}

func openSource(p *plan, dir string, logger *slog.Logger, reg prometheus.Registerer) (*source, error) {
	if p.config.Prometheus.URL == "" {
		own, err := standalone.Open(p.config.Standalone, dir, logger, reg)
		if err != nil {
			return nil, fmt.Errorf("starting without a Prometheus: %w", err)
		}
		logger.Info("No Prometheus is configured: measuring this host in process", "textfiles", p.config.Standalone.TextfileDirectory)
		return &source{own: own}, nil
	}
	client, err := prom.New(p.config.Prometheus, reg)
	if err != nil {
		return nil, err
	}
	return &source{client: client}, nil
}

// prometheusURL is where people find the Prometheus; nil when there is none.
func (p *plan) prometheusURL() *url.URL {
	link, err := url.Parse(p.config.Prometheus.LinkURL())
	if err != nil || link.Host == "" {
		return nil
	}
	return link
}

// Query asks whatever there is to ask.
func (s *source) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	if s.own != nil {
		return s.own.Query(ctx, expr, ts)
	}
	s.mu.Lock()
	client := s.client
	s.mu.Unlock()
	return client.Query(ctx, expr, ts)
}

// recorder keeps what recording rules give; nil where a Prometheus does.
func (s *source) recorder() engine.Recorder {
	if s.own == nil {
		return nil
	}
	return s.own
}

// reload returns what puts a changed configuration into force.
func (s *source) reload(p *plan, reg prometheus.Registerer) (apply func(), err error) {
	if (s.own != nil) != (p.config.Prometheus.URL == "") {
		return nil, fmt.Errorf("prometheus: changing between a Prometheus and measuring in process needs a restart of alertd")
	}
	if s.own != nil {
		return func() {}, nil
	}
	client, err := prom.New(p.config.Prometheus, reg)
	if err != nil {
		return nil, err
	}
	return func() {
		s.mu.Lock()
		old := s.client
		s.client = client
		s.mu.Unlock()
		old.Close()
	}, nil
}

// ready is closed when there is data to ask for.
func (s *source) ready() <-chan struct{} {
	if s.own != nil {
		return s.own.Ready()
	}
	now := make(chan struct{})
	close(now)
	return now
}

func (s *source) run(ctx context.Context) error {
	if s.own != nil {
		return s.own.Run(ctx)
	}
	return nil
}

func (s *source) close() {
	if s.own != nil {
		_ = s.own.Close()
		return
	}
	s.client.Close()
}
