package lenient_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"mockamivoice/fake/internal/lenient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The request of the five native clients: "upgrade" in lower case, no
// Sec-WebSocket-Version, no Origin, the port in Host.
// observed: Wrp 1.0.05 in Java, Python, PHP, C# and C++.
const nativeRequest = "GET /v1/ HTTP/1.1\r\n" +
	"User-Agent: Wrp/1.0.05 GCC/12.2 (Linux)\r\n" +
	"Host: acp-api.amivoice.com:443\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: upgrade\r\n" +
	"Sec-WebSocket-Key: q3GpTkWmqjcXlRz/9XVGDQ==\r\n\r\n"

// A client that keeps to RFC 6455, such as a browser or the second C++ client.
var rfcRequest = strings.Replace(nativeRequest, "Sec-WebSocket-Key", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key", 1)

// unhex makes bytes of hexadecimal digits with blanks in between.
func unhex(tb testing.TB, s string) string {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// session is the server's end of one connection: what it read, as lines, and
// the error that ended it.
type session struct {
	lines     []string
	tolerated []string
	err       error
}

// serve starts a server that keeps reading one connection, and returns its
// address and the channel that gets the session when it has ended.
func serve(t *testing.T, o lenient.Options) (string, <-chan session) {
	t.Helper()
	done := make(chan session, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var s session
		defer func() { done <- s }()
		o.OnTolerance = func(what string) { s.tolerated = append(s.tolerated, what) }
		u := &websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
		c, frames, err := lenient.Upgrade(u, w, r, o)
		if _, sent := r.Header["Sec-Websocket-Version"]; sent != strings.Contains(r.UserAgent(), "RFC") {
			t.Errorf("Sec-WebSocket-Version in the caller's request: %v", sent)
		}
		if s.err = err; err != nil {
			return
		}
		defer c.Close()
		if inner, ok := c.NetConn().(*lenient.Conn); !ok || inner.NetConn().RemoteAddr().String() != r.RemoteAddr {
			t.Errorf("NetConn is %T", c.NetConn())
		}
		ping := c.PingHandler()
		c.SetPingHandler(func(data string) error {
			masked, size, ok := frames.Control(websocket.PingMessage)
			s.lines = append(s.lines, fmt.Sprintf("ping masked=%v %d ok=%v", masked, size, ok))
			return ping(data)
		})
		for {
			kind, p, err := c.ReadMessage()
			if err != nil {
				s.err = err
				return
			}
			opcode, masked, n, size := frames.Message()
			if opcode != kind || size != int64(len(p)) {
				t.Errorf("gorilla read opcode %d, %d bytes; Frames has opcode %d, %d bytes", kind, len(p), opcode, size)
			}
			s.lines = append(s.lines, fmt.Sprintf("%d masked=%v frames=%d %d %.44s", opcode, masked, n, size, p))
		}
	}))
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String(), done
}

// talk sends the writes one by one and then a FIN, and returns the server's
// whole answer.
func talk(t *testing.T, addr string, writes ...string) string {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, w := range writes {
		if _, err := io.WriteString(c, w); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil && len(answer) == 0 {
		t.Logf("read the answer: %v", err)
	}
	return string(answer)
}

func rfc() string { return strings.Replace(rfcRequest, "Wrp/1.0.05", "RFC", 1) }

type sessionCase struct {
	name      string
	options   lenient.Options
	request   string
	frames    string
	lines     []string
	tolerated []string
}

func sessionCases(t *testing.T) []sessionCase {
	t.Helper()
	audio := strings.Repeat("a", 4096)
	native := []string{lenient.NoVersion, lenient.UnmaskedFrames}
	return []sessionCase{
		{
			// observed: Wrp 1.0.05, all five languages: text s, binary p of 4097
			// bytes with a 16-bit length, text e, the mask bit never set.
			name: "native client", request: nativeRequest, tolerated: native,
			frames: unhex(t, "81 28") + "s 16K -a-general authorization=XXXXXXXXX" +
				unhex(t, "82 7E 10 01 70") + audio + unhex(t, "81 01 65"),
			lines: []string{
				"1 masked=false frames=1 40 s 16K -a-general authorization=XXXXXXXXX",
				"2 masked=false frames=1 4097 p" + audio[:43],
				"1 masked=false frames=1 1 e",
			},
		},
		{
			// observed: the native clients have the 64-bit form for more than 65535 bytes.
			name: "unmasked 64-bit length", request: nativeRequest, tolerated: native,
			frames: unhex(t, "82 7F 00 00 00 00 00 01 00 00") + strings.Repeat("b", 65536) + unhex(t, "81 01 65"),
			lines: []string{
				"2 masked=false frames=1 65536 " + strings.Repeat("b", 44),
				"1 masked=false frames=1 1 e",
			},
		},
		{
			// observed: a desktop client of 2024 sends the p alone, the audio in continuations.
			name: "fragmented p", request: rfc(),
			frames: unhex(t, "02 81 00000000 70 00 FE 0640 00000000") + strings.Repeat("c", 1600) +
				unhex(t, "89 82 00000000 6869 80 FE 0640 00000000") + strings.Repeat("d", 1600),
			lines: []string{
				"ping masked=true 2 ok=true",
				"2 masked=true frames=3 3201 p" + strings.Repeat("c", 43),
			},
		},
		{
			name: "unmasked fragments, empty p and ping", request: nativeRequest, tolerated: native,
			frames: unhex(t, "02 01 70 89 00 80 00 81 00 02 00 80 00"),
			lines: []string{
				"ping masked=false 0 ok=true",
				"2 masked=false frames=2 1 p",
				"1 masked=false frames=1 0 ",
				"2 masked=false frames=2 0 ",
			},
		},
		{
			name: "masked, then unmasked, then masked", request: rfc(), tolerated: []string{lenient.UnmaskedFrames},
			frames: unhex(t, "81 81 01020304 72 82 7E 0001 70 81 81 01020304 64 01 01 78 80 81 00000000 79"),
			lines: []string{
				"1 masked=true frames=1 1 s",
				"2 masked=false frames=1 1 p",
				"1 masked=true frames=1 1 e",
				"1 masked=false frames=2 2 xy",
			},
		},
		{
			name: "strict and masked", request: rfc(), options: lenient.Options{Strict: true, MaxMessage: 1},
			frames: unhex(t, "81 82 00000000 7320 81 81 01020304 64"),
			lines: []string{
				"1 masked=true frames=1 2 s ",
				"1 masked=true frames=1 1 e",
			},
		},
	}
}

func TestUpgradeReadsWhatClientsSend(t *testing.T) {
	for _, tc := range sessionCases(t) {
		deliveries := map[string][]string{
			"pipelined with the handshake": {tc.request + tc.frames},
			"handshake first":              {tc.request, tc.frames},
		}
		if len(tc.frames) < 5000 {
			deliveries["byte by byte"] = append([]string{tc.request}, strings.Split(tc.frames, "")...)
		}
		for how, writes := range deliveries {
			t.Run(tc.name+", "+how, func(t *testing.T) {
				addr, done := serve(t, tc.options)
				answer := talk(t, addr, writes...)
				if !strings.HasPrefix(answer, "HTTP/1.1 101 Switching Protocols\r\n") {
					t.Errorf("answer %q", answer)
				}
				s := <-done
				if !slices.Equal(s.lines, tc.lines) {
					t.Errorf("read\n%s\nwant\n%s\nended by %v", strings.Join(s.lines, "\n"), strings.Join(tc.lines, "\n"), s.err)
				}
				if !slices.Equal(s.tolerated, tc.tolerated) {
					t.Errorf("tolerated %q, want %q", s.tolerated, tc.tolerated)
				}
			})
		}
	}
}

func TestStrictRefusesTheNativeHandshake(t *testing.T) {
	addr, done := serve(t, lenient.Options{Strict: true})
	answer := talk(t, addr, nativeRequest)
	if !strings.HasPrefix(answer, "HTTP/1.1 400 Bad Request\r\n") {
		t.Errorf("answer %q", answer)
	}
	if s := <-done; s.err == nil || s.tolerated != nil {
		t.Errorf("error %v, tolerated %q", s.err, s.tolerated)
	}
}

func TestStrictClosesOnAnUnmaskedFrame(t *testing.T) {
	addr, done := serve(t, lenient.Options{Strict: true})
	answer := talk(t, addr, rfc(), unhex(t, "81 01 65"))
	if !strings.Contains(answer, unhex(t, "88 0A 03EA")+"bad MASK") { // Close 1002
		t.Errorf("answer %q", answer)
	}
	if s := <-done; s.lines != nil || s.tolerated != nil || s.err == nil {
		t.Errorf("read %q, tolerated %q, error %v", s.lines, s.tolerated, s.err)
	}
}

func TestOtherVersionsAreRefused(t *testing.T) {
	addr, done := serve(t, lenient.Options{})
	answer := talk(t, addr, strings.Replace(rfc(), "Version: 13", "Version: 8", 1))
	if !strings.HasPrefix(answer, "HTTP/1.1 400 Bad Request\r\n") {
		t.Errorf("answer %q", answer)
	}
	<-done
}

func TestTooLargeMessages(t *testing.T) {
	for name, tc := range map[string]struct {
		frames string
		lines  []string
	}{
		"in one frame, only its header arrives": {frames: "82 7F 00 00 00 00 00 00 00 0B"},
		"masked":                                {frames: "82 8B"},
		"the largest number":                    {frames: "82 7F FF FF FF FF FF FF FF FF"},
		"the sum of fragments":                  {frames: "02 06 70 61 61 61 61 61 00 04 61 61 61 61 80 01"},
		"after one that just fits": {
			frames: "82 0A 70616161616161616161 89 0B 6161616161616161616161 82 0B",
			lines:  []string{"2 masked=false frames=1 10 paaaaaaaaa", "ping masked=false 11 ok=true"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			addr, done := serve(t, lenient.Options{MaxMessage: 10})
			talk(t, addr, nativeRequest, unhex(t, tc.frames))
			s := <-done
			if !errors.Is(s.err, lenient.ErrTooLarge) || !slices.Equal(s.lines, tc.lines) {
				t.Errorf("read %q, error %v", s.lines, s.err)
			}
		})
	}
}

// A peer must not be able to grow the memory of frames that nobody asks for.
func TestFramesAreBounded(t *testing.T) {
	const n = 100_000
	flood := bytes.Repeat([]byte("\x89\x00"), n) // pings
	flood = append(flood, 0x02, 0x00)
	flood = append(flood, bytes.Repeat([]byte("\x00\x01a"), n)...) // fragments
	flood = append(flood, 0x80, 0x00, 0x88, 0x02)
	c := lenient.Wrap(idle{}, append(flood, "xx"...), lenient.Options{})
	if _, err := io.Copy(io.Discard, bufio.NewReader(c)); err != nil {
		t.Fatal(err)
	}
	if opcode, masked, frames, size := c.Frames().Message(); opcode != 2 || masked || frames != n+2 || size != n {
		t.Errorf("message: opcode %d, masked %v, %d frames, %d bytes", opcode, masked, frames, size)
	}
	if _, size, ok := c.Frames().Control(websocket.CloseMessage); !ok || size != 2 {
		t.Errorf("close frame: %d bytes, %v", size, ok)
	}
	pings := 0
	for {
		if _, _, ok := c.Frames().Control(websocket.PingMessage); !ok {
			break
		}
		pings++
	}
	if pings == 0 || pings > 4096 {
		t.Errorf("%d pings are kept", pings)
	}
	if _, _, frames, _ := c.Frames().Message(); frames != 0 {
		t.Errorf("%d frames in a queue that is empty", frames)
	}
}

// idle is a connection that is at its end.
type idle struct{ net.Conn }

func (idle) Read([]byte) (int, error) { return 0, io.EOF }
