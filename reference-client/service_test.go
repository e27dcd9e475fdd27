package refclient_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/protocol"
	"mockamivoice/reference-client"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/sound"
)

const patience = 10 * time.Second

// noon is where the clock of every spec stands at first.
func noon() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC) }

// service is a fake on a port of its own, on a clock that only the spec moves.
type service struct {
	*fake.Server
	url string
}

func serve(options ...fake.Option) *service {
	srv := fake.New(append([]fake.Option{fake.WithClock(clock.NewManual(noon()))}, options...)...)
	DeferCleanup(srv.Close)
	return &service{srv, listen(srv)}
}

// listen serves h and returns its URL.
func listen(h http.Handler) string {
	ts := httptest.NewServer(h)
	DeferCleanup(ts.Close)
	return ts.URL
}

// client is a client of s that issues keys with the demo credentials and has the clock of s.
func (s *service) client(options ...refclient.Option) *refclient.Client {
	return client(s.url, append([]refclient.Option{refclient.WithNow(s.Time().Now), refclient.WithCredentials("demo", "demo-password")}, options...)...)
}

func client(url string, options ...refclient.Option) *refclient.Client {
	c := refclient.New(append([]refclient.Option{refclient.WithEndpoint(refclient.At(url))}, options...)...)
	DeferCleanup(c.CloseIdleConnections)
	return c
}

func (s *service) pass(d time.Duration) {
	GinkgoHelper()
	moved, err := s.Advance(d)
	Expect(err).NotTo(HaveOccurred())
	Expect(moved.Unsettled).To(BeEmpty())
}

// entries is what the tape has of a kind.
func (s *service) entries(kind scenarios.Kind) []scenarios.Entry {
	_, entries := s.Tape(fake.TapeFilter{Kind: kind})
	return entries
}

// targets are the paths of the requests or the handshakes that came.
func (s *service) targets(kind scenarios.Kind) []string {
	var targets []string
	for _, e := range s.entries(kind) {
		targets = append(targets, e.Target)
	}
	return targets
}

// socket is a service that is not the fake: converse has one connection, whose s has been read.
func socket(converse func(ws *websocket.Conn)) string {
	return listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		if _, _, err := ws.ReadMessage(); err == nil {
			converse(ws)
		}
	}))
}

func say(ws *websocket.Conn, messages ...string) {
	for _, m := range messages {
		if ws.WriteMessage(websocket.TextMessage, []byte(m)) != nil {
			return
		}
	}
}

// listenOn reads until the client has gone.
func listenOn(ws *websocket.Conn) {
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			return
		}
	}
}

func soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	DeferCleanup(cancel)
	return ctx
}

func general() refclient.StreamRequest {
	return refclient.StreamRequest{Engine: "-a-general", Format: "LSB16K"}
}

func open(c *refclient.Client, r refclient.StreamRequest) *refclient.Stream {
	GinkgoHelper()
	s, err := c.Stream(soon(), r)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(s.Close)
	return s
}

// events drains a cycle: the messages as received, and what ended it.
func events(s *refclient.Stream) ([]string, error) {
	var raw []string
	for m, err := range s.Events() {
		if err != nil {
			return raw, err
		}
		raw = append(raw, string(m.Raw))
	}
	return raw, nil
}

// hear sends audio in pieces of 100 ms and returns the events of the cycle.
func hear(s *refclient.Stream, audio []byte) []string {
	GinkgoHelper()
	var feeding sync.WaitGroup
	var fed, ended error
	feeding.Go(func() {
		_, fed = io.CopyBuffer(struct{ io.Writer }{s}, struct{ io.Reader }{bytes.NewReader(audio)}, make([]byte, 3200))
		ended = s.End(soon())
	})
	raw, err := events(s)
	feeding.Wait()
	Expect(fed).NotTo(HaveOccurred())
	Expect(ended).NotTo(HaveOccurred())
	Expect(err).NotTo(HaveOccurred())
	return raw
}

// sentence is 3 s of 16-bit little-endian PCM at 16 kHz with one utterance in it.
func sentence() []byte {
	pcm := make([]byte, 500*32)
	for _, v := range sound.Speech(16000, 1200*time.Millisecond) {
		pcm = binary.LittleEndian.AppendUint16(pcm, uint16(v))
	}
	return append(pcm, make([]byte, 1300*32)...)
}

func id(err error) protocol.ErrorID {
	GinkgoHelper()
	said, ok := errors.AsType[*protocol.Error](err)
	Expect(ok).To(BeTrue(), "not said by the service: %v", err)
	return said.ID
}
