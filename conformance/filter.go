package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// fits reports whether some labels fit an expression.
type fits func(labels []string) bool

// filterParser reads an expression from left to right. Its grammar is that of Ginkgo's label filters without their sets, for which
// there are no labels here; to link Ginkgo into the command for it costs a server 1.6 MB.
type filterParser struct{ whole, rest string }

// parseFilter reads an expression that is not empty.
func parseFilter(expression string) (fits, error) {
	p := &filterParser{whole: expression, rest: expression}
	f, err := p.either()
	if err == nil && p.rest != "" {
		err = p.wrong("an operator (&& or ||) should come here")
	}
	return f, err
}

func (p *filterParser) wrong(what string) error {
	return fmt.Errorf("filter %q, character %d: %s", p.whole, len([]rune(p.whole))-len([]rune(p.rest))+1, what)
}

// takes reports whether a token comes next, and goes on behind it.
func (p *filterParser) takes(token string) (taken bool) {
	p.rest = strings.TrimLeft(p.rest, " ")
	p.rest, taken = strings.CutPrefix(p.rest, token)
	p.rest = strings.TrimLeft(p.rest, " ")
	return taken
}

// either is what holds when one of its parts does.
func (p *filterParser) either() (fits, error) {
	one, err := p.both()
	for err == nil && (p.takes("||") || p.takes(",")) {
		var two fits
		first := one
		two, err = p.both()
		one = func(labels []string) bool { return first(labels) || two(labels) }
	}
	return one, err
}

// both is what holds when all of its parts do.
func (p *filterParser) both() (fits, error) {
	one, err := p.term()
	for err == nil && p.takes("&&") {
		var two fits
		first := one
		two, err = p.term()
		one = func(labels []string) bool { return first(labels) && two(labels) }
	}
	return one, err
}

func (p *filterParser) term() (fits, error) {
	switch {
	case p.takes("!"):
		f, err := p.term()
		return func(labels []string) bool { return !f(labels) }, err
	case p.takes("("):
		f, err := p.either()
		if err == nil && !p.takes(")") {
			err = p.wrong("a ) is missing")
		}
		return f, err
	case strings.HasPrefix(p.rest, "/"):
		text, rest, closed := strings.Cut(p.rest[1:], "/")
		if !closed {
			return nil, p.wrong("the / that ends a regular expression is missing")
		}
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, p.wrong(err.Error())
		}
		p.rest = rest
		return func(labels []string) bool { return slices.ContainsFunc(labels, re.MatchString) }, nil
	}
	end := strings.IndexAny(p.rest+"&", "&|!,()/")
	word := strings.TrimSpace(p.rest[:end])
	if word == "" {
		return nil, p.wrong("a label, a /regular expression/, ! or ( should come here")
	}
	p.rest = p.rest[end:]
	return func(labels []string) bool {
		return slices.ContainsFunc(labels, func(l string) bool { return strings.EqualFold(l, word) })
	}, nil
}
