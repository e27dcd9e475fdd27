package fake_test

import (
	"fmt"
	"time"
)

// wordsRequest is a request with the key in its header.
func (e *edge) wordsRequest(method, target, key string) *socket {
	e.t.Helper()
	s := e.connect()
	s.write(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: 0\r\n\r\n", method, target, e.addr, key))
	return s
}

// wordsEdges are refusals of dictionaries, classes and definitions. A key that the case is not bound to gets what it asks for.
func wordsEdges() map[string]func(*edge) {
	const words, classes, definitions = "/profilewords/-a-general/test", "/classnames/-a-general", "/v1/sentiment-analysis/ja/result-parameters.json"
	refused := func(method, target, status, body string) func(*edge) {
		return func(e *edge) {
			start, _, got := e.wordsRequest(method, target, e.key).reply()
			e.is(start, "HTTP/1.1 "+status)
			e.is(got, body)
			start, _, _ = e.wordsRequest("GET", classes, e.plain()).reply()
			e.is(start, "HTTP/1.1 200 OK")
		}
	}
	return map[string]func(*edge){
		"words.key-expired":                refused("GET", classes, "401 Unauthorized", `{"code":"-","message":"service authorization has expired: 2026/07/30 23:59:29.000 +0000 (-1s)"}`),
		"words.key-refused":                refused("GET", words, "401 Unauthorized", `{"code":"-","message":"can't verify service authorization"}`),
		"words.engine-missing":             refused("GET", classes, "404 Not Found", `{"code":"?","message":"missing dictation grammar file name"}`),
		"words.method-refused":             refused("PUT", words, "405 Method Not Allowed", `{"code":"?","message":"PUT method is not allowed"}`),
		"words.profile-unknown":            refused("GET", words, "404 Not Found", `{"code":"?","message":"unknown profile"}`),
		"words.definitions-without-header": refused("GET", definitions, "400 Bad Request", `{"message":"No authorization header"}`),
		"words.definitions-without-token":  refused("GET", definitions, "400 Bad Request", `{"message":"Invalid authentication credentials"}`),
		"words.definitions-odd-header":     refused("GET", definitions, "400 Bad Request", `{"message":"Invalid authorization header format"}`),
		"words.definitions-refused":        refused("GET", definitions, "401 Unauthorized", `{"message":"Failed to authorize for the app_key"}`),
		"words.hang": func(e *edge) {
			s := e.wordsRequest("GET", words, e.key)
			e.struckAt("words")
			s.quiet()
			if _, err := e.Advance(61 * time.Second); err != nil {
				e.t.Fatal(err)
			}
		},
	}
}
