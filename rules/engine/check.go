package engine

import (
	"context"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// Check looks at one part of alertd itself. What it finds are alerts like all
// others: they go through the same Step, store and routes.
type Check struct {
	Name string // of the alert
	// Look returns what is wrong at now. After an error every alert of the check
	// stays as it is.
	Look func(ctx context.Context, now time.Time) ([]Finding, error)
}

// Finding is something wrong with alertd itself.
type Finding struct {
	Labels      alert.Labels // of the alert, its name among them
	Summary     string
	Description string
	Value       float64
}

// ownRules returns the rules by which alertd watches itself. Their answers come
// from look.
func (e *Engine) ownRules(flapping rules.Flapping) []*rules.Rule {
	own := e.health.rules(flapping)
	for _, c := range e.o.Checks {
		own = append(own, &rules.Rule{
			ID: ownGroup + "/" + c.Name, Name: c.Name, Evidence: rules.Fixed(ownGroup),
			OnMissing: rules.Keep, Unit: alert.Presence, Flapping: flapping,
		})
	}
	return own
}

// look answers for one of alertd's own rules: every finding is a breach, and
// what was one before and is none now is healthy.
func (r *runner) look(ctx context.Context, rule *rules.Rule, ts time.Time) answer {
	before := r.alerts[rule.ID]
	for _, c := range r.engine.o.Checks {
		if rule.ID != ownGroup+"/"+c.Name {
			continue
		}
		found, err := c.Look(ctx, ts)
		if err != nil {
			return answer{outcome: rules.Outcome{Err: err}}
		}
		return findings(found, before)
	}
	return r.engine.health.answer(rule, before)
}

// findings is what is wrong as a rule's result.
func findings(found []Finding, before []alert.Alert) answer {
	got := answer{annotate: func(_ context.Context, breaches []int) []alert.Labels {
		notes := make([]alert.Labels, len(breaches))
		for i, breach := range breaches {
			notes[i] = alert.LabelsFromStrings("summary", found[breach].Summary, "description", found[breach].Description)
		}
		return notes
	}}
	for _, f := range found {
		got.outcome.Breaches = append(got.outcome.Breaches, rules.Breach{Labels: f.Labels, Series: f.Labels.Fingerprint(), Value: f.Value})
	}
	got.outcome.Evidence = make(map[alert.Fingerprint]float64, len(before))
	for i := range before {
		got.outcome.Evidence[before[i].Series] = 0
	}
	return got
}
