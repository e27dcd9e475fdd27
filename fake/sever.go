package fake

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// ending is how a fault ends a TCP connection.
type ending string

const (
	endOfTCP ending = "fin"
	resetTCP ending = "rst"
)

// What the tape says of connections that a fault ended.
const (
	closedByFault = "closed by a fault"
	resetByFault  = "reset by a fault"
)

// byFault is what the tape says of such an end.
func (e ending) byFault() string {
	if e == resetTCP {
		return resetByFault
	}
	return closedByFault
}

// Real time in which a client may still be sending when its connection is ended.
const (
	lastWords   = time.Second      // of one that was heard
	lingerPause = 5 * time.Second  // in which nothing comes from one that is still uploading (as nginx does)
	lingerTime  = 30 * time.Second // in all, of such a one (as nginx does)
)

// severable is a connection that was taken from net/http.
type severable struct {
	net.Conn

	closing <-chan struct{} // when the server ends
	lingers bool            // the client may be in the middle of its upload
}

func (c *severable) write(b []byte) error {
	_ = c.SetWriteDeadline(clock.System{}.Now().Add(writeWait))
	_, err := c.Write(b)
	return err
}

// closeWrite ends the sending side, and is false where that cannot be done on its own.
func (c *severable) closeWrite() bool {
	w, ok := c.Conn.(interface{ CloseWrite() error })
	return ok && w.CloseWrite() == nil
}

// hearOut reads what the client is still sending, for otherwise the kernel would send a RST.
func (c *severable) hearOut() {
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-c.closing:
			_ = c.SetReadDeadline(clock.System{}.Now())
		case <-over:
		}
	}()
	system := clock.System{}
	until := system.Now().Add(lastWords)
	if c.lingers {
		until = system.Now().Add(lingerTime)
	}
	var scrap [32 << 10]byte
	for {
		due := system.Now().Add(lingerPause)
		if until.Before(due) {
			due = until
		}
		_ = c.SetReadDeadline(due)
		select {
		case <-c.closing:
			return
		default:
		}
		if _, err := c.Read(scrap[:]); err != nil {
			return
		}
	}
}

// resetConn ends the TCP connection below c with a RST. What is wrapped around it is closed as well, for it may keep count.
func resetConn(c net.Conn) {
	defer func() { _ = c.Close() }()
	for inner := c; ; {
		switch v := inner.(type) {
		case *net.TCPConn:
			_ = v.SetLinger(0)
			_ = v.Close()
			return
		case interface{ NetConn() net.Conn }:
			inner = v.NetConn()
		default:
			return
		}
	}
}

// take takes the connection from net/http. Where that cannot be done, as in a recorder, the request is given up.
func (x *exchange) take(w http.ResponseWriter) *severable {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.SetDeadline(time.Time{})
	return &severable{Conn: conn, closing: x.s.closing}
}

// sever ends the connection without an answer, for a reason that the tape tells.
func (x *exchange) sever(w http.ResponseWriter, how ending, why string) {
	x.end(x.take(w), how, why)
}

// end ends the connection. Whoever moved the clock until now finds that done, but does not wait for the client's last words.
func (x *exchange) end(c *severable, how ending, why string) {
	x.severed(how, why)
	if how == resetTCP {
		resetConn(c.Conn)
		return
	}
	closed := c.closeWrite()
	x.settle()
	if closed {
		c.hearOut()
	}
	_ = c.Close()
}

// severed says on the tape how and why the connection ends, before anybody can see it.
func (x *exchange) severed(how ending, why string) {
	x.note(scenarios.ConnClose, scenarios.Note, scenarios.Entry{How: string(how), Text: why})
}

// raw sends the head of a reply and as much of its body as is given, in the way of send, and ends the connection.
func (x *exchange) raw(w http.ResponseWriter, r reply, body []byte, send func(c *severable, bytes []byte)) {
	h := w.Header()
	if r.media != "" {
		h["Content-Type"] = []string{r.media}
	}
	if !bodiless(r.status) {
		h["Content-Length"] = []string{strconv.Itoa(len(r.body))}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", r.status, http.StatusText(r.status))
	_ = h.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	b.Write(body)
	e := scenarios.Entry{Status: r.status, Headers: sortedHeaders(h), Body: x.shown(body)}
	if r.basis != 0 {
		e.Basis = r.basis.String()
	}
	x.s.metrics.replied(x.surface, r.status)
	x.note(scenarios.HTTPResponse, scenarios.Out, e)
	c := x.take(w)
	send(c, b.Bytes())
	x.end(c, endOfTCP, closedByFault)
}
