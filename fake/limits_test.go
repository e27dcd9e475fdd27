package fake_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// zeros are endless.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

var _ = Describe("Limits of synchronous requests", func() {
	upload := func(s *service, audio int64) reply {
		GinkgoHelper()
		before := strings.TrimSuffix(parts("u", mypageKey, "d", "-a-general", "c", "LSB16K", "a", ""), "\r\n--"+boundary+"--\r\n")
		body := io.MultiReader(strings.NewReader(before), io.LimitReader(zeros{}, audio), strings.NewReader("\r\n--"+boundary+"--\r\n"))
		return s.do(http.MethodPost, "/v1/recognize", multiform, body)
	}

	It("V33 takes 16,777,215 bytes of audio (documented: limitations)", func() {
		Expect(upload(serve(), 16777215)).To(beStub("o", rejected)) // they are silence
	})

	It("V33 refuses one byte more with code % (documented: limitations; recalled: the text)", func() {
		for _, s := range []*service{serve(), serve(documented())} {
			Expect(upload(s, 16777216)).To(beStub("%", tooLarge))
		}
	})

	It("V33 refuses it with 413 by choice (observed once)", func() {
		choice, err := fake.ParseChoice("sync-oversize", "413")
		Expect(err).NotTo(HaveOccurred())
		Expect(upload(serve(fake.WithChoice(choice)), 16777216).Status).To(Equal(413))
	})

	It("says nothing about the size to somebody without a key (ruled: the order of checks)", func() {
		s := serve(fake.WithLimits(fake.Limits{Upload: 100}))
		Expect(s.recognize("u", "WRONG", "d", "-a-general", "a", randomBytes(101))).To(beUnauthorized())
	})

	It("gives up on a body that never ends, without holding it (ours)", func() {
		s := newFake(fake.WithLimits(fake.Limits{Upload: 100_000}))
		req := httptest.NewRequest(http.MethodPost, "/v1/recognize?d=-a-general&c=LSB16K&u="+mypageKey, zeros{})
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		Expect(rec.Body.String()).To(ContainSubstring(`"code":"%"`))
	})

	It("refuses fields of more than 1 MiB before a (ours)", func() {
		s := serve()
		r := s.recognize("u", mypageKey, "d", "-a-general", "x", strings.Repeat("x", 1<<20+1), "a", speechWAV())
		Expect(r.Status).To(Equal(413))
		Expect(r.Body).To(ContainSubstring(`"code":"%"`))
		Expect(s.recognize("u", mypageKey, "d", "-a-general", "x", strings.Repeat("x", 1<<20-1000), "a", speechWAV())).To(beSuccess())
	})

	It("refuses more than 64 parts (ours)", func() {
		s := serve()
		extra := func(n int) []string {
			fields := []string{"u", mypageKey, "d", "-a-general"}
			for range n - 3 {
				fields = append(fields, "x", "y")
			}
			return append(fields, "a", speechWAV())
		}
		Expect(s.recognize(extra(64)...)).To(beSuccess())
		Expect(s.recognize(extra(65)...).Status).To(Equal(413))
	})

	It("answers $ to a body that stands still (observed: the code; recalled: the text)", func() {
		s := newFake()
		still := &stuck{}
		body := io.MultiReader(strings.NewReader("--"+boundary+"\r\nContent-Disposition: form-data; name=\"u\"\r\n\r\n"+mypageKey), still)
		req := httptest.NewRequest(http.MethodPost, "/v1/recognize", body)
		req.Header.Set("Content-Type", multiform)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		Expect(rec.Code).To(Equal(200))
		Expect(rec.Body.String()).To(HaveSuffix(`"code":"$","message":"timeout occurred while receiving audio data from client"}` + "\r\n"))
		Expect(still.reads).To(Equal(1), "it is given up after one minute, not after two")
	})

	It("takes 64 addresses in ipa and no more (ours)", func() {
		s := serve()
		Expect(s.postIssue(credentials + "&ipa=" + addresses(64))).To(beKey())
		Expect(s.postIssue(credentials + "&ipa=" + addresses(65))).To(beEmpty200())
	})

	It("gives no key for a form of more than 1 MiB (ours)", func() {
		Expect(serve().postIssue(credentials + "&x=" + strings.Repeat("x", 1<<20))).To(beEmpty200())
	})

	DescribeTable("puts up with requests that are broken", func(contentType, body string) {
		s := serve()
		r := s.do(http.MethodPost, "/v1/recognize?d=-a-general&u="+mypageKey, contentType, strings.NewReader(body))
		Expect(r.Status).To(Equal(200))
		Expect(json.Valid([]byte(r.Body))).To(BeTrue(), r.Body)
		Expect(s.recognize("u", mypageKey, "d", "-a-general", "a", speechWAV())).To(beSuccess())
	},
		Entry("multipart without its end", multiform, "--"+boundary+"\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nRIFF"),
		Entry("multipart that breaks off in a header", multiform, "--"+boundary+"\r\nContent-Dispo"),
		Entry("multipart with a part without a name", multiform, "--"+boundary+"\r\n\r\nx\r\n--"+boundary+"--\r\n"),
		Entry("multipart without a boundary parameter", "multipart/form-data", parts("a", "x")),
		Entry("multipart with another boundary", "multipart/form-data; boundary=other", parts("a", "x")),
		Entry("a Content-Type that is none", ";;;===\"", "x"),
		Entry("an empty body", multiform, ""),
		Entry("a form of one huge header", multiform, "--"+boundary+"\r\nX: "+strings.Repeat("x", 100_000)+"\r\n\r\nx\r\n--"+boundary+"--\r\n"),
	)

	It("survives a client that leaves in the middle of its body", func() {
		w, srv := dialWire()
		w.send("POST /v1/recognize HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nContent-Type: " + multiform + "\r\n\r\n--" + boundary + "\r\n")
		Expect(w.Close()).To(Succeed())
		_, err := srv.Wait(GinkgoT().Context(), fake.TapeFilter{Kind: scenarios.HTTPResponse}, "")
		Expect(err).NotTo(HaveOccurred())
		again := connectWire(w.host)
		again.send(hrpChunked(again.host, hrpKeyInD, speechWAV()))
		again.understands()
	})

	It("answers a client that closed its half of the connection in the middle of its body", func() {
		w, _ := dialWire()
		w.send("POST /v1/recognize HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nContent-Type: " + multiform + "\r\n\r\n--" + boundary + "\r\n")
		closer, ok := w.Conn.(interface{ CloseWrite() error })
		Expect(ok).To(BeTrue())
		Expect(closer.CloseWrite()).To(Succeed())
		Expect(w.head()).To(HavePrefix("HTTP/1.1 200 "))
	})
})

// stuck is a body whose read deadline has passed.
type stuck struct{ reads int }

func (s *stuck) Read([]byte) (int, error) {
	s.reads++
	return 0, os.ErrDeadlineExceeded
}

func addresses(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("203.0.113.%d", i)
	}
	return strings.Join(all, ",")
}

var _ = Describe("Secrets", func() {
	const (
		password = "canary-SPW/with+odd=bytes"
		static   = "CANARYSTATICKEY0123456789abcdefXYZ-and-longer-than-any-message-may-be"
		token    = "canary-admin-token-0123456789"
		mistyped = "canary-mistyped-password-4711"
		unknown  = "CANARYUNKNOWNKEY9876543210zyxw"
	)

	It("appear in no tape, admin reply, metric, log or error, wherever a client puts them", func() {
		log := new(safeBuffer)
		srv := newFake(fake.WithService(fake.Service{SID: "canary-sid", SPW: password, Keys: []fake.Key{{Value: static, Issuable: true}}}),
			fake.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))), fake.WithAdminToken(token),
			fake.WithTranscriber(func(fake.Speech) (fake.Transcript, bool) { panic("the transcriber fell over " + static) }))
		ts := httptest.NewUnstartedServer(srv)
		srv.Configure(ts.Config)
		ts.Listener = srv.Listener(ts.Listener)
		ts.Start()
		s := &service{srv, ts.URL}
		admin := httptest.NewServer(srv.Admin())
		DeferCleanup(admin.Close)

		issued := s.postIssue("sid=canary-sid&spw=" + url.QueryEscape(password)).Body
		Expect(issued).NotTo(BeEmpty())
		secrets := []string{password, static, token, issued}
		for _, secret := range secrets {
			plant(s, secret)
		}
		plantUnknown(s, mistyped, unknown)
		_, _ = http.Post(ts.URL+"/v1/recognize?d=-a-general&u="+static, "audio/wav", strings.NewReader(speechWAV()))
		ts.Close()
		Expect(log.String()).To(ContainSubstring("the transcriber fell over"))

		outputs := map[string]string{"log": log.String()}
		_, entries := srv.Tape(fake.TapeFilter{})
		Expect(len(entries)).To(BeNumerically(">", 20))
		tape, err := json.Marshal(entries)
		Expect(err).NotTo(HaveOccurred())
		outputs["tape"] = string(tape)
		for _, path := range []string{"/tape", "/wait?for=http.request", "/metrics", "/clock", "/tape?key=" + issued, "/nowhere/" + static, "/wait?for=" + static} {
			outputs[path] = (&service{srv, admin.URL}).do(http.MethodGet, path, "", nil, "Authorization", "Bearer "+token).Body
		}
		outputs["unknown field"] = (&service{srv, admin.URL}).do(http.MethodPost, "/keys", "application/json",
			strings.NewReader(`{"`+static+`":1}`), "Authorization", "Bearer "+token).Body
		_, err = srv.IssueKey(fake.KeyRequest{SID: static})
		outputs["error"] = err.Error()
		for name, text := range outputs {
			for _, secret := range append(secrets, mistyped, unknown) {
				searched := spellings(secret)
				searched["half"] = secret[:len(secret)/2]
				for how, spelling := range searched {
					Expect(strings.Contains(text, spelling)).To(BeFalse(), "%s has %s as %s: %s", name, secret, how, around(text, spelling))
				}
			}
		}
	})
})

// spellings are the ways in which a secret may get into a text.
func spellings(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	return map[string]string{
		"itself": secret, "query": url.QueryEscape(secret), "bytes": everyByteEscaped(secret), "BYTES": strings.ToUpper(everyByteEscaped(secret)),
		"base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="),
		"url64":  base64.RawURLEncoding.EncodeToString([]byte(secret)), "JSON": strings.Trim(string(quoted), `"`),
	}
}

func around(text, found string) string {
	at := strings.Index(text, found)
	return text[max(0, at-120):min(len(text), at+len(found)+60)]
}

// plant puts a known secret into every position of a request, in every spelling.
func plant(s *service, secret string) {
	GinkgoHelper()
	for _, v := range spellings(secret) {
		q := url.QueryEscape(v)
		s.recognize("u", v, "d", "-a-general", "a", "")
		s.recognize("d", "grammarFileNames=-a-general authorization="+v, "a", "")
		s.recognize("d", "-a-general", "c", v, "r", "glued"+v+"glued", "a", "", "u", v)
		s.recognize("d", v, "a", v+v)
		s.recognize("d", "-a-general profileWords="+v, v, "x", "a", "")
		s.recognizeAt("/v1/recognize?u="+q+"&d="+q+"&other="+q, parts("a", ""))
		s.recognizeAt("/v1/recognize?d=-a-general%20authorization="+q, parts("a", ""), "Authorization", "Bearer "+v)
		s.recognizeAt("/v1/recognize", parts("a", ""), "X-Anything", v, "User-Agent", "glued"+v, "Cookie", "k="+v, "Authorization", v)
		s.recognizeAt("/v1/recognize", "--"+boundary+"\r\nContent-Disposition: form-data; name=\"a\"; filename=\""+v+".wav\"\r\nContent-Type: audio/"+
			v+"\r\n\r\nx\r\n--"+boundary+"--\r\n")
		s.do(http.MethodPost, "/v1/recognize", "multipart/form-data; boundary=x; y=\""+v+"\"", strings.NewReader("x"))
		s.do(http.MethodGet, "/nowhere/"+url.PathEscape(v), "", nil)
		s.postIssue("sid="+q+"&spw="+q+"&epi="+q+"&ipa="+q+"&other="+q, "Authorization", "Bearer "+v)
		s.postIssue("sid=mock-sid&spw=x&epi=30000&ipa=" + q)
		s.do(http.MethodGet, "/issue_service_authorization?sid=canary-sid&spw="+q, "", nil)
	}
}

// plantUnknown puts values that the server cannot know into the positions of a password and of a key.
func plantUnknown(s *service, password, key string) {
	GinkgoHelper()
	s.postIssue("sid=canary-sid&spw=" + password)
	s.postIssue("spw=" + password)
	s.do(http.MethodGet, "/issue_service_authorization?sid=canary-sid&spw="+password, "", nil)
	s.postIssue("epi=1h", "Authorization", "Bearer "+key)
	s.recognize("u", key, "d", "-a-general", "a", "")
	s.recognize("d", "-a-general", "a", "", "u", key)
	s.recognize("d", "grammarFileNames=-a-general authorization="+key, "a", "")
	s.recognizeAt("/v1/recognize?u="+key, parts("a", ""))
	s.recognizeAt("/v1/recognize?d=-a-general%20authorization%3D"+key, parts("a", ""))
	s.recognizeAt("/v1/recognize", parts("a", ""), "Authorization", "Bearer "+key)
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func FuzzSync(f *testing.F) {
	f.Add("d=-a-general&u="+mypageKey, multiform, []byte(parts("u", mypageKey, "d", "-a-general", "a", "RIFF")))
	f.Add("d=-a-general&c=LSB16K&u="+mypageKey, "", []byte(strings.Repeat("\x00\x40\x00\xc0", 1000)))
	f.Add("%zz&;=&u="+mypageKey+"&d=-a-general", "multipart/form-data", []byte("--\r\n"))
	f.Add("d=-a-general&u="+mypageKey, "audio/wav", []byte(wavOf("\x00\x00")))
	srv := fake.New(fake.WithService(mockService()), fake.WithClock(clock.NewManual(noon())), fake.WithTape(fake.Tape{Entries: 100, Bytes: 1 << 20}))
	f.Cleanup(srv.Close)
	f.Fuzz(func(t *testing.T, query, contentType string, body []byte) {
		rec := post(srv, "/v1/recognize", query, contentType, body)
		if rec.Code != 200 && rec.Code != 413 {
			t.Fatalf("status %d", rec.Code)
		}
		text := rec.Body.Bytes()
		if !json.Valid(text) || !bytes.HasSuffix(text, []byte("\r\n")) || bytes.ContainsFunc(text, func(r rune) bool { return r >= 0x80 }) {
			t.Fatalf("body %q", text)
		}
	})
}

func FuzzIssue(f *testing.F) {
	f.Add("", form, []byte(credentials))
	f.Add("sid=x", form, []byte(credentials+"&epi=2026/07/00&ipa=203.0.113.0/24,198.51.100.1"))
	f.Add("", "application/x-www-form-urlencoded; charset=utf-8", []byte("sid=%zz&spw=;&epi=9999/99/99"))
	srv := fake.New(fake.WithService(mockService()), fake.WithClock(clock.NewManual(noon())), fake.WithTape(fake.Tape{Entries: 100, Bytes: 1 << 20}))
	f.Cleanup(srv.Close)
	f.Fuzz(func(t *testing.T, query, contentType string, body []byte) {
		rec := post(srv, "/issue_service_authorization", query, contentType, body)
		if rec.Code != 200 || strings.ContainsAny(rec.Body.String(), " \r\n+%&#") {
			t.Fatalf("status %d, body %q", rec.Code, rec.Body)
		}
	})
}

func post(h http.Handler, path, query, contentType string, body []byte) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	req.URL.RawQuery = query
	req.Header["Content-Type"] = []string{contentType}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}
