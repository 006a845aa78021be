package ruletest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	promrules "github.com/prometheus/prometheus/rules"

	"alertd/rules"
)

// simulation runs one test on a clock and a storage of its own.
type simulation struct {
	test  *test
	every time.Duration // evaluation_interval
	order map[string]int
	fuzzy bool
	files []string
	// watcher is nil where nobody watches.
	watcher Watcher

	parser parser.Parser
	suite  *promqltest.LazyLoader
	groups []group
}

// run returns what was not as expected.
func (s *simulation) run(ctx context.Context) (failures []Failure) {
	if err := s.checkSize(); err != nil {
		return []Failure{{Problem: err.Error()}}
	}
	s.parser = rules.NewParser()
	suite, err := promqltest.NewLazyLoader(s.test.load(), promqltest.LazyLoaderOpts{
		EnableAtModifier: true, EnableNegativeOffset: true, StartTime: s.test.Start.Time, Parser: s.parser,
	})
	if err != nil {
		return []Failure{{Problem: fmt.Sprintf("loading the input series: %v", err)}}
	}
	defer func() {
		if err := suite.Close(); err != nil {
			failures = append(failures, Failure{Problem: fmt.Sprintf("closing the test's storage: %v", err)})
		}
	}()
	suite.SubqueryInterval = s.every
	s.suite = suite
	groups, errs := s.loadGroups(&promrules.ManagerOptions{
		QueryFunc:    promrules.EngineQueryFunc(suite.QueryEngine(), suite.Storage()),
		AppendableV2: suite.Storage(),
		Logger:       slog.New(slog.DiscardHandler),
		Metrics:      promrules.NewGroupMetrics(nil),
		Parser:       s.parser,
	})
	for _, err := range errs {
		failures = append(failures, Failure{Problem: err.Error()})
	}
	if len(errs) > 0 {
		return failures
	}
	s.groups = groups
	for _, a := range s.test.AlertTests {
		if a.Alertname == "" {
			return []Failure{{Problem: fmt.Sprintf("the alert_rule_test at eval_time %s needs an alertname", a.EvalTime)}}
		}
	}
	failures, broken := s.evaluate(ctx)
	if broken {
		return failures
	}
	for _, e := range s.test.ExprTests {
		if f := s.checkExpr(ctx, e); f != nil {
			failures = append(failures, *f)
		}
	}
	if s.watcher != nil {
		failures = append(failures, s.watcher.Failures(s.end())...)
	}
	return failures
}

// end returns the last moment that anything is expected of.
func (s *simulation) end() time.Time {
	var last time.Duration
	for _, a := range s.test.AlertTests {
		last = max(last, time.Duration(a.EvalTime))
	}
	for _, e := range s.test.ExprTests {
		last = max(last, time.Duration(e.EvalTime))
	}
	if s.watcher != nil {
		last = max(last, s.watcher.Until())
	}
	return s.test.start().Add(last)
}

// evaluate evaluates the groups from start to end and compares the alerts at
// the times that the test names. It ends early where a rule fails, which is
// broken.
func (s *simulation) evaluate(ctx context.Context) (failures []Failure, broken bool) {
	due := slices.Clone(s.test.AlertTests)
	slices.SortStableFunc(due, func(a, b alertTest) int { return cmp.Compare(a.EvalTime, b.EvalTime) })
	start, end := s.test.start(), s.end()
	for ts := start; !ts.After(end); ts = ts.Add(s.every) {
		if err := ctx.Err(); err != nil {
			return append(failures, Failure{Problem: fmt.Sprintf("cut short: %v", err)}), true
		}
		failed := s.step(ctx, ts)
		failures = append(failures, failed.loading...)
		if len(failed.rules) > 0 {
			return append(failures, failed.rules...), true
		}
		// The alerts are those of the last evaluation at or before eval_time.
		for len(due) > 0 && start.Add(time.Duration(due[0].EvalTime)).Before(ts.Add(s.every)) {
			if f := s.checkAlerts(due[0]); f != nil {
				failures = append(failures, *f)
			}
			due = due[1:]
		}
	}
	return failures, false
}

// stepFailures tells what ends a test from what does not.
type stepFailures struct{ loading, rules []Failure }

// step loads the samples until ts and evaluates every group.
func (s *simulation) step(ctx context.Context, ts time.Time) (out stepFailures) {
	at := model.Duration(ts.Sub(s.test.start()))
	s.suite.WithSamplesTill(ts, func(err error) {
		if err != nil {
			out.loading = append(out.loading, Failure{Problem: fmt.Sprintf("loading the input series until %s: %v", at, err)})
			return
		}
		for _, g := range s.groups {
			g.Eval(ctx, ts)
			for _, r := range g.Rules() {
				if err := r.LastError(); err != nil {
					out.rules = append(out.rules, Failure{About: fmt.Sprintf("rule %s at %s", r.Name(), at), Problem: err.Error()})
				}
			}
		}
	})
	return out
}
