// Package redact takes secrets out of tapes, whoever records them.
package redact

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
)

// Secret is a text that no exit may let through.
type Secret struct {
	Value string
	Name  string // what stands in its place: "<key:ID>" or "***"
}

// Redactor takes secrets out of texts: what is known to be one wherever it stands and however it is written, and what stands
// where a secret belongs whatever it is. Redacting what was redacted changes nothing. Safe for concurrent use.
type Redactor struct {
	byValue map[string]string // name by value, of all secrets
	static  []Secret          // the keys, longest first
	grams   map[string]struct{}
	scanner *scanner
	wide    bool // a secret has characters beyond printable ASCII
	open    func(s string) (key, id string, ok bool)
}

const (
	// SealedPrefix begins every key that this project's servers seal. One that cannot be opened is hidden all the same.
	SealedPrefix = "MAV1"
	longestKey   = 4096 // bytes
)

// New is the Redactor of secrets and of sealed keys. Secrets shorter than 4 bytes are found by position only. open finds
// the sealed key that a text begins with, and its id; nil where nobody can open any.
func New(secrets []Secret, open func(s string) (key, id string, ok bool)) *Redactor {
	r := &Redactor{byValue: make(map[string]string), grams: make(map[string]struct{}), open: open}
	if open == nil {
		r.open = func(string) (key, id string, ok bool) { return "", "", false }
	}
	for _, s := range secrets {
		r.byValue[s.Value] = s.Name
		if strings.HasPrefix(s.Name, markerStart) && s.Value != "" {
			r.static = append(r.static, s)
		}
		r.wide = r.wide || strings.ContainsFunc(s.Value, func(c rune) bool { return c < ' ' || c > '~' })
		r.learn(s.Value)
	}
	r.learn(SealedPrefix)
	slices.SortFunc(r.static, func(a, b Secret) int { return cmp.Compare(len(b.Value), len(a.Value)) })
	r.scanner = newScanner(patternsOf(secrets, SealedPrefix))
	return r
}

func (r *Redactor) learn(value string) {
	for i := range len(value) - shortest + 1 {
		r.grams[value[i:i+shortest]] = struct{}{}
	}
}

// Bytes tells whether b, the first bytes of audio, holds at least 4 bytes of a known secret or the beginning of a sealed key.
func (r *Redactor) Bytes(b []byte) bool {
	for i := range len(b) - shortest + 1 {
		if _, ok := r.grams[string(b[i:i+shortest])]; ok {
			return true
		}
	}
	return false
}

// Text replaces the known secrets and the sealed keys in s: as they are, percent-encoded, escaped as in JSON, in base64, and in
// up to three of these at a time. A text without any is returned as it is, without an allocation.
func (r *Redactor) Text(s string) string {
	const rounds = 8 // a replacement could complete another secret; that ends, unless a name holds a secret
	for range rounds {
		out := r.once(s)
		if out == s {
			return s
		}
		s = out
	}
	return s
}

type span struct {
	start, end int
	name       string
}

func (r *Redactor) once(s string) string {
	spans := r.collect(view{text: s}, nil, 0)
	spans = slices.DeleteFunc(spans, func(p span) bool { return insideMarker(s, p.start, p.end) })
	if len(spans) == 0 {
		return s
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	at := 0
	for i := 0; i < len(spans); {
		p := spans[i]
		longest := p.end - p.start
		for i++; i < len(spans) && spans[i].start < p.end; i++ {
			if q := spans[i]; q.end-q.start > longest {
				longest, p.name = q.end-q.start, q.name
			}
			p.end = max(p.end, spans[i].end)
		}
		b.WriteString(s[at:p.start])
		b.WriteString(p.name)
		at = p.end
	}
	b.WriteString(s[at:])
	return b.String()
}

// collect finds what is to be replaced in v and in what v decodes to.
func (r *Redactor) collect(v view, spans []span, depth int) []span {
	const depths = 3
	r.scanner.scan(v.text, func(p pattern, start int) int {
		found, next, ok := r.match(p, v.text, start)
		if !ok {
			return next
		}
		found.start, found.end = v.origin(found.start, found.end)
		if n := len(spans); n > 0 && spans[n-1].start == found.start && spans[n-1].end == found.end {
			spans = spans[:n-1]
		}
		spans = append(spans, found)
		return next
	})
	if depth == depths {
		return spans
	}
	if hasPercent(v.text) {
		if d, ok := v.decode('%', percentEscape); ok {
			spans = r.collect(d, spans, depth+1)
		}
	}
	if hasJSON(v.text, r.wide) {
		if d, ok := v.decode('\\', jsonEscape); ok {
			spans = r.collect(d, spans, depth+1)
		}
	}
	return spans
}

// match says what to replace for the pattern that stands at start, and where to go on looking.
func (r *Redactor) match(p pattern, s string, start int) (found span, next int, ok bool) {
	switch p.kind {
	case plainSecret:
		return span{start, start + len(p.text), p.name}, start + 1, true
	case base64Secret: // the digits beside it hold bits of it
		end := start + len(p.text)
		if start > 0 && isBase64(s[start-1]) {
			start--
		}
		if end < len(s) && isBase64(s[end]) {
			end++
		}
		return span{start, end, p.name}, end - 1, true
	case sealedKey:
		return r.matchSealed(s, start)
	case base64Sealed0, base64Sealed1, base64Sealed2:
		return r.matchBase64Sealed(s, start, int(p.kind-base64Sealed0))
	}
	return span{}, 0, false
}

// matchSealed replaces a key that opens and keeps what is glued behind it. What looks like a key and does not open may be one
// of another server: nothing of it is kept.
func (r *Redactor) matchSealed(s string, start int) (found span, next int, ok bool) {
	enough := start + len(SealedPrefix) + runLength
	if enough > len(s) || run(s[:enough], start, isBase64URL) < enough {
		return span{}, 0, false
	}
	if key, id, ok := r.open(s[start:min(len(s), start+longestKey)]); ok {
		end := start + len(key)
		return span{start, end, marker(id)}, end, true
	}
	end := run(s, enough, isBase64URL)
	return span{start, end, hidden}, end, true
}

// matchBase64Sealed is matchSealed for a key in base64 with so many bytes before it in its group of three.
func (r *Redactor) matchBase64Sealed(s string, start, before int) (found span, next int, ok bool) {
	group := start - (8*before+5)/6
	if group < 0 || run(s[:start], group, isBase64) < start {
		return span{}, 0, false
	}
	limit := min(len(s), group+base64.RawStdEncoding.EncodedLen(longestKey)+shortest)
	end := run(s[:limit], group, isBase64)
	if (end-group)%4 == 1 {
		end--
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(s[group:end]))
	if err != nil || !strings.HasPrefix(string(text[before:]), SealedPrefix) {
		return span{}, 0, false
	}
	inner, _, ok := r.matchSealed(string(text), before)
	if !ok {
		return span{}, 0, false
	}
	found = span{group + 8*before/6, min(end, group+(8*inner.end+5)/6), inner.name}
	return found, found.end, true
}
