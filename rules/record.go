package rules

import (
	"errors"
	"fmt"

	"alertd/internal/alert"
)

// Recorded returns the series that a recording rule's results are kept as: of
// the name Record, with the rule's labels over their own. As in Prometheus, two
// series alike, or more than the rule's limit, are an error.
func (r *Rule) Recorded(results []alert.Sample) ([]alert.Sample, error) {
	if r.Limit > 0 && len(results) > r.Limit {
		return nil, fmt.Errorf("the rule gives more series than its limit: %d, limit %d", len(results), r.Limit)
	}
	out := make([]alert.Sample, len(results))
	seen := make(map[alert.Fingerprint]struct{}, len(results))
	for i, s := range results {
		if s.Histogram != "" {
			return nil, errors.New("a result is a native histogram, and only numbers can be recorded: use histogram_quantile() or a like function")
		}
		ls := s.Labels.With(alert.MetricName, r.Record)
		for _, l := range r.Labels {
			ls = ls.With(l.Name, l.Text)
		}
		fp := ls.Fingerprint()
		if _, twice := seen[fp]; twice {
			return nil, fmt.Errorf("%w: %s", ErrDuplicate, ls)
		}
		seen[fp] = struct{}{}
		out[i] = alert.Sample{Labels: ls, Value: s.Value}
	}
	return out, nil
}
