package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
)

const ackColumns = "k.alert_id, k.by, k.comment, k.at, k.until"

func scanAck(rows *sql.Rows, k *alert.Ack) error {
	var at, until int64
	err := rows.Scan(&k.AlertID, &k.By, &k.Comment, &at, &until)
	k.At, k.Until = fromNanos(at), fromNanos(until)
	return err
}

// attachAcks gives alerts the acknowledgements that a query finds.
func attachAcks(ctx context.Context, c *conn, alerts []alert.Alert, query string, args ...any) error {
	acks, err := collect(ctx, c, []alert.Ack(nil), scanAck, "SELECT "+ackColumns+" "+query, args...)
	if err != nil {
		return fmt.Errorf("acknowledgements: %w", err)
	}
	if len(acks) == 0 { // nearly always
		return nil
	}
	byAlert := make(map[string]*alert.Ack, len(acks))
	for i := range acks {
		byAlert[acks[i].AlertID] = &acks[i]
	}
	for i := range alerts {
		alerts[i].Ack = byAlert[alerts[i].ID]
	}
	return nil
}

func (s *sqliteStore) SaveAcks(ctx context.Context, now time.Time, acks ...alert.Ack) error {
	return s.write(ctx, opSaveAcks, fmt.Sprintf("saving %d acknowledgements", len(acks)), func(ctx context.Context, c *conn) error {
		events := make([]alert.Event, 0, len(acks))
		for _, k := range acks {
			labels, state, err := alertLabels(ctx, c, k.AlertID)
			if err == nil && state == alert.Resolved {
				err = ErrNotFound
			}
			if err != nil {
				return fmt.Errorf("alert %s: %w", k.AlertID, err)
			}
			_, err = c.exec(ctx, `INSERT INTO acks (alert_id, by, comment, at, until) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (alert_id) DO UPDATE SET
					by = excluded.by, comment = excluded.comment, at = excluded.at, until = excluded.until`,
				k.AlertID, k.By, k.Comment, nanos(k.At), nanos(k.Until))
			if err != nil {
				return fmt.Errorf("alert %s: %w", k.AlertID, err)
			}
			detail := "by " + k.By
			if k.Comment != "" {
				detail += ": " + k.Comment
			}
			events = append(events, alert.Event{At: now, Kind: alert.EventAcked, AlertID: k.AlertID, Labels: labels, Detail: detail})
		}
		return s.noteAcks(ctx, c, now, events)
	})
}

func (s *sqliteStore) RemoveAcks(ctx context.Context, now time.Time, by string, alertIDs ...string) error {
	return s.write(ctx, opRemoveAcks, fmt.Sprintf("removing %d acknowledgements", len(alertIDs)), func(ctx context.Context, c *conn) error {
		return s.removeAcks(ctx, c, now, "removed by "+by, alertIDs)
	})
}

func (s *sqliteStore) ExpireAcks(ctx context.Context, now time.Time) (expired int, next time.Time, err error) {
	type lapse struct {
		id    string
		until int64
	}
	scan := func(rows *sql.Rows, l *lapse) error { return rows.Scan(&l.id, &l.until) }
	const query = "SELECT alert_id, until FROM acks WHERE until > 0 ORDER BY until"
	find := func(ctx context.Context, c *conn) (over []string, err error) {
		rows, err := collect(ctx, c, []lapse(nil), scan, query)
		next = time.Time{}
		for _, l := range rows {
			if l.until > nanos(now) {
				next = fromNanos(l.until)
				break
			}
			over = append(over, l.id)
		}
		return over, err
	}
	const what = "ending acknowledgements"
	var over []string
	err = s.read(ctx, opExpireAcks, what, func(ctx context.Context, c *conn) error {
		over, err = find(ctx, c)
		return err
	})
	if err != nil || len(over) == 0 {
		return 0, next, err
	}
	err = s.write(ctx, opExpireAcks, what, func(ctx context.Context, c *conn) error {
		if over, err = find(ctx, c); err != nil {
			return err
		}
		return s.removeAcks(ctx, c, now, "its time is over", over)
	})
	return len(over), next, err
}

// removeAcks forgets acknowledgements; alerts that have none are left out.
func (s *sqliteStore) removeAcks(ctx context.Context, c *conn, now time.Time, why string, alertIDs []string) error {
	var events []alert.Event
	for _, id := range slices.Compact(slices.Sorted(slices.Values(alertIDs))) {
		n, err := c.exec(ctx, "DELETE FROM acks WHERE alert_id = ?", id)
		if err != nil {
			return fmt.Errorf("alert %s: %w", id, err)
		}
		if n == 0 {
			continue
		}
		labels, _, err := alertLabels(ctx, c, id)
		if err != nil {
			return fmt.Errorf("alert %s: %w", id, err)
		}
		events = append(events, alert.Event{At: now, Kind: alert.EventUnacked, AlertID: id, Labels: labels, Detail: why})
	}
	return s.noteAcks(ctx, c, now, events)
}

// noteAcks writes the history of acknowledgements that changed, and marks the
// groups of their alerts due.
func (s *sqliteStore) noteAcks(ctx context.Context, c *conn, now time.Time, events []alert.Event) error {
	kept, err := knownAlerts(ctx, c, events)
	if err != nil {
		return fmt.Errorf("reading which alerts are known: %w", err)
	}
	if err := appendEvents(ctx, c, events, kept); err != nil {
		return fmt.Errorf("appending to the history: %w", err)
	}
	ids := make([]string, len(events))
	for i := range events {
		ids[i] = events[i].AlertID
	}
	if err := s.markChanged(ctx, c, ids, now, time.Time{}); err != nil {
		return fmt.Errorf("marking groups due: %w", err)
	}
	return nil
}

// alertLabels returns the labels and the state of an alert, or ErrNotFound.
func alertLabels(ctx context.Context, c *conn, id string) (alert.Labels, alert.State, error) {
	var encoded string
	var state alert.State
	err := c.one(ctx, "SELECT labels, state FROM alerts WHERE id = ?", []any{id}, &encoded, &state)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, "", err
	}
	labels, err := decodeLabels(encoded)
	return labels, state, err
}
