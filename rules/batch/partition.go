package batch

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"alertd/internal/alert"
)

// share is how an expression's result depends on the value of the label that a
// partition is about.
type share int

const (
	// mixed: nothing is known.
	mixed share = iota
	// constant: it does not.
	constant
	// divided: it has that value in the label of every element, and asked for
	// several values at once, the expression gives just what it gives for each
	// of them, put together.
	divided
)

// partition is the label and the value of the equality matchers that are to
// give way to a list of values.
type partition alert.Label

// of derives the share of an expression from those of its parts. What is not
// listed here is mixed; when in doubt, leave it out.
func (p partition) of(expr parser.Expr) share {
	switch e := expr.(type) {
	case *parser.NumberLiteral, *parser.StringLiteral:
		return constant
	case *parser.ParenExpr:
		return p.of(e.Expr)
	case *parser.VectorSelector:
		return p.ofSelector(e)
	case *parser.MatrixSelector:
		return p.of(e.VectorSelector)
	case *parser.SubqueryExpr:
		return p.of(e.Expr)
	case *parser.UnaryExpr:
		return p.nameless(p.of(e.Expr))
	case *parser.AggregateExpr:
		return p.ofAggregation(e)
	case *parser.Call:
		return p.ofCall(e)
	case *parser.BinaryExpr:
		return p.ofBinary(e)
	}
	return mixed
}

func (p partition) ofSelector(s *parser.VectorSelector) share {
	if slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
		return m.Type == labels.MatchEqual && m.Name == p.Name && m.Value == p.Value
	}) {
		return divided
	}
	return constant
}

// nameless is the share of what drops the metric's name from a result.
func (p partition) nameless(s share) share {
	if s == divided && p.Name == alert.MetricName {
		return mixed
	}
	return s
}

func (p partition) ofAggregation(e *parser.AggregateExpr) share {
	inner, param := p.of(e.Expr), constant
	if e.Param != nil {
		param = p.of(e.Param)
	}
	switch {
	case param != constant || inner == mixed:
		return mixed
	case inner == constant:
		return constant
	case slices.Contains(e.Grouping, p.Name) == e.Without: // merges what differs in the label
		return mixed
	}
	switch e.Op {
	case parser.SUM, parser.AVG, parser.MIN, parser.MAX, parser.COUNT, parser.GROUP, parser.STDDEV, parser.STDVAR, parser.QUANTILE:
		return p.nameless(divided)
	default:
		return mixed
	}
}

// ofCall: a function of constants is constant; one that maps each element of
// its vector by itself is divided as that is.
func (p partition) ofCall(e *parser.Call) share {
	parts := 0
	for _, arg := range e.Args {
		switch p.of(arg) {
		case mixed:
			return mixed
		case divided:
			if arg.Type() == parser.ValueTypeScalar {
				return mixed
			}
			parts++
		case constant:
		}
	}
	switch {
	case parts == 0:
		return constant
	case parts > 1 || !p.keptBy(e):
		return mixed
	}
	return p.nameless(divided)
}

// keptBy tells whether the function maps elements one by one and leaves the
// label as it is.
func (p partition) keptBy(e *parser.Call) bool {
	switch e.Func.Name {
	case "rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "changes", "resets",
		"avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "quantile_over_time",
		"stddev_over_time", "stdvar_over_time", "last_over_time", "first_over_time", "present_over_time",
		"abs", "ceil", "floor", "round", "sgn", "exp", "ln", "log2", "log10", "sqrt", "clamp", "clamp_min", "clamp_max",
		"sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad",
		"timestamp", "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year",
		"histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev", "histogram_stdvar",
		"sort", "sort_desc":
		return true
	case "histogram_quantile", "histogram_fraction":
		return p.Name != labels.BucketLabel
	case "label_replace", "label_join":
		target, ok := e.Args[1].(*parser.StringLiteral)
		return ok && target.Val != p.Name
	}
	return false
}
