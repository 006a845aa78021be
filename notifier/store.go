package notifier

import (
	"context"
	"time"

	"alertd/internal/alert"
)

// Store is what the notifier needs of the store; internal/store says what each
// method promises.
type Store interface {
	DueGroups(ctx context.Context, now time.Time, limit int) ([]alert.GroupKey, time.Time, error)
	GroupView(ctx context.Context, key alert.GroupKey) (*alert.GroupView, error)
	CommitPlan(ctx context.Context, p *alert.PlanResult) error
	Silences(ctx context.Context) (alert.Silences, error)
	Reschedule(ctx context.Context, now time.Time, by time.Duration) error

	DueDeliveries(ctx context.Context, integration string, now time.Time, limit int) ([]alert.Delivery, time.Time, error)
	DeliveryAlerts(ctx context.Context, d *alert.Delivery) ([]alert.Alert, error)
	DeliveryGroup(ctx context.Context, d *alert.Delivery) (*alert.Group, alert.Told, error)
	CommitDelivery(ctx context.Context, d *alert.Delivery, now time.Time) error
}
