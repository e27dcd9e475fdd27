package fake_test

import (
	"fmt"
	"strings"
	"time"
)

const issueBody = "sid=demo&spw=demo-password&epi=600000"

// askForKey sends a request for a key.
func (e *edge) askForKey() *socket {
	e.t.Helper()
	s := e.connect()
	s.write(fmt.Sprintf("POST /issue_service_authorization HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		e.addr, len(issueBody), issueBody))
	return s
}

// getsKey asks for a key, gets one at once, and finds that it is good.
func (e *edge) getsKey() string {
	e.t.Helper()
	start, _, key := e.askForKey().reply()
	e.is(start, "HTTP/1.1 200 OK")
	e.matches(key, `[!-~]{20,}`)
	_ = e.recognizes(key)
	return key
}

func issueEdges() map[string]func(*edge) {
	proxied := func(status string) func(*edge) {
		return func(e *edge) {
			e.askForKey().proxied(status)
			e.getsKey()
		}
	}
	return map[string]func(*edge){
		"issue.proxy-429": proxied("429 Too Many Requests"),
		"issue.proxy-500": proxied("500 Internal Server Error"),
		"issue.proxy-503": proxied("503 Service Unavailable"),
		"issue.empty-reply": func(e *edge) {
			for range 2 {
				start, head, body := e.askForKey().reply()
				length, _ := head.Value("Content-Length")
				e.is(start+" "+length+body, "HTTP/1.1 200 OK 0")
			}
		},
		"issue.unauthorized": func(e *edge) {
			for range 2 {
				start, _, body := e.askForKey().reply()
				e.is(start+" "+body, `HTTP/1.1 401 Unauthorized {"code":"-","message":"can't verify service authorization"}`+"\r\n")
			}
		},
		"issue.bad-request": func(e *edge) {
			for range 2 {
				start, _, body := e.askForKey().reply()
				e.is(start+" "+body, `HTTP/1.1 400 Bad Request {"code":"?","message":"illegal parameter: sid"}`+"\r\n")
			}
		},
		"issue.key-already-expired": func(e *edge) {
			_, _, key := e.askForKey().reply()
			e.matches(key, `[!-~]{20,}`)
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + key)
			e.is(c.next(), "s service authorization has expired: 2026/07/30 23:54:30.000 +0000 (-300s)")
			e.getsKey()
		},
		"issue.slow": func(e *edge) {
			s := e.askForKey()
			e.struckAt("issue")
			e.pass(9999 * time.Millisecond)
			s.quiet()
			e.pass(time.Millisecond)
			start, _, key := s.reply()
			e.is(start, "HTTP/1.1 200 OK")
			_ = e.recognizes(key)
		},
		"issue.hang": func(e *edge) {
			s := e.askForKey()
			e.struckAt("issue")
			s.quiet()
			e.pass(time.Hour)
			s.quiet()
			e.getsKey()
		},
		"issue.no-answer": func(e *edge) {
			s := e.askForKey()
			e.struckAt("issue")
			s.quiet()
			e.getsKey()
		},
		"issue.page-instead-of-key": func(e *edge) {
			start, _, body := e.askForKey().reply()
			e.is(start+" "+body, "HTTP/1.1 200 OK <!DOCTYPE html><title>Sign in</title><p>Please sign in to this network.")
			e.getsKey()
		},
		"issue.key-with-line-end": func(e *edge) {
			_, _, body := e.askForKey().reply()
			key, found := strings.CutSuffix(body, "\r\n")
			if !found {
				e.t.Fatalf("no line end: %q", body)
			}
			_ = e.recognizes(key)
		},
		"issue.key-in-drops": func(e *edge) {
			s := e.askForKey()
			text := e.pieces(s, 8, 100*time.Millisecond, func(soFar string) bool {
				_, body, begun := strings.Cut(soFar, "\r\n\r\n")
				return !begun || len(body) < contentLength(soFar)
			})
			_, key, _ := strings.Cut(text, "\r\n\r\n")
			_ = e.recognizes(key)
			s.ends("fin")
		},
		"issue.key-cut-off": func(e *edge) {
			text, how := e.askForKey().rest()
			_, body, _ := strings.Cut(text, "\r\n\r\n")
			if how != "fin" || len(body) != 20 || contentLength(text) <= 20 {
				e.t.Fatalf("%s: %q", how, text)
			}
			e.getsKey()
		},
		"issue.key-garbled": func(e *edge) {
			start, _, key := e.askForKey().reply()
			e.is(start, "HTTP/1.1 200 OK")
			e.matches(key, `[!-~]{20,}`)
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + key)
			e.is(c.next(), "s can't validate service authorization")
			e.getsKey()
		},
		"issue.reset":              func(e *edge) { e.askForKey().ends("rst"); e.getsKey() },
		"issue.closed-without-key": func(e *edge) { e.askForKey().ends("fin"); e.getsKey() },
	}
}

// contentLength is the length that the head of a reply promises, 0 for none.
func contentLength(text string) (n int) {
	_, rest, _ := strings.Cut(text, "Content-Length: ")
	_, _ = fmt.Sscanf(rest, "%d\r\n", &n)
	return n
}
