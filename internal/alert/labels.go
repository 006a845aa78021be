package alert

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The label names that Prometheus and Alertmanager give a meaning.
const (
	MetricName = "__name__"
	AlertName  = "alertname"
)

// Label is one name and its value.
type Label struct{ Name, Value string }

// Labels is a label set, sorted by name, without repeated names or empty
// values. Treat it as immutable: every method that changes something returns
// a new set.
type Labels []Label

// LabelsFromMap returns the label set of m, leaving out empty values.
func LabelsFromMap(m map[string]string) Labels {
	ls := make(Labels, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if m[name] != "" {
			ls = append(ls, Label{name, m[name]})
		}
	}
	return ls
}

// LabelsFromStrings returns the label set of alternating names and values.
// It panics on an odd count, which is a mistake in the calling code.
func LabelsFromStrings(pairs ...string) Labels {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return LabelsFromMap(m)
}

// Get returns the value of name, or "" where the set has none.
func (ls Labels) Get(name string) string {
	if i, ok := ls.find(name); ok {
		return ls[i].Value
	}
	return ""
}

// Has tells whether the set has a label of that name.
func (ls Labels) Has(name string) bool {
	_, ok := ls.find(name)
	return ok
}

func (ls Labels) find(name string) (int, bool) {
	return slices.BinarySearchFunc(ls, name, func(l Label, n string) int {
		return strings.Compare(l.Name, n)
	})
}

// With returns the set with name set to value; an empty value removes it.
func (ls Labels) With(name, value string) Labels {
	if value == "" {
		return ls.Without(name)
	}
	i, ok := ls.find(name)
	out := slices.Clone(ls)
	if ok {
		out[i].Value = value
		return out
	}
	return slices.Insert(out, i, Label{name, value})
}

// Without returns the set less the named labels.
func (ls Labels) Without(names ...string) Labels {
	out := make(Labels, 0, len(ls))
	for _, l := range ls {
		if !slices.Contains(names, l.Name) {
			out = append(out, l)
		}
	}
	return out
}

// Overlay returns the set with the labels of over put over its own. In over,
// which is sorted by name, an empty value removes a label.
func (ls Labels) Overlay(over Labels) Labels {
	out := make(Labels, 0, len(ls)+len(over))
	for len(ls) > 0 || len(over) > 0 {
		switch {
		case len(over) == 0 || len(ls) > 0 && ls[0].Name < over[0].Name:
			out, ls = append(out, ls[0]), ls[1:]
			continue
		case len(ls) > 0 && ls[0].Name == over[0].Name:
			ls = ls[1:]
		}
		if over[0].Value != "" {
			out = append(out, over[0])
		}
		over = over[1:]
	}
	return out
}

// Only returns the named labels of the set.
func (ls Labels) Only(names ...string) Labels {
	out := make(Labels, 0, len(names))
	for _, l := range ls {
		if slices.Contains(names, l.Name) {
			out = append(out, l)
		}
	}
	return out
}

// Map returns the set as a map of its own.
func (ls Labels) Map() map[string]string {
	m := make(map[string]string, len(ls))
	for _, l := range ls {
		m[l.Name] = l.Value
	}
	return m
}

// Equal tells whether both sets have the same labels.
func (ls Labels) Equal(o Labels) bool { return slices.Equal(ls, o) }

// Compare orders label sets by name and value, then by length.
func (ls Labels) Compare(o Labels) int {
	return slices.CompareFunc(ls, o, func(a, b Label) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
}

// String writes the set as PromQL does: {a="1", b="2"}.
func (ls Labels) String() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, l := range ls {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(l.Name)
		b.WriteByte('=')
		b.WriteString(strconv.Quote(l.Value))
	}
	b.WriteByte('}')
	return b.String()
}

// MarshalJSON writes the set as an object, names in order.
func (ls Labels) MarshalJSON() ([]byte, error) { return ls.AppendJSON(nil), nil }

// AppendJSON appends the set to b as a JSON object, names in order.
func (ls Labels) AppendJSON(b []byte) []byte {
	size := len("{}")
	for i := range ls {
		size += len(`"":"",`) + len(ls[i].Name) + len(ls[i].Value)
	}
	b = append(slices.Grow(b, size), '{')
	for i := range ls {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendQuoted(b, ls[i].Name)
		b = append(b, ':')
		b = AppendQuoted(b, ls[i].Value)
	}
	return append(b, '}')
}

// AppendQuoted appends s to b as a JSON string. What is not valid UTF-8 becomes
// the replacement character, as in encoding/json.
func AppendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(s) // a string always has a JSON form
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// UnmarshalJSON reads an object of strings.
func (ls *Labels) UnmarshalJSON(data []byte) error {
	var m map[string]string
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("reading labels: %w", err)
	}
	*ls = LabelsFromMap(m)
	return nil
}
