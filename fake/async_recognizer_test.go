package fake_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// onTape waits until a job is said to be in a state.
func onTape(s *service, state, id string) {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(GinkgoT().Context(), patience)
	defer cancel()
	_, err := s.Wait(ctx, fake.TapeFilter{Kind: scenarios.JobState}, state+" "+id)
	Expect(err).NotTo(HaveOccurred())
}

// textOf is what a completed job says.
func textOf(s *service, id string) string {
	GinkgoHelper()
	j := s.job(id)
	Expect(j.Status).To(Equal("completed"))
	return *j.Text
}

// builtInText is what a job says where no recognizer is asked.
func builtInText(n int) string {
	GinkgoHelper()
	s := serve(jobsBy("at-once"))
	return textOf(s, created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general-en", "a", sentences(n))))
}

var _ = Describe("Jobs whose recognizer takes its time", func() {
	submit := func(s *service, n int) string {
		GinkgoHelper()
		return created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general-en", "a", sentences(n)))
	}
	advance := func(s *service, d time.Duration) {
		GinkgoHelper()
		_, err := s.Advance(d)
		Expect(err).NotTo(HaveOccurred())
	}

	It("are made at once, and not completed before it has answered, however late that is by the clock", func() {
		t := newThinker()
		s := serve(fake.WithRecognizer(t.recognize))
		id := submit(s, 2)
		Eventually(t.asked, patience).Should(Receive(Equal(0)))
		Expect(s.job(id).Status).To(Equal("queued"))
		advance(s, time.Hour)
		Expect(s.job(id).Status).To(Equal("processing"))
		t.answers[0] <- "one"
		Eventually(t.asked, patience).Should(Receive(Equal(1)))
		Expect(s.job(id).Status).To(Equal("processing"))
		t.answers[1] <- "two"
		onTape(s, "completed", id)
		Expect(textOf(s, id)).To(Equal("one two"))
		Expect(statesOf(s)).To(Equal([]string{"queued", "started", "processing", "completed"}))
	})

	It("are completed when they are due where it was faster than that", func() {
		t := newThinker()
		s := serve(fake.WithRecognizer(t.recognize))
		id := submit(s, 1)
		t.answers[0] <- "fast"
		Eventually(t.asked, patience).Should(Receive())
		Eventually(func() bool { // that it has answered shows once the job is due
			advance(s, 3*time.Second)
			return s.job(id).Status == "completed"
		}, patience).Should(BeTrue())
		Expect(textOf(s, id)).To(Equal("fast"))
		Expect(statesOf(s)).To(Equal([]string{"queued", "started", "processing", "completed"}))
	})

	DescribeTable("wait for it in every mode", func(mode string, due func(*service, string)) {
		t := newThinker()
		s := serve(jobsBy(mode), fake.WithRecognizer(t.recognize))
		id := submit(s, 1)
		due(s, id)
		Expect(s.job(id).Status).To(Equal("processing"))
		t.answers[0] <- "at last"
		if mode == "polls=1" { // it goes on when it is polled
			Eventually(func() string { return s.job(id).Status }, patience).Should(Equal("completed"))
		} else {
			onTape(s, "completed", id)
		}
		Expect(textOf(s, id)).To(Equal("at last"))
	},
		Entry("at-once", "at-once", func(*service, string) {}),
		Entry("polls", "polls=1", func(s *service, id string) {
			for _, state := range []string{"queued", "started", "processing"} {
				Expect(s.job(id).Status).To(Equal(state))
			}
		}),
	)

	It("may be told to fail meanwhile, and stay so", func() {
		t := newThinker()
		s := serve(jobsBy("told"), fake.WithRecognizer(t.recognize))
		id := submit(s, 1)
		Expect(s.MoveJob(GinkgoT().Context(), id, fake.JobMove{State: protocol.JobError, ErrorMessage: "ERROR: mine"})).To(Succeed())
		t.answers[0] <- "too late"
		s.Close()
		Expect(*s.job(id).ErrorMessage).To(Equal("ERROR: mine"))
		Expect(statesOf(s)).To(Equal([]string{"queued", "error"}))
	})

	It("fail when it understood nothing", func() {
		t := newThinker()
		s := serve(jobsBy("at-once"), fake.WithRecognizer(t.recognize))
		id := submit(s, 1)
		t.answers[0] <- ""
		onTape(s, "error", id)
		Expect(*s.job(id).ErrorMessage).To(ContainSubstring("amineth_code='o'"))
	})

	It("let it go when they are forgotten", func() {
		asked, told := make(chan struct{}), make(chan error, 1)
		s := serve(fake.WithRecognizer(func(ctx context.Context, _ fake.Speech, _ fake.Sound) (fake.Transcript, error) {
			close(asked)
			<-ctx.Done()
			told <- ctx.Err()
			return fake.Transcript{}, ctx.Err()
		}))
		id := submit(s, 1)
		Eventually(asked, patience).Should(BeClosed())
		s.Reset()
		Eventually(told, patience).Should(Receive(MatchError(context.Canceled)))
		s.Close()
		Expect(s.poll("/v2/recognitions/"+id, mypageKey).Status).To(Equal(404))
	})

	It("have built-in sentences for their end when the replica is gone that asked it, and keep them", func() {
		t, store := newThinker(), fake.NewMemory()
		secret := []byte("0123456789abcdef")
		a := serve(jobsBy("at-once"), fake.WithStore(store), fake.WithSecret(secret), fake.WithRecognizer(t.recognize))
		b := serve(fake.WithStore(store), fake.WithSecret(secret))
		id := submit(a, 1)
		Eventually(t.asked, patience).Should(Receive())
		Expect(b.job(id).Status).To(Equal("processing"))
		Expect(store.Put(GinkgoT().Context(), "asks/"+id, nil, 0)).To(Succeed()) // as when its life is over: a does not renew it
		Expect(textOf(b, id)).To(Equal(builtInText(1)))
		Expect(noted(b.Server, scenarios.Tolerance)).To(ContainElement("recognizer: job " + id + " is not asked about any more: the replica that did is gone, or could not keep the answer; built-in sentences answer"))
		t.answers[0] <- "too late"
		a.Close()
		Expect(textOf(b, id)).To(Equal(builtInText(1)))
	})

	It("have them at once when a replica ends that asks it", func() {
		t, store := newThinker(), fake.NewMemory()
		secret := []byte("0123456789abcdef")
		a := serve(jobsBy("at-once"), fake.WithStore(store), fake.WithSecret(secret), fake.WithRecognizer(t.recognize))
		b := serve(fake.WithStore(store), fake.WithSecret(secret))
		id := submit(a, 2)
		Eventually(t.asked, patience).Should(Receive())
		t.answers[0] <- "one"
		Eventually(t.asked, patience).Should(Receive())
		a.Close()
		Expect(strings.HasPrefix(textOf(b, id), "one ")).To(BeTrue())
	})

	It("are none for a client that leaves while it waits for room, though somebody waits before it", func() {
		s := serve(jobsBy("told"), fake.WithRecognizer(func(ctx context.Context, _ fake.Speech, _ fake.Sound) (fake.Transcript, error) {
			<-ctx.Done()
			return fake.Transcript{}, ctx.Err()
		}))
		const most = 64 // minutes of sound, of which every job has one at least
		for range most {
			submit(s, 1)
		}
		body := parts("u", mypageKey, "d", "-a-general-en", "a", sentences(1))
		request := fmt.Sprintf("POST /v2/recognitions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: %s\r\n\r\n%s", len(body), multiform, body)
		var last *wire
		for n := range 2 {
			last = connectWire(strings.TrimPrefix(s.url, "http://"))
			last.send(request)
			Eventually(func() []string { return noted(s.Server, scenarios.HTTPRequest) }, patience).Should(HaveLen(most + n + 1))
		}
		Expect(last.Close()).To(Succeed())
		Eventually(func() []string { return noted(s.Server, scenarios.Tolerance) }, patience).Should(
			ContainElement("the client left while too many jobs waited for the recognizer: there is no job"))
	})
})
