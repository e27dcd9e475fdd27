// Package record writes what a client did as a tape, from the raw bytes of its connections.
package record

import (
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
	"mockamivoice/reference-client/wire"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/redact"
)

// Options are how a Recorder is made.
type Options struct {
	Tool      string
	Now       func() time.Time    // the clock of the entries
	Passwords []string            // which the tape must not show
	Keys      []string            // which it shows by their ids; issued ones are learnt
	Endpoints refclient.Endpoints // to tell the surfaces apart
}

// Recorder writes a tape as JSON Lines: the header when it is made, an entry when it happened. Its Tap goes into a Client. All
// methods may be called from any number of goroutines.
type Recorder struct {
	options Options
	started time.Time
	book    *redact.Book
	paths   refclient.Endpoints // the paths of the surfaces

	mu    sync.Mutex
	out   *json.Encoder
	n     uint64
	err   error
	conns map[uint64]*conn
}

// New is a Recorder that writes to w.
func New(w io.Writer, o Options) *Recorder {
	r := &Recorder{options: o, started: o.Now(), book: redact.NewBook(o.Passwords...), out: json.NewEncoder(w), conns: make(map[uint64]*conn)}
	r.book.Learn(o.Keys...)
	r.out.SetEscapeHTML(false)
	r.paths = refclient.Endpoints{Issue: pathOf(o.Endpoints.Issue), Async: pathOf(o.Endpoints.Async), Words: pathOf(o.Endpoints.Words)}
	r.err = r.out.Encode(scenarios.Header{Tape: scenarios.TapeVersion, Tool: o.Tool, Recorder: "client", ClockStart: scenarios.At(r.started)})
	return r
}

// pathOf is the path of a URL, without a slash at its end.
func pathOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.Path, "/")
}

// Err is the first error of the writer.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Tap is for refclient.WithTap.
func (r *Recorder) Tap(e refclient.TapEvent) {
	r.mu.Lock()
	c := r.conns[e.Conn]
	if c == nil {
		c = newConn(r, e.Conn)
		r.conns[e.Conn] = c
	}
	if e.Kind == refclient.Closed {
		delete(r.conns, e.Conn)
	}
	r.mu.Unlock()
	switch e.Kind {
	case refclient.Opened:
		c.add(scenarios.Entry{Kind: scenarios.ConnOpen, Dir: scenarios.Note})
	case refclient.Wrote:
		c.requests.write(e.Bytes)
	case refclient.Read:
		c.replies.write(e.Bytes)
	case refclient.Ended:
		c.ended()
	case refclient.Closed:
		c.requests.end()
		c.replies.end()
		c.add(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, How: "fin", Text: c.farewell()})
	}
}

// Close ends the connections that are still open on the tape.
func (r *Recorder) Close() {
	r.mu.Lock()
	var open []uint64
	for n := range r.conns {
		open = append(open, n)
	}
	r.mu.Unlock()
	for _, n := range open {
		r.Tap(refclient.TapEvent{Conn: n, Kind: refclient.Closed})
	}
}

func (r *Recorder) add(e scenarios.Entry) {
	r.book.Entry(&e)
	now := r.options.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	e.N, e.At, e.T = r.n, scenarios.At(now.Truncate(time.Millisecond)), now.Sub(r.started).Milliseconds()
	if err := r.out.Encode(e); err != nil && r.err == nil {
		r.err = err
	}
}

// conn is one connection. Each direction has a parser; what they share is guarded by mu.
type conn struct {
	r        *Recorder
	number   uint64
	requests *locked
	replies  *locked

	mu      sync.Mutex
	surface protocol.Surface
	key     string
	stream  bool // the server has switched protocols
	format  string
	isIssue bool
	isOver  bool // the other side ended it
}

// locked is a feed that is written by one goroutine at a time and may have ended.
type locked struct {
	mu sync.Mutex
	f  *feed
}

func (l *locked) write(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		_, _ = l.f.Write(p) // never fails
	}
}

func (l *locked) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		l.f.end()
		l.f = nil
	}
}

func newConn(r *Recorder, number uint64) *conn {
	c := &conn{r: r, number: number}
	c.requests, c.replies = &locked{f: parse(c.readRequests)}, &locked{f: parse(c.readReplies)}
	return c
}

func (c *conn) add(e scenarios.Entry) {
	c.mu.Lock()
	e.Conn, e.Surface, e.Key = c.number, string(c.surface), c.key
	c.mu.Unlock()
	c.r.add(e)
}

// ended notes that the other side ended the connection.
func (c *conn) ended() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isOver = true
}

// farewell says who ended the connection.
func (c *conn) farewell() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isOver {
		return scenarios.ClosedByServer
	}
	return scenarios.ClosedByClient
}

// isStream tells whether frames follow.
func (c *conn) isStream() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stream
}

// surfaceOf tells by path and headers what a request is about.
func (c *conn) surfaceOf(h wire.Head, path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, upgrade := h.Value("Upgrade")
	paths := c.r.paths
	c.isIssue = path == paths.Issue
	switch {
	case c.isIssue:
		c.surface = protocol.SurfaceIssue
	case upgrade:
		c.surface = protocol.SurfaceStream
	case paths.Async != "" && (path == paths.Async || strings.HasPrefix(path, paths.Async+"/")):
		c.surface = protocol.SurfaceAsync
	case strings.HasPrefix(path, paths.Words+protocol.PathWords), strings.HasPrefix(path, paths.Words+protocol.PathClassNames):
		c.surface = protocol.SurfaceWords
	default:
		c.surface = protocol.SurfaceSync
	}
	c.key = ""
}

// uses notes by which key the connection speaks.
func (c *conn) uses(key string) {
	c.r.book.Learn(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.key = c.r.book.ID(key)
}
