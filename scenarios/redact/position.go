package redact

import (
	"strings"
)

const (
	markerStart = "<key:"
	markerLen   = len(markerStart) + 12 + len(">")

	authorization = "authorization="
)

// marker is what stands in the place of a key of that id.
func marker(id string) string { return markerStart + id + ">" }

// isMarker tells whether s begins with a marker.
func isMarker(s string) bool {
	if len(s) < markerLen || !strings.HasPrefix(s, markerStart) || s[markerLen-1] != '>' {
		return false
	}
	return strings.Trim(s[len(markerStart):markerLen-1], "0123456789abcdef") == ""
}

// insideMarker tells whether s[start:end] is a part of a marker, and so no secret although it reads like one.
func insideMarker(s string, start, end int) bool {
	for i := start; i >= 0 && i > start-markerLen; i-- {
		if s[i] == '<' {
			return isMarker(s[i:]) && end <= i+markerLen
		}
	}
	return false
}

// key replaces what stands in the place of a key. Only a key that is known is named; parameters glued to it are kept, because
// that is what a person wants to see.
func (r *Redactor) key(v string) string {
	switch name, known := r.byValue[v]; {
	case v == "" || v == hidden:
		return v
	case known:
		return name
	case isMarker(v):
		return v[:markerLen] + r.Text(v[markerLen:])
	}
	if sealed, id, ok := r.open(v); ok {
		return marker(id) + r.Text(v[len(sealed):])
	}
	for _, s := range r.static {
		if rest, ok := strings.CutPrefix(v, s.Value); ok && isParameter(rest) {
			return s.Name + r.Text(rest)
		}
	}
	if plain := unescape(v, false); plain != v {
		if name := r.key(plain); len(name) == markerLen && isMarker(name) {
			return name
		}
	}
	return hidden
}

// isParameter tells whether s begins like another parameter: a name and an equals sign, maybe with an ampersand in front.
func isParameter(s string) bool {
	s = strings.TrimPrefix(s, "&")
	n := run(s, 0, func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' })
	return n > 0 && n < len(s) && s[n] == '='
}

// Command redacts an s command or the value of d: every authorization in it, wherever it stands, then like Text.
func (r *Redactor) Command(s string) string {
	var b strings.Builder
	rest := s
	for {
		i := indexAuthorization(rest)
		if i < 0 {
			break
		}
		n := valueLen(rest[i:])
		b.WriteString(rest[:i])
		b.WriteString(r.value(rest[i : i+n]))
		rest = rest[i+n:]
	}
	if b.Len() == 0 {
		return r.Text(s)
	}
	b.WriteString(rest)
	return r.Text(b.String())
}

// indexAuthorization is where the value of the first authorization in s begins, in any case of letters, or -1.
func indexAuthorization(s string) int {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '=')
		if i < 0 {
			return -1
		}
		at += i + 1
		if at >= len(authorization) && strings.EqualFold(s[at-len(authorization):at], authorization) {
			return at
		}
	}
}

// valueLen is the length of the value that s begins with: to the next blank outside of the quotes that it may begin with.
// A quote inside of quotes is doubled. (documented: blanks need quotes; observed: the vendor's libraries double inner quotes)
func valueLen(s string) int {
	i := 0
	if strings.HasPrefix(s, `"`) {
		i = quoted(s)
	}
	if blank := strings.IndexByte(s[i:], ' '); blank >= 0 {
		return i + blank
	}
	return len(s)
}

// quoted is the length of the quoted text that s begins with, quotes included; all of s when the last one is missing.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '"':
		case i+1 < len(s) && s[i+1] == '"':
			i++
		default:
			return i + 1
		}
	}
	return len(s)
}

func (r *Redactor) value(v string) string {
	if !strings.HasPrefix(v, `"`) {
		return r.key(v)
	}
	n := quoted(v)
	inner, closed := strings.CutSuffix(v[1:n], `"`)
	switch {
	case n < len(v):
		return hidden // something is glued to the closing quote
	case closed:
		return `"` + r.key(inner) + `"`
	}
	return `"` + r.key(inner)
}

// Header redacts the value of a header line. Of credentials the scheme is kept, cookies go as a whole.
func (r *Redactor) Header(name, value string) string {
	switch {
	case strings.EqualFold(name, "Authorization"), strings.EqualFold(name, "Proxy-Authorization"):
		return r.credentials(value)
	case strings.EqualFold(name, "Cookie"), strings.EqualFold(name, "Set-Cookie"):
		return all(value)
	case strings.EqualFold(name, "Referer"), strings.EqualFold(name, "Location"):
		return r.Target(value)
	}
	return r.Text(value)
}

func (r *Redactor) credentials(value string) string {
	n := run(value, 0, func(c byte) bool { return c != ' ' && c != '\t' })
	if !isScheme(value[:n]) {
		return r.key(value)
	}
	n = run(value, n, func(c byte) bool { return c == ' ' || c == '\t' })
	return value[:n] + r.key(value[n:])
}

// isScheme tells whether s names a way to authenticate. Any other word may be a key whose scheme was forgotten.
func isScheme(s string) bool {
	for _, known := range []string{"Bearer", "Basic", "Digest", "Token", "Negotiate", "ApiKey"} {
		if strings.EqualFold(s, known) {
			return true
		}
	}
	return false
}

// Field redacts the decoded value of a field of a form, a query or a multipart body.
func (r *Redactor) Field(name, value string) string {
	switch {
	case strings.EqualFold(name, "spw"):
		return all(value)
	case strings.EqualFold(name, "u"), strings.EqualFold(name, "authorization"):
		return r.key(value)
	case strings.EqualFold(name, "d"):
		return r.Command(value)
	}
	return r.Text(value)
}

// Target redacts a request target: the fields of its query as Field does, the rest like Text.
func (r *Redactor) Target(s string) string {
	path, query, ok := strings.Cut(s, "?")
	if !ok {
		return r.Text(s)
	}
	if clean := r.fields(query); clean != query {
		s = path + "?" + clean
	}
	return r.Text(s)
}

// Form redacts an urlencoded form as Field does, and any other text like Text.
func (r *Redactor) Form(s string) string { return r.Text(r.fields(s)) }

// fields redacts the fields of a form. One with nothing to redact keeps its spelling.
func (r *Redactor) fields(s string) string {
	var b strings.Builder
	kept := 0
	for at := 0; at < len(s); {
		end := len(s)
		if i := strings.IndexByte(s[at:], '&'); i >= 0 {
			end = at + i
		}
		if name, value, ok := strings.Cut(s[at:end], "="); ok {
			plain := unescape(value, true)
			if clean := r.Field(unescape(name, true), plain); clean != plain {
				b.WriteString(s[kept : at+len(name)+1])
				b.WriteString(escapeField(clean))
				kept = end
			}
		}
		at = end + 1
	}
	if kept == 0 {
		return s
	}
	b.WriteString(s[kept:])
	return b.String()
}

// all hides a value that is there.
func all(value string) string {
	if value == "" {
		return ""
	}
	return hidden
}
