// Package judge holds laws, which are true of every dialogue, against a tape.
package judge

import (
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
	ID      string
	Title   string
	Level   Level
	Basis   protocol.Basis
	Side    Side
	Surface protocol.Surface
	Source  string
	Why     string
	Fix     string
}

// Finding is a place on a tape that breaks a law.
type Finding struct {
	Law     string   `json:"law"`
	Conn    uint64   `json:"conn"`
	Entries []uint64 `json:"entries"`
	Text    string   `json:"text"`
}

// Verdict is what laws have to say about a tape.
type Verdict struct {
	Findings []Finding
	Applied  map[string]int
}

// ServerLaws are the laws of a server.
func ServerLaws() []Law { return nil }

// Judge holds laws against a tape.
func Judge(_ []Law, _ []scenarios.Entry) Verdict { return Verdict{} }
