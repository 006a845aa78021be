package lint

import (
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// called returns the labels of a function's result.
func called(e *parser.Call) labelSet {
	switch e.Func.Name {
	case "absent", "absent_over_time":
		return absent(e)
	case "label_replace", "label_join":
		out := labelsOf(e.Args[0])
		if name, ok := e.Args[1].(*parser.StringLiteral); ok {
			return out.with(name.Val)
		}
		return out
	case "histogram_quantile", "histogram_fraction":
		return labelsOf(e.Args[len(e.Args)-1]).without(e, []string{"le"})
	case "info", "histogram_quantiles":
		// They add labels that only the data knows.
		return labelSet{lost: map[string]parser.Node{}, must: map[string]string{}, from: labelsOf(e.Args[0]).from}
	}
	for _, arg := range e.Args {
		if t := arg.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			return labelsOf(arg)
		}
	}
	return none(e)
}

// absent has the labels that its selector demands by equality.
func absent(e *parser.Call) labelSet {
	out := none(e)
	selector := selectorOf(e.Args[0])
	if selector == nil {
		return out
	}
	for _, m := range selector.LabelMatchers {
		if m.Type == labels.MatchEqual && m.Name != model.MetricNameLabel && m.Value != "" {
			out.may[m.Name], out.must[m.Name] = true, m.Value
		}
	}
	return out
}

// selectorOf returns the selector that an argument is; nil where it is more.
func selectorOf(e parser.Expr) *parser.VectorSelector {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return e
	case *parser.MatrixSelector:
		return selectorOf(e.VectorSelector)
	case *parser.ParenExpr:
		return selectorOf(e.Expr)
	case *parser.StepInvariantExpr:
		return selectorOf(e.Expr)
	}
	return nil
}

// scraped tells whether a metric of that name comes from a scrape, and so has
// the labels of its target: not what rules record, whose names hold a colon by
// convention, nor Prometheus's own series of alerts.
func scraped(metric string) bool {
	return metric != "" && !strings.Contains(metric, ":") && !strings.HasPrefix(metric, "ALERTS")
}

// calls runs visit for every call of one of the named functions.
func calls(e parser.Expr, names []string, visit func(*parser.Call)) {
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if c, ok := n.(*parser.Call); ok {
			for _, name := range names {
				if c.Func.Name == name {
					visit(c)
				}
			}
		}
		return nil
	})
}

// selectors runs visit for every selector in the expression.
func selectors(e parser.Expr, visit func(*parser.VectorSelector)) {
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			visit(v)
		}
		return nil
	})
}
