package fake

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"

	"github.com/gorilla/websocket"

	"mockamivoice/fake/clock"
	"mockamivoice/fake/internal/session"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// presented is the s that is being dealt with, and what its key came to.
type presented struct {
	params  recognition
	grant   grant
	refusal *protocol.Error // by a fault; nil for none
}

// present looks at the key of an s. From then on the stream belongs to it.
func (c *stream) present(start protocol.Start) {
	c.presented = &presented{params: startRecognition(start)}
	c.presented.grant = c.s.check(c.presented.params.key, c.now, c.peer)
	c.presented.params.service, c.presented.params.noLog = c.presented.grant.claims.Service, c.noLog
	c.x.admit(c.presented.grant)
}

// pointOf is where faults strike at a packet.
func pointOf(command protocol.Command) scenarios.Point {
	switch command.(type) {
	case protocol.Start:
		return scenarios.AtStart
	case protocol.End:
		return scenarios.AtEnd
	case protocol.Feed:
	}
	return scenarios.AtFeed
}

// foresee counts a packet with the other replicas, and returns what will strike at it. That comes before it is dealt with, so that
// nobody waits for the store who waits for the stream. The goroutine that reads calls it; nobody else changes the key.
func (c *stream) foresee(command protocol.Command) blow {
	if !c.s.replicas.shared || c.stalled.Load() {
		return blow{}
	}
	x := exchange{s: c.s, key: c.x.key, ends: c.x.ends, stage: c.x.stage}
	if start, is := command.(protocol.Start); is {
		g := c.s.check(start.Value("authorization"), c.s.clock.Now(), c.peer)
		x.key, x.ends, x.stage = g.id, g.ends, c.s.appointed(g, func(error) {}) // it is told when the s is dealt with
	}
	return x.occur(pointOf(command), "")
}

// take deals with a packet of the client, in the way in which faults let it. Where there are replicas, struck is what strikes.
func (c *stream) take(command protocol.Command, struck blow) {
	if c.line.deaf {
		return
	}
	at := pointOf(command)
	if at == scenarios.AtStart {
		c.line.mute, c.line.other = 0, nil
	}
	if !c.s.replicas.shared {
		struck = c.x.occur(at, "")
	}
	defer func() { c.presented = nil }()
	var after []session.Input
	c.due = c.now
	for _, do := range c.x.met(struck) {
		more, goesOn := c.meet(at, command, do)
		if !goesOn {
			return
		}
		after = append(after, more...)
	}
	c.run(c.deviate(session.Command{Command: command}))
	for _, in := range after {
		c.run(in)
	}
}

// meet lets one action of a fault have its way with a packet. It tells whether the packet is to be dealt with all the same, and
// what happens after that.
func (c *stream) meet(at scenarios.Point, command protocol.Command, do scenarios.Do) (after []session.Input, goesOn bool) {
	letter := map[scenarios.Point]byte{scenarios.AtStart: 's', scenarios.AtFeed: 'p', scenarios.AtEnd: 'e'}[at]
	switch d := do.(type) {
	case scenarios.DoDelay:
		c.emit(c.later(d))
	case scenarios.DoSend:
		c.emit(made(d.Text))
	case scenarios.DoReplace:
		c.line.other = map[byte]string{letter: d.Text}
	case scenarios.DoNoAnswer:
		c.line.mute = letter
	case scenarios.DoExpireKey:
		return nil, c.letExpire(at, d)
	case scenarios.DoError:
		return nil, c.breakOff(at, d)
	case scenarios.DoLimit:
		reached := session.Reached{Timer: timerOf(d.Name)}
		if at == scenarios.AtEnd {
			c.run(reached)
			return nil, c.machine.State() != session.Closed
		}
		return []session.Input{reached}, true
	case scenarios.DoDrop:
		return nil, false
	case scenarios.DoDuplicate:
		for range d.Times - 1 {
			c.run(session.Command{Command: command})
		}
	default:
		c.cutOff(do)
		return nil, false
	}
	return nil, true
}

// letExpire ends the life of the key, before an s as it is looked at, later for the rest of the cycle.
func (c *stream) letExpire(at scenarios.Point, d scenarios.DoExpireKey) bool {
	c.x.expireKey(d)
	if at == scenarios.AtStart {
		c.presented.grant = c.s.check(c.presented.params.key, c.now, c.peer)
	} else {
		c.run(session.Expired{At: c.now})
	}
	return true
}

// breakOff answers with an error. To an s it is a refusal like any other.
func (c *stream) breakOff(at scenarios.Point, d scenarios.DoError) bool {
	e, _ := protocol.ErrorNamed(d.ID) // the loader has checked it
	if at == scenarios.AtStart {
		if e.ID == protocol.StartExpired {
			e = protocol.ExpiredAtStart(c.now, c.now)
		}
		c.presented.refusal = e
		return true
	}
	// documented: the limits end the connection, other errors leave it for the next s
	limit := e.ID == protocol.EndTimeout || e.ID == protocol.EndTimeoutRecognizing || e.ID == protocol.FeedSessionTimeout
	c.run(session.Broke{Error: e, HangUp: limit})
	return false
}

// later is a wait that ends so long after what is held up was due, whatever else waits by then. Those of one fault add up.
func (c *stream) later(d scenarios.DoDelay) outgoing {
	c.due = c.due.Add(d.For)
	return outgoing{kind: waitHere, until: c.due}
}

func timerOf(name scenarios.Limit) session.Timer {
	return map[scenarios.Limit]session.Timer{
		scenarios.LimitNoData: session.TimerNoData, scenarios.LimitNonSpeech: session.TimerNonSpeech,
		scenarios.LimitSession: session.TimerSession, scenarios.LimitIdle: session.TimerIdle,
	}[name]
}

// made is a packet that a fault made up.
func made(text string) outgoing {
	o := outgoing{kind: packet, text: []byte(text), basis: protocol.Assumed.String()}
	if text != "" {
		o.letter = text[0]
	}
	return o
}

// reply puts the answer to s, p or e on the line, unless a fault leaves it out or has another.
func (c *stream) reply(o outgoing) {
	if c.line.mute == o.letter {
		c.line.mute = 0
		return
	}
	if text, is := c.line.other[o.letter]; is {
		delete(c.line.other, o.letter)
		o.text = []byte(replaced(text, payloadOf(o.text)))
	}
	c.emit(o)
}

// payloadOf is what follows the letter and the blank of a packet.
func payloadOf(text []byte) string {
	_, payload, _ := bytes.Cut(text, []byte(" "))
	return string(payload)
}

// event puts an event on the line, in the way in which faults let it. What a fault puts before it stays there.
func (c *stream) event(o outgoing) {
	var before []outgoing
	c.due = c.now
	for _, do := range c.x.strike(scenarios.AtEvent, string(o.letter)) {
		switch d := do.(type) {
		case scenarios.DoDelay:
			before = append(before, c.later(d))
		case scenarios.DoSend:
			before = append(before, made(d.Text))
		case scenarios.DoReplace:
			o.text = []byte(replaced(d.Text, payloadOf(o.text)))
		case scenarios.DoResult:
			o.text = c.heard(o, d.Said)
		case scenarios.DoGarble:
			o.hides = o.hides || c.x.holdsSecret(o.text)
			if head := len(o.text) - len(payloadOf(o.text)); head < len(o.text) {
				o.text = append(o.text[:head:head], c.x.garble(o.text[head:])...)
			}
		case scenarios.DoDuplicate:
			for range d.Times - 1 {
				before = append(before, o)
			}
		case scenarios.DoOrder:
			if c.line.order == nil {
				c.line.order = d.Letters
			}
		case scenarios.DoDrip:
			o = c.dripping(o, d)
		default:
			c.instead(o.letter, before, o, do)
			return
		}
	}
	if len(before) == 0 {
		c.emit(o)
		return
	}
	c.emitAs(o.letter, append(before, o)...)
}

// instead does what leaves an event out, or no connection behind it.
func (c *stream) instead(letter byte, before []outgoing, o outgoing, do scenarios.Do) {
	c.emitAs(letter, before...)
	switch d := do.(type) {
	case scenarios.DoDrop:
	case scenarios.DoTruncate:
		c.truncate(o, cutAt(d, len(o.text)))
	default:
		c.cutOff(do)
	}
}

// emitAs puts things on the line that stay together, and count as an event with this letter.
func (c *stream) emitAs(letter byte, all ...outgoing) {
	if len(all) == 0 {
		return
	}
	first := all[0]
	first.letter, first.also = letter, all[1:]
	c.emit(first)
}

// heard is an A with another result, whose times are those of the utterance.
func (c *stream) heard(o outgoing, said scenarios.Said) []byte {
	u := utterance{start: c.cycle.start, end: c.cycle.end}
	result := transcriptOf(said, u).result(c.utteranceID(), u)
	if a, is := o.event.(protocol.Final); is && a.Result.UtteranceID != "" && result.UtteranceID != "" {
		result.UtteranceID = a.Result.UtteranceID
	}
	return protocol.AppendEvent(nil, protocol.Final{Result: result})
}

// truncate sends the beginning of a frame and ends the connection.
func (c *stream) truncate(o outgoing, cut int) {
	o.hides = o.hides || c.x.holdsSecret(o.text)
	c.emit(c.piece(o, append(frameHead(len(o.text)), o.text[:cut]...), string(o.text[:cut])))
	c.emit(outgoing{kind: finIt, farewell: closedByFault})
	c.line.silent = true
}

// dripping is a packet as a frame that goes in pieces.
func (c *stream) dripping(o outgoing, d scenarios.DoDrip) outgoing {
	p := c.piece(o, append(frameHead(len(o.text)), o.text...), string(o.text))
	p.piece, p.every, p.last = d.Bytes, d.Every, true
	return p
}

// writeRaw writes a piece of a frame. Until the frame is complete no control frame may come between.
func (c *stream) writeRaw(m message) error {
	c.wire.Lock()
	defer c.wire.Unlock()
	c.midFrame = !m.last
	conn := c.ws.NetConn()
	_ = conn.SetWriteDeadline(clock.System{}.Now().Add(writeWait))
	_, err := conn.Write(m.text)
	return err
}

// piece is the beginning of a frame, of which the tape says what is given.
func (c *stream) piece(o outgoing, bytes []byte, text string) outgoing {
	return outgoing{kind: rawBytes, letter: o.letter, text: bytes, entry: &scenarios.Entry{
		Text: o.shown(text), Basis: o.basis, Frame: &scenarios.Frame{Opcode: websocket.TextMessage, Frames: 1, Size: int64(len(o.text))},
	}}
}

// frameHead is the head of a text frame that is not masked. (RFC 6455)
func frameHead(size int) []byte {
	const finText = 0x80 | websocket.TextMessage
	switch {
	case size < 126:
		return []byte{finText, byte(size)}
	case size < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{finText, 126}, uint16(size))
	}
	return binary.BigEndian.AppendUint64([]byte{finText, 127}, uint64(size)) //nolint:gosec // it is no negative number
}

// cutOff ends what can be said, or the connection.
func (c *stream) cutOff(do scenarios.Do) {
	switch d := do.(type) {
	case scenarios.DoStall:
		c.line.deaf = true
		c.stalled.Store(true)
	case scenarios.DoClose:
		c.emit(outgoing{kind: goAway, code: d.Code, farewell: closedByFault})
	case scenarios.DoReset:
		c.emit(outgoing{kind: resetIt, farewell: resetByFault})
	default:
		panic(fmt.Sprintf("fake: %T cannot be done on a stream", do)) // the loader refuses it
	}
	c.line.silent = true
}

// meetHandshake lets a fault have its way with a handshake. It returns what the handshake is to be answered through, or nil when
// it has been dealt with.
func (x *exchange) meetHandshake(w http.ResponseWriter) http.ResponseWriter {
	for _, do := range x.strike(scenarios.AtHandshake, "") {
		switch d := do.(type) {
		case scenarios.DoDelay:
			if !x.delay(d.For) {
				panic(http.ErrAbortHandler) // nobody is there any more
			}
		case scenarios.DoStatus:
			x.write(w, pageOf(w.Header(), d))
			return nil
		case scenarios.DoTruncate, scenarios.DoDrip:
			return &spoiling{ResponseWriter: w, x: x, do: d}
		default:
			x.spoil(w, reply{}, do)
			return nil
		}
	}
	return w
}
