package fake_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const (
	amiHybrid = `{"profilewords":[{"written":"AMI","spoken":"\u3042\u307f"}]}`
	amiE2E    = `{"profilewords":[{"written":"AmiVoice","alternativewritten":"\u30a2\u30df\u30dc\u30a4\u30b9","biasing":0.7}]}`
	noWords   = `{"profilewords":[]}`
)

// ask is a request with a key in a bearer header.
func (s *service) ask(method, target, key, body string) reply {
	GinkgoHelper()
	return s.do(method, target, "application/json", strings.NewReader(body), "Authorization", "Bearer "+key)
}

func (s *service) get(target string) reply {
	GinkgoHelper()
	return s.ask(http.MethodGet, target, mypageKey, "")
}

func (s *service) post(target, body string) reply {
	GinkgoHelper()
	return s.ask(http.MethodPost, target, mypageKey, body)
}

func answer(status int, body string) types.GomegaMatcher {
	return And(HaveField("Status", status), HaveField("Body", body))
}

// notes are the texts of the notes on the tape about what was put up with.
func notes(s *fake.Server) []string {
	_, entries := s.Tape(fake.TapeFilter{Kind: scenarios.Tolerance})
	var all []string
	for _, e := range entries {
		all = append(all, e.Text)
	}
	return all
}

var _ = Describe("Dictionaries", func() {
	It("18 keeps the words of a hybrid engine, for each rate on its own (documented: user-dictionary)", func() {
		s := serve()
		Expect(s.post("/profilewords/-a-general/test", `{"profilewords":[{"written":"AMI","spoken":"あみ"}]}`)).To(answer(200, "{}"))
		Expect(s.get("/profilewords/-a-general/test")).To(And(answer(200, amiHybrid), HaveField("Header", HaveKeyWithValue("Content-Type", []string{"application/json; charset=utf-8"}))))
		Expect(s.get("/profilewords/-a-general/test?adf=16k")).To(answer(200, amiHybrid))
		Expect(s.get("/profilewords/-a-general/")).To(answer(200, `{"profileids":["test"]}`))
		Expect(s.get("/profilewords/-a-general/test?adf=8k")).To(HaveField("Status", 404))
		Expect(s.get("/profilewords/-a-general/?adf=8k")).To(answer(200, `{"profileids":[]}`))
		Expect(s.post("/profilewords/-a-general/test?adf=8k", `{"profilewords":[{"written":"eight","spoken":"えいと"}]}`)).To(answer(200, "{}"))
		Expect(s.get("/profilewords/-a-general/test")).To(answer(200, amiHybrid))
		Expect(s.post("/profilewords/-a-general/test", noWords)).To(answer(200, "{}"))
		Expect(s.get("/profilewords/-a-general/test")).To(answer(200, noWords))
	})

	It("19 keeps the words of an end-to-end engine, one dictionary for both rates (documented: user-dictionary)", func() {
		s := serve()
		body := `{"profilewords":[{"written":"AmiVoice","alternativewritten":"アミボイス","biasing":0.7}]}`
		Expect(s.post("/profilewords/-a2-ja-general/test", body)).To(answer(200, "{}"))
		for _, adf := range []string{"", "?adf=16k", "?adf=8k"} {
			Expect(s.get("/profilewords/-a2-ja-general/test"+adf)).To(answer(200, amiE2E), adf)
			Expect(s.get("/profilewords/-a2-ja-general/"+adf)).To(answer(200, `{"profileids":["test"]}`), adf)
		}
		Expect(s.get("/profilewords/-a-general/")).To(answer(200, `{"profileids":[]}`), "profiles belong to an engine")
	})

	It("replaces all words of a profile, and no other's (documented: user-dictionary)", func() {
		s := serve()
		s.post("/profilewords/-a-general/one", `{"profilewords":[{"written":"a","spoken":"あ"},{"written":"b","spoken":"び"}]}`)
		s.post("/profilewords/-a-general/two", `{"profilewords":[{"written":"c","spoken":"し"}]}`)
		s.post("/profilewords/-a-general/one", `{"profilewords":[{"written":"AMI","spoken":"あみ"}]}`)
		Expect(s.get("/profilewords/-a-general/one")).To(answer(200, amiHybrid))
		Expect(s.get("/profilewords/-a-general/two")).To(answer(200, `{"profilewords":[{"written":"c","spoken":"\u3057"}]}`))
		Expect(s.get("/profilewords/-a-general/")).To(answer(200, `{"profileids":["one","two"]}`))
	})

	It("does not show the words of one service to another", func() {
		s := serve(fake.WithService(fake.Service{SID: "other", SPW: "x", Keys: []fake.Key{{Value: "OTHERKEY0123456789"}}}))
		s.post("/profilewords/-a-general/test", `{"profilewords":[{"written":"AMI","spoken":"あみ"}]}`)
		Expect(s.ask(http.MethodGet, "/profilewords/-a-general/test", "OTHERKEY0123456789", "")).To(HaveField("Status", 404))
		Expect(s.ask(http.MethodGet, "/profilewords/-a-general/", "OTHERKEY0123456789", "")).To(answer(200, `{"profileids":[]}`))
		Expect(s.get("/profilewords/-a-general/test")).To(answer(200, amiHybrid))
	})

	It("is one dictionary for all keys of a service, and is gone after a reset", func() {
		s := serve()
		s.post("/profilewords/-a-general/test", `{"profilewords":[{"written":"AMI","spoken":"あみ"}]}`)
		Expect(s.ask(http.MethodGet, "/profilewords/-a-general/test", s.issue(credentials), "")).To(answer(200, amiHybrid))
		s.Reset()
		Expect(s.get("/profilewords/-a-general/")).To(answer(200, `{"profileids":[]}`))
	})

	DescribeTable("refuses in words that are documented", func(method, target, authorization string, status int, body string) {
		s := serve()
		r := s.do(method, target, "", nil, "Authorization", strings.ReplaceAll(authorization, "KEY", mypageKey))
		Expect(r).To(answer(status, body))
		Expect(r.Header).To(HaveKeyWithValue("Access-Control-Allow-Origin", []string{"*"}))
	},
		Entry("17 no engine for classes", "GET", "/classnames/", "Bearer KEY", 404, `{"code":"?","message":"missing dictation grammar file name"}`),
		Entry("17 no engine and no slash", "GET", "/classnames", "Bearer KEY", 404, `{"code":"?","message":"missing dictation grammar file name"}`),
		Entry("no engine for words (inferred)", "GET", "/profilewords/", "Bearer KEY", 404, `{"code":"?","message":"missing dictation grammar file name"}`),
		Entry("17 POST of classes", "POST", "/classnames/-a-general", "Bearer KEY", 405, `{"code":"?","message":"POST method is not allowed"}`),
		Entry("DELETE of words (inferred)", "DELETE", "/profilewords/-a-general/test", "Bearer KEY", 405, `{"code":"?","message":"DELETE method is not allowed"}`),
		Entry("a key that is none", "GET", "/classnames/-a-general", "Bearer nonsense", 401, `{"code":"-","message":"can't verify service authorization"}`),
		Entry("a key that is none, for words (inferred)", "POST", "/profilewords/-a-general/test", "Bearer nonsense", 401, `{"code":"-","message":"can't verify service authorization"}`),
		Entry("no header (inferred)", "GET", "/profilewords/-a-general/test", "", 401, `{"code":"-","message":"can't verify service authorization"}`),
		Entry("the key without Bearer (documented: Bearer only)", "GET", "/profilewords/-a-general/test", "KEY", 401, `{"code":"-","message":"can't verify service authorization"}`),
		Entry("the key in the query (documented: Bearer only)", "GET", "/profilewords/-a-general/test?u="+mypageKey, "", 401, `{"code":"-","message":"can't verify service authorization"}`),
	)

	It("17 tells when a key expired, as a stream does (documented: reference-classnames)", func() {
		s := serve()
		key := s.issue(credentials + "&epi=60000")
		_, err := s.Advance(61*time.Minute + 500*time.Millisecond)
		Expect(err).NotTo(HaveOccurred())
		want := answer(401, `{"code":"-","message":"service authorization has expired: 2026/06/15 03:01:00.000 +0000 (-3600s)"}`)
		Expect(s.ask(http.MethodGet, "/classnames/-a-general", key, "")).To(want)
		Expect(s.ask(http.MethodPost, "/profilewords/-a-general/test", key, amiHybrid)).To(want)
		Expect(s.get("/profilewords/-a-general/test")).To(HaveField("Status", 404), "nothing was saved")
	})

	It("answers a key from a wrong address as a bad key (ruled)", func() {
		s := newFake(fake.WithService(fake.Service{SID: "x", Keys: []fake.Key{{Value: "NARROWKEY123", Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}}))
		for peer, status := range map[string]int{"10.1.2.3:4": 200, "192.0.2.1:4": 401} {
			req := httptest.NewRequest(http.MethodGet, "/classnames/-a-general", nil)
			req.Header.Set("Authorization", "Bearer NARROWKEY123")
			req.RemoteAddr = peer
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, req)
			Expect(rec.Code).To(Equal(status), peer)
			if status == 401 {
				Expect(rec.Body.String()).To(Equal(`{"code":"-","message":"can't verify service authorization"}`))
			}
		}
	})

	DescribeTable("refuses in words of its own what nobody documented, and tells the tape why (assumed)",
		func(target, body string, status int, message, why string) {
			s := serve()
			Expect(s.post(target, body)).To(answer(status, `{"code":"?","message":"`+message+`"}`))
			Expect(notes(s.Server)).To(ContainElement(ContainSubstring(why)))
			_, entries := s.Tape(fake.TapeFilter{Kind: scenarios.HTTPResponse, Surface: protocol.SurfaceWords})
			Expect(entries).To(HaveLen(1))
			Expect(entries[0].Basis).To(Equal("assumed"))
			Expect(s.get("/profilewords/-a-general/")).To(answer(200, `{"profileids":[]}`), "nothing was saved")
		},
		Entry("an unknown engine", "/profilewords/-a-genral/test", noWords, 400, "illegal dictation grammar file name", `engine "-a-genral" is unknown`),
		Entry("the engine without its dash", "/profilewords/a-general/test", noWords, 400, "illegal dictation grammar file name", "leading -"),
		Entry("an engine that takes no words", "/profilewords/-a-general-en/test", noWords, 400, "illegal dictation grammar file name", "takes no words"),
		Entry("another rate", "/profilewords/-a-general/test?adf=44k", noWords, 400, "illegal parameter: adf", `"44k" is neither 16k nor 8k`),
		Entry("a reserved profile", "/profilewords/-a-general/__test", noWords, 400, "illegal profile id", "begins with __"),
		Entry("a profile of other characters", "/profilewords/-a-general/a%20b", noWords, 400, "illegal profile id", "other characters"),
		Entry("no profile", "/profilewords/-a-general/", noWords, 400, "illegal profile id", "is empty"),
		Entry("a body that is no JSON", "/profilewords/-a-general/test", "AMI あみ", 400, "can't parse request body", "not JSON"),
		Entry("a body in Shift_JIS", "/profilewords/-a-general/test", "{\"profilewords\":[{\"written\":\"\x82\xa0\",\"spoken\":\"a\"}]}", 400, "can't parse request body", "not UTF-8"),
		Entry("another field", "/profilewords/-a-general/test", `{"words":[]}`, 400, "can't parse request body", "profilewords is missing"),
		Entry("a word without its reading", "/profilewords/-a-general/test", `{"profilewords":[{"written":"AMI"}]}`, 400, "illegal word", "profilewords[0]: spoken is missing"),
		Entry("a word of the other family", "/profilewords/-a-general/test", amiE2E, 400, "illegal word", "spoken is missing"),
		Entry("a word with a bar", "/profilewords/-a2-ja-general/test", `{"profilewords":[{"written":"a|b"}]}`, 400, "illegal word", "a bar"),
		Entry("a biasing over 1", "/profilewords/-a2-ja-general/test", `{"profilewords":[{"written":"a","biasing":1.1}]}`, 400, "illegal word", "between 0 and 1"),
		Entry("a reading that is not kana", "/profilewords/-a-general/test", `{"profilewords":[{"written":"AMI","spoken":"ami"}]}`, 400, "illegal word", "hiragana"),
		Entry("too many words", "/profilewords/-a2-ja-general/test", `{"profilewords":[{"written":"a"}`+strings.Repeat(`,{"written":"a"}`, 1000)+`]}`, 400, "too many words", "1001 words"),
		Entry("a body that is too long", "/profilewords/-a-general/test", strings.Repeat(" ", 1<<20+1), 413, "too large request body", "longer than 1048576 bytes"),
	)

	It("takes a thousand words (documented: of MyPage)", func() {
		s := serve()
		body := `{"profilewords":[{"written":"a"}` + strings.Repeat(`,{"written":"a"}`, 999) + `]}`
		Expect(s.post("/profilewords/-a2-ja-general/test", body)).To(answer(200, "{}"))
		Expect(s.get("/profilewords/-a2-ja-general/test")).To(answer(200, body))
	})

	It("tolerates what clients send besides, and says so", func() {
		s := serve()
		Expect(s.do(http.MethodPost, "/profilewords/-a-general/:test", "text/plain", strings.NewReader(`{"profilewords":[{"written":"AMI","spoken":"あみ","classname":"会社"}]}`), "Authorization", "Bearer "+mypageKey)).To(answer(200, "{}"))
		Expect(s.get("/profilewords/-a-general/test")).To(answer(200, `{"profilewords":[{"written":"AMI","spoken":"\u3042\u307f","classname":"\u4f1a\u793e"}]}`))
		Expect(notes(s.Server)).To(ConsistOf(ContainSubstring("begins with a colon"), ContainSubstring("Content-Type"), ContainSubstring("is none of the engine's")))
	})

	It("keeps keys out of the tape, in headers, targets and bodies", func() {
		s := serve()
		s.get("/profilewords/-a-general/test?u=" + mypageKey)
		s.post("/profilewords/-a2-ja-general/test", `{"profilewords":[{"written":"`+mypageKey+`"}]}`)
		s.get("/profilewords/-a2-ja-general/test")
		_, entries := s.Tape(fake.TapeFilter{Surface: protocol.SurfaceWords})
		Expect(entries).To(HaveLen(6))
		for _, e := range entries {
			Expect(e.Key).To(MatchRegexp(`^[0-9a-f]{12}$`))
			Expect(e.Target + e.Body + e.Text).NotTo(ContainSubstring(mypageKey))
			for _, h := range e.Headers {
				Expect(h[1]).NotTo(ContainSubstring(mypageKey))
			}
		}
		Expect(entries[2].Body).To(ContainSubstring(`{"profilewords":[{"written":"<key:`), "the rest of the body is there")
	})

	It("shows no beginning of a key that stands where it does not belong", func() {
		s := serve()
		s.get("/profilewords/-a-general/__" + mypageKey)
		s.get("/profilewords/-a" + mypageKey + "/test")
		s.get("/classnames/-a-general?adf=" + mypageKey)
		s.post("/profilewords/-a-general/test", `{"profilewords":[{"written":"x","spoken":"`+mypageKey+`"}]}`)
		s.recognize("u", mypageKey, "d", "-a-general profileId=__"+mypageKey+" profileWords=x%20"+mypageKey, "a", speechWAV())
		_, entries := s.Tape(fake.TapeFilter{})
		Expect(entries).NotTo(BeEmpty())
		for _, e := range entries {
			Expect(fmt.Sprintf("%+v", e)).NotTo(ContainSubstring(mypageKey[:12]))
		}
		Expect(notes(s.Server)).To(HaveLen(6))
	})

	It("counts its replies apart", func() {
		s := serve()
		s.get("/profilewords/-a-general/")
		rec := httptest.NewRecorder()
		s.Admin().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		Expect(rec.Body.String()).To(ContainSubstring(`mockamivoice_http_replies_total{status="200",surface="words"} 1`))
	})

	It("says that the store is full, and takes the room of old jobs", func() {
		s := serve(fake.WithStore(fullStore{fake.NewMemory()}))
		Expect(s.post("/profilewords/-a-general/test", noWords)).To(answer(500, `{"code":"?","message":"internal server error"}`))
		Expect(notes(s.Server)).To(And(HaveLen(2), HaveEach(ContainSubstring("the store is full"))), "of the store and of the dictionary")
	})
})

var _ = Describe("Class names and definitions", func() {
	It("17 lists twelve classes of the general engine (documented: reference-classnames)", func() {
		r := serve().get("/classnames/-a-general")
		Expect(r.Status).To(Equal(200))
		Expect(r.Body).To(And(HavePrefix(`{"classnames":["\u56fa\u6709\u540d\u8a5e",`), HaveSuffix(`,"\u5143\u53f7"]}`)))
		Expect(strings.Count(r.Body, `","`)).To(Equal(11))
		Expect(r.Body).To(ContainSubstring(`"\u540d\u524d(\u540d)"`))
	})

	DescribeTable("lists the classes of other engines", func(engine string, count int) {
		r := serve().get("/classnames/" + engine + "?adf=8k")
		Expect(r.Status).To(Equal(200))
		Expect(strings.Count(r.Body, `"`)).To(Equal(2 + 2*count))
	},
		Entry("medical ones have diseases and the like (observed)", "-a-medical", 17),
		Entry("end-to-end ones have none (observed)", "-a2-ja-general", 0),
		Entry("Chinese ones have none (assumed)", "-a-general-zh", 0),
	)

	DescribeTable("16 refuses to define the numbers of sentiment (documented: the table is complete)", func(header string, status int, message string) {
		s := serve()
		headers := []string{}
		if header != "none" {
			headers = []string{"Authorization", header}
		}
		r := s.do(http.MethodGet, "/v1/sentiment-analysis/ja/result-parameters.json", "", nil, headers...)
		Expect(r).To(answer(status, `{"message":"`+message+`"}`))
	},
		Entry("without a header", "none", 400, "No authorization header"),
		Entry("with another scheme", "Token x", 400, "Invalid authorization header format"),
		Entry("with three words", "Bearer x y", 400, "Invalid authorization header format"),
		Entry("without a token", "Bearer", 400, "Invalid authentication credentials"),
		Entry("with a bad key", "Bearer BAD", 401, "Failed to authorize for the app_key"),
	)

	It("defines the twenty numbers of sentiment in Japanese (documented), and in no other language", func() {
		s := serve()
		r := s.get("/v1/sentiment-analysis/ja/result-parameters.json")
		Expect(r.Status).To(Equal(200))
		Expect(r.Body).To(HavePrefix(`{"sentiment_analysis":{"result_parameters":{"display_language":"ja","definitions":[{"name":"energy","display_name":"`))
		Expect(strings.Count(r.Body, `"name":`)).To(Equal(20))
		Expect(r.Body).To(MatchRegexp(`\{"name":"emo_cog","display_name":"[^"]+","minimum":1,"maximum":500\}`))
		Expect(s.get("/v1/sentiment-analysis/en/result-parameters.json").Status).To(Equal(404))
		Expect(s.post("/v1/sentiment-analysis/ja/result-parameters.json", "")).To(answer(405, `{"code":"?","message":"POST method is not allowed"}`))
	})

	DescribeTable("lets pages of any origin ask (assumed)", func(target string) {
		r := serve().do(http.MethodOptions, target, "", nil, "Origin", "http://a.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
		Expect(r.Status).To(Equal(204))
		Expect(r.Header).To(HaveKeyWithValue("Access-Control-Allow-Origin", []string{"*"}))
		Expect(r.Header.Get("Access-Control-Allow-Headers")).To(And(ContainSubstring("Authorization"), ContainSubstring("Content-Type")))
		Expect(r.Header.Get("Access-Control-Allow-Methods")).To(And(ContainSubstring("GET"), ContainSubstring("POST")))
	},
		Entry("words", "/profilewords/-a-general/test"), Entry("classes", "/classnames/-a-general"),
		Entry("definitions", "/v1/sentiment-analysis/ja/result-parameters.json"), Entry("usage", "/util/api/downloadusage/Ami.demo/202607"),
	)
})

var _ = Describe("Usage", func() {
	It("21 counts the speech that was heard, for each engine, with and without a log (observed: the columns)", func() {
		s := serve()
		Expect(s.recognizeAt("/v1/nolog/recognize", parts("u", mypageKey, "d", "-a-general", "a", speechWAV()))).To(beSuccess())
		Expect(s.recognize("u", mypageKey, "d", "-a-medical", "a", speechWAV())).To(beSuccess())
		Expect(s.recognize("u", mypageKey, "d", "-a-medical", "a", speechWAV())).To(beSuccess())
		Expect(s.recognize("u", "nonsense", "d", "-a-medical", "a", speechWAV())).To(beUnauthorized())
		r := s.get("/util/api/downloadusage/Ami.mock-sid/202606")
		Expect(r.Status).To(Equal(200))
		Expect(r.Header.Get("Content-Type")).To(Equal("text/csv; charset=utf-8"))
		rows, err := protocol.ParseUsage([]byte(r.Body))
		Expect(err).NotTo(HaveOccurred())
		Expect(rows).To(HaveLen(2))
		medical, general := rows[0], rows[1]
		Expect([]string{medical.Plan, general.Plan}).To(Equal([]string{"会話_医療（ログ保存あり）", "会話_汎用（ログ保存なし）"}))
		Expect(general.Milliseconds.Value).To(BeNumerically(">", 500))
		Expect(medical.Milliseconds.Value).To(Equal(2 * general.Milliseconds.Value))
		Expect(general.Seconds.Value).To(Equal((general.Milliseconds.Value + 999) / 1000))
		Expect(r.Body).To(ContainSubstring("202606,mock-sid,会話_医療"))
		Expect(notes(s.Server)).To(ConsistOf(ContainSubstring("documents this list nowhere")))
		Expect(s.get("/util/api/downloadusage/Ami.mock-sid/202605").Body).To(Equal("YYYYMM,account,plan,usage_ms,fee,identifier,usage_s\r\n"))
		s.Reset()
		Expect(s.get("/util/api/downloadusage/Ami.mock-sid/202606").Body).To(Equal("YYYYMM,account,plan,usage_ms,fee,identifier,usage_s\r\n"))
	})

	It("21 names a service whose id ends in 01 without Ami., and adds up what replicas heard", func() {
		shared := fake.NewMemory()
		options := []fake.Option{fake.WithStore(shared), fake.WithService(fake.Service{SID: "demo01", Keys: []fake.Key{{Value: "REPLICAKEY12"}}})}
		a, b := serve(options...), serve(options...)
		for _, s := range []*service{a, b, b} {
			Expect(s.recognize("u", "REPLICAKEY12", "d", "-a-general", "a", speechWAV())).To(beSuccess())
		}
		b.Close()
		r := a.ask(http.MethodGet, "/util/api/downloadusage/demo01/202606", "REPLICAKEY12", "")
		Expect(r).To(And(HaveField("Status", 200), HaveField("Body", ContainSubstring("202606,demo01,会話_汎用（ログ保存あり）,"))))
		one, err := protocol.ParseUsage([]byte(r.Body))
		Expect(err).NotTo(HaveOccurred())
		Expect(one).To(HaveLen(1))
		alone := serve(fake.WithService(fake.Service{SID: "demo01", Keys: []fake.Key{{Value: "REPLICAKEY12"}}}))
		Expect(alone.recognize("u", "REPLICAKEY12", "d", "-a-general", "a", speechWAV())).To(beSuccess())
		third, err := protocol.ParseUsage([]byte(alone.ask(http.MethodGet, "/util/api/downloadusage/demo01/202606", "REPLICAKEY12", "").Body))
		Expect(err).NotTo(HaveOccurred())
		Expect(one[0].Milliseconds.Value).To(Equal(3 * third[0].Milliseconds.Value))
		Expect(notes(a.Server)).NotTo(ContainElement(ContainSubstring("is written so")))
		Expect(a.ask(http.MethodGet, "/util/api/downloadusage/Ami.demo01/202606", "REPLICAKEY12", "").Body).To(Equal(r.Body))
		Expect(notes(a.Server)).To(ContainElement(ContainSubstring("is written so: /util/api/downloadusage/demo01/202606")))
	})

	DescribeTable("refuses (assumed)", func(method, target, key string, status int, body string) {
		s := serve()
		Expect(s.ask(method, target, key, "")).To(answer(status, body))
	},
		Entry("a bad key", "GET", "/util/api/downloadusage/Ami.mock-sid/202606", "nonsense", 401, `{"code":"-","message":"can't verify service authorization"}`),
		Entry("another service", "GET", "/util/api/downloadusage/Ami.demo/202606", mypageKey, 401, `{"code":"-","message":"can't verify service authorization"}`),
		Entry("no month", "GET", "/util/api/downloadusage/Ami.mock-sid/2026-06", mypageKey, 400, `{"code":"?","message":"illegal month"}`),
		Entry("a thirteenth month", "GET", "/util/api/downloadusage/Ami.mock-sid/202613", mypageKey, 400, `{"code":"?","message":"illegal month"}`),
		Entry("POST", "POST", "/util/api/downloadusage/Ami.mock-sid/202606", mypageKey, 405, `{"code":"?","message":"POST method is not allowed"}`),
	)
})

var _ = Describe("Faults of dictionaries", func() {
	It("answers with an error of the catalogue, and does nothing", func() {
		s := serve(fake.WithScenario(fault("words.refused", "{at: words.request, nth: 1, do: {error: words.server-error}}")))
		Expect(s.post("/profilewords/-a-general/test", amiHybrid)).To(answer(500, `{"code":"?","message":"internal server error"}`))
		Expect(s.get("/profilewords/-a-general/test")).To(answer(404, `{"code":"?","message":"unknown profile"}`))
		Expect(struck(s.Server, fake.TapeFilter{Surface: protocol.SurfaceWords})).To(Equal([]string{"words.refused words.request: error words.server-error"}))
	})

	It("fills in what an error leaves open", func() {
		s := serve(fake.WithScenario(fault("words.open", "{at: words.request, nth: 1, do: {error: words.expired}}", "{at: words.request, nth: 2, do: {error: words.method}}",
			"{at: words.request, nth: 3, do: {error: words.bad-parameter}}", "{at: words.request, nth: 4, do: {error: words.sentiment.no-header}}")))
		for _, want := range []string{
			`{"code":"-","message":"service authorization has expired: 2026/06/15 03:00:00.000 +0000 (-0s)"}`, `{"code":"?","message":"GET method is not allowed"}`,
			`{"code":"?","message":"illegal parameter: adf"}`, `{"message":"No authorization header"}`,
		} {
			Expect(s.get("/classnames/-a-general").Body).To(Equal(want))
		}
	})

	It("expires the key, replaces, truncates and answers as a proxy", func() {
		s := serve(fake.WithScenario(fault("words.many", "{at: words.request, nth: 1, do: {replace: 'x${payload}y'}}", "{at: words.request, nth: 2, do: {status: 502}}", "{at: words.request, nth: 3, do: {expire-key: 2s}}")))
		Expect(s.get("/profilewords/-a-general/").Body).To(Equal(`x{"profileids":[]}y`))
		Expect(s.get("/profilewords/-a-general/")).To(And(HaveField("Status", 502), HaveField("Body", ContainSubstring("<html>"))))
		Expect(s.get("/profilewords/-a-general/")).To(answer(401, `{"code":"-","message":"service authorization has expired: 2026/06/15 02:59:58.000 +0000 (-2s)"}`))
	})

	It("does what was asked and loses the answer", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("words.lost", "{at: words.request, nth: 1, do: reset}")))
		c := dialHTTP(s.addr)
		c.say("POST /profilewords/-a-general/test HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer demo-key\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n" + noWords)
		text, err := c.rest()
		Expect(text).To(BeEmpty())
		Expect(err).To(HaveOccurred())
		c = dialHTTP(s.addr)
		c.say("GET /profilewords/-a-general/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer demo-key\r\n\r\n")
		text, _ = c.rest()
		Expect(text).To(HaveSuffix("\r\n\r\n{\"profileids\":[\"test\"]}"))
	})

	It("knows the point, and no error of another surface there", func() {
		text := "id: words.x\ntitle: t\nsurface: words\nlevel: info\nbasis: assumed\nsource: s\nwhy: w\nplay:\n  faults:\n    - {at: words.request, do: {error: sync.busy}}\n"
		_, err := scenarios.ParseScenario("words.x.yaml", []byte(text))
		Expect(err).To(MatchError(ContainSubstring("sync.busy is no answer at words.request")))
		Expect(slices.Contains(scenarios.Points(), scenarios.AtWordsRequest)).To(BeTrue())
	})
})
