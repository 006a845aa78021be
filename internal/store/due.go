package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"alertd/internal/alert"
)

// sooner is the earlier of a group's due time and another, to which the
// condition's two arguments are set.
const sooner = "CASE WHEN due_at = 0 OR due_at > ? THEN ? ELSE due_at END"

// dueAt is when a group has to be planned after its alerts changed at changed_at,
// known at the time `now`, or when it was due before, if that is sooner. Planning
// decides; this only keeps it from being asked before it can say anything else
// than that the group waits: for group_wait from its making to its first message,
// and for the grid that group_interval makes from the last one. A message that is
// under way is kept up to date at once.
func dueAt(now, changed string) string {
	wanted := `CASE
		WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.group_key = groups.key AND d.state = 'due') THEN ` + now + `
		WHEN flushed_at = 0 THEN MAX(` + now + `, MIN(` + changed + `, created_at) + group_wait)
		WHEN group_interval <= 0 OR ` + changed + ` <= flushed_at THEN ` + now + `
		ELSE MAX(` + now + `, flushed_at + (` + changed + ` - flushed_at + group_interval - 1) / group_interval * group_interval)
		END`
	return "CASE WHEN due_at = 0 THEN " + wanted + " ELSE MIN(due_at, " + wanted + ") END"
}

// touch is what an evaluation says of one group.
type touch struct {
	ref     *alert.GroupRef
	changed time.Time // the first change of its alerts; zero: what changed is none of them
}

// add notes a touched alert; nil is one that did not change itself.
func (t *touch) add(a *alert.Alert) {
	at := time.Time{}
	switch {
	case a == nil:
	case a.State == alert.Resolved:
		at = a.ResolvedAt
	case a.State == alert.Firing:
		at = a.FiredAt
	}
	if at.Before(t.changed) {
		t.changed = at
	}
}

// newDueAt is when a group that is made now has to be planned.
func (t *touch) newDueAt(now time.Time) time.Time {
	if due := t.changed.Add(t.ref.Wait); due.After(now) {
		return due
	}
	return now
}

// upsertGroups makes the groups that are new, gives the others the routing of
// today, and marks all of them due.
func (s *sqliteStore) upsertGroups(ctx context.Context, c *conn, touched map[alert.GroupKey]*touch, now time.Time) error {
	upsert := bulk{
		before: `INSERT INTO groups (key, route_id, receiver, labels, group_wait, group_interval,
			created_at, flushed_at, due_at, changed_at, revision)`,
		columns: 11,
		after: ` ON CONFLICT (key) DO UPDATE SET
			route_id = excluded.route_id, receiver = excluded.receiver, labels = excluded.labels,
			group_wait = excluded.group_wait, group_interval = excluded.group_interval,
			due_at = ` + dueAt("excluded.created_at", "excluded.changed_at") + `,
			changed_at = excluded.changed_at, revision = excluded.revision`,
		alike: []int{1, 2, 4, 5, 6, 7, 8, 9, 10},
	}
	// In order of keys, neighbours share the pages they are written to.
	keys := slices.Sorted(maps.Keys(touched))
	revision, at := s.revision.Add(1), nanos(now)
	return upsert.exec(ctx, c, len(keys), func(i int, args []any) []any {
		t := touched[keys[i]]
		return append(args, string(t.ref.Key), t.ref.RouteID, t.ref.Receiver, encodeLabels(t.ref.Labels), int64(t.ref.Wait), int64(t.ref.Interval),
			at, int64(0), nanos(t.newDueAt(now)), nanos(t.changed), revision)
	})
}

// markEnded makes the groups due that alerts no longer firing belong to, by
// whichever routes they came into them: each may have told of the firing.
func (s *sqliteStore) markEnded(ctx context.Context, c *conn, e *alert.Evaluation) error {
	var ended, demoted []string
	first := e.At
	for i := range e.Upserts {
		switch a := &e.Upserts[i]; a.State {
		case alert.Resolved:
			ended = append(ended, a.ID)
			if a.ResolvedAt.Before(first) {
				first = a.ResolvedAt
			}
		case alert.Pending: // its `for` was raised: those told of it hear at once
			demoted = append(demoted, a.ID)
		case alert.Firing:
		}
	}
	if err := s.markChanged(ctx, c, ended, e.At, first); err != nil {
		return err
	}
	return s.markChanged(ctx, c, demoted, e.At, time.Time{})
}

// markChanged makes the groups due that alerts belong to which changed at a time,
// as is known now.
func (s *sqliteStore) markChanged(ctx context.Context, c *conn, ids []string, now, changed time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	revision := s.revision.Add(1)
	query := "WITH change (now, at) AS (VALUES (?, ?)) UPDATE groups SET due_at = " + dueAt("change.now", "change.at") +
		", revision = ? FROM change WHERE key IN (SELECT group_key FROM group_alerts WHERE alert_id" + anyOf() + ")"
	return inChunks(ids, func(ids []any) error {
		_, err := c.exec(ctx, query, append([]any{nanos(now), nanos(changed), revision}, ids...)...)
		return err
	})
}
