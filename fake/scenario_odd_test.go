package fake_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

var _ = Describe("Scenarios that ask for odd things", func() {
	It("answers an e at which a limit cannot be reached", func() {
		s, c := meet("{at: stream.end, do: {limit: no_data}}")
		s.begin("LSB16K")
		c.text("e")
		Expect(c.next()).To(Equal("e can't stop feeding audio data to recognizer server"), "no cycle is open")
		s.start(c, "LSB16K")
		c.text("e")
		Expect(c.next()).To(Equal("e timeout occurred"))
		c.closed()
	})

	It("keeps secrets off the tape that a fault cuts, garbles or quotes", func() {
		for _, do := range []string{
			"garble", "{truncate: {fraction: 0.99}}", "{truncate: {bytes: 100}}", "[{replace: 'x${payload}x'}, garble]", "{drip: {bytes: 5, every: 0s}}",
			"{replace: '" + strings.Repeat("x", 52) + "demo-password'}", "{replace: '" + strings.Repeat("é", 20) + "demo-password'}",
		} {
			s := newStreamServer(GinkgoT(), fake.WithScenario(fault("issue.wrong", "{at: issue, do: "+do+"}")))
			c := dialHTTP(s.addr)
			c.say(strings.Replace(issueRequest(), "Host: x", "Host: x\r\nConnection: close", 1))
			text, _ := c.rest()
			_, body, _ := strings.Cut(text, "\r\n\r\n")
			Expect(len(body)).To(BeNumerically(">", 20), do)
			tape := s.tape()
			for i := 0; i+20 <= len(body) && strings.Contains(body, "A"); i += 20 {
				Expect(tape).NotTo(ContainSubstring(body[i:i+20]), do)
			}
			Expect(tape).NotTo(ContainSubstring("demo-pass"), do)
		}
	})

	It("keeps a secret off the tape that a stream says in pieces", func() {
		for _, do := range []string{"garble", "{truncate: {bytes: 70}}", "{truncate: {fraction: 0.9}}"} {
			s := newStreamServer(GinkgoT(), fake.WithScenario(playing("stream.said", "transcripts: [demo-password]", "faults: [{at: stream.event, of: A, do: "+do+"}]")))
			c := s.begin("LSB16K")
			c.feed(sentence(), 4096)
			c.text("e")
			Expect(s.on(scenarios.WSEvent, "***").Frame.Size).To(BeNumerically(">", 100), do)
		}
	})

	It("keeps secrets out of what the admin routes say of a scenario", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenario(fault("sync.mine", "{at: sync.response, do: {result: demo-password}}")))
		admin := httptest.NewServer(s.Admin())
		DeferCleanup(admin.Close)
		put := func(text string) string {
			req, err := http.NewRequest(http.MethodPut, admin.URL+"/scenario", strings.NewReader(text))
			Expect(err).NotTo(HaveOccurred())
			req.Header.Set("Content-Type", "application/yaml")
			reply, err := http.DefaultClient.Do(req)
			Expect(err).NotTo(HaveOccurred())
			defer reply.Body.Close()
			body, err := io.ReadAll(reply.Body)
			Expect(err).NotTo(HaveOccurred())
			return string(body)
		}
		good := "id: sync.a\ntitle: about demo-password\nsurface: sync\nlevel: info\nbasis: assumed\nsource: s\nwhy: w\nplay:\n  faults:\n    - {at: sync.response, do: {result: demo-key}}\n"
		for _, text := range []string{good, strings.Replace(good, "result: demo-key", "reslt: "+s.key, 1), strings.Replace(good, "title:", "tilte:", 1), "x: [" + s.key} {
			Expect(put(text)).NotTo(Or(ContainSubstring("demo-password"), ContainSubstring("demo-key"), ContainSubstring(s.key)))
		}
		c := dialHTTP(s.addr)
		c.say(recognizeRequest(s.key, wav(1, 16000, 16, sentence())))
		s.onAny(scenarios.HTTPResponse)
		Expect(s.tape()).NotTo(Or(ContainSubstring("demo-password"), ContainSubstring("demo-key"), ContainSubstring(s.key)))
	})
})
