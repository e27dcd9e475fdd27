package fake_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const partsBoundary = "1234567890ABCDEFGHIJ"

// recording is a request as the vendor's native clients send it, but with a length: the fields, then the audio.
func (e *edge) recording(key string, audio []byte) string {
	var b strings.Builder
	for _, field := range [][2]string{{"u", key}, {"d", "-a-general"}, {"c", "LSB16K"}} {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", partsBoundary, field[0], field[1])
	}
	fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n%s\r\n--%s--\r\n", partsBoundary, audio, partsBoundary)
	return fmt.Sprintf("POST /v1/recognize HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nContent-Type: multipart/form-data; boundary=%s\r\n\r\n%s",
		e.addr, b.Len(), partsBoundary, b.String())
}

// upload sends a recording of one sentence, each time with a little more silence behind it: to send the same one again after an
// error that it cannot cure would be a fault of the client, when time has passed.
func (e *edge) upload(key string) *socket {
	e.t.Helper()
	s := e.connect()
	e.uploads++
	s.write(e.recording(key, append(sentence(), silence(e.uploads)...)))
	return s
}

// answer sends a recording and reads the body of the reply, whose status is 200.
func (e *edge) answer(key string) string {
	e.t.Helper()
	start, head, body := e.upload(key).reply()
	e.is(start, "HTTP/1.1 200 OK")
	if id, has := head.Value("X-Session-ID"); !has || id == "" {
		e.t.Fatalf("no X-Session-ID: %v", head.Lines)
	}
	return body
}

// recognizes finds that the key is good for a recording, and returns the reply.
func (e *edge) recognizes(key string) string {
	e.t.Helper()
	body := e.answer(key)
	e.matches(body, `\{"results":\[\{"tokens":\[\{"written":.*\}\],"utteranceid":"[^"]+","text":"[^"]+","code":"","message":""\}`+"\r\n")
	return body
}

func failure(code, message string) string {
	return `\{"results":\[\{"tokens":\[\],"tags":\[\],"rulename":"","text":""\}\](?:,"utteranceid":"20260730/23|,"utteranceid":"20260731/08)[^"]*","text":"","code":"` +
		code + `","message":"` + message + `"\}` + "\r\n"
}

// syncCodeEdges are replies with a code. Those that pass strike once.
func syncCodeEdges() map[string]func(*edge) {
	always := func(code, message string) func(*edge) {
		return func(e *edge) {
			for range 2 {
				e.matches(e.answer(e.key), failure(code, message))
			}
		}
	}
	once := func(code, message string) func(*edge) {
		return func(e *edge) {
			e.matches(e.answer(e.key), failure(code, message))
			_ = e.recognizes(e.key)
		}
	}
	refused := func(e *edge) {
		for range 2 {
			e.is(e.answer(e.key), unauthorized)
		}
		_ = e.recognizes(e.plain())
	}
	return map[string]func(*edge){
		"sync.bad-credentials":        refused,
		"sync.address-refused":        refused,
		"sync.engine-refused":         refused,
		"sync.low-confidence":         lowConfidence,
		"sync.format-unsupported":     always(`\+`, "received unsupported audio format"),
		"sync.recording-too-large":    always("%", "received too large audio data from client"),
		"sync.engine-not-loaded":      always("x", "recognition result is rejected because grammar files are not loaded"),
		"sync.send-failed":            once(">", "failed to send audio data to recognizer server"),
		"sync.upload-timeout":         once(`\$`, "timeout occurred while receiving audio data from client"),
		"sync.recognizer-busy":        once("b", "recognition result is rejected because recognizer server is busy"),
		"sync.recognizer-unreachable": once("!", "failed to connect to recognizer server"),
		"sync.result-lost":            once("<", "failed to receive recognition result from recognizer server"),
		"sync.result-invalid":         once("#", "received invalid recognition result from recognizer server"),
		"sync.recognition-cancelled":  once("c", "recognition result is rejected because the recognition process is cancelled"),
		"sync.fatal-error":            once(`\?`, "recognition result is rejected because fatal error occurred in recognizer server"),
	}
}

func lowConfidence(e *edge) {
	for range 2 {
		e.is(e.answer(e.key), `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"o","message":"recognition result is rejected because confidence is below the threshold"}`+"\r\n")
	}
}

// syncEdges are replies that are about something else than they should be.
func syncEdges() map[string]func(*edge) {
	return map[string]func(*edge){
		"sync.key-expired": func(e *edge) {
			for range 2 {
				e.is(e.answer(e.key), unauthorized)
			}
			_ = e.recognizes(e.plain())
		},
		"sync.key-good-for-one-request": func(e *edge) {
			_ = e.recognizes(e.key)
			for range 2 {
				e.is(e.answer(e.key), unauthorized)
			}
			_ = e.recognizes(e.plain())
		},
		"sync.empty-result": func(e *edge) {
			e.matches(e.answer(e.key), `\{"results":\[\{"tokens":\[\],"confidence":[0-9.]+,"starttime":[0-9]+,"endtime":[0-9]+,"tags":\[\],"rulename":"","text":""\}\],"utteranceid":"[^"]+","text":"","code":"","message":""\}`+"\r\n")
		},
		"sync.low-upload-limit": func(e *edge) {
			audio := append(silence(100), speech(800)...)
			fits := append(audio, silence(100)...)
			for _, c := range []struct {
				audio []byte
				want  string
			}{
				{fits, `\{"results":\[\{"tokens":\[\{.*"code":"","message":""\}` + "\r\n"},
				{append(fits, 0, 0), failure("%", "received too large audio data from client")},
			} {
				s := e.connect()
				s.write(e.recording(e.key, c.audio))
				_, _, body := s.reply()
				e.matches(body, c.want)
			}
		},
		"sync.page-instead-of-json": func(e *edge) {
			e.is(e.answer(e.key), "<!DOCTYPE html><title>Sign in</title><p>Please sign in to this network.")
			_ = e.recognizes(e.key)
		},
		"sync.huge-result": func(e *edge) {
			body := e.answer(e.key)
			var r result
			if err := json.Unmarshal([]byte(body), &r); err != nil || len(body) < 1<<20 || len(r.Results[0].Tokens) != 10_000 {
				e.t.Fatalf("%d bytes, %v", len(body), err)
			}
			e.is(r.Text, strings.Repeat("とても長い結果", 10_000))
			_ = e.recognizes(e.key)
		},
		"sync.astral-characters": func(e *edge) {
			e.matches(e.answer(e.key), `.*,"text":"\\ud842\\udfb7\\u91ce\\u5bb6\\u3067\\ud83d\\ude00\\ud867\\ude3d\\u3092\\u98df\\u3079\\u308b\\u3002","code":"","message":""\}`+"\r\n")
		},
		"sync.reply-garbled": func(e *edge) {
			body := e.answer(e.key)
			if json.Valid([]byte(body)) || len(body) < 100 {
				e.t.Fatalf("not garbled: %q", body)
			}
			_ = e.recognizes(e.key)
		},
	}
}

// syncEndEdges are connections that are slow, or that end.
func syncEndEdges() map[string]func(*edge) {
	proxied := func(status string, times int) func(*edge) {
		return func(e *edge) {
			for range times {
				e.upload(e.key).proxied(status)
			}
			_ = e.recognizes(e.key)
		}
	}
	return map[string]func(*edge){
		"sync.proxy-429": proxied("429 Too Many Requests", 1),
		"sync.proxy-500": proxied("500 Internal Server Error", 1),
		"sync.proxy-502": proxied("502 Bad Gateway", 1),
		"sync.unread-413": func(e *edge) {
			e.upload(e.key).proxied("413 Request Entity Too Large")
			e.recognizes(e.plain())
		},
		"sync.retry-after": func(e *edge) {
			start, head, _ := e.upload(e.key).reply()
			after, _ := head.Value("Retry-After")
			e.is(start+" "+after, "HTTP/1.1 503 Service Unavailable 5")
			e.recognizes(e.key)
		},
		"sync.proxy-503": proxied("503 Service Unavailable", 2),
		"sync.proxy-504": proxied("504 Gateway Timeout", 1),
		"sync.proxy-413": func(e *edge) {
			for range 2 {
				e.upload(e.key).proxied("413 Request Entity Too Large")
			}
		},
		"sync.slow-upload": func(e *edge) {
			s := e.upload(e.key)
			e.struckAt("sync")
			e.pass(20 * time.Second) // 96,400 bytes take 24 s
			s.quiet()
			e.pass(10 * time.Second)
			start, _, _ := s.reply()
			e.is(start, "HTTP/1.1 200 OK")
		},
		"sync.slow-reply": func(e *edge) {
			s := e.upload(e.key)
			e.struckAt("sync")
			e.pass(29999 * time.Millisecond)
			s.quiet()
			e.pass(time.Millisecond)
			start, _, _ := s.reply()
			e.is(start, "HTTP/1.1 200 OK")
		},
		"sync.reply-in-drops": func(e *edge) {
			s := e.upload(e.key)
			e.is(s.exactly(1), "H")
			s.quiet()
			e.pass(10 * time.Millisecond)
			e.is(s.exactly(1), "T")
			s.quiet()
			e.pass(time.Minute)
			text, how := s.rest()
			e.is(how, "fin")
			e.matches(text, `(?s:TP/1\.1 200 OK\r\n.*"code":"","message":""\})`+"\r\n")
		},
		"sync.reply-cut-off": func(e *edge) {
			text, how := e.upload(e.key).rest()
			_, body, _ := strings.Cut(text, "\r\n\r\n")
			if n := contentLength(text); how != "fin" || len(body) != n/2 || n < 100 {
				e.t.Fatalf("%s, %d bytes of %d", how, len(body), n)
			}
			_ = e.recognizes(e.key)
		},
		"sync.reset-while-uploading": func(e *edge) { e.half().ends("rst"); _ = e.recognizes(e.key) },
		"sync.closed-without-reply":  func(e *edge) { e.upload(e.key).ends("fin"); _ = e.recognizes(e.key) },
		"sync.hang-while-uploading": func(e *edge) {
			s := e.half()
			e.struckAt("sync")
			s.quiet()
			_ = e.recognizes(e.key)
		},
		"sync.hang-after-upload": hangsAfterUpload,
		"sync.no-answer":         hangsAfterUpload,
	}
}

func hangsAfterUpload(e *edge) {
	s := e.upload(e.key)
	e.struckAt("sync")
	s.quiet()
	e.pass(time.Hour)
	s.quiet()
	_ = e.recognizes(e.key)
}

// half sends a recording up to the middle of its audio.
func (e *edge) half() *socket {
	e.t.Helper()
	s := e.connect()
	whole := e.recording(e.key, sentence())
	s.write(whole[:len(whole)/2])
	return s
}
