package engine

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// ask asks Prometheus the rule's question and, when an active alert is not in
// the answer, for the evidence of how it is.
func (e *Engine) ask(ctx context.Context, r *runner, rule *rules.Rule, before []alert.Alert, ts time.Time) (answer, error) {
	if r.group.Name == ownGroup {
		return e.health.answer(rule, before), nil
	}
	at := ts.Add(-r.group.QueryOffset)
	samples, err := e.query(ctx, rule.Expr(at), at)
	if err != nil {
		return answer{}, err
	}
	got := e.answered(ctx, rule, samples, ts)
	if !rule.NeedsEvidence(before, got.outcome.Breaches) {
		return got, nil
	}
	evidence, err := e.query(ctx, rule.Evidence(at), at)
	if err != nil {
		return got, fmt.Errorf("asking for the evidence: %w", err)
	}
	got.outcome.Evidence = make(map[alert.Fingerprint]float64, len(evidence))
	for _, s := range evidence {
		got.outcome.Evidence[series(s)] = s.Value
	}
	return got, nil
}

func series(s alert.Sample) alert.Fingerprint {
	return s.Labels.Without(alert.MetricName).Fingerprint()
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
