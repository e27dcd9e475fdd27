package protocol

import (
	"net/url"
	"strings"
)

// ParseForm splits a query or an urlencoded body and never fails: the order is kept, empty pieces are skipped, ';' separates
// nothing, and an escape that is none stays as it is. The standard library refuses such input, which would blame a client
// for what the service takes (assumed: no client is known to be refused for it).
func ParseForm(s string) []Param {
	var params []Param
	for piece := range strings.SplitSeq(s, "&") {
		if piece == "" {
			continue
		}
		key, value, _ := strings.Cut(piece, "=")
		params = append(params, Param{unescape(key, plusIsBlank), unescape(value, plusIsBlank)})
	}
	return params
}

// AppendForm appends params as an urlencoded form, blanks as '+'.
func AppendForm(dst []byte, params []Param) []byte {
	for i, p := range params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, url.QueryEscape(p.Key)...)
		dst = append(dst, '=')
		dst = append(dst, url.QueryEscape(p.Value)...)
	}
	return dst
}

// plusRule says what a '+' stands for in an escaped text.
type plusRule bool

const (
	plusIsPlus  plusRule = false
	plusIsBlank plusRule = true
)

// unescape undoes percent-encoding and leaves invalid escapes as they are.
func unescape(s string, plus plusRule) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '+' && plus == plusIsBlank:
			c = ' '
		case c == '%' && i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0:
			c = byte(hexValue(s[i+1])<<4 | hexValue(s[i+2]))
			i += 2
		}
		out = append(out, c)
	}
	return string(out)
}

// hexValue is the value of a hexadecimal digit in either case, -1 for any other byte.
func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
