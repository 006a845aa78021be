package app

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"alertd/internal/alert"
	"alertd/internal/intake"
	"alertd/internal/store"
	"alertd/internal/web"
	"alertd/rules/engine"
)

// Bounds on what API clients may store, apart from those that flags set.
const (
	maxRecurring   = 1000
	maxAllSilences = 32 << 20 // bytes
)

// webDeps is what the HTTP server sees of the rest.
func (a *app) webDeps(ctx context.Context) web.Deps {
	return web.Deps{
		Store:          a.store,
		NotFound:       store.ErrNotFound,
		Recurring:      recurring{a.keeper, a.current},
		Groups:         a.groups,
		InhibitedBy:    a.inhibitedBy,
		MutedBy:        a.mutedBy,
		RouteLabels:    a.notifier.RouteLabels,
		Receivers:      a.receivers,
		Receive:        a.receive,
		Reload:         func(context.Context) error { return a.reload(ctx) },
		Ready:          a.ready,
		TestReceiver:   a.testReceiver,
		Drills:         a.practice(),
		RuleGroups:     a.ruleGroups,
		Config:         func() string { return string(a.current.plan().config.Masked()) },
		OriginalConfig: a.originalConfig,
		OnSilence:      a.committed,
		Explain:        a.explain,
		Retention:      a.retention,
		Now:            func() time.Time { return time.Now().In(a.current.plan().config.Timezone) },
		Gatherer:       a.registry,
		Registerer:     a.registry,
		Logger:         a.Logger,
		Version:        a.Version,
		StartedAt:      time.Now(),
		ExternalURL:    a.external,
		RoutePrefix:    a.RoutePrefix,
		Limits: web.Limits{
			Silences: max(a.MaxSilences, 0), Recurring: maxRecurring, SilenceBytes: max(a.MaxSilenceBytes, 0), AllSilences: maxAllSilences,
			Gets: a.GetConcurrency, Timeout: a.WebTimeout,
		},
	}
}

// corsOrigin compiles --web.cors.origin, which must match an origin's whole text.
func corsOrigin(expression string) (*regexp.Regexp, error) {
	if expression == "" {
		return nil, nil //nolint:nilnil // none is allowed
	}
	re, err := regexp.Compile("^(?:" + expression + ")$")
	if err != nil {
		return nil, fmt.Errorf(`--web.cors.origin %q: %w: write a regular expression for whole origins, such as https://karma\.example\.org`, expression, err)
	}
	return re, nil
}

func (a *app) retention() web.Retention {
	storage := a.current.plan().config.Storage
	return web.Retention{Age: time.Duration(storage.Retention), Size: int64(storage.RetentionSize)}
}

func (a *app) receivers() []web.Receiver {
	var out []web.Receiver
	for _, r := range a.current.plan().config.Receivers {
		out = append(out, web.Receiver{Name: r.Name, Labels: alert.LabelsFromMap(r.Labels)})
	}
	return out
}

func (a *app) receive(ctx context.Context, posted []web.PostedAlert) error {
	in := make([]intake.Posted, len(posted))
	for i, p := range posted {
		in[i] = intake.Posted(p)
	}
	return a.intake.Receive(ctx, in, time.Now())
}

func (a *app) ready() error {
	select {
	case <-a.engine.Ready():
	default:
		return errors.New("the first evaluation has not finished yet")
	}
	for _, g := range a.engine.Groups() {
		if g.StoreError != "" {
			return fmt.Errorf("what was evaluated cannot be stored, and is told from memory only: %s", g.StoreError)
		}
	}
	return nil
}

func (a *app) originalConfig() string {
	text, err := a.current.plan().config.Alertmanager()
	if err != nil {
		a.Logger.Error("The configuration cannot be shown", "err", err)
	}
	return string(text)
}

// ruleGroups tells how every group is doing.
func (a *app) ruleGroups() []web.RuleGroupStatus {
	groups := a.engine.Groups()
	out := make([]web.RuleGroupStatus, len(groups))
	for i, g := range groups {
		out[i] = web.RuleGroupStatus{Name: g.Name, Interval: g.Interval, LastEvaluation: g.LastEvaluation, Duration: g.Duration}
		for _, r := range g.Rules {
			out[i].Rules = append(out[i].Rules, ruleStatus(g, r))
		}
	}
	return out
}

func ruleStatus(g engine.GroupStatus, r engine.RuleStatus) web.RuleStatus {
	s := web.RuleStatus{Name: r.Name, Type: "alerting", State: "inactive", Health: "ok", LastError: r.LastError, Alerts: r.Pending + r.Firing}
	if r.Job != "" {
		s.Name += " of " + r.Job
	}
	switch {
	case r.Firing > 0:
		s.State = "firing"
	case r.Pending > 0:
		s.State = "pending"
	}
	if r.Recording {
		s.Type, s.State = "recording", ""
	}
	switch {
	case r.LastError != "":
		s.Health = "err"
	case g.LastEvaluation.IsZero():
		s.Health = "unknown"
	}
	return s
}
