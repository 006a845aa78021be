package notifier

import (
	"context"
	"errors"
	"time"

	"alertd/internal/alert"
)

// ErrNotConfigured says that no configuration has been applied yet.
var ErrNotConfigured = errors.New("the notifier has no configuration yet")

// Preview is what would be decided for a group if it were planned now.
type Preview struct {
	At        time.Time
	View      alert.GroupView
	Route     *RouteOptions // nil where the configuration no longer has it
	Decisions []Decision    // by integration, in the order of the configuration
	Create    []alert.Delivery
	MutedBy   []string // time intervals
	// Suppressed is what keeps firing alerts from being told, by their ids.
	Suppressed map[string]alert.Suppression
	// NextAt is when the group will be planned next by itself; zero where only
	// an event brings that about.
	NextAt time.Time
}

// Preview plans a group as it is now and changes nothing. The error is
// alert.ErrNotFound where there is no such group, or the store's.
func (n *Notifier) Preview(ctx context.Context, key alert.GroupKey) (*Preview, error) {
	setup := n.current()
	if setup == nil {
		return nil, ErrNotConfigured
	}
	view, err := n.store.GroupView(ctx, key)
	if err != nil {
		return nil, err
	}
	silences, err := n.store.Silences(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	p := &Preview{At: now, View: *view, Route: setup.options(view.RouteID)}
	p.Suppressed = map[string]alert.Suppression{}
	planned := newPlanner(setup.input(view, silences, now))
	planned.plan()
	for id, s := range planned.by {
		if s.Holds() {
			p.Suppressed[id] = s
		}
	}
	p.Decisions, p.Create, p.MutedBy, p.NextAt = planned.decisions, planned.out.Create, planned.mutedBy, planned.out.DueAt
	return p, nil
}
