package judge_test

import (
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Texts of jobs that do everything right.
const (
	jobOne, jobTwo, jobThree, jobFour = "018122d65d370a30116494c1", "018122d65d370a30116494c2", "018122d65d370a30116494c3", "018122d65d370a30116494c4"

	md5Text = "40f59fe5fc7745c33b33af44be43f6ad"
	about   = `"audio_md5":"` + md5Text + `","audio_size":3200,"service_id":"demo","session_id":"`

	jobQueued     = `{"status":"queued","service_id":"demo","session_id":"` + jobOne + `","content_id":"call 1"}`
	jobProcessing = `{"status":"processing",` + about + jobOne + `","content_id":"call 1"}`
	jobCompleted  = `{"status":"completed",` + about + jobOne + `","content_id":"call 1","segments":[` +
		`{"results":[{"tokens":[{"written":"a","confidence":1,"starttime":100,"endtime":200,"spoken":"a","label":"speaker0"}],"confidence":0.9,"starttime":100,"endtime":300,"tags":[],"rulename":"","text":"a"}],"text":"a"},` +
		`{"results":[{"tokens":[{"written":"b","confidence":1,"starttime":500,"endtime":600,"spoken":"b","label":"speaker1"}],"confidence":0.9,"starttime":400,"endtime":700,"tags":[],"rulename":"","text":"b"}],"text":"b"}],` +
		`"utteranceid":"u","text":"ab","code":"","message":""}`
	jobCompatible = `{"status":"completed",` + about + jobTwo + `","results":[{"tokens":[{"written":"c","confidence":1,"starttime":100,"endtime":200,"spoken":"c"}],` +
		`"confidence":0.9,"starttime":100,"endtime":300,"tags":[],"rulename":"","text":"c"}],"utteranceid":"u","text":"c","code":"","message":"","sentiment_analysis":{"segments":[{"starttime":0,"endtime":2000,` +
		`"energy":1,"stress":1,"emo_cog":500,"concentration":1,"anticipation":1,"excitement":1,"hesitation":1,"uncertainty":1,"intensive_thinking":1,"imagination_activity":1,` +
		`"embarrassment":1,"passionate":1,"brain_power":1,"confidence":1,"aggression":1,"atmosphere":-100,"upset":1,"content":1,"dissatisfaction":1,"extreme_emotion":30}]}}`
	jobFailed = `{"status":"error",` + about + jobThree + `","error_message":"ERROR: no"}`

	refusedJob = `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"-","message":"no such engine"}`
	notFound   = `{"code":"?","message":"missing dictation grammar file name"}`
	noWords    = `{"profilewords":[]}`
	twoWords   = `{"profilewords":[{"written":"AMI","spoken":"あみ"},{"written":"ABC","spoken":"えーびーしー"}]}`
)

func creation(id string) string { return `{"sessionid":"` + id + `","text":"..."}` }

// exchange is one HTTP exchange of the asynchronous interface or of dictionaries.
func (p *tape) exchange(conn uint64, request scenarios.Entry, status int, body string) {
	request.Kind, request.Dir, request.Conn, request.Key = scenarios.HTTPRequest, scenarios.In, conn, "k1"
	p.add(request)
	p.add(scenarios.Entry{
		Kind: scenarios.HTTPResponse, Dir: scenarios.Out, Conn: conn, Key: "k1", Surface: request.Surface, Status: status,
		Headers: [][2]string{{"Access-Control-Allow-Origin", "*"}}, Body: body,
	})
}

func (p *tape) submit(version, d, body string) {
	p.exchange(6, scenarios.Entry{
		Surface: string(protocol.SurfaceAsync), Method: "POST", Target: "/" + version + "/recognitions", Parts: []scenarios.Part{{Name: "d", Value: d}, {Name: "a"}},
		Audio: &scenarios.Audio{Bytes: 3200, MD5: md5Text},
	}, 200, body)
}

func (p *tape) poll(version, id string, bodies ...string) {
	for _, body := range bodies {
		p.exchange(6, scenarios.Entry{Surface: string(protocol.SurfaceAsync), Method: "GET", Target: "/" + version + "/recognitions/" + id}, 200, body)
	}
}

// jobs puts jobs on the tape that do everything right.
func (p *tape) jobs() {
	p.submit("v2", "-a-general contentId=call%201 speakerDiarization=True diarizationMaxSpeaker=2", creation(jobOne))
	p.poll("v2", jobOne, jobQueued, jobProcessing, jobCompleted, jobCompleted)
	p.submit("v1", "-a-general compatibleWithSync=True sentimentAnalysis=True", creation(jobTwo))
	p.poll("v1", jobTwo, jobCompatible)
	p.submit("v2", "-a-general", creation(jobThree))
	p.poll("v2", jobThree, jobFailed)
	p.submit("v2", "-a-general", refusedJob)
}

func (p *tape) words(method, target, body string, status int, reply string) {
	p.exchange(7, scenarios.Entry{Surface: string(protocol.SurfaceWords), Method: method, Target: target, Body: body}, status, reply)
}

// dictionaries puts requests to dictionaries on the tape.
func (p *tape) dictionaries() {
	p.words("POST", "/profilewords/-a-general/x", twoWords, 200, "{}")
	p.words("POST", "/profilewords/-a-general/x?adf=8k", noWords, 200, "{}")
	p.words("GET", "/profilewords/-a-general/x?adf=16k", "", 200, twoWords)
	p.words("GET", "/classnames/", "", 404, notFound)
	p.words("POST", "/profilewords/-a-general/y", twoWords, 200, "{}")
	p.submit("v2", "-a-general profileId=y profileWords=A%20a", creation(jobFour)) // it changes the profile
	p.words("GET", "/profilewords/-a-general/y", "", 200, noWords)
}

// last is the last reply whose body is so.
func (p *tape) last(body string) *scenarios.Entry {
	p.t.Helper()
	for i := len(p.entries) - 1; i >= 0; i-- {
		if e := &p.entries[i]; e.Kind == scenarios.HTTPResponse && e.Body == body {
			return e
		}
	}
	p.t.Fatalf("no reply is %q", body)
	return nil
}

// inEnds replaces a text in every reply about a completed job.
func inEnds(law, old, replacement string, also ...string) mutant {
	return mutant{law, also, func(p *tape) {
		p.t.Helper()
		found := false
		for i := range p.entries {
			if e := &p.entries[i]; strings.HasPrefix(e.Body, `{"status":"completed"`) && strings.Contains(e.Body, old) {
				e.Body, found = strings.Replace(e.Body, old, replacement, 1), true
			}
		}
		if !found {
			p.t.Fatalf("no completed job has %q", old)
		}
	}}
}

func jobMutants() []mutant {
	const prefix = "server.async."
	reply := func(law, body, old, replacement string, also ...string) mutant {
		return mutant{law, also, func(p *tape) { e := p.last(body); e.Body = strings.Replace(e.Body, old, replacement, 1) }}
	}
	return []mutant{
		reply(prefix+"created", creation(jobOne), "...", ""),
		reply(prefix+"created", creation(jobOne), "}", `,"code":"","message":""}`),
		reply(prefix+"refusal", refusedJob, `"code":"-"`, `"code":""`),
		reply(prefix+"refusal", refusedJob, `"message":"no such engine"`, `"message":""`),
		reply(prefix+"refusal", refusedJob, refusedJob, `{}`),
		reply(prefix+"refusal", creation(jobFour), "sessionid", "session_id"),
		reply(prefix+"session-id-form", creation(jobFour), jobFour, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
		reply(prefix+"session-ids-differ", creation(jobFour), jobFour, jobThree),
		reply(prefix+"state", jobQueued, "queued", "QUEUED"),
		reply(prefix+"state", jobQueued, `"status"`, `"state"`),
		reply(prefix+"state", jobQueued, jobQueued, "queued"),
		{prefix + "forward-only", nil, func(p *tape) {
			queued, processing := p.last(jobQueued), p.last(jobProcessing)
			queued.Body, processing.Body = processing.Body, queued.Body
		}},
		{prefix + "forward-only", nil, func(p *tape) { p.last(jobCompleted).Body = jobProcessing }},
		{prefix + "forward-only", nil, func(p *tape) {
			p.last(jobCompleted).Body = strings.Replace(jobFailed, jobThree+`"`, jobOne+`","content_id":"call 1"`, 1)
		}},
		reply(prefix+"end-stays", jobCompleted, `"confidence":0.9`, `"confidence":0.8`),
		reply(prefix+"session-id", jobFailed, `"session_id"`, `"sessionid"`),
		reply(prefix+"session-id", jobQueued, jobOne, jobTwo),
		reply(prefix+"size", jobProcessing, "3200", "3156"),
		reply(prefix+"size", jobFailed, `"audio_size":3200,`, ""),
		reply(prefix+"digest", jobProcessing, md5Text, strings.ToUpper(md5Text)),
		reply(prefix+"digest", jobFailed, `"audio_md5":"`+md5Text+`",`, ""),
		reply(prefix+"digest", jobProcessing, "40f5", "40f4"),
		reply(prefix+"content-id", jobQueued, `,"content_id":"call 1"`, ""),
		reply(prefix+"content-id", jobQueued, `"call 1"`, `"call%201"`),
		reply(prefix+"content-id", jobFailed, "}", `,"content_id":"None"}`),
	}
}

func jobResultMutants() []mutant {
	const prefix = "server.async."
	reply := func(law, body, old, replacement string, also ...string) mutant {
		return mutant{law, also, func(p *tape) { e := p.last(body); e.Body = strings.Replace(e.Body, old, replacement, 1) }}
	}
	return []mutant{
		inEnds(prefix+"completed", `,"message":""`, ""),
		inEnds(prefix+"completed", `"segments":[{"results"`, `"utterances":[{"results"`, prefix+"shape"),
		reply(prefix+"error-message", jobFailed, `"ERROR: no"`, `""`),
		reply(prefix+"error-message", jobFailed, "error_message", "error_messsage"),
		reply(prefix+"fields-of-state", jobQueued, "}", `,"error_message":""}`),
		reply(prefix+"fields-of-state", jobProcessing, "}", `,"segments":[]}`),
		inEnds(prefix+"fields-of-state", `"utteranceid"`, `"error_message":"","utteranceid"`),
		reply(prefix+"fields-of-state", jobFailed, "}", `,"results":[]}`),
		inEnds(prefix+"segments", `{"results":[{"tokens":[{"written":"a"`, `{"results":[],"text":""},{"results":[{"tokens":[{"written":"a"`),
		inEnds(prefix+"segments", `"text":"b"}]`, `"text":"B"}]`),
		inEnds(prefix+"times", `"starttime":400`, `"starttime":200`),
		inEnds(prefix+"times", `"endtime":200`, `"endtime":900`),
		inEnds(prefix+"times", `"starttime":500,"endtime":600`, `"starttime":100,"endtime":200`),
		{prefix + "labels", nil, func(p *tape) {
			for range 2 { // the end was fetched twice
				e := p.last(jobCompleted)
				e.Body = strings.NewReplacer(`,"label":"speaker0"`, "", `,"label":"speaker1"`, "").Replace(e.Body)
			}
		}},
		inEnds(prefix+"labels", `speaker1`, "speaker2"),
		inEnds(prefix+"labels", `speaker1`, "1"),
		inEnds(prefix+"labels", `"spoken":"c"`, `"spoken":"c","label":"speaker0"`),
		inEnds(prefix+"sentiment", `"emo_cog":500`, `"emo_cog":501`),
		inEnds(prefix+"state", `"upset":1`, `"upset":0.5`),
		inEnds(prefix+"sentiment", `"energy":1`, `"Energy":1`),
		inEnds(prefix+"sentiment", `"energy":1`, `"energy":1,"joy":1`),
		inEnds(prefix+"sentiment", "sentiment_analysis", "sentiment"),
		inEnds(prefix+"shape", `"segments":`, `"results":[],"segments":`),
	}
}

func wordsMutants() []mutant {
	return []mutant{
		{"server.words.list", nil, func(p *tape) { e := p.last(twoWords); e.Body = strings.Replace(e.Body, "profilewords", "words", 1) }},
		{"server.words.list", []string{"server.words.replaced"}, func(p *tape) { e := p.last(twoWords); e.Body = strings.Replace(e.Body, `"written":"ABC",`, "", 1) }},
		{"server.words.replaced", nil, func(p *tape) { p.last(twoWords).Body = noWords }},
		{"server.words.replaced", nil, func(p *tape) {
			e := p.last(twoWords)
			e.Body = strings.Replace(e.Body, "]", `,{"written":"OLD","spoken":"おーるど"}]`, 1)
		}},
		{"server.words.refusal", nil, func(p *tape) { p.last(notFound).Body = "404 page not found\n" }},
		{"server.words.refusal", nil, func(p *tape) { p.last(notFound).Body = `{"message":"missing"}` }},
	}
}
