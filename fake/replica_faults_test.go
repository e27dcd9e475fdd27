package fake_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/internal/redistest"
)

// abacus is a store that remembers what was counted in it, and for how long. It fails with err.
type abacus struct {
	fake.Store

	meeting sync.WaitGroup // of those who count; they go on when all are there

	mu     sync.Mutex
	counts []string
	lives  []time.Duration
	told   []string
	err    error
}

func (a *abacus) Tell(ctx context.Context, topic string, message []byte) error {
	a.mu.Lock()
	a.told = append(a.told, topic)
	a.mu.Unlock()
	return a.Store.Tell(ctx, topic, message)
}

func (a *abacus) topics() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.told)
}

func (a *abacus) Count(ctx context.Context, key string, life time.Duration) (int64, error) {
	if strings.HasPrefix(key, "faults/") {
		a.mu.Lock()
		a.counts, a.lives = append(a.counts, key), append(a.lives, life)
		err := a.err
		a.mu.Unlock()
		a.meeting.Wait()
		if err != nil {
			return 0, err
		}
	}
	return a.Store.Count(ctx, key, life)
}

func (a *abacus) asked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.counts)
}

// classes asks for the classes of an engine, and is the status of the reply.
func (r *replica) classes(key string) int {
	GinkgoHelper()
	return r.service().do(http.MethodGet, "/classnames/-a-general", "", nil, "Authorization", "Bearer "+key).Status
}

// inTurn asks for classes n times, here and there in turn.
func inTurn(n int, key string, replicas ...*replica) []int {
	GinkgoHelper()
	var all []int
	for i := range n {
		all = append(all, replicas[i%len(replicas)].classes(key))
	}
	return all
}

func unavailable(nth string) string { return "{at: words.request, " + nth + ", do: {status: 503}}" }

var _ = Describe("Faults among replicas with one Redis", func() {
	var redis *redistest.Redis
	BeforeEach(func() { redis = redistest.Start(GinkgoTB()) })

	It("strike at the nth request of a key, wherever it comes", func() {
		a, b := join(redis), join(redis)
		Expect(a.SetScenario(fault("words.mine", unavailable("nth: 2"), "{at: words.request, nth: 2, times: 2, do: {status: 429}}"))).To(Succeed())
		Expect(inTurn(5, a.key, a, b)).To(Equal([]int{200, 503, 429, 200, 200}), "the first that matches wins")
		Expect(inTurn(5, b.key, a, b)).To(Equal([]int{200, 503, 429, 200, 200}), "each key on its own")
	})

	It("strike once when many requests come at once", func() {
		a, b := join(redis), join(redis)
		Expect(b.SetScenario(fault("words.mine", unavailable("nth: 100")))).To(Succeed())
		var mu sync.Mutex
		var clients sync.WaitGroup
		statuses := map[int]int{}
		for n := range 200 {
			one := []*replica{a, b}[n%2]
			clients.Go(func() {
				defer GinkgoRecover()
				status := one.classes(a.key)
				mu.Lock()
				defer mu.Unlock()
				statuses[status]++
			})
		}
		clients.Wait()
		Expect(statuses).To(Equal(map[int]int{200: 199, 503: 1}))
	})

	It("count all keys together where the fault wants it so, or no key is known", func() {
		a, b := join(redis), join(redis)
		Expect(a.SetScenario(fault("words.mine", unavailable("nth: 3, per: server"), "{at: issue, nth: 2, do: {status: 503}}"))).To(Succeed())
		Expect([]int{a.classes(a.key), b.classes(b.key), a.classes(b.key), b.classes(a.key)}).To(Equal([]int{200, 200, 503, 200}))
		var issued []int
		for _, one := range []*replica{a, b, a} {
			issued = append(issued, one.service().postIssue("sid=demo&spw=demo-password").Status)
		}
		Expect(issued).To(Equal([]int{200, 503, 200}))
	})

	It("strike at packets and events of streams, wherever the streams are", func() {
		a, b := join(redis), join(redis)
		b.key = a.key
		Expect(a.SetScenario(fault("stream.mine",
			"{at: stream.start, nth: 2, do: {error: stream.start.unavailable}}", "{at: stream.feed, nth: 3, do: {send: 'G here'}}", "{at: stream.event, of: S, nth: 2, do: {send: 'G there'}}",
		))).To(Succeed())
		one := a.begin("LSB16K")
		Expect(b.startReply()).To(Equal("s can't connect to recognizer server"))
		two := b.begin("LSB16K")
		one.p(speech(1200))
		one.settle()
		Expect(struck(a.Server, fake.TapeFilter{})).To(BeEmpty())
		two.p(silence(10))
		two.p(speech(1200))
		two.settle()
		Expect(struck(a.Server, fake.TapeFilter{})).To(BeEmpty())
		Expect(struck(b.Server, fake.TapeFilter{})).To(ConsistOf(ContainSubstring("stream.start"), ContainSubstring("G here"), ContainSubstring("G there")))
	})

	It("of a scenario that is bound to a key are counted together, though each replica has its own copy", func() {
		bound := func() fake.Option { return fake.WithScenarios(fault("words.bound", unavailable("nth: 2"))) }
		a, b := join(redis, bound()), join(redis, bound())
		key := a.issue(fake.KeyRequest{EPI: "1h", Scenario: "words.bound"})
		Expect(a.SetScenario(fault("words.other", unavailable("nth: 1")))).To(Succeed())
		Expect(inTurn(3, key, a, b)).To(Equal([]int{200, 503, 200}))
		Expect(a.SetScenario(fault("words.bound", unavailable("nth: 2")))).To(Succeed())
		Expect(inTurn(2, key, b, a)).To(Equal([]int{200, 200}), "what is played for others is none of its business")
		a.Reset()
		Expect(inTurn(3, key, b, a)).To(Equal([]int{200, 503, 200}), "a reset is")
		late := join(redis, bound())
		Expect(inTurn(2, key, late, a)).To(Equal([]int{200, 200}), "one that comes later counts with them")
	})

	It("are counted anew by a reset, and by a change of the scenario to the same", func() {
		mine := fault("words.mine", unavailable("nth: 2"))
		a, b := join(redis, fake.WithScenario(mine)), join(redis, fake.WithScenario(fault("words.mine", unavailable("nth: 2"))))
		key := a.key
		Expect(inTurn(3, key, a, b)).To(Equal([]int{200, 503, 200}), "what they began with is one scenario")
		for range 2 {
			Expect(b.admin.send(http.MethodPost, "/reset", "{}").Status).To(Equal(204))
			Expect(inTurn(1, key, a)).To(Equal([]int{200}))
			Expect(a.SetScenario(mine)).To(Succeed())
			Expect(inTurn(3, key, b, a)).To(Equal([]int{200, 503, 200}))
		}
	})

	It("are not counted in the store for longer than the key lives, or where nothing can strike", func() {
		a := &abacus{Store: openStore(redis, "test")}
		r := join(redis, fake.WithClock(clock.System{}), fake.WithStore(a))
		Expect(r.SetScenario(fault("words.mine", unavailable("nth: 1"), unavailable("nth: 7, per: server")))).To(Succeed())
		stream := r.begin("LSB16K")
		stream.p(silence(10))
		stream.settle()
		Expect(a.asked()).To(BeZero(), "there is no fault at these points")
		Expect(r.classes(r.issue(fake.KeyRequest{EPI: "50s"}))).To(Equal(503))
		Expect(r.classes("demo-key")).To(Equal(503))
		Expect(a.lives).To(HaveExactElements(And(BeNumerically(">", 0), BeNumerically("<=", 50*time.Second)), Equal(48*time.Hour), Equal(48*time.Hour), Equal(48*time.Hour)))
		Expect(a.counts).To(HaveLen(4))
	})

	It("are counted by each for itself when the key has expired", func() {
		store := &abacus{Store: openStore(redis, "test")}
		a, b := join(redis, fake.WithStore(store)), join(redis)
		Expect(a.SetScenario(fault("words.mine", unavailable("nth: 3")))).To(Succeed())
		key := a.issue(fake.KeyRequest{EPI: "50s"})
		Expect(inTurn(2, key, a, b)).To(Equal([]int{200, 200}))
		_, err := b.Advance(51 * time.Second)
		Expect(err).NotTo(HaveOccurred())
		before := store.asked()
		Expect(inTurn(3, key, a)).To(Equal([]int{401, 503, 401}))
		Expect(store.asked()).To(Equal(before))
	})

	It("are counted together for a key that a fault let expire", func() {
		a, b := join(redis), join(redis)
		Expect(a.SetScenario(fault("words.mine", "{at: words.request, nth: 2, do: expire-key}"))).To(Succeed())
		Expect(inTurn(4, a.key, a, b)).To(Equal([]int{200, 401, 401, 401}))
		Expect(append(struck(a.Server, fake.TapeFilter{}), struck(b.Server, fake.TapeFilter{})...)).To(HaveLen(1))
	})

	It("are counted by each for itself while Redis is away, which the log and the tape say once", func() {
		a, b := join(redis), join(redis)
		Expect(a.SetScenario(fault("words.mine", unavailable("nth: 3")))).To(Succeed())
		Expect(inTurn(2, a.key, a, b)).To(Equal([]int{200, 200}))
		redis.Stop(GinkgoTB())
		Expect(inTurn(3, a.key, a)).To(Equal([]int{200, 503, 200}), "a has met one so far")
		const text = "faults are counted by this replica alone, until the store counts again: redis at "
		Expect(notes(a.Server)).To(HaveExactElements(ContainSubstring(text)))
		Expect(a.log).To(gbytes.Say(text))
		Expect(notes(b.Server)).To(BeEmpty())

		redis.Run(GinkgoTB())
		for _, one := range []*replica{a, b} {
			Eventually(one.ready).WithTimeout(patience).Should(HaveField("Status", 200))
		}
		Expect(inTurn(3, a.key, a)).To(Equal([]int{200, 200, 200}), "the break does not count anew")
		Expect(inTurn(4, b.key, b, a)).To(Equal([]int{200, 200, 503, 200}), "they count together again")
		redis.Stop(GinkgoTB())
		a.classes(a.key)
		Expect(notes(a.Server)).To(HaveLen(2))
	})

	It("are counted by each for itself when Redis is full or says something else", func() {
		mine := fake.WithScenario(fault("words.mine", unavailable("nth: 2")))
		for _, err := range []error{fake.ErrStoreFull, errors.New("canary")} {
			store := &abacus{Store: openStore(redis, "test"), err: err}
			a, b := join(redis, mine, fake.WithStore(store)), join(redis, mine)
			Expect(inTurn(3, a.key, a)).To(Equal([]int{200, 503, 200}))
			Expect(inTurn(2, a.key, b)).To(Equal([]int{200, 503}))
			Expect(notes(a.Server)).To(ContainElement("faults are counted by this replica alone, until the store counts again: " + err.Error()))
			Expect(store.asked()).To(Equal(1), "it is left alone for a while")
		}
	})

	It("say once that they are counted alone, when many are at once", func() {
		const many = 8
		store := &abacus{Store: openStore(redis, "test"), err: errors.New("canary")}
		a := join(redis, fake.WithScenario(fault("words.mine", unavailable("nth: 5"))), fake.WithStore(store))
		store.meeting.Add(many)
		var mu sync.Mutex
		var clients sync.WaitGroup
		refused := 0
		for range many {
			clients.Go(func() {
				defer GinkgoRecover()
				if a.classes(a.key) == 503 {
					mu.Lock()
					defer mu.Unlock()
					refused++
				}
			})
		}
		Eventually(store.asked).WithTimeout(patience).WithPolling(time.Millisecond).Should(Equal(many))
		store.meeting.Add(-many)
		clients.Wait()
		Expect(refused).To(Equal(1))
		Expect(notes(a.Server)).To(HaveLen(1))
	})

	It("are counted anew after a reset that was not heard of", func(ctx SpecContext) {
		a := join(redis, fake.WithScenario(fault("words.mine", unavailable("nth: 2"))))
		Expect(inTurn(3, a.key, a)).To(Equal([]int{200, 503, 200}))
		store := openStore(redis, "test")
		Expect(store.Put(ctx, "era", []byte("another"), 0)).To(Succeed())
		Expect(store.Tell(ctx, "era", nil)).To(Succeed())
		Expect(inTurn(3, a.key, a)).To(Equal([]int{200, 503, 200}))
	})

	It("are still counted together after a reset when Redis has lost everything", func() {
		bound := func() fake.Option { return fake.WithScenarios(fault("words.bound", unavailable("nth: 2"))) }
		store := &abacus{Store: openStore(redis, "test")}
		a := join(redis, bound(), fake.WithStore(store))
		a.Reset()
		redis.Stop(GinkgoTB())
		redis.Run(GinkgoTB())
		Eventually(store.topics).WithTimeout(patience).Should(ContainElement("era"), "it has told the era")
		b := join(redis, bound())
		Expect(inTurn(3, a.issue(fake.KeyRequest{EPI: "1h", Scenario: "words.bound"}), a, b)).To(Equal([]int{200, 503, 200}))
	})
})
