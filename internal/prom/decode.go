package prom

import (
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
)

// How PromQL marks its annotations, from before the API told infos from
// warnings too.
const (
	promqlInfo    = "PromQL info"
	promqlWarning = "PromQL warning"
)

// checkComplete returns an error where data may be missing: by VictoriaMetrics's
// flag, or by any warning that is not merely informative.
func checkComplete(partial bool, warnings []string) error {
	warnings = slices.DeleteFunc(slices.Clone(warnings), func(w string) bool {
		return strings.HasPrefix(w, promqlInfo)
	})
	switch {
	case len(warnings) > 0:
		own := !partial && !slices.ContainsFunc(warnings, func(w string) bool {
			return !strings.HasPrefix(w, promqlWarning)
		})
		return &Error{kind: ErrPartial, reason: strings.Join(warnings, "; "), ownFault: own}
	case partial:
		return &Error{kind: ErrPartial, reason: "the answer says isPartial"}
	}
	return nil
}

// samplesOf returns the samples of a result and how many native histograms
// were left out. A sample without a time has no value either: what the API
// client would give as 0 was never said.
func samplesOf(value model.Value) (samples []alert.Sample, ignored int, err error) {
	switch v := value.(type) {
	case model.Vector:
		samples = make([]alert.Sample, 0, len(v))
		for _, s := range v {
			switch {
			case s == nil || s.Timestamp == 0:
				return nil, 0, errNoValue()
			case s.Histogram != nil:
				ignored++
			default:
				samples = append(samples, alert.Sample{Labels: labelsOf(s.Metric), Value: float64(s.Value)})
			}
		}
		return samples, ignored, nil
	case *model.Scalar:
		if v.Timestamp == 0 {
			return nil, 0, errNoValue()
		}
		return []alert.Sample{{Value: float64(v.Value)}}, 0, nil
	case nil:
		return nil, 0, unreachable("its answer has no result")
	default:
		return nil, 0, rejected("the expression gives a %s, not a vector or scalar", value.Type())
	}
}

func errNoValue() *Error { return unreachable("its answer has an element without a value") }

func labelsOf(m model.Metric) alert.Labels {
	labels := make(alert.Labels, 0, len(m))
	for name, value := range m {
		if value != "" {
			labels = append(labels, alert.Label{Name: string(name), Value: string(value)})
		}
	}
	slices.SortFunc(labels, func(a, b alert.Label) int { return strings.Compare(a.Name, b.Name) })
	return labels
}
