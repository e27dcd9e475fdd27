package fake

import (
	"bufio"
	"errors"
	"net"
	"net/http"

	"mockamivoice/scenarios"
)

// errSpoilt says that a fault let no handshake come about.
var errSpoilt = errors.New("a fault cut the handshake")

// spoiling is where a handshake is answered when a fault spoils the answer.
type spoiling struct {
	http.ResponseWriter

	x  *exchange
	do scenarios.Do // DoTruncate or DoDrip
}

// Hijack implements http.Hijacker.
func (s *spoiling) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(s.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return &spoilt{Conn: conn, s: s}, brw, nil
}

// spoilt is a connection on which the first thing that is written, the answer to the handshake, does not come through as it is.
type spoilt struct {
	net.Conn

	s    *spoiling
	done bool
}

// NetConn returns the connection inside, as the method of tls.Conn does.
func (c *spoilt) NetConn() net.Conn { return c.Conn }

// Write implements net.Conn.
func (c *spoilt) Write(p []byte) (int, error) {
	if c.done {
		return c.Conn.Write(p)
	}
	c.done = true
	x, below := c.s.x, &severable{Conn: c.Conn, closing: c.s.x.s.closing}
	switch d := c.s.do.(type) {
	case scenarios.DoTruncate:
		_ = below.write(p[:cutAt(d, len(p))])
		x.end(below, endOfTCP, closedByFault)
		return 0, errSpoilt
	case scenarios.DoDrip:
		if !x.drip(below, p, d) {
			_ = below.Close()
			x.severed(endOfTCP, closedByFault)
			return 0, errSpoilt
		}
	}
	return len(p), nil
}
