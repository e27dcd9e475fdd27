package fake_test

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
)

const (
	mypageKey = "MYPAGEKEY0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJ"
	issuerKey = "ISSUERKEY0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJ"

	form      = "application/x-www-form-urlencoded"
	boundary  = "some-boundary-string"
	multiform = "multipart/form-data;boundary=" + boundary

	credentials = "sid=mock-sid&spw=mock%20spw%21"

	// documented: response-code-and-message; observed: a recorded reply has neither utteranceid nor times
	unauthorized = `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"-","message":"received illegal service authorization"}` + "\r\n"

	rejected    = "recognition result is rejected because confidence is below the threshold"
	unsupported = "received unsupported audio format"
	tooLarge    = "received too large audio data from client"
)

// noon is where the clock of every spec stands at first: Unix time 1781492400000.
func noon() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.FixedZone("JST", 9*60*60)) }

func mockService() fake.Service {
	return fake.Service{SID: "mock-sid", SPW: "mock spw!", Keys: []fake.Key{{Value: mypageKey}, {Value: issuerKey, Issuable: true}}}
}

// service is a fake on a port of its own, on a clock that only the spec moves.
type service struct {
	*fake.Server
	url string
}

func newFake(options ...fake.Option) *fake.Server {
	defaults := []fake.Option{fake.WithClock(clock.NewManual(noon())), fake.WithService(mockService())}
	srv := fake.New(append(defaults, options...)...)
	DeferCleanup(srv.Close)
	return srv
}

func serve(options ...fake.Option) *service {
	srv := newFake(options...)
	ts := httptest.NewServer(srv)
	DeferCleanup(ts.Close)
	return &service{srv, ts.URL}
}

func documented() fake.Option { return fake.WithProfile(fake.DocumentedProfile) }

// reply is what came back.
type reply struct {
	Status int
	Header http.Header
	Body   string
}

func (s *service) do(method, target, contentType string, body io.Reader, headers ...string) reply {
	GinkgoHelper()
	req, err := http.NewRequestWithContext(GinkgoT().Context(), method, s.url+target, body)
	Expect(err).NotTo(HaveOccurred())
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	Expect(err).NotTo(HaveOccurred())
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func (s *service) postIssue(body string, headers ...string) reply {
	GinkgoHelper()
	return s.do(http.MethodPost, "/issue_service_authorization", form, strings.NewReader(body), headers...)
}

// issue is the key of an issuance that must give one.
func (s *service) issue(body string, headers ...string) string {
	GinkgoHelper()
	r := s.postIssue(body, headers...)
	Expect(r).To(beKey())
	return r.Body
}

func beKey() types.GomegaMatcher {
	return And(HaveField("Status", 200), HaveField("Body", MatchRegexp(`^[A-Za-z0-9._~-]{16,}$`)))
}

func beEmpty200() types.GomegaMatcher {
	return And(HaveField("Status", 200), HaveField("Body", ""), HaveField("Header", HaveKeyWithValue("Content-Length", []string{"0"})))
}

// parts is a multipart body of names and values, in the order given, written out by hand.
func parts(namesAndValues ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + namesAndValues[i] + "\"\r\n\r\n" + namesAndValues[i+1] + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}

func (s *service) recognize(namesAndValues ...string) reply {
	GinkgoHelper()
	return s.recognizeAt("/v1/recognize", parts(namesAndValues...))
}

func (s *service) recognizeAt(target, body string, headers ...string) reply {
	GinkgoHelper()
	return s.do(http.MethodPost, target, multiform, strings.NewReader(body), headers...)
}

// accepts tells whether a key is good now: nothing but the key can be wrong with the request. The source address is peer.
func accepts(h http.Handler, key, peer string, headers ...string) bool {
	GinkgoHelper()
	req := httptest.NewRequest(http.MethodPost, "/v1/recognize", strings.NewReader(parts("u", key, "d", "-a-general", "a", "")))
	req.Header.Set("Content-Type", multiform)
	req.RemoteAddr = peer + ":40000"
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	Expect(rec.Code).To(Equal(200))
	if rec.Body.String() == unauthorized {
		return false
	}
	Expect(rec.Body.String()).To(HaveSuffix(`"text":"","code":"","message":""}` + "\r\n"))
	return true
}

// understood is the JSON of a reply, for its meaning; its bytes are asserted elsewhere.
type understood struct {
	Results []struct {
		Tokens []struct {
			Written string `json:"written"`
		} `json:"tokens"`
		Confidence *float64 `json:"confidence"`
		StartTime  *int     `json:"starttime"`
		EndTime    *int     `json:"endtime"`
		Text       string   `json:"text"`
	} `json:"results"`
	UtteranceID string `json:"utteranceid"`
	Text        string `json:"text"`
	Code        string `json:"code"`
	Message     string `json:"message"`
}

func understand(r reply) understood {
	GinkgoHelper()
	var u understood
	Expect(json.Unmarshal([]byte(r.Body), &u)).To(Succeed(), "body: %s", r.Body)
	return u
}

// beSuccess is a recognition as the manual defines one: empty code, empty message, some text.
func beSuccess() types.GomegaMatcher {
	return And(
		HaveField("Status", 200),
		HaveField("Body", And(
			HavePrefix(`{"results":[{"tokens":[{"written":"`),
			HaveSuffix(`","code":"","message":""}`+"\r\n"),
			MatchRegexp(`\],"confidence":[01](\.[0-9]+)?,"starttime":[0-9]+,"endtime":[0-9]+,"tags":\[\],"rulename":"","text":"[^"]+"\}\],"utteranceid":"[^"]+","text":"[^"]+","code":""`),
		)),
	)
}

// beStub is a reply without a result but with an utterance id. (assumed: that it has one)
func beStub(code, message string) types.GomegaMatcher {
	return And(HaveField("Status", 200), HaveField("Body", MatchRegexp(
		`^\{"results":\[\{"tokens":\[\],"tags":\[\],"rulename":"","text":""\}\],"utteranceid":"20260615/12/[0-9a-f]{24}_20260615_120000",`+
			`"text":"","code":"`+regexp.QuoteMeta(code)+`","message":"`+regexp.QuoteMeta(message)+`"\}`+"\r\n$")))
}

func beUnauthorized() types.GomegaMatcher {
	return And(HaveField("Status", 200), HaveField("Body", unauthorized))
}

func speechWAV() string {
	GinkgoHelper()
	data, err := os.ReadFile("../testdata/speech-ja.wav")
	Expect(err).NotTo(HaveOccurred())
	return string(data)
}

// speechPCM is the sound of speechWAV without its header: 16 kHz, 16 bit, little-endian.
func speechPCM() string {
	GinkgoHelper()
	wav := speechWAV()
	for at := 12; at+8 <= len(wav); {
		size := int(binary.LittleEndian.Uint32([]byte(wav[at+4 : at+8])))
		if wav[at:at+4] == "data" {
			return wav[at+8 : min(at+8+size, len(wav))]
		}
		at += 8 + size + size%2
	}
	Fail("speech-ja.wav has no data chunk")
	return ""
}

func quiet(seconds int) string { return strings.Repeat("\x00", seconds*32000) }

// randomBytes are the same in every run; no container begins like them.
func randomBytes(n int) string {
	r := rand.New(rand.NewPCG(7, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}
