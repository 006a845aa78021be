package engine

import (
	"context"
	"fmt"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// firedBefore has when the alerts of a rule fired whose incidents have ended,
// oldest first, for as long as the rule looks back for flapping.
type firedBefore map[alert.Fingerprint][]time.Time

// add takes note of the alerts that have ended, and forgets what is older than
// the rule looks back.
func (f firedBefore) add(rule *rules.Rule, changed []alert.Alert, ts time.Time) {
	noted := false
	for i := range changed {
		if a := &changed[i]; a.State == alert.Resolved {
			noted = true
			fp := a.Fingerprint()
			f[fp] = append(f[fp], a.FiredAt)
		}
	}
	if !noted {
		return
	}
	for fp, times := range f {
		for len(times) > 0 && ts.Sub(times[0]) > rule.Flapping.Window {
			times = times[1:]
		}
		if f[fp] = times; len(times) == 0 {
			delete(f, fp)
		}
	}
}

// readFired reads from the store when the alerts of the rules fired before.
func (e *Engine) readFired(ctx context.Context, groups []rules.Group, now time.Time) (map[string]firedBefore, error) {
	var longest time.Duration
	fired := map[string]firedBefore{}
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Flapping.Firings > 0 {
				fired[r.ID] = firedBefore{}
				longest = max(longest, r.Flapping.Window)
			}
		}
	}
	if longest == 0 {
		return fired, nil
	}
	ended, err := e.o.Store.EndedAlerts(ctx, now.Add(-longest))
	if err != nil {
		return fired, fmt.Errorf("reading which alerts have fired of late: %w", err)
	}
	for i := range ended {
		if f := fired[ended[i].RuleID]; f != nil {
			fp := ended[i].Fingerprint()
			f[fp] = append(f[fp], ended[i].FiredAt)
		}
	}
	return fired, nil
}
