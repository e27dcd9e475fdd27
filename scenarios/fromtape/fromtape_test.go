package fromtape_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"mockamivoice/scenarios"
	"mockamivoice/scenarios/fromtape"
	"mockamivoice/scenarios/strict"
)

// tape writes entries as a tape, numbers them, and lets a millisecond pass between two of one time.
func tape(t *testing.T, recorder string, entries ...scenarios.Entry) string {
	t.Helper()
	at := time.Date(2026, 6, 15, 3, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(e.Encode(scenarios.Header{Tape: 1, Tool: "recorder 1.2", Recorder: recorder, ClockStart: scenarios.At(at)}))
	for i, one := range entries {
		one.N = uint64(i + 1)
		if one.At.IsZero() {
			one.At = scenarios.At(at.Add(time.Duration(i) * time.Millisecond))
		}
		check(e.Encode(one))
	}
	return b.String()
}

func read(t *testing.T, text string) *fromtape.File {
	t.Helper()
	f, err := fromtape.Read("tape.jsonl", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func convert(t *testing.T, text string, conn uint64) (string, *scenarios.Scenario) {
	t.Helper()
	yaml, err := read(t, text).Scenario(conn, fromtape.Options{ID: "", Title: ""})
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.ParseScenario("made.yaml", yaml)
	if err != nil {
		t.Fatal(err)
	}
	return string(yaml), s
}

// on makes entries of a stream: "> s …" is said by the client, "> p 640" are bytes of audio, "< S 240" is said by the server,
// "| rst by whom" is the end, "~" are 5 s of real time.
func on(lines ...string) []scenarios.Entry {
	list := []scenarios.Entry{{
		Conn: 5, Surface: "stream", Dir: scenarios.In, Kind: scenarios.WSHandshake, Method: "GET", Target: "/v1/",
		Headers: [][2]string{{"Host", "acp-api.amivoice.com"}, {"Sec-WebSocket-Version", "13"}},
	}}
	var passed int64
	for _, line := range lines {
		if line == "~" {
			passed += 5000
			continue
		}
		e := scenarios.Entry{Conn: 5, Surface: "stream", Dir: scenarios.In, Kind: scenarios.WSCommand, Text: line[2:], Frame: &scenarios.Frame{Opcode: 1, Masked: true, Frames: 1}}
		e.T = passed
		var size int64
		switch _, err := fmt.Sscanf(line, "> p %d", &size); {
		case err == nil:
			e.Text, e.Audio = "p", &scenarios.Audio{Bytes: size, First: strings.Repeat("01", 16)}
		case line[0] == '<':
			e.Dir, e.Kind, e.Frame.Masked = scenarios.Out, scenarios.WSEvent, false
		case line[0] == '|':
			how, text, _ := strings.Cut(line[2:], " ")
			e = scenarios.Entry{Conn: 5, Surface: "stream", Dir: scenarios.Note, Kind: scenarios.ConnClose, How: how, Text: text, T: passed}
		}
		list = append(list, e)
	}
	return list
}

const start16 = "> s LSB16K -a-general authorization=<key:0123456789ab>"

func TestAWholeDialogue(t *testing.T) {
	entries := append([]scenarios.Entry{
		{Conn: 4, Surface: "issue", Dir: scenarios.In, Kind: scenarios.HTTPRequest, Method: "POST", Target: "/issue_service_authorization", Parts: []scenarios.Part{
			{Name: "sid", Value: "shop"}, {Name: "spw", Value: "***"}, {Name: "epi", Value: "10m"},
		}},
		{Conn: 4, Surface: "issue", Dir: scenarios.Out, Kind: scenarios.HTTPResponse, Status: 200, Body: "<key:0123456789ab>"},
	}, on(start16, "< s", "> p 32000", "> p 32000", "< S 240", "< G info", "< C", `< U {"results":[]}`, "> p 32000", "> e", "< E 2740",
		`< A {"results":[{"tokens":[{"written":"川","confidence":0.9,"starttime":300,"endtime":700,"spoken":"かわ"}],"confidence":0.93,"starttime":240,"endtime":2740,"tags":[],"rulename":"","text":"川"}],"utteranceid":"20261128/x","text":"川","code":"","message":""}`,
		"< e", "| fin by the client")...)
	got, s := convert(t, tape(t, "client", entries...), 5)
	const want = `id: stream.from-tape-5
title: "What happened on connection 5 of a tape: give it a title"
surface: stream
level: info
basis: observed
source: "a tape, recorder 1.2"
needs: [issue, stream]

script:
  - issue: {epi: "10m", as: key}
  - connect: "/v1/"
  - send: "s LSB16K -a-general authorization=${key}"
  - expect: "s"
  # the tape kept no audio; sounds of the same length stand for it, speech where the server heard some
  - feed: {silence: "440ms", packet: 32000}
  - feed: {speech: "2.1s", packet: 32000}
  - feed: {silence: "460ms", packet: 32000}
  - end: true
  - expect: "S ${int}"
  - any-order: ["C", "E ${int}"]
  - expect: {regexp: "A (?s:.*)", json: {"results": [{"tokens": [{"written": "${any}", "confidence": "${number}", "starttime": "${int}", "endtime": "${int}", "spoken": "${any}"}, "${rest}"], "confidence": "${number}", "starttime": "${int}", "endtime": "${int}", "tags": [], "rulename": "", "text": "${any}"}], "utteranceid": "${any}", "text": "${any}", "code": "", "message": ""}}
  - expect: "e"

play:
  transcripts:
    - {confidence: 0.93, tokens: [{written: "川", spoken: "かわ"}]}

why: "Say here why this matters, and to whom: it is the first thing that a reader wants to know."
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if s.Level != scenarios.Info {
		t.Error("level", s.Level)
	}
}

// A recorder that forgot to redact, or that met a secret where nobody expects one, does not make this program tell it.
func TestNoSecretComesThrough(t *testing.T) {
	const canary = "CANARY-7f3a"
	dialogue := on("> s LSB16K -a-general authorization="+canary+"1 profileWords=x", "< s", "> e", "< e")
	dialogue[0].Headers = append(dialogue[0].Headers, [2]string{"Authorization", "Bearer " + canary + "2"}, [2]string{"Cookie", "session=" + canary + "3"},
		[2]string{"X-Api-Key", canary + "4"})
	dialogue[0].Target = "/v1/?u=" + canary + "5"
	request := scenarios.Entry{
		Conn: 6, Surface: "sync", Dir: scenarios.In, Kind: scenarios.HTTPRequest, Method: "POST", Target: "/v1/recognize?u=" + canary + "6",
		Headers: [][2]string{{"Content-Type", "multipart/form-data; boundary=x"}, {"Authorization", "Basic " + canary + "7"}},
		Parts:   []scenarios.Part{{Name: "u", Value: canary + "8"}, {Name: "d", Value: "-a-general authorization=" + canary + "9"}},
	}
	issue := scenarios.Entry{
		Conn: 7, Surface: "issue", Dir: scenarios.In, Kind: scenarios.HTTPRequest, Method: "POST", Target: "/issue_service_authorization?spw=" + canary + "10",
		Parts: []scenarios.Part{{Name: "sid", Value: "shop"}, {Name: "spw", Value: canary + "11"}},
	}
	key := scenarios.Entry{Conn: 7, Surface: "issue", Dir: scenarios.Out, Kind: scenarios.HTTPResponse, Status: 200, Body: canary + "12"}
	text := tape(t, "client", append(dialogue, request, issue, key)...)
	if strings.Count(text, canary) < 12 {
		t.Fatal("the tape of this test holds too few canaries")
	}
	for conn := range uint64(3) {
		if got, _ := convert(t, text, conn+5); strings.Contains(got, canary) {
			t.Errorf("connection %d:\n%s", conn+5, got)
		}
	}
}

func TestTimeThatPassed(t *testing.T) {
	at := func(e []scenarios.Entry, seconds ...float64) []scenarios.Entry {
		for i := range e {
			e[i].At = scenarios.At(time.Date(2026, 6, 15, 3, 0, 0, 0, time.UTC).Add(time.Duration(seconds[i] * float64(time.Second))))
		}
		return e
	}
	t.Run("a client that streams in real time lets none pass", func(t *testing.T) {
		got, s := convert(t, tape(t, "client", at(on(start16, "< s", "> p 64000", "> p 64000", "> e", "< e"), 0, 0.01, 0.02, 0.03, 2.03, 4.03, 4.5)...), 5)
		if s.Waits() != 0 {
			t.Error(got)
		}
	})
	t.Run("one that pauses does", func(t *testing.T) {
		got, s := convert(t, tape(t, "client", at(on(start16, "< s", "> p 64000", "> e", "< e"), 0, 0.01, 0.02, 2.52, 2.53, 2.6)...), 5)
		if s.Waits() != 2500*time.Millisecond {
			t.Error(got)
		}
	})
	t.Run("a fault that struck is named in a comment", func(t *testing.T) {
		struck := append(on(start16, "< s x"), scenarios.Entry{Conn: 5, Dir: scenarios.Note, Kind: scenarios.FaultStruck, Scenario: "stream.x\nplay: {}", Text: "stream.start: x"})
		got, _ := convert(t, tape(t, "server", struck...), 5)
		if !strings.Contains(got, `# the server played "stream.x\nplay: {}" about here: "stream.start: x"`) {
			t.Error(got)
		}
	})
	t.Run("on a clock that is moved by hand every millisecond is meant", func(t *testing.T) {
		moved := append(at(on(start16, "< s", "< e timeout occurred"), 0, 0, 0, 60.007), scenarios.Entry{Dir: scenarios.Note, Kind: scenarios.Clock})
		got, s := convert(t, tape(t, "server", moved...), 5)
		if s.Waits() != 60007*time.Millisecond || !strings.Contains(got, "needs: [stream, control]") {
			t.Error(got)
		}
	})
}

func TestWhatCannotBeConverted(t *testing.T) {
	text := tape(t, "client", append(on(start16), scenarios.Entry{Conn: 9, Dir: scenarios.Note, Kind: scenarios.ConnOpen})...)
	for _, c := range []struct {
		conn uint64
		id   string
		want string
	}{
		{4, "", "tape.jsonl: has no connection 4; there are 5, 9"},
		{9, "", "tape.jsonl:4:1: nothing was said on connection 9"},
		{5, "sync.wrong", "tape.jsonl:2:1: cannot become a scenario: the scenario of connection 5:1:3: the id must begin with the surface, stream."},
	} {
		_, err := read(t, text).Scenario(c.conn, fromtape.Options{ID: c.id})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	if _, err := fromtape.Read("tape.jsonl", strings.NewReader(text+"{\"n\":99,\"kind\":\"nonsense\"}\n")); err == nil || !strings.HasPrefix(err.Error(), "tape.jsonl:5:1: kind \"nonsense\"") {
		t.Error(err)
	}
}

// Whatever a client says, the file can be read.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{"s a b", "s # x", `s "q" \ '`, "s ${key}", "s \x00\x7f\u0085\ufeff", "s 川😀", "s a: b, {c}", "s ***"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || text == "p" || text == "e" {
			t.Skip()
		}
		lines := on("> x")
		lines[1].Text = text
		made, err := read(t, tape(t, "client", lines...)).Scenario(5, fromtape.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := strict.Parse("made.yaml", made, func(strict.Node) {}); err != nil {
			t.Fatal(err)
		}
	})
}
