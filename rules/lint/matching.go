package lint

import (
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// impossibleMatch: PromQL pairs the elements of two sides whose labels agree. A
// label that one side always has and the other never, or has with another
// value, leaves no pair at all.
func impossibleMatch(s *subject) {
	parser.Inspect(s.expr, func(n parser.Node, _ []parser.Node) error {
		e, ok := n.(*parser.BinaryExpr)
		if !ok || e.VectorMatching == nil || e.Op == parser.LOR ||
			e.LHS.Type() != parser.ValueTypeVector || e.RHS.Type() != parser.ValueTypeVector {
			return nil
		}
		left, right := labelsOf(e.LHS), labelsOf(e.RHS)
		for _, name := range matched(e.VectorMatching, left, right) {
			if why, at := disagreement(name, e, left, right); why != "" {
				s.at(at, why+", so "+consequence(e.Op), mendMatch(e.VectorMatching, name))
				return nil // one reason is enough
			}
		}
		return nil
	})
}

// matched returns the labels, of those that matter, that must agree.
func matched(m *parser.VectorMatching, left, right labelSet) []string {
	if m.On {
		return m.MatchingLabels
	}
	all := maps.Clone(left.must)
	maps.Copy(all, right.must)
	for _, ignored := range m.MatchingLabels {
		delete(all, ignored)
	}
	return slices.Sorted(maps.Keys(all))
}

// disagreement returns why a label never agrees, and the side to blame.
func disagreement(name string, e *parser.BinaryExpr, left, right labelSet) (why string, at parser.Node) {
	leftValue, leftHas := left.must[name]
	rightValue, rightHas := right.must[name]
	switch {
	case leftHas && !right.has(name):
		return fmt.Sprintf("the left side of %s has the label %s and the right side never does%s", e.Op, name, taken(right, name)), e.RHS
	case rightHas && !left.has(name):
		return fmt.Sprintf("the right side of %s has the label %s and the left side never does%s", e.Op, name, taken(left, name)), e.LHS
	case leftHas && rightHas && leftValue != "" && rightValue != "" && leftValue != rightValue:
		return fmt.Sprintf("the sides of %s differ in the label %s, %q and %q", e.Op, name, leftValue, rightValue), e.RHS
	}
	return "", nil
}

// taken says what took a label away.
func taken(l labelSet, name string) string {
	if by, ok := l.dropper(name).(parser.Expr); ok {
		return " (" + takes(by, name) + ")"
	}
	return ""
}

func takes(by parser.Expr, name string) string {
	switch by := by.(type) {
	case *parser.AggregateExpr:
		if by.Without || len(by.Grouping) > 0 {
			word := "by"
			if by.Without {
				word = "without"
			}
			return fmt.Sprintf("%s %s %s drops it", by.Op, word, listed(by.Grouping))
		}
		return fmt.Sprintf("%s without by drops all labels", by.Op)
	case *parser.BinaryExpr:
		if by.VectorMatching != nil && by.VectorMatching.On {
			return fmt.Sprintf("%s on %s drops it", by.Op, listed(by.VectorMatching.MatchingLabels))
		}
		return fmt.Sprintf("%s ignoring (%s) drops it", by.Op, name)
	case *parser.VectorSelector:
		return fmt.Sprintf("it asks for %s=\"\"", name)
	case *parser.Call:
		return fmt.Sprintf("%s() gives no such label", by.Func.Name)
	}
	return "it has no labels"
}

func consequence(op parser.ItemType) string {
	if op == parser.LUNLESS {
		return "it never takes anything away"
	}
	return "it never gives a result"
}

func mendMatch(m *parser.VectorMatching, name string) string {
	if m.On {
		return fmt.Sprintf("keep the label %s on both sides, or leave it out of on%s", name, listed(m.MatchingLabels))
	}
	return fmt.Sprintf("keep the label %s on both sides, or say with on(...) or ignoring(%s) what must agree", name, name)
}

// droppedLabel: grouping by what is not there any more puts everything into one
// group.
func droppedLabel(s *subject) {
	parser.Inspect(s.expr, func(n parser.Node, _ []parser.Node) error {
		switch e := n.(type) {
		case *parser.AggregateExpr:
			if e.Without {
				return nil
			}
			inner := labelsOf(e.Expr)
			for _, name := range e.Grouping {
				if !inner.has(name) {
					s.at(e, fmt.Sprintf("grouping by %s has no effect: the expression below never has that label%s", name, taken(inner, name)),
						fmt.Sprintf("keep %s below, or leave it out here", name))
				}
			}
		case *parser.BinaryExpr:
			included(s, e)
		}
		return nil
	})
}

// included: group_left and group_right copy labels from the one side.
func included(s *subject, e *parser.BinaryExpr) {
	if e.VectorMatching == nil || len(e.VectorMatching.Include) == 0 {
		return
	}
	one, word := e.RHS, "group_left"
	if e.VectorMatching.Card == parser.CardOneToMany {
		one, word = e.LHS, "group_right"
	}
	from := labelsOf(one)
	for _, name := range e.VectorMatching.Include {
		if !from.has(name) {
			s.at(one, fmt.Sprintf("%s copies the label %s, which this side never has%s", word, name, taken(from, name)),
				fmt.Sprintf("keep %s on this side, or leave it out of %s", name, word))
		}
	}
}
