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
	"alertd/notifier"
	"alertd/rules/engine"
)

// maxRecurring is how many recurring silences are kept.
const maxRecurring = 1000

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
		RuleGroups:     a.ruleGroups,
		Config:         func() string { return string(a.current.plan().config.Masked()) },
		OriginalConfig: a.originalConfig,
		OnSilence:      a.committed,
		Now:            func() time.Time { return time.Now().In(a.current.plan().config.Timezone) },
		Gatherer:       a.registry,
		Registerer:     a.registry,
		Logger:         a.Logger,
		Version:        a.Version,
		StartedAt:      time.Now(),
		ExternalURL:    a.external,
		RoutePrefix:    a.RoutePrefix,
		Limits: web.Limits{
			Silences: max(a.MaxSilences, 0), Recurring: maxRecurring, SilenceBytes: max(a.MaxSilenceBytes, 0),
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
			return fmt.Errorf("what was evaluated cannot be stored, and so not be told: %s", g.StoreError)
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

// testReceiver tells every integration of a receiver a marked test alert.
func (a *app) testReceiver(ctx context.Context, name string) ([]web.TestResult, error) {
	p := a.current.plan()
	setup, err := p.setup(a.Options, a.external)
	if err != nil {
		return nil, err
	}
	targets, ok := setup.Receivers[name]
	if !ok {
		return nil, fmt.Errorf("receiver %s: %w", name, store.ErrNotFound)
	}
	now := time.Now()
	var out []web.TestResult
	for _, t := range targets {
		started := time.Now()
		_, err := t.Channel.Send(ctx, setup.Templates.Message(testDelivery(name, t.ID, now), testGroup(name), []alert.Alert{testAlert(now)}, 0, "", now))
		result := web.TestResult{Integration: t.ID, Duration: time.Since(started)}
		if err != nil {
			result.Error = notifier.Classify(err).Error()
		}
		out = append(out, result)
	}
	return out, nil
}

const testName = "AlertdTest"

func testAlert(now time.Time) alert.Alert {
	labels := alert.LabelsFromStrings(alert.AlertName, testName, "severity", "info")
	return alert.Alert{
		ID: alert.NewID("test", labels, now), RuleID: "test", Labels: labels, State: alert.Firing,
		Annotations: alert.LabelsFromStrings(
			"summary", "This is a test of alertd",
			"description", "If you can read this, alertd can tell you. Nothing is wrong, and nobody else was told.",
		),
		ActiveAt: now, FiredAt: now, UpdatedAt: now,
	}
}

func testGroup(receiver string) alert.Group {
	return alert.Group{GroupRef: alert.GroupRef{
		Key: "test:{}", Receiver: receiver, Labels: alert.LabelsFromStrings(alert.AlertName, testName),
	}}
}

func testDelivery(receiver, integration string, now time.Time) alert.Delivery {
	return alert.Delivery{
		ID: fmt.Sprintf("test-%x", now.UnixNano()), Group: "test:{}", Receiver: receiver, Integration: integration,
		Content: alert.Content{Firing: []string{testAlert(now).ID}}, Reason: string(notifier.ReasonTest), CreatedAt: now,
	}
}
