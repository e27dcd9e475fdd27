// Package lenient makes official clients that break RFC 6455 digestible for
// gorilla/websocket.
package lenient

import (
	"bufio"
	"fmt"
	"net"
	"net/http"

	"github.com/gorilla/websocket"
)

// The words that [Options.OnTolerance] is called with.
const (
	// UnmaskedFrames is reported when a client sends its first unmasked frame.
	UnmaskedFrames = "unmasked frames"
	// NoVersion is reported when a handshake lacks Sec-WebSocket-Version.
	NoVersion = "no Sec-WebSocket-Version"
)

const versionHeader = "Sec-Websocket-Version" // as net/http spells it

// Options say how much of RFC 6455 a client may break. The zero value
// tolerates everything that is known of real clients and has no size limit.
type Options struct {
	// Strict refuses what RFC 6455 refuses: such a handshake is answered 400,
	// an unmasked frame fails the connection. Frames are observed all the same.
	Strict bool
	// MaxMessage is the largest message in bytes, the sum of the payloads of
	// its frames. A frame header that exceeds it ends the connection with
	// [ErrTooLarge] before anything is allocated. 0 means no limit. It is
	// ignored when Strict is set: use SetReadLimit of gorilla there.
	MaxMessage int64
	// OnTolerance, if not nil, is called once per connection and kind of
	// tolerance: from Upgrade with NoVersion, from the reading goroutine with
	// UnmaskedFrames.
	OnTolerance func(what string)
}

func (o Options) tolerated(what string) {
	if o.OnTolerance != nil {
		o.OnTolerance(what)
	}
}

// Upgrade is u.Upgrade for clients that break RFC 6455 in the ways o allows.
// The connection's NetConn is a [*Conn]. The frames it sees are queued in
// Frames, which belongs to the goroutine that reads the connection. On error
// the request has been answered, or its connection closed, by gorilla.
//
// Bytes that a client sends along with the handshake are read as frames.
func Upgrade(u *websocket.Upgrader, w http.ResponseWriter, r *http.Request, o Options) (*websocket.Conn, *Frames, error) {
	// observed: the five native Wrp 1.0.05 clients send no Sec-WebSocket-Version.
	missing := !o.Strict && len(r.Header[versionHeader]) == 0
	if missing {
		r = r.WithContext(r.Context()) // a shallow copy: the caller's stays as it came
		r.Header = r.Header.Clone()
		r.Header[versionHeader] = []string{"13"}
	}
	h := &hijacker{ResponseWriter: w, options: o}
	ws, err := u.Upgrade(h, r, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("upgrade to websocket: %w", err)
	}
	if missing {
		o.tolerated(NoVersion)
	}
	return ws, h.conn.Frames(), nil
}

// hijacker puts a Conn between gorilla and the connection it hijacks.
type hijacker struct {
	http.ResponseWriter
	options Options
	conn    *Conn
}

// Hijack takes over the connection. gorilla refuses to go on when the reader
// it gets holds bytes, therefore they move into the Conn; the buffers stay, so
// that an idle connection costs no more than it does with bare gorilla.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, brw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("hijack: %w", err)
	}
	early, _ := brw.Peek(brw.Reader.Buffered()) // cannot fail: they are there
	h.conn = Wrap(nc, early, h.options)
	brw.Reader.Reset(h.conn)
	brw.Writer.Reset(h.conn)
	return h.conn, brw, nil
}
