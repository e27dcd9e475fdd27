package fake_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mockamivoice/conformance/judge"
	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// TestAnyClientMeetsEdgeCases lets a client of raw sockets, which knows nothing of this project, meet every edge case of the
// library. What arrives is compared to the byte wherever the service has only one way to say it.
func TestAnyClientMeetsEdgeCases(t *testing.T) {
	tests := make(map[string]func(*edge))
	for _, some := range []map[string]func(*edge){
		issueEdges(), syncEdges(), syncCodeEdges(), syncEndEdges(), startEdges(), feedEdges(), limitEdges(), eventEdges(), resultEdges(), finalEdges(),
		handshakeEdges(), hangEdges(), endEdges(), jobEdges(), jobEndEdges(), createEdges(), wordsEdges(), registrationEdges(),
	} {
		maps.Copy(tests, some)
	}
	for _, s := range scenarios.EdgeCases() {
		meet := tests[s.ID]
		delete(tests, s.ID)
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			if meet == nil {
				t.Fatal("no client meets it in a test: add one to the table of its kind")
			}
			e := newEdge(t, s)
			meet(e)
			e.checkTape()
			e.checkVerdict()
		})
	}
	for id := range tests {
		t.Errorf("%s: there is no such edge case", id)
	}
}

// edge is a server that plays an edge case, for one key where it can be bound to one.
type edge struct {
	*streamServer

	t     *testing.T
	s     *scenarios.Scenario
	keyID string // of the key to which the case is bound; empty when the whole server plays it

	uploads int // how many recordings were sent
}

func newEdge(t *testing.T, s *scenarios.Scenario) *edge {
	t.Helper()
	e := &edge{t: t, s: s}
	if s.IsForServer() {
		e.streamServer = newStreamServer(t, fake.WithScenario(s))
		return e
	}
	e.streamServer = newStreamServer(t)
	k, err := e.IssueKey(fake.KeyRequest{EPI: "90000000", Scenario: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	e.key, e.keyID = k.Key, k.ID
	return e
}

// plain is a key that the case is not bound to.
func (e *edge) plain() string { return e.issue(fake.KeyRequest{EPI: "90000000"}) }

// checkTape finds every fault that struck on the tape, with the name of the case and the key.
func (e *edge) checkTape() {
	e.t.Helper()
	known := make(map[string]bool)
	for _, f := range e.s.Play.Faults {
		known[f.String()] = true
	}
	_, entries := e.Tape(fake.TapeFilter{Kind: scenarios.FaultStruck})
	if len(known) > 0 && len(entries) == 0 {
		e.t.Error("the tape has no fault")
	}
	for _, n := range entries {
		if n.Scenario != e.s.ID || !known[n.Text] || n.Dir != scenarios.Note || e.keyID != "" && n.Key != e.keyID || n.Surface != string(e.s.Surface) {
			e.t.Errorf("on the tape: %+v", n)
		}
	}
}

// blamed are the cases in which the client of the test does what a good one does not: it tries again what cannot go better, or
// waits for ever.
func blamed() []string {
	return []string{
		"issue.hang", "issue.no-answer", "sync.hang-after-upload", "sync.hang-while-uploading", "sync.no-answer",
		"stream.address-refused", "stream.bad-credentials", "stream.engine-refused", "stream.format-refused-at-feed", "stream.format-refused-at-start",
		"stream.hang-after-handshake", "stream.hang-before-handshake", "stream.hang-in-handshake", "stream.hang-in-mid-stream",
		"stream.illegal-authorization", "stream.key-expired-at-start", "stream.no-answer-to-end", "stream.no-answer-to-start", "stream.no-speech",
		"words.hang",
	}
}

// checkVerdict finds that what a case expects of a client is held against those of blamed, and against no other.
func (e *edge) checkVerdict() {
	e.t.Helper()
	_, entries := e.Tape(fake.TapeFilter{})
	for i := range entries {
		entries[i].T = 0 // how fast the machine is says nothing about the client
	}
	var found []string
	for _, f := range judge.Judge(judge.ClientLaws(), entries).Findings {
		if f.Law == "client.scenario.expectation" {
			found = append(found, f.Text)
			if f.Level != e.s.Level || f.Basis != e.s.Basis {
				e.t.Errorf("the finding is %s, %s", f.Level, f.Basis)
			}
		}
	}
	if slices.Contains(blamed(), e.s.ID) != (len(found) > 0) {
		e.t.Errorf("findings: %q", found)
	}
}

// struckAt waits until a fault of a surface is on the tape.
func (e *edge) struckAt(surface protocol.Surface) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := e.Wait(ctx, fake.TapeFilter{Surface: surface, Kind: scenarios.FaultStruck}, ""); err != nil {
		e.t.Fatalf("nothing strikes: %v", err)
	}
}

// outline is the first letters of messages, a run of U as one.
func outline(messages []string) string {
	var b strings.Builder
	for _, m := range messages {
		b.WriteByte(m[0])
	}
	return regexp.MustCompile("U+").ReplaceAllString(b.String(), "U")
}

// spokenBy opens a stream with the key and says one sentence: s, its audio in packets, and e. It returns what came between the
// answer to s and that to e, and that.
func (e *edge) spokenBy(key string) (c *rawClient, events []string, end string) {
	e.t.Helper()
	c = e.dial(handshake{})
	end = e.speak(c, key, &events)
	return c, events, end
}

// speak says one sentence on c.
func (e *edge) speak(c *rawClient, key string, events *[]string) (end string) {
	e.t.Helper()
	c.text("s LSB16K -a-general authorization=" + key)
	if answer := c.next(); answer != "s" {
		e.t.Fatalf("answer to s: %q", answer)
	}
	c.feed(sentence(), 3200)
	c.text("e")
	*events, end = c.until("e")
	return end
}

// fine finds that the key is good for an ordinary dialogue, and that the control dialogue is what the cases differ from.
func (e *edge) fine(key string) []string {
	e.t.Helper()
	var events []string
	end := e.speak(e.dial(handshake{}), key, &events)
	if outline(events) != "SCUEA" && outline(events) != "SCUEUA" || end != "e" {
		e.t.Fatalf("not an ordinary dialogue: %q, %q", events, end)
	}
	return events
}

// is compares a text, and says at which byte it differs.
func (e *edge) is(got, want string) {
	e.t.Helper()
	if got == want {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	e.t.Fatalf("%s\nwant\n%s\nthey differ from byte %d on", brief(got), brief(want), at)
}

// matches compares a text with a pattern.
func (e *edge) matches(got, pattern string) {
	e.t.Helper()
	if !regexp.MustCompile("^" + pattern + "$").MatchString(got) {
		e.t.Fatalf("%s\ndoes not match\n%s", brief(got), pattern)
	}
}

func brief(s string) string {
	const most = 2000
	if len(s) > most {
		return fmt.Sprintf("%q and %d bytes more", s[:most], len(s)-most)
	}
	return fmt.Sprintf("%q", s)
}
