package fake_test

import (
	"strings"
	"time"

	"mockamivoice/fake"
)

const (
	notValidated = "s can't validate service authorization"
	notFed       = "p can't feed audio data to recognizer server"
)

// startEdges are what s is answered.
func startEdges() map[string]func(*edge) {
	const expiredJustNow = "s service authorization has expired: 2026/07/30 23:59:30.000 +0000 (-0s)"
	return map[string]func(*edge){
		"stream.bad-credentials":         refusedAtStart(notValidated),
		"stream.address-refused":         refusedAtStart(notValidated),
		"stream.engine-refused":          refusedAtStart(notValidated),
		"stream.illegal-authorization":   refusedAtStart("s received illegal service authorization"),
		"stream.format-refused-at-start": refusedAtStart("s received unsupported audio format"),
		"stream.address-unverified":      refusedOnce("s can't verify service authorization"),
		"stream.recognizer-unavailable":  refusedOnce("s can't connect to recognizer server"),
		"stream.no-available-servers":    refusedOnce("s can't connect to recognizer server (can't find available servers)"),
		"stream.start-out-of-turn":       refusedOnce("s can't start feeding audio data to recognizer server"),
		"stream.key-expired-at-start": func(e *edge) {
			e.refuses("s service authorization has expired: 2026/07/30 23:59:09.000 +0000 (-21s)")
			e.refuses("s service authorization has expired: 2026/07/30 23:59:09.000 +0000 (-21s)") // it stays expired
			e.fine(e.plain())
		},
		"stream.key-expires-before-first-p": func(e *edge) {
			c := e.begin("LSB16K")
			c.feed(silence(500), 3200)
			e.is(c.next(), notFed)
			c.text("e")
			e.is(c.next(), "e")
			e.start2(c, e.plain())
			e.refuses(expiredJustNow)
		},
		"stream.key-good-for-one-start": func(e *edge) {
			c, _, end := e.spokenBy(e.key)
			e.is(end, "e")
			c.text("s LSB16K -a-general authorization=" + e.key)
			e.is(c.next(), expiredJustNow)
			c.closed()
			e.fine(e.plain())
		},
		"stream.close-code-breaks-reader": func(e *edge) {
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + e.key)
			e.is(c.next(), notValidated)
			e.closeFrame(c, "\x03\xe8")
		},
		"stream.info-before-start-answer": func(e *edge) {
			c := e.dial(handshake{})
			for range 2 {
				c.text("s LSB16K -a-general authorization=" + e.key)
				e.is(c.next()+", "+c.next(), "G information, s")
				c.text("e")
				e.is(c.next(), "e")
			}
		},
		"stream.blank-answer-to-start": func(e *edge) {
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + e.key)
			e.is(c.next(), "s ")
			c.text("e")
			e.is(c.next(), "e")
			e.fine(e.key)
		},
		"stream.slow-start-answer": func(e *edge) {
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + e.key)
			e.pass(4999*time.Millisecond, c)
			if c.settle(); len(c.texts) > 0 {
				e.t.Fatalf("too early: %q", c.texts)
			}
			e.pass(time.Millisecond)
			e.is(c.next(), "s")
			e.fine(e.key)
		},
		"stream.line-ends": func(e *edge) {
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general resultUpdatedInterval=0 authorization=" + e.key)
			e.is(string(e.frame(c).payload), "s\r\n")
			c.feed(sentence(), 3200)
			c.text("e")
			for _, want := range []string{"S [0-9]+", "C", "E [0-9]+", `A \{.*\}`, "e"} {
				e.matches(string(e.frame(c).payload), want+"\r\n")
			}
			e.fine(e.plain())
		},
	}
}

// refuses finds that s is answered with a refusal and the connection closed without a code.
func (e *edge) refuses(text string) {
	e.t.Helper()
	c := e.dial(handshake{})
	c.text("s LSB16K -a-general authorization=" + e.key)
	e.is(c.next(), text)
	c.closed()
}

func refusedAtStart(text string) func(*edge) {
	return func(e *edge) {
		e.refuses(text)
		e.refuses(text)
		e.fine(e.plain())
	}
}

func refusedOnce(text string) func(*edge) {
	return func(e *edge) {
		e.refuses(text)
		e.fine(e.key)
	}
}

// start2 finds that the connection can be used again from s.
func (e *edge) start2(c *rawClient, key string) {
	e.t.Helper()
	var events []string
	if end := e.speak(c, key, &events); end != "e" || !strings.HasSuffix(outline(events), "A") {
		e.t.Fatalf("not an ordinary dialogue: %q, %q", events, end)
	}
}

func (e *edge) frame(c *rawClient) rawFrame {
	e.t.Helper()
	f, err := c.frame()
	if err != nil || !f.fin || f.masked {
		e.t.Fatalf("not a whole frame: %+v, %v", f, err)
	}
	return f
}

// closeFrame finds a close frame with that payload, and then the end of the connection.
func (e *edge) closeFrame(c *rawClient, payload string) {
	e.t.Helper()
	f := e.frame(c)
	if f.opcode != opClose || string(f.payload) != payload {
		e.t.Fatalf("not a close frame with %q: %+v", payload, f)
	}
	c.write(true, opClose, f.payload)
	c.below().ends("fin")
}

// feedEdges are what goes wrong while audio is coming in, and at e.
func feedEdges() map[string]func(*edge) {
	return map[string]func(*edge){
		"stream.format-refused-at-feed": func(e *edge) {
			c := e.begin("LSB16K")
			c.feed(silence(500), 3200)
			e.is(c.next(), "p received unsupported audio format")
			e.start2(c, e.key)
		},
		"stream.refused-in-mid-stream": func(e *edge) {
			c := e.begin("LSB16K")
			c.feed(silence(900), 3200)
			if c.settle(); len(c.texts) > 0 {
				e.t.Fatalf("too early: %q", c.texts)
			}
			c.feed(silence(900), 3200)
			e.is(c.next(), notFed)
			if c.settle(); len(c.texts) > 0 {
				e.t.Fatalf("more than once: %q", c.texts)
			}
			e.start2(c, e.key)
		},
		"stream.end-refused": func(e *edge) {
			for range 2 {
				_, events, end := e.spokenBy(e.key)
				e.is(outline(events[len(events)-1:])+" "+end, "A e can't stop feeding audio data to recognizer server")
			}
		},
		"stream.audio-lost": func(e *edge) {
			usual, lossy := e.lastTime(e.plain()), e.lastTime(e.key)
			if usual-lossy != 1000 {
				e.t.Fatalf("speech ends at %d ms, and at %d ms with ten packets of 100 ms fewer", usual, lossy)
			}
		},
		"stream.audio-heard-twice": func(e *edge) {
			usual, longer := e.lastTime(e.plain()), e.lastTime(e.key)
			if longer-usual != 100 {
				e.t.Fatalf("speech ends at %d ms, and at %d ms with a packet of 100 ms heard twice", usual, longer)
			}
		},
	}
}

// lastTime says a long sentence and returns when it ended.
func (e *edge) lastTime(key string) (at int) {
	e.t.Helper()
	c := e.dial(handshake{})
	c.text("s LSB16K -a-general authorization=" + key)
	e.is(c.next(), "s")
	c.feed(append(append(silence(500), speech(3000)...), silence(1300)...), 3200)
	c.text("e")
	events, end := c.until("e")
	e.is(end, "e")
	for _, m := range events {
		if m[0] == 'E' {
			at = milliseconds(m)
		}
	}
	if at == 0 {
		e.t.Fatalf("no E in %q", events)
	}
	return at
}

func milliseconds(m string) (n int) {
	for _, d := range m[2:] {
		n = n*10 + int(d-'0')
	}
	return n
}

// limitEdges are limits of the service.
func limitEdges() map[string]func(*edge) {
	atPacket := func(n int, text string) func(*edge) {
		return func(e *edge) {
			c := e.begin("LSB16K")
			c.feed(silence(100*(n-1)), 3200)
			if c.settle(); len(c.texts) > 0 {
				e.t.Fatalf("too early: %q", c.texts)
			}
			c.p(silence(100))
			e.is(c.next(), text)
			c.closed()
			e.fine(e.plain())
		}
	}
	return map[string]func(*edge){
		"stream.timeout-idle":              atPacket(3, "e timeout occurred"),
		"stream.timeout-while-recognizing": atPacket(3, "e timeout occurred while recognizing audio data from client"),
		"stream.no-speech": func(e *edge) {
			atPacket(10, notFed)(e)
			e.key = e.issue(fake.KeyRequest{EPI: "90000000", Scenario: e.s.ID})
			e.keyID = "" // there are two now
			c := e.begin("LSB16K")
			c.feed(speech(1000), 3200) // it strikes in the middle of speech as well
			_, end := c.until("e")
			e.is(end, notFed)
			c.closed()
		},
		"stream.session-limit": atPacket(10, "p session timeout occurred"),
		"stream.short-patience": func(e *edge) {
			c := e.begin("LSB16K")
			e.pass(4999*time.Millisecond, c)
			c.p(silence(100))
			e.pass(4999*time.Millisecond, c)
			if c.settle(); len(c.texts) > 0 {
				e.t.Fatalf("too early: %q", c.texts)
			}
			e.pass(time.Millisecond)
			e.is(c.next(), "e timeout occurred")
			c.closed()
		},
		"stream.hangs-up-without-start": func(e *edge) {
			c := e.dial(handshake{})
			e.pass(4999*time.Millisecond, c)
			c.below().quiet()
			e.pass(time.Millisecond)
			c.closed()
		},
		"stream.utterance-cut": func(e *edge) {
			c := e.begin("LSB16K", "resultUpdatedInterval=0")
			c.feed(append(append(silence(500), speech(5000)...), silence(1300)...), 3200)
			c.text("e")
			events, end := c.until("e")
			e.is(end, "e")
			starts, longest := 0, 0
			for i, m := range events {
				switch m[0] {
				case 'S':
					starts++
				case 'E':
					longest = max(longest, milliseconds(m)-lastStart(events[:i]))
				}
			}
			if starts < 3 || longest > 2100 || strings.Count(outline(events), "A") != starts {
				e.t.Fatalf("%d utterances, the longest of %d ms: %q", starts, longest, outline(events))
			}
		},
	}
}

func lastStart(events []string) (at int) {
	for _, m := range events {
		if m[0] == 'S' {
			at = milliseconds(m)
		}
	}
	return at
}
