package verdict_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mockamivoice/conformance/verdict"
	"mockamivoice/scenarios"
)

const (
	packets  = "client.stream.audio-in-packets"
	noPings  = "server.stream.no-pings"
	oneFrame = "server.stream.single-frames"
)

// record is a tape under construction.
type record struct{ entries []scenarios.Entry }

func (r *record) add(e scenarios.Entry) *record {
	e.N = uint64(len(r.entries) + 1)
	if e.At.IsZero() {
		e.At = scenarios.At(time.Date(2026, 6, 15, 12, 0, int(e.N), 0, time.UTC))
	}
	r.entries = append(r.entries, e)
	return r
}

// talk adds a stream: lines that begin with > are the client's, with < the server's; "> p" is a packet of audio, "> pcm" audio without
// its letter, "- kind text" a note. The connection is open at the end.
func (r *record) talk(conn uint64, key string, lines ...string) *record {
	r.add(scenarios.Entry{Kind: scenarios.ConnOpen, Dir: scenarios.Note, Conn: conn, Remote: "127.0.0.1:1"})
	r.add(scenarios.Entry{Kind: scenarios.WSHandshake, Dir: scenarios.In, Conn: conn, Surface: "stream", Method: "GET", Target: "/v1/"})
	for _, l := range lines {
		r.line(conn, key, l)
	}
	return r
}

func (r *record) line(conn uint64, key, l string) {
	text := l[2:]
	e := scenarios.Entry{
		Kind: scenarios.WSCommand, Dir: scenarios.In, Conn: conn, Key: key, Surface: "stream", Text: text,
		Frame: &scenarios.Frame{Opcode: 1, Masked: true, Frames: 1, Size: int64(len(text))},
	}
	switch {
	case l == "> pcm":
		e.Text, e.Audio, e.Frame.Size = "", &scenarios.Audio{Bytes: 3200}, 3200
	case l == "> p":
		e.Audio = &scenarios.Audio{Bytes: 3200}
	case strings.HasPrefix(l, "<"):
		e.Kind, e.Dir, e.Frame.Masked = scenarios.WSEvent, scenarios.Out, false
	case strings.HasPrefix(l, "-"):
		kind, rest, _ := strings.Cut(text, " ")
		e.Kind, e.Dir, e.Text, e.Frame = scenarios.Kind(kind), scenarios.Note, rest, nil
	}
	r.add(e)
}

// close ends a connection.
func (r *record) close(conn uint64, text string) *record {
	return r.add(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, Conn: conn, How: "fin", Text: text})
}

// ask adds an HTTP exchange.
func (r *record) ask(conn uint64, key, surface string, status int, body string) *record {
	r.add(scenarios.Entry{Kind: scenarios.HTTPRequest, Dir: scenarios.In, Conn: conn, Key: key, Surface: surface, Method: "POST", Target: "/"})
	return r.add(scenarios.Entry{Kind: scenarios.HTTPResponse, Dir: scenarios.Out, Conn: conn, Key: key, Surface: surface, Status: status, Body: body})
}

func (r *record) tapes() []verdict.Tape { return []verdict.Tape{{Entries: r.entries}} }

// bytes is the record as a file.
func (r *record) bytes(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, v := range append([]any{scenarios.Header{Tape: 1}}, anys(r.entries)...) {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func anys(entries []scenarios.Entry) []any {
	all := make([]any, len(entries))
	for i := range entries {
		all[i] = entries[i]
	}
	return all
}

// good is a client that behaves on one stream, bad one that sends audio without its letter.
func good() *record {
	return new(record).talk(1, "k1", goodLines()...).close(1, scenarios.ClosedByClient)
}

func goodLines() []string {
	return []string{"> s 16K -a-general authorization=<key:k1>", "< s", "> p", "> p", "> p", "< S 500", "> e", "< e"}
}

func bad() *record {
	return new(record).talk(1, "k1", "> s 16K -a-general authorization=<key:k1>", "< s", "> p", "> p", "> p", "> pcm").close(1, "dropped")
}
