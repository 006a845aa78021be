package store

import (
	"context"
	"fmt"
	"sync"
)

// together is how much the operations of one transaction may weigh, unless it is
// a single one: enough that waiting for the disk is a small part of each, and so
// little that a small operation does not wait long for those beside it.
const together = 500

// member is an operation that waits for its turn to write.
type member struct {
	do     work
	weight int    // about the rows that it writes
	after  func() // called when it is committed, in the order of commits; may be nil
	done   chan error
}

// waiting is the operations that wait for their turn, first come, first served.
type waiting struct {
	mu      sync.Mutex
	members []*member
}

func (w *waiting) add(m *member) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.members = append(w.members, m)
}

// withdraw takes a member out and tells whether its turn had not come.
func (w *waiting) withdraw(m *member) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.members {
		if w.members[i] == m {
			w.members = append(w.members[:i:i], w.members[i+1:]...)
			return true
		}
	}
	return false
}

// next takes out those whose turn it is.
func (w *waiting) next() []*member {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, weight := 0, 0
	for _, m := range w.members {
		if weight += m.weight; n > 0 && weight > together {
			break
		}
		n++
	}
	turn := w.members[:n:n]
	w.members = w.members[n:]
	return turn
}

// join waits until the operation is on disk or has failed. Whichever of those who
// wait gets the connection that writes does it for all whose turn it is, so that
// many of them wait for the disk but once.
func (s *sqliteStore) join(ctx context.Context, m *member) error {
	select {
	case <-s.writer.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	s.waiting.add(m)
	for {
		select {
		case err := <-m.done:
			return err
		default:
		}
		select {
		case err := <-m.done:
			return err
		case c := <-s.writer.free:
			if turn := s.waiting.next(); len(turn) > 0 {
				s.writeAll(ctx, c, turn)
			}
			s.writer.put(c)
			continue
		case <-s.writer.closing:
			if s.waiting.withdraw(m) {
				return ErrClosed
			}
		case <-ctx.Done():
			if s.waiting.withdraw(m) {
				return ctx.Err()
			}
		}
		return <-m.done // its turn has come: it ends one way or the other
	}
}

// writeAll runs operations, each as a whole or not at all, and tells each what
// came of it. They share a transaction, unless that fails.
func (s *sqliteStore) writeAll(ctx context.Context, c *conn, all []*member) {
	// Once begun, it ends one way or the other: interrupting SQLite in the
	// middle of a commit would only blur what has been kept.
	ctx = context.WithoutCancel(ctx)
	if len(all) > 1 {
		if outcomes, err := s.share(ctx, c, all); err == nil {
			for i, m := range all {
				m.finish(outcomes[i])
			}
			return
		}
	}
	for _, m := range all {
		m.finish(s.alone(ctx, c, m))
	}
}

// finish tells whoever waits for the member what came of it.
func (m *member) finish(err error) {
	if err == nil && m.after != nil {
		m.after()
	}
	m.done <- err
}

// alone runs one operation as a transaction of its own.
func (s *sqliteStore) alone(ctx context.Context, c *conn, m *member) error {
	s.metrics.transactions.Inc()
	err := c.transaction(ctx, "BEGIN IMMEDIATE", m.do)
	if isFull(err) && s.reserve.release() {
		s.logger.WarnContext(ctx, "The disk is full: gave up the reserve to be able to go on",
			"path", s.reserve.path, "bytes", reserveSize)
		err = c.transaction(ctx, "BEGIN IMMEDIATE", m.do)
	}
	return err
}

// share runs operations in one transaction; one that fails leaves nothing of
// itself in it. The error says that none of them was kept.
func (s *sqliteStore) share(ctx context.Context, c *conn, all []*member) ([]error, error) {
	s.metrics.transactions.Inc()
	outcomes := make([]error, len(all))
	err := c.transaction(ctx, "BEGIN IMMEDIATE", func(ctx context.Context, c *conn) (err error) {
		for i, m := range all {
			if outcomes[i], err = c.savepoint(ctx, m.do); err != nil {
				return err
			}
		}
		return nil
	})
	return outcomes, err
}

// savepoint runs fn within a transaction and undoes what it did where it fails.
// The second error says that this could not be done, or that the storage fails:
// the transaction has to be given up.
func (c *conn) savepoint(ctx context.Context, fn work) (outcome, err error) {
	if _, err := c.exec(ctx, "SAVEPOINT member"); err != nil {
		return nil, fmt.Errorf("beginning: %w", err)
	}
	outcome = fn(ctx, c)
	if _, storage := diagnose(outcome); storage != nil {
		return nil, outcome
	}
	if outcome != nil {
		if _, err := c.exec(ctx, "ROLLBACK TO member"); err != nil {
			return nil, fmt.Errorf("undoing what failed: %w", err)
		}
	}
	_, err = c.exec(ctx, "RELEASE member")
	return outcome, err
}
