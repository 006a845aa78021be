package rules_test

import (
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// A clock that is set back by an hour ends nothing, and makes no timer wait for
// that hour to come again.
func TestStepClockSetBack(t *testing.T) {
	breach, healthy := tick{breaches: map[string]float64{"a": 5}}, tick{evidence: map[string]float64{"a": 0}}
	for name, test := range map[string]struct {
		change func(*rules.Rule)
		before []tick // a minute each, from minute 60 on
		after  []tick // a minute each, from minute 0 on
		want   []string
	}{
		"firing goes on": {
			change: func(r *rules.Rule) { r.For = 2 * time.Minute },
			before: []tick{breach, breach, breach}, after: []tick{breach, breach},
			want: []string{"a:firing", "a:firing"},
		},
		"pending fires after its time": {
			change: func(r *rules.Rule) { r.For = 2 * time.Minute },
			before: []tick{breach}, after: []tick{breach, breach, breach},
			want: []string{"a:pending", "a:pending", "a:firing"},
		},
		"keep_firing_for ends": {
			change: func(r *rules.Rule) { r.For, r.KeepFiringFor = 0, 2*time.Minute },
			before: []tick{breach, healthy}, after: []tick{healthy, healthy, healthy},
			want: []string{"a:firing:kept", "a:firing:kept", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := evidenceRule(test.change)
			var active []alert.Alert
			for i, tick := range test.before {
				steps, err := r.Step(active, outcome(tick), at(60+float64(i)))
				if err != nil {
					t.Fatal(err)
				}
				active = steps.Active
			}
			for i, tick := range test.after {
				steps, err := r.Step(active, outcome(tick), at(float64(i)))
				if err != nil {
					t.Fatal(err)
				}
				if active = steps.Active; describe(active) != test.want[i] {
					t.Errorf("at minute %d: %q, want %q", i, describe(active), test.want[i])
				}
			}
		})
	}
}
