package fake_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/redisstore"
	"mockamivoice/internal/redistest"
	"mockamivoice/scenarios"
)

// openStore is a store of replicas, in a Redis.
func openStore(r *redistest.Redis, namespace string) *redisstore.Store {
	GinkgoHelper()
	s, err := redisstore.Open(GinkgoT().Context(), r.URL, namespace)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(s.Close)
	return s
}

var _ = Describe("A store", func() {
	for name, open := range map[string]func() fake.Store{
		"in memory": fake.NewMemory,
		"in Redis":  func() fake.Store { return openStore(redistest.Start(GinkgoTB()), "") },
	} {
		It("keeps, forgets, swaps, counts and lists, "+name, func(ctx SpecContext) {
			s := open()
			Expect(s.Ping(ctx)).To(Succeed())
			_, ok, err := s.Get(ctx, "job/1")
			Expect([]any{ok, err}).To(Equal([]any{false, nil}))

			for key, value := range map[string]string{"job/1": "one", "job/2": "\x00\xff\r\n", "job/*": "", "jobs": "x", "words": "y"} {
				Expect(s.Put(ctx, key, []byte(value), time.Hour)).To(Succeed())
				got, ok, err := s.Get(ctx, key)
				Expect([]any{string(got), ok, err}).To(Equal([]any{value, true, nil}), key)
			}
			Expect(s.Keys(ctx, "job/")).To(Equal([]string{"job/*", "job/1", "job/2"}))
			Expect(s.Keys(ctx, "job/*")).To(Equal([]string{"job/*"}), "a prefix is no pattern")
			Expect(s.Keys(ctx, "")).To(HaveLen(5))
			Expect(s.Keys(ctx, "none")).To(BeEmpty())
			Expect(s.Put(ctx, "job/1", nil, 0)).To(Succeed())
			Expect(s.Put(ctx, "never was", nil, 0)).To(Succeed())
			Expect(s.Keys(ctx, "job/")).To(Equal([]string{"job/*", "job/2"}))

			swap := func(old, value []byte) bool {
				GinkgoHelper()
				swapped, err := s.Swap(ctx, "clock", old, value, 0)
				Expect(err).NotTo(HaveOccurred())
				return swapped
			}
			one, two := []byte("1"), []byte("2")
			Expect([]bool{swap(one, two), swap(nil, one), swap(nil, two), swap(two, one), swap([]byte{}, two), swap(one, two)}).
				To(Equal([]bool{false, true, false, false, false, true}))
			got, _, err := s.Get(ctx, "clock")
			Expect([]any{string(got), err}).To(Equal([]any{"2", nil}))
			Expect([]bool{swap(two, nil), swap(two, one)}).To(Equal([]bool{true, false}))

			for want := range int64(3) {
				Expect(s.Count(ctx, "polls", time.Hour)).To(Equal(want + 1))
			}
			Expect(s.Keys(ctx, "polls")).To(BeEmpty(), "counters are no values")
			_, ok, err = s.Get(ctx, "polls")
			Expect([]any{ok, err}).To(Equal([]any{false, nil}))
			Expect(s.Put(ctx, "polls", nil, 0)).To(Succeed())
			Expect(s.Count(ctx, "polls", 0)).To(Equal(int64(1)))
			Expect(s.Tell(ctx, "topic", []byte("to nobody"))).To(Succeed())
		})

		It("lets no change of two at once get lost, "+name, func(ctx SpecContext) {
			const each = 50
			s := open()
			var adders sync.WaitGroup
			for range 4 {
				adders.Go(func() {
					defer GinkgoRecover()
					for done := 0; done < each; {
						old, _, err := s.Get(ctx, "sum")
						Expect(err).NotTo(HaveOccurred())
						swapped, err := s.Swap(ctx, "sum", old, append(bytes.Clone(old), 'x'), 0)
						Expect(err).NotTo(HaveOccurred())
						if swapped {
							done++
						}
					}
				})
			}
			adders.Wait()
			got, _, err := s.Get(ctx, "sum")
			Expect(err).NotTo(HaveOccurred())
			Expect(got).To(HaveLen(4 * each))
		})

		It("does not show a value that is changed after it was put, "+name, func(ctx SpecContext) {
			s, value := open(), []byte("before")
			Expect(s.Put(ctx, "key", value, 0)).To(Succeed())
			copy(value, "after!")
			got, _, err := s.Get(ctx, "key")
			Expect([]any{string(got), err}).To(Equal([]any{"before", nil}))
		})
	}

	It("is bounded in memory", func(ctx SpecContext) {
		s := fake.NewMemory()
		for n := range fake.MostStored {
			Expect(s.Put(ctx, fmt.Sprint(n), []byte("x"), 0)).To(Succeed())
		}
		Expect(s.Put(ctx, "one more", []byte("x"), 0)).To(MatchError(fake.ErrStoreFull))
		Expect(s.Put(ctx, "7", []byte("y"), 0)).To(Succeed(), "what is there can be changed")
		Expect(s.Put(ctx, "8", nil, 0)).To(Succeed())
		Expect(s.Put(ctx, "one more", []byte("x"), 0)).To(Succeed())
		Expect(s.Put(ctx, "one more", make([]byte, 256<<20), 0)).To(MatchError(fake.ErrStoreFull), "bytes count as well")
	})

	It("says in the log, on the tape and in the metrics that it is full", func() {
		full := fullStore{fake.NewMemory()}
		var log bytes.Buffer
		p := admin(fake.WithStore(full), logTo(&log))
		for range 2 {
			Expect(p.do(http.MethodDelete, "/scenario", "", nil)).To(beProblem(503, "store", "the store is full"))
		}
		const text = "the store is full, there is no room for scenario"
		Expect(log.String()).To(ContainSubstring(text))
		_, entries := p.Tape(fake.TapeFilter{Kind: scenarios.Tolerance})
		Expect(entries).To(HaveLen(1), "it says so once")
		Expect(entries[0].Text).To(Equal(text))
		Expect(p.get("/metrics").Body).To(ContainSubstring("mockamivoice_store_full_total 2\n"))
	})

	It("shows in the metrics what it holds", func() {
		Expect(admin().get("/metrics").Body).To(And(ContainSubstring("mockamivoice_store_values 0\n"), ContainSubstring("mockamivoice_store_bytes 0\n"), ContainSubstring("mockamivoice_store_full_total 0\n")))
	})
})

// fullStore has no room.
type fullStore struct{ fake.Store }

func (fullStore) Put(context.Context, string, []byte, time.Duration) error { return fake.ErrStoreFull }

func logTo(w io.Writer) fake.Option {
	return fake.WithLogger(slog.New(slog.NewTextHandler(w, nil)))
}
