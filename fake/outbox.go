package fake

import (
	"context"
	"net"
	"sync"

	"github.com/gorilla/websocket"

	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// kind says what is to be done with the connection.
type kind uint8

const (
	packet   kind = iota // send a text message
	hangUp               // after the grace, close frame and close
	dropIt               // cut the connection
	goAway               // close frame and close, at once
	rawBytes             // send bytes that are no whole message
	finIt                // end the sending side of the connection
	resetIt              // end the connection with a RST
	waitHere             // let clock time pass; it never comes into the outbox
)

type message struct {
	kind kind
	text []byte
	code int  // of the close frame of goAway; 0 for what the choices say
	last bool // of rawBytes: the frame is complete
}

const (
	maxMessages = 16384   // waiting for a client that does not read
	maxWaiting  = 8 << 20 // bytes of them
)

// outbox is the bounded queue between the machine, which never waits, and the socket, which may. One goroutine at a time
// empties it, and none is there while it is empty.
type outbox struct {
	c       *stream
	mu      sync.Mutex
	waiting []message
	bytes   int
	busy    bool // somebody is emptying it
	closed  bool
	idle    sync.Cond   // signalled when nobody is emptying it
	grace   clock.Timer // until the close frame, in real time
}

func (o *outbox) init(c *stream) {
	o.c = c
	o.idle.L = &o.mu
}

// push queues m. A client that reads too slowly is cut off.
func (o *outbox) push(m message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.bytes += len(m.text)
	if n := len(o.waiting); m.kind == rawBytes && n > 0 && o.waiting[n-1].kind == rawBytes && !o.waiting[n-1].last {
		piece := &o.waiting[n-1] // of the same frame, whose bytes lie one behind the other: what waits together leaves together
		piece.text, piece.last = piece.text[:len(piece.text)+len(m.text)], m.last
		return
	}
	if len(o.waiting) >= maxMessages || o.bytes > maxWaiting {
		o.closed, o.waiting = true, nil
		_ = o.c.ws.NetConn().Close()
		return
	}
	o.waiting = append(o.waiting, m)
}

// drain sends what waits, unless somebody else is at it.
func (o *outbox) drain() {
	o.mu.Lock()
	if o.busy {
		o.mu.Unlock()
		return
	}
	o.busy = true
	for len(o.waiting) > 0 && !o.closed {
		batch := o.waiting
		o.waiting, o.bytes = nil, 0
		o.mu.Unlock()
		o.send(batch)
		o.mu.Lock()
	}
	o.busy = false
	o.idle.Broadcast()
	o.mu.Unlock()
}

// drainSoon drains on another goroutine, if there is anything to drain.
func (o *outbox) drainSoon() {
	o.mu.Lock()
	need := len(o.waiting) > 0 && !o.busy && !o.closed
	o.mu.Unlock()
	if need {
		go o.drain()
	}
}

func (o *outbox) send(batch []message) {
	for _, m := range batch {
		var err error
		switch m.kind {
		case packet:
			_ = o.c.ws.SetWriteDeadline(clock.System{}.Now().Add(writeWait))
			err = o.c.ws.WriteMessage(websocket.TextMessage, m.text)
		case hangUp:
			o.hangUp()
		case goAway:
			o.closeFrame(m.code)
		case dropIt:
			err = o.c.ws.NetConn().Close()
		case rawBytes:
			err = o.c.writeRaw(m)
		case finIt:
			o.fin()
		case resetIt:
			resetConn(o.c.ws.NetConn())
		case waitHere:
		}
		if err != nil {
			o.close()
			_ = o.c.ws.NetConn().Close()
			return
		}
	}
}

// hangUp closes once the grace has passed.
func (o *outbox) hangUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed && o.grace == nil {
		o.grace = clock.System{}.AfterFunc(grace, func() { o.closeFrame(0) })
	}
}

// fin ends the sending side; the client may still speak for a moment.
func (o *outbox) fin() {
	for c := o.c.ws.NetConn(); c != nil; {
		if w, ok := c.(interface{ CloseWrite() error }); ok {
			_ = w.CloseWrite()
			break
		}
		inner, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = inner.NetConn()
	}
	_ = o.c.ws.SetReadDeadline(clock.System{}.Now().Add(farewell))
}

// closeFrame closes, with an empty payload unless a code is asked for: a code breaks one of the vendor's clients. (observed)
func (o *outbox) closeFrame(code int) {
	o.c.mu.Lock() // an s may be setting the key of the entries right now
	if code == 0 && o.c.x.stage.choices.Is(scenarios.StreamCloseCode, "1000") {
		code = websocket.CloseNormalClosure
	}
	var payload []byte
	if code != 0 {
		payload = websocket.FormatCloseMessage(code, "")
	}
	o.c.x.note(scenarios.WSControl, scenarios.Out, scenarios.Entry{
		Frame: &scenarios.Frame{Opcode: websocket.CloseMessage, Frames: 1, Size: int64(len(payload))}, Code: code,
	})
	o.c.mu.Unlock()
	_ = o.c.control(websocket.CloseMessage, payload)
	_ = o.c.ws.SetReadDeadline(clock.System{}.Now().Add(farewell))
}

// close stops the outbox; what waits is not sent any more.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.idle.Broadcast()
	if o.grace != nil {
		o.grace.Stop()
	}
}

// wait returns when nobody is sending.
func (o *outbox) wait() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.busy {
		o.idle.Wait()
	}
}

// flushed returns true when everything that waited has been sent, and false when ctx was done before.
func (o *outbox) flushed(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() {
		o.mu.Lock()
		o.idle.Broadcast()
		o.mu.Unlock()
	})
	defer stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.closed && (o.busy || len(o.waiting) > 0) {
		if ctx.Err() != nil {
			return false
		}
		o.idle.Wait()
	}
	return true
}
