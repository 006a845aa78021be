package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"alertd/internal/alert"
)

func (s *sqliteStore) LastRun(ctx context.Context) (run alert.Run, err error) {
	err = s.read(ctx, opLastRun, "reading when alertd last ran", func(ctx context.Context, c *conn) error {
		var started, alive, stopped int64
		err := c.one(ctx, "SELECT started_at, alive_at, stopped_at FROM run WHERE id = 1", nil, &started, &alive, &stopped)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		run = alert.Run{StartedAt: fromNanos(started), AliveAt: fromNanos(alive), StoppedAt: fromNanos(stopped)}
		return err
	})
	return run, err
}

func (s *sqliteStore) SaveRun(ctx context.Context, run alert.Run) error {
	return s.write(ctx, opSaveRun, "saving that alertd runs", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, `INSERT INTO run (id, started_at, alive_at, stopped_at) VALUES (1, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET
			started_at = excluded.started_at, alive_at = excluded.alive_at, stopped_at = excluded.stopped_at`,
			nanos(run.StartedAt), nanos(run.AliveAt), nanos(run.StoppedAt))
		return err
	})
}

func (s *sqliteStore) ForgetDirect(ctx context.Context, prefix string) error {
	what := fmt.Sprintf("forgetting the groups %s...", prefix)
	var gone []string
	forget := func(ctx context.Context, c *conn) error {
		type group struct {
			key     string
			created int64
		}
		groups, err := collect(ctx, c, nil, func(rows *sql.Rows, g *group) error { return rows.Scan(&g.key, &g.created) },
			"SELECT key, created_at FROM groups WHERE key >= ? AND key < ? AND route_id = ?", prefix, prefix+"\U0010FFFF", alert.DirectRoute)
		if err != nil {
			return fmt.Errorf("reading them: %w", err)
		}
		for _, g := range groups {
			members, err := forgetGroup(ctx, c, g.key, g.created)
			if err != nil {
				return fmt.Errorf("group %q: %w", g.key, err)
			}
			gone = append(gone, members...)
		}
		return nil
	}
	return s.writeMember(ctx, opForgetDirect, what, &member{do: forget, weight: 1, after: func() { s.active.forget(gone) }})
}

// forgetGroup deletes a group, made at created, and all that there is about it,
// and returns the alerts that it had. That is nothing older, which lets indexes by
// time find it.
func forgetGroup(ctx context.Context, c *conn, key string, created int64) (members []string, err error) {
	members, err = collect(ctx, c, nil, func(rows *sql.Rows, id *string) error { return rows.Scan(id) },
		"SELECT alert_id FROM group_alerts WHERE group_key = ?", key)
	if err != nil {
		return nil, fmt.Errorf("reading its alerts: %w", err)
	}
	type deletion struct {
		statement string
		args      []any
	}
	all := []deletion{
		{"DELETE FROM group_alerts WHERE group_key = ?", []any{key}},
		{"DELETE FROM groups WHERE key = ?", []any{key}},
		{"DELETE FROM events WHERE at >= ? AND group_key = ?", []any{created, key}},
	}
	for _, id := range members {
		all = append(all,
			deletion{"DELETE FROM events WHERE at >= ? AND alert_id = ?", []any{created, id}},
			deletion{"DELETE FROM first_told WHERE alert_id = ?", []any{id}},
			deletion{"DELETE FROM alerts WHERE id = ?", []any{id}})
	}
	for _, state := range []alert.DeliveryState{
		alert.DeliveryDue, alert.DeliveryDelivered, alert.DeliveryDead, alert.DeliveryExpired, alert.DeliverySuperseded,
	} {
		all = append(all, deletion{"DELETE FROM deliveries WHERE state = ? AND created_at >= ? AND group_key = ?", []any{string(state), created, key}})
	}
	for _, d := range all {
		if _, err := c.exec(ctx, d.statement, d.args...); err != nil {
			return nil, err
		}
	}
	return members, nil
}
