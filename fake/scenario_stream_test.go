package fake_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// letters are the first letters of messages.
func letters(messages []string) string {
	var b strings.Builder
	for _, m := range messages {
		b.WriteByte(m[0])
	}
	return b.String()
}

// meet plays a scenario for the key of the server alone, and opens a cycle with it.
func meet(faults ...string) (*streamServer, *rawClient) {
	GinkgoHelper()
	s := newStreamServer(GinkgoT(), fake.WithScenarios(fault("stream.mine", faults...)))
	s.key = s.issue(fake.KeyRequest{EPI: "90000000", Scenario: "stream.mine"})
	return s, s.dial(handshake{})
}

// quiet tells that nothing comes for a moment, and the connection stays.
func (c *rawClient) quiet() {
	GinkgoHelper()
	_ = c.nc.SetReadDeadline(clock.System{}.Now().Add(30 * time.Millisecond))
	b, err := c.r.ReadByte()
	Expect(errors.Is(err, os.ErrDeadlineExceeded)).To(BeTrue(), "got %q, %v", b, err)
}

// cycle feeds audio, ends, and returns what comes before the answer to e, and that.
func (s *streamServer) cycle(c *rawClient, audio []byte) (before []string, end string) {
	GinkgoHelper()
	s.start(c, "LSB16K")
	c.feed(audio, 4096)
	c.text("e")
	return c.until("e")
}

var _ = Describe("Scenarios on streams", func() {
	It("refuses an s with an error of the catalogue", func() {
		s, c := meet("{at: stream.start, nth: 1, do: {error: stream.start.unavailable}}")
		c.text("s LSB16K -a-general authorization=" + s.key)
		Expect(c.next()).To(Equal("s can't connect to recognizer server"))
		c.closed()
		Expect(struck(s.Server, fake.TapeFilter{})).To(Equal([]string{"stream.mine stream.start: error stream.start.unavailable"}))
		_, c = s, s.dial(handshake{})
		s.start(c, "LSB16K")
	})

	It("lets the key expire at s, and between s and the first p, once and for all", func() {
		s, c := meet("{at: stream.start, nth: 1, do: {expire-key: 90s}}")
		c.text("s LSB16K -a-general authorization=" + s.key)
		Expect(c.next()).To(Equal("s service authorization has expired: 2026/07/30 23:58:00.000 +0000 (-90s)"))
		s, c = meet("{at: stream.feed, nth: 1, do: expire-key}")
		s.start(c, "LSB16K")
		c.p(silence(100))
		Expect(c.next()).To(Equal("p can't feed audio data to recognizer server"))
		c.text("s LSB16K -a-general authorization=" + s.key)
		Expect(c.next()).To(Equal("s service authorization has expired: 2026/07/30 23:59:30.000 +0000 (-0s)"))
	})

	It("delays the answer on the clock, and what comes behind it", func() {
		s, c := meet("{at: stream.start, do: {delay: 5s}}")
		c.text("s LSB16K -a-general authorization=" + s.key)
		c.settle()
		c.quiet()
		s.pass(4 * time.Second)
		c.quiet()
		s.pass(time.Second)
		Expect(c.next()).To(Equal("s"))
		e := s.on(scenarios.WSEvent, "s")
		Expect(e.At.UTC()).To(Equal(time.Date(2026, 7, 30, 23, 59, 35, 0, time.UTC)), "the tape shows when it was said")
	})

	It("delays every event by as much as it says, and those that were due at once come at once", func() {
		s, c := meet("{at: stream.event, do: {delay: 1s}}", "{at: stream.feed, do: {delay: 1s}}", "{at: stream.end, do: [{delay: 1s}, {send: 'G x'}, {delay: 2s}]}")
		s.start(c, "LSB16K")
		c.feed(sentence(), 4096)
		c.text("e")
		c.settle()
		c.quiet()
		s.pass(time.Second)
		before, x := c.until("G x")
		Expect(letters(before) + x).To(MatchRegexp("^SC?U*EA?G x$"))
		c.quiet()
		s.pass(2 * time.Second)
		before, _ = c.until("e")
		Expect(letters(before)).To(MatchRegexp("^C?A?$"))
	})

	It("leaves out the answer to s or e, and goes on", func() {
		s, c := meet("{at: stream.start, nth: 1, do: no-answer}", "{at: stream.end, nth: 1, do: no-answer}")
		c.text("s LSB16K -a-general authorization=" + s.key)
		c.settle()
		c.feed(sentence(), 4096)
		c.text("e")
		c.settle()
		Expect(letters(c.texts)).To(MatchRegexp("^SCU*EA$"))
		c.texts = nil
		before, end := s.cycle(c, sentence())
		Expect(letters(before) + end).To(MatchRegexp("^SCU*EAe$"))
	})

	It("stalls: no answer, no pong, no end, until the client leaves", func() {
		s, c := meet("{at: stream.feed, nth: 2, do: stall}")
		s.start(c, "LSB16K")
		c.p(silence(100))
		c.feed(sentence(), 4096)
		c.text("e")
		c.write(true, opPing, []byte("there?"))
		c.write(true, opClose, nil)
		c.quiet()
		_, err := s.Advance(25 * time.Hour)
		Expect(err).NotTo(HaveOccurred())
		c.quiet()
		Expect(c.nc.Close()).To(Succeed())
		s.on(scenarios.ConnClose, "")
	})

	It("resets with a RST in mid-utterance", func() {
		s, c := meet("{at: stream.event, of: C, do: reset}")
		s.start(c, "LSB16K")
		c.p(append(silence(500), speech(1000)...))
		_, err := io.ReadAll(c.r)
		Expect(errors.Is(err, syscall.ECONNRESET)).To(BeTrue(), "%v", err)
		e := s.on(scenarios.ConnClose, "reset by a fault")
		Expect(e.How).To(Equal("rst"))
	})

	It("closes with a code, and without an answer", func() {
		s, c := meet("{at: stream.end, do: {close: {code: 1011}}}")
		s.start(c, "LSB16K")
		c.text("e")
		f, err := c.frame()
		Expect(err).NotTo(HaveOccurred())
		Expect(f.opcode).To(BeEquivalentTo(opClose))
		Expect(f.payload).To(Equal([]byte{0x03, 0xf3}))
		s, c = meet("{at: stream.start, do: close}")
		c.text("s LSB16K -a-general authorization=" + s.key)
		c.closed()
		s.on(scenarios.ConnClose, "closed by a fault")
	})

	It("says something first, something else, the same again, or nothing", func() {
		s, c := meet(
			"{at: stream.start, do: {send: 'G soon'}}", "{at: stream.event, of: A, nth: 1, do: {replace: 'R ${payload}'}}", "{at: stream.event, of: S, do: {duplicate: 3}}",
			"{at: stream.event, of: U, do: drop}", "{at: stream.event, of: E, do: {send: 'Q x'}}", "{at: stream.end, do: {replace: 'e x'}}",
		)
		c.text("s LSB16K -a-general authorization=" + s.key)
		Expect(c.next()).To(Equal("G soon"))
		Expect(c.next()).To(Equal("s"))
		c.feed(sentence(), 4096)
		c.text("e")
		before, end := c.until("e x")
		Expect(letters(before) + end).To(Equal("SSSCQERe x"))
		Expect(before[6]).To(HavePrefix(`R {"results":[{"tokens":[{"written":`))
	})

	It("reorders within what the protocol lets happen, and loses nothing", func() {
		two := append(sentence(), sentence()...)
		s, c := meet("{at: stream.event, of: C, do: {order: [E, C]}}")
		before, _ := s.cycle(c, two)
		Expect(letters(before)).To(MatchRegexp("^SECU*ASECU*A$"))
		s, c = meet("{at: stream.event, of: A, do: {order: [S, A]}}")
		before, _ = s.cycle(c, two)
		Expect(letters(before)).To(MatchRegexp("^SCU*ESACU*EA$"), "the last A waits for no other S")
	})

	It("says another result in the place of an A", func() {
		s, c := meet("{at: stream.event, of: A, nth: 1, do: {result: {code: 'b'}}}", "{at: stream.event, of: A, do: {result: {text: '\U0001F600 ok', repeat: 2}}}")
		before, _ := s.cycle(c, append(sentence(), sentence()...))
		var finals []string
		for _, m := range before {
			if m[0] == 'A' {
				finals = append(finals, m)
			}
		}
		Expect(finals).To(HaveLen(2))
		Expect(finals[0]).To(Equal(`A {"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"b","message":"recognition result is rejected because recognizer server is busy"}`))
		Expect(finals[1]).To(ContainSubstring(`"text":"\ud83d\ude00 ok\ud83d\ude00 ok","code":"","message":""}`))
		Expect(finals[1]).To(MatchRegexp(`"starttime":[0-9]{4},"endtime":[0-9]{4},"tags"`), "the times of its utterance")
	})

	It("cuts a frame in the middle, and ends the connection", func() {
		s, c := meet("{at: stream.event, of: A, do: {truncate: {bytes: 5}}}")
		s.start(c, "LSB16K")
		c.feed(sentence(), 4096)
		for {
			var head [2]byte
			_, err := io.ReadFull(c.r, head[:])
			Expect(err).NotTo(HaveOccurred())
			Expect(head[0]).To(Equal(byte(0x81)))
			if head[1] == 126 { // only A is that long
				first, err := c.r.Peek(4)
				Expect(err).NotTo(HaveOccurred())
				if string(first[2:4]) == "A " {
					break
				}
				head[1] = first[1]
				_, _ = c.r.Discard(2 + int(first[0])<<8)
			}
			_, _ = c.r.Discard(int(head[1]))
		}
		rest, err := io.ReadAll(c.r)
		Expect(err).NotTo(HaveOccurred(), "FIN")
		Expect(rest[2:]).To(Equal([]byte(`A {"r`)))
	})

	It("drips a frame on the clock; a ping waits for its end", func() {
		s, c := meet("{at: stream.event, of: S, do: {drip: {bytes: 1, every: 1s}}}")
		s.start(c, "LSB16K")
		c.p(append(silence(500), speech(1000)...))
		b := make([]byte, 1)
		read := func() byte {
			c.wait()
			_, err := io.ReadFull(c.r, b)
			Expect(err).NotTo(HaveOccurred())
			return b[0]
		}
		Expect(read()).To(Equal(byte(0x81)))
		c.write(true, opPing, []byte("x"))
		c.quiet()
		_, err := s.Advance(time.Second)
		Expect(err).NotTo(HaveOccurred())
		Expect(read()).To(Equal(byte(5)))
		_, err = s.Advance(time.Minute)
		Expect(err).NotTo(HaveOccurred())
		for _, want := range []byte("S 300\x81\x01C") {
			Expect(read()).To(Equal(want))
		}
		c.settle()
	})

	It("reaches a limit at once", func() {
		for limit, want := range map[string]string{
			"no_data": "e timeout occurred while recognizing audio data from client", "session": "p session timeout occurred",
		} {
			s, c := meet("{at: stream.feed, nth: 1, do: {limit: " + limit + "}}")
			s.start(c, "LSB16K")
			c.p(append(silence(500), speech(1000)...))
			_, end := c.until("")
			Expect(end).To(Equal(want))
			c.closed()
			_ = s
		}
		s, c := meet("{at: stream.start, do: {limit: non_speech}}")
		c.text("s LSB16K -a-general authorization=" + s.key)
		Expect(c.next()).To(Equal("s"))
		Expect(c.next()).To(Equal("p can't feed audio data to recognizer server"))
		c.closed()
	})

	It("breaks off in mid-stream with an error that nobody asked for", func() {
		s, c := meet("{at: stream.feed, nth: 2, do: {error: stream.feed.unsupported-audio}}", "{at: stream.end, nth: 1, do: {error: stream.end.timeout}}")
		s.start(c, "LSB16K")
		c.p(silence(10))
		c.p(silence(10))
		Expect(c.next()).To(Equal("p received unsupported audio format"))
		s.start(c, "LSB16K")
		c.text("e")
		Expect(c.next()).To(Equal("e timeout occurred"))
		c.closed()
	})

	It("does not hear a packet, or hears it twice", func() {
		s, c := meet("{at: stream.feed, nth: 1, do: drop}", "{at: stream.feed, nth: 2, do: {duplicate: 3}}")
		s.start(c, "LSB16K")
		c.p(speech(700))
		c.p(sentence())
		c.text("e")
		before, _ := c.until("e")
		Expect(strings.Count(letters(before), "S")).To(Equal(3))
		Expect(before[0]).To(Equal("S 300"))
	})

	It("says what a scenario says, interim results as well", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(playing("stream.said", `transcripts: ["one two three", {text: ""}, {code: "o"}]`)))
		c := s.dial(handshake{})
		audio := append(append(sentence(), sentence()...), append(sentence(), sentence()...)...)
		before, _ := s.cycle(c, audio)
		Expect(letters(before)).To(MatchRegexp("^SCU+EASCEASCEASCU+EA$"))
		Expect(before).To(ContainElement(`U {"results":[{"tokens":[{"written":"one"},{"written":"..."}],"text":"one..."}],"text":"one..."}`))
		Expect(before).To(ContainElement(ContainSubstring(`"text":"one two three","code":""`)))
		Expect(before).To(ContainElement(MatchRegexp(`^A \{"results":\[\{"tokens":\[\],.*"text":"","code":"","message":""\}$`)))
	})

	It("goes by the behaviour and the limits of the scenario, from the s on", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenarios(playing("stream.own", `behaviour: {stream-line-end: crlf, stream-info-events: "on", stream-close-code: "1000"}`, "limits: {no_data: 2s, utterance: 1s}")))
		plain := s.begin("LSB16K")
		s.key = s.issue(fake.KeyRequest{EPI: "1h", Scenario: "stream.own"})
		c := s.dial(handshake{})
		c.text("s LSB16K -a-general authorization=" + s.key)
		for _, want := range []string{"G info\r\n", "s\r\n"} {
			f, err := c.frame()
			Expect(err).NotTo(HaveOccurred())
			Expect(string(f.payload)).To(Equal(want))
		}
		s.pass(2*time.Second, plain)
		f, err := c.frame()
		Expect(err).NotTo(HaveOccurred())
		Expect(string(f.payload)).To(Equal("e timeout occurred\r\n"))
		f, err = c.frame()
		Expect(err).NotTo(HaveOccurred())
		Expect(f.payload).To(Equal([]byte{0x03, 0xe8}))
		plain.settle()
		Expect(plain.texts).To(BeEmpty(), "another key goes by the server's")
	})

	It("strikes at the handshake", func() {
		for do, want := range map[string]string{
			"{status: 503}":               "HTTP/1.1 503 Service Unavailable\r\n",
			"{truncate: {bytes: 20}}":     "HTTP/1.1 101 Switchi",
			"{truncate: {fraction: 0.1}}": "HTTP/1.1 101",
			"close":                       "",
		} {
			s := newStreamServer(GinkgoT(), fake.WithScenario(fault("stream.door", "{at: stream.handshake, nth: 1, do: "+do+"}")))
			c := dialHTTP(s.addr)
			c.say(handshake{lines: []string{"Connection: close"}}.request(s.addr))
			text, err := c.rest()
			Expect(err).NotTo(HaveOccurred(), do)
			Expect(text).To(HavePrefix(want), do)
			Expect(want != "" || text == "").To(BeTrue(), "%s: %q", do, text)
			s.begin("LSB16K")
		}
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("stream.door", "{at: stream.handshake, nth: 1, do: reset}", "{at: stream.handshake, nth: 2, do: stall}",
			"{at: stream.handshake, nth: 3, do: {drip: {bytes: 40, every: 1s}}}", "{at: stream.handshake, nth: 4, do: {delay: 3s}}")))
		c := dialHTTP(s.addr)
		c.say(handshake{}.request(s.addr))
		_, err := c.rest()
		Expect(errors.Is(err, syscall.ECONNRESET)).To(BeTrue(), "%v", err)
		c = dialHTTP(s.addr)
		c.say(handshake{}.request(s.addr))
		s.on(scenarios.FaultStruck, "stream.handshake: stall")
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
		_, err = c.r.ReadByte()
		var netErr net.Error
		Expect(errors.As(err, &netErr) && netErr.Timeout()).To(BeTrue())
		Expect(c.Close()).To(Succeed())
		c = dialHTTP(s.addr)
		c.say(handshake{}.request(s.addr))
		Expect(c.read(40)).To(HavePrefix("HTTP/1.1 101 Switching Protocols\r\n"))
		s.timers(1)
		Expect(s.Advance(time.Minute)).To(HaveField("Unsettled", BeEmpty()))
		Expect(c.read(20)).NotTo(BeEmpty())
		c = dialHTTP(s.addr)
		c.say(handshake{}.request(s.addr))
		s.on(scenarios.FaultStruck, "stream.handshake: delay 3s")
		s.timers(1)
		Expect(s.Advance(3 * time.Second)).To(HaveField("Unsettled", BeEmpty()))
		Expect(c.read(12)).To(Equal("HTTP/1.1 101"))
	})
})
