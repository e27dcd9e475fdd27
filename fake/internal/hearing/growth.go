package hearing

import (
	"slices"
	"strings"
	"unicode/utf8"

	"mockamivoice/protocol"
)

// wordMs is how long a word lasts, where nobody knows.
const wordMs = 300

// Growth is a text that is being understood.
type Growth struct {
	Words    []protocol.Token              // of the whole text
	Join     func([]protocol.Token) string // writes words as a text
	Language string                        // of Language
	Digest   uint64                        // of the sound
	Heard    int                           // how many words were heard; at least one is shown
	Nth      int                           // of the interim results of the utterance, from 1
}

// Grow is an interim result: the words that were heard, and dots. The second one has its newest word wrong, and of those after it
// every fourth or so, so that interim results do not simply grow: the service corrects itself (observed: one log; how often is ours).
// The same sound and text are always misheard in the same way.
func Grow(g Growth) protocol.Interim {
	n := min(max(g.Heard, 1), len(g.Words))
	words := slices.Clone(g.Words[:n])
	chance := mix(g.Digest + uint64(g.Nth)) //nolint:gosec // it counts from 1
	if g.Nth == 2 || g.Nth > 2 && n < len(g.Words) && chance%4 == 0 {
		if i := lastWord(words); i >= 0 {
			words[i].Written = misheard(words[i], g.Language, chance>>8)
		}
	}
	out := protocol.Interim{Text: g.Join(words) + "..."}
	for _, w := range words {
		out.Tokens = append(out.Tokens, w.Written)
	}
	out.Tokens = append(out.Tokens, "...")
	return out
}

// HeardBy is how many words were heard after so many milliseconds, where nobody knows better.
func HeardBy(ms int) int { return ms/wordMs + 1 }

// lastWord is the last of words that is neither a mark nor a filler, or -1.
func lastWord(words []protocol.Token) int {
	for i, k := range slices.Backward(words) {
		if w := k.Written; !isMark(word{written: w}) && !strings.HasPrefix(w, "%") {
			return i
		}
	}
	return -1
}

// misheard is the reading of a word that is written otherwise, or else a built-in word that is about as long.
func misheard(k protocol.Token, language string, chance uint64) string {
	if k.Spoken.OK && k.Spoken.Value != k.Written && k.Spoken.Value != "_" {
		return k.Spoken.Value
	}
	var nearest []string
	least, size := 0, utf8.RuneCountInString(k.Written)
	for _, s := range sentences(language) {
		for w := range strings.FieldsSeq(s) {
			w, _, _ = strings.Cut(strings.TrimPrefix(w, "~"), "/")
			n := utf8.RuneCountInString(w)
			far := max(n-size, size-n)
			if isMark(word{written: w}) || strings.EqualFold(w, k.Written) || len(nearest) > 0 && far > least {
				continue
			}
			if far < least || len(nearest) == 0 {
				nearest, least = nil, far
			}
			nearest = append(nearest, strings.ToLower(w))
		}
	}
	return nearest[chance%uint64(len(nearest))]
}

// mix spreads the bits of a number. (SplitMix64)
func mix(v uint64) uint64 {
	v += 0x9E3779B97F4A7C15
	v = (v ^ v>>30) * 0xBF58476D1CE4E5B9
	v = (v ^ v>>27) * 0x94D049BB133111EB
	return v ^ v>>31
}
