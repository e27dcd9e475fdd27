// Package session is the state machine of one stream: what the service answers to which packet, and when it hangs up.
//
// The manual describes three machines that run side by side: audio supply, utterance detection and recognition.
// (documented: reference-websocket-packet-and-event-state-transitions) Machine holds all three. It is a function from inputs
// to effects: it sends nothing, hears nothing and reads no clock. The shell carries out effects in their order and feeds what
// comes of them (an answer about a key, an utterance found, a timer) back as inputs.
package session

import (
	"time"

	"mockamivoice/protocol"
)

// Rules are the choices and limits that a machine goes by. Limits are clock time; zero switches one off.
type Rules struct {
	RefuseEarly   bool // p or e before the answer to s is an error instead of being queued
	EndAfterError bool // e after a p error is answered with an error instead of a plain e
	KeepRefused   bool // the connection stays open after a refused s
	Info          bool // G packets before the answer to s and after the first p

	NoData    time.Duration // 60 s without a packet end the session (documented: limitations)
	NonSpeech time.Duration // 600 s without speech end the session (documented: limitations)
	Session   time.Duration // 24 h end the connection (documented: limitations)
	Idle      time.Duration // a connection on which no s is open is closed (assumed)
}

// Input is something that happened: Opened, Command, Malformed, Answered, one of the findings of the listener, Fired, or what a
// scenario wants to have happened: Reached, Expired, Broke.
type Input interface{ input() }

type (
	// Opened is the first input of a machine: the connection is there.
	Opened struct{}
	// Command is a packet of the client.
	Command struct{ protocol.Command }
	// Malformed is a message that is no packet at all.
	Malformed struct{}
	// Answered is the verdict on the s of the given cycle. Expires is the end of the key's life, zero for never.
	Answered struct {
		Cycle   int
		Refusal *protocol.Error // nil when s is fine
		Expires time.Time
		Rules   *Rules // that go by the key, from now on; nil for the same as before
	}
	// SpeechBegan is the start of an utterance, in milliseconds of audio.
	SpeechBegan struct{ At int }
	// SpeechEnded is the end of an utterance, in milliseconds of audio.
	SpeechEnded struct{ At int }
	// Guessed is an interim result of the utterance that is being recognized.
	Guessed struct{ Interim protocol.Interim }
	// Recognized is the result of the utterance that is being recognized.
	Recognized struct{ Result protocol.Result }
	// AudioRefused says that the audio of the cycle cannot be taken.
	AudioRefused struct{ Refusal *protocol.Error }
	// Flushed says that all audio of the cycle has been heard.
	Flushed struct{}
	// Fired is a timer that fell due.
	Fired struct{ Timer Timer }
	// Reached is a limit that counts as reached, whatever its timer says.
	Reached struct{ Timer Timer }
	// Expired says that the key of the cycle ended its life at an instant.
	Expired struct{ At time.Time }
	// Broke ends the cycle with an error that nothing in the dialogue asks for, and the connection if HangUp says so.
	Broke struct {
		Error  *protocol.Error
		HangUp bool
	}
)

func (Opened) input()       {}
func (Command) input()      {}
func (Malformed) input()    {}
func (Answered) input()     {}
func (SpeechBegan) input()  {}
func (SpeechEnded) input()  {}
func (Guessed) input()      {}
func (Recognized) input()   {}
func (AudioRefused) input() {}
func (Flushed) input()      {}
func (Fired) input()        {}
func (Reached) input()      {}
func (Expired) input()      {}
func (Broke) input()        {}

// Effect is something to do: Authorize, Hear, Flush, Discard, Arm, Disarm, Say, HangUp, Drop or Note.
type Effect interface{ effect() }

type (
	// Authorize asks for an Answered about s.
	Authorize struct {
		Cycle int
		Start protocol.Start
	}
	// Hear hands audio to the listener of the cycle. The bytes are those of the input.
	Hear struct{ Audio []byte }
	// Flush asks the listener to close what it is hearing; a Flushed ends its findings.
	Flush struct{}
	// Discard forgets the listener of the cycle.
	Discard struct{}
	// Arm sets a timer to an instant, replacing what it was set to.
	Arm struct {
		Timer Timer
		At    time.Time
	}
	// Disarm stops a timer.
	Disarm struct{ Timer Timer }
	// Say sends a packet. Error is what the packet reports, or nil.
	Say struct {
		Event protocol.Event
		Error *protocol.Error
	}
	// HangUp closes the connection after everything said has been sent and the grace has passed.
	HangUp struct{}
	// Drop cuts the connection without a close frame.
	Drop struct{}
	// Note is for the tape: something was tolerated or ignored.
	Note struct{ Text string }
)

func (Authorize) effect() {}
func (Hear) effect()      {}
func (Flush) effect()     {}
func (Discard) effect()   {}
func (Arm) effect()       {}
func (Disarm) effect()    {}
func (Say) effect()       {}
func (HangUp) effect()    {}
func (Drop) effect()      {}
func (Note) effect()      {}

// Timer names one of the four timers of a connection.
type Timer uint8

// The timers.
const (
	TimerIdle      Timer = iota // no s is open
	TimerNoData                 // no packet came
	TimerNonSpeech              // no speech came
	TimerSession                // the connection is too old
	Timers                      // how many there are
)

// State is the state of the audio supply.
type State uint8

// The states, in the manual's numbering.
const (
	Initialized State = iota // no cycle
	Starting                 // s came, its answer is not decided
	Started                  // s was answered, no audio yet
	Providing                // audio came
	Ending                   // e came, its answer waits for results
	Closed                   // hung up; nothing counts any more
)

// maxEarly bounds the audio that is queued before s is answered.
const maxEarly = 16 << 20

// Machine is one connection. Its zero value is not ready; use New. It is not for concurrent use.
type Machine struct {
	rules Rules

	state     State
	cycle     int
	failed    bool // a p error was said since the last s or e; further p are swallowed
	expires   time.Time
	lastData  time.Time
	early     []Input // packets that came before s was answered
	earlySize int

	detecting   bool
	recognizing bool
	queued      int // utterances that wait for the recognizer
	flushed     bool

	effects []Effect
}

// New is the machine of a connection that is being opened.
func New(rules Rules) *Machine { return &Machine{rules: rules} }

// State is where the audio supply stands.
func (m *Machine) State() State { return m.state }

// Step tells what follows from in, which happened at the instant at. The slice is valid until the next Step.
func (m *Machine) Step(at time.Time, in Input) []Effect {
	m.effects = m.effects[:0]
	if m.state != Closed {
		m.step(at, in)
	}
	return m.effects
}

func (m *Machine) step(at time.Time, in Input) {
	switch in := in.(type) {
	case Opened:
		m.arm(TimerSession, at, m.rules.Session)
		m.arm(TimerIdle, at, m.rules.Idle)
	case Command:
		m.command(at, in.Command)
	case Malformed:
		m.drop() // observed: bare audio makes the service drop the connection
	case Answered:
		m.answered(at, in)
	case SpeechBegan:
		m.speechBegan(in.At)
	case SpeechEnded:
		m.speechEnded(at, in.At)
	case Guessed:
		if m.recognizing {
			m.say(protocol.Partial{Interim: in.Interim})
		}
	case Recognized:
		m.recognized(at, in.Result)
	case AudioRefused:
		m.audioRefused(at, in.Refusal)
	case Flushed:
		m.flushed = true
		m.settle(at)
	case Fired:
		m.fired(at, in.Timer)
	case Reached:
		m.reached(at, in.Timer)
	case Expired:
		m.expires = in.At
	case Broke:
		m.broke(at, in)
	}
}

func (m *Machine) do(e Effect) { m.effects = append(m.effects, e) }

func (m *Machine) say(e protocol.Event) { m.do(Say{Event: e}) }

func (m *Machine) sayError(e *protocol.Error) { m.do(Say{Event: e.Event(), Error: e}) }

func (m *Machine) arm(t Timer, at time.Time, after time.Duration) {
	if after > 0 {
		m.do(Arm{Timer: t, At: at.Add(after)})
	}
}

func (m *Machine) hangUp() {
	m.state = Closed
	m.do(HangUp{})
}

func (m *Machine) drop() {
	m.state = Closed
	m.do(Drop{})
}

// inCycle reports whether s was answered and e was not.
func (m *Machine) inCycle() bool { return m.state >= Started && m.state <= Ending }
