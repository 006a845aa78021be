package prom

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/common/model"

	"alertd/internal/alert"
)

// vectorType is how the API names an instant vector.
const vectorType = "vector"

// readVector reads a JSON array of at most so many elements. The result is never
// nil.
func readVector(in *jsoniter.Iterator, most int) ([]alert.Sample, error) {
	if in.WhatIsNext() != jsoniter.ArrayValue {
		return nil, errNoResult()
	}
	r := elementsReader{in: in, out: []alert.Sample{}, texts: map[string]string{}}
	for in.ReadArray() {
		if len(r.out) == most { // those without labels are in no count made before
			return nil, rejected("the answer has more series than prometheus.max_series allows (%d): let the expression select less, or raise it", most)
		}
		if err := r.element(); err != nil {
			return nil, err
		}
	}
	if in.Error != nil {
		return nil, unreadable()
	}
	return r.out, nil
}

// elementsReader reads elements one after the other.
type elementsReader struct {
	in    *jsoniter.Iterator
	out   []alert.Sample
	texts map[string]string // names and values, which recur from element to element
	spare alert.Labels      // for the next label set
}

// element reads {"metric": {...}, "value": [time, "number"]}, or the same with
// a histogram in place of the value.
func (r *elementsReader) element() error {
	var s alert.Sample
	var told bool
	var wrong error
	if r.in.WhatIsNext() != jsoniter.ObjectValue {
		return errNoValue()
	}
	r.in.ReadMapCB(func(in *jsoniter.Iterator, key string) bool {
		switch key {
		case "metric":
			s.Labels, wrong = r.labels()
		case "value":
			s.Value, wrong = r.value()
			told = true
		case "histogram":
			s.Histogram, wrong = r.histogram()
		default:
			in.Skip()
		}
		return wrong == nil
	})
	switch {
	case wrong != nil:
		return wrong
	case r.in.Error != nil: // told by the caller
	case s.Histogram != "":
		s.Value = 0
		r.out = append(r.out, s)
	case !told:
		return errNoValue()
	default:
		r.out = append(r.out, s)
	}
	return nil
}

// labels reads an object of strings, leaving out empty ones.
func (r *elementsReader) labels() (alert.Labels, error) {
	if r.in.WhatIsNext() == jsoniter.NilValue {
		r.in.Skip()
		return nil, nil
	}
	ls := r.spare[:0]
	r.in.ReadMapCB(func(in *jsoniter.Iterator, name string) bool {
		if value := in.ReadString(); value != "" {
			ls = append(ls, alert.Label{Name: r.shared(name), Value: r.shared(value)})
		}
		return true
	})
	r.spare = ls
	byName := func(a, b alert.Label) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(ls, byName) {
		slices.SortFunc(ls, byName)
	}
	for i := 1; i < len(ls); i++ {
		if ls[i].Name == ls[i-1].Name {
			return nil, unreachable("its answer has an element with two labels %q", ls[i].Name)
		}
	}
	return slices.Clone(ls), nil
}

// shared returns the text as valid UTF-8, the same memory for the same text.
func (r *elementsReader) shared(text string) string {
	if same, ok := r.texts[text]; ok {
		return same
	}
	valid := strings.ToValidUTF8(text, "\ufffd") // as encoding/json reads it
	r.texts[text] = valid
	return valid
}

// histogram reads [time, {"count": "1", ...}] and writes it as PromQL does.
func (r *elementsReader) histogram() (string, error) {
	var pair model.SampleHistogramPair
	if err := json.Unmarshal(r.in.SkipAndReturnBytes(), &pair); err != nil || pair.Histogram == nil {
		return "", errNoValue()
	}
	return histogramText(pair.Histogram), nil
}

// value reads [time, "number"].
func (r *elementsReader) value() (v float64, err error) {
	if r.in.WhatIsNext() != jsoniter.ArrayValue || !r.in.ReadArray() || r.in.WhatIsNext() != jsoniter.NumberValue {
		return 0, errNoValue()
	}
	r.in.ReadFloat64()
	if !r.in.ReadArray() || r.in.WhatIsNext() != jsoniter.StringValue {
		return 0, errNoValue()
	}
	text := r.in.ReadString()
	if v, err = strconv.ParseFloat(text, 64); err != nil {
		return 0, unreachable("its answer has an element with the value %.40q", text)
	}
	if r.in.ReadArray() {
		return 0, unreachable("its answer has an element with more than one value")
	}
	return v, nil
}
