package judge_test

import (
	"fmt"
	"strings"
	"testing"

	"mockamivoice/conformance/judge"
	"mockamivoice/scenarios"
)

const finalResult = `{"results":[{"tokens":[{"written":"a","confidence":0.9,"starttime":500,"endtime":900,"spoken":"a"}],"confidence":0.9,"starttime":500,"endtime":1000,"tags":[],"rulename":"","text":"a"}],"utteranceid":"x","text":"a","code":"","message":""}`

// talk makes a tape of one stream: lines that begin with > are the client's, with < the server's; "> p" is audio, "-" is the
// server's end of the connection, "> bye" is the client's close frame.
func talk(lines ...string) []scenarios.Entry {
	entries := []scenarios.Entry{{Kind: scenarios.ConnOpen, Dir: scenarios.Note}, {Kind: scenarios.WSHandshake, Dir: scenarios.In}}
	for _, l := range lines {
		text := l[min(2, len(l)):]
		e := scenarios.Entry{Kind: scenarios.WSCommand, Dir: scenarios.In, Text: text, Frame: &scenarios.Frame{Opcode: 1, Masked: true, Frames: 1, Size: int64(len(text))}}
		switch {
		case l == "-":
			e = scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, How: "fin", Text: "the connection ended"}
		case l == "> bye":
			e.Kind, e.Frame.Opcode = scenarios.WSControl, 8
		case l == "> p":
			e.Audio = &scenarios.Audio{Bytes: 2}
		case strings.HasPrefix(l, "<"):
			e.Kind, e.Dir, e.Frame.Masked = scenarios.WSEvent, scenarios.Out, false
		}
		entries = append(entries, e)
	}
	for i := range entries {
		entries[i].N, entries[i].Conn, entries[i].Surface = uint64(i+1), 1, "stream"
	}
	return entries
}

func laws(v judge.Verdict) string {
	var ids []string
	for _, f := range v.Findings {
		ids = append(ids, fmt.Sprintf("%s@%d", strings.TrimPrefix(f.Law, "server.stream."), f.Entries[0]))
	}
	return strings.Join(ids, " ")
}

func good() []string {
	return []string{"> s LSB16K -a-general", "< G info", "< s", "> p", "< S 500", "< C", "< U " + `{"results":[{"tokens":[{"written":"a"},{"written":"..."}],"text":"a..."}],"text":"a..."}`, "< E 1000", "< A " + finalResult, "> e", "< e", "> bye", "-"}
}

// Good dialogues, and those whose end is an error, break no law.
func TestWellBehavedStreams(t *testing.T) {
	for name, lines := range map[string][]string{
		"one utterance":            good(),
		"C behind E":               {"> s", "< s", "> p", "< S 1", "< E 2", "< C", "< A " + strings.NewReplacer(`"starttime":500,"endtime":1000`, `"starttime":1,"endtime":2`, `"starttime":500,"endtime":900`, `"starttime":1,"endtime":2`).Replace(finalResult), "> e", "< e", "> bye", "-"},
		"refused":                  {"> s", "< s can't validate service authorization", "-"},
		"p error, then e":          {"> s", "< s", "> p", "< p can't feed audio data to recognizer server", "> e", "< e", "> bye", "-"},
		"an unasked e":             {"> s", "< s", "< e timeout occurred", "-"},
		"lost in mid-utterance":    {"> s", "< s", "> p", "< S 1", "> bye", "-"},
		"two cycles":               append(append([]string{}, good()[:11]...), good()...),
		"the client leaves early":  {"> s", "> bye", "-"},
		"still open":               {"> s", "< s", "> e"},
		"nothing but a connection": {"-"},
	} {
		if got := laws(judge.Judge(judge.ServerLaws(), talk(lines...))); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Each finding is at the entry that breaks the law, once.
func TestFindingsNameTheirPlace(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"two answers to s":             {[]string{"> s", "< s", "< s"}, "one-answer-per-s@5"},
		"two answers to e":             {[]string{"> s", "< s", "> e", "< e", "< e"}, "one-answer-per-e@7"},
		"line end":                     {[]string{"> s", "< s\n"}, "packets@4 bare-answers@4"},
		"words before the answer":      {[]string{"> s", "< S 1", "< s"}, "nothing-before-answer@4"},
		"words behind the end":         {[]string{"> s", "< s", "> e", "< e", "< S 1"}, "nothing-after-end@7"},
		"no answer to s":               {[]string{"> s", "-"}, "answer-before-close@4"},
		"no answer to e":               {[]string{"> s", "< s", "> e", "-"}, "answer-before-close@6"},
		"fraction":                     {[]string{"> s", "< s", "> p", "< S 1.5"}, "packets@6 whole-milliseconds@6"},
		"E without S":                  {[]string{"> s", "< s", "> p", "< E 5"}, "start-first@6"},
		"no result":                    {[]string{"> s", "< s", "> p", "< S 1", "< C", "< E 2", "> e", "< e"}, "one-result-per-utterance@10"},
		"time goes back":               {[]string{"> s", "< s", "> p", "< S 500", "< C", "< E 400"}, "times-in-order@8"},
		"result spans something else":  {[]string{"> s", "< s", "> p", "< S 500", "< C", "< E 1001", "< A " + finalResult}, "result-spans-utterance@9"},
		"two p errors":                 {[]string{"> s", "< s", "> p", "< p x", "< p x"}, "one-p-error@7"},
		"a text frame that is no word": {[]string{"> s", "< s", "< X 1"}, "packets@5"},
	} {
		if got := laws(judge.Judge(judge.ServerLaws(), talk(c.lines...))); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestLawsCountHowOftenTheyApplied(t *testing.T) {
	v := judge.Judge(judge.ServerLaws(), talk(good()...))
	for id, want := range map[string]int{"one-answer-per-s": 1, "interim-dots": 1, "single-frames": 8, "one-p-error": 1} {
		if got := v.Applied["server.stream."+id]; got != want {
			t.Errorf("%s applied %d times, want %d", id, got, want)
		}
	}
	if empty := judge.Judge(judge.ServerLaws(), nil); len(empty.Findings) > 0 || empty.Applied["server.stream.packets"] != 0 {
		t.Errorf("%+v", empty)
	}
}

// Whatever is on a tape, the judge does not fall over.
func FuzzJudge(f *testing.F) {
	f.Add("> s\n< s\n> p\n< A {}\n> e\n< e\n-")
	f.Add("> s LSB16K -a-general authorization=<key:a>\n< s x\n> e\n> s\n> p\n< p x\n> bye\n-")
	f.Fuzz(func(_ *testing.T, text string) {
		var lines []string
		for l := range strings.SplitSeq(text, "\n") {
			if l != "" {
				lines = append(lines, l)
			}
		}
		entries := talk(lines...)
		judge.Judge(judge.ServerLaws(), entries)
		judge.Judge(judge.ClientLaws(), entries)
		for i := range entries { // the same with all in one kind of entry, as no recorder would write it
			entries[i].Kind = scenarios.Kinds()[(i+len(text))%len(scenarios.Kinds())]
			entries[i].Conn = uint64(i % 3)
		}
		judge.Tape{Entries: entries, Live: true}.Judge(judge.ClientLaws())
	})
}
