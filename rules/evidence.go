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
// the left side of a top-level threshold comparison, through `and`, `unless`
// and `or`. An expression that does not parse is an error.
func DeriveEvidence(expr string) (Evidence, error) {
	parsed, err := NewParser().ParseExpr(expr)
	if err != nil {
		return Evidence{}, fmt.Errorf("parsing %q: %w", expr, err)
	}
	evidence, threshold := derive(parsed)
	if evidence == nil {
		return Evidence{}, nil
	}
	return Evidence{Expr: evidence.String(), Threshold: threshold}, nil
}

// NewParser returns the PromQL parser that all rules are read with: stable
// functions only, as Prometheus without feature flags.
func NewParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// derive returns the evidence of e (nil: none) and the threshold in words.
func derive(e parser.Expr) (parser.Expr, string) {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return derive(e.Expr)
	case *parser.StepInvariantExpr:
		return derive(e.Expr)
	case *parser.BinaryExpr:
		return deriveBinary(e)
	}
	return nil, ""
}

func deriveBinary(e *parser.BinaryExpr) (parser.Expr, string) {
	switch {
	case e.Op == parser.LUNLESS:
		return derive(e.LHS)
	case e.Op == parser.LAND, e.Op == parser.LOR:
		return deriveSets(e)
	case !e.Op.IsComparisonOperator() || e.ReturnBool:
		return nil, ""
	}
	left, right := e.LHS.Type(), e.RHS.Type()
	switch {
	case left == parser.ValueTypeVector && right == parser.ValueTypeScalar:
		return e.LHS, e.Op.String() + " " + e.RHS.String()
	case left == parser.ValueTypeScalar && right == parser.ValueTypeVector:
		return e.RHS, mirrored(e.Op) + " " + e.LHS.String()
	case left == parser.ValueTypeVector && right == parser.ValueTypeVector:
		return deriveVectors(e), ""
	}
	return nil, ""
}

// deriveSets joins the evidence of both sides; a side that ends in no
// comparison is evidence as it stands.
func deriveSets(e *parser.BinaryExpr) (parser.Expr, string) {
	left, threshold := derive(e.LHS)
	if left == nil {
		return nil, ""
	}
	right, _ := derive(e.RHS)
	if right == nil {
		right = e.RHS
	}
	both := *e
	both.LHS, both.RHS = &parser.ParenExpr{Expr: left}, &parser.ParenExpr{Expr: right}
	return &both, threshold
}

// deriveVectors keeps the left side where the right side is alive too. With
// `on` or `ignoring` the result's labels are not the left side's, and nothing
// is derived.
func deriveVectors(e *parser.BinaryExpr) parser.Expr {
	m := e.VectorMatching
	if m == nil || m.Card != parser.CardOneToOne || m.On || len(m.MatchingLabels) > 0 {
		return nil
	}
	return &parser.BinaryExpr{
		Op:             parser.LAND,
		LHS:            &parser.ParenExpr{Expr: e.LHS},
		RHS:            &parser.ParenExpr{Expr: e.RHS},
		VectorMatching: &parser.VectorMatching{Card: parser.CardManyToMany},
	}
}

// mirrored returns the operator that says the same with the sides exchanged.
func mirrored(op parser.ItemType) string {
	switch op {
	case parser.GTR:
		return "<"
	case parser.LSS:
		return ">"
	case parser.GTE:
		return "<="
	case parser.LTE:
		return ">="
	default:
		return op.String()
	}
}
