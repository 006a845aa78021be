package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
)

const recurringColumns = "id, matchers, schedule, timezone, duration, created_by, comment, updated_at, made_until"

func scanRecurring(rows *sql.Rows, r *alert.RecurringSilence) error {
	var matchers string
	var updated, made int64
	err := rows.Scan(&r.ID, &matchers, &r.Schedule, &r.Timezone, &r.Duration, &r.CreatedBy, &r.Comment, &updated, &made)
	if err != nil {
		return err
	}
	r.UpdatedAt, r.MadeUntil = fromNanos(updated), fromNanos(made)
	if err := decodeJSON(matchers, &r.Matchers); err != nil {
		return fmt.Errorf("recurring silence %s: %w", r.ID, err)
	}
	return nil
}

func (s *sqliteStore) RecurringSilences(ctx context.Context) (all []alert.RecurringSilence, err error) {
	err = s.read(ctx, opRecurringSilences, "reading the recurring silences", func(ctx context.Context, c *conn) error {
		all, err = collect(ctx, c, all, scanRecurring, "SELECT "+recurringColumns+" FROM recurring_silences ORDER BY id")
		return err
	})
	return all, err
}

func (s *sqliteStore) SetRecurringSilence(ctx context.Context, now time.Time, r *alert.RecurringSilence, occurrences ...alert.Silence) error {
	return s.write(ctx, opSetRecurring, "saving recurring silence "+r.ID, func(ctx context.Context, c *conn) error {
		matchers, err := encodeJSON(r.Matchers)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `INSERT INTO recurring_silences (`+recurringColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET
				matchers = excluded.matchers, schedule = excluded.schedule, timezone = excluded.timezone,
				duration = excluded.duration, created_by = excluded.created_by, comment = excluded.comment,
				updated_at = excluded.updated_at, made_until = excluded.made_until`,
			r.ID, matchers, r.Schedule, r.Timezone, int64(r.Duration), r.CreatedBy, r.Comment, nanos(r.UpdatedAt), nanos(r.MadeUntil))
		if err != nil {
			return err
		}
		kept := map[string]bool{}
		for i := range occurrences {
			kept[occurrences[i].ID] = true
		}
		earlier, err := s.endOccurrences(ctx, c, r.ID, now, kept)
		if err != nil {
			return err
		}
		// One that somebody ended early stays ended.
		occurrences = slices.DeleteFunc(slices.Clone(occurrences), func(o alert.Silence) bool {
			return slices.ContainsFunc(earlier, func(e alert.Silence) bool {
				return e.ID == o.ID && e.StateAt(now) == alert.SilenceExpired
			})
		})
		return s.saveSilences(ctx, c, now, occurrences)
	})
}

func (s *sqliteStore) AddOccurrences(ctx context.Context, now time.Time, id string, madeUntil time.Time, occurrences ...alert.Silence) error {
	return s.write(ctx, opAddOccurrences, "saving occurrences of recurring silence "+id, func(ctx context.Context, c *conn) error {
		n, err := c.exec(ctx, "UPDATE recurring_silences SET made_until = ? WHERE id = ? AND made_until < ?", nanos(madeUntil), id, nanos(madeUntil))
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrStale
		}
		return s.saveSilences(ctx, c, now, occurrences)
	})
}

func (s *sqliteStore) DeleteRecurringSilence(ctx context.Context, now time.Time, id string) error {
	return s.write(ctx, opDeleteRecurring, fmt.Sprintf("deleting recurring silence %q", id), func(ctx context.Context, c *conn) error {
		n, err := c.exec(ctx, "DELETE FROM recurring_silences WHERE id = ?", id)
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrNotFound
		}
		_, err = s.endOccurrences(ctx, c, id, now, nil)
		return err
	})
}

// endOccurrences ends the occurrences of a recurring silence, but those to keep,
// and forgets the ones that have not begun. It returns all as they were.
func (s *sqliteStore) endOccurrences(ctx context.Context, c *conn, id string, now time.Time, keep map[string]bool) ([]alert.Silence, error) {
	earlier, err := collect(ctx, c, []alert.Silence(nil), scanSilence,
		"SELECT "+silenceColumns+" FROM silences WHERE annotations ->> '$.recurring' = ?", id)
	if err != nil {
		return nil, fmt.Errorf("reading its occurrences: %w", err)
	}
	var ended []alert.Silence
	for _, o := range earlier {
		if keep[o.ID] {
			continue
		}
		switch o.StateAt(now) {
		case alert.SilencePending:
			if _, err := c.exec(ctx, "DELETE FROM silences WHERE id = ?", o.ID); err != nil {
				return nil, fmt.Errorf("forgetting its next occurrence: %w", err)
			}
		case alert.SilenceActive:
			o.EndsAt, o.UpdatedAt = now, now
			ended = append(ended, o)
		case alert.SilenceExpired:
		}
	}
	if err := s.saveSilences(ctx, c, now, ended); err != nil {
		return nil, fmt.Errorf("ending its occurrences: %w", err)
	}
	return earlier, nil
}
