package fake_test

import (
	"bytes"
	"runtime"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
)

var _ = Describe("A delay of which the tape tells", func() {
	// The tape is read, and the clock moved, before the entry is even in the file.
	hasty := func(scenario fake.Option, by time.Duration) *streamServer {
		var s *streamServer
		moved := make(chan struct{}, 1)
		sink := writerFunc(func(p []byte) (int, error) {
			if bytes.Contains(p, []byte(`"kind":"fault"`)) {
				before := s.Time().Now()
				go func() {
					defer GinkgoRecover()
					_, err := s.Advance(by)
					Expect(err).NotTo(HaveOccurred())
					moved <- struct{}{}
				}()
				for s.Time().Now().Equal(before) {
					runtime.Gosched()
				}
			}
			return len(p), nil
		})
		s = newStreamServer(GinkgoTB(), scenario, fake.WithTape(fake.Tape{Sink: sink}))
		DeferCleanup(func() { Eventually(moved).WithTimeout(patience).Should(Receive()) })
		return s
	}

	DescribeTable("has begun by then: whoever reads of it may move the clock at once", func(at string) {
		s := hasty(fake.WithScenario(fault("sync.late", "{at: "+at+", do: [{delay: 90s}]}")), 90*time.Second)
		c := dialHTTP(s.addr)
		c.say(strings.Replace(recognizeRequest(s.key, silence(100)), "Host: x", "Host: x\r\nConnection: close", 1))
		text, err := c.rest()
		Expect(err).NotTo(HaveOccurred())
		Expect(text).To(HavePrefix("HTTP/1.1 200 OK\r\n"))
	}, Entry("a request", "sync.request"), Entry("a reply", "sync.response"))

	It("has begun on the issuance of a key", func() {
		s := hasty(fake.WithScenario(fault("issue.late", "{at: issue, do: {delay: 90s}}")), 90*time.Second)
		c := dialHTTP(s.addr)
		c.say(strings.Replace(issueRequest(), "Host: x", "Host: x\r\nConnection: close", 1))
		text, err := c.rest()
		Expect(err).NotTo(HaveOccurred())
		Expect(text).To(HavePrefix("HTTP/1.1 200 OK\r\n"))
	})

	It("has begun on a handshake, and on a stream", func() {
		s := hasty(fake.WithScenario(fault("stream.late", "{at: stream.handshake, do: {delay: 90s}}")), 90*time.Second)
		Expect(s.begin("LSB16K")).NotTo(BeNil())
		s = hasty(fake.WithScenario(fault("stream.late", "{at: stream.start, do: {delay: 5s}}")), 5*time.Second)
		Expect(s.begin("LSB16K")).NotTo(BeNil())
		s = hasty(fake.WithScenario(fault("stream.late", "{at: stream.event, of: S, do: {delay: 5s}}")), 5*time.Second)
		c := s.begin("LSB16K")
		c.feed(sentence(), 4096)
		Expect(c.next()).To(HavePrefix("S "))
	})
})
