package transcript

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/strict"
)

// parseJSON reads our own format, strictly, or what the service answers, whatever else stands there.
func parseJSON(name, text string) (*Transcript, error) {
	root, err := parseTree(name, text)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(root.fields))
	for _, f := range root.fields {
		names = append(names, f.name)
	}
	if !slices.Contains(names, "utterances") && (slices.Contains(names, "results") || slices.Contains(names, "segments") || slices.Contains(names, "status")) {
		return parseService(root)
	}
	return readOwn(root)
}

// readOwn reads {"utterances": […], "sentiment": […]}.
func readOwn(root *node) (*Transcript, error) {
	t := &Transcript{}
	root.object(map[string]func(*node){
		"utterances": func(n *node) {
			for _, item := range n.list() {
				t.Cues = append(t.Cues, readCue(item))
			}
		},
		"sentiment": func(n *node) {
			for _, item := range n.list() {
				t.Sentiment = append(t.Sentiment, readSentiment(item))
			}
		},
	}, "utterances")
	if err := root.doc.first; err != nil {
		return nil, err
	}
	if len(t.Cues) == 0 {
		root.fail("utterances: is empty; it tells of at least one utterance")
	}
	for i, c := range t.Cues {
		if c.Start.OK != t.Cues[0].Start.OK {
			root.field("utterances").items[i].fail("some utterances have times and some have none; give all of them start and end, or none")
			break
		}
	}
	if err := root.doc.first; err != nil {
		return nil, err
	}
	return t, nil
}

func readCue(n *node) Cue {
	var c Cue
	var speaker string
	var given bool
	n.object(map[string]func(*node){
		"text":       func(v *node) { c.Text, given = v.text(), true },
		"start":      func(v *node) { c.Start = protocol.Some(v.integer(0)) },
		"end":        func(v *node) { c.End = protocol.Some(v.integer(0)) },
		"speaker":    func(v *node) { speaker = v.filled() },
		"confidence": func(v *node) { c.Confidence = protocol.Some(v.fraction()) },
		"code":       func(v *node) { c.Code = readCode(v) },
		"interim": func(v *node) {
			for _, item := range v.list() {
				c.Interim = append(c.Interim, item.filled())
			}
		},
		"tokens": func(v *node) {
			for _, item := range v.list() {
				c.Tokens = append(c.Tokens, readToken(item))
			}
		},
	})
	switch {
	case c.Start.OK != c.End.OK:
		n.fail("start and end go together")
	case c.End.Value < c.Start.Value:
		n.fail("ends before it begins")
	case c.Code != "" && (given || len(c.Tokens) > 0):
		n.fail("a result with a code has neither text nor tokens")
	case c.Code == "" && !given && len(c.Tokens) == 0:
		n.fail("needs text, tokens or code")
	}
	if len(c.Tokens) == 0 {
		c.Tokens = Words(c.Text)
	} else if !given {
		c.Text = JoinWords(c.Tokens)
	}
	for i := range c.Tokens {
		if !c.Tokens[i].Label.OK {
			spokenBy(c.Tokens[i:i+1], speaker)
		}
	}
	return c
}

func readToken(n *node) protocol.Token {
	var k protocol.Token
	n.object(map[string]func(*node){
		"written":    func(v *node) { k.Written = v.filled() },
		"spoken":     func(v *node) { k.Spoken = protocol.Some(v.filled()) },
		"start":      func(v *node) { k.StartTime = protocol.Some(v.integer(0)) },
		"end":        func(v *node) { k.EndTime = protocol.Some(v.integer(0)) },
		"confidence": func(v *node) { k.Confidence = protocol.Some(v.fraction()) },
		"speaker":    func(v *node) { k.Label = protocol.Some(v.filled()) },
	}, "written")
	if k.StartTime.OK != k.EndTime.OK || k.EndTime.Value < k.StartTime.Value {
		n.fail("start and end go together, and end comes not before start")
	}
	return k
}

func readCode(n *node) string {
	code := n.filled()
	if codes := resultCodes(); !slices.Contains(codes, code) && code != "" {
		n.fail("%q is none of the codes of results: %s", code, strings.Join(codes, " "))
	}
	return code
}

// resultCodes are those that a result can fail with.
func resultCodes() []string {
	var codes []string
	for _, e := range protocol.Catalogue() {
		if e.Surface == protocol.SurfaceSync && e.Status == 200 && e.Code != "" && !slices.Contains(codes, e.Code) {
			codes = append(codes, e.Code)
		}
	}
	return codes
}

func readSentiment(n *node) Sentiment {
	s := Sentiment{Values: make(map[string]int)}
	fields := map[string]func(*node){
		"starttime": func(v *node) { s.Start = v.integer(0) },
		"endtime":   func(v *node) { s.End = v.integer(0) },
	}
	for _, p := range protocol.SentimentParameters() {
		fields[p.Name] = func(v *node) {
			if s.Values[p.Name] = v.integer(p.Minimum); s.Values[p.Name] > p.Maximum {
				v.fail("%s lies between %d and %d", p.Name, p.Minimum, p.Maximum)
			}
		}
	}
	n.object(fields, "starttime", "endtime")
	return s
}

// service is what the service answers: a synchronous result, the payload of an A event, or a completed job.
type service struct {
	protocol.Result
	Status    string            `json:"status"`
	Segments  []protocol.Result `json:"segments"`
	Sentiment struct {
		Segments []map[string]int `json:"segments"`
	} `json:"sentiment_analysis"`
}

func parseService(root *node) (*Transcript, error) {
	var s service
	name := root.doc.name
	if err := json.Unmarshal([]byte(root.doc.text), &s); err != nil {
		wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
		if !ok {
			return nil, &strict.Error{File: name, Message: err.Error()}
		}
		field := strings.TrimPrefix(wrong.Field, "Result.")
		found := root.find(strings.Split(field, "."), wrong.Value) // wrong.Offset may count from somewhere inside
		if found == nil {
			found = root
		}
		found.fail("%s is %s, which is not what the service writes there", field, withArticle(wrong.Value))
		return nil, root.doc.first
	}
	if s.Status != "" && s.Status != "completed" {
		return nil, &strict.Error{File: name, Message: fmt.Sprintf("is a job in state %q; only a completed one says something", s.Status)}
	}
	t := &Transcript{}
	for _, r := range append([]protocol.Result{s.Result}, s.Segments...) {
		for _, u := range r.Results {
			if c := serviceCue(u, r.Code); c.Code != "" || c.Text != "" || len(c.Tokens) > 0 {
				t.Cues = append(t.Cues, c)
			}
		}
	}
	if len(t.Cues) == 0 {
		return nil, &strict.Error{File: name, Message: "is a result in which nothing is said"}
	}
	for i := range t.Cues {
		if t.Cues[i].Start.OK != t.Cues[0].Start.OK {
			return nil, &strict.Error{File: name, Message: "some results have times and some have none"}
		}
	}
	for _, values := range s.Sentiment.Segments {
		one := Sentiment{Start: values["starttime"], End: values["endtime"], Values: values}
		delete(values, "starttime")
		delete(values, "endtime")
		t.Sentiment = append(t.Sentiment, one)
	}
	return t, nil
}

func serviceCue(u protocol.Utterance, code string) Cue {
	if code != "" {
		return Cue{Code: code}
	}
	c := Cue{Text: u.Text, Tokens: u.Tokens, Confidence: u.Confidence}
	if u.StartTime.OK && u.EndTime.OK {
		c.Start, c.End = u.StartTime, u.EndTime
	}
	if len(c.Tokens) == 0 {
		c.Tokens = Words(c.Text)
	}
	return c
}
