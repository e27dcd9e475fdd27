package strict_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mockamivoice/scenarios/strict"
)

type file struct {
	name  string
	on    bool
	count int
	wait  time.Duration
	words []string
	kind  string
}

func parse(text string) (file, error) {
	var f file
	err := strict.Parse("f.yaml", []byte(text), func(root strict.Node) {
		root.Map(strict.Fields{
			"name": strict.NonEmpty(&f.name), "on": strict.Bool(&f.on), "count": strict.Int(&f.count, 1), "wait": strict.Duration(&f.wait),
			"words": strict.Texts(&f.words), "kind": strict.OneOf(&f.kind, "big", "small"),
		}, "name")
	})
	return f, err
}

func TestParse(t *testing.T) {
	f, err := parse("name: 'a # b'\non: true\ncount: 3\nwait: 1m30s\nwords: [200, \"x y\", null, true]\nkind: big # a comment of its own kind is refused\n")
	if err == nil {
		t.Errorf("a comment behind a bare value was taken: %+v", f)
	}
	f, err = parse("# on top\nname: 'a # b' # behind quotes\non: true\ncount: 3\nwait: 1m30s\nwords: [200, \"x y\", null, true]\nkind: big\n")
	if err != nil || f.name != "a # b" || !f.on || f.count != 3 || f.wait != 90*time.Second || strings.Join(f.words, "|") != "200|x y|null|true" || f.kind != "big" {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"name: a\nnmae: b\n":        `f.yaml:2:1: unknown field "nmae", did you mean "name"?`,
		"on: true\n":                `f.yaml:1:3: field "name" is missing`,
		"name: ''\n":                "f.yaml:1:7: must not be empty",
		"name: a\non: yes please\n": "f.yaml:2:5: must be true or false",
		"name: a\ncount: 0\n":       "f.yaml:2:8: must be a whole number of at least 1",
		"name: a\ncount: many\n":    "must be a whole number",
		"name: a\nwait: -1s\n":      "must be a duration like",
		"name: a\nwords: b\n":       "must be a list",
		"name: [a]\n":               "must be a text",
		"name: a\nkind: bog\n":      `"bog" is none of big, small, did you mean "big"?`,
		"- a\n":                     "must be a mapping of names to values",
		"name: a\nname: b\n":        "already defined",
		"name: &x a\n":              "anchors and aliases",
		"name: *x\n":                "anchors and aliases",
	} {
		_, err := parse(text)
		var e *strict.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	for word, want := range map[string]string{"strem": `, did you mean "stream"?`, "zzz": "", "": "", "s": ""} {
		if got := strict.DidYouMean(word, []string{"stream", "sync"}); got != want {
			t.Errorf("%q: %q", word, got)
		}
	}
}

func TestAround(t *testing.T) {
	if got, want := strict.Around("abc", 2), "  abc\n   ^"; got != want {
		t.Errorf("%q", got)
	}
	if got := strict.Around(strings.Repeat("x", 1000)+"\x1b", 500); len(got) > 200 || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
}
