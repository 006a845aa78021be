package rules

import (
	"time"

	"alertd/internal/alert"
)

// absent decides about an active alert that is not among the breaches.
func (s *stepper) absent(a alert.Alert, outcome *Outcome) {
	value, alive := outcome.Evidence[a.Series]
	alive = alive && proves(value)
	switch {
	case outcome.EvidenceErr != nil && s.rule.OnMissing != Resolve:
		s.out.Active = append(s.out.Active, a)
	case alive && (a.State == alert.Pending || s.rule.Clear == nil || s.rule.Clear(value)):
		s.healthy(a, &value)
	case alive:
		s.hold(a, value)
	case s.rule.OnMissing == Resolve:
		s.healthy(a, nil)
	default:
		s.missing(a)
	}
}

// healthy ends the alert; value is what proved it, nil where missing data did.
func (s *stepper) healthy(a alert.Alert, value *float64) {
	if a.State == alert.Pending {
		s.event(alert.EventVanished, &a, "")
		s.out.Deleted = append(s.out.Deleted, a.ID)
		return
	}
	if s.keepFiring(&a) || s.holdFlapping(&a) {
		return
	}
	a.State, a.ResolvedAt = alert.Resolved, s.ts
	a.Resolution, a.RecoveredValue = alert.Recovered, value
	a.MissingSince = time.Time{}
	if value == nil {
		a.Resolution = alert.NoData
	}
	s.event(alert.EventResolved, &a, string(a.Resolution))
	a.UpdatedAt = s.ts
	s.out.Changed = append(s.out.Changed, a)
}

// keepFiring holds a firing alert under keep_firing_for; its value and
// annotations stay as they were.
func (s *stepper) keepFiring(a *alert.Alert) bool {
	if s.rule.KeepFiringFor <= 0 {
		return false
	}
	begins := a.KeepFiringSince.IsZero()
	if begins {
		a.KeepFiringSince = s.ts
	}
	switch {
	case s.ts.Sub(a.KeepFiringSince) >= s.rule.KeepFiringFor:
		return false
	case s.young(a):
		s.demote(a)
	case begins:
		s.change(*a)
	default:
		s.out.Active = append(s.out.Active, *a)
	}
	return true
}

// hold continues a firing alert whose value is between the thresholds.
func (s *stepper) hold(a alert.Alert, value float64) {
	a.Value = value
	if a.MissingSince.IsZero() {
		s.out.Active = append(s.out.Active, a)
		return
	}
	a.MissingSince = time.Time{}
	s.event(alert.EventReturned, &a, "")
	s.change(a)
}

// missing keeps the alert in its state and notes since when nothing is known.
func (s *stepper) missing(a alert.Alert) {
	if !a.MissingSince.IsZero() && s.rule.OnMissing != AlertOnMissing {
		s.out.Active = append(s.out.Active, a)
		return
	}
	changed := a.MissingSince.IsZero()
	if changed {
		a.MissingSince, a.HealthySince = s.ts, time.Time{}
		s.event(alert.EventMissing, &a, "")
	}
	if s.rule.OnMissing == AlertOnMissing && a.State == alert.Pending && !s.ts.Before(s.due(a.ActiveAt)) {
		s.fire(&a)
		changed = true
	}
	if changed {
		s.change(a)
		return
	}
	s.out.Active = append(s.out.Active, a)
}
