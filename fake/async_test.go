package fake_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// jobBody is what is said of a job, read for its meaning.
type jobBody struct {
	Status, ServiceID, SessionID string
	ContentID                    *string
	AudioMD5                     *string
	AudioSize                    *int64
	Segments                     []struct {
		Results []struct {
			Tokens []struct {
				Written, Label string
			}
			Starttime, Endtime int
			Text               string
		}
		Text string
	}
	Results      []map[string]any
	Text, Code   *string
	ErrorMessage *string
	Sentiment    *struct {
		Segments []map[string]int
	}
}

// UnmarshalJSON reads the names of the wire.
func (j *jobBody) UnmarshalJSON(data []byte) error {
	text := string(data)
	for wire, name := range map[string]string{
		"service_id": "ServiceID", "session_id": "SessionID", "content_id": "ContentID", "audio_md5": "AudioMD5", "audio_size": "AudioSize",
		"error_message": "ErrorMessage", "sentiment_analysis": "Sentiment",
	} {
		text = strings.Replace(text, `"`+wire+`":`, `"`+name+`":`, 1)
	}
	type plain jobBody
	return json.Unmarshal([]byte(text), (*plain)(j))
}

// submit makes a job by the parts of a multipart body.
func (s *service) submit(path string, namesAndValues ...string) reply {
	GinkgoHelper()
	return s.do(http.MethodPost, path, multiform, strings.NewReader(parts(namesAndValues...)))
}

// created is the id of a job that must have been made.
func created(r reply) string {
	GinkgoHelper()
	Expect(r.Status).To(Equal(200))
	found := regexp.MustCompile(`^\{"sessionid":"([0-9a-f]{24})","text":"\.\.\."\}$`).FindStringSubmatch(r.Body)
	Expect(found).NotTo(BeNil(), r.Body)
	return found[1]
}

func (s *service) poll(path, key string) reply {
	GinkgoHelper()
	return s.do(http.MethodGet, path, "", nil, "Authorization", "Bearer "+key)
}

// job polls and reads what is said of a job.
func (s *service) job(id string) jobBody {
	GinkgoHelper()
	r := s.poll("/v2/recognitions/"+id, mypageKey)
	Expect(r.Status).To(Equal(200), r.Body)
	var j jobBody
	Expect(json.Unmarshal([]byte(r.Body), &j)).To(Succeed(), r.Body)
	Expect(j.SessionID).To(Equal(id))
	Expect(j.ServiceID).To(Equal("mock-sid"))
	return j
}

func jobsBy(progress string) fake.Option {
	GinkgoHelper()
	p, err := fake.ParseJobProgress(progress)
	Expect(err).NotTo(HaveOccurred())
	return fake.WithJobProgress(p)
}

// refusedCreate is the documented refusal. (documented literal: async-http-interface)
const refusedCreate = `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"-","message":"received illegal service authorization"}`

var _ = Describe("Asynchronous jobs", func() {
	recording := string(wav(1, 16000, 16, append(sentence(), sentence()...)))

	It("are made with the key in u, in d, in a header or in the query (documented; observed: the header)", func() {
		s := serve()
		for _, r := range []reply{
			s.submit("/v1/recognitions", "u", mypageKey, "d", "-a-general", "a", recording),
			s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "a", recording),
			s.submit("/v1/recognitions", "d", "grammarFileNames=-a-general authorization="+mypageKey, "a", recording),
			s.submit("/v1/recognitions?d=grammarFileNames=-a-general%20speakerDiarization=True&u="+mypageKey, "a", recording),
			s.do(http.MethodPost, "/v2/recognitions", multiform, strings.NewReader(parts("d", "grammarFileNames=-a2b-ja-general", "a", recording)), "Authorization", "Bearer "+mypageKey),
		} {
			id := created(r)
			Expect(id).To(HavePrefix(fmt.Sprintf("%012x", noon().UnixMilli())), "it begins with the time")
		}
	})

	It("are refused with status 200 and no sessionid (documented)", func() {
		s := serve()
		for _, r := range []reply{
			s.submit("/v1/recognitions", "u", "BAD", "d", "-a-general", "a", recording),
			s.submit("/v2/recognitions", "d", "-a-general", "a", recording, "u", mypageKey),
			s.submit("/v2/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general&loggingOptOut=True", "a", recording),
		} {
			Expect(r.Status).To(Equal(200))
			Expect(r.Body).To(Equal(refusedCreate))
		}
		Expect(s.do(http.MethodGet, "/v2/recognitions", "", nil).Status).To(Equal(405))
	})

	It("go through their states by the clock, with the fields that go with each", func() {
		s := serve(jobsBy("clock=3s"))
		id := created(s.submit("/v1/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general contentId=call-0042", "a", recording))
		sum := md5.Sum([]byte(recording))
		for n, want := range []string{"queued", "started", "processing", "completed", "completed"} {
			j := s.job(id)
			Expect(j.Status).To(Equal(want))
			Expect(*j.ContentID).To(Equal("call-0042"))
			Expect(j.AudioMD5 != nil).To(Equal(n > 0), want)
			if n > 0 {
				Expect(*j.AudioMD5).To(Equal(hex.EncodeToString(sum[:])))
				Expect(*j.AudioSize).To(BeEquivalentTo(len(recording)))
			}
			Expect(j.Segments != nil).To(Equal(want == "completed"))
			_, err := s.Advance(time.Second)
			Expect(err).NotTo(HaveOccurred())
		}
		_, entries := s.Tape(fake.TapeFilter{Kind: scenarios.JobState, Surface: protocol.SurfaceAsync})
		var told []string
		for _, e := range entries {
			told = append(told, e.Text)
		}
		Expect(told).To(Equal([]string{"queued " + id, "started " + id, "processing " + id, "completed " + id}))
	})

	It("have one segment an utterance, in whose times they agree with a recording", func() {
		s := serve(jobsBy("at-once"))
		j := s.job(created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "a", recording)))
		Expect(j.Segments).To(HaveLen(2))
		Expect(j.Segments[0].Results).To(HaveLen(1))
		Expect(j.Segments[0].Results[0].Starttime).To(BeNumerically("<", j.Segments[1].Results[0].Starttime))
		Expect(*j.Text).To(Equal(j.Segments[0].Text + j.Segments[1].Text))
		Expect(j.Segments[0].Results[0].Tokens[0].Label).To(BeEmpty())
		Expect(j.Results).To(BeNil())
	})

	It("move on by polls, or when told alone", func() {
		s := serve(jobsBy("polls=2"))
		id := created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "a", recording))
		var states []string
		for range 8 {
			states = append(states, s.job(id).Status)
		}
		Expect(states).To(Equal([]string{"queued", "queued", "started", "started", "processing", "processing", "completed", "completed"}))

		s = serve(jobsBy("told"))
		id = created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "a", recording))
		_, _ = s.Advance(time.Hour)
		Expect(s.job(id).Status).To(Equal("queued"))
		ctx := GinkgoT().Context()
		Expect(s.MoveJob(ctx, id, fake.JobMove{State: protocol.JobProcessing})).To(Succeed())
		Expect(s.job(id).Status).To(Equal("processing"))
		Expect(s.MoveJob(ctx, id, fake.JobMove{State: protocol.JobStarted})).To(MatchError(ContainSubstring("forward only")))
		Expect(s.MoveJob(ctx, id, fake.JobMove{State: protocol.JobError, ErrorMessage: "gone"})).To(Succeed())
		Expect(*s.job(id).ErrorMessage).To(Equal("gone"))
		Expect(s.MoveJob(ctx, id, fake.JobMove{State: protocol.JobCompleted})).NotTo(Succeed(), "an end is an end")
		Expect(s.MoveJob(ctx, "none", fake.JobMove{State: protocol.JobError})).To(MatchError(fake.ErrNoJob))
	})

	It("label speakers within the bounds that were asked for (documented: the labels)", func() {
		s := serve(jobsBy("at-once"))
		for d, want := range map[string]int{
			"speakerDiarization=True": 2, "speakerDiarization=True diarizationMaxSpeaker=1": 1, "speakerDiarization=True diarizationMinSpeaker=4 diarizationMaxSpeaker=5": 4,
			"segmenterProperties=useDiarizer%3D1": 0,
		} {
			j := s.job(created(s.submit("/v2/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general "+d, "a", recording)))
			labels := make(map[string]bool)
			for _, g := range j.Segments {
				for _, t := range g.Results[0].Tokens {
					if t.Label != "" {
						labels[t.Label] = true
					}
				}
			}
			Expect(labels).To(HaveLen(want), d)
		}
	})

	It("analyse sentiment on v1, and refuse it on v2 in the documented words", func() {
		s := serve(jobsBy("at-once"))
		j := s.job(created(s.submit("/v1/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general sentimentAnalysis=True", "a", recording)))
		Expect(j.Sentiment.Segments).NotTo(BeEmpty())
		for _, one := range j.Sentiment.Segments {
			Expect(one).To(HaveLen(22), "two times and twenty numbers")
			Expect(one["emo_cog"]).To(And(BeNumerically(">=", 1), BeNumerically("<=", 500)))
			Expect(one["atmosphere"]).To(And(BeNumerically(">=", -100), BeNumerically("<=", 100)))
		}
		r := s.submit("/v2/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general sentimentAnalysis=True", "a", recording)
		Expect(r.Body).To(HaveSuffix(`"code":"-","message":"invalid parameter (sentimentAnalysis must be False. sentiment analysis is currently not implemented)"}`))
	})

	It("are shaped like a recording with compatibleWithSync (inferred)", func() {
		s := serve(jobsBy("at-once"))
		j := s.job(created(s.submit("/v2/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general compatibleWithSync=True", "a", recording)))
		Expect(j.Segments).To(BeNil())
		Expect(j.Results).To(HaveLen(1))
		Expect(j.Results[0]["text"]).To(Equal(*j.Text))
	})

	It("end in error where a recording would, and in nothing where it would (ruled)", func() {
		const failed = "ERROR: Failed to transcribe in recognition process - amineth_result=0, amineth_code='%s', amineth_message='%s'"
		quiet := string(wav(1, 16000, 16, silence(2000)))
		for _, c := range []struct {
			options     []fake.Option
			d, a        string
			code, words string // of the error; empty for an empty result
		}{
			{nil, "-a-general", quiet, "o", rejected},
			{[]fake.Option{choose("async-silence", "empty")}, "-a-general", quiet, "", ""},
			{nil, "-a-none", recording, "", ""},
			{nil, "-a-general", "RIFFgarbage", "", ""},
			{[]fake.Option{documented()}, "-a-general", "RIFF\x10\x00\x00\x00AVI garbage", "+", unsupported},
			{[]fake.Option{documented()}, "-a-none", recording, "-", "received illegal service authorization"},
		} {
			s := serve(append(c.options, jobsBy("at-once"))...)
			j := s.job(created(s.submit("/v2/recognitions", "u", mypageKey, "d", c.d, "a", c.a)))
			if c.code == "" {
				Expect(j.Status).To(Equal("completed"), c.d)
				Expect(*j.Text).To(BeEmpty())
				Expect(j.Segments).To(And(Not(BeNil()), BeEmpty()))
				continue
			}
			Expect(j.Status).To(Equal("error"), c.d)
			Expect(*j.ErrorMessage).To(Equal(fmt.Sprintf(failed, c.code, c.words)))
		}
	})

	It("are found by any good key of their service alone, for as long as they live", func() {
		s := serve(fake.WithService(fake.Service{SID: "other", SPW: "other-password", Keys: []fake.Key{{Value: "OTHERKEY0123456789"}}}))
		id := created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "a", recording))
		issued := s.issue(credentials + "&epi=100h")
		Expect(s.poll("/v2/recognitions/"+id, issued).Status).To(Equal(200))
		for _, c := range []struct {
			path, key string
			status    int
			body      string
		}{
			{id, "OTHERKEY0123456789", 404, `{"message":"Not found"}`},
			{"0123456789abcdef01234567", mypageKey, 404, `{"message":"Not found"}`},
			{id, "BAD", 401, `{"message":"Failed to authorize for the app_key"}`},
		} {
			r := s.poll("/v2/recognitions/"+c.path, c.key)
			Expect(r.Status).To(Equal(c.status))
			Expect(r.Body).To(Equal(c.body))
		}
		r := s.do(http.MethodGet, "/v1/recognitions/"+id, "", nil)
		Expect(r.Status).To(Equal(401))
		Expect(r.Body).To(Equal(`{"message":"No authorization header"}`))
		Expect(s.do(http.MethodGet, "/v2/recognitions/"+id+"?u="+mypageKey, "", nil).Status).To(Equal(401), "u is for making jobs")
		Expect(s.do(http.MethodDelete, "/v2/recognitions/"+id, "", nil).Status).To(Equal(405))
		_, _ = s.Advance(72*time.Hour - time.Second)
		Expect(s.poll("/v2/recognitions/"+id, mypageKey).Status).To(Equal(200))
		_, _ = s.Advance(time.Second)
		Expect(s.poll("/v2/recognitions/"+id, mypageKey).Status).To(Equal(404))
	})

	It("of the first version can have come to their announced end", func() {
		s := serve(choose("async-v1", "404"))
		Expect(s.submit("/v1/recognitions", "u", mypageKey, "d", "-a-general", "a", recording).Status).To(Equal(404))
		Expect(s.poll("/v1/recognitions/x", mypageKey).Status).To(Equal(404))
		created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "a", recording))
	})

	It("of the first version can have come to their end for one key alone", func() {
		s := serve(fake.WithScenarios(playing("async.over", "behaviour: {async-v1: '404'}")))
		mine, err := s.IssueKey(fake.KeyRequest{EPI: "1h", Scenario: "async.over"})
		Expect(err).NotTo(HaveOccurred())
		Expect(s.submit("/v1/recognitions", "u", mine.Key, "d", "-a-general", "a", recording).Status).To(Equal(404))
		id := created(s.submit("/v1/recognitions", "u", mypageKey, "d", "-a-general", "a", recording))
		Expect(s.Jobs(GinkgoT().Context())).To(HaveLen(1))
		Expect(s.poll("/v1/recognitions/"+id, mine.Key).Status).To(Equal(404))
		Expect(s.poll("/v1/recognitions/"+id, mypageKey).Status).To(Equal(200))
		Expect(s.poll("/v2/recognitions/"+id, mine.Key).Status).To(Equal(200))
	})

	It("take no more than the limit, and none of it is kept", func() {
		s := serve(fake.WithLimits(fake.Limits{Job: 1000}))
		r := s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "a", strings.Repeat("x", 1001))
		Expect(r.Status).To(Equal(413))
		Expect(r.Body).To(BeEmpty())
	})

	It("may be made and polled by pages of any origin", func() {
		s := serve()
		r := s.do(http.MethodOptions, "/v2/recognitions/x", "", nil, "Origin", "http://page.example", "Access-Control-Request-Headers", "authorization")
		Expect(r.Status).To(Equal(204))
		Expect(r.Header.Get("Access-Control-Allow-Headers")).To(ContainSubstring("Authorization"))
		Expect(s.poll("/v2/recognitions/x", mypageKey).Header.Get("Access-Control-Allow-Origin")).To(Equal("*"))
	})

	It("are listed, moved and forgotten by the admin routes", func() {
		p := admin(jobsBy("told"))
		key, err := p.IssueKey(fake.KeyRequest{EPI: "1h"})
		Expect(err).NotTo(HaveOccurred())
		ts := httptest.NewServer(p.Server)
		DeferCleanup(ts.Close)
		s := &service{p.Server, ts.URL}
		id := created(s.submit("/v2/recognitions", "u", key.Key, "d", "-a-general", "a", recording))
		Expect(p.get("/jobs").Body).To(MatchRegexp(`^\[\{"id":"` + id + `","state":"queued","service":"[a-z-]+","key":"` + key.ID + `","made":"2026`))
		Expect(p.send(http.MethodPost, "/jobs/"+id, `{"state":"started"}`).Body).To(Equal(`{"id":"` + id + `","state":"started"}` + "\n"))
		Expect(p.send(http.MethodPost, "/jobs/"+id, `{"state":"queued"}`)).To(beProblem(409, "job-state", "forward only"))
		Expect(p.send(http.MethodPost, "/jobs/none", `{"state":"started"}`)).To(beProblem(404, "no-job", "no such job"))
		Expect(p.send(http.MethodPost, "/jobs/"+id, `{"state":"done"}`)).To(beProblem(400, "bad-request", "is none of queued"))
		Expect(p.send(http.MethodPost, "/jobs/"+id, `{"state":"error"}`).Status).To(Equal(200))
		Expect(p.send(http.MethodPost, "/reset", `{}`).Status).To(Equal(204))
		Expect(p.get("/jobs").Body).To(Equal("[]\n"))
	})

	It("meet faults when they are made, when they are polled, and at their end", func() {
		play := fault("async.wrong", "{at: async.create, nth: 1, do: close}", "{at: async.poll, nth: 1, do: {error: async.poll.server-error}}", "{at: async.poll, nth: 2, do: {state: queued}}",
			"{at: async.result, nth: 1, do: {error: sync.rejected}}", "{at: async.result, nth: 2, do: {result: hello}}", "{at: async.result, nth: 3, do: {state: processing}}")
		s := serve(jobsBy("at-once"), fake.WithScenario(play))
		c := dialHTTP(strings.TrimPrefix(s.url, "http://"))
		body := parts("u", mypageKey, "d", "-a-general", "a", recording)
		c.say(fmt.Sprintf("POST /v2/recognitions HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", multiform, len(body), body))
		text, err := c.rest()
		Expect(err).NotTo(HaveOccurred())
		Expect(text).To(BeEmpty(), "the reply is lost")
		jobs, err := s.Jobs(GinkgoT().Context())
		Expect(err).NotTo(HaveOccurred())
		Expect(jobs).To(HaveLen(1), "the job is made all the same")
		id := jobs[0].ID
		Expect(s.poll("/v2/recognitions/"+id, mypageKey)).To(And(HaveField("Status", 500), HaveField("Body", `{"message":"Internal server error"}`)))
		Expect(s.job(id).Status).To(Equal("queued"))
		j := s.job(id)
		Expect(j.Status + " " + *j.ErrorMessage).To(HavePrefix("error ERROR: Failed to transcribe in recognition process - amineth_result=0, amineth_code='o'"))
		Expect(*s.job(id).Text).To(Equal("hello"))
		Expect(s.job(id).Status).To(Equal("processing"))
		Expect(s.job(id).Status).To(Equal("completed"))
	})
})
