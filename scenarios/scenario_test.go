package scenarios_test

import (
	"errors"
	"strings"
	"testing"

	"mockamivoice/scenarios"
	"mockamivoice/scenarios/strict"
)

// good is a scenario to which tests do something.
const good = `id: stream.example
title: An example
surface: stream
level: must
basis: documented
source: a page
statement: stream.example-fact
needs: [issue, stream]
script:
  - issue: {epi: 2s, as: mine}
  - connect: /v1/
  - send: "s LSB16K -a-general authorization=${mine}"
  - expect: "s"
  - feed: {silence: 100ms}
  - any-order: ["C", "E ${int}"]
  - expect-none: 300ms
  - wait: 1s
  - end: true
  - closed: {within: 1s, by: close-frame}
why: Because.
`

func TestAGoodScenario(t *testing.T) {
	s, err := scenarios.ParseScenario("good.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if s.ID != "stream.example" || len(s.Script) != 10 || s.Script[2].Line != 12 || s.Waits().String() != "1s" || len(s.Uses()) != 0 {
		t.Errorf("%+v", s)
	}
}

// mistake is a change to the good scenario, with what the loader has to say about it, and where.
type mistake struct {
	old, new string
	line     int
	message  string
	schema   bool // whether the JSON Schema can see it too
}

func mistakes() map[string]mistake {
	return map[string]mistake{
		"unknown field":            {"level: must", "levle: must", 4, `unknown field "levle", did you mean "level"?`, true},
		"unknown verb":             {"- end: true", "- ende: true", 18, `unknown verb "ende", did you mean "end"?`, true},
		"two verbs":                {"- end: true", "- {end: true, close: true}", 18, "exactly one verb, not 2", true},
		"wrong word":               {"level: must", "level: maybe", 4, `"maybe" is none of must, should, info`, true},
		"level without ground":     {"basis: documented", "basis: inferred", 1, "level must does not fit basis inferred", true},
		"no id":                    {"id: stream.example\n", "", 1, `field "id" is missing`, true},
		"bad id":                   {"id: stream.example", "id: Stream/Example", 1, "is not an id like", true},
		"id of another surface":    {"id: stream.example", "id: sync.example", 1, "must begin with the surface, stream.", false},
		"unknown capability":       {"needs: [issue, stream]", "needs: [issue, streams]", 8, `"streams" is none of`, true},
		"capability not needed":    {"needs: [issue, stream]", "needs: [issue, stream, sync]", 1, "lists sync, which no step needs", false},
		"capability not listed":    {"needs: [issue, stream]", "needs: [stream]", 1, "needs issue, which needs: does not list", false},
		"long wait":                {"wait: 1s", "wait: 1h", 1, "needs control", false},
		"no duration":              {"wait: 1s", "wait: soon", 17, "must be a duration like 90s", true},
		"variable not set":         {"${mine}", "${mine2}", 1, `line 12 uses ${mine2}, which nothing has set, did you mean "mine"?`, false},
		"variable without end":     {"${mine}", "${mine", 12, "has no closing brace", false},
		"placeholder sent":         {"${mine}", "${any}", 12, "it cannot be sent", false},
		"comment behind bare text": {`- expect: "s"`, `- expect: s # here`, 13, "a comment follows an unquoted value", false},
		"anchor":                   {`- expect: "s"`, `- expect: &x s`, 13, "anchors and aliases", false},
		"tag":                      {`- expect: "s"`, `- expect: !!str s`, 13, "tags are not for these files", false},
		"nothing sent":             {"  - issue: {epi: 2s, as: mine}\n", "  - expect: \"s\"\n", 10, "nothing was sent yet", false},
		"no stream":                {"  - connect: /v1/\n", "", 11, "there is no stream yet", false},
		"bad regexp":               {`- expect: "s"`, `- expect: {regexp: "("}`, 13, "missing closing )", false},
		"sound without source":     {"feed: {silence: 100ms}", "feed: {packet: 100}", 14, "names no sound", true},
		"two sounds":               {"feed: {silence: 100ms}", "feed: {silence: 100ms, speech: 1s}", 14, "has silence and speech", true},
		"unknown file":             {"feed: {silence: 100ms}", "feed: {file: ../../etc/passwd}", 14, "there is no audio file", false},
		"bad hex":                  {"feed: {silence: 100ms}", "feed: {hex: 0g}", 14, "hexadecimal digits in pairs", false},
		"unknown format":           {"feed: {silence: 100ms}", "feed: {silence: 100ms, as: LSB17K}", 14, "is not a format", false},
		"end that is not":          {"end: true", "end: false", 18, "must be true", true},
		"one in any order":         {`any-order: ["C", "E ${int}"]`, `any-order: ["C"]`, 15, "at least two messages", true},
		"empty script":             {good[strings.Index(good, "script:"):strings.Index(good, "why:")], "script: []\n", 1, "no steps", true},
		"broken YAML":              {"title: An example", "title: [An example", 3, "must be specified", true},
	}
}

// Every error names file, line and column, says what would be right, and shows the place.
func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	for name, m := range mistakes() {
		if strings.Count(good, m.old) == 0 {
			t.Fatalf("%s: nothing to replace", name)
		}
		_, err := scenarios.ParseScenario("bad.yaml", []byte(strings.Replace(good, m.old, m.new, 1)))
		var e *strict.Error
		switch {
		case !errors.As(err, &e):
			t.Errorf("%s: %v", name, err)
		case e.File != "bad.yaml" || e.Line != m.line || e.Column < 1 || !strings.Contains(e.Message, m.message):
			t.Errorf("%s: line %d, column %d: %s; want line %d: %s", name, e.Line, e.Column, e.Message, m.line, m.message)
		case !strings.Contains(e.Excerpt, "^"):
			t.Errorf("%s: the excerpt marks nothing:\n%s", name, e.Excerpt)
		}
	}
}

func TestRequests(t *testing.T) {
	head := "id: sync.example\ntitle: t\nsurface: sync\nlevel: info\nbasis: assumed\nsource: s\nneeds: [sync]\nwhy: w\nscript:\n"
	for name, c := range map[string]struct{ step, message string }{
		"parts":              {`- request: {path: /v1/recognize, parts: [{name: d, value: -a-general}, {name: a, speech: 1s, as: WAV16K, filename: a.wav}]}`, ""},
		"raw body":           {`- request: {path: /v1/recognize, query: "d=-a-general&u=${key}", body: {file: speech-ja.wav}}`, ""},
		"text body":          {`- request: {path: /v1/recognize, body: "x", headers: {A: b}}`, ""},
		"no path":            {`- request: {method: GET}`, `field "path" is missing`},
		"bad path":           {`- request: {path: v1}`, "is not a path"},
		"bad method":         {`- request: {path: /v1/recognize, method: get}`, "is not an HTTP method"},
		"two bodies":         {`- request: {path: /v1/recognize, form: {a: b}, body: x}`, "more than one of form, parts and body"},
		"line end in header": {`- request: {path: /v1/recognize, headers: {A: "b\r\nC: d"}}`, "holds a line end"},
		"empty part":         {`- request: {path: /v1/recognize, parts: [{name: a}]}`, "names no sound"},
		"part with both":     {`- request: {path: /v1/recognize, parts: [{name: a, value: x, silence: 1s}]}`, "has a value and a sound"},
		"too long a sound":   {`- request: {path: /v1/recognize, body: {silence: 11m}}`, "is longer than"},
		"regexp of a reply":  {"- request: {path: /v1/recognize}\n- expect: {body: {regexp: '('}}", "missing closing"},
		"rest not last":      {"- request: {path: /v1/recognize}\n- expect: {body: {json: ['${rest}', 1]}}", "last element"},
		"reply":              {"- request: {path: /v1/recognize}\n- expect: {status: [200, 413], headers: {X-Session-ID: '${id}', Via: null}, body: {json: {code: ''}}}", ""},
		"bad status":         {"- request: {path: /v1/recognize}\n- expect: {status: ok}", "must be a whole number"},
		"text for a reply":   {"- request: {path: /v1/recognize}\n- expect: ok", "must be a mapping"},
		"bare placeholder":   {"- request: {path: /v1/recognize}\n- expect: {body: {as: any}}", "is not the name of a variable"},
	} {
		step := "  " + strings.ReplaceAll(c.step, "\n", "\n  ")
		_, err := scenarios.ParseScenario("x.yaml", []byte(head+step+"\n"))
		if c.message == "" && err != nil || c.message != "" && (err == nil || !strings.Contains(err.Error(), c.message)) {
			t.Errorf("%s: %v, want %q", name, err, c.message)
		}
	}
}

func TestHostileFiles(t *testing.T) {
	for name, text := range map[string]string{
		"too long":      "a: " + strings.Repeat("x", 1<<20),
		"too deep":      "a: " + strings.Repeat("[", 100) + strings.Repeat("]", 100),
		"deep in lines": strings.Repeat("- ", 1000) + "a",
		"two documents": "a: b\n---\nc: d\n",
		"nothing":       "",
		"a list":        "- a\n",
		"twice":         "id: stream.a\nid: stream.b\n",
		"control bytes": "id: \"\x1b[31m\"\n",
	} {
		_, err := scenarios.ParseScenario("x.yaml", []byte(text))
		if err == nil || strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%s: %q", name, err)
		}
	}
}

func FuzzParseScenario(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("a: [b, {c: d}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scenarios.ParseScenario("x.yaml", data)
		if (s == nil) == (err == nil) {
			t.Errorf("%v, %v", s, err)
		}
	})
}

func TestAScenarioKnowsItsText(t *testing.T) {
	s, err := scenarios.ParseScenario("good.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := s.Bytes(); err != nil || string(text) != good {
		t.Errorf("%q %v", text, err)
	}
	made := scenarios.Scenario{ID: "stream.made"}
	if text, err := made.Bytes(); err == nil {
		t.Errorf("one made in Go has the text %q", text)
	}
}
