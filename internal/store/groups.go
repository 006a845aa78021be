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

// A group's revision is the number of its last change. Numbers only rise, over
// all groups, so a group that was dropped and made again never shows a revision
// that it had before.

// touchGroups makes the groups that an evaluation touched due, the new ones
// being made, and puts its alerts into them.
func (s *sqliteStore) touchGroups(ctx context.Context, c *conn, e *alert.Evaluation) error {
	if len(e.Touched) == 0 {
		return nil
	}
	written := make(map[string]*alert.Alert, len(e.Upserts))
	for i := range e.Upserts {
		written[e.Upserts[i].ID] = &e.Upserts[i]
	}
	touched := map[alert.GroupKey]*touch{}
	type member struct {
		group alert.GroupKey
		alert string
	}
	var members, others []member // of alerts that are written here, and that are not
	for id, groups := range e.Touched {
		for i := range groups {
			key := groups[i].Key
			if touched[key] == nil {
				touched[key] = &touch{ref: &groups[i], changed: e.At}
			}
			touched[key].add(written[id])
			if written[id] != nil {
				members = append(members, member{key, id})
			} else {
				others = append(others, member{key, id})
			}
		}
	}
	if err := s.upsertGroups(ctx, c, touched, e.At); err != nil {
		return err
	}
	// In order of keys, neighbours share the pages they are written to.
	slices.SortFunc(members, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.alert, b.alert))
	})
	insert := bulk{
		before: "INSERT INTO group_alerts (group_key, alert_id)", columns: 2, after: " ON CONFLICT DO NOTHING", alike: []int{0},
	}
	err := insert.exec(ctx, c, len(members), func(i int, args []any) []any {
		return append(args, string(members[i].group), members[i].alert)
	})
	if err != nil {
		return err
	}
	return addMembers(ctx, c, len(others), func(i int) (alert.GroupKey, string) {
		return others[i].group, others[i].alert
	})
}

// addMembers puts n alerts into groups; those that do not exist are left out.
func addMembers(ctx context.Context, c *conn, n int, member func(i int) (alert.GroupKey, string)) error {
	insert := bulk{
		before:  "WITH wanted (group_key, alert_id) AS (",
		columns: 2,
		// The CROSS JOIN makes SQLite look each alert up by its id.
		after: `) INSERT INTO group_alerts (group_key, alert_id)
			SELECT w.group_key, w.alert_id FROM wanted w CROSS JOIN alerts a WHERE a.id = w.alert_id
			ON CONFLICT DO NOTHING`,
	}
	return insert.exec(ctx, c, n, func(i int, args []any) []any {
		group, id := member(i)
		return append(args, string(group), id)
	})
}

// markDue makes a group due at the time, unless it was due before, and tells
// whether there is such a group.
func (s *sqliteStore) markDue(ctx context.Context, c *conn, key alert.GroupKey, at time.Time) (bool, error) {
	n, err := c.exec(ctx, "UPDATE groups SET due_at = "+sooner+", revision = ? WHERE key = ?",
		nanos(at), nanos(at), s.revision.Add(1), string(key))
	return n > 0, err
}

func (s *sqliteStore) DueGroups(ctx context.Context, now time.Time, limit int) (keys []alert.GroupKey, next time.Time, err error) {
	type due struct {
		key alert.GroupKey
		at  int64
	}
	limit = max(limit, 0)
	err = s.read(ctx, opDueGroups, "reading the groups that are due", func(ctx context.Context, c *conn) error {
		rows, err := collect(ctx, c, []due(nil), func(rows *sql.Rows, d *due) error { return rows.Scan(&d.key, &d.at) },
			"SELECT key, due_at FROM groups WHERE due_at > 0 ORDER BY due_at, key LIMIT ?", limit+1)
		if err != nil {
			return err
		}
		for _, d := range rows {
			if len(keys) == limit || d.at > nanos(now) {
				next = fromNanos(d.at)
				return nil
			}
			keys = append(keys, d.key)
		}
		return nil
	})
	return keys, next, err
}

func (s *sqliteStore) GroupView(ctx context.Context, key alert.GroupKey) (*alert.GroupView, error) {
	v := &alert.GroupView{}
	v.Key = key
	what := fmt.Sprintf("reading group %q", key)
	err := s.read(ctx, opGroupView, what, snapshot(func(ctx context.Context, c *conn) (err error) {
		if err := readGroup(ctx, c, v); err != nil {
			return err
		}
		if v.Alerts, err = collect(ctx, c, v.Alerts, scanAlert, "SELECT "+alertColumns+
			` FROM group_alerts m CROSS JOIN alerts a
			WHERE m.group_key = `+text+` AND a.id = m.alert_id ORDER BY m.alert_id`, string(key)); err != nil {
			return fmt.Errorf("its alerts: %w", err)
		}
		if err := attachAcks(ctx, c, v.Alerts, "FROM acks k CROSS JOIN group_alerts m WHERE m.group_key = ? AND m.alert_id = k.alert_id", string(key)); err != nil {
			return err
		}
		if v.Told, err = collect(ctx, c, v.Told, scanTold,
			"SELECT "+toldColumns+" FROM told WHERE group_key = "+text+" ORDER BY integration", string(key)); err != nil {
			return fmt.Errorf("what was told: %w", err)
		}
		if v.Open, err = openDeliveries(ctx, c, key); err != nil {
			return fmt.Errorf("its open deliveries: %w", err)
		}
		if v.Suppressed, err = readSuppressed(ctx, c, key); err != nil {
			return fmt.Errorf("what suppresses its alerts: %w", err)
		}
		return nil
	}))
	if err != nil {
		return nil, err
	}
	return v, nil
}

func readGroup(ctx context.Context, c *conn, v *alert.GroupView) (err error) {
	var labels, decided string
	var created, flushed, due int64
	err = c.one(ctx, "SELECT route_id, receiver, labels, group_wait, group_interval, created_at, flushed_at, due_at, revision, decided FROM groups WHERE key = ?",
		[]any{string(v.Key)}, &v.RouteID, &v.Receiver, &labels, &v.Wait, &v.Interval, &created, &flushed, &due, &v.Revision, &decided)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	v.CreatedAt, v.FlushedAt, v.DueAt = fromNanos(created), fromNanos(flushed), fromNanos(due)
	if v.Labels, err = decodeLabels(labels); err != nil || decided == "" {
		return err
	}
	return decodeJSON(decided, &v.Decided)
}

const toldColumns = "group_key, integration, firing, at, as_of, ref"

func scanTold(rows *sql.Rows, t *alert.Told) error {
	var firing string
	var at, asOf int64
	if err := rows.Scan(&t.Group, &t.Integration, &firing, &at, &asOf, &t.Ref); err != nil {
		return err
	}
	t.At, t.AsOf = fromNanos(at), fromNanos(asOf)
	return decodeJSON(firing, &t.Firing)
}
