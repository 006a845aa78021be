package store

import (
	"context"
	"database/sql"
	"math"
	"time"

	"alertd/internal/alert"
)

// appendEvents adds lines to the history.
func appendEvents(ctx context.Context, c *conn, events []alert.Event) error {
	insert := bulk{before: "INSERT INTO events (at, kind, alert_id, labels, value, detail, group_key, integration, delivery)", columns: 9, alike: []int{0, 1, 5, 6, 7, 8}}
	return insert.exec(ctx, c, len(events), func(i int, args []any) []any {
		e := &events[i]
		return append(args, nanos(e.At), string(e.Kind), e.AlertID, encodeLabels(e.Labels), number(e.Value), e.Detail, string(e.Group), e.Integration, e.Delivery)
	})
}

func (s *sqliteStore) Events(ctx context.Context, from, to time.Time, limit int) (events []alert.Event, err error) {
	after, before := int64(math.MinInt64), int64(math.MaxInt64)
	if !from.IsZero() {
		after = nanos(from)
	}
	if !to.IsZero() {
		before = nanos(to)
	}
	err = s.read(ctx, opEvents, "reading the history", func(ctx context.Context, c *conn) error {
		events, err = collect(ctx, c, events, scanEvent,
			`SELECT at, kind, alert_id, labels, value, detail, group_key, integration, delivery FROM events
			WHERE at >= ? AND at < ? ORDER BY at DESC, id DESC LIMIT ?`, after, before, max(limit, 0))
		return err
	})
	return events, err
}

func scanEvent(rows *sql.Rows, e *alert.Event) (err error) {
	var at int64
	var labels, value string
	if err := rows.Scan(&at, &e.Kind, &e.AlertID, &labels, &value, &e.Detail, &e.Group, &e.Integration, &e.Delivery); err != nil {
		return err
	}
	e.At = fromNanos(at)
	if e.Labels, err = decodeLabels(labels); err != nil {
		return err
	}
	e.Value, err = fromNumber(value)
	return err
}
