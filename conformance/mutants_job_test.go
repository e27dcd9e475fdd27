package conformance_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"mockamivoice/fake"
)

const jobPaths = "/recognitions"

// onJob changes replies of the asynchronous interface.
func onJob(change func(r *http.Request, a *answer)) func(*http.Request, *answer) {
	return func(r *http.Request, a *answer) {
		if strings.Contains(r.URL.Path, jobPaths) && r.Method != http.MethodOptions {
			change(r, a)
			a.header["Content-Length"] = []string{fmt.Sprint(len(a.body))}
		}
	}
}

// isCreate tells whether a request is to make a job.
func isCreate(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, jobPaths)
}

func onCreated(pattern, replacement string) func(*http.Request, *answer) {
	re := regexp.MustCompile(pattern)
	return onJob(func(r *http.Request, a *answer) {
		if isCreate(r) {
			a.body = re.ReplaceAll(a.body, []byte(replacement))
		}
	})
}

func onPoll(pattern, replacement string) func(*http.Request, *answer) {
	re := regexp.MustCompile(pattern)
	return onJob(func(r *http.Request, a *answer) {
		if r.Method == http.MethodGet {
			a.body = re.ReplaceAll(a.body, []byte(replacement))
		}
	})
}

// onUpload changes the body of a create request.
func onUpload(pattern, replacement string) func(*http.Request) {
	re := regexp.MustCompile(pattern)
	return func(r *http.Request) {
		if isCreate(r) {
			var b bytes.Buffer
			_, _ = b.ReadFrom(r.Body)
			setBody(r, re.ReplaceAll(b.Bytes(), []byte(replacement)))
		}
	}
}

// withStatus gives replies with one status another, of a method.
func withStatus(method string, from, to int) func(*http.Request, *answer) {
	return onJob(func(r *http.Request, a *answer) {
		if a.status == from && r.Method == method {
			a.status = to
		}
	})
}

// jobMutants say something else of jobs.
func jobMutants() []mutant {
	poll := func(id, about, pattern, replacement string) mutant {
		return mutant{id: id, about: about, surfaces: "async", change: onPoll(pattern, replacement)}
	}
	progress := func(text string) []fake.Option {
		p, err := fake.ParseJobProgress(text)
		if err != nil {
			panic(err)
		}
		return []fake.Option{fake.WithJobProgress(p)}
	}
	const end = `("code":"","message":""(?:,"sentiment_analysis":.*)?)\}$`
	return []mutant{
		poll("job-state-capitals", "writes the first state in capitals", `"status":"queued"`, `"status":"QUEUED"`),
		poll("job-state-called-state", "calls the state state", `"status":`, `"state":`),
		poll("job-other-service", "names another service", `"service_id":"[^"]*"`, `"service_id":"somebody"`),
		poll("job-session-id-one-word", "calls the id of a job sessionid, as the reply to its making does", `"session_id"`, `"sessionid"`),
		poll("job-size-other", "counts other bytes than those that were uploaded", `"audio_size":`, `"audio_size":1`),
		poll("job-digest-other", "takes the digest of other bytes", `"audio_md5":"..`, `"audio_md5":"00`),
		poll("job-digest-capitals", "writes the digest in capitals", `"audio_md5":"[^"]*"`, `"audio_md5":"40F59FE5FC7745C33B33AF44BE43F6AD"`),
		poll("job-digest-at-once", "has a digest before the job has begun", `"status":"queued",`, `"status":"queued","audio_md5":"40f59fe5fc7745c33b33af44be43f6ad","audio_size":1,`),
		poll("job-goes-back", "goes back to queued", `"status":"processing"`, `"status":"queued"`),
		{id: "job-at-once", about: "is done when it is made", surfaces: "async", options: progress("at-once")},
		{id: "job-end-changes", about: "counts in the result how often it was fetched", surfaces: "async", change: countPolls()},
		poll("job-empty-segment", "has a segment without a result", `"segments":\[`, `"segments":[{"results":[],"text":""},`),
		poll("job-one-segment", "puts all utterances into one segment", `"text":"[^"]*"\},\{"results":\[`, `,`),
		poll("job-segment-texts-differ", "writes another text into the segment than into its result", `\}\],"text":"`, `}],"text":"x`),
		poll("job-no-code", "leaves out code and message", `,"code":"","message":""`, ""),
		poll("job-no-utterance-id", "leaves out the utterance id", `"utteranceid":"[^"]*",`, ""),
		poll("job-other-utterance-id", "gives utterances other ids", `"utteranceid":"[^"]*"`, `"utteranceid":"42"`),
		poll("job-no-spoken", "leaves out the readings", `,"spoken":"[^"]*"`, ""),
		poll("job-times-from-segment", "counts times from the segment", `("written":"[^"]*","confidence":[0-9.]+),"starttime":[0-9]+`, `$1,"starttime":0`),
		poll("job-content-id-renamed", "calls the content id contentId", `"content_id"`, `"contentId"`),
		poll("job-content-id-none", "has the content id None where none was given", `("session_id":"[^"]*")(,"audio|,"seg|,"err|\})`, `$1,"content_id":"None"$2`),
		poll("job-label-always", "labels every token", `("spoken":"[^"]*")\}`, `$1,"label":"speaker0"}`),
		poll("job-label-never", "labels no token", `,"label":"[^"]*"`, ""),
		poll("job-one-speaker", "hears one speaker alone", `"label":"[^"]*"`, `"label":"speaker0"`),
		poll("job-speakers-from-one", "numbers speakers from 1", `"label":"speaker0"`, `"label":"speaker1"`),
		poll("job-sentiment-for-people", "writes the names for people into sentiments", `"energy"`, `"Energy"`),
		poll("job-sentiment-out-of-range", "writes a sentiment out of its range", `"energy":[0-9]+`, `"energy":500`),
		poll("job-sentiment-always", "adds sentiments that nobody asked for", end, `$1,"sentiment_analysis":{"segments":[]}}`),
		poll("job-error-misspelt", "writes error_messsage, as a page does", `"error_message"`, `"error_messsage"`),
		poll("job-error-always", "has an error_message in every state", `("session_id":"[^"]*")`, `$1,"error_message":""`),
		poll("job-both-shapes", "has segments and results", `"segments":`, `"results":[],"segments":`),
		{id: "job-silence-is-success", about: "completes silence with an empty result", surfaces: "async", options: choice("async-silence", "empty")},
		{id: "job-lives-for-ever", about: "keeps jobs for ever", surfaces: "async", options: []fake.Option{fake.WithLimits(fake.Limits{Retention: 100_000 * time.Hour})}},
		{id: "v1-is-over", about: "has no version 1 any more", surfaces: "async", options: choice("async-v1", "404")},
	}
}

// countPolls puts a number that grows into the ends of jobs.
func countPolls() func(*http.Request, *answer) {
	n := 0
	return onJob(func(r *http.Request, a *answer) {
		countMutex.Lock()
		defer countMutex.Unlock()
		if n++; r.Method == http.MethodGet && (bytes.Contains(a.body, []byte(`"completed"`)) || bytes.Contains(a.body, []byte(`"error"`))) {
			a.body = append(a.body[:len(a.body)-1], fmt.Sprintf(`,"fetched":%d}`, n)...)
		}
	})
}

// createMutants make jobs in another way, or understand less of what is asked.
func createMutants() []mutant {
	upload := func(id, about, pattern, replacement string) mutant {
		return mutant{id: id, about: about, surfaces: "async", request: onUpload(pattern, replacement)}
	}
	reply := func(id, about, pattern, replacement string) mutant {
		return mutant{id: id, about: about, surfaces: "async", change: onCreated(pattern, replacement)}
	}
	return []mutant{
		reply("create-without-dots", "has an empty text for a job that was made", `"text":"\.\.\."`, `"text":""`),
		reply("create-with-code", "has a code for a job that was made", `("sessionid":"[^"]*")`, `$1,"code":""`),
		reply("create-refused-without-code", "refuses without a code", `"code":"-"`, `"code":""`),
		reply("create-other-refusal", "refuses keys with another text", `received illegal service authorization`, "invalid API key"),
		{id: "create-refused-with-401", about: "answers 401 to a wrong key", surfaces: "async", change: onJob(func(r *http.Request, a *answer) {
			if isCreate(r) && bytes.Contains(a.body, []byte(`"code":"-"`)) {
				a.status = http.StatusUnauthorized
			}
		})},
		{
			id: "job-ids-are-long", about: "gives jobs other ids", surfaces: "async",
			change: onJob(func(_ *http.Request, a *answer) {
				a.body = regexp.MustCompile(`("session_?id":")`).ReplaceAll(a.body, []byte("${1}job-"))
			}),
			request: func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "/job-", "/", 1) },
		},
		{id: "job-ids-repeat", about: "gives every job the same id", surfaces: "async", change: repeatIDs()},
		{id: "v2-missing", about: "has no version 2", surfaces: "async", request: func(r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/v2"+jobPaths) {
				r.URL.Path = "/nowhere"
			}
		}},
		{id: "create-query-ignored", about: "does not look into the query", surfaces: "async", request: func(r *http.Request) {
			if isCreate(r) {
				r.URL.RawQuery = ""
			}
		}},
		{id: "create-header-ignored", about: "takes no bearer token for a job", surfaces: "async", request: func(r *http.Request) {
			if isCreate(r) {
				r.Header.Del("Authorization")
			}
		}},
		{id: "create-key-forgiven", about: "makes jobs without a key", surfaces: "async", request: func(r *http.Request) {
			if isCreate(r) {
				var b bytes.Buffer
				_, _ = b.ReadFrom(r.Body)
				if before, _, _ := bytes.Cut(b.Bytes(), []byte(`name="a"`)); r.URL.RawQuery == "" && !bytes.Contains(before, []byte(`name="u"`)) && !bytes.Contains(before, []byte("authorization=")) {
					r.Header.Set("Authorization", "Bearer demo-key")
				}
				setBody(r, b.Bytes())
			}
		}},
		{id: "create-behind-audio-seen", about: "reads the parts behind the audio", surfaces: "async", request: func(r *http.Request) {
			if isCreate(r) {
				var b bytes.Buffer
				_, _ = b.ReadFrom(r.Body)
				setBody(r, partsFirst(r, b.Bytes()))
			}
		}},
		upload("create-key-in-d-ignored", "does not look for a key inside of d", `authorization=`, "x="),
		upload("create-ampersand-forgiven", "takes an ampersand in d for a blank", `&loggingOptOut`, " loggingOptOut"),
		upload("create-engine-name-required", "asks for grammarFileNames", `name="d"\r\n\r\n-a-general\r\n`, "name=\"d\"\r\n\r\n\r\n"),
		upload("create-batch-unknown", "does not know batch engines", `-a2b-ja-general`, "-a2b-unknown"),
		upload("create-c-ignored", "does not look at c", `MSB16K`, "LSB16K"),
		{id: "create-c-and-header-refused", about: "refuses a format beside a header", surfaces: "async", request: refuseUploads("LSB44K")},
		upload("create-flags-capitals", "knows True alone", `=true`, "=no"),
		upload("create-no-decoding", "does not decode values of d", `contentId=call%20`, "contentId=call%2520"),
		upload("create-compatible-unknown", "does not know compatibleWithSync", `compatibleWithSync`, "x"),
		upload("create-diarizer-labels", "takes useDiarizer for speakerDiarization", `segmenterProperties=useDiarizer=1`, "speakerDiarization=True"),
		upload("create-most-speakers-unknown", "does not know diarizationMaxSpeaker", `diarizationMaxSpeaker`, "x"),
		{id: "create-parameters-refused", about: "refuses parameters of the synchronous interface, and those of logs", surfaces: "async", request: refuseUploads("keepFillerToken", "profileWords", "maxDecodingTime", "loggingOptOut=True")},
		{id: "create-garbage-refused", about: "looks at the audio at once", surfaces: "async", request: refuseUploads("\x3f\x8a\x11\xc0\x77")},
		{id: "sentiment-on-v2", about: "analyses sentiments on version 2", surfaces: "async", request: onV1("sentimentAnalysis")},
	}
}

// repeatIDs gives every job of a server the id of its first.
func repeatIDs() func(*http.Request, *answer) {
	first := make(map[any][]byte) // by server
	re := regexp.MustCompile(`"sessionid":"[^"]*"`)
	return onJob(func(r *http.Request, a *answer) {
		countMutex.Lock()
		defer countMutex.Unlock()
		if id := re.Find(a.body); id != nil && isCreate(r) {
			if first[serverOf(r)] == nil {
				first[serverOf(r)] = bytes.Clone(id)
			}
			a.body = re.ReplaceAll(a.body, first[serverOf(r)])
		}
	})
}

// uploadHolds tells whether the body of a create request holds one of some texts.
func uploadHolds(r *http.Request, texts ...string) bool {
	if !isCreate(r) {
		return false
	}
	var b bytes.Buffer
	_, _ = b.ReadFrom(r.Body)
	setBody(r, b.Bytes())
	for _, text := range texts {
		if bytes.Contains(b.Bytes(), []byte(text)) {
			return true
		}
	}
	return false
}

func refuseUploads(texts ...string) func(*http.Request) {
	return func(r *http.Request) {
		if uploadHolds(r, texts...) {
			r.URL.Path = "/500"
		}
	}
}

func onV1(text string) func(*http.Request) {
	return func(r *http.Request) {
		if uploadHolds(r, text) {
			r.URL.Path = "/v1" + jobPaths
		}
	}
}

// pollMutants answer polls in another way.
func pollMutants() []mutant {
	isPoll := func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.Contains(r.URL.Path, jobPaths+"/")
	}
	poll := func(id, about string, change func(r *http.Request)) mutant {
		return mutant{id: id, about: about, surfaces: "async", request: func(r *http.Request) {
			if isPoll(r) {
				change(r)
			}
		}}
	}
	const key = "Bearer demo-key"
	return []mutant{
		poll("poll-key-forgiven", "tells everybody about jobs", func(r *http.Request) {
			if r.Header.Get("Authorization") == "" && r.URL.RawQuery == "" {
				r.Header.Set("Authorization", key)
			}
		}),
		poll("poll-any-key", "takes any key for a poll", func(r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				r.Header.Set("Authorization", key)
			}
		}),
		poll("poll-key-in-query", "takes a key from the query of a poll", func(r *http.Request) {
			if u := r.URL.Query().Get("u"); u != "" {
				r.Header.Set("Authorization", "Bearer "+u)
			}
		}),
		poll("poll-own-key-alone", "tells about a job to the key that made it alone", func(r *http.Request) {
			if h := r.Header.Get("Authorization"); h != "" && h != key {
				r.URL.Path += "x"
			}
		}),
		{id: "poll-401-is-403", about: "answers 403 to a wrong key", surfaces: "async", change: withStatus(http.MethodGet, http.StatusUnauthorized, http.StatusForbidden)},
		{id: "poll-404-is-200", about: "answers 200 about jobs that do not exist", surfaces: "async", change: withStatus(http.MethodGet, http.StatusNotFound, http.StatusOK)},
		{id: "jobs-are-listed", about: "lists jobs", surfaces: "async", change: withStatus(http.MethodGet, http.StatusMethodNotAllowed, http.StatusOK)},
		{id: "jobs-are-deleted", about: "deletes jobs", surfaces: "async", change: withStatus(http.MethodDelete, http.StatusMethodNotAllowed, http.StatusOK)},
		{id: "authorization-from-nowhere", about: "lets pages send no Authorization header", surfaces: "sync async words", change: func(r *http.Request, a *answer) {
			if r.Method == http.MethodOptions {
				a.header["Access-Control-Allow-Headers"] = []string{"content-type"}
			}
		}},
	}
}
