package rules

import (
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/schema"
)

// memory is for how long a series that has vanished is still missed.
const memory = time.Hour

func readCall(e *parser.Call) reading {
	switch {
	case e.Func.Name == "absent":
		return reading{expr: present(e.Args[0], e.Args[0]), judged: true, inverse: true, of: e}
	case e.Func.Name == "absent_over_time":
		there := call("present_over_time", e.Args[0])
		return reading{expr: present(e.Args[0], there), judged: true, inverse: true, of: e}
	case !keepsSeries(e.Func.Name) || len(e.Args) == 0:
		return reading{expr: e, of: e}
	}
	return read(e.Args[0]).through(e, func(in parser.Expr) parser.Expr {
		around := *e
		around.Args = append(parser.Expressions{in}, e.Args[1:]...)
		return &around
	})
}

// keepsSeries tells whether the function gives one series for each of its first
// argument's, with labels that do not depend on the values.
func keepsSeries(function string) bool {
	switch function {
	case "abs", "ceil", "floor", "round", "exp", "sqrt", "sgn", "ln", "log2", "log10",
		"acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh", "deg", "rad",
		"clamp", "clamp_max", "clamp_min", "timestamp", "label_join", "label_replace",
		"sort", "sort_desc", "sort_by_label", "sort_by_label_desc",
		"minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year":
		return true
	}
	return false
}

// present is 0 while there is anything, with the labels that absent() gives of
// the argument: those of a selector that one equality each determines (Prometheus,
// promql/functions.go, createLabelsForAbsentFunction).
func present(arg, anything parser.Expr) parser.Expr {
	var found parser.Expr = &parser.AggregateExpr{Op: parser.GROUP, Expr: anything}
	found = &parser.BinaryExpr{Op: parser.MUL, LHS: &parser.NumberLiteral{Val: 0}, RHS: found}
	var matchers []*labels.Matcher
	switch arg := unwrapped(arg).(type) {
	case *parser.VectorSelector:
		matchers = arg.LabelMatchers
	case *parser.MatrixSelector:
		matchers = arg.VectorSelector.(*parser.VectorSelector).LabelMatchers
	}
	for i, m := range matchers {
		if m.Type != labels.MatchEqual || schema.IsMetadataLabel(m.Name) || m.Value == "" || repeated(matchers, i) {
			continue
		}
		found = call("label_replace", found, text(m.Name), text(strings.ReplaceAll(m.Value, "$", "$$")), text(""), text(""))
	}
	return found
}

// repeated tells whether another matcher is of the same label as number i.
func repeated(matchers []*labels.Matcher, i int) bool {
	for j, m := range matchers {
		if j != i && m.Name == matchers[i].Name {
			return true
		}
	}
	return false
}

// readAggregation reads what is made of several series. Of those that a filter
// lets through there may be none, and then the aggregation is none: as long as
// what the filter looks at is there, it is 0, or for a maximum and its like that
// of all series. It is not while a series is missed, which could be the one.
func readAggregation(e *parser.AggregateExpr) reading {
	inner := read(e.Expr)
	switch {
	case !inner.judged && !picks(e.Op), e.Op == parser.COUNT_VALUES:
		return reading{expr: e, of: e}
	case picks(e.Op):
		return reading{expr: inner.expr, judged: true, inverse: inner.inverse, of: e}
	case inner.inverse:
		return reading{expr: of(e, e.Op, inner.expr), judged: true, inverse: true, of: e}
	}
	all, ok := unwrapped(inner.expr).(*parser.VectorSelector)
	if !ok || all.Offset != 0 || all.OriginalOffset != 0 || all.OriginalOffsetExpr != nil || all.Timestamp != nil || all.StartOrEnd != 0 {
		return reading{expr: e, of: e}
	}
	whole := of(e, e.Op, all)
	switch e.Op {
	case parser.SUM, parser.COUNT, parser.GROUP:
		whole = &parser.BinaryExpr{Op: parser.MUL, LHS: &parser.NumberLiteral{Val: 0}, RHS: whole}
	}
	seen := call("last_over_time", &parser.MatrixSelector{VectorSelector: all, Range: memory})
	missed := with(&parser.BinaryExpr{Op: parser.GTR, VectorMatching: &parser.VectorMatching{Card: parser.CardOneToOne}},
		of(e, parser.COUNT, seen), of(e, parser.COUNT, all))
	return reading{expr: either(e, set(parser.LUNLESS, whole, missed)), judged: true, of: e}
}

// picks tells whether an aggregation returns some of its series as they are.
func picks(op parser.ItemType) bool {
	switch op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return true
	}
	return false
}

// of aggregates another expression, grouped as e is.
func of(e *parser.AggregateExpr, op parser.ItemType, in parser.Expr) parser.Expr {
	grouped := *e
	grouped.Op, grouped.Expr = op, in
	if op != e.Op {
		grouped.Param = nil
	}
	return &grouped
}
