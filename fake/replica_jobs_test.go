package fake_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/internal/redistest"
	"mockamivoice/scenarios"
)

func (r *replica) service() *service { return &service{r.Server, "http://" + r.addr} }

// submitJob makes a job on one replica.
func (r *replica) submitJob() string {
	GinkgoHelper()
	return created(r.service().submit("/v2/recognitions", "u", r.key, "d", "grammarFileNames=-a-general", "a", speechWAV()))
}

// stateOf is the state of a job, as one replica tells it.
func (r *replica) stateOf(id string) string {
	GinkgoHelper()
	reply := r.service().poll("/v2/recognitions/"+id, r.key)
	Expect(reply.Status).To(Equal(200), reply.Body)
	var job struct{ Status string }
	Expect(json.Unmarshal([]byte(reply.Body), &job)).To(Succeed())
	return job.Status
}

func progress(text string) fake.Option {
	GinkgoHelper()
	p, err := fake.ParseJobProgress(text)
	Expect(err).NotTo(HaveOccurred())
	return fake.WithJobProgress(p)
}

var _ = Describe("Jobs of replicas with one Redis", func() {
	var redis *redistest.Redis
	BeforeEach(func() { redis = redistest.Start(GinkgoTB()) })

	It("are made on one, polled on the other, and survive that the one is started again in between", func() {
		a, b := join(redis), join(redis)
		ids := make([]string, 20)
		var clients sync.WaitGroup
		for n := range ids {
			one := []*replica{a, b}[n%2]
			clients.Go(func() {
				defer GinkgoRecover()
				ids[n] = one.submitJob()
			})
		}
		clients.Wait()
		for _, id := range ids {
			Expect([]string{a.stateOf(id), b.stateOf(id)}).To(Equal([]string{"queued", "queued"}))
		}
		a.Close()
		_, err := b.Advance(time.Hour)
		Expect(err).NotTo(HaveOccurred())
		again := join(redis)
		again.key = a.key // which is still good
		last := again.submitJob()
		Expect(ids).NotTo(ContainElement(last))
		for _, id := range ids {
			body := b.service().poll("/v2/recognitions/"+id, b.key).Body
			Expect(again.service().poll("/v2/recognitions/"+id, again.key).Body).To(Equal(body))
			Expect(body).To(And(ContainSubstring(`"status":"completed"`), ContainSubstring(id)))
		}
		Expect(b.stateOf(last)).To(Equal("queued"))
		listed := again.admin.get("/jobs").Body
		Expect(strings.Count(listed, `"id":`)).To(Equal(len(ids)+1), listed)

		Expect(b.admin.send(http.MethodPost, "/reset", "{}").Status).To(Equal(204))
		Expect(again.admin.get("/jobs").Body).To(Equal("[]\n"))
		Expect(again.service().poll("/v2/recognitions/"+last, again.key).Status).To(Equal(404))
	})

	It("are moved by word and by polls wherever that comes", func() {
		a, b := join(redis, progress("told")), join(redis, progress("polls=1"))
		told := a.submitJob()
		Expect(b.admin.send(http.MethodPost, "/jobs/"+told, `{"state":"processing"}`).Status).To(Equal(200))
		Expect(a.stateOf(told)).To(Equal("processing"))
		polled := b.submitJob()
		var states []string
		for _, one := range []*replica{a, b, a, b, a} {
			states = append(states, one.stateOf(polled))
		}
		Expect(states).To(Equal([]string{"queued", "started", "processing", "completed", "completed"}), "they count together")
	})

	It("are neither promised nor denied while Redis is away", func() {
		a := join(redis)
		id := a.submitJob()
		redis.Stop(GinkgoTB())
		const fault = `{"message":"Internal server error"}`
		Expect(a.service().submit("/v2/recognitions", "u", a.key, "d", "-a-general", "a", "x")).To(beAnswer(500, fault))
		Expect(a.service().poll("/v2/recognitions/"+id, a.key)).To(beAnswer(500, fault))
		_, entries := a.Tape(fake.TapeFilter{Kind: scenarios.Tolerance})
		Expect(entries[len(entries)-1].Text).To(And(ContainSubstring("the store of jobs: redis at "+redis.Address), Not(ContainSubstring(redistest.Password))))
	})
})
