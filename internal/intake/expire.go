package intake

import (
	"context"
	"time"

	"alertd/internal/alert"
)

// retry is how long Run waits after the store failed it.
const retry = 5 * time.Second

// Run ends alerts whose sender stopped renewing them, until ctx ends.
func (in *Intake) Run(ctx context.Context) error {
	for {
		next, err := in.expire(ctx, time.Now())
		if err != nil && ctx.Err() == nil {
			in.logger.Error("Expired alerts could not be ended; trying again", "err", err, "in", retry)
			next = time.Now().Add(retry)
		}
		var alarm <-chan time.Time
		if !next.IsZero() {
			timer := time.NewTimer(time.Until(next))
			alarm = timer.C
		}
		select {
		case <-ctx.Done():
			return nil
		case <-in.wake:
		case <-alarm:
		}
	}
}

// expire ends what has expired at now and returns when the next alert will.
func (in *Intake) expire(ctx context.Context, now time.Time) (time.Time, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	var next time.Time
	e := newEvaluation(now)
	ended := map[alert.Fingerprint]alert.Alert{}
	for fp, a := range in.active {
		if a.ExpiresAt.After(now) {
			if next.IsZero() || a.ExpiresAt.Before(next) {
				next = a.ExpiresAt
			}
			continue
		}
		a.State, a.ResolvedAt, a.UpdatedAt, a.Resolution = alert.Resolved, passing(a.ExpiresAt, now), now, alert.Expired
		ended[fp] = a
		in.record(e, a, now)
	}
	in.alarm = next
	return next, in.commit(ctx, e, ended)
}
