package store

import (
	"context"
	"fmt"
	"time"
)

func (s *sqliteStore) Reschedule(ctx context.Context, now time.Time, by time.Duration) error {
	return s.write(ctx, opReschedule, "looking at everything that waits for a time", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, "UPDATE groups SET due_at = ?, revision = ? WHERE due_at > 0 AND due_at > ?", nanos(now), s.revision.Add(1), nanos(now))
		if err != nil {
			return fmt.Errorf("groups: %w", err)
		}
		_, err = c.exec(ctx, "UPDATE deliveries SET next_attempt_at = ? WHERE state = 'due' AND next_attempt_at > ?", nanos(now), nanos(now))
		if err != nil || by == 0 {
			return err
		}
		_, err = c.exec(ctx, "UPDATE deliveries SET expires_at = expires_at + ? WHERE state = 'due'", int64(by))
		return err
	})
}
