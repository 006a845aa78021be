package inhibit

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"alertd/internal/alert"
)

// Store is the part of the store that is guarded.
type Store interface {
	ActiveAlerts(ctx context.Context) ([]alert.Alert, error)
	CommitEvaluation(ctx context.Context, e *alert.Evaluation) error
	GroupView(ctx context.Context, key alert.GroupKey) (*alert.GroupView, error)
}

// Guard stands before a store and keeps an Index to what is committed to it.
type Guard struct {
	store Store
	route func(alert.Labels) []alert.GroupRef
	index atomic.Pointer[Index]
	// moving is held while the store and the index change together, and shared
	// by those who need both to be of one moment.
	moving sync.RWMutex
}

// NewGuard returns a guard without rules. route tells the groups of an alert by
// the configuration in force.
func NewGuard(store Store, route func(alert.Labels) []alert.GroupRef) *Guard {
	g := &Guard{store: store, route: route}
	g.index.Store(NewIndex(nil, nil))
	return g
}

// Apply replaces the rules. The groups that this concerns must be planned
// anew: whoever applies a configuration hands every active alert to its routes
// where these, or the rules, are others than before, which sees to that. Where the store fails, the rules stay as they are.
func (g *Guard) Apply(ctx context.Context, rules []Rule) error {
	g.moving.Lock()
	defer g.moving.Unlock()
	var active []alert.Alert
	if len(rules) > 0 {
		var err error
		if active, err = g.store.ActiveAlerts(ctx); err != nil {
			return fmt.Errorf("reading the alerts that may inhibit others: %w", err)
		}
	}
	g.index.Store(NewIndex(rules, active))
	return nil
}

// InhibitedBy returns the fingerprints of the alerts that inhibit one with
// these labels now; none where it is not inhibited. It waits for no commit.
func (g *Guard) InhibitedBy(labels alert.Labels) []alert.Fingerprint {
	return g.index.Load().InhibitedBy(labels)
}

// CommitEvaluation is the store's; the groups of the alerts that it begins or
// ceases to inhibit are touched too, in the same transaction.
func (g *Guard) CommitEvaluation(ctx context.Context, e *alert.Evaluation) error {
	g.moving.RLock()
	if len(g.index.Load().rules) == 0 {
		defer g.moving.RUnlock()
		return g.store.CommitEvaluation(ctx, e)
	}
	g.moving.RUnlock()
	g.moving.Lock()
	defer g.moving.Unlock()
	index := g.index.Load()
	changed := map[string]alert.Labels{}
	var done []*alert.Alert
	for i := range e.Upserts {
		a := &e.Upserts[i]
		if was, now := index.fires(a.ID), a.State == alert.Firing; was != now {
			maps.Copy(changed, index.Set(a))
			done = append(done, a)
		}
	}
	if e.Touched == nil && len(changed) > 0 {
		e.Touched = map[string][]alert.GroupRef{}
	}
	for id, labels := range changed {
		if _, touched := e.Touched[id]; !touched && index.fires(id) {
			e.Touched[id] = g.route(labels)
		}
	}
	if err := g.store.CommitEvaluation(ctx, e); err != nil {
		index.undo(done)
		return err
	}
	return nil
}

// GroupView is the store's, with those of its alerts that are inhibited.
func (g *Guard) GroupView(ctx context.Context, key alert.GroupKey) (*alert.GroupView, error) {
	g.moving.RLock()
	defer g.moving.RUnlock()
	view, err := g.store.GroupView(ctx, key)
	if err != nil {
		return nil, err
	}
	g.index.Load().Inhibit(view)
	return view, nil
}
