package rules

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"
)

// Evidence is what an alerting expression's structure tells about telling
// "healthy" from "no data".
type Evidence struct {
	// Expr has a sample for every series that the alerting expression judges,
	// with the labels that its result would bear; "" where none can be derived.
	Expr string
	// Threshold is what the value is held against ("> 90"), where the
	// expression ends in such a comparison.
	Threshold string
}

// DeriveEvidence reads the evidence from the structure of a PromQL expression:
// what it compares, selects or finds absent, less the comparing. A series that
// the evidence has and the expression has not was looked at and found healthy.
// An expression that does not parse is an error.
func DeriveEvidence(expr string) (Evidence, error) {
	parsed, err := NewParser().ParseExpr(expr)
	if err != nil {
		return Evidence{}, fmt.Errorf("parsing %q: %w", expr, err)
	}
	if nested(parsed) > mostNested {
		return Evidence{}, nil
	}
	r := read(parsed)
	if !r.judged {
		return Evidence{}, nil
	}
	return Evidence{Expr: r.expr.String(), Threshold: threshold(parsed)}, nil
}

// NewParser returns the PromQL parser that all rules are read with: stable
// functions only, as Prometheus without feature flags.
func NewParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// mostNested is how many comparisons may be within one another: each may double
// the length of the evidence.
const mostNested = 6

func nested(e parser.Expr) int {
	most := 0
	parser.Inspect(e, func(_ parser.Node, around []parser.Node) error {
		depth := 0
		for _, n := range around {
			if b, ok := n.(*parser.BinaryExpr); ok && b.Op.IsComparisonOperator() {
				depth++
			}
		}
		most = max(most, depth)
		return nil
	})
	return most
}

// reading is what an expression's structure tells of the series that it may
// return.
type reading struct {
	// expr has a sample for each of them, with the same labels, whether or not
	// the expression returns it.
	expr parser.Expr
	// judged: the expression leaves out series that are alive, so that a series
	// of expr that it does not return was judged. Otherwise expr is the
	// expression itself.
	judged bool
	// inverse: expr has a series exactly when the expression has not, because
	// what the expression returns is the absence of something.
	inverse bool
	of      parser.Expr // what was read
}

// universe returns the series of the reading in both cases, also of an inverse
// one, to be combined with others.
func (r reading) universe() parser.Expr {
	if r.inverse {
		return either(r.of, r.expr)
	}
	return r.expr
}

// through returns the reading of an expression around the one that was read,
// which gives each series the same labels whatever its value.
func (r reading) through(outer parser.Expr, around func(parser.Expr) parser.Expr) reading {
	if !r.judged {
		return reading{expr: outer, of: outer}
	}
	return reading{expr: around(r.expr), judged: true, inverse: r.inverse, of: outer}
}

func read(e parser.Expr) reading {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return read(e.Expr)
	case *parser.UnaryExpr:
		return read(e.Expr).through(e, func(in parser.Expr) parser.Expr {
			return &parser.UnaryExpr{Op: e.Op, Expr: paren(in)}
		})
	case *parser.BinaryExpr:
		return readBinary(e)
	case *parser.Call:
		return readCall(e)
	case *parser.AggregateExpr:
		return readAggregation(e)
	}
	return reading{expr: e, of: e}
}

// readBinary reads what two vectors, or a vector and a number, make.
func readBinary(e *parser.BinaryExpr) reading {
	judged := reading{judged: true, of: e}
	switch {
	case e.Op.IsSetOperator():
		left, right := read(e.LHS), read(e.RHS)
		switch {
		case e.Op == parser.LUNLESS:
			// What the right side takes away was alive on the left.
			judged.expr = left.universe()
			return judged
		case !left.judged && !right.judged:
		case e.Op == parser.LOR:
			// Without `on`, by which a healthy series on the left would hide
			// those on the right that it does not hide in the expression.
			judged.expr = either(left.universe(), right.universe())
			return judged
		default:
			judged.expr = with(e, left.universe(), right.universe())
			return judged
		}
	case e.Op.IsComparisonOperator():
		if !e.ReturnBool {
			return readComparison(e)
		}
	default:
		left, right := read(e.LHS), read(e.RHS)
		if left.judged || right.judged {
			judged.expr = with(e, left.universe(), right.universe())
			return judged
		}
	}
	return reading{expr: e, of: e}
}

// threshold returns what the values are held against, "" where the expression
// does not end in a comparison with a number.
func threshold(e parser.Expr) string {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return threshold(e.Expr)
	case *parser.BinaryExpr:
		left, right := e.LHS.Type(), e.RHS.Type()
		switch {
		case e.Op.IsSetOperator():
			return threshold(e.LHS)
		case !e.Op.IsComparisonOperator() || e.ReturnBool:
		case left == parser.ValueTypeVector && right == parser.ValueTypeScalar:
			return e.Op.String() + " " + e.RHS.String()
		case left == parser.ValueTypeScalar && right == parser.ValueTypeVector:
			return mirrored(e.Op).String() + " " + e.LHS.String()
		}
	}
	return ""
}
