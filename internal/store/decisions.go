package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"alertd/internal/alert"
)

// readSuppressed returns what keeps the alerts of a group from being told, by
// their ids, as it was last recorded.
func readSuppressed(ctx context.Context, c *conn, key alert.GroupKey) (map[string]alert.Suppression, error) {
	type member struct {
		id         string
		suppressed alert.Suppression
	}
	members, err := collect(ctx, c, []member(nil), func(rows *sql.Rows, m *member) error {
		var encoded string
		if err := rows.Scan(&m.id, &encoded); err != nil {
			return err
		}
		return decodeJSON(encoded, &m.suppressed)
	}, "SELECT alert_id, suppressed FROM group_alerts WHERE group_key = ? AND suppressed != ''", string(key))
	if err != nil || len(members) == 0 {
		return nil, err
	}
	all := make(map[string]alert.Suppression, len(members))
	for _, m := range members {
		all[m.id] = m.suppressed
	}
	return all, nil
}

// writeDecisions records what the plan decided and what suppresses alerts.
func writeDecisions(ctx context.Context, c *conn, p *alert.PlanResult) error {
	if p.Decided != nil {
		encoded, err := encodeJSON(p.Decided)
		if err != nil {
			return err
		}
		if _, err := c.exec(ctx, "UPDATE groups SET decided = ? WHERE key = ?", encoded, string(p.Key)); err != nil {
			return err
		}
	}
	// One silence often suppresses many alerts, and is then written for many at once.
	alike := map[string][]string{}
	for id, s := range p.Suppressed {
		encoded := ""
		if !s.IsZero() {
			var err error
			if encoded, err = encodeJSON(s); err != nil {
				return err
			}
		}
		alike[encoded] = append(alike[encoded], id)
	}
	for _, encoded := range slices.Sorted(maps.Keys(alike)) {
		ids := alike[encoded]
		slices.Sort(ids)
		err := inChunks(ids, func(ids []any) error {
			_, err := c.exec(ctx, "UPDATE group_alerts SET suppressed = ? WHERE group_key = ? AND alert_id"+anyOf(),
				append([]any{encoded, string(p.Key)}, ids...)...)
			return err
		})
		if err != nil {
			return fmt.Errorf("what suppresses alerts: %w", err)
		}
	}
	return nil
}
