package notifier

import (
	"context"
	"errors"
	"slices"
	"time"

	"alertd/internal/alert"
)

// unsaved are the deliveries, by id, that have ended without the store taking
// note. What was told must not be told again, every few seconds, for as long as
// a disk is full.
type unsaved map[string]alert.Delivery

// keep remembers a delivery that has ended until the store takes it.
func (b *outbox) keep(d *alert.Delivery) {
	if d.State == alert.DeliveryDue {
		return // nobody was told
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsaved[d.ID] = *d
}

// save commits what came of a delivery.
func (b *outbox) save(ctx context.Context, d *alert.Delivery) error {
	err := b.notifier.store.CommitDelivery(context.WithoutCancel(ctx), d, time.Now())
	if err != nil && !errors.Is(err, alert.ErrNotFound) { // a test may be forgotten meanwhile
		return err
	}
	if d.State != alert.DeliveryDue {
		b.notifier.Wake()
	}
	return nil
}

// settle saves what could not be saved before, as far as the store takes it.
// Only the outbox's loop calls it, between its attempts.
func (b *outbox) settle(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, d := range b.unsaved {
		if err := b.save(ctx, &d); err != nil {
			return err
		}
		delete(b.unsaved, id)
	}
	return nil
}

// due returns deliveries that are due and have not ended, and when the next
// one will be.
func (b *outbox) due(ctx context.Context, limit int) ([]alert.Delivery, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	due, next, err := b.notifier.store.DueDeliveries(ctx, b.target.ID, time.Now(), limit+len(b.unsaved))
	due = slices.DeleteFunc(due, func(d alert.Delivery) bool {
		_, ended := b.unsaved[d.ID]
		return ended
	})
	return inMemory(due[:min(len(due), limit)]), next, err
}

// inMemory returns as many of the deliveries as are made into messages at once:
// together they have no more alerts than the largest message, unless one alone
// has.
func inMemory(due []alert.Delivery) []alert.Delivery {
	alerts := 0
	for i := range due {
		_, truncated := firstOf(due[i].Content)
		alerts += len(due[i].Content.Firing) + len(due[i].Content.Resolved) - truncated
		if i > 0 && alerts > maxAlerts {
			return due[:i]
		}
	}
	return due
}
