package backtest

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// replay evaluates one rule again and again.
type replay struct {
	rule        *rules.Rule
	from        time.Time
	step        time.Duration
	evaluations int
	expander    rules.Expander
	questions   *history
	evidence    *history // nil where the rule has none
	facts       []*history

	active  []alert.Alert
	fired   rules.Fired
	told    map[string]int // incident by alert id
	seen    map[string]extent
	low     bool // the rule alerts on what is too low
	refused int  // evaluations in a row
	out     Report
}

// extent is what the values of an alert were while it breached.
type extent struct{ peak, last float64 }

func newReplay(o *Options, g rules.Group, rule *rules.Rule) *replay {
	step := cmp.Or(o.Step, g.Interval)
	r := &replay{
		rule: rule, from: o.From, step: step,
		expander: rules.Expander{Query: o.Querier.Query, ExternalURL: cmp.Or(o.PrometheusURL, &url.URL{})},
		told:     map[string]int{}, seen: map[string]extent{}, fired: rules.Fired{},
		out: Report{Group: g.Name, Rule: rule, Step: step},
	}
	if step > 0 && !o.To.Before(o.From) {
		r.evaluations = int(o.To.Sub(o.From)/step) + 1
	}
	at := func(i int) time.Time { return r.ts(i).Add(-g.QueryOffset) }
	asking := func(expr rules.Expression) *history {
		return &history{querier: o.Querier, expr: expr, at: at, step: step, count: r.evaluations, chunk: maxSteps}
	}
	r.questions = asking(rule.Expr)
	if rule.Evidence != nil {
		r.evidence = asking(rule.Evidence)
	}
	for _, fact := range rule.Facts {
		r.facts = append(r.facts, asking(fact.Expr))
	}
	bound, ok := rule.Bound(o.From)
	r.low = ok && (bound.Operator == "<" || bound.Operator == "<=")
	return r
}

func (r *replay) ts(i int) time.Time { return r.from.Add(time.Duration(i) * r.step) }

// run makes every evaluation.
func (r *replay) run(ctx context.Context, done *progress) error {
	const tellEvery = 500
	told := 0
	for i := range r.evaluations {
		if err := r.evaluate(ctx, i); err != nil {
			return err
		}
		if r.refused >= maxRefused {
			r.out.Failed += r.evaluations - i - 1
			r.out.GivenUp = r.ts(i)
			break
		}
		if i-told >= tellEvery {
			done.add(i - told)
			told = i
		}
	}
	done.add(r.evaluations - told)
	r.out.Evaluations = r.evaluations
	for i := range r.active {
		if n, fired := r.told[r.active[i].ID]; fired {
			r.out.Incidents[n].Missing = !r.active[i].MissingSince.IsZero()
		}
		r.end(&r.active[i])
	}
	return r.look(ctx)
}

// evaluate makes the i-th evaluation, as the engine does.
func (r *replay) evaluate(ctx context.Context, i int) error {
	ts := r.ts(i)
	samples, err, fatal := r.questions.samples(ctx, i)
	if fatal != nil {
		return fatal
	}
	if err == nil && len(samples) == 0 && len(r.active) == 0 {
		r.refused = 0
		return nil // nothing was, nothing is
	}
	outcome := rules.Outcome{Err: err, Breaches: r.expander.Breaches(ctx, r.rule, samples, ts), Fired: r.fired}
	if err == nil && r.rule.NeedsFacts(r.active, outcome.Breaches) {
		for _, fact := range r.facts {
			values, err, fatal := fact.samples(ctx, i)
			switch {
			case fatal != nil:
				return fatal
			case err != nil:
				outcome.Err = fmt.Errorf("asking when it began: %w", err)
			}
			outcome.Facts = append(outcome.Facts, rules.Alive(values))
		}
	}
	if outcome.Err == nil && r.rule.NeedsEvidence(r.active, outcome.Breaches) {
		evidence, err, fatal := r.evidence.samples(ctx, i)
		switch {
		case fatal != nil:
			return fatal
		case err != nil:
			outcome.EvidenceErr = fmt.Errorf("asking for the evidence: %w", err)
		}
		outcome.Evidence = rules.Alive(evidence)
	}
	steps, err := r.rule.Step(r.active, outcome, ts)
	switch {
	case err != nil:
		r.fail(err)
	case outcome.EvidenceErr != nil:
		r.fail(outcome.EvidenceErr)
	default:
		r.refused = 0
	}
	if err == nil {
		r.active = steps.Active
		r.fired.Add(r.rule, steps.Changed, ts)
		r.observe(outcome.Breaches)
		r.record(ctx, steps, samples, outcome.Breaches, ts)
	}
	if slices.ContainsFunc(r.active, func(a alert.Alert) bool { return a.State == alert.Firing }) {
		r.out.Firing++
	}
	return ctx.Err()
}

// fail notes an evaluation that changed nothing.
func (r *replay) fail(err error) {
	r.out.Failed++
	r.refused++
	if r.out.Err == nil {
		r.out.Err = err
	}
}

// look finds out whether a rule that never fired had anything to judge, at a
// few hundred moments of the range.
func (r *replay) look(ctx context.Context) error {
	if r.evidence == nil || len(r.out.Incidents) > 0 || r.out.Failed > 0 || r.out.Ended > 0 || len(r.active) > 0 {
		return nil
	}
	const looks = 300
	every := max(1, r.evaluations/looks)
	start, end := r.questions.at(0), r.questions.at(r.evaluations-1)
	series, err := r.evidence.querier.QueryRange(ctx, r.rule.Evidence(start), start, end, time.Duration(every)*r.step)
	if err != nil && !refused(err) {
		return err
	}
	r.out.NoData = err == nil && len(series) == 0
	return nil
}

// progress counts the evaluations of all rules.
type progress struct {
	mu          sync.Mutex
	done, total int
	tell        func(done, total int)
}

func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	if p.tell != nil {
		p.tell(p.done, p.total)
	}
}
