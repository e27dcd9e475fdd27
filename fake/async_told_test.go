package fake_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// brimful is a store that has no room for changes of what is kept of jobs, so many times.
type brimful struct {
	fake.Store

	refusals atomic.Int32
}

func (c *brimful) Swap(ctx context.Context, key string, old, value []byte, life time.Duration) (bool, error) {
	if strings.HasPrefix(key, "jobs/") && c.refusals.Add(-1) >= 0 {
		return false, fake.ErrStoreFull
	}
	return c.Store.Swap(ctx, key, old, value, life)
}

var _ = Describe("Jobs that are told to be completed while their recognizer thinks", func() {
	submit := func(s *service, n int) string {
		GinkgoHelper()
		return created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general-en", "a", sentences(n)))
	}
	cutShort := func(id string) string {
		return "recognizer: job " + id + " is told to be completed before it has answered; what was not heard so far has built-in sentences"
	}

	DescribeTable("are, with what was heard so far and built-in sentences for the rest", func(mode string, before ...string) {
		t, left := newThinker(), make(chan struct{})
		s := serve(jobsBy(mode), fake.WithRecognizer(func(ctx context.Context, p fake.Speech, a fake.Sound) (fake.Transcript, error) {
			said, err := t.recognize(ctx, p, a)
			if errors.Is(err, context.Canceled) {
				close(left)
			}
			return said, err
		}))
		id := submit(s, 2)
		t.answers[0] <- "one"
		for range 2 { // the second time it has dealt with the first answer
			Eventually(t.asked, patience).Should(Receive())
		}
		Expect(s.MoveJob(GinkgoT().Context(), id, fake.JobMove{State: protocol.JobCompleted})).To(Succeed())
		text := textOf(s, id)
		Expect(text).To(And(HavePrefix("one "), Not(Equal("one "))))
		Eventually(left, patience).Should(BeClosed(), "nobody wants to know any more")
		s.Close()
		Expect(textOf(s, id)).To(Equal(text))
		Expect(statesOf(s)).To(Equal(append(before, "completed")))
		Expect(noted(s.Server, scenarios.Tolerance)).To(ConsistOf(cutShort(id)))
	},
		Entry("by word", "told", "queued"),
		Entry("at once", "at-once", "queued"),
		Entry("by the clock", "clock=3s", "queued"),
	)

	It("are so on other replicas as well, and keep what they were told", func() {
		t, store := newThinker(), fake.NewMemory()
		secret := []byte("0123456789abcdef")
		a := serve(jobsBy("told"), fake.WithStore(store), fake.WithSecret(secret), fake.WithRecognizer(t.recognize))
		b := serve(fake.WithStore(store), fake.WithSecret(secret))
		id := submit(a, 1)
		Eventually(t.asked, patience).Should(Receive())
		Expect(b.MoveJob(GinkgoT().Context(), id, fake.JobMove{State: protocol.JobCompleted})).To(Succeed())
		Expect([]string{textOf(a, id), textOf(b, id)}).To(HaveEach(builtInText(1)))
		t.answers[0] <- "too late"
		a.Close()
		Expect(textOf(b, id)).To(Equal(builtInText(1)))
		Expect(statesOf(b)).To(Equal([]string{"completed"}))
		Expect(statesOf(a)).To(Equal([]string{"queued"}))
	})

	It("are so by a fault at a poll, and what that was told they keep", func() {
		t := newThinker()
		s := serve(jobsBy("polls=1"), fake.WithRecognizer(t.recognize), fake.WithScenario(fault("async.early", "{at: async.poll, nth: 1, do: {state: completed}}")))
		id := submit(s, 2)
		t.answers[0] <- "one"
		for range 2 {
			Eventually(t.asked, patience).Should(Receive())
		}
		text := textOf(s, id)
		Expect(text).To(HavePrefix("one "))
		t.answers[1] <- "too late"
		var states []string
		for range 3 {
			states = append(states, s.job(id).Status)
		}
		Expect(states).To(Equal([]string{"started", "processing", "completed"}), "a fault is about one poll")
		Expect(textOf(s, id)).To(Equal(text))
	})

	It("do not fail any more when it has answered just before that was told", func() {
		t, store := newThinker(), &meddled{Store: fake.NewMemory()}
		s := serve(jobsBy("at-once"), fake.WithStore(store), fake.WithRecognizer(t.recognize))
		id := submit(s, 1)
		Eventually(t.asked, patience).Should(Receive())
		store.meddle = func() {
			t.answers[0] <- "said"
			onTape(s, "completed", id)
		}
		Expect(s.MoveJob(GinkgoT().Context(), id, fake.JobMove{State: protocol.JobError})).To(MatchError(ContainSubstring("the job is completed")))
		Expect(textOf(s, id)).To(Equal("said"))
		Expect(statesOf(s)).To(Equal([]string{"queued", "completed"}))
	})

	It("let the recognizer go when they are told to fail", func() {
		asked, left := make(chan struct{}), make(chan struct{})
		s := serve(jobsBy("told"), fake.WithRecognizer(func(ctx context.Context, _ fake.Speech, _ fake.Sound) (fake.Transcript, error) {
			close(asked)
			<-ctx.Done()
			close(left)
			return fake.Transcript{}, ctx.Err()
		}))
		id := submit(s, 1)
		Eventually(asked, patience).Should(BeClosed())
		Expect(s.MoveJob(GinkgoT().Context(), id, fake.JobMove{State: protocol.JobError})).To(Succeed())
		Eventually(left, patience).Should(BeClosed())
		s.Close()
		Expect(s.job(id).Status).To(Equal("error"))
		Expect(statesOf(s)).To(Equal([]string{"queued", "error"}))
	})

	It("are answered by the admin port as polls tell it", func() {
		t := newThinker()
		s := serve(jobsBy("told"), fake.WithRecognizer(t.recognize))
		ts := httptest.NewServer(s.Admin())
		DeferCleanup(ts.Close)
		id := submit(s, 1)
		Expect(port{&service{s.Server, ts.URL}}.send(http.MethodPost, "/jobs/"+id, `{"state":"completed"}`).Status).To(Equal(200))
		Expect(textOf(s, id)).To(Equal(builtInText(1)))
	})
})

var _ = Describe("A store without room for what a recognizer said of a job", func() {
	submit := func(s *service, n int) string {
		GinkgoHelper()
		return created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general-en", "a", sentences(n)))
	}

	It("forgets its oldest jobs for it", func() {
		t, store := newThinker(), &brimful{Store: fake.NewMemory()}
		s := serve(jobsBy("at-once"), fake.WithStore(store), fake.WithRecognizer(t.recognize))
		t.answers[0] <- "old"
		old := submit(s, 1)
		onTape(s, "completed", old)
		Eventually(t.asked, patience).Should(Receive())
		id := submit(s, 1)
		Eventually(t.asked, patience).Should(Receive())
		store.refusals.Store(1)
		t.answers[0] <- "new"
		onTape(s, "completed", id)
		Expect(textOf(s, id)).To(Equal("new"))
		Expect(s.poll("/v2/recognitions/"+old, mypageKey).Status).To(Equal(404))
		Expect(noted(s.Server, scenarios.Tolerance)).To(ContainElement("the store is full: the 1 oldest jobs are forgotten"))
	})

	It("tells its built-in sentences when that is of no use, at every poll", func() {
		t, store := newThinker(), &brimful{Store: fake.NewMemory()}
		s := serve(jobsBy("at-once"), fake.WithStore(store), fake.WithRecognizer(t.recognize))
		t.answers[0] <- "old"
		onTape(s, "completed", submit(s, 1))
		id := submit(s, 1)
		store.refusals.Store(1 << 30)
		t.answers[0] <- "lost"
		s.Close()
		for range 2 {
			Expect(textOf(s, id)).To(Equal(builtInText(1)))
		}
	})
})
