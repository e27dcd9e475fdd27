package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mockamivoice/scenarios/strict"
)

const maxDepth = 32

// node is a value of a JSON file that knows where it stands. Readers keep the first error, so that they need not look after each.
type node struct {
	doc    *tree
	at     int // offset
	value  any // string, json.Number, bool or nil; json.Delim of what it opens
	fields []field
	items  []*node
}

type field struct {
	name string
	key  *node
	node *node
}

type tree struct {
	name, text string
	decoder    *json.Decoder
	first      error
}

// parseTree reads a JSON file.
func parseTree(name, text string) (*node, error) {
	var raw json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		e := &strict.Error{File: name}
		if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
			e = place(name, text, int(wrong.Offset)-1)
		}
		e.Message = "is no JSON: " + err.Error()
		return nil, e
	}
	d := &tree{name: name, text: text, decoder: json.NewDecoder(bytes.NewReader([]byte(text)))}
	d.decoder.UseNumber()
	root := d.read(0)
	return root, d.first
}

// read reads the next value. The text is known to be JSON.
func (d *tree) read(depth int) *node {
	n := &node{doc: d, at: d.next()}
	if depth > maxDepth {
		n.fail("is nested deeper than %d", maxDepth)
	}
	if d.first != nil {
		return n
	}
	n.value, _ = d.decoder.Token()
	switch n.value {
	case json.Delim('{'):
		for d.first == nil && d.decoder.More() {
			key := &node{doc: d, at: d.next()}
			key.value, _ = d.decoder.Token()
			n.fields = append(n.fields, field{key.text(), key, d.read(depth + 1)})
		}
		_, _ = d.decoder.Token()
	case json.Delim('['):
		for d.first == nil && d.decoder.More() {
			n.items = append(n.items, d.read(depth+1))
		}
		_, _ = d.decoder.Token()
	}
	return n
}

// next is where the next value begins.
func (d *tree) next() int {
	at := int(d.decoder.InputOffset())
	return at + len(d.text[at:]) - len(strings.TrimLeft(d.text[at:], " \t\r\n,:"))
}

// fail says what is wrong with n. Only the first error of a file counts.
func (n *node) fail(format string, args ...any) {
	if n.doc.first != nil {
		return
	}
	e := place(n.doc.name, n.doc.text, n.at)
	e.Message = fmt.Sprintf(format, args...)
	n.doc.first = e
}

func (n *node) field(name string) *node {
	for _, f := range n.fields {
		if f.name == name {
			return f.node
		}
	}
	return nil
}

// find is the first value at a path, through whatever lists, that encoding/json calls kind; nil for none.
func (n *node) find(path []string, kind string) *node {
	if len(path) == 0 && (n.kind() == kind || strings.HasPrefix(n.kind(), kind+" ")) {
		return n
	}
	for _, item := range n.items {
		if found := item.find(path, kind); found != nil {
			return found
		}
	}
	if len(path) == 0 {
		return nil
	}
	for _, f := range n.fields {
		if f.name != path[0] {
			continue
		}
		if found := f.node.find(path[1:], kind); found != nil {
			return found
		}
	}
	return nil
}

// kind is what encoding/json calls the value in its errors.
func (n *node) kind() string {
	switch v := n.value.(type) {
	case string:
		return "string"
	case bool:
		return "bool"
	case json.Number:
		return "number " + v.String()
	case json.Delim:
		if v == '[' {
			return "array"
		}
		return "object"
	}
	return "null"
}

func withArticle(kind string) string {
	if strings.ContainsAny(kind[:1], "ao") {
		return "an " + kind
	}
	return "a " + kind
}

// object hands every field to its reader.
func (n *node) object(readers map[string]func(*node), required ...string) {
	if n.value != json.Delim('{') {
		n.fail("must be an object, like {\"%s\": …}", slices.Max(slices.Collect(maps.Keys(readers)))) // utterances, or written
		return
	}
	known := slices.Sorted(maps.Keys(readers))
	seen := make(map[string]bool)
	for _, f := range n.fields {
		read, ok := readers[f.name]
		switch {
		case !ok:
			f.key.fail("unknown field %q%s (there are %s)", f.name, strict.DidYouMean(f.name, known), strings.Join(known, ", "))
			return
		case seen[f.name]:
			f.key.fail("%s is there twice", f.name)
			return
		}
		seen[f.name] = true
		read(f.node)
	}
	for _, name := range required {
		if !seen[name] {
			n.fail("%s is missing", name)
		}
	}
}

func (n *node) list() []*node {
	if n.value != json.Delim('[') {
		n.fail("must be a list, like […]")
	}
	return n.items
}

func (n *node) text() string {
	s, ok := n.value.(string)
	if !ok {
		n.fail("must be a text in quotes")
	}
	return s
}

func (n *node) filled() string {
	s := n.text()
	if s == "" {
		n.fail("must not be empty")
	}
	return s
}

func (n *node) integer(least int) int {
	number, _ := n.value.(json.Number)
	v, err := number.Int64()
	if err != nil || v < int64(least) || v > 1<<31-1 {
		n.fail("must be a whole number, at least %d; times are milliseconds", least)
		return least
	}
	return int(v)
}

func (n *node) fraction() float64 {
	number, _ := n.value.(json.Number)
	v, err := number.Float64()
	if err != nil || v < 0 || v > 1 {
		n.fail("must be a number from 0 to 1")
	}
	return v
}
