package fake_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"time"

	"mockamivoice/fake/clock"
)

// patience bounds every wait of a test in real time. No test that passes uses it up.
const patience = 10 * time.Second

const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10
)

// tb is what testing.TB and GinkgoT have in common.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// handshake is the upgrade request of a rawClient. The zero value is that of a browser without its extensions.
type handshake struct {
	path      string // "/v1/" when empty
	host      string // the address when empty
	noVersion bool   // leave Sec-WebSocket-Version out
	unmasked  bool   // send frames without a mask
	upgrade   string // value of Connection, "Upgrade" when empty
	lines     []string
	from      string // source address
	pipelined []byte // sent together with the request
}

// native is the handshake of the vendor's native clients. (observed: Wrp 1.0.05)
func native() handshake {
	return handshake{
		host: "acp-api.amivoice.com:443", upgrade: "upgrade", noVersion: true, unmasked: true,
		lines: []string{"User-Agent: Wrp/1.0.05 GCC/12.2 (Linux)"},
	}
}

// rawFrame is a frame as it came.
type rawFrame struct {
	fin, masked bool
	rsv, opcode byte
	payload     []byte
}

// rawClient speaks WebSocket byte by byte, and wrongly where a test wants it.
type rawClient struct {
	t        tb
	nc       net.Conn
	r        *bufio.Reader
	unmasked bool
	status   string
	headers  textproto.MIMEHeader
	texts    []string // that came while something else was awaited
	pings    int
}

// dialRaw connects and sends the handshake. The caller looks at status.
func dialRaw(t tb, addr string, h handshake) *rawClient {
	t.Helper()
	d := net.Dialer{Timeout: patience}
	if h.from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(h.from)}
	}
	nc, err := d.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	c := &rawClient{t: t, nc: nc, r: bufio.NewReaderSize(nc, 4096), unmasked: h.unmasked}
	c.wait()
	c.bytes(append([]byte(h.request(addr)), h.pipelined...))
	tp := textproto.NewReader(c.r)
	if c.status, err = tp.ReadLine(); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	if c.headers, err = tp.ReadMIMEHeader(); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	return c
}

func (h handshake) request(addr string) string {
	or := func(s, fallback string) string {
		if s == "" {
			return fallback
		}
		return s
	}
	lines := []string{
		"GET " + or(h.path, "/v1/") + " HTTP/1.1",
		"Host: " + or(h.host, addr),
		"Upgrade: websocket",
		"Connection: " + or(h.upgrade, "Upgrade"),
		"Sec-WebSocket-Key: q3GpTkWmqjcXlRz/9XVGDQ==",
	}
	if !h.noVersion {
		lines = append(lines, "Sec-WebSocket-Version: 13")
	}
	return strings.Join(append(lines, h.lines...), "\r\n") + "\r\n\r\n"
}

// wait gives whatever is read or written next the full patience.
func (c *rawClient) wait() { _ = c.nc.SetDeadline(clock.System{}.Now().Add(patience)) }

func (c *rawClient) bytes(b []byte) {
	c.t.Helper()
	if _, err := c.nc.Write(b); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// appendFrame appends one frame of a client, with a mask unless unmasked.
func appendFrame(dst []byte, fin bool, opcode byte, payload []byte, unmasked bool) []byte {
	first, second := opcode, byte(0x80)
	if fin {
		first |= 0x80
	}
	if unmasked {
		second = 0
	}
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, first, second|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, first, second|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, second|127), uint64(n))
	}
	if unmasked {
		return append(dst, payload...)
	}
	mask := [4]byte{0x1f, 0x2e, 0x3d, 0x4c}
	dst = append(dst, mask[:]...)
	for i, b := range payload {
		dst = append(dst, b^mask[i%4])
	}
	return dst
}

// write sends one frame.
func (c *rawClient) write(fin bool, opcode byte, payload []byte) {
	c.t.Helper()
	c.wait()
	c.bytes(appendFrame(nil, fin, opcode, payload, c.unmasked))
}

// text sends a text message.
func (c *rawClient) text(s string) { c.t.Helper(); c.write(true, opText, []byte(s)) }

// p sends audio in one packet.
func (c *rawClient) p(audio []byte) {
	c.t.Helper()
	c.write(true, opBinary, append([]byte{'p'}, audio...))
}

// feed sends audio in packets of n bytes, the letter not counted.
func (c *rawClient) feed(audio []byte, n int) {
	c.t.Helper()
	for len(audio) > n {
		c.p(audio[:n])
		audio = audio[n:]
	}
	c.p(audio)
}

// frame reads the next frame.
func (c *rawClient) frame() (rawFrame, error) {
	c.wait()
	var head [2]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return rawFrame{}, err
	}
	f := rawFrame{fin: head[0]&0x80 != 0, rsv: head[0] >> 4 & 7, opcode: head[0] & 0xf, masked: head[1]&0x80 != 0}
	n := uint64(head[1] & 0x7f)
	var long [8]byte
	switch n {
	case 126:
		if _, err := io.ReadFull(c.r, long[6:]); err != nil {
			return f, err
		}
		n = binary.BigEndian.Uint64(long[:])
	case 127:
		if _, err := io.ReadFull(c.r, long[:]); err != nil {
			return f, err
		}
		n = binary.BigEndian.Uint64(long[:])
	}
	f.payload = make([]byte, n)
	_, err := io.ReadFull(c.r, f.payload)
	return f, err
}

// message checks what every message of the server must be: one text frame, no mask, no extension, no line end, ASCII.
func (c *rawClient) message(f rawFrame) string {
	c.t.Helper()
	if f.opcode != opText || !f.fin || f.masked || f.rsv != 0 || len(f.payload) == 0 {
		c.t.Fatalf("not one unmasked text frame: %+v %q", f, f.payload)
	}
	for _, b := range f.payload {
		if b < 0x20 || b > 0x7e {
			c.t.Fatalf("byte %#x in %q", b, f.payload)
		}
	}
	return string(f.payload)
}

// next is the next message of the server.
func (c *rawClient) next() string {
	c.t.Helper()
	if len(c.texts) > 0 {
		s := c.texts[0]
		c.texts = c.texts[1:]
		return s
	}
	f, err := c.frame()
	if err != nil {
		c.t.Fatalf("no message: %v", err)
	}
	return c.message(f)
}

// until reads messages up to the first one that is last, or an error packet, and returns all before it and it.
func (c *rawClient) until(last string) (before []string, end string) {
	c.t.Helper()
	for {
		s := c.next()
		if s == last || strings.HasPrefix(s, "s ") || strings.HasPrefix(s, "p ") || strings.HasPrefix(s, "e ") {
			return before, s
		}
		before = append(before, s)
	}
}

// settle returns when the server has taken everything that was sent: it pings, and keeps what comes before the pong for next.
func (c *rawClient) settle() {
	c.t.Helper()
	c.pings++
	id := fmt.Sprintf("mark %d", c.pings)
	c.write(true, opPing, []byte(id))
	for {
		f, err := c.frame()
		if err != nil {
			c.t.Fatalf("no pong: %v", err)
		}
		if f.opcode == opPong && string(f.payload) == id {
			return
		}
		c.texts = append(c.texts, c.message(f))
	}
}

// closed waits for an empty close frame and then the end of the connection.
func (c *rawClient) closed() {
	c.t.Helper()
	f, err := c.frame()
	if err != nil || f.opcode != opClose || !f.fin || len(f.payload) != 0 || len(c.texts) > 0 {
		c.t.Fatalf("not an empty close frame: %+v, %v, messages before: %q", f, err, c.texts)
	}
	c.write(true, opClose, nil)
	c.dropped()
}

// dropped waits for the end of the connection without another frame.
func (c *rawClient) dropped() {
	c.t.Helper()
	f, err := c.frame()
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) || len(c.texts) > 0 {
		c.t.Fatalf("not dropped: %+v %q, %v, messages before: %q", f, f.payload, err, c.texts)
	}
}
