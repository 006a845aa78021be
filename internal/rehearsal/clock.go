package rehearsal

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/notifier"
)

// runUntil does what is due before t, and at t itself where it is included.
func (r *Rehearsal) runUntil(t time.Time, included bool) {
	for {
		at := r.next()
		if at.IsZero() || at.After(t) || at.Equal(t) && !included {
			return
		}
		r.beginSilences(at)
		r.planDue(at)
		r.deliverDue(at)
	}
}

// next returns when the next thing is due; zero where nothing is.
func (r *Rehearsal) next() time.Time {
	var next time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if len(r.coming) > 0 {
		sooner(r.coming[0].StartsAt)
	}
	for _, g := range r.groups {
		sooner(g.DueAt)
		for i := range g.open {
			sooner(g.open[i].NextAttemptAt)
		}
	}
	return next
}

// beginSilences makes known the silences that begin at at or before, and the
// groups due that they concern.
func (r *Rehearsal) beginSilences(at time.Time) {
	for len(r.coming) > 0 && !r.coming[0].StartsAt.After(at) {
		silence := r.coming[0]
		r.coming = r.coming[1:]
		r.silences = append(r.silences, silence)
		for id, a := range r.alerts {
			if a.Active() && silence.Matchers.Matches(a.Labels) {
				r.markMemberships(id, at, time.Time{})
			}
		}
	}
}

// planDue plans the groups that are due.
func (r *Rehearsal) planDue(at time.Time) {
	for _, key := range slices.Sorted(maps.Keys(r.groups)) {
		g := r.groups[key]
		if g.DueAt.IsZero() || g.DueAt.After(at) {
			continue
		}
		result, _ := notifier.Plan(notifier.PlanInput{
			View:         r.view(g),
			Route:        r.routes[g.RouteID],
			Integrations: r.setup.Receivers[g.Receiver],
			Silences:     r.silences,
			Now:          at,
			Expiry:       r.expiry(),
		})
		r.carryOut(g, &result)
	}
}

func (r *Rehearsal) expiry() time.Duration {
	const forever = 100 * 365 * 24 * time.Hour
	return cmp.Or(r.setup.Expiry, forever)
}

// deliverDue attempts what is due, but of no group that is itself due: planning
// it may overtake that.
func (r *Rehearsal) deliverDue(at time.Time) {
	for _, key := range slices.Sorted(maps.Keys(r.groups)) {
		g := r.groups[key]
		if !g.DueAt.IsZero() && !g.DueAt.After(at) {
			continue
		}
		for _, d := range slices.Clone(g.open) {
			if !d.NextAttemptAt.After(at) {
				r.attempt(g, d, at)
			}
		}
	}
}

// attempt delivers, unless the receiver is away or it has become too late.
func (r *Rehearsal) attempt(g *group, d alert.Delivery, at time.Time) {
	if at.After(d.ExpiresAt) {
		r.finish(g, &d, at)
		return
	}
	if back := r.backAt(d.Receiver, at); back.After(at) {
		i := slices.IndexFunc(g.open, func(o alert.Delivery) bool { return o.ID == d.ID })
		g.open[i].NextAttemptAt = back
		return
	}
	r.told = append(r.told, Notification{
		At: at, Receiver: d.Receiver, Integration: d.Integration, Group: g.GroupRef,
		Reason: notifier.Reason(d.Reason), Firing: r.copies(d.Content.Firing), Resolved: r.copies(d.Content.Resolved),
	})
	r.finish(g, &d, at)
}

// backAt returns when a receiver hears again; at, where it does now.
func (r *Rehearsal) backAt(receiver string, at time.Time) time.Time {
	for range r.setup.Outages { // one may end in another
		for _, o := range r.setup.Outages {
			if o.Receiver == receiver && !at.Before(o.From) && at.Before(o.Until) {
				at = o.Until
			}
		}
	}
	return at
}

func (r *Rehearsal) copies(ids []string) []alert.Alert {
	out := make([]alert.Alert, 0, len(ids))
	for _, id := range ids {
		if a := r.alerts[id]; a != nil {
			out = append(out, *a)
		}
	}
	return out
}
