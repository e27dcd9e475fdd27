package conformance_test

import (
	"strings"
	"time"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
)

// submit uploads parts for a job on a connection of its own, and returns its id, which may be empty.
func (a *actor) submit(version string, parts ...string) (id string) {
	a.t.Helper()
	l := a.dial()
	_, reply := l.upload("/"+version+"/recognitions", parts...)
	l.close()
	_, rest, _ := strings.Cut(reply, `"sessionid":"`)
	id, _, _ = strings.Cut(rest, `"`)
	return id
}

// job is one of an ordinary upload.
func (a *actor) job(sound string) (id string) {
	a.t.Helper()
	if id = a.submit("v2", "u="+a.key, "d=-a-general", "a="+sound); id == "" {
		a.t.Fatal("no job")
	}
	return id
}

// poll asks for a job, on a connection of its own.
func (a *actor) poll(id string, headers ...string) {
	a.t.Helper()
	a.request("GET /v2/recognitions/"+id, headers, "")
}

func (a *actor) bearer() string { return "Authorization: Bearer " + a.key }

// polls asks for a job so often, with so much clock time between.
func (a *actor) polls(n int, every time.Duration, id string) {
	a.t.Helper()
	l := a.dial()
	for range n {
		a.pass(every)
		l.exchange("GET /v2/recognitions/"+id, []string{a.bearer()}, "")
	}
	l.close()
}

func badJobMakers() []badClient {
	file := speech("WAV16K", time.Second)
	upload := func(id, laws, version string, parts ...string) badClient {
		return badClient{id: id, laws: laws, act: func(a *actor) {
			all := make([]string, 0, len(parts))
			for _, p := range parts {
				all = append(all, strings.Replace(p, "KEY", a.key, 1))
			}
			if job := a.submit(version, all...); job != "" {
				a.pass(time.Minute)
				a.poll(job, a.bearer())
			}
		}}
	}
	const key, engine = "u=KEY", "d=-a-general"
	return []badClient{
		upload("job-with-key-behind-audio", "async.audio-last", "v2", engine, "a="+file, key),
		upload("job-without-engine", "async.engine", "v2", key, "a="+file),
		upload("job-without-key", "async.key", "v2", engine, "a="+file),
		upload("job-with-ampersands-in-d", "async.separator", "v2", key, "d=grammarFileNames=-a-general&loggingOptOut=True", "a="+file),
		upload("job-with-sentiments-on-v2", "async.sentiment-version", "v2", key, "d=-a-general sentimentAnalysis=True", "a="+file),
		{id: "job-twice", laws: "async.upload-twice", act: func(a *actor) {
			first, second := a.job(file), a.job(file)
			a.pass(time.Minute)
			a.poll(first, a.bearer())
			a.poll(second, a.bearer())
		}},
		{id: "job-forgotten", laws: "async.result-fetched", act: func(a *actor) {
			a.job(file)
			a.pass(time.Hour)
			a.issue(credentials(""))
		}},
	}
}

func badPollers() []badClient {
	file := speech("WAV16K", time.Second)
	return []badClient{
		{id: "polls-undefined", laws: "async.poll-id", act: func(a *actor) {
			job := a.job(file)
			a.poll("undefined", a.bearer())
			a.pass(time.Minute)
			a.poll(job, a.bearer())
		}},
		{id: "polls-without-key", laws: "async.poll-key", act: func(a *actor) { a.poll(a.job(file)) }},
		{id: "polls-with-key-in-query", laws: "async.poll-key key.not-in-url", act: func(a *actor) { a.poll(a.job(file) + "?u=" + a.key) }},
		{id: "polls-all-the-time", laws: "async.poll-pace", act: func(a *actor) {
			job := a.job(file)
			a.polls(20, 10*time.Millisecond, job)
			a.polls(1, time.Minute, job)
		}},
		{id: "polls-on-after-the-end", laws: "async.poll-after-end", act: func(a *actor) { a.polls(10, 10*time.Second, a.job(file)) }},
		{id: "polls-on-after-an-error", laws: "async.poll-after-end", act: func(a *actor) {
			a.polls(10, 10*time.Second, a.submit("v2", "u="+a.key, "d=-a-general", "a="+silent("WAV16K", time.Second)))
		}},
		{id: "polls-what-is-gone", laws: "async.poll-gone", options: []fake.Option{fake.WithLimits(fake.Limits{Retention: time.Minute})}, act: func(a *actor) {
			job := a.job(file)
			a.pass(time.Hour)
			a.key = a.made(fake.KeyRequest{EPI: "1h"})
			a.polls(5, 10*time.Second, job)
		}},
	}
}

func badRegistrars() []badClient {
	const profile, list = "/profilewords/-a-general/names", `{"profilewords":[{"written":"AMI","spoken":"あみ"}]}`
	const isJSON = "Content-Type: application/json"
	return []badClient{
		{id: "words-without-key", laws: "words.key", act: func(a *actor) { a.request("GET "+profile, nil, "") }},
		{id: "words-with-colon-in-path", laws: "words.profile-without-colon", act: func(a *actor) {
			a.request("GET /profilewords/-a-general/:names", []string{a.bearer()}, "")
		}},
		{id: "words-as-text", laws: "words.list", act: func(a *actor) { a.request("POST "+profile, []string{a.bearer(), isJSON}, `[{"written":"AMI"}]`) }},
		{id: "words-of-no-type", server: "words.list", act: func(a *actor) { a.request("POST "+profile, []string{a.bearer()}, list) }},
	}
}

// makesJob makes a job and polls it to its end, with the clock in the place of patience.
func makesJob(a *actor) {
	c := a.reference(refclient.WithLife("1h"))
	j, err := c.Submit(a.t.Context(), strings.NewReader(speech("WAV16K", 2*time.Second)), refclient.JobRequest{Engine: "-a-general"})
	a.check(err)
	for range 10 {
		s, err := j.Poll(a.t.Context())
		a.check(err)
		if s.State.Final() {
			return
		}
		a.pass(2 * time.Second)
	}
	a.t.Error("the job does not end")
}

func registers(a *actor) {
	c := a.reference(refclient.WithLife("1h"))
	d := refclient.Dictionary{Engine: "-a-general"}
	a.check(c.SetWords(a.t.Context(), d, "names", []protocol.Word{{Written: "AMI", Spoken: "あみ"}}))
	words, err := c.Words(a.t.Context(), d, "names")
	a.check(err)
	if len(words) != 1 {
		a.t.Errorf("%d words", len(words))
	}
	_, err = c.ClassNames(a.t.Context(), d)
	a.check(err)
}

// jobOfPage is what browser clients of the live service do.
func jobOfPage(a *actor) {
	l := a.dial()
	_, reply := l.upload("/v2/recognitions", "d=grammarFileNames=-a-general contentId=call%201 authorization="+a.key, "a="+speech("WAV16K", time.Second))
	_, rest, _ := strings.Cut(reply, `"sessionid":"`)
	id, _, _ := strings.Cut(rest, `"`)
	for range 4 {
		l.exchange("OPTIONS /v2/recognitions/"+id, []string{"Origin: https://app.example", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization"}, "")
		l.exchange("GET /v2/recognitions/"+id, []string{a.bearer(), "Origin: https://app.example"}, "")
		a.pass(10 * time.Second)
	}
	l.close()
}
