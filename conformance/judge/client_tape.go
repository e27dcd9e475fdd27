package judge

import (
	"net/netip"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// clientTape is a tape as laws of a client see it. Where entries were dropped, streams that were open end for the judge: nobody is
// accused for what may have stood there.
type clientTape struct {
	entries   []scenarios.Entry
	exchanges []*exchange
	talks     []*talk
	conns     map[uint64]*connection
	gaps      []uint64        // N of entries that say that others were dropped
	early     map[uint64]bool // by number of a fault: it struck a request that is on the tape behind it
}

// connection is one TCP connection.
type connection struct {
	opened *scenarios.Entry // nil where its beginning is not on the tape
	closed *scenarios.Entry
	host   string // of the client, without its port; empty where the tape does not say

	waiting *exchange
	talk    *talk
	odd     bool // the server put up with something since the last request
}

// exchange is an HTTP request with its reply.
type exchange struct {
	conn    *connection
	request *scenarios.Entry
	reply   *scenarios.Entry // nil without one
	odd     bool             // the server noted something while it read the body, which may have been cut
}

// readClient makes a clientTape of a tape.
func readClient(entries []scenarios.Entry) *clientTape {
	p := &clientTape{entries: entries, conns: make(map[uint64]*connection), early: make(map[uint64]bool)}
	for i := range entries {
		e := &entries[i]
		if e.Kind == scenarios.Dropped {
			p.gap(e)
			continue
		}
		c := p.conns[e.Conn]
		if c == nil {
			c = &connection{}
			p.conns[e.Conn] = c
		}
		c.add(e, p)
	}
	return p
}

// gap forgets what was going on.
func (p *clientTape) gap(e *scenarios.Entry) {
	p.gaps = append(p.gaps, e.N)
	for _, c := range p.conns {
		c.waiting, c.talk = nil, nil
	}
}

// gapAfter tells whether entries behind that with number n are missing.
func (p *clientTape) gapAfter(n uint64) bool { return len(p.gaps) > 0 && p.gaps[len(p.gaps)-1] > n }

func (c *connection) add(e *scenarios.Entry, p *clientTape) {
	if e.Remote != "" {
		c.host = hostOf(e.Remote)
	}
	switch e.Kind {
	case scenarios.ConnOpen:
		c.opened = e
	case scenarios.HTTPRequest:
		c.waiting, c.odd = &exchange{conn: c, request: e, odd: c.odd || e.Text != ""}, false
		p.exchanges = append(p.exchanges, c.waiting)
	case scenarios.WSHandshake:
		if c.opened == nil {
			c.opened = e
		}
		c.talk = &talk{conn: c, handshake: e}
		p.talks = append(p.talks, c.talk)
	case scenarios.HTTPResponse:
		c.replied(e)
	case scenarios.FaultStruck:
		p.early[e.N] = c.waiting == nil && c.talk == nil
	case scenarios.Tolerance:
		c.odd = c.waiting == nil
	case scenarios.ConnClose:
		c.closed = e
	}
	if c.talk != nil {
		c.talk.add(e)
	}
}

func (c *connection) replied(e *scenarios.Entry) {
	switch {
	case c.waiting != nil:
		c.waiting.reply, c.waiting = e, nil
	case c.talk != nil && e.Status != 101:
		c.talk.refused = e
	}
}

// hostOf is an address without its port.
func hostOf(remote string) string {
	if at, err := netip.ParseAddrPort(remote); err == nil {
		return at.Addr().Unmap().String()
	}
	if addr, err := netip.ParseAddr(remote); err == nil {
		return addr.Unmap().String()
	}
	return remote
}

// lapse is the time from a to b. A clock that stands still, and one that is moved by hand, may say something else than real time:
// the longer one is in favour of a client that should have waited.
func lapse(a, b *scenarios.Entry) time.Duration {
	return max(b.At.Sub(a.At.Time), time.Duration(b.T-a.T)*time.Millisecond)
}

// knew tells whether who sent b had certainly seen a, which came on connection first: b came on the same connection, or on
// one that was opened when that one was over. Clients that share a key may be told at about the same time.
func (p *clientTape) knew(a, b *scenarios.Entry) bool {
	const enough = time.Second // of real time
	switch first, next := p.conns[a.Conn], p.conns[b.Conn]; {
	case b.N <= a.N, first == nil, next == nil:
		return false
	case a.Conn == b.Conn, time.Duration(b.T-a.T)*time.Millisecond >= enough:
		return true
	default:
		return first.closed != nil && next.opened != nil && first.closed.N < next.opened.N
	}
}

// is tells whether the request is about surface. CORS preflights are the browser's.
func (x *exchange) is(surface protocol.Surface) bool {
	return x.request.Surface == string(surface) && x.request.Method != "OPTIONS"
}

// query is the query of a request.
func query(e *scenarios.Entry) []protocol.Param {
	_, text, _ := strings.Cut(e.Target, "?")
	return protocol.ParseForm(text)
}

// field is the field of the query or of the body that is called name; ok is false without one.
func (x *exchange) field(name string) (value string, ok bool) {
	if v, ok := protocol.First(query(x.request), name); ok {
		return v, true
	}
	return x.part(name)
}

// part is the field of the body that is called name.
func (x *exchange) part(name string) (value string, ok bool) {
	for _, p := range x.request.Parts {
		if p.Name == name {
			return p.Value, true
		}
	}
	if len(x.request.Parts) > 0 || !isForm(x.request) {
		return "", false
	}
	return protocol.First(protocol.ParseForm(x.request.Body), name) // a form of which the recorder kept the text
}

// isSeen tells whether the tape shows the whole request: the server was done with it, had nothing to say about its body, and the
// recorder saw the parts if there were to be any.
func (x *exchange) isSeen() bool {
	return !x.odd && x.reply != nil && (len(x.request.Parts) > 0 || !x.isMultipart())
}

// header is the value of the first header line called name.
func header(e *scenarios.Entry, name string) (value string, ok bool) {
	for _, l := range e.Headers {
		if strings.EqualFold(l[0], name) {
			return l[1], true
		}
	}
	return "", false
}

// d is the parameter d, or the header that stands for it with a raw body.
func (x *exchange) d() protocol.D {
	text, _ := x.field("d")
	if text == "" {
		text, _ = header(x.request, "Accept-Topic") // observed: the vendor's client library can be told to send it
	}
	return protocol.ParseD(text)
}

// isMultipart tells whether the body has parts. Any other body is the audio itself.
func (x *exchange) isMultipart() bool {
	media, _ := header(x.request, "Content-Type")
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(media)), "multipart/form-data")
}

// key is the id of the key that the request used, empty where the tape does not say.
func (x *exchange) key() string {
	if x.request.Key != "" {
		return x.request.Key
	}
	value, _ := header(x.request, "Authorization")
	_, id, _ := strings.Cut(value, "<key:")
	id, _, _ = strings.Cut(id, ">")
	return id
}

// code is the code of a result; ok is false where the reply is none.
func (x *exchange) code() (code string, ok bool) {
	if x.reply == nil || x.reply.Body == "" {
		return "", false
	}
	r, err := protocol.ParseResult([]byte(strings.TrimRight(x.reply.Body, "\r\n")))
	return r.Code, err == nil && len(r.Results) > 0
}
