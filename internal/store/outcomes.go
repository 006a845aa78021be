package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
)

func (s *sqliteStore) CommitDelivery(ctx context.Context, d *alert.Delivery, now time.Time) error {
	what := fmt.Sprintf("committing delivery %s as %s", d.ID, d.State)
	switch d.State {
	case alert.DeliveryDue, alert.DeliveryDelivered, alert.DeliveryDead, alert.DeliveryExpired:
	default:
		return fmt.Errorf("%s: an attempt cannot end like that", what)
	}
	return s.write(ctx, opCommitDelivery, what, func(ctx context.Context, c *conn) error {
		group, state, lastError, err := deliveryState(ctx, c, d.ID)
		switch {
		case err != nil:
			return err
		case state == alert.DeliveryDue, d.State == alert.DeliveryDelivered && state != alert.DeliveryDelivered:
		case state == alert.DeliverySuperseded:
			_, err := c.exec(ctx, "UPDATE deliveries SET attempts = ?, last_error = ? WHERE id = ?",
				int64(d.Attempts), d.LastError, d.ID)
			return err
		default: // an outcome that was committed before
			return nil
		}
		if err := finishDelivery(ctx, c, d, now); err != nil {
			return err
		}
		if e, news := outcomeEvent(d, lastError, now); news {
			e.Group, e.Labels = group.Key, group.Labels
			if err := appendEvents(ctx, c, []alert.Event{e}, nil); err != nil {
				return fmt.Errorf("appending to the history: %w", err)
			}
		}
		if d.State == alert.DeliveryDue {
			return nil
		}
		if d.State == alert.DeliveryDelivered {
			if err := writeFirstTold(ctx, c, d, now); err != nil {
				return fmt.Errorf("writing of what it told first: %w", err)
			}
		}
		known, err := s.markDue(ctx, c, group.Key, now)
		if err != nil {
			return fmt.Errorf("marking its group due: %w", err)
		}
		if !known && d.State != alert.DeliveryDelivered {
			return nil // nobody heard, and nobody asks any more
		}
		return s.tell(ctx, c, d, group, known, now)
	})
}

// outcomeEvent says what came of an attempt as a line of history, and whether
// that is news: a destination that goes on failing with the same error is not.
func outcomeEvent(d *alert.Delivery, lastError string, now time.Time) (e alert.Event, news bool) {
	e = alert.Event{At: now, Integration: d.Integration, Delivery: d.ID}
	switch d.State {
	case alert.DeliveryDelivered:
		e.Kind, e.Detail = alert.EventDelivered, d.Reason
		if d.LastError != "" {
			e.Detail += "; not to all: " + d.LastError
		}
	case alert.DeliveryDue:
		e.Kind, e.Detail = alert.EventFailed, d.LastError
		return e, d.LastError != "" && d.LastError != lastError
	case alert.DeliveryDead:
		e.Kind, e.Detail = alert.EventGaveUp, "refused for good: "+d.LastError
	default:
		e.Kind, e.Detail = alert.EventGaveUp, fmt.Sprintf("expired after %d attempts: %s", d.Attempts, d.LastError)
	}
	return e, true
}

// finishDelivery writes the outcome of an attempt.
func finishDelivery(ctx context.Context, c *conn, d *alert.Delivery, now time.Time) error {
	finished := d.FinishedAt
	switch {
	case d.State == alert.DeliveryDue:
		finished = time.Time{}
	case finished.IsZero():
		finished = now
	}
	_, err := c.exec(ctx, `UPDATE deliveries
		SET state = ?, attempts = ?, next_attempt_at = ?, last_error = ?, finished_at = ?, ref = ? WHERE id = ?`,
		string(d.State), int64(d.Attempts), nanos(d.NextAttemptAt), d.LastError, nanos(finished), d.Ref, d.ID)
	return err
}

// tell records what an integration was told, or would not hear: what it now
// believes to be firing, the silenced alerts that it heard of before among them. A group that
// was dropped meanwhile is made again where that is anything; otherwise nobody
// would tell of the end.
func (s *sqliteStore) tell(ctx context.Context, c *conn, d *alert.Delivery, g alert.GroupRef, known bool, now time.Time) error {
	firing := slices.Concat(d.Content.Firing, d.Content.Held)
	if !known {
		if len(firing) == 0 {
			return nil
		}
		_, err := c.exec(ctx, `INSERT INTO groups (key, route_id, receiver, labels, created_at, flushed_at, due_at, revision)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, string(g.Key), g.RouteID, g.Receiver, encodeLabels(g.Labels),
			nanos(now), nanos(now), nanos(now), s.revision.Add(1))
		if err != nil {
			return fmt.Errorf("making its group again: %w", err)
		}
	}
	list, err := encodeJSON(firing)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, `INSERT INTO told (group_key, integration, firing, at, as_of, ref)
		SELECT group_key, integration, ?, ?, created_at, ? FROM deliveries WHERE id = ?
		ON CONFLICT (group_key, integration) DO UPDATE
		SET firing = excluded.firing, at = excluded.at, as_of = excluded.as_of, ref = excluded.ref`,
		list, nanos(now), d.Ref, d.ID)
	if err != nil {
		return fmt.Errorf("writing what was told: %w", err)
	}
	// What was told to be firing stays in the group until its end is told too.
	err = addMembers(ctx, c, len(firing), func(i int) (alert.GroupKey, string) { return g.Key, firing[i] })
	if err != nil {
		return fmt.Errorf("keeping its alerts: %w", err)
	}
	return nil
}
