package notifier

import (
	"cmp"
	"slices"
	"time"

	"alertd/internal/alert"
)

// Integration is one channel of a receiver, as planning sees it.
type Integration struct {
	ID           string // receiver/kind/index
	SendResolved bool
}

// PlanInput is everything that planning one group depends on.
type PlanInput struct {
	View alert.GroupView
	// Route is the options of the group's route; nil when the configuration no
	// longer has it: then only recoveries are told, to those told of the firing.
	Route        *RouteOptions
	Integrations []Integration
	Silences     alert.Silences
	Now          time.Time
	// Expiry is how long a delivery is tried.
	Expiry time.Duration
}

// Plan decides what every integration of a group must be told now, and when
// the group wants planning again. It is a pure function: nothing in it reads
// the clock or a store, so that the same group at the same moment always gives
// the same plan. The decisions say why, one for each integration.
func Plan(in PlanInput) (alert.PlanResult, []Decision) {
	p := planner{in: in, out: alert.PlanResult{
		Key: in.View.Key, Revision: in.View.Revision, FlushedAt: in.View.FlushedAt,
	}}
	p.sort()
	p.decisions = make([]Decision, 0, len(in.Integrations))
	for _, integration := range in.Integrations {
		p.decisions = append(p.decisions, p.integration(integration))
	}
	if p.flushed {
		p.out.FlushedAt = p.tick
	}
	p.withdraw()
	p.leave()
	return p.out, p.decisions
}

type planner struct {
	in        PlanInput
	out       alert.PlanResult
	decisions []Decision

	audible  []*alert.Alert          // firing, not silenced
	silenced []*alert.Alert          // firing, silenced
	resolved []*alert.Alert          // ended, not yet left
	byID     map[string]*alert.Alert // every member
	owing    map[string]bool         // ended alerts that someone must still be told of
	tick     time.Time               // when the changes at hand may be told
	flushed  bool
}

// sort divides the members and finds when their changes may be told.
func (p *planner) sort() {
	p.byID, p.owing = map[string]*alert.Alert{}, map[string]bool{}
	for i := range p.in.View.Alerts {
		a := &p.in.View.Alerts[i]
		p.byID[a.ID] = a
		switch a.State {
		case alert.Resolved, alert.Pending:
			// A member that is pending has been demoted by a raised `for`: to
			// those told of its firing it has ended.
			p.resolved = append(p.resolved, a)
		case alert.Firing:
			p.wakeAt(p.silencedFrom(a))
			if until := p.silencedUntil(a); !until.IsZero() {
				p.silenced = append(p.silenced, a)
				p.wakeAt(until)
			} else {
				p.audible = append(p.audible, a)
			}
		}
	}
	byAge := func(a, b *alert.Alert) int {
		return cmp.Or(a.ActiveAt.Compare(b.ActiveAt), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(p.audible, byAge)
	slices.SortFunc(p.resolved, byAge)
}

// silencedUntil returns when the first of the silences that hold for the alert
// ends; zero when none holds.
func (p *planner) silencedUntil(a *alert.Alert) time.Time {
	var until time.Time
	for i := range p.in.Silences {
		s := &p.in.Silences[i]
		if s.StateAt(p.in.Now) == alert.SilenceActive && s.Matchers.Matches(a.Labels) && (until.IsZero() || s.EndsAt.Before(until)) {
			until = s.EndsAt
		}
	}
	return until
}

// endedSilenced tells whether an ended alert was silenced when it ended, or is
// now: planned late, it may be looked at after its silence was expired too.
func (p *planner) endedSilenced(a *alert.Alert) bool {
	return slices.ContainsFunc(p.in.Silences, func(s alert.Silence) bool {
		active := s.StateAt(p.in.Now) == alert.SilenceActive || s.StateAt(a.ResolvedAt) == alert.SilenceActive
		return active && s.Matchers.Matches(a.Labels)
	})
}

// silencedFrom returns when the first of the alert's silences that have yet to
// begin does; zero when there is none. Planned then, the group is planned again
// when that silence ends.
func (p *planner) silencedFrom(a *alert.Alert) time.Time {
	var from time.Time
	for i := range p.in.Silences {
		s := &p.in.Silences[i]
		if s.StateAt(p.in.Now) == alert.SilencePending && (from.IsZero() || s.StartsAt.Before(from)) && s.Matchers.Matches(a.Labels) {
			from = s.StartsAt
		}
	}
	return from
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

// integration decides for one integration.
func (p *planner) integration(i Integration) Decision {
	told, open := p.told(i.ID), p.open(i.ID)
	known := set(told.Firing)
	var changes []*alert.Alert
	var content alert.Content
	reason := Reason("")
	for _, a := range p.audible {
		if p.in.Route == nil {
			if known[a.ID] {
				content.Held = append(content.Held, a.ID)
			}
			continue
		}
		content.Firing = append(content.Firing, a.ID)
		switch {
		case !known[a.ID]:
			changes = append(changes, a)
			reason = cmp.Or(reason, ReasonFiring)
		case p.unsilenced(a, told.At):
			reason = cmp.Or(reason, ReasonUnsilenced)
		}
	}
	if reason == ReasonFiring && told.At.IsZero() {
		reason = ReasonFirst
	}
	for _, a := range p.resolved {
		if !i.SendResolved || !p.owes(a, told, known, open) {
			continue
		}
		content.Resolved = append(content.Resolved, a.ID)
		p.owing[a.ID] = true
		changes = append(changes, a)
		reason = cmp.Or(reason, ReasonRecovered)
	}
	if len(content.Firing) == 0 && len(content.Resolved) > 0 {
		reason = ReasonAllRecovered
	}
	for _, a := range p.silenced {
		if known[a.ID] {
			content.Held = append(content.Held, a.ID)
		}
	}
	return p.decide(i, told, open, content, changes, reason)
}

// owes tells whether an integration must be told that the alert has ended:
// when it was told of its firing, silenced since or not; when a message about
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
	case p.in.Route == nil || p.endedSilenced(a):
		return false
	default:
		return a.ResolvedAt.Sub(a.FiredAt) >= p.in.Route.GroupWait
	}
}

// decide turns what an integration should know into a delivery, or says why
// there is none.
func (p *planner) decide(i Integration, told alert.Told, open *alert.Delivery, content alert.Content, changes []*alert.Alert, reason Reason) Decision {
	d := Decision{Integration: i.ID, Reason: reason}
	now := p.in.Now
	repeatAt := p.repeatAt(told)
	if reason == "" && len(content.Firing) > 0 && !repeatAt.IsZero() && !now.Before(repeatAt) {
		d.Reason = ReasonRepeat
	}
	switch {
	case d.Reason == "":
		d.Reason, d.Until = p.quiet(told, content), repeatAt
		if len(content.Firing) > 0 {
			p.wakeAt(repeatAt)
		}
		return d
	case open != nil && open.Content.Equal(content):
		d.Reason, d.Until, d.Delivery = ReasonUnderWay, open.NextAttemptAt, open.ID
		return d
	}
	if open == nil && len(changes) > 0 && d.Reason != ReasonUnsilenced {
		if tick := p.tickFor(changes); now.Before(tick) {
			d.Reason, d.Until = ReasonWaiting, tick
			p.wakeAt(tick)
			return d
		} else if tick.After(p.tick) {
			p.tick = tick
		}
		p.flushed = true
	}
	delivery := p.newDelivery(i, open, content, d.Reason)
	d.Delivery = delivery.ID
	p.out.Create = append(p.out.Create, delivery)
	return d
}

// quiet says why an integration with nothing to be told is told nothing.
func (p *planner) quiet(told alert.Told, content alert.Content) Reason {
	switch {
	case len(content.Firing) == 0 && len(p.silenced) > 0:
		return ReasonSilenced
	case len(content.Firing) == 0 && p.in.Route == nil:
		return ReasonRetired
	case len(content.Firing) == 0:
		return ReasonNothing
	case told.At.IsZero():
		return ReasonNothing
	default:
		return ReasonDeduplicated
	}
}

// tickFor returns when changes may be told: group_wait after a new group's
// first alert, later on the grid that group_interval makes from the last time.
func (p *planner) tickFor(changes []*alert.Alert) time.Time {
	first := changedAt(changes[0])
	for _, a := range changes[1:] {
		if at := changedAt(a); at.Before(first) {
			first = at
		}
	}
	if p.in.Route == nil {
		return first
	}
	last, interval := p.in.View.FlushedAt, p.in.Route.GroupInterval
	switch {
	case last.IsZero():
		return p.firstFired().Add(p.in.Route.GroupWait)
	case interval <= 0 || !first.After(last):
		return first
	default:
		steps := (first.Sub(last) + interval - 1) / interval
		return last.Add(steps * interval)
	}
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

func changedAt(a *alert.Alert) time.Time {
	if a.State == alert.Resolved {
		return a.ResolvedAt
	}
	return a.FiredAt
}

func (p *planner) repeatAt(told alert.Told) time.Time {
	if told.At.IsZero() || p.in.Route == nil {
		return time.Time{}
	}
	return told.At.Add(p.in.Route.RepeatInterval)
}
