package fake_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"mockamivoice/fake/clock"
	rawwire "mockamivoice/reference-client/wire"
)

// socket is a TCP connection and what came over it.
type socket struct {
	t  tb
	nc net.Conn
	r  *bufio.Reader
}

func (e *edge) connect() *socket {
	e.t.Helper()
	nc, err := net.DialTimeout("tcp", e.addr, patience)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = nc.Close() })
	s := &socket{t: e.t, nc: nc, r: bufio.NewReaderSize(nc, 4096)}
	s.wait()
	return s
}

// below is the connection of a stream.
func (c *rawClient) below() *socket { return &socket{c.t, c.nc, c.r} }

func (s *socket) wait() { _ = s.nc.SetDeadline(clock.System{}.Now().Add(patience)) }

func (s *socket) write(text string) {
	s.t.Helper()
	s.wait()
	if _, err := io.WriteString(s.nc, text); err != nil {
		s.t.Fatalf("write: %v", err)
	}
}

// reply reads a whole HTTP reply: its first line, the rest of its head, and its body.
func (s *socket) reply() (start string, head rawwire.Head, body string) {
	s.t.Helper()
	s.wait()
	head, err := rawwire.ReadHead(s.r)
	if err != nil {
		s.t.Fatalf("head: %v", err)
	}
	b, _, err := head.ReadBody(s.r, 1<<24)
	if err != nil {
		s.t.Fatalf("body after %q: %v", head.Start, err)
	}
	return head.Start, head, string(b)
}

// exactly reads n bytes.
func (s *socket) exactly(n int) string {
	s.t.Helper()
	s.wait()
	b := make([]byte, n)
	if got, err := io.ReadFull(s.r, b); err != nil {
		s.t.Fatalf("%d bytes of %d: %q, %v", got, n, b[:got], err)
	}
	return string(b)
}

// rest reads to the end of the connection and tells how it ended: fin, rst, or open when it did not.
func (s *socket) rest() (text, how string) {
	s.t.Helper()
	s.wait()
	b, err := io.ReadAll(s.r)
	switch {
	case err == nil:
		how = "fin"
	case errors.Is(err, syscall.ECONNRESET):
		how = "rst"
	case errors.Is(err, os.ErrDeadlineExceeded):
		how = "open"
	default:
		how = err.Error()
	}
	return string(b), how
}

func (s *socket) ends(want string) {
	s.t.Helper()
	if text, how := s.rest(); text != "" || how != want {
		s.t.Fatalf("the connection ends with %s after %q, want %s after nothing", how, text, want)
	}
}

// quiet finds nothing to read on a connection that is open.
func (s *socket) quiet() {
	s.t.Helper()
	const moment = 20 * time.Millisecond
	_ = s.nc.SetReadDeadline(clock.System{}.Now().Add(moment))
	b, err := s.r.Peek(1)
	s.wait()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		s.t.Fatalf("not silence on an open connection: %q, %v", b, err)
	}
}

// pieces reads text that comes n bytes at a time, each piece when the clock moves on by every.
func (e *edge) pieces(s *socket, n int, every time.Duration, more func(soFar string) bool) string {
	e.t.Helper()
	text := s.exactly(n)
	for i := 0; more(text); i++ {
		if i < 3 { // of many
			s.quiet()
		}
		e.pass(every)
		b := make([]byte, n)
		s.wait()
		got, err := s.r.Read(b)
		if err != nil {
			e.t.Fatalf("after %q: %v", text, err)
		}
		text += string(b[:got])
	}
	return text
}

// page is what a proxy says for a service that it cannot reach.
func page(status string) string {
	return "<html>\r\n<head><title>" + status + "</title></head>\r\n<body>\r\n<center><h1>" + status + "</h1></center>\r\n</body>\r\n</html>\r\n"
}

// proxied reads a reply of a proxy, which has none of the headers of the service.
func (s *socket) proxied(status string) {
	s.t.Helper()
	start, head, body := s.reply()
	if start != "HTTP/1.1 "+status || body != page(status) {
		s.t.Fatalf("%s\n%s", start, body)
	}
	for _, name := range []string{"X-Session-ID", "Access-Control-Allow-Origin"} {
		if _, has := head.Value(name); has {
			s.t.Fatalf("a proxy knows nothing of %s: %v", name, head.Lines)
		}
	}
}
