package notifier

import (
	"context"
	"errors"
	"time"

	"alertd/internal/alert"
)

// ErrNotConfigured says that no configuration has been applied yet.
var ErrNotConfigured = errors.New("the notifier has no configuration yet")

// Preview is a group, and what would be decided if it were planned.
type Preview struct {
	View      alert.GroupView
	Result    alert.PlanResult
	Decisions []Decision // by integration, in the order of the configuration
}

// Preview plans a group at now, under the given silences, and changes nothing. The
// error is alert.ErrNotFound where there is no such group, or the store's.
func (n *Notifier) Preview(ctx context.Context, key alert.GroupKey, silences alert.Silences, now time.Time) (*Preview, error) {
	setup := n.current()
	if setup == nil {
		return nil, ErrNotConfigured
	}
	view, err := n.store.GroupView(ctx, key)
	if err != nil {
		return nil, err
	}
	result, decisions := Plan(setup.input(view, silences, now))
	return &Preview{View: *view, Result: result, Decisions: decisions}, nil
}
