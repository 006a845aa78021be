package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"time"

	"alertd/internal/alert"
	"alertd/internal/drill"
	"alertd/internal/intake"
	"alertd/rules/engine"
)

// reload reads the configuration again. Everything that can fail is done
// before anything that runs is touched: a bad file changes nothing.
func (a *app) reload(ctx context.Context) error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	err := func() error {
		p, err := load(a.Options)
		if err != nil {
			return err
		}
		return a.apply(ctx, p)
	}()
	a.metrics.reloaded(err, time.Now())
	if err != nil {
		a.Logger.Error("The configuration was not reloaded; the one before stays in force", "err", err)
		return fmt.Errorf("reloading the configuration: %w", err)
	}
	return nil
}

// apply puts a plan into force, or fails and changes nothing.
func (a *app) apply(ctx context.Context, p *plan) error {
	setup, err := p.setup(a.Options, a.external)
	if err != nil {
		return err
	}
	replaceSource := func() {}
	if old := a.current.plan(); old != nil {
		a.warnOfRestart(old, p)
		if replaceSource, err = a.source.reload(p, a.registry); err != nil {
			return err
		}
	}
	if err := a.inhibit.Apply(ctx, p.inhibit); err != nil {
		return err
	}
	routing := a.routing(p)
	err = a.intake.Apply(ctx, intake.Setup{
		Route: p.route.Groups, Routing: routing, ResolveTimeout: time.Duration(p.config.Global.ResolveTimeout),
	}, time.Now())
	if err != nil {
		a.keepInhibiting(ctx)
		return err
	}
	replaceSource()
	a.current.replace(p)
	a.notifier.Apply(setup)
	a.keeper.Wake()
	a.engine.Apply(&engine.Setup{
		Groups: p.groups, PrometheusURL: p.prometheusURL(),
		Route:    func(labels alert.Labels) []alert.GroupRef { return drill.Route(labels, p.route.Groups) },
		Routing:  routing,
		Runbooks: p.config.Rules().Runbooks,
		Timeout:  time.Duration(p.config.Evaluation.Timeout),
		Interval: time.Duration(p.config.Evaluation.Interval),
		Batch:    p.config.Evaluation.Batch,
		Flapping: p.config.Rules().Flapping,
	})
	a.metrics.reloaded(nil, time.Now())
	jobs, rules, told := p.counts()
	a.Logger.Info("The configuration is loaded", "from", cmp.Or(a.ConfigFile, "environment"),
		"cron_jobs", jobs, "rules", rules, "receivers", told)
	return nil
}

// keepInhibiting puts the inhibit rules in force back.
func (a *app) keepInhibiting(ctx context.Context) {
	old := a.current.plan()
	if old == nil {
		return
	}
	if err := a.inhibit.Apply(ctx, old.inhibit); err != nil {
		a.Logger.Error("The inhibit rules of the refused configuration are in force until the next reload", "err", err)
	}
}

// routing names how a plan groups alerts and whom it tells of them, as this
// version of alertd does: what is told may be another thing where it changes.
func (a *app) routing(p *plan) string {
	text, err := p.config.Alertmanager()
	if err != nil {
		a.Logger.Error("Every group is planned again, as the routes cannot be compared with those before", "err", err)
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(text, "%s %s %v", a.Version.Version, a.Version.Commit, p.rehearsal().Receivers))
	return hex.EncodeToString(sum[:])
}

// warnOfRestart names what changed and cannot change while alertd runs.
func (a *app) warnOfRestart(old, replacement *plan) {
	if !reflect.DeepEqual(old.config.Standalone, replacement.config.Standalone) {
		a.Logger.Warn("Changes to the standalone section take effect at the next start")
	}
	if old.config.Evaluation.Concurrency != replacement.config.Evaluation.Concurrency {
		a.Logger.Warn("A change of evaluation.concurrency takes effect at the next start")
	}
}

func (a *app) reloadOnSignal(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.Reloads:
			_ = a.reload(ctx) // it has logged why
		}
	}
}
