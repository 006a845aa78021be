package email

import (
	"errors"
	"net"
)

// maxHeard bounds what a relay may say in one session, in bytes: it answers
// each command in a line or two.
const maxHeard = 1 << 20

var errTooMuch = errors.New("the relay said more than any relay has to say")

// boundedConn is a connection to a relay that may not talk without end.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooMuch
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
