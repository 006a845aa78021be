package engine

import (
	"context"
	"fmt"
	"time"

	"alertd/rules"
)

// readFired reads from the store when the alerts of the rules fired before.
func (e *Engine) readFired(ctx context.Context, groups []rules.Group, now time.Time) (map[string]rules.Fired, error) {
	var longest time.Duration
	fired := map[string]rules.Fired{}
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Flapping.Firings > 0 {
				fired[r.ID] = rules.Fired{}
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
