package judge_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const (
	expired     = "s service authorization has expired: 2026/07/31 00:00:00.000 +0000 (-21s)"
	invalid     = "s can't validate service authorization"
	unavailable = "s can't connect to recognizer server"
	unsupported = "p received unsupported audio format"
	success     = `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"utteranceid":"x","text":"","code":"","message":""}` + "\r\n"
	start       = "s LSB16K -a-general authorization=<key:aaaaaaaaaaaa>"
	form        = "application/x-www-form-urlencoded"
	multipart   = "multipart/form-data; boundary=x"
)

// chat is a tape of a client under construction. Entries are a millisecond of both times apart, unless wait says otherwise.
type chat struct {
	tape

	now time.Duration
}

func (c *chat) wait(d time.Duration) { c.now += d }

func (c *chat) note(e scenarios.Entry) *scenarios.Entry {
	c.now += time.Millisecond
	e.At, e.T = scenarios.At(time.Date(2026, 7, 31, 0, 0, 0, 0, time.UTC).Add(c.now)), c.now.Milliseconds()
	c.add(e)
	return &c.entries[len(c.entries)-1]
}

// open begins a connection of the client with address 127.0.0.1.
func (c *chat) open(conn uint64) {
	c.note(scenarios.Entry{Kind: scenarios.ConnOpen, Dir: scenarios.Note, Conn: conn, Remote: "127.0.0.1:5000"})
}

// shake opens a stream at target.
func (c *chat) shake(conn uint64, target string, headers ...[2]string) {
	c.open(conn)
	if headers == nil {
		headers = [][2]string{{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}}
	}
	c.note(scenarios.Entry{Kind: scenarios.WSHandshake, Dir: scenarios.In, Conn: conn, Surface: "stream", Method: "GET", Target: target, Headers: headers, Remote: "127.0.0.1"})
}

// send is one message of the client.
func (c *chat) send(conn uint64, text string) *scenarios.Entry {
	e := scenarios.Entry{Kind: scenarios.WSCommand, Dir: scenarios.In, Conn: conn, Surface: "stream", Text: text, Frame: &scenarios.Frame{Opcode: 1, Masked: true, Frames: 1, Size: int64(len(text))}}
	return c.note(e)
}

// feed is one p packet.
func (c *chat) feed(conn uint64, audio []byte) *scenarios.Entry {
	e := c.send(conn, "p")
	e.Audio, e.Frame.Opcode, e.Frame.Size = measured(audio), 2, int64(1+len(audio))
	return e
}

// measured is audio on a tape.
func measured(audio []byte) *scenarios.Audio {
	sum := sha256.Sum256(audio)
	return &scenarios.Audio{Bytes: int64(len(audio)), SHA256: hex.EncodeToString(sum[:]), First: hex.EncodeToString(audio[:min(16, len(audio))])}
}

// say is one message of the server.
func (c *chat) say(conn uint64, text string) *scenarios.Entry {
	return c.note(scenarios.Entry{Kind: scenarios.WSEvent, Dir: scenarios.Out, Conn: conn, Key: "aaaaaaaaaaaa", Surface: "stream", Text: text, Frame: &scenarios.Frame{Opcode: 1, Frames: 1, Size: int64(len(text))}})
}

func (c *chat) control(conn uint64, dir scenarios.Dir, opcode int) {
	c.note(scenarios.Entry{Kind: scenarios.WSControl, Dir: dir, Conn: conn, Surface: "stream", Frame: &scenarios.Frame{Opcode: opcode, Masked: dir == scenarios.In, Frames: 1}})
}

// leave is the client's end of a connection.
func (c *chat) leave(conn uint64) { c.end(conn, scenarios.ClosedByClient) }

func (c *chat) end(conn uint64, text string) {
	c.note(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, Conn: conn, Surface: "stream", How: "fin", Text: text})
}

// begin opens a stream and a cycle.
func (c *chat) begin(conn uint64, s string) {
	c.shake(conn, "/v1/")
	c.send(conn, s)
	c.say(conn, "s")
}

// finish ends a cycle and the stream.
func (c *chat) finish(conn uint64) {
	c.send(conn, "e")
	c.say(conn, "e")
	c.leave(conn)
}

// refuse is a stream whose s is refused, up to its end.
func (c *chat) refuse(conn uint64, s, answer string) {
	c.shake(conn, "/v1/")
	c.send(conn, s)
	c.say(conn, answer)
	c.leave(conn)
}

// ask is one request, with its reply.
func (c *chat) ask(conn uint64, method, target string, headers [][2]string, parts []scenarios.Part, audio []byte, status int, body string) *scenarios.Entry {
	surface, key := string(protocol.SurfaceSync), "aaaaaaaaaaaa"
	if strings.HasPrefix(target, "/issue") {
		surface, key = string(protocol.SurfaceIssue), ""
	}
	switch {
	case strings.Contains(target, "/recognitions"):
		surface = string(protocol.SurfaceAsync)
	case strings.HasPrefix(target, "/profilewords/"), strings.HasPrefix(target, "/classnames/"):
		surface = string(protocol.SurfaceWords)
	}
	e := scenarios.Entry{Kind: scenarios.HTTPRequest, Dir: scenarios.In, Conn: conn, Key: key, Surface: surface, Method: method, Target: target, Headers: headers, Parts: parts, Remote: "127.0.0.1"}
	if audio != nil {
		e.Audio = measured(audio)
	}
	i := c.note(e).N - 1
	c.note(scenarios.Entry{Kind: scenarios.HTTPResponse, Dir: scenarios.Out, Conn: conn, Key: key, Surface: surface, Status: status, Body: body})
	return &c.entries[i]
}

// issue asks for a key as fields say: "sid=demo".
func (c *chat) issue(conn uint64, fields ...string) *scenarios.Entry {
	return c.ask(conn, "POST", "/issue_service_authorization", [][2]string{{"Content-Type", form}}, parts(fields), nil, 200, "<key:aaaaaaaaaaaa>")
}

func parts(fields []string) []scenarios.Part {
	var all []scenarios.Part
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		all = append(all, scenarios.Part{Name: name, Value: value, Size: int64(len(value))})
	}
	return all
}

// upload sends a recording in parts as fields say; the part a is the audio.
func (c *chat) upload(conn uint64, audio []byte, body string, fields ...string) *scenarios.Entry {
	return c.ask(conn, "POST", "/v1/recognize", [][2]string{{"Content-Type", multipart}}, parts(fields), audio, 200, body)
}

// fault is a fault of scenario id on a connection.
func (c *chat) fault(conn uint64, surface, id string) {
	c.note(scenarios.Entry{Kind: scenarios.FaultStruck, Dir: scenarios.Note, Conn: conn, Key: "aaaaaaaaaaaa", Surface: surface, Scenario: id, Text: surface + ": something"})
}

// hum is so many bytes of a quiet tone as samples of 16 bits, little-endian.
func hum(size int) []byte {
	var b []byte
	for i := 0; len(b) < size; i++ {
		x := uint16(int16(200 - 40*min(i%20, 20-i%20))) //nolint:gosec // negative samples wrap around
		b = append(b, byte(x), byte(x>>8))
	}
	return b[:size]
}

// swap puts the bytes of each sample into the other order.
func swap(b []byte) []byte {
	b = bytes.Clone(b)
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return b
}

// goodClients is a tape on which every kind of client does everything right.
func goodClients() *chat {
	c := &chat{}
	c.open(1)
	c.issue(1, "sid=demo", "spw=***", "epi=5m", "ipa=203.0.113.7")
	c.note(scenarios.Entry{Kind: scenarios.KeyIssued, Dir: scenarios.Note, Conn: 1, Key: "aaaaaaaaaaaa", Surface: "issue", Expires: "2026-07-31T00:05:00.000Z"})
	c.upload(1, hum(3200), success, "u=<key:aaaaaaaaaaaa>", "d=-a-general keepFillerToken=1", "c=LSB16K", "a=")
	c.upload(1, []byte("RIFF....WAVEfmt and so on"), refused, "d=-a-general authorization=<key:aaaaaaaaaaaa>", "a=")
	c.ask(1, "POST", "/v1/recognize", [][2]string{{"Content-Type", multipart}}, parts([]string{"u=***", "d=-a-general", "a="}), []byte("RIFF....WAVE of another"), 503, "")
	c.wait(time.Second)
	c.ask(1, "POST", "/v1/recognize", [][2]string{{"Content-Type", multipart}, {"Authorization", "Bearer <key:aaaaaaaaaaaa>"}}, parts([]string{"d=-a-general", "a="}), []byte("RIFF....WAVE of another"), 200, success)
	goodJobs(c)
	twoCycles(c, 2)
	c.refuse(4, keyed("999999999999"), expired)
	c.refuse(5, keyed("bbbbbbbbbbbb"), invalid)
	c.begin(6, keyed("cccccccccccc"))
	c.feed(6, hum(320))
	c.feed(6, hum(320))
	c.say(6, failed)
	c.feed(6, hum(320)) // under way
	c.send(6, "e")
	c.say(6, "e")
	c.send(6, keyed("dddddddddddd"))
	c.say(6, "s")
	c.feed(6, hum(320))
	c.wait(time.Minute)
	c.say(6, "e timeout occurred")
	c.feed(6, hum(320)) // under way
	c.control(6, scenarios.Out, 8)
	c.end(6, "hung up")
	return c
}

// twoCycles is a stream with two cycles and a break between them.
func twoCycles(c *chat, conn uint64) {
	c.begin(conn, start+` profileWords="a b|c d" segmenterProperties=useDiarizer=1`)
	for range 30 {
		c.feed(conn, hum(3200))
		c.wait(100 * time.Millisecond)
	}
	c.say(conn, "S 500")
	c.send(conn, "e")
	c.say(conn, "E 900")
	c.say(conn, "e")
	c.send(conn, strings.Replace(start, "LSB16K", "16K", 1))
	c.say(conn, "G info")
	c.say(conn, "s")
	c.feed(conn, []byte("RIFF....WAVEfmt and so on"))
	c.feed(conn, nil)
	c.send(conn, "e")
	c.wait(4 * time.Second)
	c.control(conn, scenarios.In, 8) // it waited long enough
	c.end(conn, "after the client's goodbye")
}
