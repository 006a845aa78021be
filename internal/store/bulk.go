package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// bulk is a statement that takes any number of rows: an INSERT of VALUES.
type bulk struct {
	before  string // up to the rows
	columns int
	after   string
	// alike are the columns, in order, that often have one value in all rows of
	// a statement: it is then given once.
	alike []int
}

// maxRows is how many rows one statement takes: beyond it, the time per row
// does not fall any more.
const maxRows = 64

// rows is the arguments of one statement.
type rows struct {
	size  int
	args  []any
	alike bool
	room  []any // for the next arguments
}

// exec runs the statement for n rows; row appends the i-th row's columns to
// args. Only three sizes of it are ever prepared. Where there are many rows,
// the next ones are made while the database takes those before.
func (b *bulk) exec(ctx context.Context, c *conn, n int, row func(i int, args []any) []any) error {
	if n <= maxRows {
		return b.each(n, row, func() rows { return rows{args: make([]any, 0, n*b.columns)} }, func(r rows) error {
			_, err := c.exec(ctx, b.sql(r), r.args...)
			return err
		})
	}
	made, used := make(chan rows), make(chan rows, 3)
	for range cap(used) {
		used <- rows{args: make([]any, 0, maxRows*b.columns), room: make([]any, 0, maxRows*b.columns)}
	}
	stop := errors.New("the database refused a row")
	refused := make(chan struct{})
	go func() {
		defer close(made)
		_ = b.each(n, row, func() rows { return <-used }, func(r rows) error {
			select {
			case made <- r:
				return nil
			case <-refused:
				return stop
			}
		})
	}()
	var last rows
	var text string
	for next := range made {
		if text == "" || next.size != last.size || next.alike != last.alike {
			last, text = next, b.sql(next)
		}
		if _, err := c.exec(ctx, text, next.args...); err != nil {
			close(refused)
			used <- next
			for rest := range made { // until the maker has noticed
				used <- rest
			}
			return err
		}
		used <- next
	}
	return nil
}

// each makes the arguments of n rows in the memory that room gives, and hands
// them on.
func (b *bulk) each(n int, row func(i int, args []any) []any, room func() rows, then func(rows) error) error {
	for size, i := maxRows, 0; i < n; {
		for size > n-i {
			size /= 8
		}
		r := room()
		r.size, r.alike, r.args = size, false, r.args[:0]
		for range size {
			r.args = row(i, r.args)
			i++
		}
		if size == maxRows {
			b.pack(&r)
		}
		if err := then(r); err != nil {
			return err
		}
	}
	return nil
}

// pack gives the columns that are alike once, ahead of the rows, if they are.
func (b *bulk) pack(r *rows) {
	for _, column := range b.alike {
		for i := column + b.columns; i < len(r.args); i += b.columns {
			if r.args[i] != r.args[column] {
				return
			}
		}
	}
	packed := r.room[:0]
	for _, column := range b.alike {
		packed = append(packed, r.args[column])
	}
	for i, value := range r.args {
		if !slices.Contains(b.alike, i%b.columns) {
			packed = append(packed, value)
		}
	}
	r.args, r.room, r.alike = packed, r.args, len(b.alike) > 0
}

func (b *bulk) sql(r rows) string {
	tuples := func(rows, columns int) string {
		row := "(" + strings.Repeat("?,", columns-1) + "?)"
		return "VALUES " + strings.Repeat(row+",", rows-1) + row
	}
	if !r.alike {
		return b.before + " " + tuples(r.size, b.columns) + b.after
	}
	names, own := make([]string, b.columns), make([]string, 0, b.columns)
	once := make([]string, len(b.alike))
	for column := range names {
		if k := slices.Index(b.alike, column); k >= 0 {
			once[k] = "o" + strconv.Itoa(k)
			names[column] = once[k]
			continue
		}
		own = append(own, "r"+strconv.Itoa(column))
		names[column] = own[len(own)-1]
	}
	// WHERE keeps ON CONFLICT from being read as part of a join.
	return "WITH once (" + strings.Join(once, ",") + ") AS (" + tuples(1, len(once)) + "), own (" + strings.Join(own, ",") + ") AS (" + tuples(r.size, len(own)) + ") " +
		b.before + " SELECT " + strings.Join(names, ",") + " FROM own CROSS JOIN once WHERE true" + b.after
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
