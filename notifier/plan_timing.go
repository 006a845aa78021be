package notifier

import (
	"time"

	"alertd/internal/alert"
)

// tickFor returns when changes may be told: group_wait after a new group's
// first alert, or after it ceased to be inhibited; later on the grid that group_interval makes from the last time.
func (p *planner) tickFor(changes []*alert.Alert) time.Time {
	first := p.changedAt(changes[0])
	for _, a := range changes[1:] {
		if at := p.changedAt(a); at.Before(first) {
			first = at
		}
	}
	if p.in.Route == nil {
		return first
	}
	last, interval := p.in.View.FlushedAt, p.in.Route.GroupInterval
	switch {
	case last.IsZero():
		begun := p.begun()
		if at := p.uninhibited(changes); at.After(begun) && !at.After(p.in.Now) {
			begun = at
		}
		return begun.Add(p.in.Route.GroupWait)
	case first.After(p.in.Now):
		return p.in.Now // the clock was set back since, or its sender's is ahead
	case interval <= 0 || !first.After(last):
		return first
	default:
		steps := (first.Sub(last) + interval - 1) / interval
		return last.Add(steps * interval)
	}
}

// uninhibited returns when the first of changes ceased to be inhibited, where all
// were: what explains an alert often ends a moment before it does, and nobody is
// to be told of that moment. Zero where one never was.
func (p *planner) uninhibited(changes []*alert.Alert) (first time.Time) {
	for _, a := range changes {
		at := p.by[a.ID].UninhibitedAt
		if at.IsZero() {
			return time.Time{}
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// begun returns when a new group began to wait: when its first alert fired or,
// where that is yet to come by its sender's clock, when the group was made. Both
// are yet to come where the clock was set back: then it has waited long enough.
func (p *planner) begun() time.Time {
	for _, t := range []time.Time{p.firstFired(), p.in.View.CreatedAt} {
		if !t.After(p.in.Now) {
			return t
		}
	}
	return p.in.Now.Add(-p.in.Route.GroupWait)
}

func (p *planner) firstFired() time.Time {
	var first time.Time
	for _, a := range p.byID {
		if a.State != alert.Pending && (first.IsZero() || a.FiredAt.Before(first)) {
			first = a.FiredAt
		}
	}
	return first
}

// changedAt returns since when there is something to be told of an alert.
func (p *planner) changedAt(a *alert.Alert) time.Time {
	switch at := p.by[a.ID].UninhibitedAt; {
	case a.State == alert.Resolved:
		return a.ResolvedAt
	case at.After(a.FiredAt):
		return at
	default:
		return a.FiredAt
	}
}

func (p *planner) repeatAt(told alert.Told) time.Time {
	if told.At.IsZero() || p.in.Route == nil {
		return time.Time{}
	}
	return told.At.Add(p.in.Route.RepeatInterval)
}
