package store

import (
	"context"
	"database/sql"
	"errors"

	"alertd/internal/alert"
)

func (s *sqliteStore) Routing(ctx context.Context, group string) (routing string, err error) {
	err = s.read(ctx, opRouting, "reading which routing alerts follow", func(ctx context.Context, c *conn) error {
		err := c.one(ctx, "SELECT routing FROM routings WHERE source = ?", []any{group}, &routing)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return routing, err
}

// writeRouting notes the routing that all alerts of an evaluation's group follow
// with it.
func writeRouting(ctx context.Context, c *conn, e *alert.Evaluation) error {
	if e.Routing == "" {
		return nil
	}
	_, err := c.exec(ctx, "INSERT INTO routings (source, routing) VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET routing = excluded.routing",
		e.Group, e.Routing)
	return err
}
