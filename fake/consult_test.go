package fake_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

// thinker is a recognizer that answers when it is told to: the utterances by their index.
type thinker struct {
	answers [8]chan string
	asked   chan int
}

func newThinker() *thinker {
	t := &thinker{asked: make(chan int, 8)}
	for i := range t.answers {
		t.answers[i] = make(chan string, 1)
	}
	return t
}

func (t *thinker) recognize(ctx context.Context, s fake.Speech, _ fake.Sound) (fake.Transcript, error) {
	t.asked <- s.Index
	select {
	case text := <-t.answers[s.Index]:
		return fake.Transcript{Text: text}, nil
	case <-ctx.Done():
		return fake.Transcript{}, ctx.Err()
	}
}

var _ = Describe("A recognizer behind the fake", func() {
	It("gets the utterance and what is known about it", func() {
		var got fake.Speech
		var sound fake.Sound
		s := serve(fake.WithRecognizer(func(_ context.Context, s fake.Speech, a fake.Sound) (fake.Transcript, error) {
			got, sound = s, a
			return fake.Transcript{Text: "it works."}, nil
		}))
		r := understand(s.recognize("u", mypageKey, "d", "-a-general-en", "a", sentences(1)))
		Expect(r.Text).To(Equal("it works."))
		Expect(r.Results[0].Tokens).To(HaveLen(3))
		Expect(got).To(Equal(fake.Speech{Surface: "sync", Engine: "-a-general-en", Language: "en", Start: got.Start, End: got.End}))
		Expect(got.Start).To(BeNumerically("~", 300, 100))
		Expect(sound.Rate).To(Equal(16000))
		Expect(len(sound.Samples)).To(BeNumerically("~", 16*(got.End-got.Start), 16))
		Expect(slices.Max(sound.Samples)).To(BeNumerically(">", 1000))
	})

	It("is asked only when neither scenario, transcript nor transcriber knows", func() {
		var asked atomic.Int32
		s := serve(fake.WithScenario(playing("sync.said", "transcripts: [{text: zero}]")), fake.WithTranscripts(folder("one.wav.txt", "x\none")),
			fake.WithTranscriber(func(s fake.Speech) (fake.Transcript, bool) { return fake.Transcript{Text: "two"}, s.Index == 2 }),
			fake.WithRecognizer(func(context.Context, fake.Speech, fake.Sound) (fake.Transcript, error) {
				asked.Add(1)
				return fake.Transcript{Text: "three"}, nil
			}))
		Expect(s.uploadAs("one.wav", "-a-general-en", sentences(2)).Text).To(Equal("zero one"))
		Expect(asked.Load()).To(BeZero())
		Expect(understand(s.recognize("u", mypageKey, "d", "-a-general-en", "a", sentences(4))).Text).To(Equal("zero three two three"))
		Expect(asked.Load()).To(BeEquivalentTo(2))
	})

	It("leaves the answer to the built-in sentences when it fails, and tells why on the tape", func() {
		for name, ask := range map[string]fake.Recognizer{
			"recognizer: no luck; a built-in sentence answers": func(context.Context, fake.Speech, fake.Sound) (fake.Transcript, error) {
				return fake.Transcript{}, errors.New("no luck")
			},
			"recognizer: it fell over: ouch; a built-in sentence answers": func(context.Context, fake.Speech, fake.Sound) (fake.Transcript, error) {
				panic("ouch")
			},
		} {
			plain := understand(serve().recognize("u", mypageKey, "d", "-a-general", "a", sentences(1)))
			s := serve(fake.WithRecognizer(ask))
			Expect(understand(s.recognize("u", mypageKey, "d", "-a-general", "a", sentences(1))).Text).To(Equal(plain.Text))
			Expect(noted(s.Server, scenarios.Tolerance)).To(ContainElement(name))

			srv := newStreamServer(GinkgoT(), fake.WithRecognizer(ask))
			c := srv.begin("LSB16K")
			c.feed(sentence(), 3200)
			c.text("e")
			events, _ := c.until("e")
			Expect(utterances(events)[0].final.Text).To(Equal(plain.Text))
			Expect(noted(srv.Server, scenarios.Tolerance)).To(ContainElement(name))
		}
	})

	It("means o by nothing, and may name speakers, times and readings", func() {
		s := serve(fake.WithRecognizer(func(_ context.Context, s fake.Speech, _ fake.Sound) (fake.Transcript, error) {
			return fake.Transcript{Text: []string{"", "%um% yes"}[s.Index]}, nil
		}))
		Expect(s.recognize("u", mypageKey, "d", "-a-general", "a", sentences(1))).To(beStub("o", rejected))
		r := s.recognize("u", mypageKey, "d", "-a-general-en segmenterProperties=useDiarizer=1", "a", sentences(2))
		Expect(understand(r).Text).To(Equal("yes"))
		Expect(r.Body).To(And(ContainSubstring(`"label":"speaker1"}`), Not(ContainSubstring("spoken"))))
	})

	It("is not asked about what is no speech, and cannot be about audio that is not decoded", func() {
		s := serve(fake.WithRecognizer(func(context.Context, fake.Speech, fake.Sound) (fake.Transcript, error) {
			return fake.Transcript{Text: "asked"}, nil
		}))
		var beep []byte
		for i := range 4800 {
			beep = binary.LittleEndian.AppendUint16(beep, uint16(int16(8000*math.Sin(float64(i)))))
		}
		Expect(s.recognize("u", mypageKey, "d", "-a-general", "a", string(silence(500))+string(beep)+string(silence(1500)))).To(beStub("o", rejected))
		s = serve(choose("mp4-audio", "accept"), fake.WithRecognizer(func(context.Context, fake.Speech, fake.Sound) (fake.Transcript, error) {
			return fake.Transcript{Text: "asked"}, nil
		}))
		Expect(s.recognize("u", mypageKey, "d", "-a-general", "a", mp4)).To(beSuccess())
		Expect(noted(s.Server, scenarios.Tolerance)).To(ContainElement("recognizer: there are no samples: the audio is not decoded, or has more than 10 minutes of speech; a built-in sentence answers"))
	})

	It("lets a stream go on: later utterances are heard, and results keep their order", func() {
		t := newThinker()
		srv := newStreamServer(GinkgoT(), fake.WithRecognizer(t.recognize))
		c := srv.begin("LSB16K")
		c.feed([]byte(sentences(2)), 3200)
		Eventually(t.asked).Should(Receive(BeElementOf(0, 1)))
		Eventually(t.asked).Should(Receive(BeElementOf(0, 1)))
		t.answers[1] <- "second"
		for _, letter := range "SCESE" {
			Expect(c.next()).To(HavePrefix(string(letter)))
		}
		c.text("e")
		t.answers[0] <- "first"
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		Expect(letters(events)).To(Equal("ACA"))
		Expect(events[0]).To(ContainSubstring(`"text":"first","code"`))
		Expect(events[2]).To(ContainSubstring(`"text":"second","code"`))
	})

	It("keeps a client waiting that is far ahead, and lets it go on", func() {
		t := newThinker()
		srv := newStreamServer(GinkgoT(), fake.WithRecognizer(t.recognize))
		c := srv.begin("LSB16K")
		for range 7 {
			c.feed(sentence(), len(sentence()))
		}
		c.text("e")
		for range 5 {
			Eventually(t.asked).Should(Receive())
		}
		Consistently(t.asked, "50ms").ShouldNot(Receive()) // nothing of the sixth was read
		for i := range 7 {
			t.answers[i] <- fmt.Sprint("number ", i)
		}
		events, _ := c.until("e")
		Expect(utterances(events)).To(HaveLen(7))
		Expect(noted(srv.Server, scenarios.Tolerance)).To(BeEmpty())
	})

	It("is told when nobody waits any more: the client left, the cycle broke, the server ended", func() {
		for _, leave := range []func(*streamServer, *rawClient){
			func(_ *streamServer, c *rawClient) { _ = c.nc.Close() },
			func(s *streamServer, _ *rawClient) { _, _ = s.Advance(25 * 60 * 60 * 1e9) },
			func(s *streamServer, _ *rawClient) { s.Close() },
		} {
			asked, given := make(chan struct{}), make(chan error, 1)
			srv := newStreamServer(GinkgoT(), fake.WithRecognizer(func(ctx context.Context, _ fake.Speech, _ fake.Sound) (fake.Transcript, error) {
				close(asked)
				<-ctx.Done()
				given <- ctx.Err()
				return fake.Transcript{Text: "too late"}, nil
			}))
			c := srv.begin("LSB16K")
			c.feed(sentence(), 3200)
			srv.on(scenarios.WSEvent, "E")
			Eventually(asked, patience).Should(BeClosed()) // one that was not asked yet is not asked any more
			leave(srv, c)
			Eventually(given, patience).Should(Receive(MatchError(context.Canceled)))
			srv.Close()
			Expect(srv.tape()).NotTo(ContainSubstring("too late"))
		}
	})
})
