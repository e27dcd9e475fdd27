package scenarios_test

import (
	"strings"
	"testing"

	"mockamivoice/scenarios"
)

// What a fault does is told in sentences that a person understands who has not read the format.
func TestPlayInWords(t *testing.T) {
	s, err := scenarios.ParseScenario("x.yaml", []byte(playHead+`play:
  faults:
    - {at: stream.handshake, nth: 1, times: 3, do: [{delay: 90s}, {status: 502}]}
    - {at: stream.start, nth: 2, times: all, do: {expire-key: 5m}}
    - {at: stream.start, nth: 21, do: {error: stream.start.unavailable}}
    - {at: stream.feed, nth: 11, times: 2, do: drop}
    - {at: stream.feed, do: {limit: non_speech}}
    - {at: stream.event, of: A, nth: 1, do: {truncate: {bytes: 1}}}
    - {at: stream.event, of: A, do: {replace: "R ${payload}"}}
    - {at: stream.event, of: A, nth: 3, do: {result: {code: "o"}}}
    - {at: stream.event, of: C, do: {order: [E, C]}}
    - {at: stream.end, nth: 1, do: {close: {code: 1011}}}
    - {at: issue, nth: 1, do: {drip: {every: 1h}}}
    - {at: issue, do: {error: issue.empty}}
    - {at: sync.request, do: expire-key}
  transcripts: ["one"]
  limits: {no_data: 2h, upload: 100}
  behaviour: {stream-close-code: "1000"}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := `At each handshake up to the 3rd: 1m30s of clock time pass, and what follows on the connection waits as well, then the answer is HTTP status 502, with a body that is none of the service's.
At every s from the 2nd on: the key expired 5m ago.
At the 21st s: the answer is "s can't connect to recognizer server" (the wording is assumed).
At each p from the 11th to the 12th: it is not heard.
At every p: the limit of a stream without speech counts as reached.
At the first A: it breaks off after 1 byte, and the connection ends.
At every A: "R ${payload}" comes instead, with what would have come in place of ${payload}.
At the 3rd A: the result is code o, "recognition result is rejected because confidence is below the threshold", and no text.
At every C: events wait until there is one of each of E, C, and go in this order.
At the first e: a close frame with code 1011 ends the connection.
At the first request for a key: the answer is sent in pieces of 1 byte, one every 1h of clock time.
At every request for a key: the answer is HTTP status 200 with an empty body.
At every recording: the key has just expired.
Utterance 1 of each cycle or recording is taken for "one".
A stream may go without audio for 2h and no longer.
A recording may have 100 bytes of audio and no more.
stream-close-code is 1000: the payload of the close frame; a code breaks one of the vendor's clients.`
	got := strings.Split(strings.Join(s.Play.InWords(), "\n"), "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(got) || got[i] != line {
			t.Fatalf("sentence %d is not\n%s\nbut\n%s", i+1, line, strings.Join(got[min(i, len(got)):], "\n"))
		}
	}
	if len(got) != len(strings.Split(want, "\n")) {
		t.Errorf("more sentences:\n%s", strings.Join(got, "\n"))
	}
}

// No edge case is told in the words of the code: a new action or place needs its sentence.
func TestEveryEdgeCaseHasItsSentences(t *testing.T) {
	for _, s := range scenarios.EdgeCases() {
		for _, line := range s.Play.InWords() {
			if !strings.HasSuffix(line, ".") || strings.Contains(line, " :") || strings.Contains(line, "  ") || strings.HasSuffix(line, ": state.") {
				t.Errorf("%s: %q", s.ID, line)
			}
		}
		for _, e := range s.Client {
			if e.InWords() == "" || strings.HasPrefix(e.InWords(), " ") {
				t.Errorf("%s: nothing says what %s is", s.ID, e)
			}
		}
	}
}
