package fake_test

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// said is what comes between the answers to s and to e when a sentence is said with the key of the case. It ends in e.
func (e *edge) said() []string {
	e.t.Helper()
	_, events, end := e.spokenBy(e.key)
	e.is(end, "e")
	return events
}

// eventEdges are events in another order or number than is usual.
func eventEdges() map[string]func(*edge) {
	order := func(want string) func(*edge) {
		return func(e *edge) {
			e.matches(outline(e.said()), want)
			e.fine(e.plain())
		}
	}
	return map[string]func(*edge){
		"stream.recognition-begins-after-end": order("SU?ECU?A"),
		"stream.interim-results-missing":      order("SCEA"),
		"stream.interim-without-final":        order("SCUEU?"),
		"stream.speech-without-end":           order("SCUU?A"),
		"stream.r-instead-of-final": func(e *edge) {
			e.replacesFinal(e.said(), "R ")
			e.replacesFinal(e.said(), "R ")
		},
		"stream.unknown-event": func(e *edge) {
			events := e.said()
			e.is(events[0], "Q 1")
			e.matches(outline(events), "QSCUEU?A")
			e.fine(e.key)
		},
		"stream.fractional-time": func(e *edge) {
			events := e.said()
			e.is(events[0], "S 1.5")
			e.fine(e.key)
		},
		"stream.duplicate-final": func(e *edge) {
			events := e.said()
			e.matches(outline(events), "SCUEU?AA")
			e.is(events[len(events)-1], events[len(events)-2])
			e.fine(e.key)
		},
		"stream.hundreds-of-interim-results": func(e *edge) {
			events := e.said()
			first := slices.IndexFunc(events, func(m string) bool { return m[0] == 'U' })
			same := 0
			for _, m := range events {
				if m == events[first] {
					same++
				}
			}
			if same != 300 {
				e.t.Fatalf("the first U comes %d times", same)
			}
			e.fine(e.key)
		},
		"stream.next-start-before-final": func(e *edge) {
			c := e.begin("LSB16K", "resultUpdatedInterval=0")
			c.feed(append(sentence(), sentence()...), 3200)
			c.text("e")
			events, end := c.until("e")
			e.is(end, "e")
			e.matches(outline(events), "SCE"+"SA"+"CEA")
		},
		"stream.late-final": func(e *edge) {
			c := e.begin("LSB16K")
			c.feed(sentence(), 3200)
			c.text("e")
			e.pass(19999*time.Millisecond, c)
			c.settle()
			e.matches(outline(c.texts), "SCUEU?")
			e.pass(time.Millisecond)
			events, end := c.until("e")
			e.is(end, "e")
			e.is(outline(events[len(events)-1:]), "A")
			e.fine(e.key)
		},
	}
}

// replacesFinal finds that the last event is an A with another head.
func (e *edge) replacesFinal(events []string, head string) {
	e.t.Helper()
	payload, is := strings.CutPrefix(events[len(events)-1], head)
	if !is || strings.Contains(outline(events), "A") {
		e.t.Fatalf("no event that begins with %q in place of A: %q", head, events)
	}
	e.matches("A "+payload, strings.Trim(finalForm, "^$"))
}

// resultEdges are results that say something else.
func resultEdges() map[string]func(*edge) {
	const empty = `A {"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":`
	final := func(want string) func(*edge) {
		return func(e *edge) {
			e.is(e.final(), want)
			e.fine(e.key)
		}
	}
	return map[string]func(*edge){
		"stream.low-confidence": final(empty + `"o","message":"recognition result is rejected because confidence is below the threshold"}`),
		"stream.failed-result":  final(empty + `"b","message":"recognition result is rejected because recognizer server is busy"}`),
		"stream.cut-json":       final(`A {"results":[{"tokens":[{"written":"\u3053`),
		"stream.empty-result": func(e *edge) {
			e.matches(e.final(), `A \{"results":\[\{"tokens":\[\],"confidence":[0-9.]+,"starttime":[0-9]+,"endtime":[0-9]+,"tags":\[\],"rulename":"","text":""\}\],"utteranceid":"[^"]+","text":"","code":"","message":""\}`)
			e.fine(e.key)
		},
		"stream.labels-missing": func(e *edge) {
			const times = `"confidence":[0-9.]+,"starttime":[0-9]+,"endtime":[0-9]+,`
			e.matches(e.final(), `A \{"results":\[\{"tokens":\[\{"written":"\\u306f\\u3044",`+times+`"spoken":"\\u306f\\u3044","label":"speaker0"\},`+
				`\{"written":"\\u3001",`+times+`"spoken":"_"\},\{"written":"\\u3069\\u3046\\u305e",`+times+`"spoken":"\\u3069\\u3046\\u305e","label":"speaker1"\}\],.*`)
			e.fine(e.key)
		},
		"stream.huge-result": func(e *edge) {
			var r result
			text := e.final()
			if err := json.Unmarshal([]byte(text[2:]), &r); err != nil || len(text) < 1<<20 || len(r.Results[0].Tokens) != 10_000 {
				e.t.Fatalf("%d bytes, %v", len(text), err)
			}
			e.is(r.Text, strings.Repeat("とても長い結果", 10_000))
			e.fine(e.key)
		},
		"stream.astral-characters": func(e *edge) {
			for range 2 {
				e.matches(e.final(), `A \{.*,"text":"\\ud842\\udfb7\\u91ce\\u5bb6\\u3067\\ud83d\\ude00\\ud867\\ude3d\\u3092\\u98df\\u3079\\u308b\\u3002","code":"","message":""\}`)
			}
		},
		"stream.garbage-final": func(e *edge) {
			text := e.final()
			if !strings.HasPrefix(text, "A ") || len(text) < 100 || json.Valid([]byte(text[2:])) {
				e.t.Fatalf("not garbled: %q", text)
			}
			e.fine(e.key)
		},
	}
}

// final is the last event of a sentence.
func (e *edge) final() string {
	e.t.Helper()
	events := e.said()
	return events[len(events)-1]
}

// finalEdges are results that do not come in one piece.
func finalEdges() map[string]func(*edge) {
	return map[string]func(*edge){
		"stream.final-cut-off": func(e *edge) {
			c := e.begin("LSB16K", "resultUpdatedInterval=0")
			c.p(sentence())
			e.is(outline([]string{c.next(), c.next(), c.next()}), "SCE")
			rest, how := c.below().rest()
			size := int(rest[2])<<8 | int(rest[3])
			if how != "fin" || rest[0] != 0x81 || rest[1] != 126 || len(rest)-4 != size/2 || rest[4:6] != "A " {
				e.t.Fatalf("%s, %d bytes after the head of a frame of %d: %s", how, len(rest)-4, size, brief(rest))
			}
			e.fine(e.key)
		},
		"stream.slow-final": func(e *edge) {
			c := e.begin("LSB16K", "resultUpdatedInterval=0")
			c.p(sentence())
			e.is(outline([]string{c.next(), c.next(), c.next()}), "SCE")
			frame := e.pieces(c.below(), 100, 200*time.Millisecond, func(soFar string) bool {
				return len(soFar) < 4+int(soFar[2])<<8|int(soFar[3])
			})
			e.matches(frame[4:], strings.Trim(finalForm, "^$"))
			c.text("e")
			e.is(c.next(), "e")
			e.fine(e.key)
		},
	}
}
