package rules

import (
	"math"

	"github.com/prometheus/prometheus/promql/parser"
)

// readComparison reads a comparison that returns those series for which it
// holds. Against a fixed number its vector is all there is to know. What is
// compared with other series, or with a number made of some, counts as alive
// where the comparison or its opposite holds: both give the same labels however
// the sides are matched, and neither holds where one side is missing or is not
// a number.
func readComparison(e *parser.BinaryExpr) reading {
	judged := reading{judged: true, of: e}
	left, right := e.LHS.Type(), e.RHS.Type()
	switch {
	case left == parser.ValueTypeVector && right == parser.ValueTypeVector:
		judged.expr = decided(e, side(e.LHS).universe(), side(e.RHS).universe())
		return judged
	case left == parser.ValueTypeVector:
		return compared(e, e.LHS, e.RHS, e.Op)
	case right == parser.ValueTypeVector:
		return compared(e, e.RHS, e.LHS, mirrored(e.Op))
	}
	return reading{expr: e, of: e}
}

// compared reads the comparison of a vector with a number.
func compared(e *parser.BinaryExpr, vector, number parser.Expr, op parser.ItemType) reading {
	r := side(vector)
	r.judged, r.of = true, e
	if op != parser.NEQ && selects(number) {
		r.expr = decided(&parser.BinaryExpr{Op: op}, r.expr, number)
	}
	return r
}

// decided has the series for which the comparison e of the two sides, or its
// opposite, holds.
func decided(e *parser.BinaryExpr, left, right parser.Expr) parser.Expr {
	holds, fails := *e, *e
	switch e.Op {
	case parser.NEQ: // which holds for what is not a number
		fails.Op = parser.EQLC
	default:
		holds.Op, fails.Op = parser.GTE, parser.LSS
	}
	return either(with(&holds, left, right), with(&fails, left, right))
}

// side reads a side of a comparison. Filters within its arithmetic stay: they
// guard it (`errors / (requests > 0)`), and what they leave out is not judged.
func side(e parser.Expr) reading {
	inner := unwrapped(e)
	b, ok := inner.(*parser.BinaryExpr)
	if !ok || b.Op.IsSetOperator() || b.Op.IsComparisonOperator() {
		r := read(e)
		if !r.judged {
			r.expr = e // with its parentheses
		}
		return r
	}
	return reading{expr: filled(e), of: e}
}

// filled returns arithmetic in which the counts and sums of nothing are 0.
func filled(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.ParenExpr:
		if inner := filled(e.Expr); inner != e.Expr {
			return paren(inner)
		}
	case *parser.AggregateExpr:
		if r := readAggregation(e); r.judged && !r.inverse && !picks(e.Op) {
			return r.expr
		}
	case *parser.BinaryExpr:
		if e.Op.IsSetOperator() || e.Op.IsComparisonOperator() {
			return e
		}
		if left, right := filled(e.LHS), filled(e.RHS); left != e.LHS || right != e.RHS {
			return with(e, left, right)
		}
	}
	return e
}

// selects tells whether a number is made of series, and so may be none.
func selects(number parser.Expr) bool {
	found := false
	parser.Inspect(number, func(n parser.Node, _ []parser.Node) error {
		if _, ok := n.(*parser.VectorSelector); ok {
			found = true
		}
		return nil
	})
	return found
}

// mirrored returns the operator that says the same with the sides exchanged.
func mirrored(op parser.ItemType) parser.ItemType {
	switch op {
	case parser.GTR:
		return parser.LSS
	case parser.LSS:
		return parser.GTR
	case parser.GTE:
		return parser.LTE
	case parser.LTE:
		return parser.GTE
	default:
		return op
	}
}

// proves tells whether a value of the evidence says anything: 0/0 does not.
func proves(value float64) bool { return !math.IsNaN(value) }
