package conformance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/scenarios"
)

// hold compares a text with what is expected of it. It returns the variables that it sets, or how the text differs.
func (p *player) hold(m scenarios.Match, text string) (found map[string]string, diff string) {
	found = make(map[string]string)
	if m.As != "" {
		found[m.As] = text
	}
	for _, pattern := range []*scenarios.Pattern{m.Text, m.Regexp} {
		if pattern == nil {
			continue
		}
		re, err := pattern.Compile(p.vars, false)
		if err != nil {
			return nil, err.Error()
		}
		groups := re.FindStringSubmatch(text)
		if groups == nil {
			return nil, dialogue.Quote(text)
		}
		for i, name := range re.SubexpNames() {
			if name != "" {
				found[name] = groups[i]
			}
		}
	}
	if m.JSON == nil {
		return found, ""
	}
	var value any
	if err := json.Unmarshal([]byte(payload(text)), &value); err != nil {
		return nil, fmt.Sprintf("%s, which is not JSON: %v", dialogue.Quote(text), err)
	}
	if diff := m.JSON.Match(value, p.vars); diff != "" {
		return nil, fmt.Sprintf("%s (%s)", dialogue.Quote(text), diff)
	}
	return found, ""
}

// payload is the JSON of a reply or, behind its letter and a blank, of an event.
func payload(text string) string {
	if len(text) > 2 && text[1] == ' ' {
		return text[2:]
	}
	return text
}

// wanted is a match for a person.
func wanted(m scenarios.Match) string {
	var all []string
	if m.Text != nil {
		all = append(all, dialogue.Quote(m.Text.Source))
	}
	if m.Regexp != nil {
		all = append(all, "something like /"+m.Regexp.Source+"/")
	}
	if m.JSON != nil {
		text, err := json.Marshal(m.JSON.Value)
		if err == nil {
			all = append(all, "JSON "+string(text))
		}
	}
	if len(all) == 0 {
		return "anything"
	}
	return strings.Join(all, " with ")
}

// holdReply compares a reply with what is expected of it.
func (p *player) holdReply(want scenarios.ReplyMatch, got *reply) *mismatch {
	if len(want.Status) > 0 && !slices.Contains(want.Status, got.status) {
		return &mismatch{"status " + statuses(want.Status), fmt.Sprintf("status %d with body %s", got.status, dialogue.Quote(got.body))}
	}
	for _, h := range want.Headers {
		if m := p.holdHeader(h, got); m != nil {
			return m
		}
	}
	if want.Body == nil {
		return nil
	}
	found, diff := p.hold(*want.Body, got.body)
	if diff != "" {
		return &mismatch{"body " + wanted(*want.Body), diff}
	}
	p.set(found)
	return nil
}

func statuses(list []int) string {
	words := make([]string, 0, len(list))
	for _, s := range list {
		words = append(words, fmt.Sprint(s))
	}
	return strings.Join(words, " or ")
}

// holdHeader compares a header line: its name byte for byte, as the vendor's native clients do. (observed)
func (p *player) holdHeader(want scenarios.HeaderMatch, got *reply) *mismatch {
	if want.Value == nil {
		if v, is := got.head.Value(want.Name); is {
			return &mismatch{"no header " + want.Name, want.Name + ": " + dialogue.Quote(v)}
		}
		return nil
	}
	expected := want.Name + ": " + want.Value.Source
	for _, line := range got.head.Lines {
		if line[0] == want.Name {
			if _, diff := p.hold(scenarios.Match{Text: want.Value}, line[1]); diff != "" {
				return &mismatch{expected, line[0] + ": " + diff}
			}
			return nil
		}
	}
	for _, line := range got.head.Lines {
		if strings.EqualFold(line[0], want.Name) {
			return &mismatch{expected + ", spelt so", line[0] + ": " + dialogue.Quote(line[1])}
		}
	}
	return &mismatch{expected, "no such header line"}
}
