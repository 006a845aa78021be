package store

import (
	"context"
	"errors"
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
// args. Only three sizes of it are ever prepared. Where there are many rows,
// the next ones are made while the database takes those before.
func (b *bulk) exec(ctx context.Context, c *conn, n int, row func(i int, args []any) []any) error {
	if n <= maxRows {
		return b.each(n, row, func() []any { return make([]any, 0, n*b.columns) }, func(size int, args []any) error {
			_, err := c.exec(ctx, b.sql(size), args...)
			return err
		})
	}
	type batch struct {
		size int
		args []any
	}
	made, used := make(chan batch), make(chan []any, 3)
	for range cap(used) {
		used <- make([]any, 0, maxRows*b.columns)
	}
	stop := errors.New("the database refused a row")
	refused := make(chan struct{})
	go func() {
		defer close(made)
		_ = b.each(n, row, func() []any { return <-used }, func(size int, args []any) error {
			select {
			case made <- batch{size, args}:
				return nil
			case <-refused:
				return stop
			}
		})
	}()
	for next := range made {
		if _, err := c.exec(ctx, b.sql(next.size), next.args...); err != nil {
			close(refused)
			used <- nil
			for rest := range made { // until the maker has noticed
				used <- rest.args[:0]
			}
			return err
		}
		used <- next.args[:0]
	}
	return nil
}

// each makes batches of n rows in the memory that room gives, and hands them on.
func (b *bulk) each(n int, row func(i int, args []any) []any, room func() []any, then func(size int, args []any) error) error {
	for size, i := maxRows, 0; i < n; {
		for size > n-i {
			size /= 8
		}
		args := room()
		for range size {
			args = row(i, args)
			i++
		}
		if err := then(size, args); err != nil {
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
