package fake_test

import (
	"encoding/json"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/fixture"
	"mockamivoice/scenarios/sound"
)

// fixtureOf is what the texts sound like in a format.
func fixtureOf(format string, texts ...string) []byte {
	GinkgoHelper()
	f, err := sound.ParseFormat(format)
	Expect(err).NotTo(HaveOccurred())
	samples, err := fixture.Speak(f.Rate, 0, texts...)
	Expect(err).NotTo(HaveOccurred())
	return sound.Encode(f, samples)
}

// finals are the texts of the A events, or their codes.
func finals(events []string) []string {
	GinkgoHelper()
	var all []string
	for _, e := range events {
		if payload, is := strings.CutPrefix(e, "A "); is {
			var r result
			Expect(json.Unmarshal([]byte(payload), &r)).To(Succeed())
			all = append(all, r.Text+r.Code)
		}
	}
	return all
}

// heardOf are the heard entries of a tape.
func heardOf(s *fake.Server) []string {
	_, entries := s.Tape(fake.TapeFilter{Kind: scenarios.Heard})
	var all []string
	for _, e := range entries {
		all = append(all, e.Text)
	}
	return all
}

var _ = Describe("A fixture", func() {
	said := []string{"もしもし、田中です。", "one two three", "한국어 & 中文 🦊"}

	It("is heard back over the stream in every format and in packets of any size", func() {
		srv := newStreamServer(GinkgoT())
		for i, f := range protocol.AudioFormats() {
			name := f.Name
			if f.Encoding == protocol.Headed {
				name = map[int]string{8000: "WAVMULAW", 16000: "WAV16K"}[f.Rate]
			}
			c := srv.begin(f.Name)
			c.feed(fixtureOf(name, said...), []int{33, 640, 4096, 1 << 20}[i%4])
			c.text("e")
			events, _ := c.until("e")
			Expect(finals(events)).To(Equal(said), f.Name)
		}
		Expect(heardOf(srv.Server)).To(ContainElement(MatchRegexp(`^fixture from 5\d\d to 1[0-9]{3} ms, 10 characters$`)))
	})

	It("is heard back over synchronous HTTP in every format", func() {
		s := serve()
		for _, f := range protocol.AudioFormats() {
			name := f.Name
			if f.Encoding == protocol.Headed {
				name = map[int]string{8000: "WAVALAW", 16000: "WAV16K"}[f.Rate]
			}
			r := understand(s.recognize("u", mypageKey, "d", "-a-general", "c", f.Name, "a", string(fixtureOf(name, said...))))
			Expect(r.Text).To(Equal(strings.Join(said, "")), f.Name)
		}
	})

	It("tells its words at times inside of its sound", func() {
		srv := newStreamServer(GinkgoT())
		c := srv.begin("LSB16K")
		c.feed(fixtureOf("LSB16K", "one two three"), 640)
		c.text("e")
		events, _ := c.until("e")
		at := slices.IndexFunc(events, func(e string) bool { return e[0] == 'A' })
		Expect(at).To(BeNumerically(">", 0))
		Expect(events[at]).To(MatchRegexp(`^A \{"results":\[\{"tokens":\[\{"written":"one","confidence":0\.95,"starttime":5\d\d,"endtime":\d{3,4}[},]`))
		var r result
		Expect(json.Unmarshal([]byte(events[at][2:]), &r)).To(Succeed())
		tokens := r.Results[0].Tokens
		Expect(tokens).To(HaveLen(3))
		Expect(tokens[0].Starttime).To(BeNumerically(">=", r.Results[0].Starttime))
		Expect(tokens[2].Endtime).To(BeNumerically("<=", r.Results[0].Endtime))
	})

	It("shows its beginning as interim results", func() {
		srv := newStreamServer(GinkgoT())
		c := srv.begin("LSB16K", "resultUpdatedInterval=200")
		text := strings.Repeat("春夏秋冬", 50)
		c.feed(fixtureOf("LSB16K", text), 640)
		c.text("e")
		events, _ := c.until("e")
		var interim []string
		for _, e := range events {
			if payload, is := strings.CutPrefix(e, "U "); is {
				var r result
				Expect(json.Unmarshal([]byte(payload), &r)).To(Succeed())
				interim = append(interim, r.Text)
				shown := []rune(strings.TrimSuffix(r.Text, "..."))
				Expect(text).To(HavePrefix(string(shown[:len(shown)-1])), "only the newest word may be a guess")
			}
		}
		Expect(len(interim)).To(BeNumerically(">", 5))
	})

	DescribeTable("that arrives damaged is not understood, and the tape says why",
		func(declared string, audio func() []byte, why string) {
			srv := newStreamServer(GinkgoT())
			c := srv.begin(declared)
			c.feed(audio(), 640)
			c.text("e")
			events, _ := c.until("e")
			Expect(finals(events)).To(Equal([]string{"o"}))
			Expect(heardOf(srv.Server)).To(ContainElement(And(HavePrefix("fixture from "), HaveSuffix(" ms, damaged: "+why))))

			s := serve()
			Expect(s.recognize("u", mypageKey, "d", "-a-general", "c", declared, "a", string(audio()))).To(beStub("o", rejected))
			Expect(heardOf(s.Server)).To(ContainElement(HaveSuffix(" ms, damaged: " + why)))
		},
		Entry("its bytes swapped", "LSB16K", func() []byte { return fixtureOf("MSB16K", said[0]) }, "reads as big-endian"),
		Entry("its bytes swapped the other way", "MSB16K", func() []byte { return fixtureOf("LSB16K", said[0]) }, "reads as little-endian"),
		Entry("declared at half its rate", "LSB8K", func() []byte { return fixtureOf("LSB16K", said[0]) }, "plays at half speed: reads as 16000 samples a second, not 8000"),
		Entry("declared at twice its rate", "LSB16K", func() []byte { return fixtureOf("LSB8K", said[0]) }, "plays at double speed: reads as 8000 samples a second, not 16000"),
		Entry("without 100 ms of it", "LSB16K", func() []byte { a := fixtureOf("LSB16K", said[0]); return slices.Concat(a[:32*1200], a[32*1300:]) },
			"gap of 100 ms, about 0.6 s into the utterance: that much sound is missing"),
	)

	It("says less than the scenario, and more than a transcriber", func() {
		c := newStreamServer(GinkgoT(), fake.WithScenario(playing("stream.said", `transcripts: ["from the scenario"]`))).begin("LSB16K")
		c.feed(fixtureOf("LSB16K", said...), 640)
		c.text("e")
		events, _ := c.until("e")
		Expect(finals(events)).To(Equal([]string{"from the scenario", said[1], said[2]}))

		s := serve(fake.WithTranscriber(func(fake.Speech) (fake.Transcript, bool) { return fake.Transcript{Text: "from outside"}, true }))
		r := s.recognize("u", mypageKey, "d", "-a-general", "c", "LSB16K", "a", string(fixtureOf("LSB16K", said[0])))
		Expect(understand(r).Text).To(Equal(said[0]))
	})
})
