package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// conn is one database connection and the statements prepared on it. One
// goroutine uses it at a time.
type conn struct {
	sql        *sql.Conn
	statements map[string]*sql.Stmt
}

func newConn(ctx context.Context, db *sql.DB) (*conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{sql: c, statements: map[string]*sql.Stmt{}}, nil
}

func (c *conn) close() error {
	errs := make([]error, 0, len(c.statements)+1)
	for _, st := range c.statements {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, c.sql.Close())...)
}

// text is a parameter for a column to equal, in queries that can be answered in
// several ways. A bare one makes SQLite look at its value to choose among them, and
// therefore compile the query anew whenever it is run, which takes ten times as
// long as answering it.
const text = "CAST(? AS TEXT)"

// prepared returns the statement of a query, which it keeps: queries are few
// and written in this package.
func (c *conn) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := c.statements[query]; ok {
		return st, nil
	}
	st, err := c.sql.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = st
	return st, nil
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(ctx context.Context, query string, args ...any) (int, error) {
	st, err := c.prepared(ctx, query) //nolint:sqlclosecheck // the connection keeps it
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// one reads the single row of a query into dest; sql.ErrNoRows where there is
// none.
func (c *conn) one(ctx context.Context, query string, args []any, dest ...any) error {
	st, err := c.prepared(ctx, query) //nolint:sqlclosecheck // the connection keeps it
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(dest...)
}

// collect appends every row of a query to into, read by scan.
func collect[T any](ctx context.Context, c *conn, into []T, scan func(*sql.Rows, *T) error, query string, args ...any) ([]T, error) {
	st, err := c.prepared(ctx, query) //nolint:sqlclosecheck // the connection keeps it
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // an error of reading is in rows.Err
	for rows.Next() {
		into = append(into, *new(T))
		if err := scan(rows, &into[len(into)-1]); err != nil {
			return nil, err
		}
	}
	return into, rows.Err()
}

// each hands the rows of a query to use, until it wants no more of them; more
// tells that there was one that it did not want.
func each(ctx context.Context, c *conn, use func(*sql.Rows) (bool, error), query string, args ...any) (more bool, err error) {
	st, err := c.prepared(ctx, query) //nolint:sqlclosecheck // the connection keeps it
	if err != nil {
		return false, err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close() //nolint:errcheck // an error of reading is in rows.Err
	for rows.Next() {
		if wanted, err := use(rows); err != nil || !wanted {
			return err == nil, err
		}
	}
	return false, rows.Err()
}

// transaction runs fn between begin and a commit; whatever fails in between
// is rolled back.
func (c *conn) transaction(ctx context.Context, begin string, fn func(ctx context.Context, c *conn) error) error {
	if _, err := c.exec(ctx, begin); err != nil {
		return fmt.Errorf("beginning: %w", err)
	}
	open := true
	defer func() {
		if open {
			// SQLite has rolled some failures back by itself and then
			// refuses, which is as good.
			_, _ = c.exec(ctx, "ROLLBACK")
		}
	}()
	if err := fn(ctx, c); err != nil {
		return err
	}
	if _, err := c.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	open = false
	return nil
}
