package engine

import (
	"context"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// answer is what asking a rule's question gave, and how its alerts are annotated.
type answer struct {
	outcome rules.Outcome
	// annotate returns the annotations of the alerts of those breaches, given
	// by their places in the outcome.
	annotate func(ctx context.Context, breaches []int) []alert.Labels
}

// answered makes an answer of the samples that the rule's expression gave.
func (e *Engine) answered(ctx context.Context, rule *rules.Rule, samples []alert.Sample, ts time.Time) answer {
	x := rules.Expander{Query: e.query, ExternalURL: e.externalURL()}
	breaches := make([]rules.Breach, len(samples))
	for i, labels := range x.AlertLabels(ctx, rule, samples, ts) {
		breaches[i] = rules.Breach{Labels: labels, Series: series(samples[i]), Value: samples[i].Value}
	}
	return answer{rules.Outcome{Breaches: breaches}, func(ctx context.Context, of []int) []alert.Labels {
		some := make([]alert.Sample, len(of))
		for i, breach := range of {
			some[i] = samples[breach]
		}
		return x.Annotations(ctx, rule, some, ts)
	}}
}

// breaching returns the places of the breaches by the alerts' labels.
func (a *answer) breaching() map[alert.Fingerprint]int {
	places := make(map[alert.Fingerprint]int, len(a.outcome.Breaches))
	for i := range a.outcome.Breaches {
		places[a.outcome.Breaches[i].Labels.Fingerprint()] = i
	}
	return places
}
