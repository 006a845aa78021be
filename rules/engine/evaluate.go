package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/util/strutil"

	"alertd/internal/alert"
	"alertd/rules"
)

// refreshEvery is how often a firing alert's value is written to the store
// when nothing else about it changes.
const refreshEvery = time.Minute

// evaluate asks for the rules of the group, then takes them in order, and
// commits what changed in one transaction. Cut short by ctx, it commits what the
// rules before found: the runner that follows goes on from their state.
func (r *runner) evaluate(ctx context.Context, ts time.Time) {
	started := time.Now()
	ev := newEvaluation(r.group.Name, ts)
	for i := 0; i < len(r.group.Rules); {
		some := together(r.group.Rules[i:])
		for k, asked := range r.ask(ctx, some, ts) {
			err := r.rule(ctx, some[k], asked, ts, ev)
			if ctx.Err() != nil {
				r.commit(ctx, ev)
				return
			}
			r.record(i+k, some[k], err, ts)
		}
		i += len(some)
	}
	r.commit(ctx, ev)
	took := time.Since(started)
	r.engine.metrics.evaluation.WithLabelValues(r.group.Name).Observe(took.Seconds())
	r.mu.Lock()
	r.status.LastEvaluation, r.status.Ended, r.status.Duration = ts, time.Now(), took
	r.mu.Unlock()
}

// together returns the first of the rules, as many as are asked at once: those
// after a recording rule find what it gives.
func together(all []*rules.Rule) []*rules.Rule {
	n := slices.IndexFunc(all, func(r *rules.Rule) bool { return r.Record != "" })
	if n < 0 {
		return all
	}
	return all[:max(n, 1)]
}

// rule says what the answer means for one rule's alerts and adds what changed to
// ev. An error changes nothing, or, of the evidence, nothing about those alerts
// that it is about.
func (r *runner) rule(ctx context.Context, rule *rules.Rule, asked answer, ts time.Time, ev *alert.Evaluation) error {
	if rule.Record != "" {
		return r.recordResults(ctx, rule, ts)
	}
	before := r.alerts[rule.ID]
	asked.outcome.Fired = r.fired[rule.ID]
	steps, err := rule.Step(before, asked.outcome, ts)
	if err != nil {
		return err
	}
	if r.canWait(rule, &steps, before, asked) {
		r.annotateLater(ctx, rule, len(ev.Upserts), steps.Active, asked, ts)
	} else {
		r.refresh(ctx, rule, &steps, before, asked, ts)
		if err := ctx.Err(); err != nil {
			return err // annotations that ask Prometheus may have had no answer
		}
	}
	ev.Upserts = join(ev.Upserts, steps.Changed)
	ev.Deletes = append(ev.Deletes, steps.Deleted...)
	ev.Events = join(ev.Events, folded(steps.Events))
	r.engine.touch(ev, began(steps.Changed, ts))
	r.alerts[rule.ID] = steps.Active
	if f := r.fired[rule.ID]; f != nil {
		f.Add(rule, steps.Changed, ts)
	}
	return asked.outcome.EvidenceErr // the breaches count all the same
}

// began returns the alerts that began to fire at ts: their aggregation groups
// have to hear of them. An alert that ended is known to its groups, and one whose
// value moved is told with what comes next.
func began(changed []alert.Alert, ts time.Time) []alert.Alert {
	some := func(a alert.Alert) bool { return a.State != alert.Firing || !a.FiredAt.Equal(ts) }
	if !slices.ContainsFunc(changed, some) {
		return changed
	}
	return slices.DeleteFunc(slices.Clone(changed), some)
}

// join appends b to a, or returns it as it is where a is empty: one rule may
// have very many alerts.
func join[T any](a, b []T) []T {
	if len(a) == 0 {
		return b
	}
	return append(a, b...)
}

// refresh annotates the alerts whose annotations may have become others, and
// adds the alerts that differ from the store to the changes when they were last
// written long enough ago.
func (r *runner) refresh(ctx context.Context, rule *rules.Rule, steps *rules.Steps, before []alert.Alert, asked answer, ts time.Time) {
	first := !r.refreshed[rule.ID]
	r.refreshed[rule.ID] = true
	if len(steps.Active) == 0 && len(before) == 0 {
		return
	}
	again := first || rule.Changing()
	was := make(map[string]*alert.Alert, len(before))
	for i := range before {
		was[before[i].ID] = &before[i]
		if first {
			r.unwritten[before[i].ID] = true // for all that is known here
		}
	}
	writes := make(map[string]int, len(steps.Changed))
	for i := range steps.Changed {
		writes[steps.Changed[i].ID] = i
	}
	r.annotate(ctx, rule, steps, asked, ts, func(a *alert.Alert) bool {
		old := was[a.ID]
		_, changed := writes[a.ID]
		return again || changed || old == nil || moved(a, old) || a.Series != old.Series
	})
	for i := range steps.Active {
		a := &steps.Active[i]
		if c, ok := writes[a.ID]; ok {
			steps.Changed[c].Annotations, steps.Changed[c].GeneratorURL = a.Annotations, a.GeneratorURL
			continue
		}
		if old := was[a.ID]; moved(a, old) || !a.Annotations.Equal(old.Annotations) {
			r.unwritten[a.ID] = true
		}
		if r.unwritten[a.ID] && ts.Sub(a.UpdatedAt) >= refreshEvery {
			a.UpdatedAt = ts
			steps.Changed = append(steps.Changed, *a)
		}
	}
	for i := range steps.Changed {
		delete(r.unwritten, steps.Changed[i].ID)
	}
	for _, id := range steps.Deleted {
		delete(r.unwritten, id)
	}
}

// moved tells whether an alert's value is another than before.
func moved(a, before *alert.Alert) bool {
	return math.Float64bits(a.Value) != math.Float64bits(before.Value)
}

// annotate gives the breaching alerts that may say something else than before
// their annotations and their link.
func (r *runner) annotate(ctx context.Context, rule *rules.Rule, steps *rules.Steps, asked answer, ts time.Time, may func(*alert.Alert) bool) {
	if len(asked.outcome.Breaches) == 0 {
		return
	}
	breaching := asked.breaching()
	var places, breaches []int
	for i := range steps.Active {
		a := &steps.Active[i]
		if breach, ok := breaching[a.Fingerprint()]; ok && may(a) {
			places, breaches = append(places, i), append(breaches, breach)
		}
	}
	if len(places) == 0 {
		return
	}
	link := r.engine.generatorURL(rule, ts)
	for k, annotations := range asked.annotate(ctx, breaches) {
		a := &steps.Active[places[k]]
		a.Annotations, a.GeneratorURL = annotations, link
	}
}

// generatorURL links to the rule's expression in Prometheus.
func (e *Engine) generatorURL(rule *rules.Rule, ts time.Time) string {
	if e.setup.PrometheusURL == nil || rule.Expr == nil {
		return ""
	}
	return e.setup.PrometheusURL.String() + strutil.TableLinkForExpression(rule.Expr(ts))
}

// commit writes ev and whatever could not be written before it. What cannot be
// written now is kept and goes with the next commit.
func (r *runner) commit(ctx context.Context, ev *alert.Evaluation) {
	r.annotateBeside(ev)
	defer ev.Completed() // whatever the store made of it
	if r.backlog != nil {
		ev.Completed()
		r.backlog.Merge(ev)
		ev = r.backlog
		// What comes late must not look as if it had been known in time.
		for i := range ev.Upserts {
			ev.Upserts[i].UpdatedAt = time.Now()
		}
	}
	if ev.Empty() {
		return
	}
	if now := time.Now(); ev.At.After(now) {
		ev.At = now // the clock was set back: what is due must not wait for it
	}
	if err := r.engine.o.Store.CommitEvaluation(context.WithoutCancel(ctx), ev); err != nil {
		r.backlog = ev
		r.stored(err, slices.Clone(ev.Completed()))
		r.engine.metrics.uncommitted.WithLabelValues(r.group.Name).Set(float64(len(ev.Upserts)))
		r.logger.Error("The evaluation could not be stored; it is kept in memory and tried again with the next", "err", err, "alerts", len(ev.Upserts))
		return
	}
	r.backlog = nil
	r.stored(nil, nil)
	r.engine.metrics.uncommitted.WithLabelValues(r.group.Name).Set(0)
	r.engine.o.Committed()
}

// stored keeps for others whether the group's changes are in the store, and which
// are not.
func (r *runner) stored(err error, unstored []alert.Alert) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.StoreError, r.unstored = "", unstored
	if err != nil {
		r.status.StoreError = err.Error()
	}
}

// record keeps the rule's health for the status page and the engine's own alerts.
func (r *runner) record(i int, rule *rules.Rule, err error, ts time.Time) {
	r.engine.health.ruleDone(r.group.Name, rule, err, ts)
	if err != nil {
		r.engine.metrics.failures.WithLabelValues(r.group.Name).Inc()
	}
	counts := map[alert.State]int{}
	for _, a := range r.alerts[rule.ID] {
		counts[a.State]++
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	status := &r.status.Rules[i]
	if err != nil && status.LastError == "" && !unanswered(err) {
		r.logger.Warn("The rule cannot be evaluated; its alerts stay as they are", "rule", rule.Name+ofJob(rule.Job), "err", err)
	}
	status.LastError = ""
	if err != nil {
		status.LastError = fmt.Sprint(err)
	}
	status.Pending, status.Firing = counts[alert.Pending], counts[alert.Firing]
}
