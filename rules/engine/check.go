package engine

import (
	"cmp"
	"context"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// Check looks at one part of alertd itself. What it finds are alerts like all
// others: they go through the same Step, store and routes.
type Check struct {
	Name string        // of the alert
	For  time.Duration // as of any rule
	Unit string        // of the findings' values, as in alert.Alert; "" is alert.Presence
	// Look returns what is wrong at now. After an error every alert of the check
	// stays as it is.
	Look func(ctx context.Context, now time.Time) ([]Finding, error)
}

// Finding is something wrong with alertd's own work, or perhaps wrong.
type Finding struct {
	Labels      alert.Labels // of the alert, its name among them
	Summary     string
	Description string
	Value       float64
	// Unsure says that nothing is known at the moment: no alert begins, and one
	// that is there goes on.
	Unsure bool
}

// checks returns all checks, the engine's own first.
func (e *Engine) checks() []Check { return append(e.health.checks(), e.o.Checks...) }

// ownRules returns a rule for each check. Its answers come from answerOf.
func (e *Engine) ownRules(s *Setup) []*rules.Rule {
	var out []*rules.Rule
	for _, c := range e.checks() {
		out = append(out, &rules.Rule{
			ID: alert.OwnRule(c.Name), Name: c.Name, For: c.For, OnMissing: rules.Keep,
			Evidence: rules.Fixed(ownGroup), // answered from memory
			Unit:     cmp.Or(c.Unit, alert.Presence), Flapping: s.Flapping,
		})
	}
	return out
}

// look has the checks of the rules answer for them.
func (r *runner) look(ctx context.Context, some []*rules.Rule, ts time.Time) []answer {
	answers := make([]answer, len(some))
	for _, c := range r.engine.checks() {
		for i, rule := range some {
			if rule.ID == alert.OwnRule(c.Name) {
				found, err := c.Look(ctx, ts)
				answers[i] = r.engine.found(rule, found, err, r.alerts[rule.ID])
			}
		}
	}
	return answers
}

// found makes a rule's answer of findings: every one is a breach, and what was one
// before and is none now is healthy. Where a check is unsure of an alert, that goes
// on as it is.
func (e *Engine) found(rule *rules.Rule, found []Finding, err error, before []alert.Alert) answer {
	if err != nil {
		return answer{outcome: rules.Outcome{Err: err}}
	}
	known := make(map[alert.Fingerprint]*alert.Alert, len(before))
	var got answer
	got.outcome.Evidence = make(map[alert.Fingerprint]float64, len(before))
	for i := range before {
		known[before[i].Series] = &before[i]
		got.outcome.Evidence[before[i].Series] = 0
	}
	var notes []alert.Labels
	for _, f := range found {
		breach := rules.Breach{Labels: f.Labels, Series: f.Labels.Fingerprint(), Value: f.Value}
		note := alert.LabelsFromStrings("summary", f.Summary, "description", f.Description, "runbook_url", e.runbook(rule.Name))
		if f.Unsure {
			a := known[breach.Series]
			if a == nil {
				continue
			}
			breach.Value, note = a.Value, a.Annotations
		}
		got.outcome.Breaches, notes = append(got.outcome.Breaches, breach), append(notes, note)
	}
	got.annotate = func(_ context.Context, breaches []int) []alert.Labels {
		some := make([]alert.Labels, len(breaches))
		for i, breach := range breaches {
			some[i] = notes[breach]
		}
		return some
	}
	return got
}

// runbook returns where the alert of that name is explained; "" is nowhere.
func (e *Engine) runbook(name string) string {
	if e.setup.Runbooks == "" {
		return ""
	}
	return e.setup.Runbooks + "/" + name
}

// Look evaluates alertd's own checks at once, and not only at their next slot.
func (e *Engine) Look() {
	select {
	case e.lookNow <- struct{}{}:
	default:
	}
}
