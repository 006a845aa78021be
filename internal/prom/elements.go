package prom

import (
	"slices"
	"strconv"
	"strings"

	jsoniter "github.com/json-iterator/go"

	"alertd/internal/alert"
)

// vectorType is how the API names an instant vector.
const vectorType = "vector"

// elements is what an instant vector holds.
type elements struct {
	samples []alert.Sample
	ignored int // native histograms left out
}

// readVector reads a JSON array of elements.
func readVector(in *jsoniter.Iterator) (*elements, error) {
	if in.WhatIsNext() != jsoniter.ArrayValue {
		return nil, unreachable("its answer has no result")
	}
	r := elementsReader{in: in, texts: map[string]string{}}
	for in.ReadArray() {
		if err := r.element(); err != nil {
			return nil, err
		}
	}
	if in.Error != nil {
		return nil, unreadable()
	}
	return &r.out, nil
}

// elementsReader reads elements one after the other.
type elementsReader struct {
	in    *jsoniter.Iterator
	out   elements
	texts map[string]string // names and values, which recur from element to element
	spare alert.Labels      // for the next label set
}

// element reads {"metric": {...}, "value": [time, "number"]}, or the same with
// a histogram in place of the value.
func (r *elementsReader) element() error {
	var s alert.Sample
	var told, histogram bool
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
			histogram = true
			in.Skip()
		default:
			in.Skip()
		}
		return wrong == nil
	})
	switch {
	case wrong != nil:
		return wrong
	case r.in.Error != nil: // told by the caller
	case histogram:
		r.out.ignored++
	case !told:
		return errNoValue()
	default:
		r.out.samples = append(r.out.samples, s)
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

// shared returns the text, the same memory for the same text.
func (r *elementsReader) shared(text string) string {
	if same, ok := r.texts[text]; ok {
		return same
	}
	r.texts[text] = text
	return text
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
