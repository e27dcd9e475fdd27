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
	basis    string
	event    protocol.Event   // of a packet of the machine; nil for one that a fault made up
	wait     time.Duration    // of waitHere: clock time
	code     int              // of goAway: the code of the close frame
	last     bool             // of a raw piece: it is the last of its frame
	entry    *scenarios.Entry // of a raw piece: what the tape says about it
	farewell string           // how the connection ended, for what ends it
}

// line is what is said on a stream, between the machine and the outbox: faults hold it up, reorder it and silence it. It is
// guarded by the mutex of the stream.
type line struct {
	queue  []outgoing  // behind a wait
	timer  clock.Timer // until the queue goes on; nil when nothing waits
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
	if c.line.timer != nil {
		c.line.queue = append(c.line.queue, o)
		return
	}
	c.carry(o)
}

func (c *stream) carry(o outgoing) {
	if o.kind == waitHere {
		c.line.timer = clock.At(c.s.clock, c.now.Add(o.wait), c.goOn)
		return
	}
	c.transmit(o)
}

// goOn runs on the goroutine of the clock when a wait is over.
func (c *stream) goOn() {
	c.mu.Lock()
	l := &c.line
	l.timer = nil
	c.now = c.s.clock.Now()
	for len(l.queue) > 0 && l.timer == nil {
		o := l.queue[0]
		l.queue = l.queue[1:]
		c.carry(o)
	}
	c.mu.Unlock()
	c.out.drainSoon()
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
			Text: string(o.text), Basis: o.basis, Frame: &scenarios.Frame{Opcode: websocket.TextMessage, Frames: 1, Size: int64(len(o.text))},
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
