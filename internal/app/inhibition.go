package app

import (
	"context"
	"time"

	"alertd/internal/alert"
	"alertd/internal/inhibit"
	"alertd/internal/store"
	"alertd/notifier"
)

// inhibiting is the store with what the inhibit rules say of its alerts.
type inhibiting struct {
	store.Store
	guard *inhibit.Guard
}

// CommitEvaluation implements store.Store.
func (s inhibiting) CommitEvaluation(ctx context.Context, e *alert.Evaluation) error {
	return s.guard.CommitEvaluation(ctx, e)
}

// GroupView implements store.Store.
func (s inhibiting) GroupView(ctx context.Context, key alert.GroupKey) (*alert.GroupView, error) {
	return s.guard.GroupView(ctx, key)
}

// inhibitedBy returns the fingerprints of the alerts that inhibit one with
// these labels, as API clients know them.
func (a *app) inhibitedBy(labels alert.Labels) []string {
	var by []string
	for _, f := range a.inhibit.InhibitedBy(labels) {
		by = append(by, f.String())
	}
	return by
}

// mutedBy returns the time intervals by which a route is muted now.
func (a *app) mutedBy(routeID string, now time.Time) (by []string) {
	a.current.plan().route.Walk(func(r *notifier.Route) {
		if r.ID == routeID {
			by = r.Options.Muting.At(now)
		}
	})
	return by
}
