package fake_test

import (
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// say makes every utterance these tokens, each written/spoken; a text of them is joined with the separator.
func say(between string, tokens ...string) fake.Option {
	t := fake.Transcript{Confidence: 0.9}
	var texts []string
	for _, token := range tokens {
		written, spoken, read := strings.Cut(token, "/")
		one := protocol.Token{Written: written, Confidence: protocol.Some(0.9), StartTime: protocol.Some(len(t.Tokens) * 100), EndTime: protocol.Some(len(t.Tokens)*100 + 100)}
		if read {
			one.Spoken = protocol.Some(spoken)
		}
		t.Tokens = append(t.Tokens, one)
		texts = append(texts, written)
	}
	t.Text = strings.Join(texts, between)
	return fake.WithTranscriber(func(fake.Speech) (fake.Transcript, bool) { return t, true })
}

// written are the words of the only result.
func written(u understood) []string {
	GinkgoHelper()
	Expect(u.Results).To(HaveLen(1))
	var all []string
	for _, t := range u.Results[0].Tokens {
		all = append(all, t.Written)
	}
	return all
}

// oneSentence is a recording of one utterance.
func oneSentence() string { return string(wav(1, 16000, 16, sentence())) }

var _ = Describe("Words of a recognition", func() {
	ami := func() fake.Option {
		return say("", "網/あみ", "を/を", "編/あ", "みました/みました", "。/_")
	}
	recognize := func(s *service, d string) understood {
		GinkgoHelper()
		r := s.recognize("u", mypageKey, "d", d, "a", oneSentence())
		Expect(r).To(beSuccess())
		return understand(r)
	}

	DescribeTable("writes a registered word as it is registered", func(engine, words string, transcript fake.Option, want []string, text string) {
		s := serve(transcript)
		u := recognize(s, "grammarFileNames="+engine+" profileWords="+words)
		Expect(written(u)).To(Equal(want))
		Expect(u.Text).To(Equal(text))
		Expect(u.Results[0].Text).To(Equal(text))
	},
		Entry("by its reading", "-a-general", "AMI%20%E3%81%82%E3%81%BF", ami(), []string{"AMI", "を", "編", "みました", "。"}, "AMIを編みました。"),
		Entry("by its reading over several tokens", "-a-general", "KNIT%20あみました", ami(), []string{"網", "を", "KNIT", "。"}, "網をKNIT。"),
		Entry("by its reading in katakana", "-a-general", "AMI%20アミ", ami(), []string{"AMI", "を", "編", "みました", "。"}, "AMIを編みました。"),
		Entry("the longest one", "-a-general", "AMI%20あみ|LONG%20あみを", ami(), []string{"LONG", "編", "みました", "。"}, "LONG編みました。"),
		Entry("the first of two", "-a-general", "AMI%20あみ|OTHER%20あみ", ami(), []string{"AMI", "を", "編", "みました", "。"}, "AMIを編みました。"),
		Entry("not in the middle of a token", "-a-general", "X%20みまし", ami(), []string{"網", "を", "編", "みました", "。"}, "網を編みました。"),
		Entry("with _ as a blank (documented)", "-a-general", "A_M_I%20あみ", ami(), []string{"A M I", "を", "編", "みました", "。"}, "A M Iを編みました。"),
		Entry("by its alternative on end-to-end engines", "-a2-ja-general", "AmiVoice%20アミボイス%200.7", say("", "アミ", "ボイス", "です"), []string{"AmiVoice", "です"}, "AmiVoiceです"),
		Entry("by its writing, but for case and blanks", "-a2-ja-general", "AmiVoice%20%200.7", say(" ", "say", "ami", "voice", "now"), []string{"say", "AmiVoice", "now"}, "say AmiVoice now"),
		Entry("not as JSON (observed: no effect)", "-a-general", `[{"written":"AMI","spoken":"あみ"}]`, ami(), []string{"網", "を", "編", "みました", "。"}, "網を編みました。"),
	)

	It("spells what a scenario says, whose words have no readings", func() {
		s := serve(fake.WithScenario(playing("sync.spelled", `transcripts: ["アミボイスです", "あみ"]`)))
		r := s.recognize("u", mypageKey, "d", "-a-general profileWords=AmiVoice%20あみぼいす|AMI%20アミ", "a", speechWAV())
		Expect(written(understand(r))).To(Equal([]string{"AmiVoice", "で", "す", "AMI"}))
		Expect(understand(r).Text).To(Equal("AmiVoiceですAMI"))
	})

	It("joins times and readings, and takes the lowest confidence", func() {
		s := serve(say("", "網/あ", "目/み", "。/_"))
		r := s.recognize("u", mypageKey, "d", "-a-general profileWords=AMI%20あみ", "a", oneSentence())
		Expect(r.Body).To(ContainSubstring(`{"tokens":[{"written":"AMI","confidence":0.9,"starttime":0,"endtime":200,"spoken":"\u3042\u307f"},{"written":"\u3002"`))
	})

	It("20 saves the words of a session under a profile without a colon, and uses them later (documented: user-dictionary)", func() {
		s := serve(ami())
		Expect(recognize(s, "grammarFileNames=-a-general profileId=test profileWords=AMI%20あみ").Text).To(HavePrefix("AMI"))
		Expect(s.get("/profilewords/-a-general/test")).To(answer(200, amiHybrid))
		Expect(recognize(s, "grammarFileNames=-a-general profileId=:test").Text).To(HavePrefix("AMI"))
		Expect(recognize(s, "grammarFileNames=-a-general profileId=test").Text).To(HavePrefix("AMI"))
		Expect(recognize(s, "grammarFileNames=-a-general profileId=:other").Text).To(HavePrefix("網"))
		Expect(recognize(s, "grammarFileNames=-a-medical profileId=:test").Text).To(HavePrefix("網"), "a profile belongs to an engine")
	})

	It("20 saves nothing with a colon, and the words of the request win (documented: user-dictionary)", func() {
		s := serve(ami())
		s.post("/profilewords/-a-general/test", `{"profilewords":[{"written":"STORED","spoken":"あみ"}]}`)
		Expect(recognize(s, "grammarFileNames=-a-general profileId=:test").Text).To(HavePrefix("STORED"))
		Expect(recognize(s, "grammarFileNames=-a-general profileId=:test profileWords=AMI%20あみ").Text).To(HavePrefix("AMI"))
		Expect(recognize(s, "grammarFileNames=-a-general profileId=:test profileWords=X%20えっくす").Text).To(HavePrefix("網"), "those in the profile do not count then")
		Expect(s.get("/profilewords/-a-general/test").Body).To(ContainSubstring("STORED"))
	})

	It("clears a profile by a single blank (documented: user-dictionary), by nothing else", func() {
		s := serve(ami())
		s.post("/profilewords/-a-general/test", amiHybrid)
		for _, words := range []string{"", "nonsense", `[{"written":"X","spoken":"あみ"}]`} {
			recognize(s, "grammarFileNames=-a-general profileId=test profileWords="+words)
			Expect(s.get("/profilewords/-a-general/test")).To(answer(200, amiHybrid), "%q", words)
		}
		recognize(s, "grammarFileNames=-a-general profileId=test profileWords=%20")
		Expect(s.get("/profilewords/-a-general/test")).To(answer(200, noWords))
	})

	DescribeTable("notes what is odd, and saves nothing under a name that cannot be", func(d, note string) {
		s := serve(ami())
		recognize(s, "grammarFileNames=-a-general "+d)
		Expect(notes(s.Server)).To(ConsistOf(ContainSubstring(note)))
		Expect(s.get("/profilewords/-a-general/")).To(answer(200, `{"profileids":[]}`))
	},
		Entry("words before their profile (documented: the order)", "profileWords=AMI%20あみ profileId=test", "comes before profileId"),
		Entry("a reserved profile (documented)", "profileId=__x profileWords=AMI%20あみ", "reserved"),
		Entry("a word without a reading", "profileWords=AMI", "entry 1 of profileWords: spoken is missing"),
		Entry("a reading that is not kana", "profileWords=AMI%20ami", "not hiragana"),
		Entry("an unknown class", "profileWords=AMI%20あみ%20何か", "is none of the engine's"),
		Entry("JSON", `profileWords=[{"written":"AMI"}]`, "is JSON"),
	)

	It("saves nothing when the key or the engine is not good", func() {
		s := serve(ami())
		s.recognize("u", "nonsense", "d", "grammarFileNames=-a-general profileId=test profileWords=AMI%20あみ", "a", oneSentence())
		s.recognize("u", mypageKey, "d", "grammarFileNames=-a-genral profileId=test profileWords=AMI%20あみ", "a", oneSentence())
		Expect(s.get("/profilewords/-a-general/")).To(answer(200, `{"profileids":[]}`))
	})

	It("keeps those of 8 kHz apart on hybrid engines (documented: reference-profilewords)", func() {
		s := serve(ami())
		low := string(wav(1, 8000, 16, half(sentence())))
		Expect(s.recognize("u", mypageKey, "d", "grammarFileNames=-a-general profileId=low profileWords=AMI%20あみ", "a", low)).To(beSuccess())
		Expect(s.get("/profilewords/-a-general/?adf=8k")).To(answer(200, `{"profileids":["low"]}`))
		Expect(s.get("/profilewords/-a-general/?adf=16k")).To(answer(200, `{"profileids":[]}`))
		Expect(recognize(s, "grammarFileNames=-a-general profileId=:low").Text).To(HavePrefix("網"))
		Expect(understand(s.recognize("u", mypageKey, "d", "grammarFileNames=-a-general profileId=:low", "a", low)).Text).To(HavePrefix("AMI"))
	})

	It("uses and saves them in asynchronous jobs", func() {
		progress, err := fake.ParseJobProgress("at-once")
		Expect(err).NotTo(HaveOccurred())
		s := serve(ami(), fake.WithJobProgress(progress))
		r := s.recognizeAt("/v2/recognitions", parts("u", mypageKey, "d", "grammarFileNames=-a-general loggingOptOut=True profileId=test profileWords=AMI%20あみ", "a", oneSentence()))
		id, err := protocol.ParseCreated([]byte(r.Body))
		Expect(err).NotTo(HaveOccurred())
		Expect(s.get("/v2/recognitions/" + id).Body).To(ContainSubstring(`"text":"AMI\u3092`))
		Expect(s.get("/profilewords/-a-general/test")).To(answer(200, amiHybrid))
		Expect(s.get("/util/api/downloadusage/Ami.mock-sid/202606").Body).To(ContainSubstring("会話_汎用（ログ保存なし）"))
	})
})

var _ = Describe("Words of a stream", func() {
	get := func(s *streamServer, target string) string {
		GinkgoHelper()
		c := dialHTTP(s.addr)
		c.say("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + s.key + "\r\n\r\n")
		text, err := c.rest()
		Expect(err).NotTo(HaveOccurred())
		_, body, _ := strings.Cut(text, "\r\n\r\n")
		return body
	}
	final := func(s *streamServer, format string, audio []byte, params ...string) string {
		GinkgoHelper()
		c := s.begin(format, params...)
		c.feed(audio, 3200)
		c.text("e")
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		i := slices.IndexFunc(events, func(e string) bool { return strings.HasPrefix(e, "A ") })
		Expect(i).To(BeNumerically(">=", 0))
		return events[i]
	}

	It("20 saves them when e is answered, and spells what it hears", func() {
		s := newStreamServer(GinkgoT(), say("", "網/あみ", "です/です"))
		c := s.begin("LSB16K", "profileId=test", `profileWords="AMI あみ"`)
		Expect(get(s, "/profilewords/-a-general/")).To(Equal(`{"profileids":[]}`), "the session goes on")
		c.feed(sentence(), 3200)
		c.text("e")
		events, _ := c.until("e")
		Expect(events[len(events)-1]).To(ContainSubstring(`"text":"AMI\u3067\u3059"`))
		Expect(get(s, "/profilewords/-a-general/test")).To(Equal(amiHybrid))
		Expect(final(s, "LSB16K", sentence(), "profileId=:test")).To(ContainSubstring(`"text":"AMI\u3067\u3059"`))
		Expect(final(s, "LSB8K", half(sentence()), "profileId=:test")).To(ContainSubstring(`"text":"\u7db2\u3067\u3059"`), "8 kHz has a dictionary of its own")
		Expect(final(s, "LSB16K", sentence(), "profileId=:test", `profileWords=" "`)).To(ContainSubstring(`"text":"\u7db2\u3067\u3059"`), "with a colon nothing is cleared")
		Expect(get(s, "/profilewords/-a-general/test")).To(Equal(amiHybrid))
		Expect(final(s, "LSB16K", sentence(), "profileId=test", `profileWords=" "`)).To(ContainSubstring(`"text":"\u7db2\u3067\u3059"`))
		Expect(get(s, "/profilewords/-a-general/test")).To(Equal(noWords))
	})

	It("saves them without any audio (observed: an upload tool), and when the client just leaves", func() {
		s := newStreamServer(GinkgoT())
		c := s.begin("LSB16K", "profileId=tool", `profileWords="|AMI あみ"`)
		c.text("e")
		Expect(c.next()).To(Equal("e"))
		Expect(get(s, "/profilewords/-a-general/tool")).To(Equal(amiHybrid))
		c = s.begin("LSB16K", "profileId=left", `profileWords="AMI あみ"`)
		Expect(c.nc.Close()).To(Succeed())
		s.on(scenarios.ConnClose, "")
		Expect(get(s, "/profilewords/-a-general/left")).To(Equal(amiHybrid))
	})

	It("saves nothing when s was refused", func() {
		s := newStreamServer(GinkgoT())
		c := s.dial(handshake{})
		c.text(`s LSB16K -a-general profileId=test profileWords="AMI あみ" authorization=nonsense`)
		Expect(c.next()).To(Equal("s can't validate service authorization"))
		Expect(get(s, "/profilewords/-a-general/")).To(Equal(`{"profileids":[]}`))
	})

	It("counts what was heard, by the path with or without a log", func() {
		s := newStreamServer(GinkgoT())
		for _, path := range []string{"/v1/", "/v1/nolog/", "/v1/nolog"} {
			c := s.dial(handshake{path: path})
			s.start(c, "LSB16K")
			c.feed(sentence(), 3200)
			c.text("e")
			_, end := c.until("e")
			Expect(end).To(Equal("e"))
		}
		body := get(s, "/util/api/downloadusage/Ami.demo/202607")
		rows, err := protocol.ParseUsage([]byte(body))
		Expect(err).NotTo(HaveOccurred())
		Expect(rows).To(HaveLen(2))
		Expect(rows[0].Plan).To(Equal("会話_汎用（ログ保存あり）"))
		Expect(rows[0].Milliseconds.Value).To(Equal(2*rows[1].Milliseconds.Value), "without its last slash the path keeps a log (documented)")
	})
})
