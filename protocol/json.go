package protocol

import (
	"unicode/utf16"
	"unicode/utf8"
)

// AppendJSONString appends s as a JSON string in the service's way: everything outside ASCII as lower-case \uXXXX (surrogate
// pairs beyond the basic plane), the quote, the backslash and control characters escaped, and < > & / left alone. Bytes that
// are not UTF-8 become U+FFFD. (observed: a desktop client notes that packets are ASCII; documented samples use lower-case hex)
func AppendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			dst = appendASCII(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		dst = appendRune(dst, r)
		i += size
	}
	return append(dst, '"')
}

func appendASCII(dst []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c >= 0x20 && c != 0x7F:
		return append(dst, c)
	case c == '\n':
		return append(dst, `\n`...)
	case c == '\r':
		return append(dst, `\r`...)
	case c == '\t':
		return append(dst, `\t`...)
	}
	return appendUnit(dst, uint16(c))
}

func appendRune(dst []byte, r rune) []byte {
	if r > 0xFFFF {
		high, low := utf16.EncodeRune(r)
		return appendUnit(appendUnit(dst, uint16(high)), uint16(low))
	}
	return appendUnit(dst, uint16(r))
}

func appendUnit(dst []byte, u uint16) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[u>>12], hex[u>>8&0xF], hex[u>>4&0xF], hex[u&0xF])
}
