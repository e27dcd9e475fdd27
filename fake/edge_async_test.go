package fake_test

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// creation is a request for a job, as for a recording.
func (e *edge) creation(version, key string) string {
	return strings.Replace(e.recording(key, sentence()), "/v1/recognize", "/"+version+"/recognitions", 1)
}

// submit asks for a job on version 2.
func (e *edge) submit(key string) *socket {
	e.t.Helper()
	s := e.connect()
	s.write(e.creation("v2", key))
	return s
}

// makes asks for a job, gets one, and returns its id.
func (e *edge) makes(key string) (id string) {
	e.t.Helper()
	start, _, body := e.submit(key).reply()
	e.is(start, "HTTP/1.1 200 OK")
	e.matches(body, `\{"sessionid":"[0-9a-f]{24}","text":"\.\.\."\}`)
	return body[len(`{"sessionid":"`):][:24]
}

// ask polls a job and reads nothing.
func (e *edge) ask(key, id string) *socket {
	e.t.Helper()
	s := e.connect()
	s.write(fmt.Sprintf("GET /v2/recognitions/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", id, e.addr, key))
	return s
}

// poll polls a job, and returns the first line of the reply and its body.
func (e *edge) poll(key, id string) (start, body string) {
	e.t.Helper()
	start, _, body = e.ask(key, id).reply()
	return start, body
}

// stands finds a job in a state.
func (e *edge) stands(key, id, state string) {
	e.t.Helper()
	start, body := e.poll(key, id)
	e.is(start, "HTTP/1.1 200 OK")
	size := len(sentence())
	about := fmt.Sprintf(`"audio_md5":"[0-9a-f]{32}","audio_size":%d,`, size)
	if state == "queued" {
		about = ""
	}
	end := ""
	if state == "completed" {
		end = `,"segments":\[\{"results":\[.*\],"text":"[^"]+"\}\],"utteranceid":"[^"]+","text":"[^"]+","code":"","message":""`
	}
	e.matches(body, `\{"status":"`+state+`",`+about+`"service_id":"demo","session_id":"`+id+`"`+end+`\}`)
}

// ends makes a job of its own, and finds that it is completed when its time has come.
func (e *edge) completes(key string) {
	e.t.Helper()
	id := e.makes(key)
	e.pass(3 * time.Second)
	e.stands(key, id, "completed")
}

// fails finds a job that has failed.
func (e *edge) fails(key, id, code, message string) {
	e.t.Helper()
	start, body := e.poll(key, id)
	e.is(start, "HTTP/1.1 200 OK")
	e.matches(body, regexp.QuoteMeta(`{"status":"error","audio_md5":"`)+`[0-9a-f]{32}`+fmt.Sprintf(`","audio_size":%d,`, len(sentence()))+
		regexp.QuoteMeta(`"service_id":"demo","session_id":"`+id+`","error_message":"ERROR: Failed to transcribe in recognition process - amineth_result=0, amineth_code='`+
			code+`', amineth_message='`+message+`'"}`))
}

// says finds a reply of a poll that is not about a job.
func (e *edge) says(key, id, status, body string) {
	e.t.Helper()
	start, got := e.poll(key, id)
	e.is(start+" "+got, "HTTP/1.1 "+status+" "+body)
}

const (
	keyRefused = `{"message":"Failed to authorize for the app_key"}`
	noSuchJob  = `{"message":"Not found"}`
)

// jobEdges are jobs that do not get on, or of which nothing is told.
func jobEdges() map[string]func(*edge) {
	stuck := func(state string) func(*edge) {
		return func(e *edge) {
			id := e.makes(e.key)
			for range 3 {
				e.pass(time.Hour)
				e.stands(e.key, id, state)
			}
			e.stands(e.plain(), id, "completed") // it is only what this client is told
			e.completes(e.plain())
		}
	}
	return map[string]func(*edge){
		"async.stuck-in-queued":     stuck("queued"),
		"async.stuck-in-processing": stuck("processing"),
		"async.goes-back": func(e *edge) {
			id := e.makes(e.key)
			e.pass(2 * time.Second)
			e.stands(e.key, id, "processing")
			e.stands(e.key, id, "queued")
			e.stands(e.key, id, "processing")
			e.pass(time.Second)
			e.stands(e.key, id, "completed")
		},
		"async.done-at-once": func(e *edge) {
			id := e.makes(e.key)
			e.stands(e.key, id, "completed")
			e.stands(e.plain(), e.makes(e.plain()), "queued")
		},
		"async.poll-refused": func(e *edge) {
			id := e.makes(e.key)
			e.stands(e.key, id, "queued")
			e.says(e.key, id, "401 Unauthorized", keyRefused)
			e.pass(3 * time.Second)
			e.stands(e.key, id, "completed")
		},
		"async.key-expires-while-waiting": func(e *edge) {
			id := e.makes(e.key)
			e.stands(e.key, id, "queued")
			e.says(e.key, id, "401 Unauthorized", keyRefused)
			e.pass(3 * time.Second)
			e.says(e.key, id, "401 Unauthorized", keyRefused)
			_, _, another := e.askForKey().reply()
			e.stands(another, id, "completed")
		},
		"async.job-not-found": func(e *edge) {
			id := e.makes(e.key)
			for range 2 {
				e.says(e.key, id, "404 Not Found", noSuchJob)
			}
			e.stands(e.plain(), id, "queued")
		},
		"async.result-expired": func(e *edge) {
			id := e.makes(e.key)
			e.pass(59999 * time.Millisecond)
			e.stands(e.key, id, "completed")
			e.pass(time.Millisecond)
			e.says(e.key, id, "404 Not Found", noSuchJob)
		},
		"async.v1-has-ended": func(e *edge) {
			s := e.connect()
			s.write(e.creation("v1", e.key))
			start, _, body := s.reply()
			e.is(start+" "+body, "HTTP/1.1 404 Not Found "+noSuchJob)
			e.completes(e.key)
		},
	}
}

// jobEndEdges are ends of jobs, and replies that tell of none.
func jobEndEdges() map[string]func(*edge) {
	ended := func(check func(e *edge, id string)) func(*edge) {
		return func(e *edge) {
			id := e.makes(e.key)
			e.stands(e.key, id, "queued")
			e.pass(3 * time.Second)
			check(e, id)
		}
	}
	return map[string]func(*edge){
		"async.fails-at-the-end": ended(func(e *edge, id string) {
			for range 2 {
				e.fails(e.key, id, "?", "recognition result is rejected because fatal error occurred in recognizer server")
			}
		}),
		"async.low-confidence": ended(func(e *edge, id string) {
			e.fails(e.key, id, "o", "recognition result is rejected because confidence is below the threshold")
			e.completes(e.plain())
		}),
		"async.empty-result": ended(func(e *edge, id string) {
			start, body := e.poll(e.key, id)
			e.is(start, "HTTP/1.1 200 OK")
			e.matches(body, `\{"status":"completed",.*"text":"","code":"","message":""\}`)
		}),
		"async.result-cut-off": ended(func(e *edge, id string) {
			text, how := e.ask(e.key, id).rest()
			_, body, _ := strings.Cut(text, "\r\n\r\n")
			if how != "fin" || len(body) != contentLength(text)/2 || !strings.HasPrefix(body, `{"status":"completed",`) {
				e.t.Fatalf("%s: %d bytes of %d: %s", how, len(body), contentLength(text), brief(body))
			}
			e.stands(e.key, id, "completed")
		}),
		"async.poll-500": ended(func(e *edge, id string) {
			for range 2 {
				e.says(e.key, id, "500 Internal Server Error", `{"message":"Internal server error"}`)
			}
			e.stands(e.key, id, "completed")
		}),
		"async.poll-429": func(e *edge) {
			id := e.makes(e.key)
			e.ask(e.key, id).proxied("429 Too Many Requests")
			e.stands(e.key, id, "queued")
		},
		"async.poll-hangs": func(e *edge) {
			id := e.makes(e.key)
			s := e.ask(e.key, id)
			e.struckAt("async")
			e.pass(time.Minute)
			s.quiet()
			e.stands(e.key, id, "completed")
			s.quiet()
		},
		"async.page-instead-of-job": func(e *edge) {
			id := e.makes(e.key)
			e.says(e.key, id, "200 OK", "<!DOCTYPE html><title>Sign in</title><p>Please sign in to this network.")
			e.stands(e.key, id, "queued")
		},
	}
}

// createEdges are uploads that make no job, or that nobody learns of.
func createEdges() map[string]func(*edge) {
	refused := func(message string) func(*edge) {
		return func(e *edge) {
			start, _, body := e.submit(e.key).reply()
			e.is(start+" "+body, `HTTP/1.1 200 OK {"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"-","message":"`+message+`"}`)
			e.completes(e.plain())
		}
	}
	return map[string]func(*edge){
		"async.bad-credentials":   refused("received illegal service authorization"),
		"async.sentiment-refused": refused("invalid parameter (sentimentAnalysis must be False. sentiment analysis is currently not implemented)"),
		"async.reply-lost": func(e *edge) {
			e.submit(e.key).ends("rst")
			e.completes(e.key)
			jobs, err := e.Jobs(e.t.Context())
			if err != nil || len(jobs) != 2 {
				e.t.Fatalf("there are %d jobs, and two were made: %v", len(jobs), err)
			}
		},
		"async.slow-create": func(e *edge) {
			s := e.submit(e.key)
			e.struckAt("async")
			e.pass(59999 * time.Millisecond)
			s.quiet()
			e.pass(time.Millisecond)
			start, _, body := s.reply()
			e.is(start, "HTTP/1.1 200 OK")
			e.matches(body, `\{"sessionid":"[0-9a-f]{24}","text":"\.\.\."\}`)
		},
		"async.upload-too-large": func(e *edge) {
			e.submit(e.key).proxied("413 Request Entity Too Large")
			e.completes(e.plain())
		},
		"async.unread-413": func(e *edge) {
			e.submit(e.key).proxied("413 Request Entity Too Large")
			e.completes(e.plain())
		},
		"async.create-503": func(e *edge) {
			e.submit(e.key).proxied("503 Service Unavailable")
			e.submit(e.key).proxied("503 Service Unavailable")
			e.completes(e.key)
		},
	}
}
