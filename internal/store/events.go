package store

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"alertd/internal/alert"
)

// appendEvents adds lines to the history. Of those of alerts that are kept, the
// labels are not: reading takes them from the alert.
func appendEvents(ctx context.Context, c *conn, events []alert.Event, kept map[string]bool) error {
	insert := bulk{before: "INSERT INTO events (at, kind, alert_id, labels, value, detail, group_key, integration, delivery)", columns: 9, alike: []int{0, 1, 3, 5, 6, 7, 8}}
	return insert.exec(ctx, c, len(events), func(i int, args []any) []any {
		e := &events[i]
		labels := ""
		if !kept[e.AlertID] {
			labels = encodeLabels(e.Labels)
		}
		return append(args, nanos(e.At), string(e.Kind), e.AlertID, labels, number(e.Value), e.Detail,
			string(e.Group), e.Integration, e.Delivery)
	})
}

// knownAlerts returns which of the events' alerts are kept.
func knownAlerts(ctx context.Context, c *conn, events []alert.Event) (map[string]bool, error) {
	var ids []string
	for i := range events {
		if events[i].AlertID != "" {
			ids = append(ids, events[i].AlertID)
		}
	}
	known := map[string]bool{}
	err := inChunks(ids, func(args []any) error {
		found, err := collect(ctx, c, []string(nil), func(rows *sql.Rows, id *string) error { return rows.Scan(id) },
			"SELECT a.id FROM alerts a WHERE a.id"+anyOf(), args...)
		for _, id := range found {
			known[id] = true
		}
		return err
	})
	return known, err
}

// eventColumns are read of events e and, where the alert is kept, its record a.
// A pending alert that ended left its labels with the event that says so.
const eventColumns = `e.id, e.at, e.kind, e.alert_id, e.value, e.detail, e.group_key, e.integration, e.delivery,
	CASE WHEN e.labels <> '' THEN e.labels ELSE COALESCE(a.labels, (SELECT v.labels FROM events v
		WHERE v.alert_id = e.alert_id AND v.alert_id <> '' AND v.kind NOT IN ('pending', 'firing', 'resolved') AND v.labels <> ''
		LIMIT 1), '{}') END`

// eventRow is an event as it is read, its labels yet to be decoded.
type eventRow struct {
	id     int64
	event  alert.Event
	labels string
}

func (r *eventRow) scan(rows *sql.Rows) (err error) {
	var at int64
	var value string
	e := &r.event
	if err := rows.Scan(&r.id, &at, &e.Kind, &e.AlertID, &value, &e.Detail, &e.Group, &e.Integration, &e.Delivery, &r.labels); err != nil {
		return err
	}
	e.At = fromNanos(at)
	e.Value, err = fromNumber(value)
	return err
}

func scanEvent(rows *sql.Rows, e *alert.Event) (err error) {
	var r eventRow
	if err := r.scan(rows); err != nil {
		return err
	}
	*e = r.event
	e.Labels, err = decodeLabels(r.labels)
	return err
}

func (s *sqliteStore) Events(ctx context.Context, from, to time.Time, limit int) ([]alert.Event, error) {
	var events []alert.Event
	err := s.read(ctx, opEvents, "reading the history", func(ctx context.Context, c *conn) (err error) {
		events, err = collect(ctx, c, events, scanEvent, "SELECT "+eventColumns+` FROM events e LEFT JOIN alerts a ON a.id = e.alert_id
			WHERE e.at >= ? AND e.at < ? ORDER BY e.at DESC, e.id DESC LIMIT ?`, earliest(from), latest(to), max(limit, 0))
		return err
	})
	return events, err
}

// earliest and latest are the bounds that a zero time leaves open.
func earliest(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return nanos(t)
}

func latest(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return nanos(t)
}

// pageScan is how many rows one page looks at. A reader that wants few among many
// asks again, and holds up nobody meanwhile.
const pageScan = 20_000

func (s *sqliteStore) History(ctx context.Context, q alert.EventQuery) (*alert.EventPage, error) {
	page := &alert.EventPage{}
	err := s.read(ctx, opHistory, "reading the history", snapshot(func(ctx context.Context, c *conn) error {
		*page = alert.EventPage{}
		q.Limit = max(q.Limit, 1) // so that a page leads on
		from, to, err := eventBounds(ctx, c, q)
		if err != nil {
			return err
		}
		at, id := to, int64(math.MinInt64) // what is before to, whatever its id
		if !q.After.At.IsZero() && nanos(q.After.At) < to {
			at, id = nanos(q.After.At), q.After.ID
		}
		seen := 0
		var last alert.EventCursor
		more, err := each(ctx, c, func(rows *sql.Rows) (bool, error) {
			if len(page.Events) >= q.Limit || seen == pageScan {
				return false, nil
			}
			var r eventRow
			if err := r.scan(rows); err != nil {
				return false, err
			}
			seen, last = seen+1, alert.EventCursor{At: r.event.At, ID: r.id}
			return true, keepEvent(page, &q, &r)
		}, "SELECT "+eventColumns+` FROM events e LEFT JOIN alerts a ON a.id = e.alert_id
			WHERE (e.at, e.id) < (?, ?) AND e.at >= ? ORDER BY e.at DESC, e.id DESC LIMIT ?`, at, id, from, pageScan+1)
		if more {
			page.Next = last
		}
		return err
	}))
	if err != nil {
		return nil, err
	}
	return page, nil
}

// keepEvent adds an event to the page if it is asked for.
func keepEvent(page *alert.EventPage, q *alert.EventQuery, r *eventRow) (err error) {
	e := r.event
	if len(q.Kinds) > 0 && !slices.Contains(q.Kinds, e.Kind) || q.AlertID != "" && e.AlertID != q.AlertID || q.Group != "" && e.Group != q.Group {
		return nil
	}
	if e.Labels, err = decodeLabels(r.labels); err != nil {
		return err
	}
	if q.Matchers.Matches(e.Labels) {
		page.Events = append(page.Events, e)
	}
	return nil
}

// eventBounds returns the times that can hold what is asked for. The events of an
// alert lie between its first breach and its end.
func eventBounds(ctx context.Context, c *conn, q alert.EventQuery) (from, to int64, err error) {
	from, to = earliest(q.From), latest(q.To)
	if q.AlertID == "" {
		return from, to, nil
	}
	found, err := collect(ctx, c, []alert.Alert(nil), scanAlert, "SELECT "+alertColumns+" FROM alerts a WHERE a.id = ?", q.AlertID)
	if err != nil || len(found) == 0 {
		return from, to, err
	}
	a := &found[0]
	from = max(from, nanos(a.ActiveAt))
	if a.State == alert.Resolved {
		to = min(to, max(nanos(a.ResolvedAt), nanos(a.UpdatedAt))+1)
	}
	return from, to, nil
}
