package judge

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// resultLaws hold of final results, on every surface.
func resultLaws() []Law { //nolint:funlen,gocognit // a table
	results := func(check func(t *trial, r result)) func(*trial, *dialogue) {
		return func(t *trial, d *dialogue) {
			for _, r := range d.results {
				t.apply()
				check(t, r)
			}
		}
	}
	payloads := func(check func(t *trial, p payload)) func(*trial, *dialogue) {
		return func(t *trial, d *dialogue) {
			for _, p := range d.payloads {
				t.apply()
				check(t, p)
			}
		}
	}
	return []Law{
		{
			ID: "server.result.single", Title: "An A has exactly one element in results", Level: Must, Basis: protocol.Documented,
			Source: "manual: reference-websocket-a-event-packet", Why: "Clients read results[0] and no other.", Fix: "Send one event for each utterance.",
			check: results(func(t *trial, r result) {
				if n := len(r.result.Results); n != 1 && r.entry.Kind == scenarios.WSEvent {
					t.find(r.entry, "results has %d elements", n)
				}
			}),
		},
		{
			// documented is only that sync does not split what it reports; nobody at hand says that it never does.
			ID: "server.sync.single", Title: "A recording has exactly one element in results", Level: Should, Basis: protocol.Inferred, Surface: protocol.SurfaceSync,
			Source: "every published reply", Why: "Clients read results[0] and no other.", Fix: "Join the utterances.",
			check: results(func(t *trial, r result) {
				if n := len(r.result.Results); n != 1 && r.entry.Kind == scenarios.HTTPResponse {
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
				if !inOrder(r.text) {
					t.find(r.entry, "the fields are in another order")
				}
			}),
		},
		{
			ID: "server.result.ascii", Title: "JSON is ASCII, with lower-case escapes", Level: Info, Basis: protocol.Assumed,
			Source: "ruled: samples of the manual, a note of a client's author; one capture shows raw UTF-8", Why: "The vendor's C++ sample garbles raw UTF-8.", Fix: `Write \uXXXX.`,
			check: payloads(func(t *trial, p payload) {
				if strings.ContainsFunc(p.text, func(c rune) bool { return c >= 0x80 }) || upperEscape(p.text) {
					t.find(p.entry, "there are characters beyond ASCII, or upper-case escapes")
				}
			}),
		},
		{
			ID: "server.result.compact", Title: "JSON has no blanks between its parts", Level: Must, Basis: protocol.Observed,
			Source: "recorded replies of the live service", Why: `The vendor's samples search for ,"text":" without blanks.`, Fix: "Write JSON without indentation.",
			check: payloads(func(t *trial, p payload) {
				var compact bytes.Buffer
				if err := json.Compact(&compact, []byte(p.text)); err == nil && compact.String() != p.text {
					t.find(p.entry, "there are blanks or line ends between the parts")
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

// upperEscape tells whether a \u escape has a capital digit.
func upperEscape(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		i++
		if s[i] == 'u' && strings.ContainsAny(s[i:min(i+len("u0000"), len(s))], "ABCDEF") {
			return true
		}
	}
	return false
}

// inOrder tells whether the fields of every object in s come in the order of the service; other fields are passed over.
// (observed: pasted results)
func inOrder(s string) bool {
	d := json.NewDecoder(strings.NewReader(s))
	t, err := d.Token()
	return err != nil || t != json.Delim('{') || objectInOrder(d)
}

// objectInOrder reads an object whose brace has been read.
func objectInOrder(d *json.Decoder) bool {
	order := []string{"results", "tokens", "written", "confidence", "starttime", "endtime", "tags", "rulename", "spoken", "label", "utteranceid", "text", "code", "message"}
	at := -1
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return true
		}
		i := slices.Index(order, name.(string)) //nolint:forcetypeassert // names of fields are strings
		if i >= 0 && i < at {
			return false
		}
		at = max(at, i)
		if !valueInOrder(d) {
			return false
		}
	}
	_, _ = d.Token() // the closing brace
	return true
}

func valueInOrder(d *json.Decoder) bool {
	t, err := d.Token()
	switch {
	case err != nil:
		return true
	case t == json.Delim('{'):
		return objectInOrder(d)
	case t == json.Delim('['):
		for d.More() {
			if !valueInOrder(d) {
				return false
			}
		}
		_, _ = d.Token() // the closing bracket
	}
	return true
}
