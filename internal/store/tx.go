package store

import (
	"context"
	"fmt"
	"time"
)

// work is what an operation does on its connection. It may run twice, the
// first run having been rolled back.
type work func(ctx context.Context, c *conn) error

// write runs fn as one transaction on the only connection that writes. what
// tells, for the error, what was being done to whom.
func (s *sqliteStore) write(ctx context.Context, op operation, what string, fn work) (err error) {
	defer s.metrics.observe(op, time.Now(), &err)
	c, err := s.writer.take(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer s.writer.put(c)

	// Once begun, it ends one way or the other: interrupting SQLite in the
	// middle of a commit would only blur what has been kept.
	ctx = context.WithoutCancel(ctx)
	err = c.transaction(ctx, "BEGIN IMMEDIATE", fn)
	if isFull(err) && s.reserve.release() {
		s.logger.WarnContext(ctx, "The disk is full: gave up the reserve to be able to go on",
			"path", s.reserve.path, "bytes", reserveSize)
		err = c.transaction(ctx, "BEGIN IMMEDIATE", fn)
	}
	return s.explain(what, err)
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
	return fmt.Errorf("%s: %w: %s: %s: %w", what, kind, s.path, words, err)
}
