package lint

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// missingComparison: an alert fires for every element of its expression's
// result, whatever the value, so something must keep elements out of it.
func missingComparison(s *subject) {
	for _, part := range unconditional(s.expr) {
		if part.boolean != nil {
			s.at(part.boolean, "the alert fires for every sample: with bool the comparison gives 0 or 1, and both count",
				"remove bool, or compare the result: == 1")
			continue
		}
		s.at(part.expr, "the alert fires for every sample, whatever its value: nothing compares it",
			"compare it with something, such as > 0")
	}
}

// loose is a part of an expression that always gives its elements.
type loose struct {
	expr    parser.Expr
	boolean *parser.BinaryExpr // a comparison that does not filter, if there is one
}

// unconditional returns the parts of e's result that nothing filters.
func unconditional(e parser.Expr) []loose {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return unconditional(e.Expr)
	case *parser.StepInvariantExpr:
		return unconditional(e.Expr)
	case *parser.UnaryExpr:
		return unconditional(e.Expr)
	case *parser.SubqueryExpr:
		return unconditional(e.Expr)
	case *parser.MatrixSelector:
		return unconditional(e.VectorSelector)
	case *parser.AggregateExpr:
		return wrapped(e, e.Expr)
	case *parser.VectorSelector:
		if strings.HasPrefix(e.Name, "ALERTS") {
			return nil // there only while the alert is active
		}
		return []loose{{expr: e}}
	case *parser.Call:
		return unfilteredCall(e)
	case *parser.BinaryExpr:
		return unfilteredSides(e)
	}
	return nil // a number: whoever alerts on it wants it always
}

// wrapped returns the whole where the part below is not filtered.
func wrapped(whole, part parser.Expr) []loose {
	all := unconditional(part)
	for i := range all {
		all[i].expr = whole
	}
	return all
}

func unfilteredCall(e *parser.Call) []loose {
	switch e.Func.Name {
	case "absent", "absent_over_time":
		return nil // something only where there is nothing
	}
	for _, arg := range e.Args {
		if t := arg.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			return wrapped(e, arg)
		}
	}
	return nil // vector(1), time(): meant to fire always, as a dead man's switch does
}

func unfilteredSides(e *parser.BinaryExpr) []loose {
	if e.Op.IsComparisonOperator() {
		if !e.ReturnBool || e.Type() == parser.ValueTypeScalar {
			return nil
		}
		return []loose{{expr: e, boolean: e}}
	}
	switch e.Op {
	case parser.LUNLESS:
		return nil
	case parser.LOR:
		return append(unconditional(e.LHS), unconditional(e.RHS)...)
	}
	var parts []loose
	for _, side := range []parser.Expr{e.LHS, e.RHS} {
		if t := side.Type(); t != parser.ValueTypeVector {
			continue
		}
		found := unconditional(side)
		if len(found) == 0 {
			return nil // what this side filters, the whole does
		}
		parts = append(parts, found...)
	}
	if len(parts) == 0 {
		return nil
	}
	return []loose{{expr: e, boolean: parts[0].boolean}}
}

// listed writes names in parentheses, as by and on do.
func listed(names []string) string { return fmt.Sprintf("(%s)", strings.Join(names, ", ")) }
