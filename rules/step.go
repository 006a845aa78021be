package rules

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
)

// ErrDuplicate says that two results of a rule bear the same labels.
var ErrDuplicate = errors.New("two results have the same labels after the rule's labels were applied")

// ErrLimit says that a rule has more alerts than its limit.
var ErrLimit = errors.New("the rule has more alerts than its limit")

// Steps is what one evaluation means for a rule's alerts.
type Steps struct {
	// Active is every pending or firing alert after the evaluation.
	Active []alert.Alert
	// Changed lists those that must be written: begun, ended, gone missing or
	// come back. Alerts whose value alone moved are not among them.
	Changed []alert.Alert
	// Deleted lists the ids of pending alerts that ended.
	Deleted []string
	Events  []alert.Event
}

// Step returns what outcome, got at ts, means for the alerts that were active
// before. It is a pure function: the same arguments give the same steps.
//
// A breach begins or continues an alert, which fires once it has been active
// for the rule's For; a new one whose facts say that it is yet to begin does
// neither. A firing alert resolves when the evidence has a healthy
// value for its series, never because the series is missing, unless the rule
// says so. An error changes nothing at all.
func (r *Rule) Step(before []alert.Alert, outcome Outcome, ts time.Time) (Steps, error) {
	if outcome.Err != nil {
		return Steps{Active: before}, outcome.Err
	}
	s := stepper{rule: r, ts: ts, fired: outcome.Fired, facts: outcome.Facts, out: Steps{Active: make([]alert.Alert, 0, len(outcome.Breaches))}}
	if begins := len(outcome.Breaches) - len(before); begins > 0 {
		s.out.Changed, s.out.Events = make([]alert.Alert, 0, begins), make([]alert.Event, 0, begins)
	}
	known := make(map[alert.Fingerprint]*alert.Alert, len(before))
	for i := range before {
		known[before[i].Fingerprint()] = &before[i]
	}
	seen := make(map[alert.Fingerprint]struct{}, len(outcome.Breaches))
	for _, b := range outcome.Breaches {
		fp := b.Labels.Fingerprint()
		if _, twice := seen[fp]; twice {
			return Steps{Active: before}, fmt.Errorf("%w: %s", ErrDuplicate, b.Labels)
		}
		seen[fp] = struct{}{}
		s.breach(known[fp], b)
	}
	for i := range before {
		if _, breached := seen[before[i].Fingerprint()]; !breached {
			s.absent(rewound(before[i], ts), &outcome)
		}
	}
	if r.Limit > 0 && len(s.out.Active) > r.Limit {
		return Steps{Active: before}, fmt.Errorf("%w: %d, limit %d", ErrLimit, len(s.out.Active), r.Limit)
	}
	return s.out, nil
}

// NeedsEvidence tells whether an alert active before is not among the
// breaches, so that only the evidence can say how it is.
func (r *Rule) NeedsEvidence(before []alert.Alert, breaches []Breach) bool {
	if r.Evidence == nil || len(before) == 0 {
		return false
	}
	breached := make(map[alert.Fingerprint]struct{}, len(breaches))
	for _, b := range breaches {
		breached[b.Labels.Fingerprint()] = struct{}{}
	}
	for i := range before {
		if _, ok := breached[before[i].Fingerprint()]; !ok {
			return true
		}
	}
	return false
}

// NeedsFacts tells whether a breach is not of an alert active before, so that
// the facts have a say in when it began.
func (r *Rule) NeedsFacts(before []alert.Alert, breaches []Breach) bool {
	if len(r.Facts) == 0 {
		return false
	}
	known := make(map[alert.Fingerprint]struct{}, len(before))
	for i := range before {
		known[before[i].Fingerprint()] = struct{}{}
	}
	return slices.ContainsFunc(breaches, func(b Breach) bool {
		_, ok := known[b.Labels.Fingerprint()]
		return !ok
	})
}

type stepper struct {
	rule  *Rule
	ts    time.Time
	fired Fired
	facts []map[alert.Fingerprint]float64
	out   Steps
}

// breach begins an alert (before is nil) or continues one.
func (s *stepper) breach(before *alert.Alert, b Breach) {
	if before == nil {
		s.begin(b)
		return
	}
	a := rewound(*before, s.ts)
	a.Value, a.Series = b.Value, b.Series
	kept := !a.KeepFiringSince.IsZero()
	a.KeepFiringSince = time.Time{}
	returned := !a.MissingSince.IsZero()
	a.MissingSince = time.Time{}
	if returned {
		s.event(alert.EventReturned, &a, "")
	}
	returned = s.backAgain(&a) || returned
	due := s.due(a.ActiveAt)
	switch {
	case a.State == alert.Pending && !s.ts.Before(due):
		s.fire(&a)
		s.change(a)
	case a.State == alert.Firing && s.young(&a):
		s.demote(&a)
	case returned || kept:
		s.change(a)
	default:
		s.out.Active = append(s.out.Active, a)
	}
}

func (s *stepper) begin(b Breach) {
	since := s.since(b)
	if since.IsZero() || since.After(s.ts) {
		return
	}
	a := alert.Alert{
		ID:        alert.NewID(s.rule.ID, b.Labels, s.ts),
		RuleID:    s.rule.ID,
		Labels:    b.Labels,
		State:     alert.Pending,
		Value:     b.Value,
		ActiveAt:  since,
		Series:    b.Series,
		Unit:      s.rule.Unit,
		Threshold: s.rule.Threshold,
	}
	if s.ts.Before(s.due(since)) {
		s.event(alert.EventPending, &a, "")
	} else {
		s.fire(&a)
	}
	s.change(a)
}

// since returns when a new breach began or is to begin; zero is never.
func (s *stepper) since(b Breach) time.Time {
	since := s.ts
	if s.rule.Since != nil {
		if t := s.rule.Since(b.Value, s.ts); t.Before(since) {
			since = t
		}
	}
	for i, fact := range s.rule.Facts {
		if i >= len(s.facts) || since.IsZero() {
			break
		}
		if v, ok := s.facts[i][b.Series]; ok {
			since = fact.Begin(since, b.Value, v)
		}
	}
	return since
}

func (s *stepper) due(activeAt time.Time) time.Time { return s.rule.due(activeAt) }

// young tells whether a firing alert is of less than the rule's For. One that
// fired after this evaluation's time did so before the clock was set back.
func (s *stepper) young(a *alert.Alert) bool {
	return s.ts.Before(s.due(a.ActiveAt)) && !a.FiredAt.After(s.ts)
}

func (s *stepper) fire(a *alert.Alert) {
	a.State, a.FiredAt = alert.Firing, s.ts
	s.event(alert.EventFiring, a, "")
	s.markFlapping(a)
}

// demote makes an alert wait again, as Prometheus does, after the rule's `for`
// was raised beyond its age.
func (s *stepper) demote(a *alert.Alert) {
	a.State, a.FiredAt, a.KeepFiringSince = alert.Pending, time.Time{}, time.Time{}
	a.Flaps, a.FlappingSince = 0, time.Time{}
	s.change(*a)
}

func (s *stepper) change(a alert.Alert) {
	a.UpdatedAt = s.ts
	s.out.Active = append(s.out.Active, a)
	s.out.Changed = append(s.out.Changed, a)
}

func (s *stepper) event(kind alert.EventKind, a *alert.Alert, detail string) {
	s.out.Events = append(s.out.Events, alert.Event{
		At: s.ts, Kind: kind, AlertID: a.ID, Labels: a.Labels, Value: a.Value, Detail: detail,
	})
}
