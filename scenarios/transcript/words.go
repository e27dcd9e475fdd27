package transcript

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mockamivoice/protocol"
)

// script is the writing that a character belongs to, as far as words end where it changes.
type script uint8

const (
	blank    script = iota
	alphabet        // everything that puts blanks between words
	han
	hiragana
	katakana
	mark // a token of its own (observed)
)

const (
	hanWord     = 2 // characters of a word, where nothing but characters shows where it ends
	wideMarks   = "。、．，！？…「」『』（）【】〈〉《》"
	narrowMarks = ".,!?;:"
)

// Words cuts a text into tokens: at blanks, at marks, and where Japanese and Chinese change their script. It knows no dictionary, so
// that readings are there only for kana, for marks ("_", observed) and for fillers. Fillers stand between percent signs.
func Words(text string) []protocol.Token {
	var tokens []protocol.Token
	for text != "" {
		word, kind := firstWord(text)
		text = text[len(word):]
		if kind != blank {
			tokens = append(tokens, protocol.Token{Written: word, Spoken: reading(word, kind)})
		}
	}
	return tokens
}

func firstWord(text string) (word string, kind script) {
	if n := filler(text); n > 0 {
		return text[:n], alphabet
	}
	kind = scriptAt(text)
	n := 0
	for i, r := range text {
		next := scriptAt(text[i:])
		if i > 0 && (next != kind || kind == mark || kind == han && n == hanWord || fillerAt(text, i) > 0) {
			return text[:i], kind
		}
		if r != utf8.RuneError {
			n++
		}
	}
	return text, kind
}

func scriptAt(text string) script {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case unicode.IsSpace(r):
		return blank
	case strings.ContainsRune(wideMarks, r):
		return mark
	case strings.ContainsRune(narrowMarks, r):
		if after, _ := utf8.DecodeRuneInString(text[size:]); after == utf8.RuneError || !unicode.IsLetter(after) && !unicode.IsDigit(after) {
			return mark
		}
		return alphabet // 3.14, a.m
	case unicode.Is(unicode.Han, r) || r == '々':
		return han
	case unicode.Is(unicode.Hiragana, r):
		return hiragana
	case unicode.Is(unicode.Katakana, r) || r == 'ー':
		return katakana
	}
	return alphabet
}

func reading(word string, kind script) protocol.Maybe[string] {
	switch {
	case filler(word) == len(word), kind == hiragana:
		return protocol.Some(word)
	case kind == katakana:
		return protocol.Some(strings.Map(func(r rune) rune {
			if r >= 'ァ' && r <= 'ヶ' {
				return r - 'ァ' + 'ぁ'
			}
			return r
		}, word))
	case kind == mark && strings.Contains(wideMarks, word):
		return protocol.Some("_")
	}
	return protocol.Maybe[string]{}
}

// filler is how many bytes of a filler text begins with; 0 for none. (documented: a kept filler stands between percent signs)
func filler(text string) int {
	if !strings.HasPrefix(text, "%") {
		return 0
	}
	for i, r := range text[1:] {
		switch {
		case r == '%' && i > 0:
			return i + 2
		case r == '%', unicode.IsSpace(r):
			return 0
		}
	}
	return 0
}

// fillerAt is filler in the middle of a text, where a percent sign behind a number is one of "50%".
func fillerAt(text string, i int) int {
	if before, _ := utf8.DecodeLastRuneInString(text[:i]); unicode.IsDigit(before) {
		return 0
	}
	return filler(text[i:])
}

// WithoutFillers is the cue as the service tells it to those who do not ask for fillers. (documented: keepFillerToken)
func (c Cue) WithoutFillers() Cue {
	c.Text = dropFillers(c.Text)
	c.Tokens = slices.DeleteFunc(slices.Clone(c.Tokens), func(k protocol.Token) bool {
		return k.Written != "" && filler(k.Written) == len(k.Written)
	})
	c.Interim = slices.Clone(c.Interim)
	for i := range c.Interim {
		c.Interim[i] = dropFillers(c.Interim[i])
	}
	return c
}

func dropFillers(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if n := fillerAt(text, i); n > 0 {
			i += n
			if strings.HasPrefix(text[i:], " ") && (b.Len() == 0 || strings.HasSuffix(b.String(), " ")) {
				i++
			}
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return strings.TrimSpace(b.String())
}

// Join writes texts one after another, with a blank between them where both sides are of a script that uses blanks.
func Join(texts ...string) string {
	var b strings.Builder
	for _, text := range texts {
		if text == "" {
			continue
		}
		if last, _ := utf8.DecodeLastRuneInString(b.String()); b.Len() > 0 && spaced(string(last)) && spaced(text) {
			b.WriteByte(' ')
		}
		b.WriteString(text)
	}
	return b.String()
}

func spaced(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return scriptAt(text) == alphabet || strings.ContainsRune(narrowMarks, first)
}

// JoinWords writes tokens as a text: like Join, but a mark follows its word at once.
func JoinWords(tokens []protocol.Token) string {
	text := ""
	for _, k := range tokens {
		if scriptAt(k.Written) == mark {
			text += k.Written
		} else {
			text = Join(text, k.Written)
		}
	}
	return text
}
