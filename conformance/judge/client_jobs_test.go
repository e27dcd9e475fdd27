package judge_test

import (
	"strings"
	"time"

	"mockamivoice/scenarios"
)

const (
	jobBearer = "Bearer <key:aaaaaaaaaaaa>"
	oldKey    = "u=<key:aaaaaaaaaaaa>"
	goneJob   = "018122d65d370a30116494c9"
)

// submit makes a job out of audio; path is v1 or v2.
func (c *chat) submit(conn uint64, version string, audio []byte, body string, fields ...string) *scenarios.Entry {
	return c.ask(conn, "POST", "/"+version+"/recognitions", [][2]string{{"Content-Type", multipart}}, parts(fields), audio, 200, body)
}

// poll asks about a job, a while after what went before.
func (c *chat) poll(conn uint64, after time.Duration, id string, status int, body string) *scenarios.Entry {
	c.wait(after)
	return c.ask(conn, "GET", "/v2/recognitions/"+id, [][2]string{{"Authorization", jobBearer}}, nil, nil, status, body)
}

// aboutJob is a reply about a job as it is told of jobOne.
func aboutJob(reply, id string) string { return strings.ReplaceAll(reply, jobOne, id) }

// goodJobs are two jobs, one that is not there any more, and a dictionary.
func goodJobs(c *chat) {
	c.open(8)
	c.submit(8, "v2", []byte("RIFF....WAVE one"), creation(jobOne), oldKey, "d=-a-general", "a=")
	c.poll(8, time.Second, jobOne, 200, jobQueued)
	c.poll(8, 10*time.Second, jobOne, 200, jobProcessing)
	c.poll(8, 10*time.Second, jobOne, 500, "")
	c.poll(8, 10*time.Second, jobOne, 200, jobCompleted)
	c.poll(8, 10*time.Second, jobOne, 200, jobCompleted) // the result, after the state
	c.submit(8, "v1", []byte("RIFF....WAVE one"), creation(jobTwo), oldKey, "d=-a-general sentimentAnalysis=True", "a=")
	c.ask(8, "GET", "/v1/recognitions/"+jobTwo, [][2]string{{"Authorization", jobBearer}}, nil, nil, 200, aboutJob(jobCompleted, jobTwo))
	c.poll(8, 10*time.Second, goneJob, 404, "")
	c.words(8, "POST", "/profilewords/-a-general/x", twoWords)
	c.words(8, "GET", "/profilewords/-a-general/x", "")
	c.words(8, "GET", "/classnames/-a-general", "")
}

func (c *chat) words(conn uint64, method, target, body string) *scenarios.Entry {
	e := c.ask(conn, method, target, [][2]string{{"Authorization", jobBearer}, {"Content-Type", "application/json"}}, nil, nil, 200, "{}")
	e.Body = body
	return e
}

func badJobMakers() []badClient {
	wave := []byte("RIFF....WAVE of a job")
	submit := func(about, laws string, fields ...string) badClient {
		return badClient{about, laws, func(c *chat) { c.submit(20, "v2", wave, refusedJob, fields...) }}
	}
	return []badClient{
		submit("puts the key of a job behind the audio", "async.audio-last", "d=-a-general", "a=", oldKey),
		submit("names no engine for a job", "async.engine", oldKey, "a="),
		submit("makes a job without a key", "async.key", "d=-a-general", "a="),
		submit("joins d of a job with ampersands", "async.separator", oldKey, "d=grammarFileNames=-a-general&loggingOptOut=True", "a="),
		submit("wants sentiments of version 2", "async.sentiment-version", oldKey, "d=-a-general sentimentAnalysis=True", "a="),
		{"uploads twice", "async.upload-twice", func(c *chat) {
			c.submit(20, "v2", wave, creation(jobThree), oldKey, "d=-a-general", "a=")
			c.submit(20, "v2", wave, creation(jobFour), oldKey, "d=-a-general", "a=")
		}},
		{"uploads again the next day, and forgets what it uploaded before", "async.result-fetched", func(c *chat) {
			c.submit(20, "v2", wave, creation(jobThree), oldKey, "d=-a-general", "a=")
			c.wait(24 * time.Hour)
			c.submit(20, "v2", wave, creation(jobFour), oldKey, "d=-a-general", "a=")
		}},
		{"uploads again what was refused", "", func(c *chat) {
			c.submit(20, "v2", wave, refusedJob, oldKey, "d=-a-general", "a=")
			c.submit(20, "v2", wave, creation(jobFour), oldKey, "d=-a-general", "a=")
			c.poll(20, time.Second, jobFour, 200, aboutJob(jobCompleted, jobFour))
		}},
		{"gives up on a job", "async.result-fetched", func(c *chat) {
			c.submit(20, "v2", wave, creation(jobThree), oldKey, "d=-a-general", "a=")
			c.poll(20, time.Second, jobThree, 200, aboutJob(jobProcessing, jobThree))
			c.wait(20 * time.Minute)
			c.issue(20, "sid=demo", "spw=***", "epi=5m")
		}},
		{"has not fetched a result yet", "", func(c *chat) {
			c.submit(20, "v2", wave, creation(jobThree), oldKey, "d=-a-general", "a=")
			c.wait(time.Minute)
			c.issue(20, "sid=demo", "spw=***", "epi=5m")
		}},
	}
}

func badPollers() []badClient {
	times := func(n int, after time.Duration, id string, status int, body string) func(c *chat) {
		return func(c *chat) {
			for range n {
				c.poll(20, after, id, status, body)
			}
		}
	}
	return []badClient{
		{"polls undefined", "async.poll-id", func(c *chat) { c.poll(20, time.Second, "undefined", 404, "") }},
		{"polls None", "async.poll-id", func(c *chat) { c.poll(20, time.Second, "None", 404, "") }},
		{"polls nothing", "async.poll-id", func(c *chat) { c.poll(20, time.Second, "", 404, "") }},
		{"polls an object", "async.poll-id", func(c *chat) { c.poll(20, time.Second, "%5Bobject%20Object%5D", 404, "") }},
		{"polls without a key", "async.poll-key", func(c *chat) { c.poll(20, time.Second, jobFour, 401, "").Headers = nil }},
		{"polls with a bare key", "async.poll-key", func(c *chat) { c.poll(20, time.Second, jobFour, 401, "").Headers[0][1] = "<key:aaaaaaaaaaaa>" }},
		{"polls with a key in the query", "async.poll-key key.not-in-url", func(c *chat) {
			e := c.poll(20, time.Second, jobFour+"?u=<key:aaaaaaaaaaaa>", 401, "")
			e.Headers = nil
		}},
		{"polls like mad", "async.poll-pace", times(20, 100*time.Millisecond, jobFour, 200, aboutJob(jobProcessing, jobFour))},
		{"polls five times in a hurry", "", times(5, 100*time.Millisecond, jobFour, 200, aboutJob(jobProcessing, jobFour))},
		{"polls every second", "", times(50, time.Second, jobFour, 200, aboutJob(jobProcessing, jobFour))},
		{"polls on when the job is done", "async.poll-after-end", times(10, 10*time.Second, jobFour, 200, aboutJob(jobCompleted, jobFour))},
		{"polls on when the job has failed", "async.poll-after-end", times(10, 10*time.Second, jobThree, 200, jobFailed)},
		{"polls on when there is no job", "async.poll-gone", times(10, 10*time.Second, jobFour, 404, "")},
		{"reads a result twice", "", times(3, 10*time.Second, jobFour, 200, aboutJob(jobCompleted, jobFour))},
		{"is two that read a result", "", func(c *chat) {
			times(3, 10*time.Second, jobFour, 200, aboutJob(jobCompleted, jobFour))(c)
			for range 3 {
				c.poll(21, 10*time.Second, jobFour, 200, aboutJob(jobCompleted, jobFour)).Key = "bbbbbbbbbbbb"
			}
		}},
	}
}

func badWords() []badClient {
	return []badClient{
		{"asks for words without a key", "words.key", func(c *chat) { c.words(20, "GET", "/profilewords/-a-general/x", "").Headers = nil }},
		{"asks for classes with a bare key", "words.key", func(c *chat) {
			c.words(20, "GET", "/classnames/-a-general", "").Headers[0][1] = "<key:aaaaaaaaaaaa>"
		}},
		{"writes a colon into the path", "words.profile-without-colon", func(c *chat) { c.words(20, "GET", "/profilewords/-a-general/:x", "") }},
		{"writes an escaped colon into the path", "words.profile-without-colon", func(c *chat) { c.words(20, "GET", "/profilewords/-a-general/%3Ax", "") }},
		{"registers with a form", "words.list", func(c *chat) {
			c.words(20, "POST", "/profilewords/-a-general/x", "written=AMI").Headers[1][1] = form
		}},
		{"registers a bare list", "words.list", func(c *chat) { c.words(20, "POST", "/profilewords/-a-general/x", `[{"written":"AMI"}]`) }},
		{"registers as text", "words.list", func(c *chat) {
			c.words(20, "POST", "/profilewords/-a-general/x", twoWords).Headers[1][1] = "text/plain"
		}},
	}
}
