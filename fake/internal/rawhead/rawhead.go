// Package rawhead remembers request heads as they were on the wire, header
// order and spelling included, because net/http forgets both.
package rawhead

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A connection keeps at most so many heads, and so many bytes of them together
// with the one that is being received. The oldest go first.
const (
	maxHeads = 8
	maxBytes = 64 << 10
)

// handshakeTimeout bounds a TLS handshake, which net/http only does for a
// connection that is a *tls.Conn itself.
const handshakeTimeout = 10 * time.Second

// Listener returns l with every accepted connection wrapped by [Wrap]. For TLS
// it goes around the TLS listener: Listener(tls.NewListener(l, config)). That
// config must not offer "h2": net/http speaks HTTP/2 to bare *tls.Conn only.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err //nolint:wrapcheck // net/http looks at the error's type
	}
	return Wrap(c), nil
}

// Wrap returns c with an observer of the requests that are read from it. It has
// to be the outermost wrapper that net/http sees. If c is a *tls.Conn the
// result has ConnectionState, by which net/http sets Request.TLS.
func Wrap(c net.Conn) net.Conn {
	o := &conn{Conn: c}
	if t, ok := c.(*tls.Conn); ok {
		return &tlsConn{conn: o, tls: t}
	}
	return o
}

// conn is an observed connection. net/http reads it from two goroutines, though
// never at once, while handlers take heads from it.
type conn struct {
	net.Conn
	mu      sync.Mutex
	scanner scanner
}

// Read reads from the connection inside and observes what was read.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.mu.Lock()
		c.scanner.feed(p[:n])
		c.mu.Unlock()
	}
	return n, err //nolint:wrapcheck // a net.Conn passes errors on as they are
}

// NetConn returns the connection inside, as the method of tls.Conn does.
func (c *conn) NetConn() net.Conn { return c.Conn }

// CloseWrite shuts down the writing side if the connection inside can do that.
// net/http uses it so that a client sees the answer to a request that is too
// large.
func (c *conn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite() //nolint:wrapcheck // see Read
	}
	return nil
}

func (c *conn) observed() *conn { return c }

type tlsConn struct {
	*conn
	tls *tls.Conn
}

// ConnectionState completes the handshake if need be and returns the state. A
// handshake that fails shows as an error of the first Read.
func (c *tlsConn) ConnectionState() tls.ConnectionState {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	_ = c.tls.HandshakeContext(ctx) // the first Read returns the same error
	return c.tls.ConnectionState()
}

type contextKey struct{}

// ConnContext is for http.Server.ConnContext, it makes [Take] work. A
// connection that is not from [Wrap] leaves ctx as it is.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	o, ok := c.(interface{ observed() *conn })
	if !ok {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, o.observed())
}

// Take returns the request line of r and its header lines, name and value, in
// the order and spelling of the wire, without the blanks around a value. It
// forgets them and the heads before them. ok is false if the head of r was not
// observed: the connection is not from [Wrap], the head is larger than 64 KiB,
// or it was taken before. Take may be called by any goroutine.
func Take(r *http.Request) (head [][2]string, requestLine string, ok bool) {
	c, ok := r.Context().Value(contextKey{}).(*conn)
	if !ok {
		return nil, "", false
	}
	c.mu.Lock()
	raw, ok := c.scanner.take(r.Method + " " + r.RequestURI + " ")
	c.mu.Unlock()
	if !ok {
		return nil, "", false
	}
	requestLine, head = parse(raw)
	return head, requestLine, true
}

// parse splits a head into its request line and its headers. A folded value is
// joined by a blank, as net/http does.
func parse(raw string) (requestLine string, head [][2]string) {
	requestLine, rest, _ := strings.Cut(raw, "\n")
	for line := range strings.Lines(rest) {
		folded := line[0] == ' ' || line[0] == '\t'
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "":
			continue
		case folded && len(head) > 0:
			last := &head[len(head)-1]
			last[1] = strings.TrimSpace(last[1] + " " + strings.TrimSpace(line))
		default:
			name, value, _ := strings.Cut(line, ":")
			head = append(head, [2]string{name, strings.TrimSpace(value)})
		}
	}
	return strings.TrimSuffix(requestLine, "\r"), head
}
