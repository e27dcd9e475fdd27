// Package strict reads YAML files in which nothing may be misspelt: every error names file, line and column and shows the place.
package strict

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/printer"
	"github.com/goccy/go-yaml/token"
)

const (
	maxBytes = 1 << 20
	maxDepth = 32
)

// Error is something wrong with a file.
type Error struct {
	File    string
	Line    int // from 1; 0 when it concerns the whole file
	Column  int // from 1, in characters
	Message string
	Excerpt string // the lines around the place, with a mark; may be empty
}

// Error is FILE:LINE:COLUMN: message, and the excerpt below.
func (e *Error) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	}
	if e.Excerpt == "" {
		return place + ": " + e.Message
	}
	return place + ": " + e.Message + "\n" + e.Excerpt
}

// document is a file that is being read. It keeps the first error, so that readers need not look after each field.
type document struct {
	file  string
	first *Error
}

// Parse returns the root of the YAML document in data. It refuses more than 1 MiB, nesting deeper than 32, anchors, aliases, tags,
// a second document, and a comment behind an unquoted scalar, because a text with a # in it would lose its tail silently.
// read is then called with the root; Parse returns the first error that it, or any reader of a Node, came upon.
func Parse(file string, data []byte, read func(root Node)) error {
	d := &document{file: file}
	if len(data) > maxBytes {
		return &Error{File: file, Message: fmt.Sprintf("is longer than %d bytes", maxBytes)}
	}
	tokens := lexer.Tokenize(string(data))
	if d.checkTokens(tokens); d.first != nil {
		return d.first
	}
	parsed, err := parser.Parse(tokens, 0)
	if err != nil {
		return d.syntax(err)
	}
	if len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil {
		return &Error{File: file, Message: "holds no YAML document, or several"}
	}
	root := Node{node: parsed.Docs[0].Body, doc: d}
	if root.checkDepth(0); d.first == nil {
		read(root)
	}
	if d.first != nil {
		return d.first
	}
	return nil
}

// checkTokens refuses what YAML could do and these files may not.
func (d *document) checkTokens(tokens token.Tokens) {
	open, entries, line := 0, 0, 0
	for i, t := range tokens {
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			d.failAt(t, "anchors and aliases are not for these files; write the value out")
		case token.TagType:
			d.failAt(t, "tags are not for these files; quote the value if it is to be text")
		case token.CommentType:
			if i > 0 && isBare(tokens[i-1]) && tokens[i-1].Position.Line == t.Position.Line {
				d.failAt(t, "a comment follows an unquoted value and could be a part of it; quote the value, or give the comment a line of its own")
			}
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open--
		case token.SequenceEntryType:
			entries++
		default:
		}
		if open > maxDepth || entries > maxDepth {
			d.failAt(t, fmt.Sprintf("is nested deeper than %d", maxDepth))
		}
		if d.first != nil {
			return
		}
	}
}

func isBare(t *token.Token) bool {
	switch t.Type {
	case token.StringType, token.IntegerType, token.FloatType, token.BoolType, token.NullType, token.HexIntegerType, token.OctetIntegerType,
		token.BinaryIntegerType, token.InfinityType, token.NanType:
		return true
	default:
		return false
	}
}

func (d *document) syntax(err error) error {
	if y, ok := errors.AsType[yaml.Error](err); ok && y.GetToken() != nil {
		d.failAt(y.GetToken(), y.GetMessage())
		return d.first
	}
	return &Error{File: d.file, Message: err.Error()}
}

// failAt keeps the first error. Its excerpt is escaped, for a file is not to be trusted with a terminal.
func (d *document) failAt(t *token.Token, message string) {
	if d.first != nil {
		return
	}
	var p printer.Printer
	excerpt := strings.TrimRight(p.PrintErrorToken(t, false), "\n ")
	d.first = &Error{File: d.file, Line: t.Position.Line, Column: t.Position.Column, Message: message, Excerpt: visible(excerpt)}
}

// visible shows control characters other than the end of a line as escapes.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// Node is a value in a file.
type Node struct {
	node ast.Node
	doc  *document
}

func (n Node) checkDepth(depth int) {
	if depth > maxDepth {
		n.Fail("is nested deeper than %d", maxDepth)
		return
	}
	switch v := n.node.(type) {
	case *ast.MappingNode:
		for _, pair := range v.Values {
			Node{pair.Value, n.doc}.checkDepth(depth + 1)
		}
	case *ast.MappingValueNode:
		Node{v.Value, n.doc}.checkDepth(depth + 1)
	case *ast.SequenceNode:
		for _, one := range v.Values {
			Node{one, n.doc}.checkDepth(depth + 1)
		}
	}
}

// Fail says what is wrong with n. Only the first error of a file counts.
func (n Node) Fail(format string, args ...any) {
	n.doc.failAt(n.node.GetToken(), fmt.Sprintf(format, args...))
}

// FailSecret is Fail without the excerpt, where the value may be a secret.
func (n Node) FailSecret(format string, args ...any) {
	isFirst := n.doc.first == nil
	n.Fail(format, args...)
	if isFirst {
		n.doc.first.Excerpt = ""
	}
}

// Line is the line of n, from 1.
func (n Node) Line() int { return n.node.GetToken().Position.Line }

// IsMap tells whether n is a mapping.
func (n Node) IsMap() bool {
	switch n.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// IsList tells whether n is a sequence.
func (n Node) IsList() bool {
	_, ok := n.node.(*ast.SequenceNode)
	return ok
}

// IsNull tells whether n is null, or nothing at all.
func (n Node) IsNull() bool {
	_, ok := n.node.(*ast.NullNode)
	return ok
}

// Pair is one field of a mapping.
type Pair struct {
	Name  string
	Key   Node
	Value Node
}

// Pairs are the fields of a mapping in the order of the file.
func (n Node) Pairs() []Pair {
	var values []*ast.MappingValueNode
	switch v := n.node.(type) {
	case *ast.MappingNode:
		values = v.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{v}
	default:
		n.Fail("must be a mapping of names to values")
		return nil
	}
	pairs := make([]Pair, 0, len(values))
	for _, v := range values {
		pairs = append(pairs, Pair{Name: v.Key.GetToken().Value, Key: Node{v.Key, n.doc}, Value: Node{v.Value, n.doc}})
	}
	return pairs
}

// Items are the elements of a sequence.
func (n Node) Items() []Node {
	list, ok := n.node.(*ast.SequenceNode)
	if !ok {
		n.Fail("must be a list")
		return nil
	}
	items := make([]Node, 0, len(list.Values))
	for _, v := range list.Values {
		items = append(items, Node{v, n.doc})
	}
	return items
}

// Around is the part of a long line around a column, with a mark below it.
func Around(line string, column int) string {
	const before, after = 40, 30
	runes := []rune(visible(line))
	at := min(max(column-1, 0), len(runes))
	start := max(0, at-before)
	return "  " + string(runes[start:min(len(runes), at+after)]) + "\n  " + strings.Repeat(" ", at-start) + "^"
}
