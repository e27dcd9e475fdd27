package fake_test

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
)

// sluggish is a store that lets leases end, and whose next call about a job by who has one takes longer than that waits.
type sluggish struct {
	fake.Store

	slow    atomic.Bool
	renewed chan struct{} // gets something whenever a lease was renewed
}

func (s *sluggish) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if _, hurries := ctx.Deadline(); hurries && strings.HasPrefix(key, "jobs/") && s.slow.CompareAndSwap(true, false) {
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	return s.Store.Get(ctx, key)
}

func (s *sluggish) Put(ctx context.Context, key string, value []byte, life time.Duration) error {
	if strings.HasPrefix(key, "asks/") && value != nil {
		select {
		case s.renewed <- struct{}{}:
		default:
		}
	}
	return s.Store.Put(ctx, key, value, life)
}

var _ = Describe("A replica that asks a recognizer about a job", func() {
	const lease = 600 * time.Millisecond
	submit := func(s *service) string {
		GinkgoHelper()
		return created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general-en", "a", sentences(1)))
	}

	It("goes on to say so when the store was slow once", func() {
		t, store := newThinker(), &sluggish{Store: fake.NewMemory(), renewed: make(chan struct{}, 1)}
		s := serve(fake.WithStore(store), fake.WithLease(lease), fake.WithRecognizer(t.recognize))
		store.slow.Store(true)
		submit(s)
		Eventually(store.slow.Load, patience).Should(BeFalse(), "it was slow")
		Eventually(store.renewed, patience).Should(Receive(), "before that")
		Eventually(store.renewed, patience).Should(Receive())
	})

	It("lets it go when another one has ended the job", func() {
		asked, left, store := make(chan struct{}), make(chan struct{}), fake.NewMemory()
		secret := []byte("0123456789abcdef")
		a := serve(jobsBy("told"), fake.WithStore(store), fake.WithSecret(secret), fake.WithLease(lease),
			fake.WithRecognizer(func(ctx context.Context, _ fake.Speech, _ fake.Sound) (fake.Transcript, error) {
				close(asked)
				<-ctx.Done()
				close(left)
				return fake.Transcript{}, ctx.Err()
			}))
		b := serve(fake.WithStore(store), fake.WithSecret(secret))
		id := submit(a)
		Eventually(asked, patience).Should(BeClosed())
		Expect(b.MoveJob(GinkgoT().Context(), id, fake.JobMove{State: protocol.JobCompleted})).To(Succeed())
		Eventually(left, patience).Should(BeClosed())
	})
})
