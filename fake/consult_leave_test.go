package fake_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

var _ = Describe("A recognizer whose client of HTTP left", func() {
	It("is told, is not asked again, and leaves nothing behind", func() {
		asked, told := make(chan int, 8), make(chan error, 8)
		s := serve(fake.WithRecognizer(func(ctx context.Context, s fake.Speech, _ fake.Sound) (fake.Transcript, error) {
			asked <- s.Index
			<-ctx.Done()
			told <- ctx.Err()
			return fake.Transcript{}, ctx.Err()
		}))
		over := make(chan struct{})
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(over)
			s.ServeHTTP(w, r)
		}))
		defer h.Close()
		ctx, leave := context.WithCancel(context.Background())
		defer leave()
		body := strings.NewReader(parts("u", mypageKey, "d", "-a-general", "a", sentences(3)))
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL+"/v1/recognize", body)
		Expect(err).NotTo(HaveOccurred())
		r.Header.Set("Content-Type", multiform)
		gone := make(chan error, 1)
		go func() {
			reply, err := http.DefaultClient.Do(r)
			if err == nil {
				_ = reply.Body.Close()
			}
			gone <- err
		}()
		Eventually(asked, patience).Should(Receive(Equal(0)))
		leave()
		Eventually(told, patience).Should(Receive(MatchError(context.Canceled)))
		Eventually(over, patience).Should(BeClosed())
		Eventually(gone, patience).Should(Receive(HaveOccurred()))
		Expect(asked).To(BeEmpty(), "nobody waits for the others")
		Expect(noted(s.Server, scenarios.Tolerance)).NotTo(ContainElement(HavePrefix("recognizer")))
	})
})
