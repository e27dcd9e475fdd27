package judge

import (
	"encoding/json"
	"strings"

	"mockamivoice/protocol"
)

// eventLaws hold of S, E, C, U and A.
func eventLaws() []Law { //nolint:funlen,gocognit // a table
	walk := func(check func(t *trial, w *walker, m message)) func(*trial, *dialogue) {
		return func(t *trial, d *dialogue) {
			for _, c := range d.cycles() {
				w := &walker{}
				for _, m := range c.events {
					check(t, w, m)
					w.pass(m)
				}
			}
		}
	}
	all := []Law{
		{
			ID: "server.stream.whole-milliseconds", Title: "S and E carry a whole number of milliseconds", Level: Must, Basis: protocol.Observed,
			Source: "reactions of the vendor's native clients", Why: `"S 1.5" kills the readers of three of the five.`, Fix: "Write digits alone.", check: wholeMilliseconds,
		},
		{
			ID: "server.stream.start-first", Title: "S comes before E, C and A of its utterance", Level: Must, Basis: protocol.Documented,
			Source: "manual: websocket-interface-command-and-response", Why: "Clients open a line at S.", Fix: "Send S when speech begins.",
			check: walk(func(t *trial, w *walker, m message) {
				switch m.event.(type) {
				case protocol.SpeechEnd:
					t.apply()
					if w.ended >= w.started {
						t.find(m.entry, "E number %d after %d S", w.ended+1, w.started)
					}
				case protocol.Processing:
					t.apply()
					if w.processed >= w.started {
						t.find(m.entry, "C number %d after %d S", w.processed+1, w.started)
					}
				}
			}),
		},
		{
			ID: "server.stream.recognition-frames-results", Title: "U and A come behind the C of their utterance", Level: Must, Basis: protocol.Documented,
			Source: "manual: websocket-interface-command-and-response", Why: "State machines of clients expect results only while something is recognized.", Fix: "Send C, then U, then A.",
			check: walk(func(t *trial, w *walker, m message) {
				switch m.event.(type) {
				case protocol.Partial, protocol.Final, protocol.LegacyFinal:
					t.apply()
					if w.results >= w.processed {
						t.find(m.entry, "%.1s comes while nothing is being recognized: %d C, %d results before it", m.entry.Text, w.processed, w.results)
					}
				}
			}),
		},
		{
			ID: "server.stream.one-recognition", Title: "Utterances are recognized one after another", Level: Should, Basis: protocol.Inferred,
			Source: "state table of the manual", Why: "Clients match results with utterances by their order.", Fix: "Send C of the next behind A of the last.",
			check: walk(func(t *trial, w *walker, m message) {
				if _, is := m.event.(protocol.Processing); is {
					t.apply()
					if w.processed > w.results {
						t.find(m.entry, "C comes before the result of the last one")
					}
				}
			}),
		},
		{
			ID: "server.stream.end-before-result", Title: "E comes before A of its utterance", Level: Should, Basis: protocol.Inferred,
			Source: "a result is final when the end is known", Why: "Captions would get their end behind their text.", Fix: "Send E, then A.",
			check: walk(func(t *trial, w *walker, m message) {
				if isFinal(m) {
					t.apply()
					if w.results >= w.ended {
						t.find(m.entry, "result number %d after %d E", w.results+1, w.ended)
					}
				}
			}),
		},
		{
			ID: "server.stream.times-in-order", Title: "Times of S and E never go back", Level: Should, Basis: protocol.Inferred,
			Source: "they count from the beginning of the audio", Why: "Captions overlap.", Fix: "Count audio, not packets or clocks.",
			check: walk(func(t *trial, w *walker, m message) {
				if at, is := timeOf(m); is {
					t.apply()
					if at < w.time {
						t.find(m.entry, "%d ms comes after %d ms", at, w.time)
					}
				}
			}),
		},
		{
			ID: "server.stream.result-spans-utterance", Title: "A result goes from S to E", Level: Should, Basis: protocol.Inferred,
			Source: "a captured result", Why: "Clients use either.", Fix: "Copy the times of S and E into the result.",
			check: walk(spans),
		},
		{
			ID: "server.stream.interim-dots", Title: "An interim result ends in three dots", Level: Must, Basis: protocol.Documented,
			Source: "manual: reference-websocket-u-event-packet", Why: "Clients take the dots off, and with them the last letters.", Fix: `End both texts and the last token in "...".`,
			check: walk(func(t *trial, _ *walker, m message) {
				u, is := m.event.(protocol.Partial)
				if !is {
					return
				}
				t.apply()
				n := len(u.Interim.Tokens)
				if !strings.HasSuffix(u.Interim.Text, "...") || n == 0 || u.Interim.Tokens[n-1] != "..." {
					t.find(m.entry, "text is %q, %d tokens", u.Interim.Text, n)
				}
			}),
		},
		{
			ID: "server.stream.interim-texts-agree", Title: "Both texts of an interim result are the same", Level: Must, Basis: protocol.Documented,
			Source: "manual: reference-websocket-u-event-packet", Why: "Some clients read one, some the other.", Fix: "Write one element in results, and its text twice.",
			check: walk(interimTexts),
		},
		{
			ID: "server.stream.one-result-per-utterance", Title: "Each S has exactly one result", Level: Must, Basis: protocol.Observed,
			Source: "vendor's client library counts them", Why: "The native clients stop sending while results are missing.", Fix: "Send an A for each utterance, an empty or failed one if need be.", check: oneResult,
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceStream
	}
	return all
}

// walker counts what a cycle has brought so far.
type walker struct {
	started, ended, processed, results int
	time                               int   // of the last S or E
	starts, ends                       []int // of every S and E
}

func (w *walker) pass(m message) {
	switch e := m.event.(type) {
	case protocol.SpeechStart:
		w.started++
		w.starts = append(w.starts, e.At)
	case protocol.SpeechEnd:
		w.ended++
		w.ends = append(w.ends, e.At)
	case protocol.Processing:
		w.processed++
	case protocol.Final, protocol.LegacyFinal:
		w.results++
	}
	if at, is := timeOf(m); is {
		w.time = at
	}
}

func timeOf(m message) (at int, is bool) {
	switch e := m.event.(type) {
	case protocol.SpeechStart:
		return e.At, true
	case protocol.SpeechEnd:
		return e.At, true
	}
	return 0, false
}

func isFinal(m message) bool {
	switch m.event.(type) {
	case protocol.Final, protocol.LegacyFinal:
		return true
	}
	return false
}

// spans compares the times of a result with those of its utterance.
func spans(t *trial, w *walker, m message) {
	a, is := m.event.(protocol.Final)
	if !is || len(a.Result.Results) != 1 || !a.Result.Results[0].StartTime.OK || w.results >= min(len(w.starts), len(w.ends)) {
		return
	}
	t.apply()
	u, start, end := a.Result.Results[0], w.starts[w.results], w.ends[w.results]
	if u.StartTime.Value != start || u.EndTime.Value != end {
		t.find(m.entry, "the result goes from %d to %d ms, S and E say %d and %d", u.StartTime.Value, u.EndTime.Value, start, end)
	}
}

// interimTexts reads the JSON itself: an Interim has one text.
func interimTexts(t *trial, _ *walker, m message) {
	if _, is := m.event.(protocol.Partial); !is {
		return
	}
	t.apply()
	var u struct {
		Results []struct{ Text string }
		Text    string
	}
	if json.Unmarshal([]byte(m.entry.Text[len("U "):]), &u) != nil {
		return // not a packet
	}
	switch {
	case len(u.Results) != 1:
		t.find(m.entry, "results has %d elements", len(u.Results))
	case u.Results[0].Text != u.Text:
		t.find(m.entry, "text is %q, results[0].text is %q", u.Text, u.Results[0].Text)
	}
}

// wholeMilliseconds looks at the text: a number that is not whole makes no packet at all.
func wholeMilliseconds(t *trial, d *dialogue) {
	for _, s := range d.streams {
		for _, m := range s.messages {
			text := m.entry.Text
			if !strings.HasPrefix(text, "S") && !strings.HasPrefix(text, "E") {
				continue
			}
			t.apply()
			if len(text) < len("S 0") || text[1] != ' ' || strings.Trim(text[2:], "0123456789") != "" {
				t.find(m.entry, "it is %q", text)
			}
		}
	}
}

// oneResult counts S and results of cycles that came to a good end.
func oneResult(t *trial, d *dialogue) {
	for _, c := range d.cycles() {
		if !c.finished() {
			continue
		}
		w := &walker{}
		for _, m := range c.events {
			w.pass(m)
		}
		if w.started == 0 && w.results == 0 {
			continue
		}
		t.apply()
		if w.started != w.results {
			t.find(c.ends[0].entry, "%d S and %d results in the cycle", w.started, w.results)
		}
	}
}
