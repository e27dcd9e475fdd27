package scenarios

import (
	"slices"
	"time"

	"mockamivoice/protocol"
)

// Level says what it means when a check does not hold.
type Level string

// The levels. Must needs a documented or observed basis, Should at least an inferred one; Info is reported and never failed.
const (
	Must   Level = "must"
	Should Level = "should"
	Info   Level = "info"
)

// Fits reports whether a check of this level may rest on that basis.
func (l Level) Fits(b protocol.Basis) bool {
	switch l {
	case Must:
		return b == protocol.Documented || b == protocol.Observed
	case Should:
		return b != protocol.Assumed && b != 0
	case Info:
		return b != 0
	}
	return false
}

// Capability is something that a target offers and a script may need.
type Capability string

// The capabilities.
const (
	CanIssue      Capability = "issue"        // issues keys for a service ID and password
	CanIssueByKey Capability = "issue-by-key" // issues keys for a key that has the right to
	CanSync       Capability = "sync"
	CanStream     Capability = "stream"
	CanAsync      Capability = "async"
	CanWords      Capability = "words"
	CanControl    Capability = "control" // has a clock that can be moved
)

// Capabilities lists them all.
func Capabilities() []Capability {
	return []Capability{CanIssue, CanIssueByKey, CanSync, CanStream, CanAsync, CanWords, CanControl}
}

// Scenario is one example of a dialogue: a script that a target has to follow, a way in which the fake makes any client meet
// something, and what a good client does then; one of the three at least. It says what it shows and how well that is known.
type Scenario struct {
	ID        string // "stream.key-expires-before-first-p", for ever
	Title     string
	Surface   protocol.Surface
	Level     Level
	Basis     protocol.Basis
	Source    string
	Statement string   // id of the statement that only this script shows; empty where there is no script
	Also      []string // ids of further statements that it shows
	Needs     []Capability
	Script    []Step        // nil without one
	Play      *Play         // nil without one
	Client    []Expectation // nil without any
	Why       string
	File      string // where it was read

	text []byte
}

// MovesClock tells whether the script lets clock time pass.
func (s *Scenario) MovesClock() bool {
	return slices.ContainsFunc(s.Script, func(step Step) bool {
		switch a := step.Action.(type) {
		case Wait:
			return true
		case Poll:
			return a.Until != ""
		}
		return false
	})
}

// Waits is how much clock time the script lets pass, but for what it waits for jobs.
func (s *Scenario) Waits() time.Duration {
	var sum time.Duration
	for _, step := range s.Script {
		if w, ok := step.Action.(Wait); ok {
			sum += w.For
		}
	}
	return sum
}
