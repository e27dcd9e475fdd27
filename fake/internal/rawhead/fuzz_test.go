package rawhead_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"mockamivoice/fake/internal/rawhead"
)

// portions is a connection that delivers its bytes in portions of one size.
type portions struct {
	net.Conn
	rest []byte
	size int
}

func (c *portions) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.size)], c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// wire makes well-formed requests, one per byte of kinds.
func wire(kinds []byte, text string) []byte {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, text)
	var b bytes.Buffer
	for i, k := range kinds {
		fmt.Fprintf(&b, "POST /%d HTTP/1.1\r\nHost: x\r\nx-TEXT: %s\r\n", i, text)
		switch k % 4 {
		case 0:
			b.WriteString("\r\n")
		case 1:
			fmt.Fprintf(&b, "Content-length: %d\r\n\r\nGET / HTTP/1.1\r\n\r\n%s", len(text)+18, text)
		case 2:
			fmt.Fprintf(&b, "TRANSFER-encoding: chunked\r\n\r\n12;a=b\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\nX-Trailer: 1\r\n\r\n")
		case 3:
			fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%X\r\n%s!\r\n0\r\n\r\n", len(text)+1, text)
		}
	}
	return b.Bytes()
}

// FuzzScanner checks that the heads of well-formed requests are those that
// net/http finds.
func FuzzScanner(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 2, 1}, "a: b", uint8(1))
	f.Add([]byte{3, 3, 1}, "", uint8(200))
	f.Fuzz(func(t *testing.T, kinds []byte, text string, size uint8) {
		kinds, text = kinds[:min(len(kinds), 20)], text[:min(len(text), 300)]
		c := rawhead.Wrap(&portions{rest: wire(kinds, text), size: 1 + int(size)})
		ctx := rawhead.ConnContext(t.Context(), c)
		br := bufio.NewReaderSize(c, 16) // so that it runs ahead by a few heads at most
		for i := range kinds {
			r, err := http.ReadRequest(br)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Fatal(err)
			}
			head, line, ok := rawhead.Take(r.WithContext(ctx))
			if want := fmt.Sprintf("POST /%d HTTP/1.1", i); !ok || line != want {
				t.Fatalf("took %q, %v, want %q", line, ok, want)
			}
			for name, values := range r.Header {
				if !slices.ContainsFunc(head, func(h [2]string) bool {
					return textproto.CanonicalMIMEHeaderKey(h[0]) == name && h[1] == values[0]
				}) {
					t.Fatalf("%s: %q is not in %q", name, values, head)
				}
			}
			if head[1][0] != "x-TEXT" {
				t.Fatalf("head %q", head)
			}
		}
	})
}

// FuzzBytes checks that any bytes pass through as they are.
func FuzzBytes(f *testing.F) {
	f.Add([]byte(requests), uint8(3))
	f.Add([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), uint8(30))
	f.Add([]byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"), uint8(9))
	f.Add([]byte("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n1\r\n"), uint8(9))
	f.Fuzz(func(t *testing.T, sent []byte, size uint8) {
		c := rawhead.Wrap(&portions{rest: sent, size: 1 + int(size)})
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("read %q, %v", got, err)
		}
	})
}
