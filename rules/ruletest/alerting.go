package ruletest

import (
	"context"
	"net/url"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	promrules "github.com/prometheus/prometheus/rules"

	"alertd/internal/alert"
	"alertd/rules"
)

// alertingRule puts one of our rules in the place of an alerting rule of
// Prometheus. Prometheus keeps the group: order, storage, stale markers. Which
// alerts there are is decided by ours.
type alertingRule struct {
	*promrules.AlertingRule // its name, labels and last error; never its state
	rule                    *rules.Rule
	externalLabels          map[string]string
	externalURL             string
	active                  []alert.Alert
	watcher                 Watcher // nil where nobody watches
}

// Eval asks the rule's expression at ts less offset, takes the step, and returns
// the series ALERTS and ALERTS_FOR_STATE of the alerts after it. The evidence is
// not asked: where missing data resolves, it cannot change what fires.
func (r *alertingRule) Eval(ctx context.Context, offset time.Duration, ts time.Time, query promrules.QueryFunc, external *url.URL, _ int) (promql.Vector, error) {
	asked := ts.Add(-offset)
	ask := func(ctx context.Context, expr string, at time.Time) ([]alert.Sample, error) {
		vector, err := query(ctx, expr, at)
		return samples(vector), err
	}
	found, err := ask(ctx, r.rule.Expr(asked), asked)
	if err != nil {
		return nil, err
	}
	expander := rules.Expander{Query: ask, ExternalURL: external, ExternalText: r.externalURL, ExternalLabels: r.externalLabels}
	outcome := rules.Outcome{Breaches: expander.Breaches(ctx, r.rule, found, ts)}
	annotations := make(map[alert.Fingerprint]alert.Labels, len(found))
	for i, texts := range expander.Annotations(ctx, r.rule, found, ts) {
		annotations[outcome.Breaches[i].Labels.Fingerprint()] = texts
	}
	steps, err := r.rule.Step(r.active, outcome, ts)
	if err != nil {
		return nil, err
	}
	r.active = steps.Active
	if r.watcher != nil {
		r.watcher.Evaluated(ts, steps.Changed, steps.Deleted)
	}
	var vector promql.Vector
	for i := range r.active {
		a := &r.active[i]
		if fresh, breaching := annotations[a.Fingerprint()]; breaching {
			a.Annotations = fresh
		}
		vector = append(vector, r.series(a, asked)...)
	}
	return vector, nil
}

// series returns the two series that tell of an alert.
func (r *alertingRule) series(a *alert.Alert, at time.Time) promql.Vector {
	// A label whose template came out empty stays in them as the template.
	b := labels.NewBuilder(r.Labels())
	for _, l := range a.Labels {
		b.Set(l.Name, l.Value)
	}
	forState := b.Set(alert.MetricName, "ALERTS_FOR_STATE").Set(alert.AlertName, r.Name()).Labels()
	state := b.Set(alert.MetricName, "ALERTS").Set("alertstate", string(a.State)).Labels()
	return promql.Vector{
		{Metric: state, T: at.UnixMilli(), F: 1},
		{Metric: forState, T: at.UnixMilli(), F: float64(a.ActiveAt.Unix())},
	}
}

// firing returns what promtool compares of the alerts that fire. Annotations
// that came out empty count there.
func (r *alertingRule) firing() []element {
	var out []element
	for _, a := range r.active {
		if a.State != alert.Firing {
			continue
		}
		annotations := make(map[string]string, len(r.rule.Annotations))
		for _, t := range r.rule.Annotations {
			annotations[t.Name] = a.Annotations.Get(t.Name)
		}
		out = append(out, element{labels: labels.FromMap(a.Labels.Map()), annotations: labels.FromMap(annotations)})
	}
	return out
}

func samples(vector promql.Vector) []alert.Sample {
	out := make([]alert.Sample, len(vector))
	for i, s := range vector {
		out[i] = alert.Sample{Labels: alert.LabelsFromMap(s.Metric.Map()), Value: s.F}
		if s.H != nil {
			out[i].Histogram = s.H.String()
		}
	}
	return out
}
