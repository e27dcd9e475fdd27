package refclient

import (
	"errors"
	"net"
	"sync"
)

// Tap is shown what happens on connections. It is called by the goroutines that read and write them, several at a time, and
// holds them up meanwhile. What a connection read, and what it wrote, each come in order.
type Tap func(TapEvent)

// TapKind is what happened.
type TapKind uint8

// What may happen on a connection.
const (
	Opened TapKind = iota + 1
	Closed         // by the client, or given up by it
	Read           // bytes came
	Wrote          // bytes are about to go, so that no answer is seen before its question
	Ended          // the other side, or the network, ended the connection; Closed follows
)

// TapEvent is one thing that happened on a connection. Under TLS the bytes are those inside.
type TapEvent struct {
	Conn  uint64 // number of the connection, from 1
	Kind  TapKind
	Bytes []byte // of Read and Wrote; valid during the call
}

func (c *Client) tapped(conn net.Conn) net.Conn {
	if c.tap == nil {
		return conn
	}
	t := &tapConn{Conn: conn, tap: c.tap, number: c.conns.Add(1)}
	t.tell(Opened, nil)
	return t
}

type tapConn struct {
	net.Conn
	tap    Tap
	number uint64
	ended  sync.Once
	once   sync.Once
}

func (t *tapConn) tell(kind TapKind, b []byte) { t.tap(TapEvent{Conn: t.number, Kind: kind, Bytes: b}) }

// Read implements net.Conn.
func (t *tapConn) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if n > 0 {
		t.tell(Read, b[:n])
	}
	var timeout net.Error
	if err != nil && !errors.Is(err, net.ErrClosed) && (!errors.As(err, &timeout) || !timeout.Timeout()) {
		t.ended.Do(func() { t.tell(Ended, nil) })
	}
	return n, err
}

// Write implements net.Conn.
func (t *tapConn) Write(b []byte) (int, error) {
	t.tell(Wrote, b)
	return t.Conn.Write(b)
}

// Close implements net.Conn.
func (t *tapConn) Close() error {
	t.once.Do(func() { t.tell(Closed, nil) })
	return t.Conn.Close()
}
