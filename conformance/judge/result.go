package judge

import (
	"bytes"
	"encoding/json"
	"strings"

	"mockamivoice/protocol"
)

// resultLaws hold of final results, on every surface.
func resultLaws() []Law { //nolint:funlen // a table
	results := func(check func(t *trial, r result)) func(*trial, *dialogue) {
		return func(t *trial, d *dialogue) {
			for _, r := range d.results {
				t.apply()
				check(t, r)
			}
		}
	}
	return []Law{
		{
			ID: "server.result.single", Title: "A result has exactly one element in results", Level: Must, Basis: protocol.Documented,
			Source: "manual: reference-websocket-a-event-packet", Why: "Clients read results[0] and no other.", Fix: "Send one event for each utterance; join utterances on synchronous HTTP.",
			check: results(func(t *trial, r result) {
				if n := len(r.result.Results); n != 1 {
					t.find(r.entry, "results has %d elements", n)
				}
			}),
		},
		{
			ID: "server.result.texts-agree", Title: "text is what results says", Level: Must, Basis: protocol.Documented,
			Source: "manual: result-format", Why: "Some clients read one, some the other.", Fix: "Write the same text twice.",
			check: results(func(t *trial, r result) {
				if len(r.result.Results) == 1 && r.result.Results[0].Text != r.result.Text {
					t.find(r.entry, "text is %q, results[0].text is %q", r.result.Text, r.result.Results[0].Text)
				}
			}),
		},
		{
			ID: "server.result.code-and-message", Title: "code and message are both empty or both set", Level: Must, Basis: protocol.Documented,
			Source: "manual: result-format", Why: "The documented test for success looks at both.", Fix: "Give every code its message.",
			check: results(func(t *trial, r result) {
				if (r.result.Code == "") != (r.result.Message == "") {
					t.find(r.entry, "code is %q, message is %q", r.result.Code, r.result.Message)
				}
			}),
		},
		{
			ID: "server.result.failed-is-empty", Title: "A result with a code has no text", Level: Must, Basis: protocol.Documented,
			Source: "manual: result-format", Why: "A client could show what was rejected.", Fix: "Leave the text of a failed result empty.",
			check: results(func(t *trial, r result) {
				if r.result.Code != "" && r.result.Text != "" {
					t.find(r.entry, "code is %q, text is %q", r.result.Code, r.result.Text)
				}
			}),
		},
		{
			ID: "server.result.known-messages", Title: "A code whose message is known has that message", Level: Must, Basis: protocol.Documented,
			Source: "manual: response-code-and-message", Why: "Clients compare texts.", Fix: "Use the documented text to the letter.", check: results(knownMessage),
		},
		{
			ID: "server.result.confidence", Title: "A confidence lies between 0 and 1", Level: Must, Basis: protocol.Documented,
			Source: "manual: result-format", Why: "Thresholds of clients mean nothing otherwise.", Fix: "Scale it.", check: results(confidence),
		},
		{
			ID: "server.result.token-times", Title: "Tokens lie inside of their utterance and in its order", Level: Should, Basis: protocol.Inferred,
			Source: "every published result", Why: "Captions by word jump back and forth.", Fix: "Count from the beginning of the audio, like starttime and endtime.", check: results(tokenTimes),
		},
		{
			ID: "server.result.field-order", Title: "The fields come in the order of the service", Level: Must, Basis: protocol.Observed,
			Source: "pasted results of the live service", Why: "The vendor's samples search the string for the last text.", Fix: "Write results, utteranceid, text, code, message.",
			check: results(func(t *trial, r result) {
				if !inOrder(r.text, `{"results":`, `"utteranceid":`, `"text":`, `"code":`, `"message":`) {
					t.find(r.entry, "the fields are in another order")
				}
			}),
		},
		{
			ID: "server.result.ascii", Title: "JSON is ASCII, with lower-case escapes", Level: Info, Basis: protocol.Assumed,
			Source: "ruled: samples of the manual, a note of a client's author; one capture shows raw UTF-8", Why: "The vendor's C++ sample garbles raw UTF-8.", Fix: `Write \uXXXX.`,
			check: results(func(t *trial, r result) {
				if strings.ContainsFunc(r.text, func(c rune) bool { return c >= 0x80 }) {
					t.find(r.entry, "there are characters beyond ASCII")
				}
			}),
		},
		{
			ID: "server.result.compact", Title: "JSON has no blanks between its parts", Level: Must, Basis: protocol.Observed,
			Source: "recorded replies of the live service", Why: `The vendor's samples search for ,"text":" without blanks.`, Fix: "Write JSON without indentation.",
			check: results(func(t *trial, r result) {
				var compact bytes.Buffer
				if err := json.Compact(&compact, []byte(r.text)); err == nil && compact.String() != r.text {
					t.find(r.entry, "there are blanks or line ends between the parts")
				}
			}),
		},
	}
}

func knownMessage(t *trial, r result) {
	for _, e := range protocol.Catalogue() {
		certain := e.Basis == protocol.Documented || e.Basis == protocol.Observed
		if e.Surface == protocol.SurfaceSync && e.Code != "" && e.Code == r.result.Code && e.Status == 200 && certain && e.Message != r.result.Message {
			t.find(r.entry, "code %s comes with %q instead of %q", e.Code, r.result.Message, e.Message)
		}
	}
}

func confidence(t *trial, r result) {
	for _, u := range r.result.Results {
		if u.Confidence.OK && (u.Confidence.Value < 0 || u.Confidence.Value > 1) {
			t.find(r.entry, "confidence is %v", u.Confidence.Value)
		}
		for _, k := range u.Tokens {
			if k.Confidence.OK && (k.Confidence.Value < 0 || k.Confidence.Value > 1) {
				t.find(r.entry, "confidence of %q is %v", k.Written, k.Confidence.Value)
			}
		}
	}
}

func tokenTimes(t *trial, r result) {
	for _, u := range r.result.Results {
		if !u.StartTime.OK || !u.EndTime.OK {
			continue
		}
		at := u.StartTime.Value
		for _, k := range u.Tokens {
			if !k.StartTime.OK || !k.EndTime.OK {
				continue
			}
			if k.StartTime.Value < at || k.EndTime.Value < k.StartTime.Value || k.EndTime.Value > u.EndTime.Value {
				t.find(r.entry, "%q goes from %d to %d ms, the one before it ends at %d, the utterance at %d", k.Written, k.StartTime.Value, k.EndTime.Value, at, u.EndTime.Value)
				return
			}
			at = k.EndTime.Value
		}
	}
}

// inOrder tells whether the last occurrences of words come one behind the other; a word that is missing is passed over.
func inOrder(s string, words ...string) bool {
	at := -1
	for _, w := range words {
		i := strings.LastIndex(s, w)
		if i < 0 {
			continue
		}
		if i < at {
			return false
		}
		at = i
	}
	return true
}
