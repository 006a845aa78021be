package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// work is what an operation does on its connection. It may run more than once,
// the runs before having been rolled back.
type work func(ctx context.Context, c *conn) error

// write runs fn as a transaction, or as a part of one that others share, on the
// only connection that writes. what tells, for the error, what was being done to
// whom.
func (s *sqliteStore) write(ctx context.Context, op operation, what string, fn work) error {
	return s.writeMember(ctx, op, what, &member{do: fn, weight: 1})
}

// writeMember is write for an operation that is large, or has something to do
// when it is committed.
func (s *sqliteStore) writeMember(ctx context.Context, op operation, what string, m *member) (err error) {
	defer s.metrics.observe(op, time.Now(), &err)
	m.done = make(chan error, 1)
	return s.explain(what, s.join(ctx, m))
}

// read runs fn on a connection that can only read. Queries of one read that
// must agree with each other are run through snapshot.
func (s *sqliteStore) read(ctx context.Context, op operation, what string, fn work) (err error) {
	defer s.metrics.observe(op, time.Now(), &err)
	c, err := s.readers.take(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer s.readers.put(c)
	return s.explain(what, fn(context.WithoutCancel(ctx), c))
}

// snapshot returns fn such that everything it reads is of one moment.
func snapshot(fn work) work {
	return func(ctx context.Context, c *conn) error {
		return c.transaction(ctx, "BEGIN", fn)
	}
}

// explain says what was being done, what is wrong and how to mend it.
func (s *sqliteStore) explain(what string, err error) error {
	if err == nil {
		return nil
	}
	words, kind := diagnose(err)
	if kind == nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	err = fmt.Errorf("%s: %w: %s: %s: %w", what, kind, s.path, words, err)
	if s.onDamage != nil && errors.Is(kind, ErrDamaged) {
		s.damaged.Do(func() { s.onDamage(err) })
	}
	return err
}
