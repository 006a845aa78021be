package store

import (
	"context"
	"database/sql"
	"errors"
)

// pool is a fixed set of connections, each lent to one user at a time, first
// come, first served. All are opened at the start, because opening one needs
// disk space that may be gone later.
type pool struct {
	free    chan *conn
	closing chan struct{}
	close   func() error // waits for the borrowers
}

// openPool connects n times.
func openPool(ctx context.Context, db *sql.DB, n int) (*pool, error) {
	p := &pool{free: make(chan *conn, n), closing: make(chan struct{})}
	opened := 0
	p.close = func() error {
		close(p.closing)
		errs := make([]error, 0, opened+1)
		for range opened {
			errs = append(errs, (<-p.free).close())
		}
		return errors.Join(append(errs, db.Close())...)
	}
	for ; opened < n; opened++ {
		c, err := newConn(ctx, db)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.free <- c
	}
	return p, nil
}

// take lends a connection; the borrower gives it back with put.
func (p *pool) take(ctx context.Context) (*conn, error) {
	select {
	case <-p.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	default:
	}
	select {
	case c := <-p.free:
		return c, nil
	case <-p.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) put(c *conn) { p.free <- c }
