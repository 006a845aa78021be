package engine

import (
	"context"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// canWait tells whether the alerts of a rule can be annotated while all else about
// them is being written: when very many begin at once, none of which was there
// before, and their templates ask nobody.
func (r *runner) canWait(rule *rules.Rule, steps *rules.Steps, before []alert.Alert, asked answer) bool {
	n := len(steps.Active)
	return n > foldBeyond && len(before) == 0 && !rule.Changing() && len(steps.Changed) == n && len(asked.outcome.Breaches) == n
}

// annotateLater notes that the alerts, which are the upserts of the evaluation
// from a place on, have yet to be annotated.
func (r *runner) annotateLater(ctx context.Context, rule *rules.Rule, from int, active []alert.Alert, asked answer, ts time.Time) {
	r.refreshed[rule.ID] = true
	link := r.engine.generatorURL(rule, ts)
	ctx = context.WithoutCancel(ctx) // it asks nobody
	r.later = append(r.later, func(upserts []alert.Alert) {
		all := make([]int, len(active))
		for i := range all {
			all[i] = i
		}
		for i, annotations := range asked.annotate(ctx, all) {
			active[i].Annotations, active[i].GeneratorURL = annotations, link
			upserts[from+i].Annotations, upserts[from+i].GeneratorURL = annotations, link
		}
	})
}

// annotateBeside annotates what has been waiting for it, beside the caller.
func (r *runner) annotateBeside(ev *alert.Evaluation) {
	later, upserts := r.later, ev.Upserts
	r.later = nil
	if len(later) == 0 {
		return
	}
	ev.Complete(func() {
		for _, annotate := range later {
			annotate(upserts)
		}
	})
}
