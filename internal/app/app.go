// Package app puts alertd together: it is the only package that knows the
// configuration, the store, the engine, the notifier and every channel.
package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime/debug"
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
	beat, err := a.heartbeat()
	if err != nil {
		return err
	}
	listener, err := server.Listen(ctx, listen)
	if err != nil {
		return err
	}
	before, err := a.begin(ctx, plan)
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

// begin puts the plan into force, saves that alertd runs, and returns its run
// before.
func (a *app) begin(ctx context.Context, plan *plan) (before alert.Run, err error) {
	if err := a.apply(ctx, plan); err != nil {
		return before, err
	}
	return a.beginRun(ctx)
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

// groups routes an alert by the configuration in force.
func (a *app) groups(labels alert.Labels) []alert.GroupRef {
	return drill.Route(labels, a.current.plan().route.Groups)
}
