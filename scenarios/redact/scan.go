package redact

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
)

const (
	shortest  = 4 // bytes of the shortest text that is looked for by value
	runLength = 20
	hidden    = "***"
)

// kind says what a pattern is a piece of.
type kind uint8

const (
	plainSecret   kind = iota // a known secret as it is
	base64Secret              // the digits of a known secret that do not depend on what stands beside it
	sealedKey                 // the prefix of sealed keys
	base64Sealed0             // the same in base64, by how many bytes stand between it and the group of four digits before it
	base64Sealed1
	base64Sealed2
)

type pattern struct {
	text string
	name string // what replaces it
	kind kind
}

// scanner finds many patterns in one pass (Wu and Manber): shift says for two bytes how far one may go on when they end a
// window of the shortest length without missing the beginning of a pattern.
type scanner struct {
	shift [1 << 16]uint8
	begin [1 << 16]bool        // whether a pattern begins with these two bytes, to spare most looks into the map
	at    map[string][]pattern // by their first bytes, longest first
}

func newScanner(patterns []pattern) *scanner {
	s := &scanner{at: make(map[string][]pattern)}
	for i := range s.shift {
		s.shift[i] = shortest - 1
	}
	for _, p := range patterns {
		if slices.ContainsFunc(s.at[p.text[:shortest]], func(q pattern) bool { return q.text == p.text }) {
			continue
		}
		for j := range shortest - 1 {
			at := pair(p.text[j:])
			s.shift[at] = min(s.shift[at], uint8(shortest-2-j))
		}
		s.begin[pair(p.text)] = true
		s.at[p.text[:shortest]] = append(s.at[p.text[:shortest]], p)
	}
	for _, bucket := range s.at {
		slices.SortStableFunc(bucket, func(a, b pattern) int { return cmp.Compare(len(b.text), len(a.text)) })
	}
	return s
}

func pair(s string) uint16 { return uint16(s[0])<<8 | uint16(s[1]) }

// scan calls found for the longest pattern at each place. found returns where to go on; that is after start.
func (s *scanner) scan(text string, found func(p pattern, start int) (next int)) {
	for i := shortest - 1; i < len(text); {
		if n := s.shift[pair(text[i-1:])]; n > 0 {
			i += int(n)
			continue
		}
		start := i - (shortest - 1)
		if !s.begin[pair(text[start:])] {
			i++
			continue
		}
		next := start + 1
		for _, p := range s.at[text[start:i+1]] {
			if strings.HasPrefix(text[start:], p.text) {
				next = max(next, found(p, start))
				break
			}
		}
		i = next + shortest - 1
	}
}

// patternsOf are the texts that betray secrets, and those that betray a sealed key.
func patternsOf(secrets []Secret, prefix string) []pattern {
	var all []pattern
	for _, s := range secrets {
		if len(s.Value) < shortest {
			continue
		}
		all = append(all, pattern{s.Value, s.Name, plainSecret})
		if strings.Contains(s.Value, " ") { // forms write it so
			all = append(all, pattern{strings.ReplaceAll(s.Value, " ", "+"), s.Name, plainSecret})
		}
		for before := range 3 {
			for _, digits := range base64Of(s.Value, before) {
				all = append(all, pattern{digits, s.Name, base64Secret})
			}
		}
	}
	all = append(all, pattern{prefix, hidden, sealedKey})
	for before, k := range []kind{base64Sealed0, base64Sealed1, base64Sealed2} {
		all = append(all, pattern{base64Of(prefix, before)[0], hidden, k})
	}
	return all
}

// base64Of are the digits, in either alphabet, that value always has when so many bytes stand before it in its group of three.
func base64Of(value string, before int) []string {
	digits := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), value...))
	digits = digits[(8*before+5)/6 : 8*(before+len(value))/6]
	return []string{digits, strings.NewReplacer("+", "-", "/", "_").Replace(digits)}
}

func isBase64URL(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

func isBase64(c byte) bool { return isBase64URL(c) || c == '+' || c == '/' }

// run is where the bytes of a class end that begin at start.
func run(s string, start int, class func(byte) bool) int {
	for start < len(s) && class(s[start]) {
		start++
	}
	return start
}
