package rules

import (
	"context"
	"time"

	"alertd/internal/alert"
)

// Breaches returns what the samples of the rule's expression, evaluated for ts,
// mean: one breach for each, in their order.
func (x *Expander) Breaches(ctx context.Context, r *Rule, samples []alert.Sample, ts time.Time) []Breach {
	breaches := make([]Breach, len(samples))
	for i, labels := range x.AlertLabels(ctx, r, samples, ts) {
		breaches[i] = Breach{Labels: labels, Series: seriesOf(samples[i]), Value: samples[i].Value}
	}
	return breaches
}

// Alive returns what the samples of a rule's evidence, or of a fact, mean: the
// value of every series that is alive.
func Alive(samples []alert.Sample) map[alert.Fingerprint]float64 {
	values := make(map[alert.Fingerprint]float64, len(samples))
	for _, s := range samples {
		values[seriesOf(s)] = s.Value
	}
	return values
}

// seriesOf tells series apart as a rule does: comparisons keep the metric's
// name, most functions drop it.
func seriesOf(s alert.Sample) alert.Fingerprint {
	return s.Labels.Without(alert.MetricName).Fingerprint()
}
