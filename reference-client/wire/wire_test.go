package wire_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"mockamivoice/reference-client/wire"
)

func TestHeadsKeepSpellingAndOrder(t *testing.T) {
	h, err := wire.ReadHead(bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nX-Session-ID:  1 \r\ncontent-LENGTH: 2\nB:\r\n\r\nok")))
	if err != nil || len(h.Lines) != 3 || h.Lines[0] != [2]string{"X-Session-ID", "1"} || h.Lines[1] != [2]string{"content-LENGTH", "2"} || h.Lines[2] != [2]string{"B", ""} {
		t.Fatalf("%+v, %v", h, err)
	}
	if status, err := h.Status(); status != 200 || err != nil {
		t.Fatalf("status %d, %v", status, err)
	}
}

func TestBodies(t *testing.T) {
	for _, c := range []struct {
		reply, body string
		ends        bool
		bad         bool
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore", "ok", false, false},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\nT: 1\r\n\r\nmore", "ok", false, false},
		{"HTTP/1.1 200 OK\r\n\r\nok", "ok", true, false},
		{"HTTP/1.1 204 No Content\r\n\r\nmore", "", false, false},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "", false, true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok", "", true, true},
		{"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok", "", true, true},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", "", false, true},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n", "", false, true},
	} {
		r := bufio.NewReader(strings.NewReader(c.reply))
		h, err := wire.ReadHead(r)
		if err != nil {
			t.Fatalf("%q: %v", c.reply, err)
		}
		body, ends, err := h.ReadBody(r, 64)
		if (err != nil) != c.bad || !c.bad && string(body) != c.body || ends != c.ends {
			t.Errorf("%q: %q, %v, %v", c.reply, body, ends, err)
		}
	}
}

func TestBadHeads(t *testing.T) {
	for _, text := range []string{"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "A: " + strings.Repeat("x", 1<<17)} {
		if h, err := wire.ReadHead(bufio.NewReader(strings.NewReader(text))); err == nil {
			t.Errorf("%.40q: %+v", text, h)
		}
	}
	for _, start := range []string{"HTTP/2 200", "HTTP/1.1 20", "GET / HTTP/1.1", ""} {
		if status, err := (wire.Head{Start: start}).Status(); err == nil {
			t.Errorf("%q: %d", start, status)
		}
	}
}

// Every length form, masked and not, comes back as it was.
func TestFrames(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 65535, 65536} {
		for _, masked := range []bool{false, true} {
			in := wire.Frame{Fin: size != 1, RSV: 2, Opcode: wire.Binary, Masked: masked, Payload: bytes.Repeat([]byte("ab\xff"), size)[:size]}
			data := wire.AppendFrame(nil, in, [4]byte{1, 2, 3, 4})
			out, err := wire.ReadFrame(bytes.NewReader(data), 1<<20)
			if err != nil || !bytes.Equal(out.Payload, in.Payload) || out.Masked != masked || out.Fin != in.Fin || out.RSV != 2 || out.Opcode != wire.Binary {
				t.Errorf("%d bytes, masked %v: %v", size, masked, err)
			}
			if _, err := wire.ReadFrame(bytes.NewReader(data[:len(data)-1]), 1<<20); len(data) > 2 && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d bytes, cut: %v", size, err)
			}
		}
	}
	if _, err := wire.ReadFrame(bytes.NewReader([]byte{0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0}), 1<<20); !errors.Is(err, wire.ErrTooLong) {
		t.Errorf("a long frame: %v", err)
	}
	if got := wire.AppendFrame(nil, wire.Frame{Fin: true, Opcode: wire.Text, Payload: []byte("s")}, [4]byte{}); string(got) != "\x81\x01s" {
		t.Errorf("%x", got)
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("\x81\x01s"))
	f.Add([]byte("\x82\xfe\x00\x02\x01\x02\x03\x04ab"))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := wire.ReadFrame(bytes.NewReader(data), 1<<16)
		if err != nil {
			return
		}
		again, err := wire.ReadFrame(bytes.NewReader(wire.AppendFrame(nil, frame, [4]byte{9, 8, 7, 6})), 1<<16)
		if err != nil || !bytes.Equal(again.Payload, frame.Payload) || again.Opcode != frame.Opcode {
			t.Errorf("%x came back as %+v, %v", data, again, err)
		}
	})
}
