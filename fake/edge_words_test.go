package fake_test

import (
	"fmt"
	"strings"
	"time"
)

const profile = "/profilewords/-a-general/names"

// words sends a request about words: with a body it is a registration.
func (e *edge) words(key, target, body string) *socket {
	e.t.Helper()
	s := e.connect()
	method := "GET"
	if body != "" {
		method = "POST"
	}
	s.write(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", method, target, e.addr, key, len(body), body))
	return s
}

// registers registers a word, and reads it back.
func (e *edge) registers(key string) {
	e.t.Helper()
	start, _, _ := e.words(key, profile, `{"profilewords":[{"written":"AMI","spoken":"あみ"}]}`).reply()
	e.is(start, "HTTP/1.1 200 OK")
	start, _, body := e.words(key, profile, "").reply()
	e.is(start+" "+body, `HTTP/1.1 200 OK {"profilewords":[{"written":"AMI","spoken":"\u3042\u307f"}]}`)
}

// wordsEdges are requests about words, and about what is beside them, that go wrong.
func wordsEdges() map[string]func(*edge) {
	refused := func(target, status, body string) func(*edge) {
		return func(e *edge) {
			start, _, got := e.words(e.key, target, "").reply()
			e.is(start+" "+strings.TrimSuffix(got, "\r\n"), "HTTP/1.1 "+status+" "+body)
			e.registers(e.plain())
		}
	}
	const definitions = "/v1/sentiment-analysis/ja/result-parameters.json"
	return map[string]func(*edge){
		"words.refused-key":         refused(profile, "401 Unauthorized", `{"code":"-","message":"can't verify service authorization"}`),
		"words.said-to-be-expired":  refused(profile, "401 Unauthorized", `{"code":"-","message":"service authorization has expired: 2026/07/30 23:59:30.000 +0000 (-0s)"}`),
		"words.path-without-engine": refused(profile, "404 Not Found", `{"code":"?","message":"missing dictation grammar file name"}`),
		"words.method-refused":      refused(profile, "405 Method Not Allowed", `{"code":"?","message":"GET method is not allowed"}`),

		"words.definitions-without-header": refused(definitions, "400 Bad Request", `{"message":"No authorization header"}`),
		"words.definitions-without-token":  refused(definitions, "400 Bad Request", `{"message":"Invalid authentication credentials"}`),
		"words.definitions-other-scheme":   refused(definitions, "400 Bad Request", `{"message":"Invalid authorization header format"}`),
		"words.definitions-refused":        refused(definitions, "401 Unauthorized", `{"message":"Failed to authorize for the app_key"}`),

		"words.key-expired": func(e *edge) {
			start, _, body := e.words(e.key, profile, "").reply()
			e.is(start, "HTTP/1.1 401 Unauthorized")
			e.matches(body, `\{"code":"-","message":"service authorization has expired: 2026/07/30 23:59:29\.000 \+0000 \(-1s\)"\}`)
			_, _, another := e.askForKey().reply()
			e.registers(another)
		},
		"words.down": func(e *edge) {
			for range 2 {
				e.words(e.key, profile, "").proxied("503 Service Unavailable")
			}
			e.registers(e.key)
		},
		"words.reset": func(e *edge) {
			e.words(e.key, profile, `{"profilewords":[]}`).ends("rst")
			e.registers(e.key)
		},
		"words.slow": func(e *edge) {
			s := e.words(e.key, profile, `{"profilewords":[]}`)
			e.struckAt("words")
			e.pass(19999 * time.Millisecond)
			s.quiet()
			e.pass(time.Millisecond)
			start, _, _ := s.reply()
			e.is(start, "HTTP/1.1 200 OK")
		},
	}
}
