package fake_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

var _ = Describe("A key that expires", func() {
	const expired = "s service authorization has expired: 2026/07/31 00:00:00.000 +0000 (-21s)"

	It("T03 is refused at s with its expiry and its lateness (documented)", func() {
		srv := newStreamServer(GinkgoT())
		key := srv.issue(fake.KeyRequest{})
		srv.pass(51400 * time.Millisecond)
		c := srv.dial(handshake{})
		c.text("s LSB16K -a-general authorization=" + key)
		Expect(c.next()).To(Equal(expired))
		c.closed()
	})

	It("T03 is told so even when its credentials are bad too (ruled)", func() {
		srv := newStreamServer(GinkgoT())
		key := srv.issue(fake.KeyRequest{BadCredentials: true})
		srv.pass(51400 * time.Millisecond)
		c := srv.dial(handshake{})
		c.text("s LSB16K -a-nosuchengine authorization=" + key)
		Expect(c.next()).To(Equal(expired))
	})

	It("T03 counts the lateness from 0 s at the very instant (ruled)", func() {
		srv := newStreamServer(GinkgoT())
		key := srv.issue(fake.KeyRequest{})
		srv.pass(30 * time.Second)
		c := srv.dial(handshake{})
		c.text("s LSB16K -a-general authorization=" + key)
		Expect(c.next()).To(MatchRegexp(`^s service authorization has expired: 2026/07/31 00:00:00\.000 \+0000 \(-0s\)$`))
	})

	It("T04 between s and the first p is refused with one p error, and e is answered e (documented; e ruled)", func() {
		srv := newStreamServer(GinkgoT())
		srv.key = srv.issue(fake.KeyRequest{EPI: "1000"})
		c := srv.begin("LSB16K")
		srv.pass(1500*time.Millisecond, c)
		for range 5 {
			c.p(speech(100))
		}
		Expect(c.next()).To(Equal("p can't feed audio data to recognizer server"))
		c.text("e")
		Expect(c.next()).To(Equal("e"), "T04b: one p error for the burst; T04c: plain e")
	})

	It("T04c is answered e with an error in the documented profile (ruled)", func() {
		srv := newStreamServer(GinkgoT(), fake.WithProfile(fake.DocumentedProfile))
		srv.key = srv.issue(fake.KeyRequest{EPI: "1000"})
		c := srv.begin("LSB16K")
		srv.pass(1500*time.Millisecond, c)
		c.p(speech(100))
		Expect(c.next()).To(Equal("p can't feed audio data to recognizer server"))
		c.text("e")
		Expect(c.next()).To(MatchRegexp("^e .+"))
	})

	It("T04 is not missed without any p (inferred)", func() {
		srv := newStreamServer(GinkgoT())
		srv.key = srv.issue(fake.KeyRequest{EPI: "1000"})
		c := srv.begin("LSB16K")
		srv.pass(1500*time.Millisecond, c)
		c.text("e")
		Expect(c.next()).To(Equal("e"))
	})

	It("T05 in mid-stream changes nothing until the next s (documented; next s inferred)", func() {
		srv := newStreamServer(GinkgoT())
		srv.key = srv.issue(fake.KeyRequest{})
		srv.pass(29900 * time.Millisecond)
		c := srv.begin("LSB16K")
		c.p(silence(100))
		for i, audio := 0, sentence(); i < len(audio); i += 3200 {
			srv.pass(100*time.Millisecond, c)
			c.p(audio[i : i+3200])
		}
		srv.pass(18500*time.Millisecond, c)
		c.text("e")
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		Expect(utterances(events)).To(HaveLen(1))
		c.text("s LSB16K -a-general authorization=" + srv.key)
		Expect(c.next()).To(MatchRegexp(`^s service authorization has expired: 2026/07/31 00:00:00\.000 \+0000 \(-21s\)$`))
		c.closed()
	})

	It("T05 was taken in time when the tape showed its p before the clock moved", func() {
		srv := newStreamServer(GinkgoT())
		srv.key = srv.issue(fake.KeyRequest{EPI: "1000"})
		c := srv.begin("LSB16K")
		c.p(silence(100))
		srv.on(scenarios.WSCommand, "p")
		srv.pass(2 * time.Second)
		c.feed(sentence(), 3200)
		c.text("e")
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		Expect(utterances(events)).To(HaveLen(1))
	})
})
