package judge

import (
	"fmt"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

func act(r scenarios.Reaction) string {
	return map[scenarios.Reaction]string{
		scenarios.ReactIssue: "ask for another key", scenarios.ReactStart: "send an s", scenarios.ReactClose: "end the connection",
		scenarios.ReactRetry: "connect, ask, or send the recording again",
	}[r]
}

// isReaction tells whether e may be the reaction of the client.
func (s strike) isReaction(p *clientTape, e *scenarios.Entry, r scenarios.Reaction) bool {
	if r == scenarios.ReactClose {
		return s.isClose(p, e)
	}
	if host := p.host(e.Conn); host != "" && s.host != "" && host != s.host {
		return false
	}
	switch r {
	case scenarios.ReactIssue:
		return e.Kind == scenarios.KeyIssued && e.Conn != s.fault.Conn || e.Kind == scenarios.HTTPRequest && e.Surface == string(protocol.SurfaceIssue)
	case scenarios.ReactStart:
		return e.Kind == scenarios.WSCommand && isStart(e)
	case scenarios.ReactRetry:
		surface := string(protocol.SurfaceSync)
		if s.fault.Surface != string(protocol.SurfaceStream) {
			surface = s.fault.Surface
		}
		return e.Kind == scenarios.HTTPRequest && e.Surface == surface || e.Kind == scenarios.WSHandshake
	case scenarios.ReactClose, scenarios.ReactNone:
	}
	return false
}

// isClose tells whether the client ended its connection. Where the tape does not say who did, it may have been the client.
func (s strike) isClose(p *clientTape, e *scenarios.Entry) bool {
	if e.Conn != s.fault.Conn {
		return false
	}
	isFrame := e.Kind == scenarios.WSControl && e.Dir == scenarios.In && e.Frame != nil && e.Frame.Opcode == opClose
	return isFrame || e.Kind == scenarios.ConnClose && !s.hungUp(p)
}

// hungUp tells whether the server ended the connection, so that there was nothing left to close.
func (s strike) hungUp(p *clientTape) bool {
	c := p.conns[s.fault.Conn]
	if c == nil || c.closed == nil {
		return false
	}
	if c.talk != nil && c.talk.goodbye && c.talk.left == nil {
		return true
	}
	switch c.closed.Text {
	case "", scenarios.ClosedByClient, scenarios.ClosedAfterGoodbye:
		return false
	}
	return true
}

// isOwn tells whether e is certainly a deed of the client that the fault struck.
func (s strike) isOwn(p *clientTape, e *scenarios.Entry) bool {
	if e.Conn != s.fault.Conn && (s.fault.Key == "" || p.keyOf(e) != s.fault.Key) {
		return false
	}
	switch e.Kind {
	case scenarios.WSCommand:
		return isStart(e)
	case scenarios.HTTPRequest:
		return s.isAgain(p, e)
	case scenarios.WSHandshake:
		return true
	case scenarios.WSControl:
		return e.Conn == s.fault.Conn && e.Dir == scenarios.In && e.Frame != nil && e.Frame.Opcode == opClose && !s.hungUp(p)
	case scenarios.ConnClose:
		return e.Conn == s.fault.Conn && (e.Text == scenarios.ClosedByClient || e.Text == scenarios.ClosedAfterGoodbye) && !s.hungUp(p)
	default:
		return false
	}
}

// isAgain tells whether e asks for the same as what was struck. The next recording of many is no reaction.
func (s strike) isAgain(p *clientTape, e *scenarios.Entry) bool {
	struck, again := s.exchange(p), p.exchange(e)
	if struck == nil || again == nil || struck == again {
		return false
	}
	if struck.request.Surface != again.request.Surface {
		return false
	}
	if again.is(protocol.SurfaceAsync) || again.is(protocol.SurfaceWords) { // several requests share the surface
		a, _, _ := strings.Cut(struck.request.Target, "?")
		b, _, _ := strings.Cut(again.request.Target, "?")
		if struck.request.Method != again.request.Method || a != b {
			return false
		}
	}
	return struck.words() == again.words()
}

// exchange is the request that the fault struck, nil on a stream.
func (s strike) exchange(p *clientTape) *exchange {
	if s.own != nil {
		return p.exchange(s.own)
	}
	var last *exchange
	for _, x := range p.exchanges {
		if x.request.Conn == s.fault.Conn && x.request.N < s.fault.N {
			last = x
		}
	}
	return last
}

func (p *clientTape) exchange(request *scenarios.Entry) *exchange {
	for _, x := range p.exchanges {
		if x.request == request {
			return x
		}
	}
	return nil
}

// end is the number of the entry with which the cycle or the recording that was struck came to a good end, 0 without one.
func (s strike) end(p *clientTape) uint64 {
	c := p.conns[s.fault.Conn]
	if c == nil || c.talk == nil {
		if x := s.exchange(p); x != nil {
			if code, ok := x.code(); ok && code == "" {
				return x.reply.N
			}
		}
		return 0
	}
	var last *round
	for _, r := range c.talk.rounds {
		if r.start.N < s.fault.N {
			last = r
		}
	}
	if last != nil && last.done != nil && last.failure == nil && last.done.Text == "e" {
		return last.done.N
	}
	return 0
}

// keyOf is the key of an entry. A server learns the key of an s after it has put it on the tape.
func (p *clientTape) keyOf(e *scenarios.Entry) string {
	if e.Kind != scenarios.WSCommand {
		return e.Key
	}
	if c := p.conns[e.Conn]; c != nil && c.talk != nil {
		for _, r := range c.talk.rounds {
			if r.start == e {
				return r.key()
			}
		}
	}
	return e.Key
}

// deed says what the client did.
func deed(e *scenarios.Entry) string {
	switch e.Kind {
	case scenarios.WSCommand:
		return fmt.Sprintf("sent %.1s", e.Text)
	case scenarios.WSHandshake:
		return "opened a stream"
	case scenarios.WSControl, scenarios.ConnClose:
		return "ended the connection"
	default:
	}
	path, _, _ := strings.Cut(e.Target, "?")
	return "sent " + e.Method + " " + path
}

// instead says what the client did after the fault, on its connection.
func (s strike) instead(p *clientTape) string {
	var deeds []string
	for i := range p.entries {
		e := &p.entries[i]
		isDeed := e.Kind == scenarios.WSCommand && e.Text != "" || e.Kind == scenarios.WSHandshake || e.Kind == scenarios.HTTPRequest || e.Kind == scenarios.ConnClose
		if e.N > s.fault.N && e.Conn == s.fault.Conn && isDeed && (len(deeds) == 0 || deeds[len(deeds)-1] != deed(e)) {
			deeds = append(deeds, deed(e))
		}
	}
	const most = 4
	switch {
	case len(deeds) == 0:
		return "it did nothing"
	case len(deeds) > most:
		deeds = append(deeds[:most], "more")
	}
	return "it " + strings.Join(deeds, ", ")
}
