package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/alert"
	"alertd/internal/config"
	"alertd/internal/prom"
	"alertd/internal/standalone"
	"alertd/rules/engine"
)

// source is where samples come from: a Prometheus over HTTP, Prometheus's own
// parts in process when the configuration names none, or nowhere when there is
// nothing to watch.
type source struct {
	kind sourceKind
	own  *standalone.Standalone // of measured

	mu     sync.Mutex
	client *prom.Client // of asked
}

// sourceKind says for people where samples come from.
type sourceKind string

const (
	asked    sourceKind = "asking a Prometheus"
	measured sourceKind = "measuring in process"
	none     sourceKind = "watching nothing"
)

func kindOf(cfg *config.Config) sourceKind {
	switch {
	case cfg.Prometheus.URL != "":
		return asked
	case cfg.Watching:
		return measured
	}
	return none
}

func openSource(p *plan, dir string, logger *slog.Logger, reg prometheus.Registerer) (*source, error) {
	s := &source{kind: kindOf(p.config)}
	var err error
	switch s.kind {
	case asked:
		s.client, err = prom.New(p.config.Prometheus, reg)
	case measured:
		if s.own, err = standalone.Open(p.config.Standalone, dir, logger, reg); err != nil {
			return nil, fmt.Errorf("starting without a Prometheus: %w", err)
		}
		logger.Info("No Prometheus is configured: measuring this host in process", "textfiles", p.config.Standalone.TextfileDirectory)
	case none:
		logger.Info("The configuration says nothing of what to watch: alerts are those that others send")
	}
	if err != nil {
		return nil, err
	}
	return s, nil
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
	if client == nil {
		return nil, errors.New("there is no Prometheus to ask")
	}
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
	if kind := kindOf(p.config); s.kind != kind {
		return nil, fmt.Errorf("prometheus: changing from %s to %s needs a restart of alertd", s.kind, kind)
	}
	if s.kind != asked {
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
	}
	if s.client != nil {
		s.client.Close()
	}
}
