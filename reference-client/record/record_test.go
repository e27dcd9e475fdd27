package record_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	refclient "mockamivoice/reference-client"
	"mockamivoice/reference-client/record"
	"mockamivoice/reference-client/wire"
	"mockamivoice/scenarios"
)

func recorder(w *bytes.Buffer) *record.Recorder {
	return record.New(w, record.Options{
		Tool: "test", Now: func() time.Time { return time.Unix(0, 0) }, Passwords: []string{"canary-password"}, Keys: []string{"canary-key"},
		Endpoints: refclient.At("http://127.0.0.1:1"),
	})
}

// entries reads the tape back.
func entries(t *testing.T, tape *bytes.Buffer) []scenarios.Entry {
	t.Helper()
	var all []scenarios.Entry
	for line, err := range scenarios.ReadTape("tape", bytes.NewReader(tape.Bytes())) {
		if err != nil {
			t.Fatal(err)
		}
		if line.Header == nil {
			all = append(all, line.Entry)
		}
	}
	return all
}

// feed gives the bytes of one direction to the recorder in pieces of a size.
func feed(r *record.Recorder, kind refclient.TapKind, text string, size int) {
	for len(text) > 0 {
		n := min(size, len(text))
		r.Tap(refclient.TapEvent{Conn: 1, Kind: kind, Bytes: []byte(text[:n])})
		text = text[n:]
	}
}

func chunked(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(p), p)
	}
	return b.String() + "0\r\n\r\n"
}

// However the bytes are cut, the tape is the same, in the order in which things happened.
func TestHTTP(t *testing.T) {
	form := "sid=x&spw=canary-password"
	issue := fmt.Sprintf("POST /issue_service_authorization HTTP/1.1\r\nhost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(form), form)
	issued := "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\nfresh-canary-key"
	upload := "POST /v1/recognize HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=B\r\n\r\n" + chunked(
		"--B\r\nContent-Disposition: form-data; name=\"u\"\r\n\r\nfresh-canary-key\r\n--B\r\nContent-Dispo",
		"sition: form-data; name=\"a\"; filename=\"x.wav\"\r\n\r\n"+strings.Repeat("ab", 5000), "\r\n--B--\r\n")
	result := "HTTP/1.1 200 OK\r\nX-Session-ID: 1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(`{"results":[]`, "}\r\n")
	var first string
	for _, size := range []int{1 << 20, 1, 7, 100} {
		var tape bytes.Buffer
		r := recorder(&tape)
		r.Tap(refclient.TapEvent{Conn: 1, Kind: refclient.Opened})
		feed(r, refclient.Wrote, issue, size)
		feed(r, refclient.Read, issued, size)
		feed(r, refclient.Wrote, upload, size)
		feed(r, refclient.Read, result, size)
		r.Tap(refclient.TapEvent{Conn: 1, Kind: refclient.Closed})
		if first == "" {
			first = tape.String()
			list := entries(t, &tape)
			var kinds []string
			for _, e := range list {
				kinds = append(kinds, string(e.Kind))
			}
			if got := strings.Join(kinds, " "); got != "conn.open http.request http.response http.request http.response conn.close" {
				t.Fatalf("%s\n%s", got, first)
			}
			up := list[3]
			if up.Audio.Bytes != 10000 || len(up.Parts) != 2 || *up.Parts[1].Filename != "x.wav" || up.Surface != "sync" || up.Key == "" || up.Headers[0] != [2]string{"Host", "h"} || list[1].Headers[0][0] != "host" {
				t.Errorf("%+v", up)
			}
		}
		// ids of keys are made anew for each recorder
		if got := strings.Count(tape.String(), "\n"); got != strings.Count(first, "\n") || strings.Contains(tape.String(), "canary") {
			t.Errorf("in pieces of %d:\n%s", size, tape.String())
		}
		if r.Err() != nil {
			t.Error(r.Err())
		}
	}
}

// Requests are told apart by their paths, one by one on a connection; what is JSON is shown, and hides keys.
func TestSurfaces(t *testing.T) {
	var tape bytes.Buffer
	r := recorder(&tape)
	paths := []string{
		"/issue_service_authorization", "/v1/recognize", "/v2/recognitions", "/v2/recognitions/0123", "/v2/recognitionsX",
		"/profilewords/-a-general/test?adf=8k", "/classnames/-a-general",
	}
	for _, path := range paths {
		const body = `{"profilewords":[{"written":"canary-key"}]}`
		feed(r, refclient.Wrote, fmt.Sprintf("POST %s HTTP/1.1\r\nAuthorization: Bearer canary-key\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body), 50)
		feed(r, refclient.Read, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 50)
	}
	var got []string
	for _, e := range entries(t, &tape) {
		got = append(got, e.Surface)
		if e.Kind == scenarios.HTTPRequest && (!strings.HasPrefix(e.Body, `{"profilewords":[{"written":"<key:`) || e.Key == "") {
			t.Errorf("%+v", e)
		}
	}
	if want := "issue issue sync sync async async async async sync sync words words words words"; strings.Join(got, " ") != want || strings.Contains(tape.String(), "canary") {
		t.Errorf("%s, want %s\n%s", got, want, tape.String())
	}
}

func TestStream(t *testing.T) {
	frame := func(f wire.Frame) string { return string(wire.AppendFrame(nil, f, [4]byte{1, 2, 3, 4})) }
	client := func(opcode int, text string) string {
		return frame(wire.Frame{Fin: true, Opcode: opcode, Masked: true, Payload: []byte(text)})
	}
	var tape bytes.Buffer
	r := recorder(&tape)
	r.Tap(refclient.TapEvent{Conn: 1, Kind: refclient.Opened})
	feed(r, refclient.Wrote, "GET /v1/ HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "+base64.StdEncoding.EncodeToString(make([]byte, 16))+"\r\n\r\n", 10)
	feed(r, refclient.Read, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 10)
	feed(r, refclient.Wrote, client(wire.Text, "s LSB16K -a-general authorization=canary-key"), 3)
	feed(r, refclient.Read, frame(wire.Frame{Fin: true, Opcode: wire.Text, Payload: []byte("s")}), 1)
	feed(r, refclient.Wrote, frame(wire.Frame{Opcode: wire.Binary, Masked: true, Payload: []byte("p")})+frame(wire.Frame{Fin: true, Opcode: wire.Continuation, Masked: true, Payload: make([]byte, 3200)}), 1000)
	feed(r, refclient.Wrote, client(wire.Binary, "\x00\x01"), 100)
	feed(r, refclient.Wrote, client(wire.Close, "\x03\xe8"), 100)
	r.Close()
	list := entries(t, &tape)
	var got []string
	for _, e := range list {
		got = append(got, fmt.Sprintf("%s %q", e.Kind, e.Text))
	}
	p := list[5]
	want := []string{`conn.open ""`, `ws.handshake ""`, `http.response ""`, fmt.Sprintf(`ws.command "s LSB16K -a-general authorization=<key:%s>"`, list[3].Key), `ws.event "s"`, `ws.command "p"`, `ws.command ""`, `ws.control ""`, `conn.close "by the client"`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || p.Audio.Ms != 100 || p.Audio.Bytes != 3200 || p.Frame.Frames != 2 || list[7].Code != 1000 {
		t.Errorf("%s\n%+v", strings.Join(got, "\n"), p)
	}
}

// Who ended a connection decides who is to blame for what did not come any more.
func TestWhoEndedTheConnection(t *testing.T) {
	for _, ended := range []bool{false, true} {
		var tape bytes.Buffer
		r := recorder(&tape)
		r.Tap(refclient.TapEvent{Conn: 1, Kind: refclient.Opened})
		want := "by the client"
		if ended {
			r.Tap(refclient.TapEvent{Conn: 1, Kind: refclient.Ended})
			want = "by the server"
		}
		r.Close()
		if list := entries(t, &tape); len(list) != 2 || list[1].Text != want {
			t.Errorf("%+v, want %q", list, want)
		}
	}
}

// What is no HTTP does not hold anybody up.
func TestNonsense(t *testing.T) {
	var tape bytes.Buffer
	r := recorder(&tape)
	feed(r, refclient.Wrote, strings.Repeat("\x00nonsense\n", 10_000), 100)
	feed(r, refclient.Read, "nonsense without end", 3)
	r.Close()
	if list := entries(t, &tape); len(list) == 0 || list[len(list)-1].Kind != scenarios.ConnClose {
		t.Errorf("%d entries", len(list))
	}
}
