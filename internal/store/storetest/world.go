package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func (w *world) planDue(ctx context.Context) (int, error) {
	keys, _, err := w.DueGroups(ctx, at(1e6), 2)
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		v, err := w.GroupView(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			continue // the other planner dropped it
		}
		if err != nil {
			return 0, err
		}
		p := planAll(v, w.integrations, w.now())
		if err := w.CommitPlan(ctx, &p); err != nil && !errors.Is(err, store.ErrStale) {
			return 0, err
		}
	}
	return len(keys), nil
}

// planAll is the least that a planner must do: tell every integration what
// fires and what it has not heard the end of.
func planAll(v *alert.GroupView, integrations []string, now time.Time) alert.PlanResult {
	p := alert.PlanResult{Key: v.Key, Revision: v.Revision, FlushedAt: now}
	owed := map[string]bool{}
	for _, integration := range integrations {
		var told, open alert.Content
		var openID string
		for _, t := range v.Told {
			if t.Integration == integration {
				told.Firing = t.Firing
			}
		}
		for i := range v.Open {
			if v.Open[i].Integration == integration {
				open, openID = v.Open[i].Content, v.Open[i].ID
			}
		}
		var truth alert.Content
		for _, a := range v.Alerts {
			switch {
			case a.State == alert.Firing:
				truth.Firing = append(truth.Firing, a.ID)
			case a.State == alert.Resolved && (slices.Contains(told.Firing, a.ID) || slices.Contains(open.Firing, a.ID) || slices.Contains(open.Resolved, a.ID)):
				truth.Resolved = append(truth.Resolved, a.ID)
				owed[a.ID] = true
			}
		}
		slices.Sort(told.Firing)
		news := len(truth.Resolved) > 0 || !slices.Equal(truth.Firing, told.Firing)
		switch {
		case openID != "" && news && open.Equal(truth):
			continue
		case openID != "":
			p.Supersede = append(p.Supersede, openID)
		}
		if news {
			d := newDelivery(0, v.Key, fmt.Sprintf("%s/%s/%d", v.Key, integration, v.Revision), integration)
			d.Content, d.CreatedAt = truth, now
			p.Create = append(p.Create, d)
		}
	}
	for _, a := range v.Alerts {
		if a.State == alert.Resolved && !owed[a.ID] {
			p.Leave = append(p.Leave, a.ID)
		}
	}
	p.Drop = len(p.Leave) == len(v.Alerts) && len(p.Create) == 0
	return p
}

// deliverDue delivers what is due to an integration; every third attempt fails.
func (w *world) deliverDue(ctx context.Context, integration string) (int, error) {
	due, _, err := w.DueDeliveries(ctx, integration, at(1e6), 2)
	if err != nil {
		return 0, err
	}
	for i := range due {
		d := &due[i]
		now := w.now()
		d.Attempts++
		d.State, d.Ref = alert.DeliveryDelivered, "ref"
		if now.UnixNano()%3 == 0 {
			d.State, d.LastError, d.NextAttemptAt = alert.DeliveryDue, "timeout", now
		} else {
			w.hear(integration, d.Content)
		}
		if err := w.CommitDelivery(ctx, d, now); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

func (w *world) hear(integration string, c alert.Content) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range c.Firing {
		w.heard[integration+" "+id] = alert.Firing
	}
	for _, id := range c.Resolved {
		w.heard[integration+" "+id] = alert.Resolved
	}
}
