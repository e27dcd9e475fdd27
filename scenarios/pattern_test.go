package scenarios_test

import (
	"encoding/json"
	"strings"
	"testing"

	"mockamivoice/scenarios"
)

func TestPatterns(t *testing.T) {
	vars := map[string]string{"name": "a.b"}
	for _, c := range []struct {
		pattern  string
		isRegexp bool
		text     string
		want     bool
	}{
		{"s", false, "s", true},
		{"s", false, "s\n", false},
		{"E ${int}", false, "E 120", true},
		{"E ${int}", false, "E 1.5", false},
		{"${number}", false, "1.5", true},
		{"a.c", false, "abc", false},
		{"(${any})", false, "(x\ny)", true},
		{`"${string}"`, false, `"x"y"`, false},
		{"${id}", false, "018122d65d370a30116494c8", true},
		{"${name}", false, "a.b", true},
		{"${name}", false, "axb", false},
		{"[a-c]+", true, "abc", true},
		{"[a-c]+", true, "abcd", false},
		{"x|y${name}", true, "ya.b", true},
		{"$", false, "$", true},
	} {
		re, err := (scenarios.Pattern{Source: c.pattern, IsRegexp: c.isRegexp}).Compile(vars, false)
		if err != nil || re.MatchString(c.text) != c.want {
			t.Errorf("%q against %q: %v, want %v (%v)", c.pattern, c.text, !c.want, c.want, err)
		}
	}
	if _, err := (scenarios.Pattern{Source: "${nobody}"}).Compile(vars, false); err == nil {
		t.Error("an unknown variable was taken")
	}
}

func TestJSONPatterns(t *testing.T) {
	for _, c := range []struct{ pattern, value, want string }{
		{`{"a":1}`, `{"a":1,"b":2}`, ""},
		{`{"a":1}`, `{"a":2}`, "$.a is 2, not 1"},
		{`{"a":1}`, `{}`, "$.a is missing"},
		{`{"a":"${absent}"}`, `{"a":1}`, "$.a is there"},
		{`{"a":"${absent}"}`, `{}`, ""},
		{`[1]`, `[1,2]`, "$ has 2 elements, not 1"},
		{`[1,"${rest}"]`, `[1,2]`, ""},
		{`[1,"${rest}"]`, `[]`, "$ has 0 elements, not 1"},
		{`{"a":["${int}"]}`, `{"a":[1.5]}`, "$.a[0] is 1.5, not a whole number"},
		{`"${int}"`, `"1"`, `$ is "1", not "${int}"`},
		{`"${number}"`, `1.5`, ""},
		{`"${any}"`, `null`, ""},
		{`"${any}"`, `[1]`, ""},
		{`"x${any}"`, `"xyz"`, ""},
		{`"x${any}"`, `5`, `$ is 5, not "x${any}"`},
		{`""`, `""`, ""},
		{`null`, `0`, "$ is 0, not null"},
		{`true`, `true`, ""},
		{`{"a":{}}`, `{"a":[]}`, "$.a is an array, not an object"},
		{`[]`, `{}`, "$ is an object, not an array"},
	} {
		var pattern, value any
		if err := json.Unmarshal([]byte(c.pattern), &pattern); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(c.value), &value); err != nil {
			t.Fatal(err)
		}
		if got := (scenarios.JSONPattern{Value: pattern}).Match(value, nil); got != c.want {
			t.Errorf("%s against %s: %q, want %q", c.pattern, c.value, got, c.want)
		}
	}
}

func TestTemplates(t *testing.T) {
	got, err := scenarios.Template("a ${x} b${y}").Expand(map[string]string{"x": "1", "y": "${x}"})
	if err != nil || got != "a 1 b${x}" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := scenarios.Template("${z}").Expand(nil); err == nil || !strings.Contains(err.Error(), "${z} is not set") {
		t.Error(err)
	}
}
