package engine

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"alertd/internal/alert"
	"alertd/rules/batch"
)

// apartFor is how long an expression is asked alone after asking it together
// with others did not do.
const apartFor = 10 * time.Minute

// asker puts a group's questions to Prometheus, many in one request. When a
// request for several fails, each is asked alone at once, so that none suffers
// for another; and those that are at fault stay apart for a while, so that they
// do not spoil the next request.
type asker struct {
	together bool // else each question is a request
	limit    int  // requests under way at once
	query    func(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error)
	failed   func() // called when a request for several failed and Prometheus answers
	logger   *slog.Logger
	planner  batch.Planner

	mu    sync.Mutex
	apart map[string]time.Time // expressions asked alone, and until when
}

func newAsker(e *Engine, group string, logger *slog.Logger) *asker {
	return &asker{
		together: e.setup.Batch, limit: cap(e.slots), query: e.query, logger: logger,
		failed: e.metrics.batchFailures.WithLabelValues(group).Inc,
		apart:  map[string]time.Time{},
	}
}

// ask asks the expressions at one time and returns their results in order. It
// is not for concurrent use.
func (a *asker) ask(ctx context.Context, exprs []string, at time.Time) []result {
	results := make([]result, len(exprs))
	each(a.limit, a.plan(exprs, at), func(r batch.Request) { a.request(ctx, r, exprs, at, results) })
	return results
}

func (a *asker) plan(exprs []string, at time.Time) []batch.Request {
	if !a.together {
		return batch.Alone(exprs)
	}
	for expr, until := range a.apart {
		if !at.Before(until) {
			delete(a.apart, expr)
			a.planner.Rejoin(expr)
		}
	}
	return a.planner.Plan(exprs)
}

// request asks for the members of r and puts what they get into results.
func (a *asker) request(ctx context.Context, r batch.Request, exprs []string, at time.Time, results []result) {
	var parts [][]alert.Sample
	samples, err := a.query(ctx, r.Expr, at)
	if err == nil {
		parts, err = r.Split(samples)
	}
	switch {
	case err == nil:
		for i, m := range r.Members {
			results[m].samples = parts[i]
		}
	case len(r.Members) == 1 || ctx.Err() != nil:
		setError(results, r.Members, err)
		a.stayApart(exprs, r.Members, at)
	default:
		a.oneByOne(ctx, r.Members, err, exprs, at, results)
	}
}

// oneByOne asks for each of the members of a request that failed with cause,
// unless Prometheus does not answer at all: then more questions would only be a
// burden to it.
func (a *asker) oneByOne(ctx context.Context, members []int, cause error, exprs []string, at time.Time, results []result) {
	rest := slices.Clone(members)
	single := func(m int) { results[m].samples, results[m].err = a.query(ctx, exprs[m], at) }
	if unanswered(cause) {
		// One of them may be why there was no answer; try any, and another one
		// the next time.
		i := rand.IntN(len(rest))
		probe := rest[i]
		if single(probe); unanswered(results[probe].err) {
			setError(results, members, results[probe].err)
			return
		}
		rest = slices.Delete(rest, i, i+1)
	}
	each(a.limit, rest, single)
	if ctx.Err() != nil {
		return
	}
	a.failed()
	atFault := slices.DeleteFunc(slices.Clone(members), func(m int) bool { return results[m].err == nil })
	a.logger.Info("A request for several rules failed, so they were asked one by one", "rules", len(members), "failed", len(atFault), "err", cause)
	if len(atFault) == 0 { // it is their company that Prometheus does not like
		atFault = members
	}
	for _, m := range atFault {
		a.setApart(exprs[m], at)
	}
}

// stayApart keeps those apart for longer that fail though they are asked alone.
func (a *asker) stayApart(exprs []string, members []int, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range members {
		if _, apart := a.apart[exprs[m]]; apart {
			a.apart[exprs[m]] = at.Add(apartFor)
		}
	}
}

func (a *asker) setApart(expr string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.apart[expr] = at.Add(apartFor)
	a.planner.Apart(expr)
}

func setError(results []result, members []int, err error) {
	for _, m := range members {
		results[m].err = err
	}
}

// each calls f for all of the items, for so many at once.
func each[T any](limit int, items []T, f func(T)) {
	if len(items) == 1 {
		f(items[0])
		return
	}
	var g errgroup.Group
	g.SetLimit(limit)
	for _, item := range items {
		g.Go(func() error { f(item); return nil })
	}
	_ = g.Wait()
}
