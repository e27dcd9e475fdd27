package transcript

import (
	"slices"

	"mockamivoice/protocol"
)

// Utterance is where a detector heard something, in milliseconds of the recording.
type Utterance struct {
	After      int // the end of the utterance before; 0 for the first
	Start, End int
	Index      int // from 0
	Of         int // how many there are; 0 where that is not known yet
}

// Part is what the file says of an utterance; ok is false when it says that nothing was said.
//
// Of a file without times each utterance gets a cue, and the last one, where it is known to be the last, the rest. Of a file with
// times an utterance gets the cues that overlap it and no utterance before it. A cue whose words have times is shared out by word,
// so that one result for a whole recording serves as well as one for each utterance.
func (t *Transcript) Part(u Utterance) (c Cue, ok bool) {
	if !t.Timed() {
		if u.Index >= len(t.Cues) {
			return Cue{}, false
		}
		upto := u.Index + 1
		if upto == u.Of {
			upto = len(t.Cues)
		}
		return join(t.Cues[u.Index:upto]), true
	}
	var parts []Cue
	for _, c := range t.Cues {
		if part, ok := c.within(u); ok {
			parts = append(parts, part)
		}
	}
	return join(parts), len(parts) > 0
}

func (c Cue) within(u Utterance) (Cue, bool) {
	if words := c.Tokens; len(words) > 1 && words[0].StartTime.OK && words[0].EndTime.OK {
		return c.wordsWithin(u)
	}
	isNew := u.Index == 0 || c.Start.Value >= u.After
	return c, isNew && c.Start.Value < u.End && max(c.End.Value, c.Start.Value+1) > u.Start
}

// wordsWithin are the words whose middle comes after the utterance before, and not after the end of this one; a word without a time
// goes with the one before it.
func (c Cue) wordsWithin(u Utterance) (Cue, bool) {
	var words []protocol.Token
	in, isLast := false, u.Of > 0 && u.Index == u.Of-1
	for _, k := range c.Tokens {
		if k.StartTime.OK && k.EndTime.OK {
			middle := (k.StartTime.Value + k.EndTime.Value) / 2
			in = (u.Index == 0 || middle > u.After) && (middle <= u.End || isLast)
		}
		if in {
			words = append(words, k)
		}
	}
	if len(words) == len(c.Tokens) {
		return c, true
	}
	c.Tokens, c.Text, c.Interim = words, JoinWords(words), nil
	return c, len(words) > 0
}

// join makes one cue of several. What failed counts only when nothing else is there.
func join(cues []Cue) Cue {
	good := slices.DeleteFunc(slices.Clone(cues), func(c Cue) bool { return c.Code != "" })
	if len(good) == 0 {
		good = cues[:min(len(cues), 1)]
	}
	var all Cue
	var sum float64
	var sure int
	for i, c := range good {
		for _, text := range c.Interim {
			all.Interim = append(all.Interim, Join(all.Text, text))
		}
		if len(c.Interim) == 0 && len(all.Interim) > 0 {
			all.Interim = append(all.Interim, Join(all.Text, c.Text))
		}
		if i == 0 {
			all.Start = c.Start
		}
		all.End, all.Code, all.Text = c.End, c.Code, Join(all.Text, c.Text)
		all.Tokens = append(all.Tokens, c.timed()...)
		if c.Confidence.OK {
			sum, sure = sum+c.Confidence.Value, sure+1
		}
	}
	if sure > 0 {
		all.Confidence = protocol.Some(sum / float64(sure))
	}
	return all
}

// timed are the words of a cue. Where the cue has times and its words have not, they are spread over it.
func (c Cue) timed() []protocol.Token {
	tokens := slices.Clone(c.Tokens)
	if !c.Start.OK || slices.ContainsFunc(tokens, func(k protocol.Token) bool { return k.StartTime.OK || k.EndTime.OK }) {
		return tokens
	}
	spreadTimes(tokens, c.Start.Value, max(c.End.Value, c.Start.Value))
	return tokens
}
