package fake_test

import (
	"encoding/json"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

var _ = Describe("Waiting on the admin port", func() {
	It("answers at once with an entry of the past", func() {
		p := admin()
		Expect(accepts(p, "WRONG", anywhere)).To(BeFalse())
		r := p.get("/wait?for=key.refused&text=forged&surface=sync")
		Expect(r.Status).To(Equal(200))
		var e scenarios.Entry
		Expect(json.Unmarshal([]byte(r.Body), &e)).To(Succeed())
		Expect(e.Kind).To(Equal(scenarios.KeyRefused))
		Expect(e.Text).To(HavePrefix("forged"))
	})

	It("answers when the entry comes", func() {
		p := admin()
		Expect(accepts(p, "WRONG", anywhere)).To(BeFalse())
		_, last := p.Tape(fake.TapeFilter{})
		got := make(chan reply, 1)
		go func() {
			defer GinkgoRecover()
			got <- p.get("/wait?for=clock&timeout=20s")
		}()
		_, err := p.Advance(time.Second)
		Expect(err).NotTo(HaveOccurred())
		var r reply
		Eventually(got).WithTimeout(20 * time.Second).Should(Receive(&r))
		Expect(r.Status).To(Equal(200))
		var e scenarios.Entry
		Expect(json.Unmarshal([]byte(r.Body), &e)).To(Succeed())
		Expect(e.N).To(BeNumerically(">", last[len(last)-1].N))
	})

	It("gives up after the time-out", func() {
		p := admin()
		Expect(accepts(p, "WRONG", anywhere)).To(BeFalse())
		for _, query := range []string{"for=ws.event", "for=key.refused&text=expired", "for=key.refused&after=1000", "for=key.refused&surface=stream", "for=key.refused&conn=9", "for=key.refused&key=000000000000"} {
			Expect(p.get("/wait?timeout=1ms&"+query)).To(beProblem(408, "timeout", ""), query)
		}
	})

	DescribeTable("refuses", func(query, word string) {
		r := admin().get("/wait?" + query)
		Expect(r).To(beProblem(400, "bad-request", ""))
		Expect(r.Body).To(ContainSubstring(word))
	},
		Entry("a kind that is none, and lists the kinds", "for=nonsense", "conn.open, conn.close, http.request, http.response, ws.handshake, ws.command, ws.event, ws.control, "+
			"key.issued, key.refused, job.state, heard, fault, clock, tolerance, dropped"),
		Entry("no kind", "timeout=1s", "conn.open, conn.close"),
		Entry("more than a minute", "for=clock&timeout=61s", "60s"),
		Entry("a time-out that is none", "for=clock&timeout=soon", "duration"),
		Entry("an unknown parameter", "for=clock&tiemout=1s", "tiemout"),
	)
})
