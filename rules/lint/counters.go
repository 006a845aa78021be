package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// CounterFunctions take counters: they see a decrease as a restart from 0.
func CounterFunctions() []string { return []string{"rate", "irate", "increase", "resets"} }

// GaugeFunctions take gauges: the restart of a counter is a fall to them.
func GaugeFunctions() []string {
	return []string{"delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing", "holt_winters"}
}

// twoSamples are the functions that need two samples in their range.
func twoSamples() []string { return slices.Concat(CounterFunctions(), GaugeFunctions()) }

// shortRange: with one sample in the range these functions give nothing.
func shortRange(s *subject) {
	interval := s.options.ScrapeInterval
	if interval <= 0 {
		return
	}
	calls(s.expr, twoSamples(), func(c *parser.Call) {
		m, ok := c.Args[0].(*parser.MatrixSelector)
		if !ok || m.RangeExpr != nil || m.Range >= 2*interval {
			return
		}
		s.at(m, fmt.Sprintf("a range of %s holds fewer than two samples at a scrape interval of %s, and %s() needs two",
			model.Duration(m.Range), model.Duration(interval), c.Func.Name), "use "+longEnough(interval)+" or more")
	})
}

// longEnough is a range that still has two samples when a scrape is missed:
// four intervals, as Prometheus's documentation has it.
func longEnough(interval time.Duration) string { return model.Duration(4 * interval).String() }

// gaugeEndings end the names of gauges by Prometheus's naming conventions
// (prometheus.io/docs/practices/naming); a counter of the same unit ends in _total.
func gaugeEndings() []string {
	return []string{"_timestamp_seconds", "_timestamp", "_time_seconds", "_unixtime", "_bytes", "_ratio", "_percent", "_celsius", "_volts", "_info"}
}

// counterLike are names of old exporters' counters that end like a gauge's.
func counterLike(name string) bool {
	for _, part := range []string{"receive", "transmit", "sent", "received", "read", "written"} {
		if slices.Contains(strings.Split(name, "_"), part) {
			return true
		}
	}
	// Time spent is counted in seconds; moments and lengths are not.
	return strings.HasSuffix(name, "_cpu_time_seconds") || strings.HasSuffix(name, "_io_time_seconds")
}

func rateOnGauge(s *subject) {
	calls(s.expr, CounterFunctions(), func(c *parser.Call) {
		v := selectorOf(c.Args[0])
		if v == nil || counterLike(v.Name) {
			return
		}
		for _, ending := range gaugeEndings() {
			if !strings.HasSuffix(v.Name, ending) {
				continue
			}
			mend := "use delta() or deriv(), or the counter of this"
			if strings.HasPrefix(ending, "_time") || ending == "_unixtime" {
				mend = "use changes() to count how often it moved, or time() - " + v.Name + " for its age"
			}
			s.at(c, fmt.Sprintf("%s is a gauge by its name, and %s() takes each fall of it for a restart of a counter", v.Name, c.Func.Name), mend)
			return
		}
	})
}

func gaugeFunctionOnCounter(s *subject) {
	calls(s.expr, GaugeFunctions(), func(c *parser.Call) {
		v := selectorOf(c.Args[0])
		if v == nil || !strings.HasSuffix(v.Name, "_total") {
			return
		}
		s.at(c, fmt.Sprintf("%s is a counter by its name, and to %s() its restart from 0 is a fall", v.Name, c.Func.Name),
			"use rate() or increase()")
	})
}

// rateOfAggregate: when one of the counters in a sum restarts, the sum falls by
// all that it had counted, and the rate takes what is left for new.
func rateOfAggregate(s *subject) {
	calls(s.expr, CounterFunctions(), func(c *parser.Call) {
		sub, ok := c.Args[0].(*parser.SubqueryExpr)
		if !ok {
			return
		}
		inner := sub.Expr
		for {
			paren, ok := inner.(*parser.ParenExpr)
			if !ok {
				break
			}
			inner = paren.Expr
		}
		if a, ok := inner.(*parser.AggregateExpr); ok && (a.Op == parser.SUM || a.Op == parser.AVG) {
			s.at(c, fmt.Sprintf("%s() of a %s sees a jump whenever one of its counters restarts", c.Func.Name, a.Op),
				fmt.Sprintf("turn it round: %s(%s(...))", a.Op, c.Func.Name))
		}
	})
}
