package batch

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"alertd/internal/alert"
)

func (p partition) ofBinary(e *parser.BinaryExpr) share {
	left, right := p.of(e.LHS), p.of(e.RHS)
	switch {
	case left == mixed || right == mixed:
		return mixed
	case left == constant && right == constant:
		return constant
	case e.LHS.Type() == parser.ValueTypeScalar || e.RHS.Type() == parser.ValueTypeScalar:
		return p.ofScalarOperation(e, left, right)
	case e.Op.IsSetOperator():
		return p.ofSets(e, left, right)
	}
	return p.ofVectors(e, left, right)
}

// ofScalarOperation: a comparison that filters keeps names, all else drops them.
func (p partition) ofScalarOperation(e *parser.BinaryExpr, left, right share) share {
	if e.LHS.Type() == parser.ValueTypeScalar && left == divided || e.RHS.Type() == parser.ValueTypeScalar && right == divided {
		return mixed
	}
	if e.Op.IsComparisonOperator() && !e.ReturnBool {
		return divided
	}
	return p.nameless(divided)
}

func (p partition) ofSets(e *parser.BinaryExpr, left, right share) share {
	switch {
	case left == divided && right == divided && p.matchedBy(e.VectorMatching):
		return divided
	case left == divided && right == constant && e.Op != parser.LOR:
		return divided // each element of the left stays or goes by itself
	}
	return mixed
}

func (p partition) ofVectors(e *parser.BinaryExpr, left, right share) share {
	m := e.VectorMatching
	switch {
	case p.Name == alert.MetricName || slices.Contains(m.Include, p.Name):
		return mixed
	case m.FillValues.LHS != nil || m.FillValues.RHS != nil: // makes elements of what the other side lacks
		return mixed
	case p.matchedBy(m):
		return divided // elements of different values never meet
	case m.Card == parser.CardManyToOne && right == constant, m.Card == parser.CardOneToMany && left == constant:
		return divided // each element of the many side finds its one by itself
	}
	return mixed
}

// matchedBy tells whether only elements with equal values of the label match.
// The name is never matched unless asked for; that is left out here.
func (p partition) matchedBy(m *parser.VectorMatching) bool {
	return p.Name != alert.MetricName && slices.Contains(m.MatchingLabels, p.Name) == m.On
}
