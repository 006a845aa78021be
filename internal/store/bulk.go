package store

import (
	"context"
	"strings"
)

// bulk is a statement that takes any number of rows: an INSERT of VALUES.
type bulk struct {
	before  string // up to the rows
	columns int
	after   string
}

// maxRows is how many rows one statement takes: beyond it, the time per row
// does not fall any more.
const maxRows = 64

// exec runs the statement for n rows; row appends the i-th row's columns to
// args. Only three sizes of it are ever prepared.
func (b *bulk) exec(ctx context.Context, c *conn, n int, row func(i int, args []any) []any) error {
	args := make([]any, 0, min(n, maxRows)*b.columns)
	for size, i := maxRows, 0; i < n; {
		for size > n-i {
			size /= 8
		}
		args = args[:0]
		for range size {
			args = row(i, args)
			i++
		}
		if _, err := c.exec(ctx, b.sql(size), args...); err != nil {
			return err
		}
	}
	return nil
}

func (b *bulk) sql(rows int) string {
	row := "(" + strings.Repeat("?,", b.columns-1) + "?)"
	return b.before + " VALUES " + strings.Repeat(row+",", rows-1) + row + b.after
}

// anyOf is the end of a condition "column IN (...)" for up to maxRows values,
// the missing ones being NULL, which equals nothing.
func anyOf() string { return " IN (" + strings.Repeat("?,", maxRows-1) + "?)" }

// inChunks calls fn with the values, as many at a time as anyOf takes, padded.
func inChunks[T any](values []T, fn func(args []any) error) error {
	for len(values) > 0 {
		n := min(len(values), maxRows)
		args := make([]any, maxRows)
		for i, v := range values[:n] {
			args[i] = v
		}
		if err := fn(args); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}
