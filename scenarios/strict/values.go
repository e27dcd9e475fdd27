package strict

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Reader takes a value of a file.
type Reader func(n Node)

// Fields says for each name what reads its value.
type Fields map[string]Reader

// Map reads a mapping. A name that is not among the fields is an error that suggests the nearest one; so is a required one that
// is missing.
func (n Node) Map(fields Fields, required ...string) {
	seen := make(map[string]bool)
	for _, p := range n.Pairs() {
		read, known := fields[p.Name]
		if !known {
			p.Key.Fail("unknown field %q%s", p.Name, DidYouMean(p.Name, names(fields)))
			return
		}
		seen[p.Name] = true
		read(p.Value)
	}
	for _, name := range required {
		if !seen[name] {
			n.Fail("field %q is missing", name)
		}
	}
}

// One reads a mapping with exactly one field, or a bare name of one, whose reader gets the name itself.
func (n Node) One(what string, fields Fields) {
	if !n.IsMap() {
		n.Fail("must be a mapping with one %s: %s", what, strings.Join(names(fields), ", "))
		return
	}
	pairs := n.Pairs()
	if len(pairs) != 1 {
		n.Fail("must have exactly one %s, not %d", what, len(pairs))
		return
	}
	read, known := fields[pairs[0].Name]
	if !known {
		pairs[0].Key.Fail("unknown %s %q%s", what, pairs[0].Name, DidYouMean(pairs[0].Name, names(fields)))
		return
	}
	read(pairs[0].Value)
}

// Text is a scalar as it was written, quotes and escapes undone. 200, true and null are texts here.
func (n Node) Text() string {
	switch v := n.node.(type) {
	case *ast.StringNode:
		return v.Value
	case *ast.LiteralNode:
		return v.Value.Value
	case ast.ScalarNode:
		return n.node.GetToken().Value
	}
	n.Fail("must be a text")
	return ""
}

// Any is the value as JSON has it: map[string]any, []any, string, float64, bool or nil.
func (n Node) Any() any {
	switch v := n.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		m := make(map[string]any)
		for _, p := range n.Pairs() {
			m[p.Name] = p.Value.Any()
		}
		return m
	case *ast.SequenceNode:
		list := make([]any, 0, len(v.Values))
		for _, item := range n.Items() {
			list = append(list, item.Any())
		}
		return list
	case *ast.NullNode:
		return nil
	case *ast.BoolNode:
		return v.Value
	case *ast.IntegerNode, *ast.FloatNode:
		f, err := strconv.ParseFloat(n.node.GetToken().Value, 64)
		if err != nil {
			n.Fail("must be a decimal number")
		}
		return f
	}
	return n.Text()
}

// Text reads a scalar into dst.
func Text(dst *string) Reader { return func(n Node) { *dst = n.Text() } }

// TextOr reads a scalar that may be left out into dst.
func TextOr(dst **string) Reader {
	return func(n Node) {
		s := n.Text()
		*dst = &s
	}
}

// NonEmpty reads a scalar that must say something.
func NonEmpty(dst *string) Reader {
	return func(n Node) {
		if *dst = n.Text(); *dst == "" {
			n.Fail("must not be empty")
		}
	}
}

// Texts reads a list of scalars.
func Texts(dst *[]string) Reader {
	return func(n Node) {
		for _, item := range n.Items() {
			*dst = append(*dst, item.Text())
		}
	}
}

// Bool reads true or false.
func Bool(dst *bool) Reader {
	return func(n Node) {
		v, ok := n.node.(*ast.BoolNode)
		if !ok {
			n.Fail("must be true or false")
			return
		}
		*dst = v.Value
	}
}

// Int reads a whole number that is at least least.
func Int(dst *int, least int) Reader {
	return func(n Node) {
		v, err := strconv.Atoi(n.node.GetToken().Value)
		if _, isInt := n.node.(*ast.IntegerNode); !isInt || err != nil || v < least {
			n.Fail("must be a whole number of at least %d", least)
			return
		}
		*dst = v
	}
}

// Duration reads a duration like 90s or 1m30s, not negative.
func Duration(dst *time.Duration) Reader {
	return func(n Node) {
		d, err := time.ParseDuration(n.Text())
		if err != nil || d < 0 {
			n.Fail("must be a duration like 90s, 300ms or 1m30s")
			return
		}
		*dst = d
	}
}

// OneOf reads a word of a closed list.
func OneOf[T ~string](dst *T, words ...T) Reader {
	return func(n Node) {
		*dst = T(n.Text())
		if !slices.Contains(words, *dst) {
			list := make([]string, 0, len(words))
			for _, w := range words {
				list = append(list, string(w))
			}
			n.Fail("%q is none of %s%s", *dst, strings.Join(list, ", "), DidYouMean(string(*dst), list))
		}
	}
}

func names(fields Fields) []string {
	list := make([]string, 0, len(fields))
	for name := range fields {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// DidYouMean is `, did you mean "x"?` for the name that is spelt nearly like word, or "".
func DidYouMean(word string, known []string) string {
	best, least, nearest := "", min(3, len(word)), 0
	for _, name := range known {
		d, longer := distance(word, name), max(len(name)-len(word), len(word)-len(name))
		if d < least || d == least && best != "" && longer < nearest { // of two that are as near, the one as long
			best, least, nearest = name, d, longer
		}
	}
	if best == "" {
		return ""
	}
	return `, did you mean "` + best + `"?`
}

// distance is how many letters have to be added, dropped or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := slices.Clone(row)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
