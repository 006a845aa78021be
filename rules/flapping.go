package rules

import (
	"fmt"
	"time"

	"alertd/internal/alert"
)

// Flapping is when an alert that fires and recovers again and again is held
// firing, so that people are told once instead of twice a cycle. The zero value
// holds nothing.
type Flapping struct {
	Firings int           // so many of one alert within Window make it flapping
	Window  time.Duration // between the first and the last of them
	// Stable is how long a flapping alert must be without a breach, and with
	// evidence of it, until it resolves.
	Stable time.Duration
}

func (f Flapping) on() bool { return f.Firings > 0 }

// apply lets the rules hold their alerts when they flap.
func (f Flapping) apply(rs []*Rule) {
	for _, r := range rs {
		r.Flapping = f
	}
}

// Fired has when the alerts of a rule fired whose incidents have ended,
// oldest first, for as long as the rule looks back for flapping.
type Fired map[alert.Fingerprint][]time.Time

// Add takes note of the alerts that have ended, and forgets what is older than
// the rule looks back.
func (f Fired) Add(rule *Rule, changed []alert.Alert, ts time.Time) {
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
		if f[fp] = rule.Flapping.recent(times, ts); len(f[fp]) == 0 {
			delete(f, fp)
		}
	}
}

// recent returns those of the times, oldest first, that are within the window
// before ts.
func (f Flapping) recent(fired []time.Time, ts time.Time) []time.Time {
	for len(fired) > 0 && ts.Sub(fired[0]) > f.Window {
		fired = fired[1:]
	}
	return fired
}

// markFlapping marks an alert that begins to fire as flapping where it fired
// often enough before.
func (s *stepper) markFlapping(a *alert.Alert) {
	a.Flaps, a.FlappingSince, a.HealthySince = 0, time.Time{}, time.Time{}
	if !s.rule.Flapping.on() || len(s.fired) == 0 {
		return
	}
	before := s.rule.Flapping.recent(s.fired[a.Fingerprint()], s.ts)
	if len(before) > 0 && len(before)+1 >= s.rule.Flapping.Firings {
		a.Flaps, a.FlappingSince = len(before)+1, before[0]
		s.flapped(a)
	}
}

// backAgain counts another firing of a flapping alert that was well for a while,
// and tells whether it was one.
func (s *stepper) backAgain(a *alert.Alert) bool {
	if a.HealthySince.IsZero() {
		return false
	}
	a.HealthySince = time.Time{}
	a.Flaps++
	s.flapped(a)
	return true
}

func (s *stepper) flapped(a *alert.Alert) {
	s.event(alert.EventFlapping, a, fmt.Sprintf("fired %d times since %s", a.Flaps, a.FlappingSince.UTC().Format(time.RFC3339)))
}

// holdFlapping holds a flapping alert that would resolve until it has been well
// for long enough.
func (s *stepper) holdFlapping(a *alert.Alert) bool {
	if a.Flaps == 0 || !s.rule.Flapping.on() {
		return false
	}
	if a.HealthySince.IsZero() {
		a.HealthySince = s.ts
		if !a.MissingSince.IsZero() {
			a.MissingSince = time.Time{}
			s.event(alert.EventReturned, a, "")
		}
		s.change(*a)
		return true
	}
	if s.ts.Sub(a.HealthySince) < s.rule.Flapping.Stable {
		s.out.Active = append(s.out.Active, *a)
		return true
	}
	a.HealthySince = time.Time{}
	return false
}
