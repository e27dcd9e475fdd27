package verdict

import (
	"io"
	"slices"

	"mockamivoice/scenarios"
)

// LiveFile is the name of a tape that is in no file.
const LiveFile = "tape.jsonl"

// Tape is a tape to be judged.
type Tape struct {
	File    string // where it was read; LiveFile when empty
	Entries []scenarios.Entry
	Lines   []int // where each entry is in the file, from 1; without them each has the line after that of the one before, from 2
	Live    bool  // it goes on: what a client may still do is not held against it
}

// Read reads the tapes of a file: a server that was reset writes one behind the other. The error is a *strict.Error with the line.
func Read(file string, r io.Reader) ([]Tape, error) {
	var all []Tape
	for l, err := range scenarios.ReadTape(file, r) {
		if err != nil {
			return nil, err
		}
		if l.Header != nil {
			all = append(all, Tape{File: file})
			continue
		}
		t := &all[len(all)-1]
		t.Entries = append(t.Entries, l.Entry)
		t.Lines = append(t.Lines, l.Line)
	}
	return all, nil
}

func (t *Tape) name() string {
	if t.File == "" {
		return LiveFile
	}
	return t.File
}

func (t *Tape) line(i int) int {
	if i < len(t.Lines) {
		return t.Lines[i]
	}
	return i + 2
}

// index finds the entry numbered n.
func (t *Tape) index(n uint64) (int, bool) {
	return slices.BinarySearchFunc(t.Entries, n, func(e scenarios.Entry, n uint64) int {
		switch {
		case e.N < n:
			return -1
		case e.N > n:
			return 1
		}
		return 0
	})
}

// dropped is how many entries the tape lost.
func (t *Tape) dropped() uint64 {
	var sum uint64
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Kind == scenarios.Dropped {
			sum += max(e.Count, 1)
		}
	}
	return sum
}

// unfinished is how many streams are open and requests unanswered at the end of the tape.
func (t *Tape) unfinished() int {
	open := make(map[uint64]bool)
	for i := range t.Entries {
		switch e := &t.Entries[i]; e.Kind {
		case scenarios.HTTPRequest, scenarios.WSHandshake:
			open[e.Conn] = true
		case scenarios.HTTPResponse:
			if e.Status != 101 {
				delete(open, e.Conn)
			}
		case scenarios.ConnClose:
			delete(open, e.Conn)
		default:
		}
	}
	return len(open)
}
