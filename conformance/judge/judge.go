// Package judge holds laws, which are true of every dialogue, against a tape.
package judge

import (
	"cmp"
	"fmt"
	"slices"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Level says what a finding means.
type Level = scenarios.Level

// The levels.
const (
	Must   = scenarios.Must
	Should = scenarios.Should
	Info   = scenarios.Info
)

// Side is who is judged.
type Side string

// The sides.
const (
	Server Side = "server"
	Client Side = "client"
)

// Law is something that is true of every dialogue.
type Law struct {
	ID      string // "server.stream.one-answer-per-s", for ever
	Title   string
	Level   Level
	Basis   protocol.Basis
	Side    Side
	Surface protocol.Surface // empty when it concerns several
	Source  string
	Why     string // what breaks when it does not hold
	Fix     string // what would make it hold

	check func(t *trial, d *dialogue)
}

// Finding is a place on a tape where a law does not hold.
type Finding struct {
	Law     string         `json:"law"`
	Conn    uint64         `json:"conn"`
	Key     string         `json:"key,omitempty"` // id of the key that was used there
	Entries []uint64       `json:"entries"`       // N of the entries, the offence first
	Text    string         `json:"text"`          // what was seen
	Level   Level          `json:"-"`             // that of the law, or of the scenario whose expectation was not met
	Basis   protocol.Basis `json:"-"`             // likewise
}

// Verdict is what laws have to say about a tape.
type Verdict struct {
	Findings []Finding      // in the order of the tape; unique for law, connection and first entry
	Applied  map[string]int // how often each law had something to look at
}

// Tape is what the judge reads.
type Tape struct {
	Entries   []scenarios.Entry
	Live      bool                                         // it goes on: what a client may still do is not held against it
	Scenarios func(id string) (*scenarios.Scenario, error) // those that faults name; nil for the library's
}

// trial is one law before the judge.
type trial struct {
	law      *Law
	applied  int
	findings []Finding
}

// apply counts a place that the law has something to say about.
func (t *trial) apply() { t.applied++ }

// find notes that the law does not hold at e.
func (t *trial) find(e *scenarios.Entry, format string, args ...any) {
	t.trace(e, nil, format, args...)
}

// trace is find with the entries that led to e.
func (t *trial) trace(e *scenarios.Entry, causes []*scenarios.Entry, format string, args ...any) {
	for i := range t.findings {
		if f := &t.findings[i]; f.Conn == e.Conn && f.Entries[0] == e.N {
			return
		}
	}
	f := Finding{Law: t.law.ID, Conn: e.Conn, Key: e.Key, Entries: []uint64{e.N}, Text: fmt.Sprintf(format, args...), Level: t.law.Level, Basis: t.law.Basis}
	for _, c := range causes {
		if c == nil { // the tape does not show it
			continue
		}
		f.Entries = append(f.Entries, c.N)
	}
	t.findings = append(t.findings, f)
}

// Judge holds laws against a tape that is over. It is a function of its arguments alone.
func Judge(laws []Law, entries []scenarios.Entry) Verdict { return Tape{Entries: entries}.Judge(laws) }

// Judge holds laws against the tape. It is a function of the tape and the laws alone.
func (p Tape) Judge(laws []Law) Verdict {
	d := read(p.Entries)
	d.tape = p
	v := Verdict{Applied: make(map[string]int)}
	for i := range laws {
		t := d.try(&laws[i])
		v.Findings = append(v.Findings, t.findings...)
		v.Applied[t.law.ID] = t.applied
	}
	slices.SortStableFunc(v.Findings, func(a, b Finding) int { return cmp.Compare(a.Entries[0], b.Entries[0]) })
	return v
}

// ServerLaws are the laws of a server.
func ServerLaws() []Law {
	var all []Law
	for _, some := range [][]Law{httpLaws(), issueLaws(), syncLaws(), resultLaws(), frameLaws(), answerLaws(), eventLaws(), asyncLaws(), jobLaws(), wordsLaws()} {
		all = append(all, some...)
	}
	for i := range all {
		all[i].Side = Server
	}
	return all
}
