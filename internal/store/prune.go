package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"alertd/internal/alert"
)

const (
	pruneRows   = 500 // forgotten in one transaction: some milliseconds
	vacuumPages = 256 // given back in one transaction: 1 MiB
)

// forgettable is one kind of what has ended: which it is, and the query for its
// oldest ones before a time, as key and time of their end.
type forgettable struct{ what, table, oldest string }

// history is what is forgotten by age and size alike. The events go before the
// alerts that have their labels.
func history() []forgettable {
	return []forgettable{
		{"the history", "events", "SELECT id AS key, at AS ended FROM events WHERE at < ? ORDER BY at LIMIT ?"},
		{"finished deliveries", "deliveries", `SELECT id AS key, finished_at AS ended FROM deliveries
			WHERE finished_at > 0 AND finished_at < ? ORDER BY finished_at LIMIT ?`},
		{"resolved alerts", "alerts", `SELECT a.id AS key, a.resolved_at AS ended FROM alerts a
			WHERE a.state = 'resolved' AND a.resolved_at < ?
				AND NOT EXISTS (SELECT 1 FROM group_alerts m WHERE m.alert_id = a.id) ORDER BY a.resolved_at LIMIT ?`},
	}
}

func (s *sqliteStore) Prune(ctx context.Context, now time.Time, keep Retention) (int, error) {
	total := 0
	forget := func(f forgettable, age time.Duration) error {
		if age <= 0 {
			return nil
		}
		for n := pruneRows; n == pruneRows; {
			err := s.writeMember(ctx, opPrune, "pruning "+f.what, &member{weight: pruneRows, do: func(ctx context.Context, c *conn) (err error) {
				n, err = f.forget(ctx, c, nanos(now.Add(-age)))
				return err
			}})
			if err != nil {
				return err
			}
			total += n
			s.metrics.forgotten.WithLabelValues("age").Add(float64(n))
		}
		return nil
	}
	for _, f := range history() {
		if err := forget(f, keep.History); err != nil {
			return total, err
		}
	}
	silences := forgettable{"expired silences", "silences", "SELECT id AS key, ends_at AS ended FROM silences WHERE ends_at < ? ORDER BY ends_at LIMIT ?"}
	if err := forget(silences, keep.Silences); err != nil {
		return total, err
	}
	n, err := s.shrink(ctx, keep.Size)
	total += n
	if err != nil {
		return total, err
	}
	if err := s.vacuum(ctx); err != nil {
		return total, err
	}
	if err := s.reserve.renew(); err != nil {
		s.logger.WarnContext(ctx, "No reserve for a full disk", "path", s.reserve.path, "err", err)
	}
	return total, nil
}

// forget forgets up to pruneRows of those that ended before, and returns how many.
func (f forgettable) forget(ctx context.Context, c *conn, before int64) (int, error) {
	these := "(SELECT key FROM (" + f.oldest + "))"
	if f.table == "alerts" { // who was told of them goes with them
		if _, err := c.exec(ctx, "DELETE FROM first_told WHERE alert_id IN "+these, before, pruneRows); err != nil {
			return 0, err
		}
	}
	return c.exec(ctx, "DELETE FROM "+f.table+" WHERE id IN "+these, before, pruneRows)
}

// shrink forgets the oldest history until the database is at most size bytes
// large; 0 is any size. It returns how many records that were.
func (s *sqliteStore) shrink(ctx context.Context, size int64) (int, error) {
	total := 0
	for size > 0 {
		var used int64
		forgotten := 0
		err := s.write(ctx, opPrune, "forgetting the oldest history", func(ctx context.Context, c *conn) (err error) {
			forgotten = 0
			if used, err = usedBytes(ctx, c); err != nil || used <= size {
				return err
			}
			before, err := oldestBatch(ctx, c)
			if err != nil || before == 0 {
				return err
			}
			for _, f := range history() {
				n, err := f.forget(ctx, c, before)
				if err != nil {
					return fmt.Errorf("%s: %w", f.what, err)
				}
				forgotten += n
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += forgotten
		s.metrics.forgotten.WithLabelValues("size").Add(float64(forgotten))
		if forgotten == 0 {
			if used > size {
				s.logger.WarnContext(ctx, "The database is larger than it should be, though nothing is left to forget",
					"bytes", used, "storage.retention_size", size)
			}
			return total, nil
		}
	}
	return total, nil
}

// oldestBatch returns the time before which a few hundred records are left, of
// any kind together a few times as many; 0 where there are none.
func oldestBatch(ctx context.Context, c *conn) (int64, error) {
	before := int64(0)
	for _, f := range history() {
		var last sql.NullInt64
		if err := c.one(ctx, "SELECT MAX(ended) FROM ("+f.oldest+")", []any{latest(time.Time{}), pruneRows}, &last); err != nil {
			return 0, fmt.Errorf("%s: %w", f.what, err)
		}
		if last.Valid && (before == 0 || last.Int64+1 < before) {
			before = last.Int64 + 1
		}
	}
	return before, nil
}

func usedBytes(ctx context.Context, c *conn) (int64, error) {
	var count, free, size int64
	for pragma, into := range map[string]*int64{"page_count": &count, "freelist_count": &free, "page_size": &size} {
		if err := c.one(ctx, "PRAGMA "+pragma, nil, into); err != nil {
			return 0, fmt.Errorf("reading its %s: %w", pragma, err)
		}
	}
	return (count - free) * size, nil
}

func (s *sqliteStore) Usage(ctx context.Context) (u alert.StoreUsage, err error) {
	err = s.read(ctx, opUsage, "reading how much is kept", snapshot(func(ctx context.Context, c *conn) (err error) {
		if u.Bytes, err = usedBytes(ctx, c); err != nil {
			return err
		}
		var oldest int64
		err = c.one(ctx, "SELECT at FROM events WHERE at >= ? ORDER BY at, id LIMIT 1", []any{earliest(time.Time{})}, &oldest)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		u.Oldest = fromNanos(oldest)
		return err
	}))
	return u, err
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
