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

// samples returns the samples of a result of which the API client has read
// all but a vector. A scalar without a time has no value either: what the API
// client would give as 0 was never said.
func (a *answer) samples(rest model.Value) (*elements, error) {
	if a.vector != nil {
		return a.vector, nil
	}
	switch v := rest.(type) {
	case *model.Scalar:
		if v.Timestamp == 0 {
			return nil, errNoValue()
		}
		return &elements{samples: []alert.Sample{{Value: float64(v.Value)}}}, nil
	case nil:
		return nil, unreachable("its answer has no result")
	default:
		return nil, rejected("the expression gives a %s, not a vector or scalar", rest.Type())
	}
}

func errNoValue() *Error { return unreachable("its answer has an element without a value") }
