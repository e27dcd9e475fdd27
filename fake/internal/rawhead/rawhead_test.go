package rawhead_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"mockamivoice/fake/internal/rawhead"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// take is a handler that answers with the head it takes, after the body.
func take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	head, line, ok := rawhead.Take(r)
	fmt.Fprintf(w, "%v %s %q body=%q tls=%v\n", ok, line, head, body, r.TLS != nil)
}

// server starts a server on l and returns its address.
func server(t *testing.T, wrap func(net.Listener) net.Listener, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Listener = wrap(srv.Listener)
	srv.Config.ConnContext = rawhead.ConnContext
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// talk sends the writes one by one and returns the bodies of the answers. The
// last request has to say "Connection: close".
func talk(t *testing.T, addr string, writes ...string) []string {
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
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for line := range strings.Lines(string(answer)) {
		if strings.Contains(line, " body=") {
			bodies = append(bodies, strings.TrimSpace(line))
		}
	}
	return bodies
}

// The spellings and orders are those of real clients: the native Hrp and Wrp
// 1.0.05 and curl write "Name: value", scripts write what they like.
const requests = "POST /v1/recognize?a=%20 HTTP/1.1\r\nHost: x\r\ncontent-LENGTH: 20\r\nX-b:1\r\nx-A:  two \r\n\r\n" +
	"GET /in/the/body\r\n\r\n" +
	"POST /chunked HTTP/1.1\r\nHost: x\r\ntransfer-encoding: Chunked\r\nTrailer: X-End\r\n\r\n" +
	"3;ext=\"1\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-End: GET / HTTP/1.1\r\n\r\n" +
	"\r\nGET /bare HTTP/1.1\nHost: x\nX-Folded: a\n\tb\nx-bare: LF\n\n" +
	"GET /last HTTP/1.1\r\nconnection: close\r\nHOST: x\r\n\r\n"

func answers() []string {
	return []string{
		`true POST /v1/recognize?a=%20 HTTP/1.1 [["Host" "x"] ["content-LENGTH" "20"] ["X-b" "1"] ["x-A" "two"]] body="GET /in/the/body\r\n\r\n" tls=false`,
		`true POST /chunked HTTP/1.1 [["Host" "x"] ["transfer-encoding" "Chunked"] ["Trailer" "X-End"]] body="abc0123456789" tls=false`,
		`true GET /bare HTTP/1.1 [["Host" "x"] ["X-Folded" "a b"] ["x-bare" "LF"]] body="" tls=false`,
		`true GET /last HTTP/1.1 [["connection" "close"] ["HOST" "x"]] body="" tls=false`,
	}
}

func TestTakeReturnsHeadsAsSent(t *testing.T) {
	for name, writes := range map[string][]string{
		"pipelined":    {requests},
		"byte by byte": strings.Split(requests, ""),
	} {
		t.Run(name, func(t *testing.T) {
			got := talk(t, server(t, rawhead.Listener, take), writes...)
			if want := answers(); !slices.Equal(got, want) {
				t.Errorf("answers\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestTakeSkipsHeadsNobodyTook(t *testing.T) {
	h := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/take" {
			take(w, r)
			take(w, r)
		}
	}
	got := talk(t, server(t, rawhead.Listener, h), strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 20)+
		"GET /take HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	want := []string{
		`true GET /take HTTP/1.1 [["Host" "x"] ["Connection" "close"]] body="" tls=false`,
		`false  [] body="" tls=false`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("answers %q", got)
	}
}

func TestNoHeadWithoutObservation(t *testing.T) {
	long := "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: " + strings.Repeat("x", 65536) + "\r\n\r\n"
	got := talk(t, server(t, rawhead.Listener, take), long)
	if want := []string{`false  [] body="" tls=false`}; !slices.Equal(got, want) {
		t.Errorf("answers to a long head %q", got)
	}
	plain := func(l net.Listener) net.Listener { return l }
	got = talk(t, server(t, plain, take), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if want := []string{`false  [] body="" tls=false`}; !slices.Equal(got, want) {
		t.Errorf("answers without Listener %q", got)
	}
}

// What follows a WebSocket handshake is not HTTP, even if it looks like it.
func TestNothingIsObservedAfterAWebSocketHandshake(t *testing.T) {
	got := talk(t, server(t, rawhead.Listener, take),
		"GET /v1/ HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n\r\n"+
			"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	want := []string{
		`true GET /v1/ HTTP/1.1 [["Host" "x"] ["Upgrade" "WebSocket"] ["Connection" "upgrade"]] body="" tls=false`,
		`false  [] body="" tls=false`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("answers %q", got)
	}
}

func TestTLS(t *testing.T) {
	certs := httptest.NewTLSServer(http.NotFoundHandler())
	certs.Close()
	wrap := func(l net.Listener) net.Listener {
		return rawhead.Listener(tls.NewListener(l, &tls.Config{Certificates: certs.TLS.Certificates}))
	}
	addr := server(t, wrap, take)
	client := certs.Client()
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+addr+"/tls", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"x-lower": {"1"}, "User-Agent": {""}, "Accept-Encoding": {"*"}}
	req.Host = "example.com"
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := `true GET /tls HTTP/1.1 [["Host" "example.com"] ["Accept-Encoding" "*"] ["x-lower" "1"]] body="" tls=true` + "\n"
	if string(got) != want {
		t.Errorf("answer %s", got)
	}
}

func TestAcceptAndCloseWritePassThrough(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	wrapped := rawhead.Listener(l)
	client, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	c, err := wrapped.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Error(err)
	}
	if n, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("Read after CloseWrite: %d, %v", n, err)
	}
	if _, ok := c.(interface{ NetConn() net.Conn }).NetConn().(*net.TCPConn); !ok {
		t.Error("NetConn is not the TCP connection")
	}
	l.Close()
	if _, err := wrapped.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v", err)
	}
}
