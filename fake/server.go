package fake

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/fake/internal/rawhead"
	"mockamivoice/scenarios"
)

const (
	headerWait = 10 * time.Second // for the head of a request (ours)
	idleWait   = 5 * time.Minute  // between two requests on a connection (ours)
)

// Configure prepares h to serve s: HTTP/1 alone, because HTTP/2 lower-cases headers and cannot be hijacked, a time-out for
// heads of requests, and connections that are numbered on the tape. It is not needed in tests.
func (s *Server) Configure(h *http.Server) {
	h.Protocols = new(http.Protocols)
	h.Protocols.SetHTTP1(true)
	h.ReadHeaderTimeout = headerWait
	h.IdleTimeout = idleWait
	h.MaxHeaderBytes = 1 << 20
	h.ConnContext = s.connContext
	h.ConnState = s.connState
	h.ErrorLog = slog.NewLogLogger(redacting{s.log.Handler(), s.redact.Text}, slog.LevelDebug)
}

// Listener wraps l so that the tape shows the head of a request as it came, in its order and spelling. For TLS wrap the TLS
// listener. Without it the tape shows header lines sorted, in Go's spelling.
func (s *Server) Listener(l net.Listener) net.Listener { return rawhead.Listener(l) }

// Shutdown ends every stream with a close frame and waits until they are gone, or until ctx is done. Requests of the other
// surfaces are the http.Server's to wait for.
func (s *Server) Shutdown(ctx context.Context) error {
	s.ended.Do(func() { close(s.closing) })
	s.streams.goAway()
	defer s.journal.Close()
	defer s.minds.wait(ctx)
	defer s.leave()
	return s.streams.wait(ctx)
}

// Close ends every stream at once and lets go of the readers of the tape. It may be called twice.
func (s *Server) Close() {
	s.ended.Do(func() { close(s.closing) })
	s.streams.cut()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = s.streams.wait(ctx)
	s.usage.close()
	s.leave()
	s.minds.wait(ctx)
	s.journal.Close()
}

// TapeErr is the first error of the sink that WithTape named, or nil.
func (s *Server) TapeErr() error { return s.journal.Err() }

// streams are the open ones.
type streams struct {
	mu   sync.Mutex
	open map[*stream]struct{}
	gone chan struct{} // closed when the last one left after somebody asked
	shut bool          // no more
}

func (s *streams) add(c *stream, limit int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut || len(s.open) >= limit {
		return false
	}
	if s.open == nil {
		s.open = make(map[*stream]struct{})
	}
	s.open[c] = struct{}{}
	return true
}

func (s *streams) remove(c *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	if s.gone != nil && len(s.open) == 0 {
		close(s.gone)
		s.gone = nil
	}
}

func (s *streams) all() []*stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*stream, 0, len(s.open))
	for c := range s.open {
		list = append(list, c)
	}
	return list
}

func (s *streams) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shut
}

func (s *streams) refuseNew() {
	s.mu.Lock()
	s.shut = true
	s.mu.Unlock()
}

// goAway says good-bye to every client.
func (s *streams) goAway() {
	s.refuseNew()
	for _, c := range s.all() {
		switch {
		case !c.ready():
		case c.stalled.Load(): // it says nothing, not even good-bye
			_ = c.ws.NetConn().Close()
		default:
			c.out.push(message{kind: goAway})
			c.out.drainSoon()
		}
	}
}

// cut closes every connection.
func (s *streams) cut() {
	s.refuseNew()
	for _, c := range s.all() {
		if c.ready() {
			_ = c.ws.NetConn().Close()
		}
	}
}

// wait returns when no stream is open.
func (s *streams) wait(ctx context.Context) error {
	s.mu.Lock()
	if len(s.open) == 0 {
		s.mu.Unlock()
		return nil
	}
	if s.gone == nil {
		s.gone = make(chan struct{})
	}
	gone := s.gone
	s.mu.Unlock()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for streams to end: %w", ctx.Err())
	}
}

// buffers are byte buffers that are used again, unless a huge message made them grow.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *bytes.Buffer {
	if buf, ok := b.pool.Get().(*bytes.Buffer); ok {
		return buf
	}
	return new(bytes.Buffer)
}

func (b *buffers) put(buf *bytes.Buffer) {
	const most = 64 << 10
	if buf.Cap() <= most {
		buf.Reset()
		b.pool.Put(buf)
	}
}

// redacting is a handler of logs that lets no secret pass.
type redacting struct {
	slog.Handler
	redact func(string) string
}

// Handle implements slog.Handler.
func (h redacting) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, strings.TrimSpace(h.redact(r.Message)), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(slog.String(a.Key, h.redact(a.Value.String())))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

func tooMany(what string, n, most int) error {
	return fmt.Errorf("%s has %d entries; at most %d are taken", what, n, most)
}

func quoted(s string) string {
	if len(s) > 40 {
		return fmt.Sprintf("%q…", s[:40])
	}
	return fmt.Sprintf("%q", s)
}

// Time returns the server's clock.
func (s *Server) Time() clock.Clock { return s.clock }

// Tape returns the head of the tape and the entries that f lets through.
func (s *Server) Tape(f TapeFilter) (scenarios.Header, []scenarios.Entry) {
	return s.journal.Header(), s.journal.Entries(f.journal())
}
