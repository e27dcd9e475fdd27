// Package transcript reads files that tell what is said in a recording: plain text, WebVTT, SubRip, the service's own result
// JSON, and a JSON format of ours in which everything can be told.
package transcript

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/strict"
)

// MaxBytes is how long a file may be.
const MaxBytes = 4 << 20

// Transcript is what a file tells about a recording. It is not changed after it was read.
type Transcript struct {
	Cues      []Cue // in the order of time; all of them have times, or none
	Sentiment []Sentiment
}

// Cue is one thing that is said.
type Cue struct {
	Start, End protocol.Maybe[int] // milliseconds from the beginning of the recording; both or neither
	Text       string
	Tokens     []protocol.Token // with the label of their speaker, where one is known
	Confidence protocol.Maybe[float64]
	Interim    []string // what interim results say, one after another; without them they are made up
	Code       string   // of a failed result, from the catalogue of package protocol; empty for none
}

// Sentiment is what sentiment analysis says about a stretch of the recording, in milliseconds. The names of its values are the
// file's, their sense is the service's.
type Sentiment struct {
	Start, End int
	Values     map[string]int
}

// Extensions are the extensions of the files that Parse reads; where two files tell of the same recording the earlier one counts.
func Extensions() []string { return []string{".json", ".vtt", ".srt", ".txt"} }

// Parse reads a file of the format that its extension names. Its errors are a *strict.Error with file, line and column.
func Parse(name string, data []byte) (*Transcript, error) {
	if len(data) > MaxBytes {
		return nil, &strict.Error{File: name, Message: fmt.Sprintf("is longer than %d bytes", MaxBytes)}
	}
	text := strings.TrimPrefix(string(data), "\uFEFF")
	if at := invalid(text); at >= 0 {
		e := place(name, text, at)
		e.Excerpt = ""
		e.Message = "is not UTF-8 from here on; save the file as UTF-8"
		return nil, e
	}
	var t *Transcript
	var err error
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".json":
		t, err = parseJSON(name, text)
	case ".vtt":
		t, err = parseVTT(name, text)
	case ".srt":
		t, err = parseSRT(name, text)
	case ".txt":
		t, err = parseText(name, text)
	default:
		return nil, &strict.Error{File: name, Message: fmt.Sprintf("extension %q is none of %s", ext, strings.Join(Extensions(), ", "))}
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(t.Cues, func(a, b Cue) int { return a.Start.Value - b.Start.Value })
	t.nameSpeakers()
	return t, nil
}

// parseText takes every line that is not blank for what is said in one utterance.
func parseText(name, text string) (*Transcript, error) {
	t := &Transcript{}
	for _, line := range lines(text) {
		if said := strings.TrimSpace(line); said != "" {
			t.Cues = append(t.Cues, Cue{Text: said, Tokens: Words(said)})
		}
	}
	if len(t.Cues) == 0 {
		return nil, &strict.Error{File: name, Message: "says nothing; every line is what is said in one utterance"}
	}
	return t, nil
}

// Timed tells whether the file says when things are said.
func (t *Transcript) Timed() bool { return len(t.Cues) > 0 && t.Cues[0].Start.OK }

// Speakers tells whether the file says of anything who said it.
func (t *Transcript) Speakers() bool {
	return slices.ContainsFunc(t.Cues, func(c Cue) bool {
		return slices.ContainsFunc(c.Tokens, func(k protocol.Token) bool { return k.Label.OK })
	})
}

// nameSpeakers gives speakers the service's names, in the order in which they speak, unless they all have such names already. Those who
// are more than the service tells apart count as the last. (observed: 20)
func (t *Transcript) nameSpeakers() {
	var names []string
	own := true
	for _, c := range t.Cues {
		for _, k := range c.Tokens {
			if k.Label.OK && !slices.Contains(names, k.Label.Value) {
				names = append(names, k.Label.Value)
				own = own && isSpeaker(k.Label.Value)
			}
		}
	}
	if own {
		return
	}
	for _, c := range t.Cues {
		for i := range c.Tokens {
			if l := &c.Tokens[i].Label; l.OK {
				l.Value = fmt.Sprintf("speaker%d", min(slices.Index(names, l.Value), protocol.MostSpeakers-1))
			}
		}
	}
}

// isSpeaker tells whether name is a label of the service. (documented: speaker-diarization)
func isSpeaker(name string) bool {
	number, found := strings.CutPrefix(name, "speaker")
	n, err := strconv.Atoi(number)
	return found && err == nil && n >= 0 && n < protocol.MostSpeakers && number == strconv.Itoa(n)
}

// spokenBy marks tokens as those of a speaker; an empty name marks nothing.
func spokenBy(tokens []protocol.Token, name string) {
	for i := range tokens {
		if name != "" {
			tokens[i].Label = protocol.Some(name)
		}
	}
}

// lines are those of text, whatever ends them.
func lines(text string) []string {
	return strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
}

// invalid is the offset of the first byte that is not UTF-8, or is a NUL, which UTF-16 is full of; -1 for none.
func invalid(text string) int {
	for i, r := range text {
		if r == 0 || r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return i
		}
	}
	return -1
}

// place is an error at an offset of text.
func place(name, text string, offset int) *strict.Error {
	before := text[:min(max(offset, 0), len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	column := utf8.RuneCountInString(before[start:]) + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return &strict.Error{
		File: name, Line: strings.Count(before, "\n") + 1, Column: column, Excerpt: strict.Around(strings.TrimRight(line, "\r"), column),
	}
}

// at is an error in a line, counted from 0, at a byte of it.
func at(name string, all []string, line, offset int, format string, args ...any) *strict.Error {
	e := place(name, all[line], offset)
	e.Line, e.Message = line+1, fmt.Sprintf(format, args...)
	return e
}
