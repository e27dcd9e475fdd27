package judge

import (
	"strings"

	"mockamivoice/protocol"
)

// answerLaws hold of the answers to s, p and e.
func answerLaws() []Law { //nolint:funlen,gocognit // a table
	cycles := func(check func(t *trial, c *cycle)) func(*trial, *dialogue) {
		return func(t *trial, d *dialogue) {
			for _, c := range d.cycles() {
				check(t, c)
			}
		}
	}
	all := []Law{
		{
			ID: "server.stream.one-answer-per-s", Title: "Each s is answered once", Level: Must, Basis: protocol.Documented,
			Source: "manual: reference-websocket-s-command-packet", Why: "A second answer is taken for that to the next s.", Fix: "Answer once, with s or with an error.",
			check: cycles(func(t *trial, c *cycle) {
				t.apply()
				if len(c.starts) > 1 {
					t.find(c.starts[1].entry, "a second answer to the same s: %q", c.starts[1].entry.Text)
				}
			}),
		},
		{
			ID: "server.stream.one-answer-per-e", Title: "Each e is answered once", Level: Must, Basis: protocol.Documented,
			Source: "manual: reference-websocket-e-command-packet", Why: "A second answer ends the next cycle of a client.", Fix: "Answer once, behind everything else of the cycle.",
			check: cycles(func(t *trial, c *cycle) {
				if c.end == nil {
					return
				}
				t.apply()
				if len(c.ends) > c.asked {
					t.find(c.ends[c.asked].entry, "one more answer than there were e: %q", c.ends[c.asked].entry.Text)
				}
			}),
		},
		{
			ID: "server.stream.bare-answers", Title: "An answer is its letter alone, or letter, blank and text", Level: Must, Basis: protocol.Documented,
			Source: "manual: reference-websocket, s and e packets", Why: `Clients compare with "s"; a line end or a blank behind it is an error with an empty text.`, Fix: "Send exactly one byte on success.",
			check: cycles(bareAnswers),
		},
		{
			ID: "server.stream.nothing-before-answer", Title: "Nothing but G comes before the answer to s", Level: Must, Basis: protocol.Documented,
			Source: "manual: websocket-interface-command-and-response", Why: "A client that waits for the answer takes the first message for it.", Fix: "Answer s first.",
			check: nothingBefore,
		},
		{
			ID: "server.stream.nothing-after-end", Title: "Nothing of a cycle comes behind the answer to e", Level: Must, Basis: protocol.Documented,
			Source: "manual: reference-websocket-e-command-packet", Why: "Clients disconnect at e; the result is lost.", Fix: "Send every result, then e.",
			check: cycles(func(t *trial, c *cycle) {
				if len(c.ends) == 0 {
					return
				}
				t.apply()
				for _, m := range c.late {
					if !isNotice(m) {
						t.find(m.entry, "%q comes behind the answer to e", m.entry.Text)
					}
				}
			}),
		},
		{
			ID: "server.stream.one-p-error", Title: "A cycle has at most one p error", Level: Should, Basis: protocol.Inferred,
			Source: "ruled: later packets of a burst are swallowed", Why: "Clients start again at each of them.", Fix: "Swallow p until the next s or e.",
			check: cycles(func(t *trial, c *cycle) {
				if !c.sent {
					return
				}
				t.apply()
				for _, m := range c.again {
					t.find(m.entry, "a second p error: %q", m.entry.Text)
				}
			}),
		},
		{
			ID: "server.stream.answer-before-close", Title: "The server answers before it hangs up", Level: Must, Basis: protocol.Observed,
			Source: "reactions of the vendor's five native clients", Why: "They wait for ever for an s or e that is not answered.", Fix: "Send the error, wait a little, then close.", check: answerBeforeClose,
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceStream
	}
	return all
}

// isNotice tells whether m is G or Q, which may come at any time.
func isNotice(m message) bool {
	switch m.event.(type) {
	case protocol.Info, protocol.Notice:
		return true
	}
	return false
}

func bareAnswers(t *trial, c *cycle) {
	for _, m := range append(append([]message(nil), c.starts...), c.ends...) {
		t.apply()
		text := m.entry.Text
		if text == "s" || text == "e" {
			if f := m.entry.Frame; f != nil && f.Size > 1 { // a tape may show less than there was
				t.find(m.entry, "the answer %q has %d bytes", text, f.Size)
			}
			continue
		}
		rest, ok := strings.CutPrefix(text[1:], " ")
		if !ok || rest == "" || strings.TrimSpace(rest) != rest {
			t.find(m.entry, "the answer is %q", text)
		}
	}
}

func nothingBefore(t *trial, d *dialogue) {
	for _, s := range d.streams {
		for _, m := range s.unasked {
			// Without an s, e and p are answered with errors.
			if text := m.entry.Text; !isNotice(m) && text[0] != 'e' && text[0] != 'p' {
				t.apply()
				t.find(m.entry, "%q comes before any s", text)
			}
		}
	}
	for _, c := range d.cycles() {
		t.apply()
		for _, m := range c.early {
			if !isNotice(m) {
				t.find(m.entry, "%q comes before the answer to s", m.entry.Text)
			}
		}
	}
}

func answerBeforeClose(t *trial, d *dialogue) {
	for _, s := range d.streams {
		if !s.hungUp() || len(s.cycles) == 0 {
			continue
		}
		t.apply()
		c := s.last()
		switch {
		case len(c.starts) == 0:
			t.find(s.closed, "the connection ended while s waited for its answer")
		case c.end != nil && len(c.ends) == 0 && len(c.errors) == 0 && c.accepted():
			t.find(s.closed, "the connection ended while e waited for its answer")
		}
	}
}
