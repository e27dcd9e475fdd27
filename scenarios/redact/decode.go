package redact

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// view is a text, and where its bytes come from in the text that it was decoded from.
type view struct {
	text string
	from []int32 // one more than there are bytes; nil when the text is the original
}

// origin is the stretch of the original that text[start:end] comes from.
func (v view) origin(start, end int) (from, to int) {
	if v.from == nil {
		return start, end
	}
	for end < len(v.text) && v.from[end] == v.from[end-1] { // in the middle of what one escape stands for
		end++
	}
	return int(v.from[start]), int(v.from[end])
}

// escape reads the escape at the beginning of s, returning what it stands for in buf; n is 0 when there is none.
type escape func(s string, buf *[utf8.UTFMax]byte) (decoded []byte, n int)

// decode undoes the escapes of one kind, which begin with mark. ok is false when there are none.
func (v view) decode(mark byte, read escape) (decoded view, ok bool) {
	var buf [utf8.UTFMax]byte
	out := make([]byte, 0, len(v.text))
	from := make([]int32, 0, len(v.text)+1)
	for i := 0; i < len(v.text); {
		if v.text[i] == mark {
			if b, n := read(v.text[i:], &buf); n > 0 {
				at, _ := v.origin(i, i+1)
				for range b {
					from = append(from, int32(at))
				}
				out = append(out, b...)
				i += n
				ok = true
				continue
			}
		}
		at, _ := v.origin(i, i+1)
		from = append(from, int32(at))
		out = append(out, v.text[i])
		i++
	}
	_, end := v.origin(len(v.text), len(v.text))
	return view{string(out), append(from, int32(end))}, ok
}

func percentEscape(s string, buf *[utf8.UTFMax]byte) ([]byte, int) {
	const length = len("%41")
	if len(s) < length {
		return nil, 0
	}
	v, err := strconv.ParseUint(s[1:length], 16, 8)
	if err != nil {
		return nil, 0
	}
	return append(buf[:0], byte(v)), length
}

func jsonEscape(s string, buf *[utf8.UTFMax]byte) ([]byte, int) {
	if len(s) < 2 {
		return nil, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, s[1]); i >= 0 {
		return append(buf[:0], "\"\\/\b\f\n\r\t"[i]), 2
	}
	r, n := unicodeEscape(s)
	if n == 0 {
		return nil, 0
	}
	if utf16.IsSurrogate(r) {
		low, m := unicodeEscape(s[n:])
		if pair := utf16.DecodeRune(r, low); m > 0 && pair != utf8.RuneError {
			r, n = pair, n+m
		}
	}
	return utf8.AppendRune(buf[:0], r), n
}

func unicodeEscape(s string) (r rune, n int) {
	const length = len(`\u0041`)
	if len(s) < length || s[0] != '\\' || s[1] != 'u' {
		return 0, 0
	}
	v, err := strconv.ParseUint(s[2:length], 16, 16)
	if err != nil {
		return 0, 0
	}
	return rune(v), length
}

// hasPercent tells whether s has an escape of a form.
func hasPercent(s string) bool {
	var buf [utf8.UTFMax]byte
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return false
		}
		if _, n := percentEscape(s[i:], &buf); n > 0 {
			return true
		}
		s = s[i+1:]
	}
}

// hasJSON tells whether s has an escape of JSON that could hide a part of a secret; when wide is false, no secret has
// characters beyond the printable ones of ASCII, so that escaped Japanese costs nothing.
func hasJSON(s string, wide bool) bool {
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			return false
		}
		s = s[i+1:]
		switch {
		case wide, s[0] == '"', s[0] == '\\', s[0] == '/', strings.HasPrefix(s, "u00"):
			return true
		}
	}
}

// unescape undoes the escapes of a form; a + is a blank where plus says so.
func unescape(s string, plus bool) string {
	if plus {
		s = strings.ReplaceAll(s, "+", " ")
	}
	if !hasPercent(s) {
		return s
	}
	decoded, _ := view{text: s}.decode('%', percentEscape)
	return decoded.text
}

// escapeField writes a value into a form so that it stays one field and a person can read the names in it.
func escapeField(s string) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			out = append(out, '+')
		case c < ' ' || c >= 0x7f || strings.IndexByte("%&+#", c) >= 0:
			out = append(out, '%', digits[c>>4], digits[c&15])
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
