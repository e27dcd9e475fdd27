package fake

import (
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"mockamivoice/fake/clock"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// outgoing is something on its way to the client of a stream.
type outgoing struct {
	kind     kind
	letter   byte   // of a packet
	text     []byte // of a packet; bytes of a raw piece
	hides    bool   // the text is made of a secret, and not shown on the tape
	basis    string
	event    protocol.Event   // of a packet of the machine; nil for one that a fault made up
	until    time.Time        // of waitHere: by the clock
	code     int              // of goAway: the code of the close frame
	last     bool             // of a raw piece: it is the last of its frame
	piece    int              // of raw bytes that drip: how many at a time; 0 for all at once
	every    time.Duration    // of raw bytes that drip: clock time between two pieces
	also     []outgoing       // what goes right behind it, wherever it goes
	entry    *scenarios.Entry // of a raw piece: what the tape says about it
	farewell string           // how the connection ended, for what ends it
}

// line is what is said on a stream, between the machine and the outbox: faults hold it up, reorder it and silence it. It is
// guarded by the mutex of the stream.
type line struct {
	rest   *outgoing   // what has not dripped yet; nil when nothing drips
	queue  []outgoing  // behind a wait
	bytes  int         // of the texts in queue
	timer  clock.Timer // until rest or the queue goes on; nil when nothing waits
	order  []string    // letters that are being collected; nil for none
	held   []outgoing  // what came since
	silent bool        // nothing more is taken
	deaf   bool        // nothing more is heard
	mute   byte        // letter of the answer that is left out; 0 for none
	other  map[byte]string
}

// emit puts something on the line.
func (c *stream) emit(o outgoing) {
	l := &c.line
	switch {
	case l.silent:
	case l.order == nil:
		c.pass(o)
	default:
		l.held = append(l.held, o)
		if !l.collected(o) {
			if len(l.held) > maxMessages {
				c.overflow()
			}
			return
		}
		for _, o := range l.release() {
			c.pass(o)
		}
	}
}

// collected tells whether nothing is missing any more, or nothing more can come: an answer or an end never waits.
func (l *line) collected(o outgoing) bool {
	if o.kind != packet && o.kind != rawBytes && o.kind != waitHere || slices.Contains([]byte("spe"), o.letter) {
		return true
	}
	for _, letter := range l.order {
		if !slices.ContainsFunc(l.held, func(o outgoing) bool { return letter == string(o.letter) }) {
			return false
		}
	}
	return true
}

// release returns what was held: one of each letter in the order that was asked for, then the rest as it came.
func (l *line) release() []outgoing {
	var first []outgoing
	rest := l.held
	for _, letter := range l.order {
		i := slices.IndexFunc(rest, func(o outgoing) bool { return letter == string(o.letter) })
		if i >= 0 {
			first = append(first, rest[i])
			rest = slices.Delete(rest, i, i+1)
		}
	}
	l.order, l.held = nil, nil
	return append(first, rest...)
}

// pass lets something go on, behind what waits for the clock.
func (c *stream) pass(o outgoing) {
	l := &c.line
	if l.timer == nil {
		c.carry(o)
	} else {
		l.queue = append(l.queue, o)
		if l.bytes += len(o.text); len(l.queue) > maxMessages || l.bytes > maxWaiting {
			c.overflow()
			return
		}
	}
	for _, next := range o.also {
		c.pass(next)
	}
}

func (c *stream) carry(o outgoing) {
	l := &c.line
	if o.kind == waitHere {
		if o.until.After(c.now) {
			l.timer = clock.At(c.s.clock, o.until, c.goOn)
		}
		return
	}
	for o.piece > 0 && len(o.text) > o.piece {
		first := o
		first.text, first.last = o.text[:o.piece], false
		c.transmit(first)
		o.text, o.entry = o.text[o.piece:], nil
		if o.every > 0 {
			rest := o // o itself stays on the stack
			l.rest, l.timer = &rest, clock.At(c.s.clock, c.now.Add(o.every), c.goOn)
			return
		}
	}
	c.transmit(o)
}

// goOn runs on the goroutine of the clock when a wait is over.
func (c *stream) goOn() {
	c.mu.Lock()
	l := &c.line
	l.timer = nil
	c.now = c.s.clock.Now()
	if o := l.rest; o != nil {
		l.rest = nil
		c.carry(*o)
	}
	for len(l.queue) > 0 && l.timer == nil {
		o := l.queue[0]
		l.queue = l.queue[1:]
		l.bytes -= len(o.text)
		c.carry(o)
	}
	c.mu.Unlock()
	c.out.drainSoon()
}

// overflow ends a connection for which more waits than would be kept for a client that does not read.
func (c *stream) overflow() {
	c.farewell = "too much waits for the clock"
	c.line.rest, c.line.queue, c.line.held, c.line.silent = nil, nil, nil, true
	_ = c.ws.NetConn().Close()
}

// cutLine forgets what was not said when the connection is over.
func (c *stream) cutLine() {
	l := &c.line
	if l.timer != nil {
		l.timer.Stop()
	}
	*l = line{silent: true, deaf: l.deaf}
}

// transmit puts something on the tape and then into the outbox.
func (c *stream) transmit(o outgoing) {
	m := message{kind: o.kind, text: o.text, code: o.code, last: o.last}
	switch o.kind {
	case packet:
		c.x.note(scenarios.WSEvent, scenarios.Out, scenarios.Entry{
			Text: o.shown(string(o.text)), Basis: o.basis, Frame: &scenarios.Frame{Opcode: websocket.TextMessage, Frames: 1, Size: int64(len(o.text))},
		})
		if o.event != nil {
			c.s.metrics.said(o.event)
		}
		m.text = c.terminated(o.text)
	case rawBytes:
		if o.entry != nil {
			c.x.note(scenarios.WSEvent, scenarios.Out, *o.entry)
		}
	case hangUp, dropIt, goAway, finIt, resetIt:
		c.farewell = o.farewell
	case waitHere: // was carried out already
	}
	c.out.push(m)
}

// shown is what the tape shows of a text of o.
func (o outgoing) shown(text string) string {
	if o.hides {
		return hidden
	}
	return text
}

// terminated is a packet with the line end that some generation of the service sends. (observed: the vendor's libraries)
func (c *stream) terminated(text []byte) []byte {
	switch c.x.stage.choices.Of(scenarios.StreamLineEnd) {
	case "lf":
		return append(slices.Clip(text), '\n')
	case "crlf":
		return append(slices.Clip(text), "\r\n"...)
	}
	return text
}
