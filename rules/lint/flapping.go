package lint

import (
	"fmt"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// atOnce tells whether the alert fires at the first evaluation.
func (s *subject) atOnce() bool { return s.For == 0 }

func topkWithoutFor(s *subject) {
	if !s.atOnce() {
		return
	}
	parser.Inspect(s.expr, func(n parser.Node, _ []parser.Node) error {
		if a, ok := n.(*parser.AggregateExpr); ok && (a.Op == parser.TOPK || a.Op == parser.BOTTOMK) {
			s.at(a, fmt.Sprintf("%s chooses anew at every evaluation, so alerts come and go with the ranking", a.Op),
				"add for: 5m or longer, or compare the values themselves")
		}
		return nil
	})
}

func absentWithoutFor(s *subject) {
	if !s.atOnce() {
		return
	}
	// absent_over_time waits by itself.
	calls(s.expr, []string{"absent"}, func(c *parser.Call) {
		s.at(c, "absent() is true as soon as one scrape fails or a target restarts", "add for: 5m or longer")
	})
}

// brief is a range that evens nothing out.
const brief = 10 * time.Minute

// ratioWithoutFor: a quotient of two short rates is at the mercy of a few events.
func ratioWithoutFor(s *subject) {
	if !s.atOnce() || s.KeepFiringFor > 0 {
		return
	}
	parser.Inspect(s.expr, func(n parser.Node, _ []parser.Node) error {
		e, ok := n.(*parser.BinaryExpr)
		if ok && e.Op == parser.DIV && briefRate(e.LHS) && briefRate(e.RHS) {
			s.at(e, "a ratio of two short rates swings when little happens, and the alert fires at once", "add for: 5m or longer, or use a longer range")
		}
		return nil
	})
}

func briefRate(e parser.Expr) bool {
	found := false
	calls(e, CounterFunctions(), func(c *parser.Call) {
		if m, ok := c.Args[0].(*parser.MatrixSelector); ok && m.RangeExpr == nil && m.Range < brief {
			found = true
		}
	})
	return found
}
