package fake_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// deadlines is a server between net/http and the fake that lets deadlines for reading pass when a test says so.
type deadlines struct {
	http.ResponseWriter

	mu   sync.Mutex
	last time.Time
}

// Unwrap is for http.ResponseController.
func (d *deadlines) Unwrap() http.ResponseWriter { return d.ResponseWriter }

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = t
	return http.NewResponseController(d.ResponseWriter).SetReadDeadline(t)
}

// pass acts as if so much real time had passed that the deadline is over, if there is one.
func (d *deadlines) pass() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.last.IsZero() {
		_ = http.NewResponseController(d.ResponseWriter).SetReadDeadline(clock.System{}.Now().Add(-time.Second))
	}
}

// deadlineServer plays a scenario behind a deadlines for each request.
func deadlineServer(s *scenarios.Scenario) (*streamServer, <-chan *deadlines) {
	GinkgoHelper()
	srv := newStreamServer(GinkgoT(), fake.WithScenario(s))
	requests := make(chan *deadlines, 1)
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := &deadlines{ResponseWriter: w}
		requests <- d
		srv.ServeHTTP(d, r)
	}))
	DeferCleanup(func() {
		srv.Close()
		hs.Close()
	})
	srv.addr = hs.Listener.Addr().String()
	return srv, requests
}

// quiet tells that nothing comes for a moment, and the connection stays.
func (c *rawHTTP) quiet() {
	GinkgoHelper()
	_ = c.SetReadDeadline(clock.System{}.Now().Add(30 * time.Millisecond))
	b, err := c.r.ReadByte()
	Expect(errors.Is(err, os.ErrDeadlineExceeded)).To(BeTrue(), "got %q, %v", b, err)
}

var _ = Describe("Scenarios and time", func() {
	recording := wav(1, 16000, 16, append(sentence(), sentence()...))

	It("holds a request longer than a body may stand still", func() {
		for do, later := range map[string]string{"stall": "", "{delay: 90s}": "HTTP/1.1 200 OK"} {
			s, requests := deadlineServer(fault("sync.hang", "{at: sync.response, do: "+do+"}"))
			c := dialHTTP(s.addr)
			c.say(recognizeRequest(s.key, recording))
			s.onAny(scenarios.FaultStruck)
			(<-requests).pass()
			c.quiet()
			s.pass(90 * time.Second)
			if later == "" {
				c.quiet()
			} else {
				Expect(c.read(len(later))).To(Equal(later))
			}
		}
	})

	It("reads an upload so slowly that a client would be given up that sent it so", func() {
		s, requests := deadlineServer(fault("sync.slow-upload", "{at: sync.request, do: {drip: {bytes: 30000, every: 90s}}}"))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		s.timers(1)
		(<-requests).pass()
		s.pass(time.Hour)
		Expect(c.read(15)).To(Equal("HTTP/1.1 200 OK"))
		Expect(s.tape()).NotTo(ContainSubstring("stood still"))
	})

	It("ends a connection after a delay without keeping whoever moved the clock", func() {
		for _, at := range []string{"sync.request", "sync.response", "stream.handshake"} {
			for _, do := range []string{"close", "{truncate: {bytes: 5}}"} {
				if at == "sync.request" && do != "close" {
					continue
				}
				s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.late", "{at: "+at+", do: [{delay: 5s}, "+do+"]}")))
				c := dialHTTP(s.addr)
				if at == "stream.handshake" {
					c.say(handshake{}.request(s.addr))
				} else {
					c.say(recognizeRequest(s.key, recording))
				}
				s.timers(1)
				moved, err := s.Advance(5 * time.Second)
				Expect(err).NotTo(HaveOccurred())
				Expect(moved.Unsettled).To(BeEmpty(), "%s %s", at, do)
				Expect(last(s, scenarios.ConnClose).Text).To(Equal("closed by a fault"), "%s %s", at, do)
				_, err = c.rest()
				Expect(err).NotTo(HaveOccurred(), "FIN")
			}
		}
	})

	It("adds up delays of a request from one instant to the next, however far the clock is moved at once", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.slow", "{at: sync.request, do: {delay: 5s}}", "{at: sync.response, do: [{delay: 4s}, {delay: 1s}]}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		s.timers(1)
		s.pass(10 * time.Second)
		Expect(c.read(15)).To(Equal("HTTP/1.1 200 OK"))
	})

	It("takes no time for no delay", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.slow", "{at: sync.request, do: [{delay: 0s}, {drip: {bytes: 9000, every: 0s}}]}",
			"{at: sync.response, do: [{delay: 0s}, {drip: {bytes: 9, every: 0s}}]}", "{at: stream.start, do: {delay: 0s}}",
			"{at: stream.event, do: {drip: {bytes: 2, every: 0s}}}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		Expect(c.read(15)).To(Equal("HTTP/1.1 200 OK"))
		stream := s.dial(handshake{})
		before, end := s.cycle(stream, sentence())
		Expect(letters(before) + end).To(MatchRegexp("^SCU*EAe$"))
		Expect(s.armed()).To(BeNumerically("<", 4), "only the limits of the stream")
	})

	It("drips a huge frame within one move of the clock", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(playing("stream.drip", "transcripts: [{tokens: [{written: word}], repeat: 400}]", "faults: [{at: stream.event, of: A, do: {drip: {bytes: 1, every: 1s}}}]")))
		c := s.begin("LSB16K")
		c.feed(sentence(), 4096)
		c.text("e")
		s.on(scenarios.WSCommand, "e")
		s.on(scenarios.WSEvent, "A")
		s.pass(24 * time.Hour / 2)
		before, _ := c.until("e")
		Expect(len(before[len(before)-1])).To(BeNumerically(">", 20_000))
		Expect(strings.Count(before[len(before)-1], `"written":"word"`)).To(Equal(400))
	})

	It("reorders whole events, with what a fault put before them", func() {
		s, c := meet("{at: stream.event, of: S, do: {order: [C, S]}}", "{at: stream.event, of: C, do: {drip: {bytes: 1, every: 1s}}}")
		s.start(c, "LSB16K")
		c.feed(sentence(), 4096)
		s.on(scenarios.WSEvent, "C")
		s.pass(10 * time.Second) // no pong would come in the middle of a frame
		c.text("e")
		before, _ := c.until("e")
		Expect(letters(before)).To(MatchRegexp("^CSU*EA$"))

		s, c = meet("{at: stream.event, of: S, do: {order: [C, S]}}", "{at: stream.event, of: C, do: [{send: 'G x'}, {delay: 5s}]}")
		s.start(c, "LSB16K")
		c.feed(sentence(), 4096)
		Expect(c.next()).To(Equal("G x"))
		c.settle()
		c.quiet()
		s.pass(5 * time.Second)
		Expect(c.next()).To(Equal("C"))
	})

	It("keeps no more for a client than it would for one that does not read", func() {
		s, c := meet("{at: stream.start, do: {delay: 1h}}")
		c.text("s LSB16K -a-general authorization=" + s.key)
		e := appendFrame(nil, true, opText, []byte("e"), true)
		_, _ = c.nc.Write(bytes.Repeat(e, 20_000)) // it is cut off before the last one
		s.on(scenarios.ConnClose, "too much waits for the clock")
	})

	It("says the same as often as a scenario may ask, and a result as large", func() {
		tenTimes := "0123456789"
		s, c := meet("{at: stream.event, of: U, do: {duplicate: 1000}}", "{at: stream.event, of: A, do: {result: {text: '"+strings.Repeat(tenTimes, 5)+"', repeat: 10000}}}")
		s.start(c, "LSB16K")
		c.p(append(speech(4000), silence(1300)...))
		c.text("e")
		before, _ := c.until("e")
		Expect(strings.Count(letters(before), "U")).To(And(BeNumerically(">=", 5000), WithTransform(func(n int) int { return n % 1000 }, BeZero())))
		Expect(strings.Count(before[len(before)-1], tenTimes)).To(BeNumerically(">=", 50_000))
	})

	It("does each thing at its instant, however far the clock is moved at once", func() {
		begun := time.Date(2026, 7, 30, 23, 59, 30, 0, time.UTC)
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.slow", "{at: sync.request, do: {delay: 7s}}", "{at: sync.response, nth: 1, do: {delay: 83s}}",
			"{at: sync.response, nth: 2, do: [{result: hi}, {drip: {bytes: 100, every: 1s}}]}")))
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		s.timers(1)
		s.pass(time.Hour)
		Expect(last(s, scenarios.HTTPResponse).At.UTC()).To(Equal(begun.Add(90 * time.Second)))

		c = dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, recording))
		s.timers(1)
		s.pass(time.Hour)
		Expect(last(s, scenarios.HTTPResponse).At.UTC()).To(Equal(begun.Add(time.Hour + 7*time.Second)))
		text, err := c.rest()
		Expect(err).NotTo(HaveOccurred())
		pieces := time.Duration((len(text)+99)/100 - 1)
		Expect(last(s, scenarios.ConnClose).At.UTC()).To(Equal(begun.Add(time.Hour + 7*time.Second + pieces*time.Second)))
	})
})
