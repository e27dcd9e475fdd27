package fake_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Scenarios that ask for odd things", func() {
	It("answers an e at which a limit cannot be reached", func() {
		for limit, close := range map[string]bool{"idle": true, "non_speech": false} {
			s, c := meet("{at: stream.end, do: {limit: " + limit + "}}")
			s.start(c, "LSB16K")
			c.p(append(silence(500), speech(1000)...))
			c.text("e")
			before, _ := c.until("e")
			Expect(letters(before)).To(MatchRegexp("^SCU*EA$"), limit)
			if close {
				c.closed()
				continue
			}
			c.text("e")
			Expect(c.next()).To(Equal("e can't stop feeding audio data to recognizer server"), "no cycle is open")
		}
	})
})
