package fake

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/transcript"
)

const usualConfidence = 0.95 // of what a scenario says without a number

// saidBy is what the scenario says about an utterance, counted from 0; ok is false when it says nothing.
func saidBy(play *scenarios.Scenario, index int) (said scenarios.Said, ok bool) {
	if play == nil || index >= len(play.Play.Transcripts) {
		return scenarios.Said{}, false
	}
	return play.Play.Transcripts[index], true
}

// transcriptOf makes a transcript of what a scenario says. Times that it does not give are spread over the utterance.
func transcriptOf(said scenarios.Said, u utterance) Transcript {
	if said.Code != "" {
		return Transcript{Code: said.Code, Message: said.Message()}
	}
	tokens, text := said.Tokens, said.Text
	if len(tokens) == 0 {
		tokens = words(text)
	}
	if said.Repeat > 1 {
		tokens, text = slices.Repeat(tokens, said.Repeat), strings.Repeat(text, said.Repeat)
	}
	t := Transcript{Tokens: slices.Clone(tokens), Text: text, Confidence: usualConfidence}
	if said.Confidence.OK {
		t.Confidence = said.Confidence.Value
	}
	spread(t.Tokens, u)
	return t
}

// carried is what a fixture says, spread over its sound; ok is false when it did not arrive whole, and so is not understood. Japanese
// words have readings, as those of a transcript have.
func (r *recognition) carried(u utterance) (t Transcript, ok bool) {
	if u.voice.Carried.Damage != "" {
		return Transcript{}, false
	}
	t = transcriptOf(scenarios.Said{Text: u.voice.Carried.Text}, utterance{start: u.voice.Start, end: u.voice.End})
	for i := range t.Tokens {
		if k := &t.Tokens[i]; r.language == "ja" {
			k.Spoken = protocol.Some(readingOf(k.Written))
		}
	}
	return t, true
}

// readingOf is how a word reads, as far as that can be told without a dictionary.
func readingOf(written string) string {
	var reading strings.Builder
	for _, part := range transcript.Words(written) {
		if part.Spoken.OK {
			reading.WriteString(part.Spoken.Value)
		} else {
			reading.WriteString(part.Written)
		}
	}
	return reading.String()
}

// carriedNote tells the tape about a fixture; it is empty for other sound.
func carriedNote(u utterance) string {
	where := fmt.Sprintf("fixture from %d to %d ms", u.voice.Start, u.voice.End)
	switch c := u.voice.Carried; {
	case !c.Found:
		return ""
	case c.Damage != "":
		return where + ", damaged: " + c.Damage
	default:
		return fmt.Sprintf("%s, %d characters", where, utf8.RuneCountInString(c.Text))
	}
}

func (x *exchange) noteCarried(u utterance) {
	if text := carriedNote(u); text != "" {
		x.note(scenarios.Heard, scenarios.Note, scenarios.Entry{Text: text})
	}
}

// words are the tokens of a text: what stands between blanks or, in a text without any, each of its characters.
func words(text string) []protocol.Token {
	list := strings.Fields(text)
	if len(list) == 1 && utf8.RuneCountInString(text) < len(text) {
		list = strings.Split(text, "")
	}
	tokens := make([]protocol.Token, 0, len(list))
	for _, w := range list {
		tokens = append(tokens, protocol.Token{Written: w})
	}
	return tokens
}

// spread gives a confidence and times inside of the utterance to tokens that have none.
func spread(tokens []protocol.Token, u utterance) {
	for i := range tokens {
		t := &tokens[i]
		if !t.Confidence.OK {
			t.Confidence = protocol.Some(usualConfidence)
		}
		if !t.StartTime.OK {
			t.StartTime = protocol.Some(u.start + (u.end-u.start)*i/len(tokens))
		}
		if !t.EndTime.OK {
			t.EndTime = protocol.Some(u.start + (u.end-u.start)*(i+1)/len(tokens))
		}
	}
}

// interimOf is what the nth interim result says of a text that is known, a word more each time.
func interimOf(t Transcript, nth int, r recognition, digest uint64) protocol.Interim {
	return grow(t.Tokens, t.Text, nth, nth, r.language, digest)
}

// grow is an interim result of a text that is known. Where the text has blanks, they stand between its words.
func grow(words []protocol.Token, text string, heard, nth int, language string, digest uint64) protocol.Interim {
	if len(words) == 0 {
		return protocol.Interim{}
	}
	blanks := blanksOf(text, words)
	join := func(tokens []protocol.Token) string {
		var b strings.Builder
		for i, k := range tokens {
			if blanks[i] {
				b.WriteByte(' ')
			}
			b.WriteString(k.Written)
		}
		return b.String()
	}
	return hearing.Grow(hearing.Growth{Words: words, Join: join, Language: language, Digest: digest, Heard: heard, Nth: nth})
}

// blanksOf tells of each word whether a blank stands before it in text. Where the text is not that of the words, blanks stand before
// all or none of them.
func blanksOf(text string, words []protocol.Token) []bool {
	blanks := make([]bool, len(words))
	rest := text
	for i, k := range words {
		trimmed := strings.TrimLeft(rest, " ")
		after, found := strings.CutPrefix(trimmed, k.Written)
		if !found {
			for i := range blanks {
				blanks[i] = i > 0 && strings.Contains(text, " ")
			}
			return blanks
		}
		blanks[i] = i > 0 && len(trimmed) < len(rest)
		rest = after
	}
	return blanks
}

// asInterim is an interim result that a transcript gives.
func asInterim(text string) protocol.Interim {
	text = strings.TrimSuffix(text, "...")
	i := protocol.Interim{Text: text + "..."}
	for _, k := range transcript.Words(text) {
		i.Tokens = append(i.Tokens, k.Written)
	}
	i.Tokens = append(i.Tokens, "...")
	return i
}
