package web

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
)

// endless is a listener to whom somebody always connects.
type endless struct{ net.Listener }

func (endless) Accept() (net.Conn, error) {
	ours, _ := net.Pipe()
	return ours, nil
}

func (endless) Close() error { return nil }

func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := boundConnections(endless{}, 2)
		accepted, ended := make(chan net.Conn, 8), make(chan error, 1)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					ended <- err
					return
				}
				accepted <- c
			}
		}()
		synctest.Wait()
		if len(accepted) != 2 {
			t.Fatalf("%d connections at once", len(accepted))
		}
		first := <-accepted
		for range 2 { // closing twice frees one slot
			_ = first.Close()
		}
		synctest.Wait()
		if len(accepted) != 2 {
			t.Errorf("%d connections after one was closed", len(accepted))
		}
		_ = l.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
	})
}
