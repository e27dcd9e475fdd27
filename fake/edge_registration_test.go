package fake_test

import (
	"fmt"
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

// registrationEdges are requests about words on which the network, or another clock, has its way.
func registrationEdges() map[string]func(*edge) {
	return map[string]func(*edge){
		"words.said-to-be-expired": func(e *edge) {
			start, _, body := e.words(e.key, profile, "").reply()
			e.is(start+" "+body, `HTTP/1.1 401 Unauthorized {"code":"-","message":"service authorization has expired: 2026/07/30 23:59:30.000 +0000 (-0s)"}`)
			e.registers(e.plain())
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
