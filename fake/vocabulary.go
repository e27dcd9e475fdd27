package fake

import (
	"strings"

	"mockamivoice/protocol"
)

// spelled is t with the registered words written as they are registered. A word is found in a run of whole tokens that sound like
// its reading, or are written like its alternative or like itself but for case, blanks and kind of kana; the longest run wins, then
// the first word. Times are those of the run, confidence is the lowest. t itself is left as it is.
// (documented: that a registered word is recognized and how it is written; ours: how it is found. Biasing changes nothing here, and
// interim results stay as they were heard.)
func (t Transcript) spelled(words []protocol.Word) Transcript {
	if len(words) == 0 || len(t.Tokens) == 0 {
		return t
	}
	out := t
	out.Tokens = make([]protocol.Token, 0, len(t.Tokens))
	text := rewriter{from: t.Text}
	known := newLexicon(words)
	for i := 0; i < len(t.Tokens); {
		word, n := known.longestRun(t.Tokens[i:])
		if n == 0 {
			text.keep(t.Tokens[i].Written)
			out.Tokens = append(out.Tokens, t.Tokens[i])
			i++
			continue
		}
		joined := joinTokens(t.Tokens[i:i+n], word)
		text.replace(t.Tokens[i:i+n], joined.Written)
		out.Tokens = append(out.Tokens, joined)
		i += n
	}
	out.Text = text.done()
	return out
}

// lexicon finds words by what is heard and by what is seen.
type lexicon struct {
	heard, seen map[string]protocol.Word
	longest     int // bytes of a key
}

func newLexicon(words []protocol.Word) lexicon {
	l := lexicon{heard: make(map[string]protocol.Word), seen: make(map[string]protocol.Word)}
	learn := func(m map[string]protocol.Word, key string, w protocol.Word) {
		if _, known := m[key]; !known && key != "" {
			m[key] = w
			l.longest = max(l.longest, len(key))
		}
	}
	for _, w := range words {
		learn(l.heard, sound(w.Spoken), w)
		learn(l.seen, writing(w.AlternativeWritten), w)
		learn(l.seen, writing(w.Written), w)
	}
	return l
}

// longestRun is the word that the most tokens from the first on make up, and how many these are; 0 where none is.
func (l lexicon) longestRun(tokens []protocol.Token) (word protocol.Word, n int) {
	var heard, seen string
	for i, t := range tokens {
		heard += soundOf(t)
		seen += writing(t.Written)
		if t.Label != tokens[0].Label || len(heard) > l.longest && len(seen) > l.longest {
			break
		}
		if w, known := l.heard[heard]; known {
			word, n = w, i+1
		} else if w, known := l.seen[seen]; known {
			word, n = w, i+1
		}
	}
	return word, n
}

// soundOf is how a token sounds: its reading or, without one, what is written.
func soundOf(t protocol.Token) string {
	if t.Spoken.OK {
		return sound(t.Spoken.Value)
	}
	return sound(t.Written)
}

// sound is a reading in hiragana.
func sound(reading string) string {
	const apart = 'ァ' - 'ぁ'
	return strings.Map(func(r rune) rune {
		if r >= 'ァ' && r <= 'ヶ' {
			return r - apart
		}
		return r
	}, reading)
}

// writing is a spelling without blanks and case.
func writing(s string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "_", "").Replace(s))
}

// joinTokens is the token of a word in the place of a run.
func joinTokens(run []protocol.Token, w protocol.Word) protocol.Token {
	t := run[0]
	t.Written = strings.ReplaceAll(w.Written, "_", " ") // documented: user-dictionary-request-based
	t.EndTime = run[len(run)-1].EndTime
	var spoken strings.Builder
	for _, one := range run {
		if one.Confidence.OK && (!t.Confidence.OK || one.Confidence.Value < t.Confidence.Value) {
			t.Confidence = one.Confidence
		}
		spoken.WriteString(one.Spoken.Value)
		t.Spoken.OK = t.Spoken.OK && one.Spoken.OK
	}
	t.Spoken.Value = ""
	if t.Spoken.OK {
		t.Spoken.Value = spoken.String()
	}
	return t
}

// rewriter replaces tokens in a text and leaves what stands between them. A token that the text does not have changes nothing.
type rewriter struct {
	from string
	at   int
	out  strings.Builder
}

func (r *rewriter) keep(written string) {
	if i := strings.Index(r.from[r.at:], written); i >= 0 {
		end := r.at + i + len(written)
		r.out.WriteString(r.from[r.at:end])
		r.at = end
	}
}

func (r *rewriter) replace(run []protocol.Token, by string) {
	first := strings.Index(r.from[r.at:], run[0].Written)
	if first < 0 {
		return
	}
	start := r.at + first
	end := start + len(run[0].Written)
	for _, t := range run[1:] {
		i := strings.Index(r.from[end:], t.Written)
		if i < 0 {
			return
		}
		end += i + len(t.Written)
	}
	r.out.WriteString(r.from[r.at:start])
	r.out.WriteString(by)
	r.at = end
}

func (r *rewriter) done() string { return r.out.String() + r.from[r.at:] }
