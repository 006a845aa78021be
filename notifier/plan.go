package notifier

import (
	"cmp"
	"strings"
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
	p := newPlanner(in)
	p.plan()
	return p.out, p.decisions
}

func newPlanner(in PlanInput) *planner {
	p := &planner{in: in, out: alert.PlanResult{
		Key: in.View.Key, Revision: in.View.Revision, FlushedAt: in.View.FlushedAt,
	}}
	if in.Route != nil {
		p.mutedBy = in.Route.Muting.At(in.Now)
	}
	return p
}

func (p *planner) plan() {
	p.sort()
	p.decisions = make([]Decision, 0, len(p.in.Integrations))
	for _, integration := range p.in.Integrations {
		p.decisions = append(p.decisions, p.integration(integration))
	}
	if p.flushed {
		p.out.FlushedAt = p.tick
	}
	p.withdraw()
	p.heedNextMute()
	p.leave()
	p.record()
}

type planner struct {
	in        PlanInput
	out       alert.PlanResult
	decisions []Decision

	audible    []*alert.Alert               // firing, and to be told
	suppressed []*alert.Alert               // firing, silenced or inhibited
	by         map[string]alert.Suppression // what suppresses, or lately did, by id
	resolved   []*alert.Alert               // ended, not yet left
	byID       map[string]*alert.Alert      // every member
	owing      map[string]bool              // ended alerts that someone must still be told of
	mutedBy    []string                     // the time intervals that hold
	said       struct {
		of    alert.Suppression
		words string
	}
	tick    time.Time // when the changes at hand may be told
	flushed bool
}

// integration decides for one integration.
func (p *planner) integration(i Integration) Decision {
	told, open := p.told(i.ID), p.open(i.ID)
	known := set(told.Firing)
	var changes []*alert.Alert
	var content alert.Content
	var reason, uninhibited Reason
	for _, a := range p.audible {
		if a.Concerns(i.ID) {
			continue
		}
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
		case p.by[a.ID].UninhibitedAt.After(told.At):
			changes = append(changes, a)
			uninhibited = ReasonUninhibited
		}
	}
	reason = cmp.Or(reason, uninhibited) // what is new is the greater news
	if reason == ReasonFiring && told.At.IsZero() {
		reason = ReasonFirst
	}
	for _, a := range p.resolved {
		if !i.SendResolved || a.Concerns(i.ID) || !p.owes(a, told, known, open) {
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
	for _, a := range p.suppressed {
		if known[a.ID] {
			content.Held = append(content.Held, a.ID)
		}
	}
	return p.decide(i, told, open, content, changes, reason)
}

// decide turns what an integration should know into a delivery, or says why
// there is none.
func (p *planner) decide(i Integration, told alert.Told, open *alert.Delivery, content alert.Content, changes []*alert.Alert, reason Reason) Decision {
	d := Decision{Integration: i.ID, Reason: reason}
	now := p.in.Now
	repeatAt := p.repeatAt(told)
	if reason == "" && len(content.Firing) > 0 && !repeatAt.IsZero() {
		if by, until := p.acknowledged(content.Firing); by != "" {
			p.wakeAt(until)
			d.Reason, d.Until, d.Detail = ReasonAcknowledged, until, by
			return d
		}
		if !now.Before(repeatAt) {
			d.Reason = ReasonRepeat
		}
	}
	switch {
	case d.Reason == "":
		if len(content.Firing) > 0 {
			p.wakeAt(repeatAt)
		}
		d.Reason, d.Until = p.quiet(told, content)
		return d
	case len(p.mutedBy) > 0:
		d.Reason, d.Until, d.Detail = ReasonMuted, p.in.Route.Muting.Until(now), strings.Join(p.mutedBy, ", ")
		p.wakeAt(d.Until)
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

// quiet says why an integration with nothing to be told is told nothing, and
// until when at least.
func (p *planner) quiet(told alert.Told, content alert.Content) (Reason, time.Time) {
	switch {
	case len(content.Firing) == 0 && len(p.suppressed) > 0:
		if until := p.silencedUntil(); !until.IsZero() {
			return ReasonSilenced, until
		}
		return ReasonInhibited, time.Time{}
	case len(content.Firing) == 0 && p.in.Route == nil:
		return ReasonRetired, time.Time{}
	case len(content.Firing) == 0 || told.At.IsZero():
		return ReasonNothing, time.Time{}
	default:
		return ReasonDeduplicated, p.repeatAt(told)
	}
}

// silencedUntil returns when the first of the silences that hold for any of the
// alerts ends; zero where none does.
func (p *planner) silencedUntil() (until time.Time) {
	for _, a := range p.suppressed {
		if end := p.by[a.ID].Until; !end.IsZero() && (until.IsZero() || end.Before(until)) {
			until = end
		}
	}
	return until
}

// heedNextMute sees to it that what could not be delivered by the next mute is
// withdrawn then.
func (p *planner) heedNextMute() {
	if p.in.Route != nil && len(p.mutedBy) == 0 && (len(p.out.Create) > 0 || len(p.in.View.Open) > len(p.out.Supersede)) {
		p.wakeAt(p.in.Route.Muting.Until(p.in.Now))
	}
}
