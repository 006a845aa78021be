package web

import (
	"net"
	"sync"
)

// boundedListener accepts so many connections at once; more wait, unanswered,
// until one is closed.
type boundedListener struct {
	net.Listener
	slots   chan struct{}
	closed  chan struct{}
	closing sync.Once
}

func boundConnections(l net.Listener, most int) net.Listener {
	return &boundedListener{Listener: l, slots: make(chan struct{}, most), closed: make(chan struct{})}
}

// Accept waits for a free slot, and then for a connection.
func (l *boundedListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err //nolint:wrapcheck // net/http looks at what it is
	}
	return &boundedConn{Conn: c, free: sync.OnceFunc(func() { <-l.slots })}, nil
}

// Close ends waiting, too.
func (l *boundedListener) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return l.Listener.Close() //nolint:wrapcheck // as of the listener that it stands for
}

// boundedConn gives its slot back when it is closed.
type boundedConn struct {
	net.Conn
	free func()
}

func (c *boundedConn) Close() error {
	defer c.free()
	return c.Conn.Close() //nolint:wrapcheck // as of the connection that it stands for
}
