package refclient_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/reference-client"
	"mockamivoice/scenarios"
)

// answer is one reply of a stub to a poll. A status of 0 is 200; of -1, the connection breaks.
type answer struct {
	status int
	body   string
	after  string // Retry-After
}

// keys are those that were asked with, in their order.
func (p *polls) keys() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// state is an answer with a state.
func state(s protocol.JobState, more string) answer {
	return answer{body: fmt.Sprintf(`{"status":%q,"service_id":"demo","session_id":"0123"%s}`, s, more)}
}

const failed = `,"error_message":"ERROR: Failed to transcribe in recognition process - amineth_result=0, amineth_code='o', amineth_message='recognition result is rejected because confidence is below the threshold'"`

// polls is a service with these answers, of which the last stays, that a client asks at times of a clock which only its pauses move.
type polls struct {
	now    time.Time
	mu     sync.Mutex // guards asked: each poll has a connection of its own
	asked  []string   // keys, in their order
	pauses []time.Duration
	*refclient.Job
}

func polling(answers []answer, options ...refclient.Option) *polls {
	p := &polls{now: noon()}
	url := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		a := answers[min(len(p.asked), len(answers)-1)]
		p.asked = append(p.asked, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		p.mu.Unlock()
		w.Header().Set("Connection", "close") // or net/http asks by itself again when the next one breaks
		switch {
		case r.Method != http.MethodGet || r.RequestURI != "/v2/recognitions/0123":
			w.WriteHeader(http.StatusTeapot)
		case a.status == -1:
			panic(http.ErrAbortHandler)
		case a.after != "":
			w.Header().Set("Retry-After", a.after)
			fallthrough
		default:
			w.WriteHeader(max(a.status, 200))
			_, _ = io.WriteString(w, a.body)
		}
	}))
	p.Job = client(url, append([]refclient.Option{
		refclient.WithKey("a-secret-key"), refclient.WithNow(func() time.Time { return p.now }),
		refclient.WithPause(func(_ context.Context, d time.Duration) error {
			p.pauses, p.now = append(p.pauses, d), p.now.Add(d)
			return nil
		}),
	}, options...)...).Job("0123")
	return p
}

func (p *polls) seconds() []float64 {
	var all []float64
	for _, d := range p.pauses {
		all = append(all, d.Seconds())
	}
	return all
}

var _ = Describe("Poll", func() {
	It("asks with the key in a header, and returns the state with the body as it came", func() {
		p := polling([]answer{state(protocol.JobProcessing, `,"audio_md5":"40f5","audio_size":7,"content_id":"call-42"`)})
		s, err := p.Poll(soon())
		Expect(err).NotTo(HaveOccurred())
		Expect(p.keys()).To(Equal([]string{"a-secret-key"}))
		Expect(s.Job).To(Equal(protocol.Job{State: "processing", ServiceID: "demo", SessionID: "0123", MD5: "40f5", Size: 7, ContentID: protocol.Some("call-42")}))
		Expect(string(s.Raw)).To(HavePrefix(`{"status":"processing",`))
	})

	It("takes a job that failed for an answer like others", func() {
		s, err := polling([]answer{state(protocol.JobError, failed)}).Poll(soon())
		Expect(err).NotTo(HaveOccurred())
		Expect(s.State).To(Equal(protocol.JobError))
	})

	DescribeTable("tells what it got in the place of a state", func(a answer, want protocol.ErrorID, again bool, text string) {
		_, err := polling([]answer{a}).Poll(soon())
		Expect(err).To(MatchError(ContainSubstring(text)))
		Expect(err.Error()).NotTo(ContainSubstring("a-secret-key"))
		if want != "" {
			Expect(id(err)).To(Equal(want))
		}
		Expect(refclient.Retryable(err)).To(Equal(again))
	},
		Entry("an id that is not known", answer{404, `{"message":"Not found"}`, ""}, protocol.AsyncPollNotFound, false, "async: HTTP 404: Not found"),
		Entry("the same in other words", answer{404, `{"message":"no such session"}`, ""}, protocol.AsyncPollNotFound, false, "no such session"),
		Entry("the same without words", answer{404, "", ""}, protocol.AsyncPollNotFound, false, "HTTP 404"),
		Entry("a bad key", answer{401, "go away with a-secret-key\n", ""}, protocol.AsyncPollUnauthorized, false, "HTTP 401: go away with ***"),
		Entry("no key, as it seems to the service", answer{401, `{"message":"No authorization header"}`, ""}, protocol.AsyncPollNoKey, false, "No authorization header"),
		Entry("a fault", answer{500, `{"message":"Internal server error"}`, ""}, protocol.AsyncPollFault, true, "Internal server error"),
		Entry("a fault of a proxy", answer{502, "bad a-secret-key", ""}, protocol.ErrorID(""), true, `HTTP 502 Bad Gateway: "bad ***"`),
		Entry("too many polls", answer{429, `{"message":"slow down"}`, ""}, protocol.ErrorID(""), true, "slow down"),
		Entry("a broken connection", answer{-1, "", ""}, protocol.ErrorID(""), true, "EOF"),
		Entry("a state that nobody knows", answer{200, `{"status":"COMPLETED a-secret-key"}`, ""}, protocol.ErrorID(""), false, "COMPLETED"),
		Entry("a page", answer{200, "<html>a-secret-key", ""}, protocol.ErrorID(""), false, "not its JSON"),
	)

	It("keeps an id within its path, and asks nobody without one", func() {
		paths := make(chan string, 1)
		url := listen(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { paths <- r.RequestURI }))
		c := client(url, refclient.WithKey("k"), refclient.WithEndpoint(refclient.Endpoints{Async: url + "/v1/recognitions/"}))
		_, _ = c.Job("../x?u=1#").Poll(soon())
		Expect(<-paths).To(Equal("/v1/recognitions/..%2Fx%3Fu=1%23"))
		_, err := c.Job("").Poll(soon())
		Expect(err).To(MatchError("poll a job: it has no id"))
	})
})

var _ = Describe("Wait", func() {
	It("polls at once, after 2 s, 4 s, 8 s and then every 10 s, and tells what it finds", func() {
		p := polling([]answer{
			state(protocol.JobQueued, ""), state(protocol.JobQueued, ""), state(protocol.JobStarted, ""), state(protocol.JobProcessing, ""),
			state(protocol.JobProcessing, ""), state(protocol.JobProcessing, ""), state(protocol.JobCompleted, `,"segments":[],"text":"はい。","code":"","message":""`),
		})
		var seen []protocol.JobState
		s, err := p.Wait(soon(), refclient.WaitOptions{Watch: func(s refclient.JobStatus) { seen = append(seen, s.State) }})
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Text).To(Equal("はい。"))
		Expect(p.seconds()).To(Equal([]float64{2, 4, 8, 10, 10, 10}))
		Expect(seen).To(HaveExactElements(protocol.JobQueued, protocol.JobQueued, protocol.JobStarted, protocol.JobProcessing, protocol.JobProcessing, protocol.JobProcessing, protocol.JobCompleted))
	})

	It("takes other pauses", func() {
		p := polling([]answer{state(protocol.JobQueued, ""), state(protocol.JobQueued, ""), state(protocol.JobQueued, ""), state(protocol.JobCompleted, "")})
		_, err := p.Wait(soon(), refclient.WaitOptions{Pauses: []time.Duration{time.Minute, time.Second}})
		Expect(err).NotTo(HaveOccurred())
		Expect(p.seconds()).To(Equal([]float64{60, 1, 1}))
	})

	It("waits longer after trouble, up to a minute, and as before once it has passed", func() {
		busy := answer{status: 503}
		p := polling([]answer{busy, busy, busy, {status: -1}, state(protocol.JobQueued, ""), {status: 500}, state(protocol.JobCompleted, "")})
		_, err := p.Wait(soon(), refclient.WaitOptions{})
		Expect(err).NotTo(HaveOccurred())
		Expect(p.seconds()).To(Equal([]float64{2 * 2, 4 * 4, 60, 60, 10, 20}))
	})

	It("waits as long as a Retry-After says, in seconds or as a date, but not for ever", func() {
		p := polling([]answer{
			{429, "", "90"}, {503, "", noon().Add(4 * time.Minute).Format(http.TimeFormat)}, {429, "", "1"}, {429, "", "100000"}, state(protocol.JobCompleted, ""),
		})
		_, err := p.Wait(soon(), refclient.WaitOptions{})
		Expect(err).NotTo(HaveOccurred())
		Expect(p.seconds()).To(Equal([]float64{90, 240 - 90, 60, 3600}))
	})

	It("gives up after 5 polls in a row that met trouble, or as many as it is told", func() {
		p := polling([]answer{{status: 503}})
		_, err := p.Wait(soon(), refclient.WaitOptions{})
		Expect(err).To(MatchError(ContainSubstring("503")))
		Expect(p.keys()).To(HaveLen(5))
		p = polling([]answer{{status: 429}})
		_, err = p.Wait(soon(), refclient.WaitOptions{Tries: 1})
		Expect(err).To(MatchError(ContainSubstring("429")))
		Expect(p.keys()).To(HaveLen(1))
	})

	It("returns at once what does not pass, with the last state that came", func() {
		p := polling([]answer{state(protocol.JobStarted, ""), {status: 404}})
		s, err := p.Wait(soon(), refclient.WaitOptions{})
		Expect(id(err)).To(Equal(protocol.AsyncPollNotFound))
		Expect(s.State).To(Equal(protocol.JobStarted))
		Expect(p.keys()).To(HaveLen(2))
	})

	DescribeTable("returns the state and an error when the job failed", func(a answer, want refclient.JobError, said protocol.ErrorID, text string) {
		s, err := polling([]answer{a}).Wait(soon(), refclient.WaitOptions{})
		e, ok := errors.AsType[*refclient.JobError](err)
		Expect(ok).To(BeTrue(), "%v", err)
		Expect(*e).To(Equal(want))
		Expect(err).To(MatchError(text))
		Expect(s.Raw).NotTo(BeEmpty())
		if said != "" {
			Expect(id(err)).To(Equal(said))
		}
	},
		Entry("with code and message", state(protocol.JobError, failed),
			refclient.JobError{ID: "0123", Code: "o", Message: "recognition result is rejected because confidence is below the threshold"}, protocol.SyncRejected,
			"job 0123 failed with code o: recognition result is rejected because confidence is below the threshold"),
		Entry("with other words", state(protocol.JobError, `,"error_message":"no more disk"`), refclient.JobError{ID: "0123", Message: "no more disk"}, protocol.ErrorID(""), "job 0123 failed: no more disk"),
		Entry("without words", state(protocol.JobError, ""), refclient.JobError{ID: "0123"}, protocol.ErrorID(""), "job 0123 failed: the service does not say why"),
		Entry("in a result with a code", state(protocol.JobCompleted, `,"code":"b","message":"busy"`), refclient.JobError{ID: "0123", Code: "b", Message: "busy"}, protocol.SyncBusy, "job 0123 failed with code b: busy"),
	)

	It("takes a poll that nobody answers for trouble that may pass", func() {
		polled := make(chan struct{}, 10)
		url := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if polled <- struct{}{}; len(polled) == 1 {
				<-r.Context().Done()
				return
			}
			_, _ = io.WriteString(w, state(protocol.JobCompleted, "").body)
		}))
		job := client(url, refclient.WithKey("k")).Job("0123")
		_, err := job.Wait(soon(), refclient.WaitOptions{Limit: 50 * time.Millisecond, Pauses: []time.Duration{time.Millisecond}})
		Expect(err).NotTo(HaveOccurred())
		Expect(polled).To(HaveLen(2))
		<-polled
		<-polled
		_, err = job.Wait(soon(), refclient.WaitOptions{Limit: 50 * time.Millisecond, Tries: 1})
		Expect(err).To(MatchError("poll a job: no answer within 50ms"))
	})

	It("ends with its context while it pauses in the time of the machine", func() {
		ctx, cancel := context.WithCancelCause(context.Background())
		url := listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, state(protocol.JobQueued, "").body)
		}))
		s, err := client(url, refclient.WithKey("k")).Job("0123").Wait(ctx, refclient.WaitOptions{
			Pauses: []time.Duration{time.Hour}, Watch: func(refclient.JobStatus) { cancel(errors.New("enough")) },
		})
		Expect(err).To(MatchError("wait for job 0123: enough"))
		Expect(s.State).To(Equal(protocol.JobQueued))
	})

	It("pauses in the time of the machine", func() {
		polled := 0
		url := listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			polled++
			_, _ = io.WriteString(w, state([]protocol.JobState{protocol.JobQueued, protocol.JobCompleted}[polled-1], "").body)
		}))
		_, err := client(url, refclient.WithKey("k")).Job("0123").Wait(soon(), refclient.WaitOptions{Pauses: []time.Duration{time.Millisecond}})
		Expect(err).NotTo(HaveOccurred())
		Expect(polled).To(Equal(2))
	})

	Describe("longer than its key lives", func() {
		queued := state(protocol.JobQueued, "")

		It("takes a new one when half of the life of the old one is over", func() {
			p := polling([]answer{queued, queued, queued, queued, state(protocol.JobCompleted, "")}, refclient.WithKey(""), refclient.WithCredentials("demo", "x"), issuedAs("first", "second"))
			_, err := p.Wait(soon(), refclient.WaitOptions{Pauses: []time.Duration{5 * time.Second}})
			Expect(err).NotTo(HaveOccurred())
			Expect(p.keys()).To(Equal([]string{"first", "first", "first", "second", "second"}))
		})

		It("takes a new one when the service says that the old one is bad and its life is over", func() {
			var p *polls
			over := refclient.WithNow(func() time.Time {
				if len(p.keys()) == 2 { // time jumps while the second poll is on its way
					return noon().Add(time.Minute)
				}
				return noon()
			})
			p = polling([]answer{queued, {status: 401}, state(protocol.JobCompleted, "")}, refclient.WithKey(""), refclient.WithCredentials("demo", "x"), refclient.WithReissue(), issuedAs("first", "second"), over)
			_, err := p.Wait(soon(), refclient.WaitOptions{})
			Expect(err).NotTo(HaveOccurred())
			Expect(p.keys()).To(Equal([]string{"first", "first", "second"}))
		})

		It("says so when it has no other", func() {
			p := polling([]answer{queued, {status: 401}})
			_, err := p.Wait(soon(), refclient.WaitOptions{})
			Expect(id(err)).To(Equal(protocol.AsyncPollUnauthorized))
			Expect(p.keys()).To(HaveLen(2))
		})
	})
})

// eachPause moves the clock of s in the place of waiting.
func eachPause(s *service) refclient.Option {
	return refclient.WithPause(func(ctx context.Context, d time.Duration) error {
		if _, err := s.Advance(d); err != nil {
			return err
		}
		return context.Cause(ctx)
	})
}

var _ = Describe("A job of the fake", func() {
	wait := func(s *service, r refclient.JobRequest, audio []byte, options ...refclient.Option) (refclient.JobStatus, []protocol.JobState, error) {
		GinkgoHelper()
		r.Engine, r.Format = "-a-general", "LSB16K"
		job, err := s.client(append(options, eachPause(s))...).Submit(soon(), bytes.NewReader(audio), r)
		Expect(err).NotTo(HaveOccurred())
		var states []protocol.JobState
		status, err := job.Wait(soon(), refclient.WaitOptions{
			Pauses: []time.Duration{500 * time.Millisecond}, Watch: func(s refclient.JobStatus) { states = append(states, s.State) },
		})
		Expect(status.SessionID).To(Equal(job.ID))
		return status, states, err
	}

	It("goes through its states on the clock, and ends with a text and the digest of what was sent", func() {
		status, states, err := wait(serve(), refclient.JobRequest{ContentID: "call 42"}, sentence())
		Expect(err).NotTo(HaveOccurred())
		Expect(slices.Compact(states)).To(Equal([]protocol.JobState{"queued", "started", "processing", "completed"}))
		Expect(status.Text).NotTo(BeEmpty())
		Expect(status.Segments).To(HaveLen(1))
		Expect(status.MD5).To(Equal(fmt.Sprintf("%x", md5.Sum(sentence()))))
		Expect(status.Size).To(BeEquivalentTo(len(sentence())))
		Expect(status.ContentID).To(Equal(protocol.Some("call 42")))
	})

	It("tells speakers apart within the limits that were asked for", func() {
		twice := append(sentence(), sentence()...)
		status, _, err := wait(serve(), refclient.JobRequest{Diarization: &refclient.Diarization{Min: 2, Max: 2}}, twice)
		Expect(err).NotTo(HaveOccurred())
		labels := map[string]bool{}
		for _, s := range status.Segments {
			for _, t := range s.Results[0].Tokens {
				labels[t.Label.Value] = true
			}
		}
		Expect(labels).To(Equal(map[string]bool{"speaker0": true, "speaker1": true}))
	})

	It("looks like a synchronous result on demand", func() {
		status, _, err := wait(serve(), refclient.JobRequest{CompatibleWithSync: true}, sentence())
		Expect(err).NotTo(HaveOccurred())
		Expect(status.Segments).To(BeEmpty())
		Expect(status.Compatible.Results).To(HaveLen(1))
	})

	It("fails when there is nothing to hear", func() {
		status, _, err := wait(serve(), refclient.JobRequest{}, make([]byte, 96_000))
		Expect(id(err)).To(Equal(protocol.SyncRejected))
		Expect(status.State).To(Equal(protocol.JobError))
		job, ok := errors.AsType[*refclient.JobError](err)
		Expect(ok).To(BeTrue())
		Expect(job.Code).To(Equal("o"))
	})

	It("has sentiments on v1, and is refused with them on v2", func() {
		s := serve()
		_, err := s.client().Submit(soon(), bytes.NewReader(sentence()), refclient.JobRequest{Engine: "-a-general", Format: "LSB16K", Sentiment: true})
		Expect(id(err)).To(Equal(protocol.AsyncSentiment))
		status, _, err := wait(s, refclient.JobRequest{Sentiment: true}, sentence(), refclient.WithEndpoint(refclient.Endpoints{Async: s.url + protocol.PathAsyncV1}))
		Expect(err).NotTo(HaveOccurred())
		Expect(status.Sentiment.Segments).NotTo(BeEmpty())
	})

	It("outlives the key that made it", func() {
		s := serve(fake.WithJobProgress(progress("clock=5m")))
		_, states, err := wait(s, refclient.JobRequest{}, sentence(), refclient.WithReissue())
		Expect(err).NotTo(HaveOccurred())
		Expect(states).To(HaveLen(601))
		Expect(len(s.entries(scenarios.KeyIssued))).To(BeNumerically(">=", 10), "keys live for 30 s")
	})

	It("belongs to its service, and is not there for another key or under another id", func() {
		s := serve()
		job, err := s.client().Submit(soon(), bytes.NewReader(sentence()), refclient.JobRequest{Engine: "-a-general", Format: "LSB16K"})
		Expect(err).NotTo(HaveOccurred())
		status, err := s.client(refclient.WithKey("demo-key")).Job(job.ID).Poll(soon())
		Expect(err).NotTo(HaveOccurred())
		Expect(status.State).To(Equal(protocol.JobQueued))
		_, err = s.client().Job("0123").Poll(soon())
		Expect(id(err)).To(Equal(protocol.AsyncPollNotFound))
		_, err = s.client(refclient.WithKey("bad")).Job(job.ID).Poll(soon())
		Expect(id(err)).To(Equal(protocol.AsyncPollUnauthorized))
	})
})

func progress(text string) fake.JobProgress {
	GinkgoHelper()
	p, err := fake.ParseJobProgress(text)
	Expect(err).NotTo(HaveOccurred())
	return p
}
