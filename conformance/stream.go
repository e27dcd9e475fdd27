package conformance

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/protocol"
	"mockamivoice/reference-client/wire"
	"mockamivoice/scenarios"
)

const (
	opText   = wire.Text
	opBinary = wire.Binary

	longestMessage = 32 << 20
	mostWaiting    = 4096 // messages that a script has not asked for
	farewell       = 500 * time.Millisecond
)

// message is one message of a stream.
type message struct {
	payload   []byte
	opcode    int
	fragments []int // sizes of the first frames
}

// streamConn is one stream. One goroutine reads it; it ends when the connection does.
type streamConn struct {
	conn     net.Conn
	number   uint64
	tape     *tape
	unmasked bool
	incoming chan message  // closed when the connection is over
	pongs    chan struct{} // answers to pings of ours
	done     chan struct{} // closed when the reader is gone
	wmu      sync.Mutex

	mu     sync.Mutex
	how    scenarios.Ending // how the connection ended, once done is closed
	left   bool             // the client has said goodbye
	format string
	key    string
}

// connect opens a stream of the script. A refused handshake is a mismatch.
func (p *player) connect(ctx context.Context, a scenarios.Connect) error {
	u, err := p.target.place(a.Path)
	if err != nil {
		return err
	}
	d, err := p.dialer(a.From)
	if err != nil {
		return err
	}
	headers, err := p.fields(a.Headers)
	if err != nil {
		return err
	}
	conn, err := dial(ctx, d, u, p.target.TLS)
	if err != nil {
		return err
	}
	h := &httpConn{conn: conn, reader: bufio.NewReader(conn), number: p.tape.conn(), tape: p.tape, host: u.Host}
	p.tape.add(scenarios.Entry{Kind: scenarios.ConnOpen, Dir: scenarios.Note, Conn: h.number, Surface: string(protocol.SurfaceStream), Remote: conn.LocalAddr().String()})
	if err := h.upgrade(u.RequestURI(), a, headers, p.patience); err != nil {
		h.close()
		return err
	}
	s := &streamConn{
		conn: conn, number: h.number, tape: p.tape, unmasked: a.Unmasked,
		incoming: make(chan message, mostWaiting), pongs: make(chan struct{}, 1), done: make(chan struct{}),
	}
	p.stream = s
	p.streams = append(p.streams, s)
	go s.read(h.reader)
	return nil
}

// upgrade makes the handshake. (RFC 6455)
func (c *httpConn) upgrade(target string, a scenarios.Connect, headers []protocol.Param, patience time.Duration) error {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	key := base64.StdEncoding.EncodeToString(nonce)
	o := outgoing{method: "GET", target: target, headers: [][2]string{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", key}}}
	if a.Version == nil {
		o.headers = append(o.headers, [2]string{"Sec-WebSocket-Version", "13"})
	} else if *a.Version != "" {
		o.headers = append(o.headers, [2]string{"Sec-WebSocket-Version", *a.Version})
	}
	for _, h := range headers {
		o.headers = append(o.headers, [2]string{h.Key, h.Value})
	}
	c.tape.add(scenarios.Entry{
		Kind: scenarios.WSHandshake, Dir: scenarios.In, Conn: c.number, Surface: string(protocol.SurfaceStream),
		Method: o.method, Target: o.target, Headers: append([][2]string{{"Host", c.host}}, o.headers...),
	})
	_ = c.conn.SetDeadline(now().Add(patience))
	if _, err := c.conn.Write(o.bytes(c.host)); err != nil {
		return &mismatch{"an answer to the handshake", whatCame(err, patience)}
	}
	r, _, err := c.read()
	if err != nil {
		return &mismatch{"an answer to the handshake", whatCame(err, patience)}
	}
	c.tape.add(scenarios.Entry{
		Kind: scenarios.HTTPResponse, Dir: scenarios.Out, Conn: c.number, Surface: string(protocol.SurfaceStream),
		Status: r.status, Headers: r.head.Lines, Body: r.body,
	})
	if r.status != 101 {
		return &mismatch{"the handshake to be accepted with 101", fmt.Sprintf("status %d with body %s", r.status, dialogue.Quote(r.body))}
	}
	if accept, _ := r.head.Value("Sec-WebSocket-Accept"); accept != acceptOf(key) {
		return &mismatch{"Sec-WebSocket-Accept: " + acceptOf(key), dialogue.Quote(accept)}
	}
	return c.conn.SetDeadline(time.Time{})
}

func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455 asks for it
	return base64.StdEncoding.EncodeToString(sum[:])
}

// send writes a message, fragmented if it says so. That the connection is gone will be seen by what is expected next.
func (s *streamConn) send(m message) error {
	s.record(m)
	data := make([]byte, 0, len(m.payload)+16)
	rest, opcode := m.payload, m.opcode
	for _, size := range m.fragments {
		n := min(size, len(rest))
		data = s.append(data, wire.Frame{Opcode: opcode, Payload: rest[:n]})
		rest, opcode = rest[n:], wire.Continuation
	}
	data = s.append(data, wire.Frame{Fin: true, Opcode: opcode, Payload: rest})
	s.write(data)
	return nil
}

func (s *streamConn) append(dst []byte, f wire.Frame) []byte {
	var key [4]byte
	_, _ = rand.Read(key[:]) // never fails
	f.Masked = !s.unmasked
	return wire.AppendFrame(dst, f, key)
}

func (s *streamConn) write(data []byte) {
	const longest = 10 * time.Second
	s.wmu.Lock()
	defer s.wmu.Unlock()
	_ = s.conn.SetWriteDeadline(now().Add(longest))
	_, _ = s.conn.Write(data)
}

// record puts a message of the client on the tape: a p as its audio.
func (s *streamConn) record(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := scenarios.Entry{
		Kind: scenarios.WSCommand, Dir: scenarios.In, Text: string(m.payload),
		Frame: &scenarios.Frame{Opcode: m.opcode, Masked: !s.unmasked, Frames: len(m.fragments) + 1, Size: int64(len(m.payload))},
	}
	command, err := protocol.ParseCommand(m.payload)
	switch c := command.(type) {
	case protocol.Start:
		s.format, s.key = c.Format, s.tape.ID(c.Value("authorization"))
	case protocol.Feed:
		e.Text, e.Audio = "p", measure(c.Audio, s.format)
	case protocol.End:
	}
	if err != nil {
		e.Text, e.Audio = "", measure(m.payload, s.format)
	}
	s.note(e)
}

// note completes an entry. s.mu is held.
func (s *streamConn) note(e scenarios.Entry) {
	e.Conn, e.Surface, e.Key = s.number, string(protocol.SurfaceStream), s.key
	s.tape.add(e)
}

// read takes frames until the connection is over.
func (s *streamConn) read(r *bufio.Reader) {
	defer close(s.done)
	defer close(s.incoming)
	how, text := scenarios.WithoutWord, "the connection ended"
	var open message
	frames, masked := 0, false
	for {
		f, err := wire.ReadFrame(r, longestMessage)
		if err != nil {
			if errors.Is(err, wire.ErrTooLong) {
				text = err.Error()
			}
			break
		}
		if f.Control() {
			if s.control(f) {
				how, text = scenarios.ByFrame, "close frame of the server"
				break
			}
			continue
		}
		if frames == 0 {
			open.opcode, masked = f.Opcode, f.Masked
		}
		frames++
		open.payload = append(open.payload, f.Payload...)
		if len(open.payload) > longestMessage {
			break
		}
		if f.Fin {
			s.arrived(open, frames, masked)
			open, frames = message{}, 0
		}
	}
	s.over(how, text)
}

// over ends the connection and notes how it came about.
func (s *streamConn) over(how scenarios.Ending, text string) {
	_ = s.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.how = how
	if s.left {
		text = scenarios.ClosedAfterGoodbye
	}
	s.note(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, How: string(how), Text: text})
}

func (s *streamConn) arrived(m message, frames int, masked bool) {
	s.mu.Lock()
	s.note(scenarios.Entry{
		Kind: scenarios.WSEvent, Dir: scenarios.Out, Text: string(m.payload),
		Frame: &scenarios.Frame{Opcode: m.opcode, Masked: masked, Frames: frames, Size: int64(len(m.payload))},
	})
	s.mu.Unlock()
	select {
	case s.incoming <- m:
	default: // nobody wants so many
	}
}

// control deals with a control frame, and reports whether it ends the connection.
func (s *streamConn) control(f wire.Frame) (ends bool) {
	s.mu.Lock()
	e := scenarios.Entry{
		Kind: scenarios.WSControl, Dir: scenarios.Out, Text: string(f.Payload),
		Frame: &scenarios.Frame{Opcode: f.Opcode, Masked: f.Masked, Frames: 1, Size: int64(len(f.Payload))},
	}
	if f.Opcode == wire.Close && len(f.Payload) >= 2 {
		e.Code, e.Text = int(f.Payload[0])<<8|int(f.Payload[1]), string(f.Payload[2:])
	}
	s.note(e)
	s.mu.Unlock()
	switch f.Opcode {
	case wire.Ping:
		s.write(s.append(nil, wire.Frame{Fin: true, Opcode: wire.Pong, Payload: f.Payload}))
	case wire.Pong:
		select {
		case s.pongs <- struct{}{}:
		default:
		}
	case wire.Close:
		s.write(s.append(nil, wire.Frame{Fin: true, Opcode: wire.Close, Payload: f.Payload[:min(len(f.Payload), 2)]}))
		return true
	}
	return false
}

// settle returns when the server has taken everything that was sent: it answers a ping in its turn. Only a target with a clock
// of its own is asked, before that is moved.
func (s *streamConn) settle(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-s.done:
		return nil
	default:
	}
	s.ping()
	select {
	case <-s.pongs:
	case <-s.done:
	case <-ctx.Done():
		return errors.New("the target does not answer a ping, so it is not known whether it has taken what was sent")
	}
	return nil
}

func (s *streamConn) ping() {
	s.mu.Lock()
	s.note(scenarios.Entry{Kind: scenarios.WSControl, Dir: scenarios.In, Frame: &scenarios.Frame{Opcode: wire.Ping, Masked: !s.unmasked, Frames: 1}})
	s.mu.Unlock()
	s.write(s.append(nil, wire.Frame{Fin: true, Opcode: wire.Ping}))
}

// leave says goodbye with a close frame.
func (s *streamConn) leave() error {
	s.mu.Lock()
	already := s.left
	s.left = true
	if !already {
		s.note(scenarios.Entry{Kind: scenarios.WSControl, Dir: scenarios.In, Code: 1000, Frame: &scenarios.Frame{Opcode: wire.Close, Masked: !s.unmasked, Frames: 1, Size: 2}})
	}
	s.mu.Unlock()
	if !already {
		s.write(s.append(nil, wire.Frame{Fin: true, Opcode: wire.Close, Payload: []byte{0x03, 0xe8}}))
	}
	return nil
}

// end leaves, and waits a little for the server to end the connection, so that the tape has all that it said.
func (s *streamConn) end(ctx context.Context) {
	select {
	case <-s.done:
		return
	default:
	}
	_ = s.leave()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	select {
	case <-s.done:
	case <-ctx.Done():
		_ = s.conn.Close()
		<-s.done
	}
}
