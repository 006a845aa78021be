package batch

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"alertd/internal/alert"
)

// question is what a planner knows of one expression.
type question struct {
	text     string
	joinable bool // gives samples, so that it may be joined with others
	scalar   bool
	slots    []slot
}

// slot is an equality matcher whose label tells the results apart: expressions
// with the same key differ in nothing but that matcher's value.
type slot struct {
	label, value string
	key          string // the expression with label=~"value yet to come"
}

// valueToCome stands in a slot's key for the values. It is in no expression
// that has slots.
const valueToCome = "<value to come>"

// read finds out how an expression may be asked. One that does not parse is
// left for the server to judge.
func read(text string) *question {
	q := &question{text: text}
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil || strings.Contains(text, ruleLabel) {
		return q
	}
	switch expr.Type() {
	case parser.ValueTypeVector:
		q.joinable = true
	case parser.ValueTypeScalar:
		q.joinable, q.scalar = true, true
		return q
	default: // a matrix or string is refused; let the refusal be its own
		return q
	}
	if !strings.Contains(expr.String(), valueToCome) {
		q.slots = findSlots(expr)
	}
	return q
}

func findSlots(expr parser.Expr) []slot {
	var slots []slot
	for _, pair := range equalities(expr) {
		if partition(pair).of(expr) == divided {
			slots = append(slots, slot{label: pair.Name, value: pair.Value, key: keyOf(expr, pair)})
		}
	}
	return slots
}

// equalities lists each label and value that a selector in expr asks to be equal.
func equalities(expr parser.Expr) []alert.Label {
	var pairs []alert.Label
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		for _, m := range selector.LabelMatchers {
			pair := alert.Label{Name: m.Name, Value: m.Value}
			if m.Type == labels.MatchEqual && canBeSlot(pair) && !slices.Contains(pairs, pair) {
				pairs = append(pairs, pair)
			}
		}
		return nil
	})
	return pairs
}

// canBeSlot leaves out what a list of alternatives cannot say (a label that is
// not there, a value that is not UTF-8) and the labels that Prometheus itself
// drops from results now and then, all but the name.
func canBeSlot(pair alert.Label) bool {
	reserved := strings.HasPrefix(pair.Name, "__") && pair.Name != alert.MetricName
	return pair.Value != "" && utf8.ValidString(pair.Value) && !reserved
}

// keyOf prints expr with the pair's value left open.
func keyOf(expr parser.Expr, pair alert.Label) string {
	var undo []func()
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		for i, m := range selector.LabelMatchers {
			if m.Type != labels.MatchEqual || m.Name != pair.Name || m.Value != pair.Value {
				continue
			}
			name := selector.Name
			undo = append(undo, func() { selector.LabelMatchers[i], selector.Name = m, name })
			selector.LabelMatchers[i] = &labels.Matcher{Type: labels.MatchRegexp, Name: m.Name, Value: valueToCome}
			if m.Name == alert.MetricName {
				selector.Name = ""
			}
		}
		return nil
	})
	key := expr.String()
	for _, f := range undo {
		f()
	}
	return key
}

// withValues returns the expression of a slot's key that selects the values
// that the pattern matches.
func withValues(key, pattern string) string {
	return strings.ReplaceAll(key, strconv.Quote(valueToCome), strconv.Quote(pattern))
}
