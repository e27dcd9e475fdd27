package conformance_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/fake/loopback"
	refclient "mockamivoice/reference-client"
	"mockamivoice/reference-client/record"
	"mockamivoice/reference-client/wire"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/sound"
)

// actor plays a client against a fake of its own, over raw sockets. The fake keeps a tape, and so does the actor.
type actor struct {
	t        *testing.T
	fake     *loopback.Fake
	clock    *clock.Manual
	key      string // good for an hour
	record   *bytes.Buffer
	recorder *record.Recorder
	lines    atomic.Uint64
}

func newActor(t *testing.T, options ...fake.Option) *actor {
	t.Helper()
	a := &actor{t: t, clock: clock.NewManual(time.Date(2026, 7, 31, 0, 0, 0, 0, time.UTC)), record: &bytes.Buffer{}}
	f, err := loopback.Start(t.Context(), append([]fake.Option{fake.WithClock(a.clock)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	a.fake = f
	a.key = a.made(fake.KeyRequest{EPI: "1h"})
	a.recorder = record.New(a.record, record.Options{Tool: "test", Now: a.clock.Now, Passwords: []string{demo().SPW}, Keys: []string{a.key, demo().Key}, Endpoints: refclient.At(f.URL)})
	return a
}

// made is a key that claims what r says.
func (a *actor) made(r fake.KeyRequest) string {
	a.t.Helper()
	k, err := a.fake.IssueKey(r)
	if err != nil {
		a.t.Fatal(err)
	}
	return k.Key
}

// pass moves the clock.
func (a *actor) pass(d time.Duration) {
	a.t.Helper()
	if _, err := a.fake.Advance(d); err != nil {
		a.t.Fatal(err)
	}
}

// tapes are what the fake and the actor recorded.
func (a *actor) tapes() (server, client []scenarios.Entry) {
	a.t.Helper()
	a.recorder.Close()
	for line, err := range scenarios.ReadTape("record", bytes.NewReader(a.record.Bytes())) {
		if err != nil {
			a.t.Fatal(err)
		}
		if line.Header == nil {
			client = append(client, line.Entry)
		}
	}
	_, server = a.fake.Tape(fake.TapeFilter{})
	return server, client
}

const patience = 10 * time.Second

// line is a connection of an actor.
type line struct {
	a      *actor
	conn   net.Conn
	r      *bufio.Reader
	number uint64
	bare   bool // frames without a mask
}

// dial connects.
func (a *actor) dial() *line {
	a.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(a.t.Context(), "tcp", strings.TrimPrefix(a.fake.URL, "http://"))
	if err != nil {
		a.t.Fatal(err)
	}
	l := &line{a: a, conn: conn, number: a.lines.Add(1)}
	l.r = bufio.NewReader(l)
	a.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(clock.System{}.Now().Add(patience))
	l.tell(refclient.Opened, nil)
	return l
}

func (l *line) tell(kind refclient.TapKind, b []byte) {
	l.a.recorder.Tap(refclient.TapEvent{Conn: l.number, Kind: kind, Bytes: b})
}

// Read implements io.Reader, for the record.
func (l *line) Read(b []byte) (int, error) {
	n, err := l.conn.Read(b)
	if n > 0 {
		l.tell(refclient.Read, b[:n])
	}
	if err == io.EOF { //nolint:errorlint // of a connection, bare
		l.tell(refclient.Ended, nil)
	}
	return n, err
}

// write sends bytes; what comes of them shows in the replies.
func (l *line) write(b []byte) {
	l.tell(refclient.Wrote, b)
	_, _ = l.conn.Write(b) // a server that has hung up takes nothing
}

// close ends the connection, and waits until the fake's tape says so.
func (l *line) close() {
	l.a.t.Helper()
	local := l.conn.LocalAddr().String()
	l.tell(refclient.Closed, nil)
	_ = l.conn.Close()
	ctx, cancel := context.WithTimeout(l.a.t.Context(), patience)
	defer cancel()
	var conn uint64
	for e := range l.a.fake.Follow(ctx, fake.TapeFilter{}) {
		if e.Kind == scenarios.ConnOpen && e.Remote == local {
			conn = e.Conn
		}
		if e.Kind == scenarios.ConnClose && conn != 0 && e.Conn == conn {
			return
		}
	}
	l.a.t.Fatalf("the tape does not show the end of connection %d", l.number)
}

// exchange sends a request and reads the reply.
func (l *line) exchange(start string, headers []string, body string) (status int, reply string) {
	l.a.t.Helper()
	head := append([]string{start + " HTTP/1.1", "Host: h", fmt.Sprintf("Content-Length: %d", len(body))}, headers...)
	l.write([]byte(strings.Join(head, "\r\n") + "\r\n\r\n" + body))
	h, err := wire.ReadHead(l.r)
	if err != nil {
		l.a.t.Fatal(err)
	}
	status, _ = h.Status()
	text, _, err := h.ReadBody(l.r, 1<<20)
	if err != nil {
		l.a.t.Fatal(err)
	}
	return status, string(text)
}

// request is exchange on a connection of its own.
func (a *actor) request(start string, headers []string, body string) {
	a.t.Helper()
	l := a.dial()
	l.exchange(start, headers, body)
	l.close()
}

// issue asks for a key with a form.
func (a *actor) issue(form string, headers ...string) {
	a.t.Helper()
	a.request("POST /issue_service_authorization", append([]string{"Content-Type: application/x-www-form-urlencoded"}, headers...), form)
}

// upload sends parts, written as name=value, in that order.
func (l *line) upload(target string, parts ...string) (status int, reply string) {
	l.a.t.Helper()
	var b strings.Builder
	for _, p := range parts {
		name, value, _ := strings.Cut(p, "=")
		fmt.Fprintf(&b, "--B\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, value)
	}
	return l.exchange("POST "+target, []string{"Content-Type: multipart/form-data; boundary=B"}, b.String()+"--B--\r\n")
}

// recording sends one recording on a connection of its own.
func (a *actor) recording(parts ...string) {
	a.t.Helper()
	l := a.dial()
	l.upload("/v1/recognize", parts...)
	l.close()
}

// connect opens a stream.
func (a *actor) connect(target string, headers ...string) *line {
	a.t.Helper()
	return a.handshake(target, append([]string{"Sec-WebSocket-Version: 13"}, headers...)...)
}

func (a *actor) handshake(target string, headers ...string) *line {
	a.t.Helper()
	l := a.dial()
	head := append([]string{"GET " + target + " HTTP/1.1", "Host: h", "Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Key: q3GpTkWmqjcXlRz/9XVGDQ=="}, headers...)
	l.write([]byte(strings.Join(head, "\r\n") + "\r\n\r\n"))
	if h, err := wire.ReadHead(l.r); err != nil || !strings.Contains(h.Start, " 101 ") {
		a.t.Fatalf("%q, %v", h.Start, err)
	}
	return l
}

// frame is one message as it goes over the wire.
func (l *line) frame(opcode int, payload string) []byte {
	return wire.AppendFrame(nil, wire.Frame{Fin: true, Opcode: opcode, Masked: !l.bare, Payload: []byte(payload)}, [4]byte{1, 2, 3, 4})
}

func (l *line) send(text string) { l.write(l.frame(wire.Text, text)) }
func (l *line) feed(audio string) {
	l.write(l.frame(wire.Binary, "p"+audio))
}

// answer reads up to the next answer or error of the service: s, p or e.
func (l *line) answer() string {
	l.a.t.Helper()
	for {
		f, err := wire.ReadFrame(l.r, 1<<20)
		if err != nil {
			l.a.t.Fatalf("no answer: %v", err)
		}
		if f.Opcode == wire.Text && strings.ContainsAny(string(f.Payload[:1]), "spe") {
			return string(f.Payload)
		}
	}
}

// drained reads to the end of the connection.
func (l *line) drained() {
	_, _ = io.Copy(io.Discard, l.r) // an error is an end as well
}

// s is a command with the actor's key.
func (a *actor) s(format string, params ...string) string {
	return strings.Join(append([]string{"s", format, "-a-general"}, append(params, "authorization="+a.key)...), " ")
}

// begin opens a stream and a cycle on it.
func (a *actor) begin(s string) *line {
	a.t.Helper()
	l := a.connect("/v1/")
	l.send(s)
	if got := l.answer(); got != "s" {
		a.t.Fatalf("answer to s: %q", got)
	}
	return l
}

// finish ends the cycle, and then the connection.
func (l *line) finish() {
	l.a.t.Helper()
	l.send("e")
	l.answer()
	l.close()
}

// speech is so much speech in a format: LSB16K, WAV16K, MULAW and so on.
func speech(format string, d time.Duration) string {
	f, err := sound.ParseFormat(format)
	if err != nil {
		panic(err)
	}
	return string(sound.Encode(f, sound.Speech(f.Rate, d)))
}

// silent is so much digital silence in a format.
func silent(format string, d time.Duration) string {
	f, err := sound.ParseFormat(format)
	if err != nil {
		panic(err)
	}
	return string(sound.Encode(f, sound.Silence(f.Rate, d)))
}
