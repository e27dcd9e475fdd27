package scenarios

import (
	"mockamivoice/scenarios/strict"
)

func readExpect(n strict.Node, isReply bool) Expect {
	if !isReply {
		return Expect{Message: readMatch(n)}
	}
	var r ReplyMatch
	n.Map(strict.Fields{
		"status":  r.readStatus,
		"headers": r.readHeaders,
		"body": func(v strict.Node) {
			m := readMatch(v)
			r.Body = &m
		},
	})
	return Expect{Reply: &r}
}

func (r *ReplyMatch) readStatus(n strict.Node) {
	const least = 100
	items := []strict.Node{n}
	if n.IsList() {
		items = n.Items()
	}
	for _, item := range items {
		var status int
		strict.Int(&status, least)(item)
		r.Status = append(r.Status, status)
	}
}

func (r *ReplyMatch) readHeaders(n strict.Node) {
	for _, p := range n.Pairs() {
		h := HeaderMatch{Name: p.Name}
		if !p.Value.IsNull() {
			h.Value = readPattern(p.Value, false)
		}
		r.Headers = append(r.Headers, h)
	}
}

// readMatch reads a text, or a mapping that says more.
func readMatch(n strict.Node) Match {
	var m Match
	if !n.IsMap() {
		m.Text = readPattern(n, false)
		return m
	}
	n.Map(strict.Fields{
		"text":   func(v strict.Node) { m.Text = readPattern(v, false) },
		"regexp": func(v strict.Node) { m.Regexp = readPattern(v, true) },
		"json": func(v strict.Node) {
			m.JSON = &JSONPattern{Value: v.Any()}
			checkJSON(v, m.JSON.Value)
		},
		"as": variable(&m.As),
	})
	if m.Text == nil && m.Regexp == nil && m.JSON == nil && m.As == "" {
		n.Fail("expects nothing: say text, regexp or json")
	}
	return m
}

func readPattern(n strict.Node, isRegexp bool) *Pattern {
	p := &Pattern{Source: n.Text(), IsRegexp: isRegexp}
	if _, err := p.Compile(nil, true); err != nil {
		n.Fail("%v", err)
	}
	return p
}

// checkJSON refuses placeholders that stand where they mean nothing.
func checkJSON(n strict.Node, v any) {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if item == restOfArray && i != len(v)-1 {
				n.Fail("%s can only be the last element of an array", restOfArray)
			}
			checkJSON(n, item)
		}
	case map[string]any:
		for _, field := range v {
			checkJSON(n, field)
		}
	case string:
		if v == restOfArray || v == absentField {
			return
		}
		if _, err := (Pattern{Source: v}).Compile(nil, true); err != nil {
			n.Fail("%v", err)
		}
	}
}

func readAnyOrder(n strict.Node) AnyOrder {
	var a AnyOrder
	for _, item := range n.Items() {
		a.Messages = append(a.Messages, readMatch(item))
	}
	if len(a.Messages) < 2 {
		n.Fail("needs at least two messages")
	}
	return a
}
