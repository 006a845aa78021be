package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"alertd/internal/alert"
)

func (s *sqliteStore) CommitPlan(ctx context.Context, p *alert.PlanResult) error {
	what := fmt.Sprintf("committing the plan of group %q", p.Key)
	return s.write(ctx, opCommitPlan, what, func(ctx context.Context, c *conn) error {
		v := &alert.GroupView{}
		v.Key = p.Key
		err := readGroup(ctx, c, v)
		if errors.Is(err, ErrNotFound) || err == nil && v.Revision != p.Revision {
			return ErrStale
		}
		if err != nil {
			return err
		}
		if err := supersede(ctx, c, p); err != nil {
			return fmt.Errorf("superseding deliveries: %w", err)
		}
		if err := createDeliveries(ctx, c, v.GroupRef, p.Create); err != nil {
			return fmt.Errorf("creating deliveries: %w", err)
		}
		kept, err := knownAlerts(ctx, c, p.Events)
		if err != nil {
			return fmt.Errorf("reading which alerts are known: %w", err)
		}
		if err := appendEvents(ctx, c, p.Events, kept); err != nil {
			return fmt.Errorf("appending to the history: %w", err)
		}
		if err := writeDecisions(ctx, c, p); err != nil {
			return fmt.Errorf("recording its decisions: %w", err)
		}
		return s.settleGroup(ctx, c, p)
	})
}

// supersede finishes the deliveries that the plan overtook: when their
// successors were made or, where there are none, at the last flush, and not
// before they were made themselves.
func supersede(ctx context.Context, c *conn, p *alert.PlanResult) error {
	at := nanos(p.FlushedAt)
	for i := range p.Create {
		at = max(at, nanos(p.Create[i].CreatedAt))
	}
	for _, id := range p.Supersede {
		_, err := c.exec(ctx, `UPDATE deliveries
			SET state = 'superseded', finished_at = CASE WHEN created_at > ? THEN created_at ELSE ? END
			WHERE id = ? AND group_key = ? AND state = 'due'`, at, at, id, string(p.Key))
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

// settleGroup lets alerts leave and writes when the group is due again, or
// drops it.
func (s *sqliteStore) settleGroup(ctx context.Context, c *conn, p *alert.PlanResult) error {
	leave, drop := p.Leave, p.Drop
	if drop || len(leave) > 0 {
		// What someone has yet to be told of must still be there then.
		open, err := openDeliveries(ctx, c, p.Key)
		if err != nil {
			return fmt.Errorf("reading the open deliveries: %w", err)
		}
		drop = drop && len(open) == 0
		named := map[string]bool{}
		for i := range open {
			for _, id := range slices.Concat(open[i].Content.Firing, open[i].Content.Resolved, open[i].Content.Held) {
				named[id] = true
			}
		}
		leave = slices.DeleteFunc(slices.Clone(leave), func(id string) bool { return named[id] })
	}
	if drop {
		if _, err := c.exec(ctx, "DELETE FROM group_alerts WHERE group_key = ?", string(p.Key)); err != nil {
			return fmt.Errorf("letting its alerts leave: %w", err)
		}
		// What was told goes with it.
		if _, err := c.exec(ctx, "DELETE FROM groups WHERE key = ?", string(p.Key)); err != nil {
			return fmt.Errorf("dropping it: %w", err)
		}
		return nil
	}
	err := inChunks(leave, func(ids []any) error {
		_, err := c.exec(ctx, "DELETE FROM group_alerts WHERE group_key = ? AND alert_id"+anyOf(),
			append([]any{string(p.Key)}, ids...)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("letting alerts leave: %w", err)
	}
	_, err = c.exec(ctx, "UPDATE groups SET due_at = ?, flushed_at = ?, revision = ? WHERE key = ?",
		nanos(p.DueAt), nanos(p.FlushedAt), s.revision.Add(1), string(p.Key))
	if err != nil {
		return fmt.Errorf("writing when it is due: %w", err)
	}
	return nil
}

// createDeliveries writes new deliveries of one group, all of them due.
func createDeliveries(ctx context.Context, c *conn, g alert.GroupRef, deliveries []alert.Delivery) error {
	contents := make([]string, len(deliveries))
	for i := range deliveries {
		var err error
		if contents[i], err = encodeJSON(deliveries[i].Content); err != nil {
			return err
		}
	}
	insert := bulk{
		before: `INSERT INTO deliveries (id, group_key, route_id, receiver, labels, integration, content, reason, state,
			created_at, next_attempt_at, expires_at, attempts, last_error, finished_at, ref)`,
		columns: 16,
	}
	labels := encodeLabels(g.Labels)
	return insert.exec(ctx, c, len(deliveries), func(i int, args []any) []any {
		d := &deliveries[i]
		return append(args, d.ID, string(g.Key), g.RouteID, d.Receiver, labels, d.Integration, contents[i], d.Reason,
			string(alert.DeliveryDue), nanos(d.CreatedAt), nanos(d.NextAttemptAt), nanos(d.ExpiresAt),
			int64(d.Attempts), d.LastError, int64(0), d.Ref)
	})
}
