// Package app puts alertd together: it is the only package that knows the
// configuration, the store, the engine, the notifier and every channel.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"alertd/internal/alert"
	"alertd/internal/drill"
	"alertd/internal/inhibit"
	"alertd/internal/intake"
	"alertd/internal/keeper"
	"alertd/internal/selfcheck"
	"alertd/internal/store"
	"alertd/internal/web"
	"alertd/notifier"
	"alertd/rules/engine"
)

// Options is what the command line says.
type Options struct {
	ConfigFile    string // "": the environment alone
	StoragePath   string
	ListenAddress string
	ExternalURL   string // "": made from the listen address
	RoutePrefix   string
	WebConfigFile string
	// SilenceRetention is how long silences are listed after their end.
	SilenceRetention time.Duration
	// MaxSilences, ended ones included, and MaxSilenceBytes bound what clients
	// may store; 0 or less is no limit.
	MaxSilences, MaxSilenceBytes int

	// The bounds and the CORS origin are as in Alertmanager and Prometheus.
	GetConcurrency int
	MaxConnections int
	WebTimeout     time.Duration
	CORSOrigin     string // a regular expression for the whole origin; "": none
	Version        web.Version
	Logger         *slog.Logger
	Stdout         io.Writer // where console receivers print
	// Reloads delivers a request to read the configuration again (SIGHUP).
	Reloads <-chan os.Signal
}

// app is the running parts.
type app struct {
	Options
	external *url.URL
	registry *prometheus.Registry
	store    store.Store
	inhibit  *inhibit.Guard
	source   *source
	engine   *engine.Engine
	intake   *intake.Intake
	notifier *notifier.Notifier
	keeper   *keeper.Keeper
	current  *current
	metrics  *metrics
	drills   *drill.Drills
	storage  *selfcheck.Storage
	clock    func() engine.Reading

	startedAt time.Time

	reloading sync.Mutex // held by the one reload under way
}

// Run runs alertd until ctx ends. Its error tells why it could not start, or
// what made it stop. A database that is found damaged meanwhile is no reason: all
// is begun anew, on one that is sound.
func Run(ctx context.Context, o Options) error {
	plan, err := load(o)
	if err != nil {
		return err
	}
	limitMemory()
	for damages := 0; ; damages++ {
		a := &app{Options: o, registry: prometheus.NewRegistry(), current: &current{}}
		serving, cancel := context.WithCancelCause(ctx)
		err := a.serve(serving, plan, damages, cancel)
		cause := context.Cause(serving)
		cancel(nil)
		if ctx.Err() != nil || !errors.Is(cause, store.ErrDamaged) {
			return err
		}
		o.Logger.Error("The database is damaged; beginning anew", "err", cause)
		if p := a.current.plan(); p != nil {
			plan = p // the file may have changed, and not been reloaded
		}
		if !rest(ctx, damages) {
			return nil
		}
	}
}

// rest waits a little before all is begun anew, the longer the more often that
// was; false: ctx ended.
func rest(ctx context.Context, times int) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(min(time.Minute, time.Duration(times)*10*time.Second)):
		return true
	}
}

// serve opens everything and runs it until ctx ends. damaged is called where the
// database is found damaged, which it was before so many times.
func (a *app) serve(ctx context.Context, plan *plan, damages int, damaged func(error)) (err error) {
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.metrics = newMetrics(a.registry)
	if a.external, err = externalURL(a.Options); err != nil {
		return err
	}
	a.store, err = store.Open(ctx, store.Options{
		Path: a.StoragePath, Logger: a.Logger, Registerer: a.registry, Damages: damages, OnDamage: damaged,
	})
	if err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	defer func() {
		if closeErr := a.store.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("closing the store: %w", closeErr)
		}
	}()
	a.source, err = openSource(plan, filepath.Join(a.StoragePath, "metrics"), a.Logger, a.registry)
	if err != nil {
		return err
	}
	defer a.source.close()
	return a.run(ctx, plan)
}

func (a *app) run(ctx context.Context, plan *plan) error {
	a.inhibit = inhibit.NewGuard(a.store, a.groups)
	a.store = inhibiting{Store: a.store, guard: a.inhibit}
	a.notifier = notifier.New(a.store, a.Logger, a.registry)
	a.keeper = a.newKeeper()
	a.metrics.collectQueue(a.store, func() map[string]bool { return a.failing(time.Now()) })
	a.clock = engine.SystemClock(time.Now())
	a.drills = drill.New(a.store)
	a.engine = engine.New(engine.Options{
		Store: a.drills, Querier: a.source, Recorder: a.source.recorder(), Committed: a.committed,
		Checks: a.checks(), Clock: a.clock,
		Concurrency: plan.config.Evaluation.Concurrency,
		Logger:      a.Logger, Registerer: a.registry,
	})
	a.drills.Attach(a.engine.Look)
	var err error
	if a.intake, err = intake.Open(ctx, a.store, a.committed, a.Logger); err != nil {
		return err
	}
	deps := a.webDeps(ctx)
	if deps.CORSOrigin, err = corsOrigin(a.CORSOrigin); err != nil {
		return err
	}
	server, err := web.New(deps)
	if err != nil {
		return err
	}
	listen := web.ListenConfig{Address: a.ListenAddress, WebConfigFile: a.WebConfigFile, MaxConnections: a.MaxConnections}
	listener, err := server.Listen(ctx, listen)
	if err != nil {
		return err
	}
	if err := a.apply(ctx, plan); err != nil {
		_ = listener.Close()
		return err
	}
	beat, err := a.heartbeat()
	if err != nil {
		_ = listener.Close()
		return err
	}
	before, err := a.beginRun(ctx)
	if err != nil {
		_ = listener.Close()
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return server.Serve(ctx, listener, listen)
	})
	group.Go(func() error { return a.source.run(ctx) })
	group.Go(func() error { return a.evaluate(ctx) })
	group.Go(func() error { return a.notify(ctx) })
	group.Go(func() error { return a.intake.Run(ctx) })
	group.Go(func() error { return a.keeper.Run(ctx) })
	group.Go(func() error { return a.reloadOnSignal(ctx) })
	group.Go(func() error { return a.prune(ctx) })
	group.Go(func() error { return a.stayAlive(ctx) })
	group.Go(func() error { return a.tellFromMemory(ctx) })
	group.Go(func() error { return beat.Run(ctx) })
	group.Go(func() error { return a.noteStart(ctx, before) })
	err = group.Wait()
	a.endRun(context.WithoutCancel(ctx), ctx, err)
	return err
}

// evaluate runs the engine once there is data to evaluate.
func (a *app) evaluate(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-a.source.ready():
	}
	return a.engine.Run(ctx)
}

// notify tells people, but nothing before the first evaluation has shown what
// became of the alerts that the store remembers.
func (a *app) notify(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-a.engine.Ready():
	}
	slim := time.AfterFunc(startPagesAfter, func() {
		debug.FreeOSMemory()
		if err := releaseStartPages(); err != nil {
			a.Logger.Debug("Memory that only the start needed stays in use", "err", err)
		}
	})
	defer slim.Stop()
	return a.notifier.Run(ctx)
}

// startPagesAfter is when the start is over for certain.
const startPagesAfter = 20 * time.Second

// prune forgets what ended long ago, now and every hour.
func (a *app) prune(ctx context.Context) error {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		storage := a.current.plan().config.Storage
		keep := store.Retention{
			History:  time.Duration(storage.Retention),
			Silences: a.SilenceRetention,
			Size:     int64(storage.RetentionSize),
		}
		if _, err := a.store.Prune(ctx, time.Now(), keep); err != nil && ctx.Err() == nil {
			a.Logger.Error("Old history could not be forgotten", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// What holds for silences where the flags do not say. The retention is
// Alertmanager's.
const (
	DefaultSilenceRetention = 120 * time.Hour
	DefaultMaxSilences      = 50_000
	DefaultMaxSilenceBytes  = 256 << 10
)

// groups routes an alert by the configuration in force.
func (a *app) groups(labels alert.Labels) []alert.GroupRef {
	return drill.Route(labels, a.current.plan().route.Groups)
}

// externalURL is where links in messages lead. Without the flag it is the
// listen address, with the host's name where that is every address.
func externalURL(o Options) (*url.URL, error) {
	text := o.ExternalURL
	if text == "" {
		host, port, err := net.SplitHostPort(o.ListenAddress)
		if err != nil {
			return nil, fmt.Errorf("--web.listen-address: %w: write it as 127.0.0.1:9099", err)
		}
		if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
			if host, err = os.Hostname(); err != nil {
				return nil, fmt.Errorf("finding the host's name for links: %w: give --web.external-url", err)
			}
		}
		text = "http://" + net.JoinHostPort(host, port) + strings.TrimRight(o.RoutePrefix, "/")
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("--web.external-url %q: not an http or https URL: write it as http://alertd.example.com:9099", text)
	}
	return u, nil
}
