// Package fromtape turns a dialogue on a tape into the text of a scenario file.
//
// The script says what the client did and what it was answered, so that a target can be held to it; the part for the fake says
// what the server did out of the ordinary, so that any client can meet it. What differs from run to run becomes a placeholder,
// keys become variables, and audio becomes a sound of the same length.
package fromtape

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/redact"
	"mockamivoice/scenarios/strict"
)

// File is a tape that was read. A server that was reset writes several into one file; the last one that knows a connection counts.
type File struct {
	name  string
	tapes []recording
}

type recording struct {
	header  scenarios.Header
	entries []scenarios.Entry
	lines   map[uint64]int // of the file, by N
}

// Read reads a tape. It redacts once more what stands where a secret belongs, for not every program that writes tapes does.
// Errors name file and line.
func Read(name string, r io.Reader) (*File, error) {
	f := &File{name: name}
	book := redact.NewBook()
	for line, err := range scenarios.ReadTape(name, r) {
		if err != nil {
			return nil, err
		}
		if line.Header != nil {
			f.tapes = append(f.tapes, recording{header: *line.Header, lines: make(map[uint64]int)})
			continue
		}
		last := &f.tapes[len(f.tapes)-1]
		book.Entry(&line.Entry)
		last.entries = append(last.entries, line.Entry)
		last.lines[line.Entry.N] = line.Line
	}
	return f, nil
}

// Conn is one connection of a tape.
type Conn struct {
	Number  uint64
	Surface protocol.Surface // of the first dialogue on it; empty when nothing was said
	Line    int              // of its first entry
	About   string           // a few words: what was asked, how much was said, how it ended
}

// Conns lists the connections, in the order of the tape.
func (f *File) Conns() []Conn {
	var all []Conn
	for _, t := range f.tapes {
		for _, e := range t.entries {
			known := func(c Conn) bool { return c.Number == e.Conn }
			if e.Conn == 0 || e.Kind == scenarios.KeyIssued {
				continue
			}
			all = slices.DeleteFunc(all, func(c Conn) bool { return known(c) && t.lines[e.N] > c.Line && e.Kind == scenarios.ConnOpen })
			if !slices.ContainsFunc(all, known) {
				all = append(all, t.conn(e.Conn))
			}
		}
	}
	return all
}

func (t *recording) conn(number uint64) Conn {
	c := Conn{Number: number}
	var requests []string
	counts := make(map[scenarios.Kind]int)
	end := ""
	for _, e := range t.of(number) {
		if c.Line == 0 {
			c.Line = t.lines[e.N]
		}
		if c.Surface == "" {
			c.Surface = protocol.Surface(e.Surface)
		}
		counts[e.Kind]++
		switch e.Kind {
		case scenarios.HTTPRequest, scenarios.WSHandshake:
			path, _, _ := strings.Cut(e.Target, "?")
			requests = append(requests, e.Method+" "+path)
		case scenarios.HTTPResponse:
			requests = append(requests, fmt.Sprintf("→ %d", e.Status))
		case scenarios.ConnClose:
			end = strings.TrimSpace(", ended by " + e.How + " " + e.Text)
		default:
		}
	}
	c.About = strings.Join(requests, " ")
	if n := counts[scenarios.WSCommand] + counts[scenarios.WSEvent]; n > 0 {
		c.About += fmt.Sprintf(", %d messages in, %d out", counts[scenarios.WSCommand], counts[scenarios.WSEvent])
	}
	c.About += end
	return c
}

// of are the entries of a connection.
func (t *recording) of(conn uint64) []*scenarios.Entry {
	var own []*scenarios.Entry
	for i := range t.entries {
		if t.entries[i].Conn == conn {
			own = append(own, &t.entries[i])
		}
	}
	return own
}

// Options say how the scenario is called.
type Options struct {
	ID    string // default: the surface and the number of the connection, "stream.from-tape-5"
	Title string // default: one that asks for a better one
}

// Scenario is the text of a scenario made of one connection and of the issuances of its keys. It passes
// scenarios.ParseScenario. Its level is info; its basis is observed where a client recorded it of a service that is not on its
// own machine, and assumed otherwise. Errors name the file, and the line where there is one.
func (f *File) Scenario(conn uint64, o Options) ([]byte, error) {
	for _, t := range slices.Backward(f.tapes) {
		if len(t.of(conn)) == 0 {
			continue
		}
		b := newBuilder(f.name, t, conn)
		if b.surface == "" {
			return nil, &strict.Error{File: f.name, Line: t.conn(conn).Line, Column: 1, Message: fmt.Sprintf("nothing was said on connection %d", conn)}
		}
		b.build()
		text := b.file(o)
		if _, err := scenarios.ParseScenario(fmt.Sprintf("the scenario of connection %d", conn), text); err != nil {
			return nil, &strict.Error{File: f.name, Line: t.conn(conn).Line, Column: 1, Message: "cannot become a scenario: " + err.Error()}
		}
		return text, nil
	}
	var numbers []string
	for _, c := range f.Conns() {
		numbers = append(numbers, fmt.Sprint(c.Number))
	}
	return nil, &strict.Error{File: f.name, Message: fmt.Sprintf("has no connection %d; there are %s", conn, strings.Join(numbers, ", "))}
}
