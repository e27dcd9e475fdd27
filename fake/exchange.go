package fake

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sort"
	"strconv"
	"sync"
	"time"

	"mockamivoice/fake/internal/rawhead"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// exchange is one HTTP request and its reply, as the tape and the metrics see them.
type exchange struct {
	s       *Server
	r       *http.Request
	surface protocol.Surface
	conn    uint64
	peer    netip.Addr
	key     string         // id
	ends    int64          // the life of the key, in Unix milliseconds, by its claims; 0 for never
	stage   stage          // what applies to it, as far as that is known yet
	due     time.Time      // when what a fault holds up goes on, at the earliest
	awake   bool           // it was woken by the clock, or is about to arm a timer, and who moves the clock waits for it
	hides   bool           // the body of the reply is made of a secret
	basis   protocol.Basis // how well the reply is known; 0 where that goes without saying
}

func (s *Server) exchange(r *http.Request, surface protocol.Surface) *exchange {
	return &exchange{s: s, r: r, surface: surface, conn: s.conns.of(s, r), peer: s.peer(r), stage: s.theatre.now()}
}

func (x *exchange) note(kind scenarios.Kind, dir scenarios.Dir, e scenarios.Entry) {
	e.Kind, e.Dir, e.Conn, e.Key, e.Surface = kind, dir, x.conn, x.key, string(x.surface)
	x.s.journal.Append(e)
}

// request puts the request on the tape, with what was read of its body.
func (x *exchange) request(parts []scenarios.Part, audio *scenarios.Audio) {
	x.note(scenarios.HTTPRequest, scenarios.In, scenarios.Entry{
		Method: x.r.Method, Target: x.r.RequestURI, Headers: requestHeaders(x.r), Parts: parts, Audio: audio, Remote: x.peer.String(),
	})
}

// requestHeaders are the header lines as they came, or sorted by name where nobody saw them come.
func requestHeaders(r *http.Request) [][2]string {
	if head, _, ok := rawhead.Take(r); ok {
		return head
	}
	return append([][2]string{{"Host", r.Host}}, sortedHeaders(r.Header)...)
}

func sortedHeaders(h http.Header) [][2]string {
	lines := make([][2]string, 0, len(h)+1)
	for name, values := range h {
		for _, v := range values {
			lines = append(lines, [2]string{name, v})
		}
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][0] < lines[j][0] })
	return lines
}

// tolerate notes that the server put up with something.
func (x *exchange) tolerate(what string) {
	x.note(scenarios.Tolerance, scenarios.Note, scenarios.Entry{Text: what})
}

// unreadable notes what is wrong with a value. A secret among the values is not quoted, for a shortened one is hard to find again.
func (x *exchange) unreadable(what, value string, err error) {
	text := what + " is not valid"
	if x.s.redact.Text(value) == value {
		text = what + ": " + err.Error()
	}
	x.tolerate(text)
}

// tolerateAbout notes what is odd about a text. Where a secret is in it, the note may hold a shortened one, and does not say.
func (x *exchange) tolerateAbout(text, what string) {
	if x.s.redact.Text(text) != text {
		what = "what is odd here is not told, for there is a secret in it"
	}
	x.tolerate(what)
}

// refused notes why a key was not good.
func (x *exchange) refused(g grant) {
	x.s.metrics.refused(g.refusal)
	x.note(scenarios.KeyRefused, scenarios.Note, scenarios.Entry{Text: g.refusal.String() + ": " + g.explain(x.s.clock.Now(), x.peer)})
}

// respond puts the reply on the tape, then sends it. Content-Length is always said: the vendor's native clients take a reply
// without it for a chunked one. (observed)
func (x *exchange) respond(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	if status != http.StatusNoContent {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	x.s.metrics.replied(x.surface, status)
	e := scenarios.Entry{Status: status, Headers: sortedHeaders(h), Body: x.shown(body)}
	if x.basis != 0 {
		e.Basis = x.basis.String()
	}
	x.note(scenarios.HTTPResponse, scenarios.Out, e)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away is no concern of the server
}

// shown is what the tape shows of the body of the reply.
func (x *exchange) shown(body []byte) string {
	if x.hides {
		return hidden
	}
	return string(body)
}

// errorReply is the JSON of an error that is not shaped like a result.
func errorReply(e *protocol.Error) reply {
	return reply{e.Status, "application/json; charset=utf-8", append(protocol.AppendError(nil, e), "\r\n"...), e.Basis}
}

// admit makes the key, and the scenario that goes with it, those of the exchange.
func (x *exchange) admit(g grant) {
	x.key, x.ends = g.id, g.ends
	x.stage = x.s.appointed(g, func(err error) {
		x.tolerate("the key is bound to a scenario that cannot be played here: " + err.Error())
	})
}

// expireKey lets the key of the exchange end its life.
func (x *exchange) expireKey(d scenarios.DoExpireKey) {
	x.s.expire(x.key, x.s.clock.Now().Add(-d.Ago))
}

// conns numbers TCP connections. Where the http.Server was not prepared by Configure, a connection is known by its remote
// address; the table of those is bounded and starts again when it is full.
type conns struct {
	mu    sync.Mutex
	last  uint64
	open  map[net.Conn]uint64 // those of Configure
	byKey map[string]uint64   // the others, by remote address
}

type connKey struct{}

const maxConns = 10_000

func (c *conns) of(s *Server, r *http.Request) uint64 {
	if n, ok := r.Context().Value(connKey{}).(uint64); ok {
		return n
	}
	c.mu.Lock()
	n, known := c.byKey[r.RemoteAddr]
	if !known {
		if c.byKey == nil || len(c.byKey) >= maxConns {
			c.byKey = make(map[string]uint64)
		}
		c.last++
		n = c.last
		c.byKey[r.RemoteAddr] = n
	}
	c.mu.Unlock()
	if !known {
		s.journal.Append(scenarios.Entry{Kind: scenarios.ConnOpen, Dir: scenarios.Note, Conn: n, Remote: r.RemoteAddr})
	}
	return n
}

// connContext numbers a connection for Configure.
func (s *Server) connContext(ctx context.Context, c net.Conn) context.Context {
	n := s.conns.opened(c)
	s.journal.Append(scenarios.Entry{Kind: scenarios.ConnOpen, Dir: scenarios.Note, Conn: n, Remote: c.RemoteAddr().String()})
	return context.WithValue(rawhead.ConnContext(ctx, c), connKey{}, n)
}

// connState notes the end of connections for Configure. A stream notes its own.
func (s *Server) connState(c net.Conn, state http.ConnState) {
	if state != http.StateClosed && state != http.StateHijacked {
		return
	}
	n, known := s.conns.closed(c)
	if known && state == http.StateClosed {
		s.journal.Append(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, Conn: n, How: "fin"})
	}
}

func (c *conns) opened(conn net.Conn) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = make(map[net.Conn]uint64)
	}
	c.last++
	c.open[conn] = c.last
	return c.last
}

func (c *conns) closed(conn net.Conn) (n uint64, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, known = c.open[conn]
	delete(c.open, conn)
	return n, known
}
