// Package standalone measures the host and answers PromQL about it in process,
// for when there is no Prometheus to ask: node_exporter's collectors,
// Prometheus's scrape manager, its storage and its query engine, joined as
// they would be over the network, so that a rule means the same in both
// worlds.
package standalone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	commoncfg "github.com/prometheus/common/config"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/tsdb"
)

const (
	queryTimeout = 30 * time.Second
	maxSamples   = 5_000_000 // one query holds at a time, 16 bytes each
	lookback     = 5 * time.Minute
)

// Standalone is a Prometheus and a node_exporter in one.
type Standalone struct {
	logger  *slog.Logger
	config  *config.Config // as in a prometheus.yml
	targets map[string][]*targetgroup.Group

	db      *tsdb.DB
	engine  *promql.Engine
	manager *scrape.Manager
	host    http.Handler    // node_exporter's /metrics
	wire    *memoryListener // to it
	first   *firstRound

	registered *registrations
	recordings recordings

	mu     sync.RWMutex // held for reading by queries, for writing to close
	closed bool

	life *lifecycle
}

// Open opens, or makes, the time series under dir and prepares the collectors.
// Nothing is measured before Run. The error tells what is wrong with the
// settings or the directory. reg may be nil.
func Open(s Settings, dir string, logger *slog.Logger, reg prometheus.Registerer) (*Standalone, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("standalone: %w", err)
	}
	return open(s.withDefaults(), dir, logger, reg)
}

func open(s Settings, dir string, logger *slog.Logger, reg prometheus.Registerer) (_ *Standalone, err error) {
	cfg, targets, err := scrapeConfig(s)
	if err != nil {
		return nil, fmt.Errorf("standalone: %w", err)
	}
	registered := &registrations{to: reg}
	log := newQuietLogger(logger, slog.LevelError)
	collectors, err := nodeCollectors(s, newQuietLogger(logger, slog.LevelWarn))
	if err != nil {
		return nil, fmt.Errorf("standalone: %w", err)
	}
	defer func() {
		if err != nil {
			registered.undo()
		}
	}()
	host, err := hostHandler(collectors, log)
	if err != nil {
		return nil, fmt.Errorf("standalone: %w", err)
	}
	db, err := openStorage(s, filepath.Join(dir, "tsdb"), log, registered)
	if err != nil {
		return nil, fmt.Errorf("standalone: %w", err)
	}
	wire := newMemoryListener()
	first := newFirstRound(s)
	manager, err := scrape.NewManager(&scrape.Options{
		DiscoveryReloadOnStartup: true,
		// A target's first scrape waits for its slot, up to one interval away.
		// This takes the wait off, so that rules soon have something to judge.
		InitialScrapeOffset: -time.Duration(s.ScrapeInterval),
		HTTPClientOptions:   []commoncfg.HTTPClientOption{commoncfg.WithDialContextFunc(wire.dialOr(nodeAddress))},
	}, log, nil, nil, &watchedStorage{db, first.stored}, registered)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("standalone: preparing to scrape: %w", err), db.Close())
	}
	engine := promql.NewEngine(promql.EngineOpts{
		Logger: log, Reg: registered, Parser: parser.NewParser(parser.Options{}),
		MaxSamples: maxSamples, Timeout: queryTimeout, LookbackDelta: lookback,
		EnableAtModifier: true, EnableNegativeOffset: true,
	})
	return &Standalone{
		logger: log, config: cfg, targets: targets, db: db, engine: engine, manager: manager,
		host: host, wire: wire, first: first, registered: registered, life: newLifecycle(),
		recordings: recordings{last: map[string]recording{}},
	}, nil
}

// Ready returns a channel that is closed when every target has been scraped
// once, or found not to answer: rules evaluated before that may find nothing.
// It takes two scrape intervals from Run at most.
func (s *Standalone) Ready() <-chan struct{} { return s.first.done }

// Run scrapes until ctx ends or Close is called, then returns nil. It runs at
// most once.
func (s *Standalone) Run(ctx context.Context) error {
	ctx, stop, err := s.life.begin(ctx)
	if err != nil {
		return fmt.Errorf("standalone: %w", err)
	}
	defer stop()
	// Should a target be lost on the way, nobody need wait for it.
	longest := time.AfterFunc(2*time.Duration(s.config.GlobalConfig.ScrapeInterval), s.first.finish)
	defer longest.Stop()
	if err := s.manager.ApplyConfig(s.config); err != nil {
		return fmt.Errorf("standalone: configuring the scrapes: %w", err)
	}
	server := &http.Server{
		Handler:           s.host,
		ReadHeaderTimeout: maxTimeout,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
	}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(s.wire) })
	running.Go(func() {
		discovered := make(chan map[string][]*targetgroup.Group, 1)
		discovered <- s.targets
		_ = s.manager.Run(discovered)
	})
	<-ctx.Done()
	s.manager.Stop()
	err = server.Close()
	running.Wait()
	return err
}

// Close ends Run and waits for it, then closes the time series. Queries under
// way are waited for, later ones fail. Closing again does nothing.
func (s *Standalone) Close() error {
	s.life.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := errors.Join(s.engine.Close(), s.db.Close(), s.wire.Close())
	s.registered.undo()
	if err != nil {
		return fmt.Errorf("standalone: closing the time series: %w", err)
	}
	return nil
}
