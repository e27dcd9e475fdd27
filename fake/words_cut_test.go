package fake_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
)

var _ = Describe("Bodies of dictionaries on the tape", func() {
	It("are cut without leaving the beginning of a key", func() {
		s := serve()
		const kept = 64 << 10
		for _, before := range []int{kept - 8, kept - 20, kept - 60} {
			s.post("/profilewords/-a-general/test", `{"profilewords":"`+strings.Repeat("x", before-len(`{"profilewords":"`))+mypageKey+`"}`)
		}
		_, entries := s.Tape(fake.TapeFilter{})
		Expect(fmt.Sprint(entries)).NotTo(ContainSubstring(mypageKey[:6]))
	})

	It("that end too late or never hold nothing: the deadline goes with the body", func() {
		deadlines := &deadlined{ResponseRecorder: httptest.NewRecorder()}
		srv := newFake()
		req := httptest.NewRequestWithContext(GinkgoT().Context(), http.MethodPost, "/profilewords/-a-general/test", io.NopCloser(strings.NewReader(noWords)))
		req.Header.Set("Authorization", "Bearer "+mypageKey)
		srv.ServeHTTP(deadlines, req)
		Expect(deadlines.set).To(Equal([]bool{true, false}), "one is set, then taken away")
	})
})

// deadlined notes whether the deadline of reading is set or taken away.
type deadlined struct {
	*httptest.ResponseRecorder

	set []bool
}

// SetReadDeadline is what http.ResponseController looks for.
func (d *deadlined) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, !t.IsZero())
	return nil
}
