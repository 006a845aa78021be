package notifier_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
	"alertd/notifier"
)

// fullStore takes no outcomes while it is full.
type fullStore struct {
	store.Store
	full atomic.Bool
}

func (s *fullStore) CommitDelivery(ctx context.Context, d *alert.Delivery, now time.Time) error {
	if s.full.Load() {
		return errors.New("no space is left")
	}
	return s.Store.CommitDelivery(ctx, d, now)
}

// A disk that fills up between a message and its outcome repeats no message,
// and neither does a reload meanwhile.
func TestOutboxRepeatsNothingWhileTheStoreIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		o.stop()
		full := &fullStore{Store: o.store}
		o.store = full
		o.start()

		full.full.Store(true)
		o.put(alert.Firing, "A")
		pass(time.Minute)
		o.put(alert.Firing, "B") // told although A's outcome is not saved
		pass(time.Minute)
		o.n.Apply(o.setup)
		pass(time.Hour)
		o.expect(f, "0s firing A, 60s firing B")

		full.full.Store(false)
		pass(time.Minute)
		if queue, err := o.store.Queue(t.Context()); err != nil || len(queue) != 0 {
			t.Errorf("still due: %v, %v", queue, err)
		}
		o.put(alert.Resolved, "A")
		pass(time.Hour)
		o.expect(f, "0s firing A, 60s firing B, 3780s resolved A")
	})
}
