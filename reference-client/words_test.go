package refclient_test

import (
	"bytes"
	"io"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/reference-client"
)

// asked is a request about words.
type asked struct{ method, target, authorization, media, body string }

func answersWords(status int, body string) (url string, came <-chan asked) {
	all := make(chan asked, 10)
	return listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		all <- asked{r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(sent)}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})), all
}

func dictionary() refclient.Dictionary { return refclient.Dictionary{Engine: "-a-general"} }

var _ = Describe("Dictionaries", func() {
	It("are read by engine, with its dash, and profile", func() {
		url, came := answersWords(200, `{"profilewords":[{"written":"AMI","spoken":"あみ","classname":"会社名"},{"written":"AmiVoice","biasing":0.7}]}`)
		words, err := client(url, refclient.WithKey("k")).Words(soon(), dictionary(), "test")
		Expect(err).NotTo(HaveOccurred())
		Expect(words).To(Equal([]protocol.Word{{Written: "AMI", Spoken: "あみ", ClassName: "会社名"}, {Written: "AmiVoice", Biasing: protocol.Some(0.7)}}))
		Expect(<-came).To(Equal(asked{"GET", "/profilewords/-a-general/test", "Bearer k", "", ""}))
	})

	It("are written as JSON, for audio at 8 kHz on demand, whatever the service answers to that", func() {
		url, came := answersWords(200, "")
		err := client(url, refclient.WithKey("k")).SetWords(soon(), refclient.Dictionary{Engine: "-a-general", ADF: protocol.Dictionary8k}, "a b",
			[]protocol.Word{{Written: "AMI", Spoken: "あみ"}})
		Expect(err).NotTo(HaveOccurred())
		got := <-came
		Expect(got.body).To(MatchJSON(`{"profilewords":[{"written":"AMI","spoken":"あみ"}]}`))
		got.body = ""
		Expect(got).To(Equal(asked{"POST", "/profilewords/-a-general/a%20b?adf=8k", "Bearer k", "application/json", ""}))
	})

	It("are emptied by no words", func() {
		url, came := answersWords(200, "{}")
		Expect(client(url, refclient.WithKey("k")).SetWords(soon(), dictionary(), "test", nil)).To(Succeed())
		Expect((<-came).body).To(Equal(`{"profilewords":[]}`))
	})

	It("are listed, and so are classes", func() {
		url, came := answersWords(200, `{"profileids":["a","b"],"classnames":["固有名詞"]}`)
		c := client(url, refclient.WithKey("k"))
		Expect(c.Profiles(soon(), dictionary())).To(Equal([]string{"a", "b"}))
		Expect(c.ClassNames(soon(), dictionary())).To(Equal([]string{"固有名詞"}))
		Expect((<-came).target).To(Equal("/profilewords/-a-general/"))
		Expect((<-came).target).To(Equal("/classnames/-a-general"))
	})

	DescribeTable("tell what the service refused", func(status int, body string, want protocol.ErrorID, text string) {
		url, _ := answersWords(status, body)
		_, err := client(url, refclient.WithKey("a-secret-key")).Words(soon(), dictionary(), "test")
		Expect(err).To(MatchError(ContainSubstring(text)))
		Expect(err.Error()).NotTo(ContainSubstring("a-secret-key"))
		if want != "" {
			Expect(id(err)).To(Equal(want))
		}
		Expect(refclient.Expired(err)).To(Equal(want == protocol.WordsExpired))
	},
		Entry("an old key", 401, `{"code":"-","message":"service authorization has expired: 2026/04/13 09:00:00.000 +0000 (-21s)"}`, protocol.WordsExpired, "has expired: 2026/04/13"),
		Entry("a bad key", 401, `{"code":"-","message":"can't verify service authorization"}`, protocol.WordsUnauthorized, "can't verify"),
		Entry("no engine", 404, `{"code":"?","message":"missing dictation grammar file name"}`, protocol.WordsNoEngine, "missing dictation"),
		Entry("a profile that is not there, in any words", 404, `{"code":"?","message":"nothing for a-secret-key"}`, protocol.WordsNoProfile, "nothing for ***"),
		Entry("a fault of a proxy", 502, "<html>", protocol.ErrorID(""), "words: HTTP 502"),
		Entry("a page", 200, "<html>", protocol.ErrorID(""), "not JSON"),
	)

	It("are asked for once more with another key when the service says that the first has expired", func() {
		url, came := answersWords(401, `{"code":"-","message":"service authorization has expired: 2026/04/13 09:00:00.000 +0000 (-21s)"}`)
		_, err := client(url, refclient.WithCredentials("demo", "x"), refclient.WithReissue(), issuedAs("first", "second")).ClassNames(soon(), dictionary())
		Expect(refclient.Expired(err)).To(BeTrue())
		Expect((<-came).authorization).To(Equal("Bearer first"))
		Expect((<-came).authorization).To(Equal("Bearer second"))
		Expect(came).To(BeEmpty())
	})

	It("know an old key by the clock where the service only calls it bad", func() {
		now := noon()
		url := listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			now = now.Add(time.Minute)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"code":"-","message":"can't verify service authorization"}`)
		}))
		_, err := client(url, refclient.WithCredentials("demo", "x"), issuedAs("k"), refclient.WithNow(func() time.Time { return now })).Profiles(soon(), dictionary())
		Expect(refclient.Expired(err)).To(BeTrue())
	})

	It("are not asked for without an engine or with the wrong name of a profile", func() {
		c := refclient.New(refclient.WithKey("k"), refclient.WithEndpoint(refclient.At("http://127.0.0.1:1")))
		_, err := c.Words(soon(), dictionary(), ":test")
		Expect(err).To(MatchError(`read words: profile ":test" has the colon of profileId; here it is "test"`))
		Expect(c.SetWords(soon(), dictionary(), "", nil)).To(MatchError("set words: the name of the profile is missing"))
		_, err = c.Profiles(soon(), refclient.Dictionary{})
		Expect(err).To(MatchError("list profiles: the connection engine is missing, for example -a-general"))
		_, err = c.ClassNames(soon(), refclient.Dictionary{})
		Expect(err).To(MatchError(ContainSubstring("the connection engine is missing")))
	})
})

var _ = Describe("Dictionaries of the fake", func() {
	It("come back as they were set, each engine and rate its own, and are emptied", func() {
		s := serve()
		c := s.client()
		hybrid := refclient.Dictionary{Engine: "-a-general"}
		narrow := refclient.Dictionary{Engine: "-a-general", ADF: protocol.Dictionary8k}
		e2e := refclient.Dictionary{Engine: "-a2-ja-general"}
		spoken := []protocol.Word{{Written: "AMI", Spoken: "あみ"}, {Written: "網走", Spoken: "あばしり", ClassName: "駅名"}}
		biased := []protocol.Word{{Written: "AmiVoice", AlternativeWritten: "アミボイス", Biasing: protocol.Some(0.7)}}
		Expect(c.SetWords(soon(), hybrid, "test", spoken)).To(Succeed())
		Expect(c.SetWords(soon(), e2e, "test", biased)).To(Succeed())
		Expect(c.Words(soon(), hybrid, "test")).To(Equal(spoken))
		Expect(c.Words(soon(), e2e, "test")).To(Equal(biased))
		Expect(c.Profiles(soon(), hybrid)).To(Equal([]string{"test"}))
		_, err := c.Words(soon(), narrow, "test")
		Expect(id(err)).To(Equal(protocol.WordsNoProfile))

		Expect(c.SetWords(soon(), hybrid, "test", nil)).To(Succeed())
		Expect(c.Words(soon(), hybrid, "test")).To(BeEmpty())
	})

	It("change what is recognized", func() {
		net := fake.Transcript{Text: "網", Confidence: 0.9, Tokens: []protocol.Token{{Written: "網", Spoken: protocol.Some("あみ")}}}
		c := serve(fake.WithTranscriber(func(fake.Speech) (fake.Transcript, bool) { return net, true })).client()
		Expect(c.SetWords(soon(), dictionary(), "test", []protocol.Word{{Written: "AMI", Spoken: "あみ"}})).To(Succeed())
		r, err := c.Recognize(soon(), bytes.NewReader(sentence()), refclient.Request{
			Engine: "-a-general", Format: "LSB16K", Params: []protocol.Param{{Key: "profileId", Value: ":test"}},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Text).To(Equal("AMI"))
	})

	It("have classes", func() {
		names, err := serve().client().ClassNames(soon(), dictionary())
		Expect(err).NotTo(HaveOccurred())
		Expect(names).To(ContainElements("固有名詞", "駅名", "元号"))
	})

	It("refuse what does not belong to an engine, and a bad key", func() {
		s := serve()
		err := s.client().SetWords(soon(), dictionary(), "test", []protocol.Word{{Written: "AMI", Biasing: protocol.Some(1.0)}})
		Expect(id(err)).To(Equal(protocol.WordsBadWord))
		_, err = s.client(refclient.WithKey("bad")).Words(soon(), dictionary(), "test")
		Expect(id(err)).To(Equal(protocol.WordsUnauthorized))
	})
})
