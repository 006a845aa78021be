package rehearsal

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"alertd/internal/alert"
)

// group is an aggregation group as the store has it.
type group struct {
	alert.Group
	revision int64
	members  map[string]bool
	told     map[string]alert.Told // by integration
	open     []alert.Delivery

	suppressed map[string]alert.Suppression // by alert id
	decided    map[string]string            // by integration
}

// commit is the store's CommitEvaluation.
func (r *Rehearsal) commit(at time.Time, changed []alert.Alert, deleted []string) {
	inhibited := map[string]alert.Labels{} // those that are so from now on, or are not any more
	for i := range changed {
		a := changed[i]
		r.alerts[a.ID] = &a
		maps.Copy(inhibited, r.inhibit.Set(&a))
	}
	for _, id := range deleted {
		if a := r.alerts[id]; a != nil && a.State == alert.Pending {
			r.forget(id)
		}
	}
	for i := range changed {
		if changed[i].State != alert.Pending {
			r.touch(&changed[i], at)
		}
		if changed[i].State != alert.Firing {
			// By whichever groups it was told of: they must tell of the end.
			r.markMemberships(changed[i].ID, at, changedAt(&changed[i]))
		}
	}
	for id := range inhibited {
		if a := r.alerts[id]; a != nil && a.State == alert.Firing {
			r.touch(a, at)
		}
	}
}

// touch puts an alert into the groups that routing gives it and makes them due.
func (r *Rehearsal) touch(a *alert.Alert, at time.Time) {
	for _, ref := range r.setup.Route.Groups(a.Labels) {
		g := r.groups[ref.Key]
		if g == nil {
			g = &group{Group: alert.Group{GroupRef: ref, CreatedAt: at}, members: map[string]bool{}, told: map[string]alert.Told{}, suppressed: map[string]alert.Suppression{}}
			r.groups[ref.Key] = g
		}
		r.markDue(g, g.planAt(at, changedAt(a)))
		r.join(g, a.ID)
	}
}

func changedAt(a *alert.Alert) time.Time {
	if a.State == alert.Resolved {
		return a.ResolvedAt
	}
	return a.FiredAt
}

// planAt is when the store makes a group due whose alert changed, which is known
// now; the zero time means that something else did.
func (g *group) planAt(now, changed time.Time) time.Time {
	due := now
	switch {
	case len(g.open) > 0:
	case g.FlushedAt.IsZero():
		if g.CreatedAt.Before(changed) {
			changed = g.CreatedAt
		}
		due = changed.Add(g.Wait)
	case g.Interval > 0 && changed.After(g.FlushedAt):
		steps := (changed.Sub(g.FlushedAt) + g.Interval - 1) / g.Interval
		due = g.FlushedAt.Add(steps * g.Interval)
	}
	if due.Before(now) {
		return now
	}
	return due
}

func (r *Rehearsal) join(g *group, id string) {
	g.members[id] = true
	if r.member[id] == nil {
		r.member[id] = map[alert.GroupKey]bool{}
	}
	r.member[id][g.Key] = true
}

func (r *Rehearsal) markMemberships(id string, at, changed time.Time) {
	for key := range r.member[id] {
		g := r.groups[key]
		r.markDue(g, g.planAt(at, changed))
	}
}

func (r *Rehearsal) markDue(g *group, at time.Time) {
	if g.DueAt.IsZero() || at.Before(g.DueAt) {
		g.DueAt = at
	}
	r.changed(g)
}

func (r *Rehearsal) changed(g *group) {
	r.revision++
	g.revision = r.revision
}

// view is the store's GroupView.
func (r *Rehearsal) view(g *group) alert.GroupView {
	v := alert.GroupView{Group: g.Group, Revision: g.revision, Open: slices.Clone(g.open)}
	for _, id := range slices.Sorted(maps.Keys(g.members)) {
		v.Alerts = append(v.Alerts, *r.alerts[id])
	}
	for _, integration := range slices.Sorted(maps.Keys(g.told)) {
		v.Told = append(v.Told, g.told[integration])
	}
	v.Suppressed, v.Decided = maps.Clone(g.suppressed), g.decided
	r.inhibit.Inhibit(&v)
	return v
}

// carryOut is the store's CommitPlan.
func (r *Rehearsal) carryOut(g *group, p *alert.PlanResult) {
	g.open = slices.DeleteFunc(g.open, func(d alert.Delivery) bool { return slices.Contains(p.Supersede, d.ID) })
	g.open = append(g.open, p.Create...)
	slices.SortFunc(g.open, func(a, b alert.Delivery) int { return cmp.Compare(a.Integration, b.Integration) })
	if p.Drop && len(g.open) == 0 {
		for id := range g.members {
			r.leave(g, id)
		}
		delete(r.groups, g.Key)
		return
	}
	for _, id := range p.Leave {
		if !named(g.open, id) {
			r.leave(g, id)
		}
	}
	for id, s := range p.Suppressed {
		if g.suppressed[id] = s; s.IsZero() {
			delete(g.suppressed, id)
		}
	}
	if p.Decided != nil {
		g.decided = p.Decided
	}
	g.DueAt, g.FlushedAt = p.DueAt, p.FlushedAt
	r.changed(g)
}

// named tells whether one of the deliveries is about the alert.
func named(deliveries []alert.Delivery, id string) bool {
	return slices.ContainsFunc(deliveries, func(d alert.Delivery) bool {
		return slices.Contains(d.Content.Firing, id) || slices.Contains(d.Content.Resolved, id) || slices.Contains(d.Content.Held, id)
	})
}

// leave takes an alert out of a group; one that has ended and is in none any
// more is forgotten.
func (r *Rehearsal) leave(g *group, id string) {
	delete(g.members, id)
	delete(g.suppressed, id)
	delete(r.member[id], g.Key)
	if len(r.member[id]) == 0 && !r.alerts[id].Active() {
		r.forget(id)
	}
}

func (r *Rehearsal) forget(id string) {
	for key := range r.member[id] {
		delete(r.groups[key].members, id)
	}
	delete(r.member, id)
	delete(r.alerts, id)
}

// finish is the store's CommitDelivery, for a delivery that is over: delivered
// or expired, it is what the integration counts as told.
func (r *Rehearsal) finish(g *group, d *alert.Delivery, at time.Time) {
	g.open = slices.DeleteFunc(g.open, func(o alert.Delivery) bool { return o.ID == d.ID })
	firing := slices.Concat(d.Content.Firing, d.Content.Held)
	g.told[d.Integration] = alert.Told{Group: g.Key, Integration: d.Integration, Firing: firing, At: at, AsOf: d.CreatedAt}
	for _, id := range firing {
		if r.alerts[id] != nil {
			r.join(g, id)
		}
	}
	r.markDue(g, at)
}
