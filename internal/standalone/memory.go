package standalone

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// memoryListener accepts connections from within the process, so that the
// host's metrics are scraped as from anywhere and yet no port is open.
type memoryListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept waits for the next connection.
func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses further connections.
func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns an address to show.
func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

// dialOr returns a dialler that reaches the listener at address, and the
// network anywhere else.
func (l *memoryListener) dialOr(address string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	var network net.Dialer
	return func(ctx context.Context, kind, addr string) (net.Conn, error) {
		if addr != address {
			return network.DialContext(ctx, kind, addr)
		}
		client, server := net.Pipe()
		select {
		case l.conns <- server:
			return client, nil
		case <-l.closed:
			return nil, fmt.Errorf("connecting to the collectors: %w", net.ErrClosed)
		case <-ctx.Done():
			return nil, fmt.Errorf("connecting to the collectors: %w", ctx.Err())
		}
	}
}

type memoryAddr struct{}

// Network names what no network is.
func (memoryAddr) Network() string { return "memory" }

// String says where it is.
func (memoryAddr) String() string { return "in process" }
