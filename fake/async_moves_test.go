package fake_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// meddled is a store in which something happens once, right after somebody looked up what is told of a job, and which may fail.
type meddled struct {
	fake.Store

	meddle func()
	err    error
}

func (m *meddled) Get(ctx context.Context, key string) ([]byte, bool, error) {
	value, ok, err := m.Store.Get(ctx, key)
	if strings.HasPrefix(key, "told/") && m.meddle != nil {
		meddle := m.meddle
		m.meddle = nil
		meddle()
	}
	return value, ok, errors.Join(err, m.err)
}

// statesOf are the states of jobs that the tape tells of.
func statesOf(s *service) (states []string) {
	_, entries := s.Tape(fake.TapeFilter{Kind: scenarios.JobState, Surface: protocol.SurfaceAsync})
	for _, e := range entries {
		state, _, _ := strings.Cut(e.Text, " ")
		states = append(states, state)
	}
	return states
}

// overtaken is a store in which the first poll that was counted waits a moment for a second one to be told something.
type overtaken struct {
	fake.Store

	counted chan struct{} // gets something when a poll was counted
	second  func()
	first   atomic.Bool
}

func (o *overtaken) Count(ctx context.Context, key string, life time.Duration) (int64, error) {
	n, err := o.Store.Count(ctx, key, life)
	if strings.HasPrefix(key, "polls/") && o.first.CompareAndSwap(false, true) {
		close(o.counted)
		o.second()
	}
	return n, err
}

var _ = Describe("Moves of jobs", func() {
	submit := func(s *service) string {
		return created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "a", string(recording())))
	}

	It("find a job where polls have brought it, and its end is an end", func() {
		s := serve(jobsBy("polls=1"))
		ctx := GinkgoT().Context()
		id := submit(s)
		s.job(id)
		Expect(s.job(id).Status).To(Equal("started"))
		Expect(s.Jobs(ctx)).To(ConsistOf(HaveField("State", protocol.JobStarted)))
		Expect(s.MoveJob(ctx, id, fake.JobMove{State: protocol.JobStarted})).To(MatchError(fake.ErrJobMove))
		s.job(id)
		Expect(s.job(id).Status).To(Equal("completed"))
		Expect(s.MoveJob(ctx, id, fake.JobMove{State: protocol.JobError})).To(MatchError(ContainSubstring("the job is completed and cannot go to error")))
		Expect(s.job(id).Status).To(Equal("completed"))
	})

	It("do not take back what somebody else told at the same time", func() {
		ctx := GinkgoT().Context()
		store := &meddled{Store: fake.NewMemory()}
		s := serve(jobsBy("told"), fake.WithStore(store))
		id := submit(s)
		store.meddle = func() {
			Expect(s.MoveJob(ctx, id, fake.JobMove{State: protocol.JobCompleted})).To(Succeed())
		}
		Expect(s.MoveJob(ctx, id, fake.JobMove{State: protocol.JobStarted})).To(MatchError(ContainSubstring("the job is completed")))
		Expect(s.job(id).Status).To(Equal("completed"))
		Expect(statesOf(s)).To(Equal([]string{"queued", "completed"}))
	})

	It("are on the tape in the order in which polls were counted, when two clients poll one job", func() {
		store := &overtaken{Store: fake.NewMemory(), counted: make(chan struct{})}
		s := serve(jobsBy("polls=1"), fake.WithStore(store))
		id := submit(s)
		store.second = func() {
			ctx, cancel := context.WithTimeout(GinkgoT().Context(), 200*time.Millisecond) // the second poll waits for this one
			defer cancel()
			_, _ = s.Wait(ctx, fake.TapeFilter{Kind: scenarios.JobState}, "started")
		}
		var clients sync.WaitGroup
		clients.Go(func() {
			defer GinkgoRecover()
			s.job(id)
		})
		Eventually(store.counted, patience).Should(BeClosed())
		clients.Go(func() {
			defer GinkgoRecover()
			s.job(id)
		})
		clients.Wait()
		Expect(statesOf(s)).To(Equal([]string{"queued", "queued", "started"}))
	})

	It("go on by the clock, and the tape with them", func() {
		s := serve(jobsBy("clock=3s"))
		id := submit(s)
		Expect(s.MoveJob(GinkgoT().Context(), id, fake.JobMove{State: protocol.JobStarted})).To(Succeed())
		for range 4 {
			_, err := s.Advance(time.Second)
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(s.job(id).Status).To(Equal("completed"))
		Expect(statesOf(s)).To(Equal([]string{"queued", "started", "processing", "completed"}))
	})

	It("tell a store that fails from a job that cannot go there", func() {
		store := &meddled{Store: fake.NewMemory()}
		p := admin(jobsBy("told"), fake.WithStore(store))
		store.err = errors.New("broken pipe")
		Expect(p.send(http.MethodPost, "/jobs/x", `{"state":"started"}`)).To(beProblem(503, "store", "broken pipe"))
	})

	It("are none for who creates a job with a key that ends its life meanwhile", func() {
		s := serve(jobsBy("at-once"), fake.WithScenario(fault("async.late", "{at: async.create, do: expire-key}")))
		key, err := s.IssueKey(fake.KeyRequest{EPI: "1h"})
		Expect(err).NotTo(HaveOccurred())
		Expect(s.submit("/v2/recognitions", "u", key.Key, "d", "-a-general", "a", string(recording())).Body).To(Equal(refusedCreate))
		Expect(s.Jobs(GinkgoT().Context())).To(BeEmpty())
	})
})
