package alert

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
)

// MatchOp is how a matcher compares: =, !=, =~ or !~.
type MatchOp string

// The four comparisons.
const (
	MatchEqual     MatchOp = "="
	MatchNotEqual  MatchOp = "!="
	MatchRegexp    MatchOp = "=~"
	MatchNotRegexp MatchOp = "!~"
)

// Matcher tests one label. A label that is absent has the value "".
type Matcher struct {
	Name  string
	Op    MatchOp
	Value string
	re    *regexp.Regexp
}

// NewMatcher returns a matcher; regular expressions (RE2) match the whole
// value. The error tells what is wrong with the name, operator or expression.
func NewMatcher(name string, op MatchOp, value string) (Matcher, error) {
	m := Matcher{Name: name, Op: op, Value: value}
	if name == "" {
		return m, fmt.Errorf("a matcher needs a label name")
	}
	switch op {
	case MatchEqual, MatchNotEqual:
	case MatchRegexp, MatchNotRegexp:
		// By itself first: a)|(b would be valid between the anchors' brackets.
		if _, err := regexp.Compile(value); err != nil {
			return m, fmt.Errorf("regular expression of label %s: %w", name, err)
		}
		re, err := regexp.Compile("^(?:" + value + ")$")
		if err != nil {
			return m, fmt.Errorf("regular expression of label %s: %w", name, err)
		}
		m.re = re
	default:
		return m, fmt.Errorf("unknown comparison %q: use =, !=, =~ or !~", op)
	}
	return m, nil
}

// Matches tells whether the value of the matcher's label passes.
func (m Matcher) Matches(value string) bool {
	switch m.Op {
	case MatchEqual:
		return value == m.Value
	case MatchNotEqual:
		return value != m.Value
	case MatchRegexp:
		return m.re.MatchString(value)
	case MatchNotRegexp:
		return !m.re.MatchString(value)
	}
	return false
}

// String writes the matcher as it is typed: name="value".
func (m Matcher) String() string { return m.Name + string(m.Op) + strconv.Quote(m.Value) }

// Matchers match a label set when every one of them does.
type Matchers []Matcher

// Matches tells whether the label set passes every matcher.
func (ms Matchers) Matches(ls Labels) bool {
	for i := range ms {
		if !ms[i].Matches(ls.Get(ms[i].Name)) {
			return false
		}
	}
	return true
}

// MatchesEmpty tells whether the matchers would pass a label set without any
// label, and so everything that does not contradict them.
func (ms Matchers) MatchesEmpty() bool { return ms.Matches(nil) }

// matcherJSON is Alertmanager's wire form of a matcher.
type matcherJSON struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual *bool  `json:"isEqual,omitempty"` // absent means true
}

// MarshalJSON writes Alertmanager's form: name, value, isRegex, isEqual.
func (m Matcher) MarshalJSON() ([]byte, error) {
	equal := m.Op == MatchEqual || m.Op == MatchRegexp
	return json.Marshal(matcherJSON{m.Name, m.Value, m.re != nil, &equal})
}

// UnmarshalJSON reads Alertmanager's form and compiles the expression.
func (m *Matcher) UnmarshalJSON(data []byte) error {
	var j matcherJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("reading a matcher: %w", err)
	}
	equal := j.IsEqual == nil || *j.IsEqual
	op := MatchEqual
	switch {
	case j.IsRegex && equal:
		op = MatchRegexp
	case j.IsRegex:
		op = MatchNotRegexp
	case !equal:
		op = MatchNotEqual
	}
	made, err := NewMatcher(j.Name, op, j.Value)
	if err != nil {
		return err
	}
	*m = made
	return nil
}
