package fake_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/gorilla/mux"
	"github.com/gorilla/websocket"

	"mockamivoice/fake"
)

// The benchmarks set the fake beside a bare server: the same router and engine, the same input and output, and nothing else.

type variant struct {
	name string
	h    http.Handler
}

func variants(b *testing.B, bare http.HandlerFunc) []variant {
	b.Helper()
	r := mux.NewRouter().SkipClean(true)
	r.HandleFunc("/issue_service_authorization", bare)
	r.HandleFunc("/v1/recognize", bare)
	r.HandleFunc("/v1/", bare)
	srv := fake.New()
	b.Cleanup(srv.Close)
	return []variant{{"bare", r}, {"fake", srv}}
}

func listen(b *testing.B, h http.Handler) *httptest.Server {
	b.Helper()
	hs := httptest.NewUnstartedServer(h)
	if srv, ok := h.(*fake.Server); ok {
		srv.Configure(hs.Config)
	}
	hs.Start()
	b.Cleanup(hs.Close)
	return hs
}

// hammer sends the same request again and again.
func hammer(b *testing.B, target, contentType string, body []byte) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		reply, err := client.Post(target, contentType, bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		n, _ := io.Copy(io.Discard, reply.Body)
		_ = reply.Body.Close()
		if reply.StatusCode != http.StatusOK || n == 0 {
			b.Fatal(reply.Status, n)
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	form := url.Values{"sid": {"demo"}, "spw": {"demo-password"}, "epi": {"30000"}}.Encode()
	answer := bytes.Repeat([]byte("k"), 120)
	for _, v := range variants(b, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		_, _ = w.Write(answer)
	}) {
		b.Run(v.name, func(b *testing.B) {
			hammer(b, listen(b, v.h).URL+"/issue_service_authorization", "application/x-www-form-urlencoded", []byte(form))
		})
	}
}

func benchmarkSync(b *testing.B, size int) {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("u", "demo-key")
	_ = form.WriteField("d", "-a-general")
	part, _ := form.CreateFormFile("a", "a.wav")
	audio := bytes.Repeat(sentence(), size/len(sentence())+1)
	_, _ = part.Write(wav(1, 16000, 16, audio[:size-44]))
	_ = form.Close()
	answer := []byte(strings.Repeat("x", 700) + "\r\n")
	for _, v := range variants(b, func(w http.ResponseWriter, r *http.Request) {
		parts, err := r.MultipartReader()
		for err == nil {
			var p *multipart.Part
			if p, err = parts.NextPart(); err == nil {
				_, _ = io.Copy(io.Discard, p)
			}
		}
		_, _ = w.Write(answer)
	}) {
		b.Run(v.name, func(b *testing.B) {
			hammer(b, listen(b, v.h).URL+"/v1/recognize", form.FormDataContentType(), body.Bytes())
		})
	}
}

func BenchmarkSync32KB(b *testing.B) { benchmarkSync(b, 32<<10) }

func BenchmarkSync1MB(b *testing.B) { benchmarkSync(b, 1<<20) }

// bareStream answers s with s, and e with as many packets as the fake sends for one utterance.
func bareStream(events []string) http.HandlerFunc {
	upgrader := &websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	return func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		for {
			_, m, err := ws.ReadMessage()
			if err != nil {
				return
			}
			switch m[0] {
			case 's':
				err = ws.WriteMessage(websocket.TextMessage, []byte("s"))
			case 'e':
				for _, e := range events {
					err = ws.WriteMessage(websocket.TextMessage, []byte(e))
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// talk is one client from connect to e; it returns what came after s.
func talk(b *testing.B, dialer *websocket.Dialer, target string, packets [][]byte) (events []string) {
	b.Helper()
	ws, reply, err := dialer.Dial(target, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer reply.Body.Close()
	defer ws.Close()
	_ = ws.WriteMessage(websocket.TextMessage, []byte("s LSB16K -a-general authorization=demo-key"))
	if _, m, err := ws.ReadMessage(); err != nil || string(m) != "s" {
		b.Fatalf("%q, %v", m, err)
	}
	for _, p := range packets {
		_ = ws.WriteMessage(websocket.BinaryMessage, p)
	}
	_ = ws.WriteMessage(websocket.TextMessage, []byte("e"))
	for {
		_, m, err := ws.ReadMessage()
		if err != nil {
			b.Fatal(err)
		}
		events = append(events, string(m))
		if string(m) == "e" {
			return events
		}
	}
}

func BenchmarkStream(b *testing.B) {
	audio := append(silence(200), speech(800)...)
	var packets [][]byte
	for i := range 10 {
		packets = append(packets, append([]byte("p"), audio[i*3200:(i+1)*3200]...))
	}
	dialer := &websocket.Dialer{}
	srv := fake.New()
	b.Cleanup(srv.Close)
	events := talk(b, dialer, "ws"+listen(b, srv).URL[len("http"):]+"/v1/", packets)
	for _, v := range variants(b, bareStream(events)) {
		b.Run(v.name, func(b *testing.B) {
			target := "ws" + listen(b, v.h).URL[len("http"):] + "/v1/"
			b.ReportAllocs()
			for b.Loop() {
				if n := len(talk(b, dialer, target, packets)); n != len(events) {
					b.Fatalf("%d events, not %d", n, len(events))
				}
			}
		})
	}
}

// BenchmarkIdleStreams reports what a stream costs that waits for audio. The client's side, a bare net.Conn, is in both figures.
func BenchmarkIdleStreams(b *testing.B) {
	const streams = 1000
	for _, v := range variants(b, bareStream(nil)) {
		b.Run(v.name, func(b *testing.B) {
			addr := listen(b, v.h).Listener.Addr().String()
			idle(b, addr, 10) // what is made once is made
			before := inUse()
			for b.Loop() {
				conns := idle(b, addr, streams)
				b.ReportMetric(float64(inUse()-before)/streams, "bytes/stream")
				for _, c := range conns {
					_ = c.Close()
				}
			}
		})
	}
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// idle opens n streams with a session each.
func idle(b *testing.B, addr string, n int) []net.Conn {
	b.Helper()
	start := appendFrame(nil, true, opText, []byte("s 16K -a-general authorization=demo-key"), false)
	buf := make([]byte, 4096)
	conns := make([]net.Conn, n)
	for i := range conns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close() })
		ask := func(what []byte, end string) {
			_, _ = c.Write(what)
			for got := 0; !bytes.HasSuffix(buf[:got], []byte(end)); {
				m, err := c.Read(buf[got:])
				if err != nil {
					b.Fatal(err)
				}
				got += m
			}
		}
		ask([]byte(handshake{}.request(addr)), "\r\n\r\n")
		ask(start, "\x81\x01s")
		conns[i] = c
	}
	return conns
}
