package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/internal/explain"
	"alertd/internal/web"
	"alertd/internal/web/apiv1"
	"alertd/rules"
)

// explain tells the story of an alert by what is recorded of it and by the
// configuration in force; store.ErrNotFound where nothing is.
func (a *app) explain(ctx context.Context, id string) (*apiv1.Story, *alert.Alert, error) {
	p := a.current.plan()
	trace, err := a.store.Trace(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	silences, err := a.store.Silences(ctx)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	f := explain.Facts{Now: now, Trace: trace, Shown: web.ShownAlert(&trace.Alert), Silences: silences, Rule: a.explainRule(p, &trace.Alert, now)}
	for _, route := range p.route.Match(trace.Labels) {
		r := explain.Route{Options: route.Options}
		for _, node := range p.route.PathTo(route) {
			r.Path = append(r.Path, node.Matchers())
		}
		for _, group := range p.route.Groups(trace.Labels) {
			if group.RouteID == route.ID {
				r.Group = group
			}
		}
		f.Routes = append(f.Routes, r)
	}
	for _, key := range trace.Groups {
		preview, err := a.notifier.Preview(ctx, key)
		if errors.Is(err, alert.ErrNotFound) {
			continue // dropped meanwhile
		}
		if err != nil {
			return nil, nil, fmt.Errorf("group %s: %w", key, err)
		}
		f.Previews = append(f.Previews, *preview)
	}
	if f.Inhibitors, err = a.inhibitors(ctx, trace.Labels); err != nil {
		return nil, nil, err
	}
	return explain.Tell(f), &trace.Alert, nil
}

// inhibitors returns the labels of the alerts that inhibit one with these labels.
func (a *app) inhibitors(ctx context.Context, labels alert.Labels) (map[alert.Fingerprint]alert.Labels, error) {
	by := a.inhibit.InhibitedBy(labels)
	if len(by) == 0 {
		return nil, nil
	}
	active, err := a.store.ActiveAlerts(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[alert.Fingerprint]alert.Labels, len(by))
	for i := range active {
		if f := active[i].Labels.Fingerprint(); slices.Contains(by, f) {
			found[f] = active[i].Labels
		}
	}
	return found, nil
}

// explainRule finds an alert's rule in the configuration, and how evaluating it
// goes; nil where it is not there.
func (a *app) explainRule(p *plan, of *alert.Alert, now time.Time) *explain.Rule {
	for _, g := range p.groups {
		i := slices.IndexFunc(g.Rules, func(r *rules.Rule) bool { return r.ID == of.RuleID })
		if i < 0 {
			continue
		}
		r := g.Rules[i]
		out := &explain.Rule{
			Name: r.Name, Group: g.Name, Expression: r.Expr(now), For: r.For, Interval: g.Interval,
			FiresAt: of.ActiveAt.Add(r.For), KeepFiringFor: r.KeepFiringFor, StableFor: r.Flapping.Stable,
		}
		if r.Deadline != nil {
			out.FiresAt = r.Deadline(of.ActiveAt)
		}
		for _, status := range a.engine.Groups() {
			if status.Name != g.Name {
				continue
			}
			out.LastEvaluation = status.LastEvaluation
			for _, rs := range status.Rules {
				if rs.ID == r.ID {
					out.LastError = rs.LastError
				}
			}
		}
		return out
	}
	return nil
}
