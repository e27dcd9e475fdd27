package scenarios

import (
	"strings"
	"unicode/utf8"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/strict"
)

func readSaid(n strict.Node) Said {
	s := Said{Repeat: 1}
	if !n.IsMap() {
		s.Text = n.Text()
		return s
	}
	isText := false
	n.Map(strict.Fields{
		"text": func(v strict.Node) { s.Text = v.Text(); isText = true },
		"code": func(v strict.Node) {
			if s.Code = v.Text(); messageOf(s.Code) == "" {
				v.Fail("%q is no code of a failed result; there are %s", s.Code, strings.Join(codes(), " "))
			}
		},
		"confidence": number(&s.Confidence),
		"repeat": func(v strict.Node) {
			if strict.Int(&s.Repeat, 1)(v); s.Repeat > mostRepeats {
				v.Fail("is more than %d", mostRepeats)
			}
		},
		"tokens": func(v strict.Node) {
			for _, item := range v.Items() {
				s.Tokens = append(s.Tokens, readToken(item))
			}
		},
	})
	switch said := isText || len(s.Tokens) > 0; {
	case said && s.Code != "":
		n.Fail("has a code and a text; a failed result has no text")
	case !said && s.Code == "":
		n.Fail(`needs text, tokens or code; text: "" is an empty result`)
	}
	if !isText {
		for _, t := range s.Tokens {
			s.Text += t.Written
		}
	}
	if tokens, bytes := s.size(); tokens > mostTokens || bytes > mostText {
		n.Fail("is too large: a result has at most %d tokens and %d bytes of text, repeats included", mostTokens, mostText)
	}
	return s
}

// size is how many tokens and bytes of text are said in all.
func (s Said) size() (tokens, bytes int) {
	tokens, bytes = len(s.Tokens), len(s.Text)
	for _, t := range s.Tokens {
		bytes += len(t.Spoken.Value) + len(t.Label.Value)
	}
	if tokens == 0 {
		tokens = len(strings.Fields(s.Text))
	}
	if runes := utf8.RuneCountInString(s.Text); tokens == 1 && len(s.Tokens) == 0 && runes < len(s.Text) {
		tokens = runes // each character becomes one
	}
	return tokens * s.Repeat, bytes * s.Repeat
}

func readToken(n strict.Node) protocol.Token {
	var t protocol.Token
	milliseconds := func(dst *protocol.Maybe[int]) strict.Reader {
		return func(v strict.Node) { strict.Int(&dst.Value, 0)(v); dst.OK = true }
	}
	text := func(dst *protocol.Maybe[string]) strict.Reader {
		return func(v strict.Node) { *dst = protocol.Some(v.Text()) }
	}
	n.Map(strict.Fields{
		"written": strict.Text(&t.Written), "spoken": text(&t.Spoken), "label": text(&t.Label), "confidence": number(&t.Confidence),
		"starttime": milliseconds(&t.StartTime), "endtime": milliseconds(&t.EndTime),
	}, "written")
	return t
}

func number(dst *protocol.Maybe[float64]) strict.Reader {
	return func(n strict.Node) {
		f, ok := n.Any().(float64)
		if !ok {
			n.Fail("must be a number")
		}
		*dst = protocol.Some(f)
	}
}

// messageOf is the message that goes with the code of a failed result, or "".
func messageOf(code string) string {
	for _, e := range protocol.Catalogue() {
		if e.Surface == protocol.SurfaceSync && e.Status == 200 && e.Code == code && code != "" {
			return e.Message
		}
	}
	return ""
}

// Message is the message that goes with the code, or "".
func (s Said) Message() string { return messageOf(s.Code) }

func codes() []string {
	var all []string
	for _, e := range protocol.Catalogue() {
		if e.Surface == protocol.SurfaceSync && e.Status == 200 {
			all = append(all, e.Code)
		}
	}
	return all
}
