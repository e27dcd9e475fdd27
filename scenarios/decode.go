package scenarios

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/strict"
)

// longestWait is how much time a script may let pass on a target that has no clock to move.
const longestWait = 3 * time.Second

// ParseScenario reads a scenario file. Errors are *strict.Error: they name file, line and column.
func ParseScenario(file string, data []byte) (*Scenario, error) {
	s := &Scenario{File: file, text: data}
	if err := strict.Parse(file, data, s.read); err != nil {
		return nil, err
	}
	return s, nil
}

var dashed = regexp.MustCompile(`^[a-z]+(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+$`)

func (s *Scenario) read(root strict.Node) {
	var surface string
	root.Map(strict.Fields{
		"id":        identifier(&s.ID),
		"title":     strict.NonEmpty(&s.Title),
		"surface":   strict.OneOf(&surface, "issue", "sync", "async", "stream", "words"),
		"level":     strict.OneOf(&s.Level, Must, Should, Info),
		"basis":     basis(&s.Basis),
		"source":    strict.NonEmpty(&s.Source),
		"statement": identifier(&s.Statement),
		"also":      s.readAlso,
		"needs":     s.readNeeds,
		"script":    s.readScript,
		"play":      s.readPlay,
		"client":    s.readClient,
		"why":       strict.NonEmpty(&s.Why),
	}, "id", "title", "surface", "level", "basis", "source", "why")
	s.Surface = protocol.Surface(surface)
	s.check(root)
}

func identifier(dst *string) strict.Reader {
	return func(n strict.Node) {
		if *dst = n.Text(); !dashed.MatchString(*dst) {
			n.Fail("%q is not an id like stream.key-expires-before-first-p", *dst)
		}
	}
}

func basis(dst *protocol.Basis) strict.Reader {
	return func(n strict.Node) {
		var word string
		strict.OneOf(&word, "documented", "observed", "inferred", "assumed")(n)
		for _, b := range []protocol.Basis{protocol.Documented, protocol.Observed, protocol.Inferred, protocol.Assumed} {
			if b.String() == word {
				*dst = b
			}
		}
	}
}

func (s *Scenario) readAlso(n strict.Node) {
	for _, item := range n.Items() {
		var id string
		identifier(&id)(item)
		s.Also = append(s.Also, id)
	}
}

func (s *Scenario) readNeeds(n strict.Node) {
	for _, item := range n.Items() {
		var c Capability
		strict.OneOf(&c, Capabilities()...)(item)
		s.Needs = append(s.Needs, c)
	}
}

// check looks at what concerns several fields.
func (s *Scenario) check(root strict.Node) {
	if !s.Level.Fits(s.Basis) {
		root.Fail("level %s does not fit basis %s: must rests on what is documented or observed, should at least on what is inferred", s.Level, s.Basis)
	}
	if !strings.HasPrefix(s.ID, string(s.Surface)+".") {
		root.Fail("the id must begin with the surface, %s.", s.Surface)
	}
	if s.Script != nil && len(s.Script) == 0 {
		root.Fail("the script has no steps")
	}
	if len(s.Parts()) == 0 {
		root.Fail("has none of script, play and client")
	}
	needed := s.needed()
	for _, c := range needed {
		if !slices.Contains(s.Needs, c) {
			root.Fail("the script needs %s, which needs: does not list", c)
		}
	}
	for _, c := range s.Needs {
		if !slices.Contains(needed, c) {
			root.Fail("needs: lists %s, which no step needs", c)
		}
	}
	s.checkVariables(root)
}

// needed are the capabilities that the steps use.
func (s *Scenario) needed() []Capability {
	var all []Capability
	add := func(c Capability) {
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	for _, step := range s.Script {
		switch a := step.Action.(type) {
		case Issue:
			if a.ByIssuingKey {
				add(CanIssueByKey)
			} else {
				add(CanIssue)
			}
		case Request:
			add(a.Needs())
		case Submit, Poll:
			add(CanAsync)
		case Words:
			add(CanWords)
		case Connect:
			add(CanStream)
		}
	}
	if s.Waits() > longestWait {
		add(CanControl)
	}
	return all
}

// given are the variables that a target brings along.
func given() []string {
	return []string{"sid", "spw", "issuing-key", "static-key", "key", "address"}
}

// checkVariables refuses a variable that is used before a step sets it.
func (s *Scenario) checkVariables(root strict.Node) {
	known := given()
	for _, step := range s.Script {
		for _, name := range uses(step.Action) {
			if !slices.Contains(known, name) {
				root.Fail("line %d uses ${%s}, which nothing has set%s", step.Line, name, strict.DidYouMean(name, known))
				return
			}
		}
		known = append(known, sets(step.Action)...)
	}
}

// Uses are the variables that the script takes from the target: those that it uses before, or without, setting them.
func (s *Scenario) Uses() []string {
	var own, found []string
	for _, step := range s.Script {
		for _, name := range uses(step.Action) {
			if !slices.Contains(own, name) && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
		own = append(own, sets(step.Action)...)
	}
	return found
}

func uses(a Action) []string {
	var found []string
	templates := func(all ...Template) {
		for _, t := range all {
			found = append(found, t.Variables()...)
		}
	}
	fields := func(all []Field) {
		for _, f := range all {
			templates(f.Value)
		}
	}
	switch a := a.(type) {
	case Issue:
		templates(a.From)
		for _, t := range []*Template{a.SID, a.SPW, a.EPI, a.IPA} {
			if t != nil {
				templates(*t)
			}
		}
	case Request:
		templates(a.Path, a.Query, a.From)
		fields(a.Headers)
		fields(a.Form)
		for _, p := range a.Parts {
			templates(p.Text)
		}
		if a.Body != nil {
			templates(a.Body.Text)
		}
	case Submit:
		templates(a.templates()...)
	case Poll:
		templates(a.Job, a.Authorization)
	case Words:
		templates(a.Profile, a.Engine, a.ADF, a.Authorization)
	case Connect:
		templates(a.From)
		fields(a.Headers)
	case Send:
		templates(a.Text)
	case Expect:
		found = append(found, a.Message.variables()...)
		if a.Reply != nil {
			found = append(found, a.Reply.variables()...)
		}
	case AnyOrder:
		for _, m := range a.Messages {
			found = append(found, m.variables()...)
		}
	}
	return found
}

func (m Match) variables() []string {
	var found []string
	for _, p := range []*Pattern{m.Text, m.Regexp} {
		if p != nil {
			found = append(found, p.Variables()...)
		}
	}
	return found
}

func (r ReplyMatch) variables() []string {
	var found []string
	for _, h := range r.Headers {
		if h.Value != nil {
			found = append(found, h.Value.Variables()...)
		}
	}
	if r.Body != nil {
		found = append(found, r.Body.variables()...)
	}
	return found
}

func sets(a Action) []string {
	matches := func(all ...Match) []string {
		var found []string
		for _, m := range all {
			if m.As != "" {
				found = append(found, m.As)
			}
			if m.Regexp != nil {
				found = append(found, m.Regexp.Groups()...)
			}
		}
		return found
	}
	switch a := a.(type) {
	case Issue:
		return []string{a.As}
	case Submit:
		return []string{a.As}
	case Expect:
		if a.Reply != nil && a.Reply.Body != nil {
			return matches(*a.Reply.Body)
		}
		return matches(a.Message)
	case AnyOrder:
		return matches(a.Messages...)
	}
	return nil
}
