package engine

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// ask asks Prometheus the questions of some of the group's rules, and then, for
// rules with new breaches, for the facts that tell when these began, and, for
// rules whose active alerts are not all in the answer, for the evidence of how
// these are. The answers are in the order of the rules.
func (r *runner) ask(ctx context.Context, some []*rules.Rule, ts time.Time) []answer {
	answers := make([]answer, len(some))
	if some[0].Record != "" {
		return answers // asked for where it is recorded
	}
	if r.group.Name == ownGroup {
		return r.look(ctx, some, ts)
	}
	at := ts.Add(-r.group.QueryOffset)
	exprs := make([]string, len(some))
	for i, rule := range some {
		exprs[i] = rule.Expr(at)
	}
	for i, result := range r.questions.ask(ctx, exprs, at) {
		answers[i] = r.engine.answered(ctx, some[i], result, ts)
	}
	r.askFacts(ctx, some, answers, at)
	r.askEvidence(ctx, some, answers, at)
	return answers
}

// askFacts adds the facts to those answers that need them.
func (r *runner) askFacts(ctx context.Context, some []*rules.Rule, answers []answer, at time.Time) {
	var exprs []string
	var needing []*rules.Outcome
	for i, rule := range some {
		outcome := &answers[i].outcome
		if outcome.Err == nil && rule.NeedsFacts(r.alerts[rule.ID], outcome.Breaches) {
			for _, fact := range rule.Facts {
				exprs, needing = append(exprs, fact.Expr(at)), append(needing, outcome)
			}
		}
	}
	if len(exprs) == 0 {
		return
	}
	for i, result := range r.facts.ask(ctx, exprs, at) {
		if result.err != nil {
			needing[i].Err = fmt.Errorf("asking when it began: %w", result.err)
			continue
		}
		needing[i].Facts = append(needing[i].Facts, rules.Alive(result.samples))
	}
}

// askEvidence adds the evidence to those answers that need it.
func (r *runner) askEvidence(ctx context.Context, some []*rules.Rule, answers []answer, at time.Time) {
	var exprs []string
	var needing []*rules.Outcome
	for i, rule := range some {
		outcome := &answers[i].outcome
		if outcome.Err == nil && rule.NeedsEvidence(r.alerts[rule.ID], outcome.Breaches) {
			exprs, needing = append(exprs, rule.Evidence(at)), append(needing, outcome)
		}
	}
	if len(exprs) == 0 {
		return
	}
	for i, result := range r.evidence.ask(ctx, exprs, at) {
		if result.err != nil {
			needing[i].EvidenceErr = fmt.Errorf("asking for the evidence: %w", result.err)
			continue
		}
		needing[i].Evidence = rules.Alive(result.samples)
	}
}

// result is what Prometheus answered to one expression.
type result struct {
	samples []alert.Sample
	err     error
}

// query asks Prometheus, within the bounds on time and on queries under way.
func (e *Engine) query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	select {
	case e.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-e.slots }()
	ctx, cancel := context.WithTimeout(ctx, e.setup.Timeout)
	defer cancel()
	return e.o.Querier.Query(ctx, expr, ts)
}

func (e *Engine) externalURL() *url.URL {
	if e.setup.PrometheusURL == nil {
		return &url.URL{}
	}
	return e.setup.PrometheusURL
}
