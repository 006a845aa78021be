package prom

import (
	"fmt"
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
func (a *answer) samples(rest model.Value) ([]alert.Sample, error) {
	if a.vector != nil {
		return a.vector, nil
	}
	switch v := rest.(type) {
	case *model.Scalar:
		if v.Timestamp == 0 {
			return nil, errNoValue()
		}
		return []alert.Sample{{Value: float64(v.Value)}}, nil
	case nil:
		return nil, errNoResult()
	default:
		return nil, rejected("the expression gives a %s, not a vector or scalar", rest.Type())
	}
}

// histogramText writes a native histogram as PromQL's own String does:
// {count:3, sum:4.5, (0.5,1]:2, (1,2]:1}.
func histogramText(h *model.SampleHistogram) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{count:%g, sum:%g", float64(h.Count), float64(h.Sum))
	for _, bucket := range h.Buckets {
		if bucket == nil {
			continue
		}
		// Which bounds belong to it: 0 the upper, 1 the lower, 2 neither, 3 both.
		left, right := "(", ")"
		if bucket.Boundaries&1 == 1 {
			left = "["
		}
		if bucket.Boundaries == 0 || bucket.Boundaries == 3 {
			right = "]"
		}
		fmt.Fprintf(&b, ", %s%g,%g%s:%g", left, float64(bucket.Lower), float64(bucket.Upper), right, float64(bucket.Count))
	}
	b.WriteByte('}')
	return b.String()
}

func errNoResult() *Error { return unreachable("its answer has no result") }

func errNoValue() *Error { return unreachable("its answer has an element without a value") }
