package conformance_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"

	"mockamivoice/reference-client/wire"
)

// tamper changes what goes over the streams of a server, frame by frame. Its functions get a frame and return what goes on in
// its place; nil functions change nothing.
type tamper struct {
	out func(s *tampered, f wire.Frame) []wire.Frame // from the server; a frame with the opcode cut ends the connection
	in  func(s *tampered, f wire.Frame) []wire.Frame // from the client
}

// cut is an opcode that does not exist: it stands for the end of the connection. cutText is the same among texts.
const (
	cut     = 99
	cutText = "\x00cut"
)

// tampered is the state of one stream.
type tampered struct {
	events  int          // how many messages came from the server
	last    string       // the last command of the client, without audio
	started bool         // the s of the cycle was answered
	cycles  int          // how many s were answered
	fed     int          // p packets of the cycle
	held    []wire.Frame // what a function keeps back
	inject  func(frames ...wire.Frame)
}

func textFrame(s string) wire.Frame {
	return wire.Frame{Fin: true, Opcode: wire.Text, Payload: []byte(s)}
}

// tamperListener wraps the connections of a listener.
type tamperListener struct {
	net.Listener

	t tamper
}

func (l tamperListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tamperConn{Conn: c, t: l.t, state: &tampered{}}, nil
}

// tamperConn lets heads of messages pass, and looks into frames once the server has switched protocols.
type tamperConn struct {
	net.Conn

	t        tamper
	mu       sync.Mutex // of writing
	state    *tampered
	upgraded bool
	outgoing bytes.Buffer
	incoming bytes.Buffer // what the server has yet to read
	reader   *bufio.Reader
}

// Write is what the server sends.
func (c *tamperConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.upgraded {
		if bytes.HasPrefix(p, []byte("HTTP/1.1 101 ")) {
			c.upgraded = true
			c.state.inject = c.inject
		}
		return c.Conn.Write(p)
	}
	c.outgoing.Write(p)
	for {
		r := bytes.NewReader(c.outgoing.Bytes())
		f, err := wire.ReadFrame(r, 1<<26)
		if err != nil {
			return len(p), nil
		}
		c.outgoing.Next(c.outgoing.Len() - r.Len())
		if f.Opcode == wire.Text {
			c.state.events++
			if string(f.Payload) == "s" {
				c.state.started, c.state.fed = true, 0
				c.state.cycles++
			}
		}
		frames := []wire.Frame{f}
		if c.t.out != nil {
			frames = c.t.out(c.state, f)
		}
		c.send(frames)
	}
}

// send writes frames. c.mu is held.
func (c *tamperConn) send(frames []wire.Frame) {
	for _, f := range frames {
		if f.Opcode == cut {
			if tcp, ok := c.Conn.(*net.TCPConn); ok {
				_ = tcp.CloseWrite() // what was sent before is not lost
			}
			c.t.in = func(*tampered, wire.Frame) []wire.Frame { return nil }
			return
		}
		_, _ = c.Conn.Write(wire.AppendFrame(nil, f, [4]byte{1, 2, 3, 4}))
	}
}

// inject sends frames to the client that the server knows nothing of. It is called by in, while nobody writes.
func (c *tamperConn) inject(frames ...wire.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(frames)
}

// Read is what the server receives.
func (c *tamperConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	upgraded := c.upgraded
	c.mu.Unlock()
	if !upgraded || c.t.in == nil {
		return c.Conn.Read(p)
	}
	if c.reader == nil {
		c.reader = bufio.NewReader(c.Conn)
	}
	for c.incoming.Len() == 0 {
		f, err := wire.ReadFrame(c.reader, 1<<26)
		if err != nil {
			return 0, err
		}
		switch f.Opcode {
		case wire.Text:
			c.state.last = string(f.Payload)
		case wire.Binary:
			c.state.fed++
		}
		for _, g := range c.t.in(c.state, f) {
			if g.Opcode == cut {
				_ = c.Close()
				return 0, io.EOF
			}
			c.incoming.Write(wire.AppendFrame(nil, g, [4]byte{5, 6, 7, 8}))
		}
	}
	return c.incoming.Read(p)
}

// answer is a reply of an http.Handler before it is sent.
type answer struct {
	header http.Header
	status int
	body   []byte
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}

// rewrite lets a function change every reply that is not a handshake.
func rewrite(h http.Handler, change func(r *http.Request, a *answer)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			h.ServeHTTP(w, r)
			return
		}
		a := &answer{header: make(http.Header), status: http.StatusOK}
		h.ServeHTTP(a, r)
		change(r, a)
		maps.Copy(w.Header(), a.header)
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	})
}

// countMutex guards what mutants count.
var countMutex sync.Mutex

// onBody lets a mutant change the body of a request for recognition.
func onBody(change func(r *http.Request, body []byte) []byte) func(*http.Request) {
	return func(r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/recognize") {
			return
		}
		body, _ := io.ReadAll(r.Body)
		setBody(r, change(r, body))
	}
}

func setBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
}

// formBody is the body of an issuance, which stays to be read.
func formBody(r *http.Request) string {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/issue_service_authorization") {
		return ""
	}
	body, _ := io.ReadAll(r.Body)
	setBody(r, body)
	return string(body)
}

func setForm(r *http.Request, body string) {
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	setBody(r, []byte(body))
}

func onForm(change func(body string) string) func(*http.Request) {
	return func(r *http.Request) {
		if body := formBody(r); body != "" {
			setForm(r, change(body))
		}
	}
}

func queryToForm(r *http.Request) {
	if body := formBody(r); body == "" && r.Method == http.MethodPost && r.URL.RawQuery != "" && strings.HasSuffix(r.URL.Path, "/issue_service_authorization") {
		setForm(r, r.URL.RawQuery)
	}
}

// partsFirst puts a key that stands behind the audio in front of it.
func partsFirst(_ *http.Request, body []byte) []byte {
	boundary, _, ok := bytes.Cut(body, []byte("\r\n"))
	boundary = slices.Clip(boundary) // the body stays as it is
	at := bytes.LastIndex(body, append(boundary, "\r\nContent-Disposition: form-data; name=\"u\""...))
	if !ok || at <= 0 {
		return body
	}
	end := bytes.LastIndex(body, append(boundary, "--"...))
	out := append([]byte(nil), body[at:end]...)
	out = append(out, body[:at]...)
	return append(out, body[end:]...)
}
