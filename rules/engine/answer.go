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

// answered says what a result means to the rule: every sample is a breach.
func (e *Engine) answered(ctx context.Context, rule *rules.Rule, got result, ts time.Time) answer {
	if got.err != nil || len(got.samples) == 0 {
		return answer{outcome: rules.Outcome{Err: got.err}}
	}
	x := rules.Expander{Query: e.query, ExternalURL: e.externalURL()}
	return answer{rules.Outcome{Breaches: x.Breaches(ctx, rule, got.samples, ts)}, func(ctx context.Context, of []int) []alert.Labels {
		some := make([]alert.Sample, len(of))
		for i, breach := range of {
			some[i] = got.samples[breach]
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
