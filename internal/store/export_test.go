package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
)

// Queries returns every query that the store has run since it was opened.
func Queries(ctx context.Context, s Store) ([]string, error) {
	all := map[string]bool{}
	for _, p := range []*pool{s.(*sqliteStore).writer, s.(*sqliteStore).readers} {
		for range cap(p.free) {
			c, err := p.take(ctx)
			if err != nil {
				return nil, err
			}
			for q := range c.statements {
				all[q] = true
			}
			p.put(c) // to the end of the line
		}
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// Ask runs a query, all of its arguments NULL, and returns the last column of
// every row, as text.
func Ask(ctx context.Context, s Store, query string) (out []string, err error) {
	err = s.(*sqliteStore).write(ctx, "test", "asking", func(ctx context.Context, c *conn) error {
		rows, err := c.sql.QueryContext(ctx, query, make([]any, 2000)...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // an error of reading is in rows.Err
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			var last string
			dest := make([]any, len(columns))
			for i := range dest {
				dest[i] = new(sql.RawBytes)
			}
			dest[len(dest)-1] = &last
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			out = append(out, last)
		}
		return rows.Err()
	})
	return out, err
}

// WriteAsReader tries to write on a connection that cannot.
func WriteAsReader(ctx context.Context, s Store) error {
	return s.(*sqliteStore).read(ctx, "test", "writing", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, "DELETE FROM events")
		return err
	})
}

const ReserveSize = reserveSize

// Hold keeps everybody from writing until release is called.
func Hold(ctx context.Context, s Store) (release func(), err error) {
	w := s.(*sqliteStore).writer
	c, err := w.take(ctx)
	return func() { w.put(c) }, err
}

// WhileWriting calls fn while a transaction that writes is open, and undoes that.
func WhileWriting(ctx context.Context, s Store, fn func()) error {
	c, err := s.(*sqliteStore).writer.take(ctx)
	if err != nil {
		return err
	}
	defer s.(*sqliteStore).writer.put(c)
	if _, err := c.exec(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return err
	}
	fn()
	_, err = c.exec(ctx, "ROLLBACK")
	return err
}
