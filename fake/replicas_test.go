package fake_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/internal/redistest"
	"mockamivoice/scenarios"
)

const allReplicas = "a secret of all replicas"

// replica is a Server that shares a Redis, with its log and its admin port.
type replica struct {
	*streamServer

	log   *gbytes.Buffer
	admin port
}

// join starts one more replica. Its clock starts elsewhere, so that it has to be adopted.
func join(r *redistest.Redis, options ...fake.Option) *replica {
	GinkgoHelper()
	log := gbytes.NewBuffer()
	options = append([]fake.Option{fake.WithStore(openStore(r, "test")), fake.WithSecret([]byte(allReplicas)), logTo(log)}, options...)
	s := newStreamServer(GinkgoT(), options...)
	ts := httptest.NewServer(s.Admin())
	DeferCleanup(ts.Close)
	return &replica{s, log, port{&service{s.Server, ts.URL}}}
}

func (r *replica) startReply() string {
	GinkgoHelper()
	c := r.dial(handshake{})
	c.text("s LSB16K -a-general authorization=" + r.key)
	return c.next()
}

func (r *replica) ready() reply {
	GinkgoHelper()
	return r.admin.get("/readyz")
}

func (r *replica) now() time.Time { return r.Time().Now() }

var _ = Describe("Replicas with one Redis", func() {
	var redis *redistest.Redis
	BeforeEach(func() { redis = redistest.Start(GinkgoTB()) })

	It("move their clocks together: a key expires and a stream ends on the other one before Advance returns", func() {
		a, b := join(redis), join(redis)
		key, err := a.IssueKey(fake.KeyRequest{EPI: "50s"})
		Expect(err).NotTo(HaveOccurred())
		idle := b.begin("LSB16K")
		moved, err := a.Advance(61 * time.Second)
		Expect(err).NotTo(HaveOccurred())
		Expect(b.now()).To(BeTemporally("==", moved.Now))
		_, entries := b.Tape(fake.TapeFilter{Kind: scenarios.WSEvent})
		Expect(entries[len(entries)-1].Text).To(Equal("e timeout occurred"), "it is on the tape when Advance returns")
		Expect(idle.next()).To(Equal("e timeout occurred"))
		b.key = key.Key
		Expect(b.startReply()).To(HavePrefix("s service authorization has expired"))

		at := moved.Now.Add(time.Hour)
		Expect(b.admin.send(http.MethodPut, "/clock", `{"now":"`+at.Format(time.RFC3339Nano)+`"}`).Status).To(Equal(200))
		Expect(a.now()).To(BeTemporally("==", at))
		_, err = a.SetTime(moved.Now)
		Expect(err).To(MatchError(ContainSubstring("only moves forward")))
	})

	It("add up when two of them are moved at once", func() {
		const each = 20
		a, b := join(redis), join(redis)
		before := a.now()
		done := make(chan error, 2*each)
		for range each {
			for _, one := range []*replica{a, b} {
				go func() {
					_, err := one.Advance(time.Second)
					done <- err
				}()
			}
		}
		for range 2 * each {
			Expect(<-done).NotTo(HaveOccurred())
		}
		all := before.Add(2 * each * time.Second)
		for _, one := range []*replica{a, b} { // who has not followed within a second follows later
			Eventually(one.now).WithTimeout(patience).WithPolling(time.Millisecond).Should(BeTemporally("==", all))
		}
	})

	It("meet the scenario that was set on one of them, with its text, until it ends", func() {
		a, b := join(redis), join(redis)
		known := fault("stream.mine", "{at: stream.start, nth: 1, do: {error: stream.start.unavailable}}")
		Expect(a.SetScenario(known)).To(Succeed())
		const refused = "s can't connect to recognizer server"
		Expect([]string{b.startReply(), b.startReply(), a.startReply(), a.startReply()}).To(Equal([]string{refused, "s", refused, "s"}), "each key is counted for itself")
		Expect(b.SetScenario(known)).To(Succeed())
		Expect([]string{a.startReply(), a.startReply()}).To(Equal([]string{refused, "s"}), "setting counts anew everywhere")
		Expect(b.admin.do(http.MethodDelete, "/scenario", "", nil).Status).To(Equal(204))
		Expect(a.Scenario()).To(BeNil())
		Expect(a.admin.send(http.MethodPut, "/scenario", `{"name":"stream.mine"}`).Status).To(Equal(400), "the others have its text, not its name")
	})

	It("go back to the start together, each to the scenario that it began with", func() {
		first := fault("stream.first", "{at: stream.feed, do: drop}")
		a, b := join(redis, fake.WithScenario(first)), join(redis)
		key, err := a.IssueKey(fake.KeyRequest{EPI: "1h"})
		Expect(err).NotTo(HaveOccurred())
		Expect(a.SetScenario(fault("stream.second", "{at: stream.feed, do: expire-key}"))).To(Succeed())
		b.key = key.Key
		feeding := b.begin("LSB16K")
		feeding.p(silence(10))
		_, _ = feeding.until("p")
		a.key = key.Key
		Expect(a.startReply()).To(HavePrefix("s service authorization has expired"), "a key that a fault let expire is expired everywhere")
		late := join(redis)
		late.key = key.Key
		Expect(late.startReply()).To(HavePrefix("s service authorization has expired"))

		Expect(b.admin.send(http.MethodPost, "/reset", "{}").Status).To(Equal(204))
		Expect(a.Scenario().ID).To(Equal("stream.first"))
		Expect(b.Scenario()).To(BeNil())
		_, entries := a.Tape(fake.TapeFilter{})
		Expect(entries).To(BeEmpty())
		Expect([]string{a.startReply(), late.startReply()}).To(Equal([]string{"s", "s"}))
		later := join(redis)
		later.key = key.Key
		Expect(later.startReply()).To(Equal("s"))
	})

	It("adopt clock and scenario when they start later, even a clock that is behind", func() {
		early := noon().Add(-1000 * time.Hour)
		a := join(redis, fake.WithClock(clock.NewManual(early)))
		_, err := a.Advance(time.Minute)
		Expect(err).NotTo(HaveOccurred())
		Expect(a.SetScenario(fault("stream.mine", "{at: stream.start, do: {error: stream.start.unavailable}}"))).To(Succeed())
		b := join(redis)
		Expect(b.now()).To(BeTemporally("==", early.Add(time.Minute)))
		header, _ := b.Tape(fake.TapeFilter{})
		Expect(header.ClockStart.Time).To(BeTemporally("==", early.Add(time.Minute)))
		Expect(b.startReply()).To(Equal("s can't connect to recognizer server"))
		Expect(b.ready()).To(And(HaveField("Status", 200), HaveField("Body", "ok\n")))
	})

	It("never give the same session id twice, though they have the same seed", func() {
		a, b := join(redis), join(redis)
		id := func(r *replica) string {
			s := service{url: "http://" + r.addr}
			return s.do(http.MethodPost, "/v1/recognize?d=-a-general&u="+r.key, "", http.NoBody).Header.Get("X-Session-ID")
		}
		Expect(id(a)).NotTo(Or(BeEmpty(), Equal(id(b))))
	})

	It("say so while Redis is away, serve what needs none, and recover", func() {
		a, b := join(redis), join(redis)
		Expect(a.SetScenario(fault("stream.mine", "{at: stream.start, nth: 1, do: {error: stream.start.unavailable}}"))).To(Succeed())
		before := a.now()
		redis.Stop(GinkgoTB())
		Expect(a.ready()).To(And(HaveField("Status", 503), HaveField("Body", And(ContainSubstring("the store does not answer"), ContainSubstring(redis.Address), Not(ContainSubstring(redistest.Password))))))
		Expect(a.admin.get("/healthz").Status).To(Equal(200), "restarting it would not help")
		Expect(a.startReply()).To(Equal("s can't connect to recognizer server"))
		Expect(a.startReply()).To(Equal("s"))
		Expect(a.admin.send(http.MethodPost, "/clock/advance", `{"by":"1s"}`)).To(beProblem(503, "store", "could not be told"))
		Expect(a.admin.send(http.MethodPut, "/scenario", `{"name":"stream.no-answer-to-start"}`)).To(Or(beProblem(503, "store", "could not be told"), HaveField("Status", 400)))
		Expect(a.admin.send(http.MethodPost, "/reset", `{}`)).To(beProblem(503, "store", "could not be told"))
		Expect(a.now()).To(Equal(before))

		redis.Run(GinkgoTB()) // and it has lost everything
		for _, one := range []*replica{a, b} {
			Eventually(one.ready).WithTimeout(patience).Should(HaveField("Status", 200))
		}
		moved, err := b.Advance(time.Second)
		Expect(err).NotTo(HaveOccurred())
		Expect(a.now()).To(BeTemporally("==", moved.Now))
		Expect(moved.Now).To(BeTemporally("==", before.Add(time.Second)))
		Expect(a.startReply()).To(Equal("s"), "the break does not count anew")
		Expect(join(redis).startReply()).To(Equal("s can't connect to recognizer server"), "the scenario is in the store again")
	})

	It("log what they do not understand, and go on", func(ctx SpecContext) {
		store := openStore(redis, "test")
		a := join(redis)
		Expect(store.Tell(ctx, "weather", []byte("rain"))).To(Succeed())
		Eventually(a.log).Should(gbytes.Say(`level=WARN msg="what another replica told was not understood" topic=weather`))
		Expect(store.Tell(ctx, "expired/", []byte("{"))).To(Succeed())
		Eventually(a.log).Should(gbytes.Say(`topic=expired/ error="unexpected end of JSON input"`))
		for key, text := range map[string]string{"scenario": "{", "clock": "noon"} {
			Expect(store.Put(ctx, key, []byte(text), 0)).To(Succeed())
			Expect(store.Tell(ctx, key, nil)).To(Succeed())
			Eventually(a.log).Should(gbytes.Say("the " + key + " in the store"))
			Expect(store.Put(ctx, key, nil, 0)).To(Succeed())
		}
		Expect(store.Put(ctx, "scenario", []byte(`{"id":"stream.x","file":"id: stream.x"}`), 0)).To(Succeed())
		Expect(store.Tell(ctx, "scenario", nil)).To(Succeed())
		Eventually(a.log).Should(gbytes.Say("stream.x.yaml"))
		Expect(a.startReply()).To(Equal("s"))
	})

	It("waits for no replica that hangs", func(ctx SpecContext) {
		hang, done := make(chan struct{}), make(chan error, 1)
		hanging, stop := context.WithCancel(ctx)
		store, listening := openStore(redis, "test"), make(chan struct{})
		go func() {
			done <- store.Listen(hanging, func(topic string, _ []byte) {
				if topic == "" {
					close(listening)
					return
				}
				<-hang
			})
		}()
		<-listening
		a := join(redis)
		_, err := a.Advance(time.Second)
		Expect(err).NotTo(HaveOccurred())
		Eventually(a.log).Should(gbytes.Say(`not every replica has followed.*1 of 2 have not dealt with it after 1s`))
		close(hang)
		stop()
		Expect(<-done).NotTo(HaveOccurred())
	})

	It("panics for nothing and waits at most some seconds when there is no Redis at the start", func() {
		store := openStore(redis, "test")
		redis.Stop(GinkgoTB())
		srv := newFake(fake.WithStore(store))
		Expect(srv.Ready(GinkgoT().Context())).To(MatchError(ContainSubstring("the store does not answer")))
	})
})
