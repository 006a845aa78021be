package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
)

func (s *sqliteStore) DueDeliveries(
	ctx context.Context, integration string, now time.Time, limit int,
) (due []alert.Delivery, next time.Time, err error) {
	limit = max(limit, 0)
	what := fmt.Sprintf("reading the deliveries due to %q", integration)
	err = s.read(ctx, opDueDeliveries, what, func(ctx context.Context, c *conn) error {
		due, err = collect(ctx, c, due, scanDelivery, "SELECT "+deliveryColumns+
			` FROM deliveries WHERE state = 'due' AND integration = `+text+` AND NOT EXISTS
				(SELECT 1 FROM groups g WHERE g.key = group_key AND g.due_at > 0 AND g.due_at <= ?)
			ORDER BY next_attempt_at, created_at, id LIMIT ?`, integration, nanos(now), limit+1)
		if err != nil {
			return err
		}
		for i := range due {
			if i == limit || due[i].NextAttemptAt.After(now) {
				next, due = due[i].NextAttemptAt, due[:i]
				break
			}
		}
		return nil
	})
	return due, next, err
}

func (s *sqliteStore) DeliveryGroup(ctx context.Context, d *alert.Delivery) (*alert.Group, alert.Told, error) {
	v := &alert.GroupView{}
	v.Key = d.Group
	var told []alert.Told
	err := s.read(ctx, opDeliveryGroup, "reading the group of delivery "+d.ID, snapshot(func(ctx context.Context, c *conn) error {
		err := readGroup(ctx, c, v)
		if errors.Is(err, ErrNotFound) {
			v.GroupRef, _, _, err = deliveryState(ctx, c, d.ID)
			return err
		}
		if err != nil {
			return err
		}
		told, err = collect(ctx, c, told, scanTold,
			"SELECT "+toldColumns+" FROM told WHERE group_key = "+text+" AND integration = "+text, string(d.Group), d.Integration)
		return err
	}))
	if err != nil {
		return nil, alert.Told{}, err
	}
	if len(told) == 0 {
		told = make([]alert.Told, 1)
	}
	return &v.Group, told[0], nil
}

// deliveryState returns where a delivery stands, the group it was made for and
// the error of its last attempt.
func deliveryState(ctx context.Context, c *conn, id string) (g alert.GroupRef, state alert.DeliveryState, lastError string, err error) {
	var labels string
	err = c.one(ctx, "SELECT group_key, route_id, receiver, labels, state, last_error FROM deliveries WHERE id = ?",
		[]any{id}, &g.Key, &g.RouteID, &g.Receiver, &labels, &state, &lastError)
	if errors.Is(err, sql.ErrNoRows) {
		return g, state, lastError, ErrNotFound
	}
	if err != nil {
		return g, state, lastError, err
	}
	g.Labels, err = decodeLabels(labels)
	return g, state, lastError, err
}

func (s *sqliteStore) Deliveries(ctx context.Context, limit int, states ...alert.DeliveryState) (all []alert.Delivery, err error) {
	limit = max(limit, 0)
	if len(states) == 0 {
		states = []alert.DeliveryState{
			alert.DeliveryDue, alert.DeliveryDelivered, alert.DeliveryDead, alert.DeliveryExpired, alert.DeliverySuperseded,
		}
	}
	states = slices.Compact(slices.Sorted(slices.Values(states)))
	err = s.read(ctx, opDeliveries, "reading deliveries", snapshot(func(ctx context.Context, c *conn) error {
		// One state after the other, so that an index gives each its newest.
		for _, state := range states {
			all, err = collect(ctx, c, all, scanDelivery, "SELECT "+deliveryColumns+
				" FROM deliveries WHERE state = "+text+" ORDER BY created_at DESC, id DESC LIMIT ?", string(state), limit)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	slices.SortFunc(all, func(a, b alert.Delivery) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return all[:min(len(all), limit)], err
}

func (s *sqliteStore) Queue(ctx context.Context) (queue []alert.QueueDepth, err error) {
	err = s.read(ctx, opQueue, "reading the queue", func(ctx context.Context, c *conn) error {
		queue, err = collect(ctx, c, queue, func(rows *sql.Rows, q *alert.QueueDepth) error {
			var oldest int64
			err := rows.Scan(&q.Integration, &q.Due, &oldest)
			q.Oldest = fromNanos(oldest)
			return err
		}, `SELECT integration, COUNT(*), MIN(created_at) FROM deliveries INDEXED BY deliveries_due
			WHERE state = 'due' GROUP BY integration ORDER BY integration`)
		return err
	})
	return queue, err
}

// openDeliveries returns the deliveries of a group that are still due.
func openDeliveries(ctx context.Context, c *conn, key alert.GroupKey) ([]alert.Delivery, error) {
	return collect(ctx, c, []alert.Delivery(nil), scanDelivery, "SELECT "+deliveryColumns+
		" FROM deliveries WHERE group_key = "+text+" AND state = 'due' ORDER BY integration", string(key))
}

const deliveryColumns = `id, group_key, receiver, integration, content, reason, state, created_at, next_attempt_at,
	expires_at, attempts, last_error, finished_at, ref`

func scanDelivery(rows *sql.Rows, d *alert.Delivery) error {
	var content string
	var created, next, expires, finished int64
	err := rows.Scan(&d.ID, &d.Group, &d.Receiver, &d.Integration, &content, &d.Reason, &d.State, &created, &next,
		&expires, &d.Attempts, &d.LastError, &finished, &d.Ref)
	if err != nil {
		return err
	}
	d.CreatedAt, d.NextAttemptAt = fromNanos(created), fromNanos(next)
	d.ExpiresAt, d.FinishedAt = fromNanos(expires), fromNanos(finished)
	if err := decodeJSON(content, &d.Content); err != nil {
		return fmt.Errorf("delivery %s: %w", d.ID, err)
	}
	return nil
}
