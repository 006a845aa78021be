package store

import (
	"context"
	"fmt"
	"time"
)

func (s *sqliteStore) Reschedule(ctx context.Context, now time.Time, by time.Duration) error {
	groups := "UPDATE groups SET due_at = ?1, revision = ?2 WHERE due_at > 0 AND due_at > ?1"
	deliveries := "UPDATE deliveries SET next_attempt_at = ?1 WHERE state = 'due' AND next_attempt_at > ?1"
	if by == 0 { // what has happened later than now shows that the clock was set back
		groups += " AND (created_at > ?1 OR flushed_at > ?1 OR changed_at > ?1)"
		deliveries += " AND created_at > ?1"
	}
	return s.write(ctx, opReschedule, "looking at everything that waits for a time", func(ctx context.Context, c *conn) error {
		if _, err := c.exec(ctx, groups, nanos(now), s.revision.Add(1)); err != nil {
			return fmt.Errorf("groups: %w", err)
		}
		_, err := c.exec(ctx, deliveries, nanos(now))
		if err != nil || by == 0 {
			return err
		}
		_, err = c.exec(ctx, "UPDATE deliveries SET expires_at = expires_at + ? WHERE state = 'due'", int64(by))
		return err
	})
}
