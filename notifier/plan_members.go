package notifier

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
)

// sort divides the members by whether and how they are to be told.
func (p *planner) sort() {
	p.byID, p.owing, p.by = map[string]*alert.Alert{}, map[string]bool{}, map[string]alert.Suppression{}
	for i := range p.in.View.Alerts {
		a := &p.in.View.Alerts[i]
		p.byID[a.ID] = a
		switch a.State {
		case alert.Resolved, alert.Pending:
			// A member that is pending has been demoted by a raised `for`: to
			// those told of its firing it has ended.
			p.resolved = append(p.resolved, a)
		case alert.Firing:
			p.place(a)
		}
	}
	byAge := func(a, b *alert.Alert) int {
		return cmp.Or(a.ActiveAt.Compare(b.ActiveAt), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(p.audible, byAge)
	slices.SortFunc(p.resolved, byAge)
}

// place finds what keeps a firing alert from being told, if anything does.
func (p *planner) place(a *alert.Alert) {
	now := alert.Suppression{Inhibitors: p.in.View.Inhibited[a.ID]}
	now.Silences, now.Until = p.silencedBy(a)
	p.heedSilencesToCome(a)
	before := p.in.View.Suppressed[a.ID]
	now.UninhibitedAt = before.UninhibitedAt
	if len(before.Inhibitors) > 0 && len(now.Inhibitors) == 0 {
		now.UninhibitedAt = p.in.Now
	}
	if !now.IsZero() {
		p.by[a.ID] = now
	}
	if now.Holds() {
		p.suppressed = append(p.suppressed, a)
		p.wakeAt(now.Until)
	} else {
		p.audible = append(p.audible, a)
	}
}

// silencedBy returns the silences that hold for the alert, and when the first
// of them ends.
func (p *planner) silencedBy(a *alert.Alert) (ids []string, until time.Time) {
	for i := range p.in.Silences {
		s := &p.in.Silences[i]
		if s.StateAt(p.in.Now) != alert.SilenceActive || !s.Matchers.Matches(a.Labels) {
			continue
		}
		ids = append(ids, s.ID)
		if until.IsZero() || s.EndsAt.Before(until) {
			until = s.EndsAt
		}
	}
	slices.Sort(ids)
	return ids, until
}

// heedSilencesToCome has the group planned when a silence of the alert begins.
func (p *planner) heedSilencesToCome(a *alert.Alert) {
	for i := range p.in.Silences {
		if s := &p.in.Silences[i]; s.StateAt(p.in.Now) == alert.SilencePending && s.Matchers.Matches(a.Labels) {
			p.wakeAt(s.StartsAt)
		}
	}
}

// unsilenced tells whether a silence of the alert ended between since and now.
func (p *planner) unsilenced(a *alert.Alert, since time.Time) bool {
	for i := range p.in.Silences {
		s := &p.in.Silences[i]
		if s.EndsAt.After(since) && !s.EndsAt.After(p.in.Now) && s.StartsAt.Before(s.EndsAt) && s.Matchers.Matches(a.Labels) {
			return true
		}
	}
	return false
}

// acknowledged returns who looks after the alerts, and when the first of them
// may cease to (zero: not before they end); nobody where not all are seen to.
func (p *planner) acknowledged(ids []string) (by string, until time.Time) {
	people := map[string]bool{}
	for _, id := range ids {
		ack := p.byID[id].Ack
		if !ack.HoldsAt(p.in.Now) {
			return "", time.Time{}
		}
		people[cmp.Or(ack.By, "somebody")] = true
		if !ack.Until.IsZero() && (until.IsZero() || ack.Until.Before(until)) {
			until = ack.Until
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(people)), ", "), until
}

// owes tells whether an integration must be told that the alert has ended:
// when it was told of its firing, suppressed since or not; when a message about
// it is on its way; or when it fired for longer than the group waits, and
// nobody came to tell of it in time.
func (p *planner) owes(a *alert.Alert, told alert.Told, known map[string]bool, open *alert.Delivery) bool {
	switch {
	case known[a.ID]:
		return true
	case !told.AsOf.IsZero() && a.State == alert.Resolved && !a.UpdatedAt.After(told.AsOf):
		return false // the last message already took it into account
	case open != nil && (slices.Contains(open.Content.Firing, a.ID) || slices.Contains(open.Content.Resolved, a.ID)):
		return true
	case a.State == alert.Pending:
		return false
	case p.in.Route == nil || p.endedUnheard(a):
		return false
	default:
		since := a.FiredAt
		if at := p.in.View.Suppressed[a.ID].UninhibitedAt; at.After(since) {
			since = at
		}
		return a.ResolvedAt.Sub(since) >= p.in.Route.GroupWait
	}
}

// endedUnheard tells whether an alert that nobody was told of was meant to be
// told to nobody: it ended silenced or inhibited, or was muted all along.
func (p *planner) endedUnheard(a *alert.Alert) bool {
	if p.endedSilenced(a) || len(p.in.View.Suppressed[a.ID].Inhibitors) > 0 || len(p.in.View.Inhibited[a.ID]) > 0 {
		return true
	}
	return p.in.Route.Muting.Throughout(a.FiredAt.Add(p.in.Route.GroupWait), a.ResolvedAt)
}

// endedSilenced tells whether an ended alert was silenced when it ended, or is
// now: planned late, it may be looked at after its silence was expired too.
func (p *planner) endedSilenced(a *alert.Alert) bool {
	return slices.ContainsFunc(p.in.Silences, func(s alert.Silence) bool {
		active := s.StateAt(p.in.Now) == alert.SilenceActive || s.StateAt(a.ResolvedAt) == alert.SilenceActive
		return active && s.Matchers.Matches(a.Labels)
	})
}
