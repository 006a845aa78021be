package store

import (
	"context"
	"fmt"
	"time"
)

const (
	pruneRows   = 500 // forgotten in one transaction: some milliseconds
	vacuumPages = 256 // given back in one transaction: 1 MiB
)

func (s *sqliteStore) Prune(ctx context.Context, now time.Time, keep Retention) (int, error) {
	type step struct {
		what, query string
		age         time.Duration
	}
	total := 0
	for _, st := range []step{
		{"resolved alerts", `DELETE FROM alerts WHERE id IN (
			SELECT a.id FROM alerts a WHERE a.state = 'resolved' AND a.resolved_at < ?
				AND NOT EXISTS (SELECT 1 FROM group_alerts m WHERE m.alert_id = a.id) LIMIT ?)`, keep.History},
		{"finished deliveries", `DELETE FROM deliveries WHERE id IN (
			SELECT id FROM deliveries WHERE finished_at > 0 AND finished_at < ? LIMIT ?)`, keep.History},
		{"the history", `DELETE FROM events WHERE id IN (
			SELECT id FROM events WHERE at < ? LIMIT ?)`, keep.History},
		{"expired silences", `DELETE FROM silences WHERE id IN (
			SELECT id FROM silences WHERE ends_at < ? LIMIT ?)`, keep.Silences},
	} {
		if st.age <= 0 {
			continue
		}
		for n := pruneRows; n == pruneRows; total += n {
			err := s.writeMember(ctx, opPrune, "pruning "+st.what, &member{weight: pruneRows, do: func(ctx context.Context, c *conn) (err error) {
				n, err = c.exec(ctx, st.query, nanos(now.Add(-st.age)), pruneRows)
				return err
			}})
			if err != nil {
				return total, err
			}
		}
	}
	if err := s.vacuum(ctx); err != nil {
		return total, err
	}
	if err := s.reserve.renew(); err != nil {
		s.logger.WarnContext(ctx, "No reserve for a full disk", "path", s.reserve.path, "err", err)
	}
	return total, nil
}

// vacuum gives the space of what was deleted back to the file system, step by
// step.
func (s *sqliteStore) vacuum(ctx context.Context) error {
	for free, before := 0, -1; free != before; {
		before = free
		err := s.writeMember(ctx, opPrune, "giving space back", &member{weight: together, do: func(ctx context.Context, c *conn) error {
			if _, err := c.exec(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumPages)); err != nil {
				return err
			}
			return c.one(ctx, "PRAGMA freelist_count", nil, &free)
		}})
		if err != nil {
			return err
		}
	}
	return nil
}
