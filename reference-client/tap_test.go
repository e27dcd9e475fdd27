package refclient_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/reference-client"
	"mockamivoice/reference-client/wire"
)

// recorder keeps what a tap shows.
type recorder struct {
	mu          sync.Mutex
	read, wrote map[uint64][]byte
	open        map[uint64]int
	ends, gone  int
}

func newRecorder() *recorder {
	return &recorder{read: map[uint64][]byte{}, wrote: map[uint64][]byte{}, open: map[uint64]int{}}
}

func (r *recorder) tap(e refclient.TapEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Kind {
	case refclient.Opened:
		r.open[e.Conn]++
	case refclient.Closed:
		delete(r.open, e.Conn)
		r.ends++
	case refclient.Ended:
		r.gone++
	case refclient.Read:
		r.read[e.Conn] = append(r.read[e.Conn], e.Bytes...)
	case refclient.Wrote:
		r.wrote[e.Conn] = append(r.wrote[e.Conn], e.Bytes...)
	}
}

func (r *recorder) conn(n uint64) (read, wrote string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.read[n]), string(r.wrote[n])
}

func (r *recorder) stillOpen() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.open)
}

// frames reads what follows the head of a handshake.
func frames(conn string) []wire.Frame {
	GinkgoHelper()
	_, rest, ok := strings.Cut(conn, "\r\n\r\n")
	Expect(ok).To(BeTrue())
	var all []wire.Frame
	for r := strings.NewReader(rest); r.Len() > 0; {
		f, err := wire.ReadFrame(r, 1<<20)
		Expect(err).NotTo(HaveOccurred())
		all = append(all, f)
	}
	return all
}

var _ = Describe("A tap", func() {
	It("shows heads and bodies of HTTP letter by letter", func() {
		r := newRecorder()
		s := serve()
		c := s.client(refclient.WithKey("demo-key"), refclient.WithTap(r.tap))
		_, err := recognize(c)
		Expect(err).NotTo(HaveOccurred())
		read, wrote := r.conn(1)
		Expect(read).To(MatchRegexp(`(?s)^HTTP/1\.1 200 OK\r\n.*\r\nX-Session-ID: [0-9a-f]{24}\r\n.*\}\r\n$`))
		Expect(wrote).To(HavePrefix("POST /v1/recognize HTTP/1.1\r\n"))
		Expect(wrote).To(ContainSubstring("\r\nTransfer-Encoding: chunked\r\n"))
		Expect(wrote).NotTo(ContainSubstring("Accept-Encoding"), "a reply is shown as it was written")
		Expect(r.stillOpen()).To(Equal(1), "the connection is kept for the next request")
		c.CloseIdleConnections()
		Eventually(r.stillOpen).WithTimeout(patience).Should(BeZero())
	})

	It("shows every frame of a stream, masked ones of the client in one piece", func() {
		r := newRecorder()
		stream := open(serve().client(refclient.WithKey("demo-key"), refclient.WithTap(r.tap)), general())
		_, err := stream.Write(sentence()[:64000])
		Expect(err).NotTo(HaveOccurred())
		Expect(stream.End(soon())).To(Succeed())
		Expect(stream.Close()).To(Succeed())
		read, wrote := r.conn(1)
		Expect(wrote).To(HavePrefix("GET /v1/ HTTP/1.1\r\n"))
		Expect(wrote).To(ContainSubstring("\r\nSec-WebSocket-Version: 13\r\n"))
		Expect(wrote).NotTo(ContainSubstring("Sec-WebSocket-Extensions"))
		var sent []string
		for _, f := range frames(wrote) {
			Expect(f.Masked && f.Fin).To(BeTrue())
			sent = append(sent, string(f.Payload[:min(len(f.Payload), 6)]))
		}
		Expect(sent).To(Equal([]string{"s LSB1", "p\x00\x00\x00\x00\x00", "e", "\x03\xe8"}))
		Expect(frames(wrote)[1].Opcode).To(Equal(wire.Binary))
		Expect(frames(wrote)[1].Payload).To(HaveLen(64001))
		answers := frames(read)
		Expect(string(answers[0].Payload)).To(Equal("s"))
		Expect(string(answers[len(answers)-2].Payload)).To(Equal("e"))
		Expect(r.stillOpen()).To(BeZero())
		Expect(r.ends).To(Equal(1))
	})

	It("shows one end of a connection, however often it is closed", func() {
		r := newRecorder()
		ctx, cancel := context.WithCancel(context.Background())
		stream, err := serve().client(refclient.WithKey("demo-key"), refclient.WithTap(r.tap)).Stream(ctx, general())
		Expect(err).NotTo(HaveOccurred())
		cancel()
		_, err = events(stream)
		Expect(err).To(MatchError(context.Canceled))
		Expect(stream.Close()).To(Succeed())
		Expect(r.ends).To(Equal(1))
	})

	It("shows an end that came from the other side", func() {
		r := newRecorder()
		url := listen(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
		_, err := client(url, refclient.WithKey("k"), refclient.WithTap(r.tap)).Stream(soon(), general())
		Expect(err).To(HaveOccurred())
		Expect(r.gone).To(Equal(1))
		Expect(r.ends).To(Equal(1))
	})

	It("shows what goes before it goes, so that no answer comes before its question", func() {
		var asked atomic.Bool
		url := listen(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
		c := client(url, refclient.WithKey("k"), refclient.WithTap(func(e refclient.TapEvent) {
			if e.Kind == refclient.Wrote && bytes.HasPrefix(e.Bytes, []byte("GET ")) {
				defer GinkgoRecover()
				Consistently(asked.Load).WithTimeout(20 * time.Millisecond).Should(BeFalse())
			}
		}))
		_, err := c.Stream(soon(), general())
		Expect(err).To(HaveOccurred())
		Expect(asked.Load()).To(BeTrue())
	})

	It("shows what is inside of TLS", func() {
		srv := fake.New()
		DeferCleanup(srv.Close)
		ts := httptest.NewUnstartedServer(srv)
		ts.EnableHTTP2 = true
		ts.StartTLS()
		DeferCleanup(ts.Close)
		roots := x509.NewCertPool()
		roots.AddCert(ts.Certificate())
		r := newRecorder()
		c := client(ts.URL, refclient.WithKey("demo-key"), refclient.WithTap(r.tap), refclient.WithTLSConfig(&tls.Config{
			RootCAs: roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		}))
		_, err := recognize(c)
		Expect(err).NotTo(HaveOccurred())
		Expect(hear(open(c, general()), sentence())).NotTo(BeEmpty())
		_, wrote := r.conn(1)
		Expect(wrote).To(HavePrefix("POST /v1/recognize HTTP/1.1\r\n"))
		_, wrote = r.conn(2)
		Expect(wrote).To(HavePrefix("GET /v1/ HTTP/1.1\r\n"))

		_, err = recognize(client(ts.URL, refclient.WithKey("demo-key")))
		Expect(err).To(MatchError(ContainSubstring("certificate")))
		Expect(refclient.Retryable(err)).To(BeFalse(), "a certificate does not become good by waiting")
	})

	It("sees keys only where they belong: never in a request line", func() {
		r := newRecorder()
		s := serve()
		c := s.client(refclient.WithTap(r.tap))
		_, err := recognize(c)
		Expect(err).NotTo(HaveOccurred())
		_ = open(c, general()).Close()
		job, err := submit(c)
		Expect(err).NotTo(HaveOccurred())
		_, err = job.Poll(soon())
		Expect(err).NotTo(HaveOccurred())
		Expect(c.SetWords(soon(), dictionary(), "test", nil)).To(Succeed())
		var lines []string
		for n := uint64(1); n <= 6; n++ { // at most one for each request
			_, wrote := r.conn(n)
			lines = append(lines, regexp.MustCompile(`(?:GET|POST) .* HTTP/1\.1\r\n`).FindAllString(wrote, -1)...)
		}
		Expect(lines).To(ConsistOf(
			"POST /issue_service_authorization HTTP/1.1\r\n", "POST /v1/recognize HTTP/1.1\r\n", "GET /v1/ HTTP/1.1\r\n",
			"POST /v2/recognitions HTTP/1.1\r\n", "GET /v2/recognitions/"+job.ID+" HTTP/1.1\r\n", "POST /profilewords/-a-general/test HTTP/1.1\r\n",
		))
	})
})
