package protocol

import (
	"bytes"
	"strings"
)

// Start is an s command: it opens a cycle of recognition on a stream.
// (documented: reference-websocket-s-command-packet)
type Start struct {
	Format string   // audio format name as sent; any case
	Engine string   // connection engine name; the vendor's clients send the single byte 0x01 for none
	Params []Param  // in the order sent; keys are case-sensitive
	Stray  []string // words without "=", which mean nothing
}

// ParseStart reads the s command in msg. It is lenient in what it finds missing, because the checks that follow have answers of
// their own: a command without a key is refused for its key. An error means that msg is not an s command at all.
func ParseStart(msg []byte) (Start, error) {
	if len(msg) == 0 || msg[0] != 's' || (len(msg) > 1 && msg[1] != ' ') {
		return Start{}, malformed(msg)
	}
	words := startWords(string(msg[1:]))
	s := Start{Format: first(&words), Engine: first(&words)}
	for _, w := range words {
		key, value, pair := strings.Cut(w, "=")
		if !pair {
			s.Stray = append(s.Stray, w)
			continue
		}
		s.Params = append(s.Params, Param{Key: key, Value: unquote(value)})
	}
	return s, nil
}

func first(words *[]string) string {
	if len(*words) == 0 {
		return ""
	}
	w := (*words)[0]
	*words = (*words)[1:]
	return w
}

// startWords splits at blanks. A quote directly after the first "=" of a word opens a stretch in which a blank does not
// split and "" is one quote; a quote that is never closed reaches to the end (assumed).
func startWords(s string) []string {
	var words []string
	for {
		s = strings.TrimLeft(s, " ")
		if s == "" {
			return words
		}
		end := wordEnd(s)
		words = append(words, s[:end])
		s = s[end:]
	}
}

func wordEnd(s string) int {
	blank := strings.IndexByte(s, ' ')
	open := strings.Index(s, `="`)
	if open < 0 || (blank >= 0 && blank < open) || strings.IndexByte(s, '=') != open {
		return orEnd(s, blank)
	}
	i := open + len(`="`)
	for i < len(s) {
		if s[i] != '"' {
			i++
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			i += 2
			continue
		}
		return i + orEnd(s[i:], strings.IndexByte(s[i:], ' '))
	}
	return len(s)
}

func orEnd(s string, i int) int {
	if i < 0 {
		return len(s)
	}
	return i
}

// unquote takes the quotes off a value that begins with one. What follows the closing quote is kept (assumed).
func unquote(value string) string {
	if !strings.HasPrefix(value, `"`) {
		return value
	}
	var b strings.Builder
	rest := value[1:]
	for {
		i := strings.IndexByte(rest, '"')
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteString(rest[:i])
		rest = rest[i+1:]
		if !strings.HasPrefix(rest, `"`) {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteByte('"')
		rest = rest[1:]
	}
}

// AppendStart appends s as an s command. Values are quoted when they hold a blank or begin with a quote, and a quote inside
// quotes is doubled. (documented: blanks need quotes; observed: the vendor's libraries double inner quotes)
func AppendStart(dst []byte, s Start) []byte {
	dst = append(dst, 's')
	for _, w := range []string{s.Format, s.Engine} {
		if w != "" {
			dst = append(append(dst, ' '), w...)
		}
	}
	for _, p := range s.Params {
		dst = append(append(dst, ' '), p.Key...)
		dst = appendValue(append(dst, '='), p.Value)
	}
	for _, w := range s.Stray {
		dst = append(append(dst, ' '), w...)
	}
	return dst
}

func appendValue(dst []byte, v string) []byte {
	if !strings.Contains(v, " ") && !strings.HasPrefix(v, `"`) {
		return append(dst, v...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(v, `"`, `""`)...)
	return append(dst, '"')
}

// Value is the value of key, or "" when s does not have it. Of two equal keys the last counts (assumed).
func (s Start) Value(key string) string {
	v, _ := Last(s.Params, key)
	return v
}

// Engines splits the engine field at the 0x01 bytes that the vendor's clients put between and behind several names.
// It is empty when no engine is named. (observed: the vendor's client library)
func (s Start) Engines() []string {
	return strings.FieldsFunc(s.Engine, func(r rune) bool { return r == '\x01' })
}

// malformed says that msg is no packet of this protocol, without quoting what may be audio or a secret.
func malformed(msg []byte) error {
	if len(msg) == 0 {
		return &MalformedError{Reason: "empty message; a packet begins with s, p or e"}
	}
	if bytes.IndexByte([]byte("spe"), msg[0]) >= 0 {
		return &MalformedError{Reason: "message begins with " + string(msg[0]) + " but is not that packet; after s comes a blank, after e nothing"}
	}
	return &MalformedError{Reason: "first byte is not s, p or e; audio needs a p in front of it"}
}

// MalformedError says why a message is not a packet. It never quotes the message.
type MalformedError struct{ Reason string }

// Error implements error.
func (e *MalformedError) Error() string { return e.Reason }
