package fake

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
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

// carried is what a fixture says, spread over its sound; ok is false when it did not arrive whole, and so is not understood.
func carried(u utterance) (t Transcript, ok bool) {
	if u.voice.Carried.Damage != "" {
		return Transcript{}, false
	}
	return transcriptOf(scenarios.Said{Text: u.voice.Carried.Text}, utterance{start: u.voice.Start, end: u.voice.End}), true
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

// interimOf is what an interim result says of a text that is known: its first words, and dots.
func interimOf(t Transcript, count int) protocol.Interim {
	n := min(count, len(t.Tokens))
	var i protocol.Interim
	for _, k := range t.Tokens[:n] {
		i.Tokens = append(i.Tokens, k.Written)
	}
	i.Text = strings.Join(i.Tokens, "") + "..."
	if strings.Contains(t.Text, " ") {
		i.Text = strings.Join(i.Tokens, " ") + "..."
	}
	i.Tokens = append(i.Tokens, "...")
	return i
}
