package fake_test

import (
	"net/netip"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// greeting knows one sentence with fixed words and times.
func greeting(fake.Speech) (fake.Transcript, bool) {
	token := func(written, spoken string, confidence float64, start, end int) protocol.Token {
		return protocol.Token{
			Written: written, Spoken: protocol.Some(spoken), Confidence: protocol.Some(confidence),
			StartTime: protocol.Some(start), EndTime: protocol.Some(end),
		}
	}
	return fake.Transcript{
		Tokens: []protocol.Token{
			token("こんにちは", "こんにちは", 0.98, 708, 1252), token("。", "_", 0.91, 1252, 1300),
		},
		Confidence: 0.993, Text: "こんにちは。",
	}, true
}

// The A packet of greeting, without times and ids, as the service writes it.
const greetingForm = `^A \{"results":\[\{"tokens":\[` +
	`\{"written":"\\u3053\\u3093\\u306b\\u3061\\u306f","confidence":0\.98,"starttime":708,"endtime":1252,"spoken":"\\u3053\\u3093\\u306b\\u3061\\u306f"\},` +
	`\{"written":"\\u3002","confidence":0\.91,"starttime":1252,"endtime":1300,"spoken":"_"\}` +
	`\],"confidence":0\.993,"starttime":[0-9]+,"endtime":[0-9]+,"tags":\[\],"rulename":"","text":"\\u3053\\u3093\\u306b\\u3061\\u306f\\u3002"\}\],` +
	`"utteranceid":"20260731/ja_ja-amivoicecloud-16k-mock@[0-9a-f]{24}-0731_0[0-9]{5}","text":"\\u3053\\u3093\\u306b\\u3061\\u306f\\u3002","code":"","message":""\}$`

var _ = Describe("The stream answers s, p and e", func() {
	var srv *streamServer
	serve := func(options ...fake.Option) { srv = newStreamServer(GinkgoT(), options...) }

	It("T01 hears one utterance between s and e (documented; order of fields observed)", func() {
		serve()
		c := srv.begin("16k")
		c.feed(sentence(), 32000)
		c.text("e")
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		all := utterances(events)
		Expect(all).To(HaveLen(1))
		Expect(all[0].start).To(BeNumerically("~", 500, 400))
		Expect(all[0].end).To(BeNumerically("~", 1700, 500))
		Expect(all[0].interims).NotTo(BeEmpty())
		Expect(all[0].final.Text).NotTo(BeEmpty())
		Expect(all[0].finalText).NotTo(ContainSubstring("label"))
	})

	It("T01 writes A in one line of ASCII with its fields in the service's order (observed)", func() {
		serve(fake.WithTranscriber(greeting))
		c := srv.begin("16k")
		c.feed(sentence(), 32000)
		c.text("e")
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		Expect(events).To(HaveLen(4))
		Expect(events[3]).To(MatchRegexp(greetingForm))
	})

	It("T02 hears three utterances in their order, the last one ended by e (documented)", func() {
		serve()
		c := srv.begin("16k", "resultUpdatedInterval=1000")
		audio := append(append(sentence(), sentence()...), append(silence(500), speech(1200)...)...)
		c.feed(audio, 32000)
		c.text("e")
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		all := utterances(events)
		Expect(all).To(HaveLen(3))
		ids := map[string]bool{}
		for _, u := range all {
			ids[u.final.Utteranceid] = true
		}
		Expect(ids).To(HaveLen(3), "every utterance has an id of its own")
	})

	It("T06 refuses keys with bad credentials, garbage, empty and missing keys alike (documented; the last three inferred)", func() {
		serve()
		bad := "authorization=" + srv.issue(fake.KeyRequest{BadCredentials: true})
		for _, key := range []string{bad, "authorization=garbage", "authorization=", `authorization=""`, ""} {
			c := srv.dial(handshake{})
			c.text("s 16K -a-general " + key)
			Expect(c.next()).To(Equal("s can't validate service authorization"), key)
			c.closed()
		}
	})

	It("T07 refuses a key from outside its allow-list (inferred)", func() {
		serve()
		key := srv.issue(fake.KeyRequest{Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}})
		c := srv.dial(handshake{})
		c.text("s 16K -a-general authorization=" + key)
		Expect(c.next()).To(Equal("s can't validate service authorization"))
		c.closed()
	})

	It("T07 compares the address of the TCP connection with the allow-list (documented rule, inferred text)", func() {
		serve()
		key := srv.issue(fake.KeyRequest{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
		c := srv.dial(handshake{})
		c.text("s 16K -a-general authorization=" + key)
		Expect(c.next()).To(Equal("s"))
		c = srv.dial(handshake{from: "127.0.0.2"})
		c.text("s 16K -a-general authorization=" + key)
		Expect(c.next()).To(Equal("s can't validate service authorization"))
		c.closed()
	})

	It("T07 says can't verify instead where that is chosen (recalled text)", func() {
		serve(choose("stream-refused-address", "unverified"))
		key := srv.issue(fake.KeyRequest{Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}})
		c := srv.dial(handshake{})
		c.text("s 16K -a-general authorization=" + key)
		Expect(c.next()).To(Equal("s can't verify service authorization"))
		c.closed()
	})

	It("T08 refuses an engine that does not exist or is not in the contract (observed; unknown one inferred)", func() {
		serve(fake.WithService(fake.Service{SID: "a", SPW: "b", Engines: []string{"-a-general"}}))
		for _, engine := range []string{"-a-nosuchengine", "-a-medgeneral"} {
			c := srv.dial(handshake{})
			c.text("s 16K " + engine + " authorization=" + srv.key)
			Expect(c.next()).To(Equal("s can't validate service authorization"))
			c.closed()
		}
	})

	It("T08 says can't connect instead where that is chosen (recalled text)", func() {
		serve(choose("stream-unknown-engine", "unavailable"))
		c := srv.dial(handshake{})
		c.text("s 16K -a-nosuchengine authorization=" + srv.key)
		Expect(c.next()).To(Equal("s can't connect to recognizer server"))
		c.closed()
	})

	It("T09 refuses a format name that does not exist (assumed)", func() {
		serve()
		c := srv.dial(handshake{})
		c.text("s lsb96k -a-general authorization=" + srv.key)
		Expect(c.next()).To(Equal("s received unsupported audio format"))
		c.closed()
	})

	It("T10 refuses audio of an unsupported coding with p and takes a new s (documented)", func() {
		serve()
		c := srv.begin("16K")
		c.p(wav(0x11, 16000, 4, make([]byte, 1024)))
		Expect(c.next()).To(Equal("p received unsupported audio format"))
		srv.start(c, "LSB16K")
	})

	It("T11 refuses p before s and stays open (inferred)", func() {
		for _, profile := range []fake.Profile{fake.ObservedProfile, fake.DocumentedProfile} {
			serve(fake.WithProfile(profile))
			c := srv.dial(handshake{})
			c.p(silence(100))
			Expect(c.next()).To(Equal("p can't feed audio data to recognizer server"))
			srv.start(c, "LSB16K")
		}
	})

	It("T12 answers e before s with an error (assumed)", func() {
		serve()
		c := srv.dial(handshake{})
		c.text("e")
		Expect(c.next()).To(MatchRegexp(`^e .+`))
		srv.start(c, "LSB16K")
	})

	It("T13 answers a second s with an error and forgets the first (documented; text assumed)", func() {
		serve()
		c := srv.begin("LSB16K")
		c.p(silence(100))
		c.text("s LSB16K -a-general authorization=" + srv.key)
		Expect(c.next()).To(MatchRegexp(`^s .+`))
		srv.start(c, "LSB16K")
		c.text("e")
		Expect(c.next()).To(Equal("e"))
	})

	It("T18 serves two cycles on one connection, times from zero in each (documented)", func() {
		serve()
		c := srv.begin("16K")
		c.feed(sentence(), 4096)
		c.text("e")
		first, end := c.until("e")
		Expect(end).To(Equal("e"))
		srv.start(c, "mulaw", "keepFillerToken=1")
		c.feed(muLaw(sentence()), 160)
		c.text("e")
		second, end := c.until("e")
		Expect(end).To(Equal("e"))
		a, b := utterances(first), utterances(second)
		Expect([]int{len(a), len(b)}).To(Equal([]int{1, 1}))
		Expect(b[0].start).To(BeNumerically("~", a[0].start, 100))
		Expect(b[0].final.Utteranceid).To(ContainSubstring("-8k-"))
	})

	It("T20 takes quoted parameters with doubled quotes and unknown keys (observed)", func() {
		serve()
		c := srv.dial(handshake{})
		c.text(`s lsb16k -a-general profileId=prof1 profileWords="日本語 にほんご|say ""hi"" せいはい" segmenterProperties="useDiarizer=1" ` +
			`keepFillerToken=1 resultUpdatedInterval=1000 extension="a b" authorization=` + srv.key + ` resultType=x`)
		Expect(c.next()).To(Equal("s"))
		c.text("e")
		Expect(c.next()).To(Equal("e"))
	})

	It("T21 names speakers in A when asked to (documented)", func() {
		serve()
		c := srv.begin("16k", `segmenterProperties="useDiarizer=1"`, "resultUpdatedInterval=1000")
		c.feed(append(sentence(), sentence()...), 32000)
		c.text("e")
		events, _ := c.until("e")
		all := utterances(events)
		Expect(all).To(HaveLen(2))
		Expect(all[0].finalText).To(ContainSubstring(`,"label":"speaker0"}`))
		Expect(all[1].finalText).To(ContainSubstring(`,"label":"speaker1"}`))
		Expect(strings.Join(events, "")).NotTo(MatchRegexp(`U [^A]*label`))
	})

	It("T22 sends rejected and empty results in A (observed; the fields inferred)", func() {
		serve(fake.WithTranscriber(func(s fake.Speech) (fake.Transcript, bool) {
			if s.Index == 0 {
				return fake.Transcript{Code: "o", Message: "recognition result is rejected because confidence is below the threshold"}, true
			}
			return fake.Transcript{}, true
		}))
		c := srv.begin("16K")
		c.feed(append(sentence(), sentence()...), 32000)
		c.text("e")
		events, _ := c.until("e")
		all := utterances(events)
		Expect(all).To(HaveLen(2))
		Expect(all[0].finalText).To(Equal(`A {"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"o",` +
			`"message":"recognition result is rejected because confidence is below the threshold"}`))
		Expect(all[1].finalText).To(MatchRegexp(`^A \{"results":\[\{"tokens":\[\],"confidence":0(\.0+)?,"starttime":[0-9]+,"endtime":[0-9]+,` +
			`"tags":\[\],"rulename":"","text":""\}\],"utteranceid":"[^"]+","text":"","code":"","message":""\}$`))
	})

	It("T23 says nothing about two seconds of silence (inferred)", func() {
		serve()
		c := srv.begin("16K")
		c.feed(silence(2000), 4096)
		c.text("e")
		Expect(c.next()).To(Equal("e"))
	})

	It("T24 ends an utterance after 30 s and begins the next one there (documented)", func() {
		serve()
		c := srv.begin("16K")
		c.feed(append(silence(500), speech(33000)...), 32000)
		c.text("e")
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		all := utterances(events)
		Expect(all).To(HaveLen(2))
		Expect(all[0].end).To(Equal(all[0].start + 30000))
		Expect(all[1].start).To(Equal(all[0].start + 30000))
	})

	It("T30 sends G before the answer to s and after the first p where that is chosen (documented; place observed)", func() {
		serve(choose("stream-info-events", "on"))
		c := srv.dial(handshake{})
		c.text("s 16k -a-general authorization=" + srv.key)
		Expect(c.next()).To(HavePrefix("G"))
		Expect(c.next()).To(Equal("s"))
		c.feed(sentence(), 32000)
		Expect(c.next()).To(HavePrefix("G"))
		c.text("e")
		events, _ := c.until("e")
		Expect(utterances(events)).To(HaveLen(1))
	})

	It("T34 refuses p after e and still answers e (inferred)", func() {
		serve()
		c := srv.begin("16K")
		c.feed(sentence(), 32000)
		c.text("e")
		c.p(silence(100))
		c.settle()
		// The error comes before or after the answer to e, as the two cross.
		Expect(c.texts[len(c.texts)-2:]).To(ConsistOf("e", "p can't feed audio data to recognizer server"))
		Expect(utterances(c.texts[:len(c.texts)-2])).To(HaveLen(1))
		c.texts = nil
		srv.start(c, "16K")
	})

	It("checks the key of every s on a connection (inferred)", func() {
		serve()
		c := srv.begin("16K")
		c.text("e")
		Expect(c.next()).To(Equal("e"))
		c.text("s 16K -a-general authorization=garbage")
		Expect(c.next()).To(Equal("s can't validate service authorization"))
		c.closed()
	})

	It("keeps the connection after a refused s where that is chosen (documented state table)", func() {
		serve(choose("stream-refused-start", "keep-open"))
		c := srv.dial(handshake{})
		c.text("s 16K -a-general authorization=garbage")
		Expect(c.next()).To(Equal("s can't validate service authorization"))
		srv.start(c, "16K")
	})

	It("sends no U at interval 0, and fewer the longer the interval (ruled, assumed)", func() {
		serve()
		count := func(params ...string) int {
			c := srv.begin("16K", params...)
			c.feed(append(silence(300), speech(6000)...), 3200)
			c.text("e")
			events, _ := c.until("e")
			return len(utterances(events)[0].interims)
		}
		usual, slow := count(), count("resultUpdatedInterval=2000")
		Expect(usual).To(BeNumerically(">", slow))
		Expect(slow).To(BeNumerically(">", 0))
		Expect(count("resultUpdatedInterval=0")).To(BeZero())
	})

	It("hears the same words in the same sound (ours; the service does not promise it)", func() {
		serve()
		say := func() string {
			c := srv.begin("16K")
			c.feed(sentence(), 3200)
			c.text("e")
			events, _ := c.until("e")
			return utterances(events)[0].final.Text
		}
		Expect(say()).To(Equal(say()))
	})

	It("puts commands, events and what was heard on the tape, and no key", func() {
		serve()
		for _, message := range []string{
			"s 16K -a-general authorization=" + srv.key, srv.key, "authorization=" + srv.key,
			`s lsb16k -a-general authorization=` + srv.key + `profileWords="AMI あみ"`,
			"s 16K -a-general profileWords=" + srv.key, "s " + srv.key + " -a-general", "e" + srv.key, "p" + srv.key,
			"s 16K -a-general authorization=" + strings.ToLower(srv.key[:1]) + srv.key,
		} {
			c := srv.dial(handshake{lines: []string{"X-Key: " + srv.key}, path: "/v1/?authorization=" + srv.key})
			c.text(message)
			c.write(true, opClose, nil)
			for err := error(nil); err == nil; {
				_, err = c.frame()
			}
		}
		c := srv.begin("16K")
		c.feed(sentence(), 32000)
		c.text("e")
		_, _ = c.until("e")
		srv.on(scenarios.WSCommand, "e")
		srv.on(scenarios.Heard, "")
		Expect(srv.on(scenarios.WSCommand, "p").Audio.First).NotTo(BeNil())
		Expect(srv.tape()).NotTo(ContainSubstring(srv.key))
		Expect(srv.tape()).NotTo(ContainSubstring(srv.key[:len(srv.key)/2]))
	})
})
