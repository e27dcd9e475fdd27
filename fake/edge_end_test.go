package fake_test

import "time"

// shake sends a handshake and reads nothing.
func (e *edge) shake() *socket {
	e.t.Helper()
	s := e.connect()
	s.write(handshake{}.request(e.addr))
	return s
}

// handshakeEdges are handshakes that do not come about, or late.
func handshakeEdges() map[string]func(*edge) {
	proxied := func(status string) func(*edge) {
		return func(e *edge) {
			e.shake().proxied(status)
			e.fine(e.key)
		}
	}
	return map[string]func(*edge){
		"stream.handshake-429": proxied("429 Too Many Requests"),
		"stream.handshake-502": proxied("502 Bad Gateway"),
		"stream.handshake-503": proxied("503 Service Unavailable"),
		"stream.handshake-403": func(e *edge) {
			e.shake().proxied("403 Forbidden")
			e.shake().proxied("403 Forbidden")
		},
		"stream.handshake-reset": func(e *edge) {
			e.shake().ends("rst")
			e.fine(e.key)
		},
		"stream.handshake-cut-off": func(e *edge) {
			text, how := e.shake().rest()
			e.is(text+how, "HTTP/1.1 101 Switching Protocols\r\nUpgradfin")
			e.fine(e.key)
		},
		"stream.slow-handshake": func(e *edge) {
			s := e.shake()
			e.struckAt("stream")
			e.pass(4999 * time.Millisecond)
			s.quiet()
			e.pass(time.Millisecond)
			e.is(s.exactly(32), "HTTP/1.1 101 Switching Protocols")
			e.fine(e.key)
		},
		"stream.hang-before-handshake": func(e *edge) {
			s := e.shake()
			e.struckAt("stream")
			s.quiet()
			e.pass(time.Hour)
			s.quiet()
			e.fine(e.key)
		},
		"stream.hang-in-handshake": func(e *edge) {
			s := e.shake()
			e.is(s.exactly(20), "HTTP/1.1 101 Switchi")
			e.pass(59 * time.Minute)
			s.quiet()
			e.fine(e.key)
		},
	}
}

// hangEdges are services that say nothing any more.
func hangEdges() map[string]func(*edge) {
	return map[string]func(*edge){
		"stream.hang-after-handshake": func(e *edge) {
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + e.key)
			e.deaf(c)
		},
		"stream.hang-in-mid-stream": func(e *edge) {
			c := e.begin("LSB16K")
			c.feed(silence(1000), 3200)
			e.deaf(c)
		},
		"stream.no-answer-to-start": func(e *edge) {
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + e.key)
			if c.settle(); len(c.texts) > 0 {
				e.t.Fatalf("an answer: %q", c.texts)
			}
			c.feed(sentence(), 3200) // it goes on all the same
			c.text("e")
			events, end := c.until("e")
			e.matches(outline(events)+end, "SCUEU?Ae")
			e.fine(e.key)
		},
		"stream.no-answer-to-end": func(e *edge) {
			c := e.begin("LSB16K")
			c.feed(sentence(), 3200)
			c.text("e")
			c.settle()
			e.matches(outline(c.texts), "SCUEU?A")
			c.below().quiet()
			e.fine(e.key)
		},
	}
}

// deaf finds that nothing more comes on c, not even a pong, however long it takes.
func (e *edge) deaf(c *rawClient) {
	e.t.Helper()
	e.struckAt("stream")
	c.write(true, opPing, []byte("there?"))
	c.feed(silence(500), 3200)
	c.below().quiet()
	e.pass(23 * time.Hour)
	c.below().quiet()
	e.fine(e.key)
}

// endEdges are connections that end in the middle of a dialogue.
func endEdges() map[string]func(*edge) {
	inUtterance := func(end func(*edge, *rawClient)) func(*edge) {
		return func(e *edge) {
			c := e.begin("LSB16K")
			c.p(append(silence(500), speech(1200)...))
			e.matches(c.next(), "S [0-9]+")
			end(e, c)
			e.fine(e.key)
		}
	}
	inAudio := func(end func(*edge, *rawClient)) func(*edge) {
		return func(e *edge) {
			c := e.begin("LSB16K")
			c.feed(silence(900), 3200)
			c.settle()
			c.p(silence(100))
			end(e, c)
			e.fine(e.key)
		}
	}
	reset := func(_ *edge, c *rawClient) { c.below().ends("rst") }
	return map[string]func(*edge){
		"stream.reset-in-mid-utterance":  inUtterance(reset),
		"stream.closed-in-mid-utterance": inUtterance(func(e *edge, c *rawClient) { e.closeFrame(c, "\x03\xf3") }),
		"stream.reset-while-feeding":     inAudio(reset),
		"stream.server-goes-away":        inAudio(func(e *edge, c *rawClient) { e.closeFrame(c, "\x03\xe9") }),
		"stream.closed-instead-of-start-answer": func(e *edge) {
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + e.key)
			c.closed()
			e.fine(e.key)
		},
		"stream.closed-instead-of-end-answer": func(e *edge) {
			c := e.begin("LSB16K")
			c.feed(sentence(), 3200)
			c.settle()
			e.matches(outline(c.texts), "SCUEU?A")
			c.texts = nil
			c.text("e")
			c.closed()
			e.fine(e.key)
		},
	}
}
