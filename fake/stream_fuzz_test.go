package fake_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mockamivoice/fake"
)

// FuzzStreamMessages sends messages, or bytes that may be frames, on one connection: nothing panics, and whatever comes back
// is a packet of the service.
func FuzzStreamMessages(f *testing.F) {
	const start = "s 16K -a-general authorization=demo-key"
	for _, seed := range []string{
		start + "\xffp\x00\x01\x02\xffe", "p\xffe\xff" + start + "\xff" + start, start + "\xff\x00\x00", "s\xffs \xffs  \xff",
		start + "\xffpRIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x11\x00\xffpdata\xffe", start + "\xffpOggS\x00\x02\xffe\xffe\xffp",
		"s mulaw \x01 segmenterProperties=\"useDiarizer=1 x=\"\"\" resultUpdatedInterval=99999999999 authorization=demo-key\xffp\x7f\xffe",
		start + "\xffp#!ADP\n\x80\x3e\x01\x02\x00\x00\x01\x02\x00\x00\x71\x71\xffe", start + "\xffpfLaC\xffe", start + "\xffpID3\xffe",
		start + "\xffp\x1a\x45\xdf\xa3\xffe", start + "\xffp\x00\x00\x00\x18ftypM4A \xffe",
	} {
		f.Add([]byte(seed), false)
	}
	f.Add([]byte("\x81\x01e\x01\x01s\x80\x00\x89\x00\x88\x02\x03\xe8"), true)
	f.Add([]byte("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00"), true)
	srv := fake.New(fake.WithLimits(fake.Limits{Message: 1 << 20}))
	panics := make(chan any, 1)
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				panics <- p
			}
		}()
		srv.ServeHTTP(w, r)
	}))
	f.Cleanup(func() {
		srv.Close()
		hs.Close()
	})
	f.Fuzz(func(t *testing.T, data []byte, raw bool) {
		c := dialRaw(t, hs.Listener.Addr().String(), handshake{})
		if !raw {
			var frames []byte
			for m := range bytes.SplitSeq(data, []byte{0xff}) {
				frames = appendFrame(frames, true, opBinary, m, len(m)%2 == 0)
			}
			data = frames
		}
		_, _ = c.nc.Write(data) // the server may be gone already
		_ = c.nc.(*net.TCPConn).CloseWrite()
		for {
			frame, err := c.frame()
			if err != nil {
				break
			}
			switch {
			case frame.opcode == opClose || frame.opcode == opPong:
			case !strings.ContainsRune("speSECUA", rune(c.message(frame)[0])):
				t.Fatalf("not a packet of the service: %q", frame.payload)
			}
		}
		_ = c.nc.Close()
		select {
		case p := <-panics:
			t.Fatalf("panic: %v", p)
		default:
		}
	})
}
