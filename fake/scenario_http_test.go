package fake_test

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

var _ = Describe("Scenarios over HTTP", func() {
	recording := wav(1, 16000, 16, sentence())

	It("answers with an error of the catalogue, of the nth request of each key alone", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.busy-twice", "{at: sync.request, nth: 2, do: {error: sync.busy}}")))
		other := s.issue(fake.KeyRequest{EPI: "1h"})
		for _, key := range []string{s.key, other} {
			for n, code := range []string{`"code":""`, `"code":"b"`, `"code":""`} {
				c := dialHTTP(s.addr)
				c.say(strings.Replace(recognizeRequest(key, recording), "Host: x", "Host: x\r\nConnection: close", 1))
				text, err := c.rest()
				Expect(err).NotTo(HaveOccurred())
				Expect(text).To(And(HavePrefix("HTTP/1.1 200 OK\r\n"), ContainSubstring(code), ContainSubstring("X-Session-ID: ")), "request %d", n+1)
			}
		}
		Expect(struck(s.Server, fake.TapeFilter{})).To(Equal([]string{"sync.busy-twice sync.request: error sync.busy", "sync.busy-twice sync.request: error sync.busy"}))
	})

	It("answers as a proxy would, without a word of the service", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.proxy", "{at: sync.request, nth: 1, do: {status: 503}}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording) + strings.Replace(recognizeRequest(s.key, recording), "Host: x", "Host: x\r\nConnection: close", 1))
		text, err := c.rest()
		Expect(err).NotTo(HaveOccurred())
		first, second, _ := strings.Cut(text, "</html>")
		Expect(first).To(And(HavePrefix("HTTP/1.1 503 Service Unavailable\r\n"), ContainSubstring("Content-Type: text/html\r\n"), Not(ContainSubstring("X-Session-ID")), Not(ContainSubstring("Access-Control"))))
		Expect(second).To(And(ContainSubstring("HTTP/1.1 200 OK\r\n"), ContainSubstring("X-Session-ID")), "the connection goes on")
	})

	It("truncates where it says, and ends the connection in order", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.cut", "{at: sync.response, do: {truncate: {bytes: 10}}}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		text, err := c.rest()
		Expect(err).NotTo(HaveOccurred(), "FIN, no RST")
		head, body, _ := strings.Cut(text, "\r\n\r\n")
		Expect(body).To(Equal(`{"results"`))
		Expect(head).To(MatchRegexp(`(?m)^Content-Length: [0-9]{3,}\r$`), "of the whole")
		entry := last(s, scenarios.ConnClose)
		Expect(entry.How + " " + entry.Text).To(Equal("fin closed by a fault"))
	})

	It("resets with a RST, before the audio was read and after", func() {
		for _, at := range []string{"sync.request", "sync.response"} {
			s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.reset", "{at: "+at+", do: reset}")))
			c := dialHTTP(s.addr)
			c.say(recognizeRequest(s.key, recording))
			_, err := c.rest()
			Expect(errors.Is(err, syscall.ECONNRESET)).To(BeTrue(), "%s: %v", at, err)
			Expect(last(s, scenarios.ConnClose).How).To(Equal("rst"))
		}
	})

	It("closes without an answer", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.close", "{at: sync.request, do: close}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		text, err := c.rest()
		Expect(text).To(BeEmpty())
		Expect(err).NotTo(HaveOccurred())
	})

	It("keeps the socket open and says nothing until the client leaves", func() {
		for _, do := range []string{"{at: sync.request, do: stall}", "{at: sync.response, do: no-answer}"} {
			s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.hang", do)))
			c := dialHTTP(s.addr)
			c.say(recognizeRequest(s.key, recording))
			s.onAny(scenarios.FaultStruck)
			_ = c.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
			_, err := c.r.ReadByte()
			var timeout interface{ Timeout() bool }
			Expect(errors.As(err, &timeout) && timeout.Timeout()).To(BeTrue(), "%s: %v", do, err)
			Expect(c.Close()).To(Succeed())
			Expect(s.onAny(scenarios.ConnClose).How).To(Equal("fin"))
		}
	})

	It("delays a reply on the clock; whoever advanced it finds the reply written", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.slow", "{at: sync.response, do: {delay: 90s}}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		s.onAny(scenarios.FaultStruck)
		s.timers(1)
		moved, err := s.Advance(89 * time.Second)
		Expect(err).NotTo(HaveOccurred())
		Expect(moved.Fired).To(BeZero())
		Expect(s.Advance(time.Second)).To(HaveField("Unsettled", BeEmpty()))
		Expect(last(s, scenarios.HTTPResponse).Status).To(Equal(200))
		Expect(c.read(15)).To(Equal("HTTP/1.1 200 OK"))
	})

	It("drips a reply on the clock, so many bytes at a time", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.drip", "{at: sync.response, do: [{result: hi}, {drip: {bytes: 4, every: 1s}}]}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		Expect(c.read(4)).To(Equal("HTTP"))
		s.timers(1)
		Expect(s.Advance(3 * time.Second)).To(HaveField("Unsettled", BeEmpty()))
		Expect(c.read(12)).To(Equal("/1.1 200 OK\r"))
		Expect(c.r.Buffered()).To(BeZero())
		Expect(s.Advance(time.Hour)).To(HaveField("Unsettled", BeEmpty()))
		text, err := c.rest()
		Expect(err).NotTo(HaveOccurred())
		Expect(text).To(And(ContainSubstring(`"text":"hi"`), HaveSuffix("\"message\":\"\"}\r\n")))
	})

	It("reads an upload slowly", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.slow-upload", "{at: sync.request, do: {drip: {bytes: 1000, every: 1s}}}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording[:10_000]))
		s.timers(1)
		Expect(s.Advance(9 * time.Second)).To(HaveField("Unsettled", BeEmpty()))
		_, entries := s.Tape(fake.TapeFilter{Kind: scenarios.HTTPRequest})
		Expect(entries).To(BeEmpty(), "it is still being read")
		Expect(s.Advance(2 * time.Second)).To(HaveField("Unsettled", BeEmpty()))
		Expect(c.read(15)).To(Equal("HTTP/1.1 200 OK"))
	})

	It("says what a scenario says, with the times of the utterance", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(playing("sync.said", `transcripts: ["one two", {code: "o"}]`)))
		c := dialHTTP(s.addr)
		two := wav(1, 16000, 16, append(sentence(), sentence()...))
		c.say(strings.Replace(recognizeRequest(s.key, two), "Host: x", "Host: x\r\nConnection: close", 1))
		text, _ := c.rest()
		Expect(text).To(ContainSubstring(`"tokens":[{"written":"one",`))
		Expect(text).To(ContainSubstring(`"text":"one two"}],"utteranceid"`), "the rejected utterance adds nothing")
	})

	It("lets a key expire between two requests, for whoever uses it", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.expire", "{at: sync.request, nth: 2, do: expire-key}")))
		for _, code := range []string{`"code":""`, `"code":"-"`, `"code":"-"`} {
			c := dialHTTP(s.addr)
			c.say(strings.Replace(recognizeRequest(s.key, recording), "Host: x", "Host: x\r\nConnection: close", 1))
			text, _ := c.rest()
			Expect(text).To(ContainSubstring(code))
		}
		c := s.dial(handshake{})
		c.text("s LSB16K -a-general authorization=" + s.key)
		Expect(c.next()).To(Equal("s service authorization has expired: 2026/07/30 23:59:30.000 +0000 (-0s)"))
	})

	It("garbles the same text in the same way, for the same seed", func() {
		garbled := func() string {
			s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.garbled", "{at: sync.response, do: [{result: hi}, garble]}")))
			c := dialHTTP(s.addr)
			c.say(strings.Replace(recognizeRequest(s.key, recording), "Host: x", "Host: x\r\nConnection: close", 1))
			text, _ := c.rest()
			_, body, _ := strings.Cut(text, "\r\n\r\n")
			return body
		}
		body := garbled()
		Expect(body).NotTo(HavePrefix("{"))
		Expect(body).To(ContainSubstring("results"[2:5]))
		Expect(garbled()).To(Equal(body))
	})

	It("does all that to an issuer", func() {
		for do, want := range map[string]string{
			"{error: issue.empty}":        "HTTP/1.1 200 OK\r\n",
			"{error: issue.unauthorized}": `{"code":"-","message":"can't verify service authorization"}`,
			"{status: 500}":               "HTTP/1.1 500 Internal Server Error",
			"{replace: '[${payload}]'}":   "[MAV1",
			"{truncate: {fraction: 0.5}}": "MAV1",
			"garble":                      "HTTP/1.1 200 OK\r\n",
		} {
			s := newStreamServer(GinkgoT(), fake.WithScenario(fault("issue.wrong", "{at: issue, do: "+do+"}")))
			c := dialHTTP(s.addr)
			c.say(strings.Replace(issueRequest(), "Host: x", "Host: x\r\nConnection: close", 1))
			text, err := c.rest()
			Expect(err).NotTo(HaveOccurred())
			Expect(text).To(ContainSubstring(want), do)
		}
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("issue.skewed", "{at: issue, do: {expire-key: 5m}}")))
		key := dialHTTP(s.addr)
		key.say(strings.Replace(issueRequest(), "Host: x", "Host: x\r\nConnection: close", 1))
		text, _ := key.rest()
		_, body, _ := strings.Cut(text, "\r\n\r\n")
		c := s.dial(handshake{})
		c.text("s LSB16K -a-general authorization=" + body)
		Expect(c.next()).To(Equal("s service authorization has expired: 2026/07/30 23:54:30.000 +0000 (-300s)"))
	})

	It("ends what hangs when the server ends", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.hang", "{at: sync.response, do: stall}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		s.onAny(scenarios.FaultStruck)
		s.Close()
		text, err := c.rest()
		Expect(text).To(BeEmpty())
		Expect(err == nil || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrUnexpectedEOF)).To(BeTrue())
	})
})

// last is the newest entry of a kind.
func last(s *streamServer, kind scenarios.Kind) scenarios.Entry {
	GinkgoHelper()
	_, entries := s.Tape(fake.TapeFilter{Kind: kind})
	Expect(entries).NotTo(BeEmpty())
	return entries[len(entries)-1]
}

// onAny waits for an entry of any surface.
func (s *streamServer) onAny(kind scenarios.Kind) scenarios.Entry {
	GinkgoHelper()
	e, err := s.Wait(GinkgoT().Context(), fake.TapeFilter{Kind: kind}, "")
	Expect(err).NotTo(HaveOccurred())
	return e
}

// timers waits until so many timers are armed.
func (s *streamServer) timers(n int) {
	GinkgoHelper()
	Eventually(s.armed).WithTimeout(patience).WithPolling(time.Millisecond).Should(BeNumerically(">=", n))
}
