package rules

import (
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// Bound is the number that a rule's expression holds its value against.
type Bound struct {
	Operator string // as if the value stood on its left: ">" is too high
	Value    float64
}

// String returns the bound as PromQL writes it: > 90.
func (b Bound) String() string {
	return b.Operator + " " + strconv.FormatFloat(b.Value, 'f', -1, 64)
}

// Bound returns what the rule's value is held against in its expression at ts;
// false where the expression ends in no comparison with a number.
func (r *Rule) Bound(ts time.Time) (Bound, bool) {
	e, err := NewParser().ParseExpr(r.Expr(ts))
	if err != nil {
		return Bound{}, false
	}
	_, b, ok := findBound(e)
	return b, ok
}

// WithBound returns the rule with another number in the place of its bound, all
// else as it was: a clear threshold stays. A rule without a bound is an error,
// and so is one whose bound is a moment that moves on by itself.
func (r *Rule) WithBound(value float64) (*Rule, error) {
	now := time.Unix(0, 0)
	bound, ok := r.Bound(now)
	if !ok || r.Unit == "timestamp" {
		return nil, fmt.Errorf("rule %s: its expression ends in no comparison with a number that could be another one: %s", r.Name, r.Expr(now))
	}
	e, err := NewParser().ParseExpr(r.Expr(now))
	if err != nil {
		return nil, fmt.Errorf("rule %s: parsing %q: %w", r.Name, r.Expr(now), err)
	}
	replace, _, _ := findBound(e)
	replace(&parser.NumberLiteral{Val: value})
	out := *r
	out.Expr = Fixed(e.String())
	out.Since = nil // it reckons with the bound that was
	out.Threshold = Bound{bound.Operator, value}.String()
	if r.Unit == "%" {
		out.Threshold += " %"
	}
	return &out, nil
}

// findBound finds the bound of an expression, and what replaces it there.
func findBound(e parser.Expr) (replace func(parser.Expr), b Bound, ok bool) {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return findBound(e.Expr)
	case *parser.StepInvariantExpr:
		return findBound(e.Expr)
	case *parser.BinaryExpr:
		if e.Op == parser.LAND || e.Op == parser.LUNLESS {
			return findBound(e.LHS)
		}
		if !e.Op.IsComparisonOperator() || e.ReturnBool {
			return nil, Bound{}, false
		}
		if v, ok := constant(e.RHS); ok && e.LHS.Type() == parser.ValueTypeVector {
			return func(n parser.Expr) { e.RHS = n }, Bound{e.Op.String(), v}, true
		}
		if v, ok := constant(e.LHS); ok && e.RHS.Type() == parser.ValueTypeVector {
			return func(n parser.Expr) { e.LHS = n }, Bound{mirrored(e.Op).String(), v}, true
		}
	}
	return nil, Bound{}, false
}

// constant returns the value of an expression of numbers alone.
func constant(e parser.Expr) (float64, bool) {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		return e.Val, true
	case *parser.ParenExpr:
		return constant(e.Expr)
	case *parser.StepInvariantExpr:
		return constant(e.Expr)
	case *parser.UnaryExpr:
		v, ok := constant(e.Expr)
		if e.Op == parser.SUB {
			v = -v
		}
		return v, ok
	case *parser.BinaryExpr:
		l, lok := constant(e.LHS)
		r, rok := constant(e.RHS)
		if !lok || !rok {
			return 0, false
		}
		switch e.Op {
		case parser.ADD:
			return l + r, true
		case parser.SUB:
			return l - r, true
		case parser.MUL:
			return l * r, true
		case parser.DIV:
			return l / r, true
		default:
			return 0, false
		}
	}
	return 0, false
}
