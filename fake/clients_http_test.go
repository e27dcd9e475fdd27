package fake_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// wire is a TCP connection on which requests are bytes written by hand, and replies are read a byte at a time, the way the
// vendor's native clients do.
type wire struct {
	net.Conn
	host string
}

// dialWire connects to a server that was prepared as the command prepares its own.
func dialWire(options ...fake.Option) (*wire, *fake.Server) {
	GinkgoHelper()
	srv := newFake(options...)
	ts := httptest.NewUnstartedServer(srv)
	srv.Configure(ts.Config)
	ts.Listener = srv.Listener(ts.Listener)
	ts.Start()
	DeferCleanup(ts.Close)
	return connectWire(strings.TrimPrefix(ts.URL, "http://")), srv
}

func connectWire(host string) *wire {
	GinkgoHelper()
	conn, err := (&net.Dialer{}).DialContext(GinkgoT().Context(), "tcp", host)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = conn.Close() })
	Expect(conn.SetDeadline(clock.System{}.Now().Add(20 * time.Second))).To(Succeed())
	return &wire{conn, host}
}

func (w *wire) send(text string) {
	GinkgoHelper()
	_, err := io.WriteString(w.Conn, text)
	Expect(err).NotTo(HaveOccurred())
}

// head reads up to the empty line and includes it.
func (w *wire) head() string {
	GinkgoHelper()
	var got []byte
	var one [1]byte
	for !strings.HasSuffix(string(got[max(0, len(got)-4):]), "\r\n\r\n") {
		_, err := io.ReadFull(w.Conn, one[:])
		Expect(err).NotTo(HaveOccurred(), "after %q", got)
		got = append(got, one[0])
	}
	return string(got)
}

// field is the rest of a header line that is looked for byte by byte.
func field(head, prefix string) string {
	GinkgoHelper()
	_, after, found := strings.Cut(head, prefix)
	Expect(found).To(BeTrue(), "no %q in %q", prefix, head)
	value, _, _ := strings.Cut(after, "\r\n")
	return value
}

// recognition reads a reply with the needs of the vendor's native clients, and gives its session id and body.
func (w *wire) recognition() (session, body string) {
	GinkgoHelper()
	head := w.head()
	Expect(head).To(HavePrefix("HTTP/1.1 200 "))
	Expect(head).NotTo(ContainSubstring("\r\nTransfer-Encoding:"))
	Expect(head).NotTo(ContainSubstring("\r\nTrailer:"))
	Expect(head).NotTo(ContainSubstring("\r\nConnection: close"))
	Expect(field(head, "\r\nContent-Type: ")).To(HaveSuffix("; charset=utf-8"))
	Expect(field(head, "\r\nAccess-Control-Allow-Origin: ")).To(Equal("*"))
	Expect(field(head, "\r\nAccess-Control-Expose-Headers: ")).To(ContainSubstring("X-Session-ID"))
	session = field(head, "\r\nX-Session-ID: ")
	Expect(session).To(MatchRegexp(`^[0-9a-f]{24}$`))
	size, err := strconv.Atoi(field(head, "\r\nContent-Length: "))
	Expect(err).NotTo(HaveOccurred())
	Expect(size).To(BeNumerically(">", 0))
	b := make([]byte, size)
	_, err = io.ReadFull(w.Conn, b)
	Expect(err).NotTo(HaveOccurred())
	body = string(b)
	Expect(body).To(HaveSuffix("}\r\n"))
	Expect(strings.Count(body, "\r\n")).To(Equal(1), "one line is one result")
	for i, c := range b {
		Expect(c).To(BeNumerically("<", 0x80), "byte %d of %q", i, body)
	}
	Expect(strings.LastIndex(body, `,"text":"`)).To(BeNumerically(">", strings.Index(body, `}],`)), "samples look for the last text, after the results")
	return session, body
}

func (w *wire) understands() (session string) {
	GinkgoHelper()
	session, body := w.recognition()
	Expect(body).To(HaveSuffix(`","code":"","message":""}` + "\r\n"))
	Expect(body).NotTo(ContainSubstring(`"text":"","code"`))
	return session
}

// hrp is the body of the vendor's native clients: it begins with CR LF, its parts have no file name and no type.
func hrp(d string) (fields, tail string) {
	const delimiter = "\r\n--1234567890ABCDEFGHIJ"
	fields = delimiter + "\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n" + d +
		delimiter + "\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n16K" +
		delimiter + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
	return fields, delimiter + "--\r\n"
}

func chunked(text string) string { return fmt.Sprintf("%X\r\n%s\r\n", len(text), text) }

// hrpChunked is one request of the native library in its default framing: 4096 bytes of audio in a chunk.
func hrpChunked(host, d, audio string) string {
	fields, tail := hrp(d)
	var b strings.Builder
	b.WriteString("POST /v1/recognize HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: Hrp/1.0.05 (Linux)\r\nTransfer-Encoding: chunked\r\n" +
		"Content-Type: multipart/form-data; boundary=1234567890ABCDEFGHIJ\r\n\r\n" + chunked(fields))
	for at := 0; at < len(audio); at += 4096 {
		b.WriteString(chunked(audio[at:min(at+4096, len(audio))]))
	}
	return b.String() + chunked(tail) + "0\r\n\r\n"
}

func withLength(head, body string) string {
	return head + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

const hrpKeyInD = "grammarFileNames=%2Da%2Dgeneral authorization=" + mypageKey

var _ = Describe("Clients on the wire of synchronous HTTP", func() {
	// vendor's native library in Java, C#, C++, Python and PHP, HrpTester -t mc
	It("V22 serves native multipart in chunks, with a constant boundary and a CR LF before it (observed: the client)", func() {
		w, _ := dialWire()
		w.send(hrpChunked(w.host, hrpKeyInD, speechWAV()))
		w.understands()
	})

	// vendor's native library, HrpTester -t m
	It("V22 serves the same body with a Content-Length (observed: the client)", func() {
		w, _ := dialWire()
		fields, tail := hrp(hrpKeyInD)
		w.send(withLength("POST /v1/nolog/recognize HTTP/1.1\r\nHost: "+w.host+"\r\nUser-Agent: Hrp/1.0.05 (Linux)\r\n"+
			"Content-Type: multipart/form-data; boundary=1234567890ABCDEFGHIJ\r\n", fields+speechWAV()+tail))
		w.understands()
	})

	// vendor's native library, HrpTester -t s and sc: Java, PHP and C# send '+' for the blank in the query, Python and C++ %20
	DescribeTable("V23 serves native audio alone, without a Content-Type, with d encoded twice in the query (observed: the client)", func(blank string, inChunks bool) {
		w, _ := dialWire()
		query := "d=grammarFileNames%3D%252Da%252Dgeneral" + blank + "authorization%3D" + strings.Replace(mypageKey, "M", "%254D", 1) + "&c=LSB16K"
		head := "POST /v1/recognize?" + query + " HTTP/1.1\r\nHost: " + w.host + "\r\nUser-Agent: Hrp/1.0.05 (Linux)\r\n"
		if inChunks {
			w.send(head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(speechPCM()) + "0\r\n\r\n")
		} else {
			w.send(withLength(head, speechPCM()))
		}
		w.understands()
	},
		Entry("Java, PHP and C#", "+", false),
		Entry("Python and C++", "%20", false),
		Entry("in chunks", "+", true),
	)

	// vendor's native library, HrpTester -l 2
	It("V28 serves a second request on the same connection, with a session id of its own (observed: the client)", func() {
		w, srv := dialWire()
		w.send(hrpChunked(w.host, hrpKeyInD, speechWAV()))
		first := w.understands()
		w.send(hrpChunked(w.host, hrpKeyInD, speechWAV()))
		Expect(w.understands()).NotTo(Equal(first))
		_, entries := srv.Tape(fake.TapeFilter{Kind: scenarios.ConnOpen})
		Expect(entries).To(HaveLen(1))
	})

	It("V28 serves a second request after one that was refused (observed: the client)", func() {
		w, _ := dialWire()
		w.send(hrpChunked(w.host, "grammarFileNames=-a-general authorization=WRONG", speechWAV()))
		_, body := w.recognition()
		Expect(body).To(Equal(unauthorized))
		w.send(hrpChunked(w.host, hrpKeyInD, speechWAV()))
		w.understands()
	})

	// C#: lower-case hexadecimal digits; C++ leaves ':' '+' '=' as they are
	DescribeTable("reads d in the escapes of every language (observed: the client)", func(d string) {
		w, _ := dialWire()
		w.send(hrpChunked(w.host, d+" authorization="+mypageKey, speechWAV()))
		w.understands()
	},
		Entry("C#", "grammarFileNames=%2da%2dgeneral profileWords=%e3%81%82%20%e3%81%82"),
		Entry("C++", "grammarFileNames=-a-general profileId=:a+b=c"),
	)

	// vendor's native library over TLS on the default port drops the port only when it is 80
	It("takes a Host with the port 443 (observed: the client)", func() {
		w, _ := dialWire()
		w.send(hrpChunked("acp-api.amivoice.com:443", hrpKeyInD, speechWAV()))
		w.understands()
	})

	// curl -F above 1 MiB, or from standard input
	It("says 100 Continue when asked, and then only (observed: curl)", func() {
		w, _ := dialWire()
		body := "--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name=\"a\"; filename=\"test.wav\"\r\n" +
			"Content-Type: application/octet-stream\r\n\r\n" + speechWAV() + "\r\n--------------------------d74496d66958873e--\r\n"
		w.send("POST /v1/recognize?d=-a-general&u=" + mypageKey + " HTTP/1.1\r\nHost: " + w.host + "\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n" +
			"Content-Length: " + strconv.Itoa(len(body)) + "\r\nContent-Type: multipart/form-data; boundary=------------------------d74496d66958873e\r\n" +
			"Expect: 100-continue\r\n\r\n")
		Expect(w.head()).To(Equal("HTTP/1.1 100 Continue\r\n\r\n"))
		w.send(body)
		w.understands()
	})

	// curl -F a=@test.wav, the vendor's sample
	It("V21 takes an audio part with a file name and a type (observed: curl)", func() {
		w, _ := dialWire()
		w.send(withLength("POST /v1/recognize?d=-a-general&u="+mypageKey+" HTTP/1.1\r\nHost: "+w.host+"\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"+
			"Content-Type: multipart/form-data; boundary=------------------------d74496d66958873e\r\n",
			"--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name=\"a\"; filename=\"test.wav\"\r\n"+
				"Content-Type: audio/wav\r\n\r\n"+speechWAV()+"\r\n--------------------------d74496d66958873e--\r\n"))
		w.understands()
	})

	// curl --data-binary @test.wav
	It("does not take audio for a form because curl says it is one (observed: curl)", func() {
		w, _ := dialWire()
		w.send(withLength("POST /v1/recognize?d=-a-general&u="+mypageKey+" HTTP/1.1\r\nHost: "+w.host+"\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"+
			"Content-Type: application/x-www-form-urlencoded\r\n", speechWAV()))
		w.understands()
	})

	// a first-party kintone plug-in, through its proxy: key in the header, parts d and a
	It("V19 serves a kintone plug-in: bearer key, d with an encoded extension, a last (observed: the client)", func() {
		w, _ := dialWire()
		w.send(withLength("POST /v1/recognize HTTP/1.1\r\nHost: "+w.host+"\r\nAuthorization: Bearer "+mypageKey+"\r\n"+
			"Content-Type: multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW\r\n",
			"------WebKitFormBoundary7MA4YWxkTrZu0gW\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n"+
				"grammarFileNames=-a-general extension=%7B%22client_info%22%3A%7B%22billing_key%22%3A%22k%22%7D%7D\r\n"+
				"------WebKitFormBoundary7MA4YWxkTrZu0gW\r\nContent-Disposition: form-data; name=\"a\"; filename=\"blob\"\r\n"+
				"Content-Type: audio/wav\r\n\r\n"+speechWAV()+"\r\n------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n"))
		w.understands()
	})

	// an earlier first-party kintone plug-in: raw body, extension not escaped
	It("serves its early version: raw body, d with a JSON extension as it is (observed: the client)", func() {
		w, _ := dialWire()
		w.send(withLength("POST /v1/recognize?u="+mypageKey+"&d=-a-general%20extension={\"client_info\":{}} HTTP/1.1\r\nHost: "+w.host+
			"\r\nContent-Type: audio/wav\r\n", speechWAV()))
		w.understands()
	})

	It("says the length of a long reply too, for native clients take no length for chunks (observed: the client)", func() {
		w, _ := dialWire(fake.WithTranscriber(func(fake.Speech) (fake.Transcript, bool) {
			return fake.Transcript{Confidence: 1, Text: strings.Repeat("長", 10_000)}, true
		}))
		w.send(hrpChunked(w.host, hrpKeyInD, speechWAV()))
		w.understands()
	})

	It("takes a request that trickles in byte by byte", func() {
		w, _ := dialWire()
		request := withLength("POST /v1/recognize HTTP/1.1\r\nHost: "+w.host+"\r\nContent-Type: "+multiform+"\r\n",
			parts("u", mypageKey, "d", "-a-general", "a", ""))
		for i := range request {
			w.send(request[i : i+1])
		}
		_, body := w.recognition()
		Expect(body).To(ContainSubstring(`"text":"","code":"","message":""`))
	})

	It("shows on the tape the header lines in the order and spelling of the client", func() {
		w, srv := dialWire()
		w.send(withLength("POST /v1/recognize HTTP/1.1\r\nhOsT: "+w.host+"\r\nX-b: 1\r\nx-A: 2\r\nContent-Type: "+multiform+"\r\n", parts("a", "")))
		_, body := w.recognition()
		Expect(body).To(Equal(unauthorized))
		_, entries := srv.Tape(fake.TapeFilter{Kind: scenarios.HTTPRequest})
		Expect(entries).To(HaveLen(1))
		Expect(entries[0].Headers[:3]).To(Equal([][2]string{{"hOsT", w.host}, {"X-b", "1"}, {"x-A", "2"}}))
	})

	It("answers issuance with the key alone, byte for byte (observed: browsers store the reply untrimmed)", func() {
		w, _ := dialWire()
		w.send(withLength("POST /issue_service_authorization HTTP/1.1\r\nHost: "+w.host+"\r\nOrigin: null\r\nContent-Type: "+form+"\r\n", credentials))
		head := w.head()
		Expect(head).To(HavePrefix("HTTP/1.1 200 "))
		Expect(field(head, "\r\nAccess-Control-Allow-Origin: ")).To(Equal("*"))
		size, err := strconv.Atoi(field(head, "\r\nContent-Length: "))
		Expect(err).NotTo(HaveOccurred())
		key := make([]byte, size)
		_, err = io.ReadFull(w.Conn, key)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(key)).To(MatchRegexp(`^[A-Za-z0-9_-]+$`))
	})

	DescribeTable("reads the whole body before it answers: native clients cannot take an earlier answer (observed: the client)", func(key string, body func() string) {
		srv := newFake()
		source := &untilEOF{Reader: strings.NewReader(body())}
		req := httptest.NewRequest(http.MethodPost, "/v1/recognize?d=-a-general&u="+key, source)
		req.Header.Set("Content-Type", multiform)
		w := &answeredWhen{ResponseWriter: httptest.NewRecorder(), source: source}
		srv.ServeHTTP(w, req)
		Expect(w.early).To(BeFalse())
		Expect(w.answered).To(BeTrue())
	},
		Entry("when all is well", mypageKey, func() string { return parts("a", speechWAV()) }),
		Entry("when the key is bad", "WRONG", func() string { return parts("a", speechWAV()) }),
		Entry("when something follows the closing delimiter", mypageKey, func() string { return parts("a", "") + "and more" }),
		Entry("when there are too many parts", mypageKey, func() string { return parts(strings.Split(strings.Repeat("x,y,", 100), ",")...) }),
	)
})

// untilEOF remembers whether it was read to its end.
type untilEOF struct {
	io.Reader
	ended bool
}

func (u *untilEOF) Read(b []byte) (int, error) {
	n, err := u.Reader.Read(b)
	u.ended = u.ended || errors.Is(err, io.EOF)
	return n, err
}

// answeredWhen remembers whether the answer began before the body ended.
type answeredWhen struct {
	http.ResponseWriter
	source          *untilEOF
	answered, early bool
}

func (a *answeredWhen) WriteHeader(status int) {
	a.answered, a.early = true, a.early || !a.source.ended
	a.ResponseWriter.WriteHeader(status)
}

var _ = Describe("Pages of other origins", func() {
	It("may call every route and read X-Session-ID (inferred: the vendor's pages do so)", func() {
		s := serve()
		for _, r := range []reply{
			s.postIssue(credentials), s.postIssue("nothing"), s.recognize("u", "WRONG"),
			s.do(http.MethodGet, "/v1/recognize", "", nil), s.do(http.MethodGet, "/nowhere", "", nil), s.do(http.MethodOptions, "/v1/recognize", "", nil),
		} {
			Expect(r.Header).To(HaveKeyWithValue("Access-Control-Allow-Origin", []string{"*"}))
			Expect(r.Header).To(HaveKeyWithValue("Access-Control-Expose-Headers", []string{"X-Session-ID"}))
		}
	})

	// vendor's web page asks before it sends an Authorization header
	DescribeTable("get 204 to a preflight that asks for authorization (observed: the client; assumed: the values)", func(path string) {
		r := serve().do(http.MethodOptions, path, "", nil, "Origin", "https://example.com",
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
		Expect(r.Status).To(Equal(204))
		Expect(r.Body).To(BeEmpty())
		Expect(strings.ToLower(r.Header.Get("Access-Control-Allow-Headers"))).To(And(ContainSubstring("authorization"), ContainSubstring("content-type")))
		Expect(r.Header.Get("Access-Control-Allow-Methods")).To(ContainSubstring("POST"))
	},
		Entry("issuance", "/issue_service_authorization"),
		Entry("recognition", "/v1/recognize"),
		Entry("recognition without a log", "/v1/nolog/recognize"),
	)
})
