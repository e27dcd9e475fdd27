package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Template is a text with variables, written ${name}.
type Template string

// placeholders are what stands for a whole class of texts in a Pattern. A variable cannot have such a name.
func placeholders() map[string]string {
	return map[string]string{
		"any":    `(?s:.*)`,
		"int":    `-?[0-9]+`,
		"number": `-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?`,
		"string": `[^"]*`,
		"id":     `[0-9a-f]{24}`,
	}
}

// Expand puts the values of variables in. An unknown one is an error that names it.
func (t Template) Expand(variables map[string]string) (string, error) {
	return expand(string(t), func(name string) (string, error) {
		v, known := variables[name]
		if !known {
			return "", fmt.Errorf("${%s} is not set", name)
		}
		return v, nil
	})
}

// Variables are the names in t, in their order.
func (t Template) Variables() []string {
	var found []string
	_, _ = expand(string(t), func(name string) (string, error) {
		found = append(found, name)
		return "", nil
	})
	return found
}

// expand replaces every ${name} in s.
func expand(s string, value func(name string) (string, error)) (string, error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "${")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("%q has no closing brace", "${"+rest)
		}
		v, err := value(name)
		if err != nil {
			return "", err
		}
		b.WriteString(v)
		s = after
	}
}

// Pattern is what a text may look like: literal with placeholders and variables, or a regular expression (RE2) that holds for
// the whole text.
type Pattern struct {
	Source   string
	IsRegexp bool
}

// Variables are the names of variables, not of placeholders, in p.
func (p Pattern) Variables() []string {
	known := placeholders()
	return slices.DeleteFunc(Template(p.Source).Variables(), func(name string) bool {
		_, is := known[name]
		return is
	})
}

// Groups are the named groups of a regular expression, which become variables.
func (p Pattern) Groups() []string {
	if !p.IsRegexp {
		return nil
	}
	re, err := p.Compile(nil, true)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(re.SubexpNames(), func(name string) bool { return name == "" })
}

// Compile is p as an anchored regular expression in which variables have their values. With lenient, an unknown variable matches
// anything.
func (p Pattern) Compile(variables map[string]string, lenient bool) (*regexp.Regexp, error) {
	source := p.Source
	if !p.IsRegexp {
		source = literal(source)
	}
	known := placeholders()
	source, err := expand(source, func(name string) (string, error) {
		if class, is := known[name]; is {
			return "(?:" + class + ")", nil
		}
		v, is := variables[name]
		switch {
		case is:
			return regexp.QuoteMeta(v), nil
		case lenient:
			return `(?s:.*)`, nil
		}
		return "", fmt.Errorf("${%s} is not set", name)
	})
	if err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + source + `)\z`)
}

// literal quotes everything outside of ${…}.
func literal(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "${")
		b.WriteString(regexp.QuoteMeta(before))
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			if ok {
				b.WriteString(regexp.QuoteMeta("${" + rest))
			}
			return b.String()
		}
		b.WriteString("${" + name + "}")
		s = after
	}
}

// JSONPattern is what a JSON value has to be: fields that are named must be there, others may; arrays have exactly the elements
// of the pattern, unless the last one is "${rest}"; a field that is "${absent}" must not be there; texts are Patterns.
type JSONPattern struct {
	Value any // map[string]any, []any, string, float64, bool or nil
}

const (
	restOfArray = "${rest}"
	absentField = "${absent}"
)

// Match reports where value differs from the pattern, or "" when it does not. value is what encoding/json makes of a text.
func (p JSONPattern) Match(value any, variables map[string]string) string {
	return matchJSON("$", p.Value, value, variables)
}

func matchJSON(at string, want, got any, variables map[string]string) string {
	switch want := want.(type) {
	case map[string]any:
		return matchObject(at, want, got, variables)
	case []any:
		return matchArray(at, want, got, variables)
	case string:
		return matchText(at, want, got, variables)
	}
	if want != got {
		return fmt.Sprintf("%s is %s, not %s", at, shown(got), shown(want))
	}
	return ""
}

func matchObject(at string, want map[string]any, got any, variables map[string]string) string {
	object, ok := got.(map[string]any)
	if !ok {
		return fmt.Sprintf("%s is %s, not an object", at, shown(got))
	}
	for _, name := range sortedNames(want) {
		value, is := object[name]
		switch {
		case want[name] == absentField && is:
			return fmt.Sprintf("%s.%s is there", at, name)
		case want[name] == absentField:
		case !is:
			return fmt.Sprintf("%s.%s is missing", at, name)
		default:
			if diff := matchJSON(at+"."+name, want[name], value, variables); diff != "" {
				return diff
			}
		}
	}
	return ""
}

func matchArray(at string, want []any, got any, variables map[string]string) string {
	array, ok := got.([]any)
	if !ok {
		return fmt.Sprintf("%s is %s, not an array", at, shown(got))
	}
	open := len(want) > 0 && want[len(want)-1] == restOfArray
	if open {
		want = want[:len(want)-1]
	}
	if len(array) < len(want) || !open && len(array) > len(want) {
		return fmt.Sprintf("%s has %d elements, not %d", at, len(array), len(want))
	}
	for i, w := range want {
		if diff := matchJSON(fmt.Sprintf("%s[%d]", at, i), w, array[i], variables); diff != "" {
			return diff
		}
	}
	return ""
}

// matchText holds a placeholder for a number against a number, and everything else against a text.
func matchText(at, want string, got any, variables map[string]string) string {
	text, isText := got.(string)
	if n, isNumber := got.(float64); isNumber && (want == "${int}" || want == "${number}" || want == "${any}") {
		if want == "${int}" && n != float64(int64(n)) {
			return fmt.Sprintf("%s is %s, not a whole number", at, shown(got))
		}
		return ""
	}
	if want == "${any}" {
		return ""
	}
	re, err := Pattern{Source: want}.Compile(variables, false)
	if err != nil {
		return err.Error()
	}
	if !isText || !re.MatchString(text) || want == "${int}" || want == "${number}" {
		return fmt.Sprintf("%s is %s, not %s", at, shown(got), shown(want))
	}
	return ""
}

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// shown is a value for a person, not longer than a line.
func shown(v any) string {
	s := fmt.Sprintf("%v", v)
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		s = fmt.Sprintf("%q", v)
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	}
	if r := []rune(s); len(r) > 120 {
		s = string(r[:119]) + "…"
	}
	return s
}
