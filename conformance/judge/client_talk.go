package judge

import (
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// talk is a stream as its client sees it, in the order of the tape.
type talk struct {
	conn      *connection
	handshake *scenarios.Entry
	refused   *scenarios.Entry // the reply that was no switch of protocols
	steps     []step           // what the client said
	controls  []step           // its control frames
	rounds    []*round
	left      *step // how the client ended the connection; nil when it did not, or nobody knows

	state   supply
	faulted bool // the server made something go wrong here
	goodbye bool // the server has said so
	pinged  bool // by the server
}

// step is something that the client did, and how the supply of audio stood before it.
type step struct {
	entry *scenarios.Entry
	from  supply
	round *round // the one before it, or that it belongs to; nil before any s
}

// supply is the state of the supply of audio. (documented: packet-and-event-state-transitions)
type supply uint8

const (
	idle     supply = iota // before any s
	starting               // s waits for its answer
	feeding                // s was answered well
	ending                 // e waits for its answer
	ended                  // e was answered
	refused                // s was refused
	failed                 // a p error, or an e that nobody asked for
	unclear                // one s was sent into another's cycle: answers no longer tell whose they are
)

// round is what follows one s.
type round struct {
	talk    *talk
	start   *scenarios.Entry
	command protocol.Start // empty when the tape shows none that can be read
	answer  *scenarios.Entry
	refusal string // what the service has against s
	packets []*scenarios.Entry
	end     *scenarios.Entry // the first e
	done    *scenarios.Entry // its answer
	failure *scenarios.Entry // a p error, or an e that nobody asked for
}

// key is the id of the key in s, empty where the tape does not say. On a server's tape s comes before its key is known.
func (r *round) key() string {
	const marker = "<key:"
	value := r.command.Value("authorization")
	if id, ok := strings.CutPrefix(value, marker); ok {
		id, _, _ = strings.Cut(id, ">")
		return id
	}
	if r.answer != nil && value != "" {
		return r.answer.Key
	}
	return ""
}

// format is the audio format that s names.
func (r *round) format() (f protocol.AudioFormat, ok bool) {
	f, err := protocol.ParseAudioFormat(r.command.Format)
	return f, err == nil
}

// bytes is how much audio was fed.
func (r *round) bytes() int64 {
	var sum int64
	for _, e := range r.packets {
		sum += e.Audio.Bytes
	}
	return sum
}

func (t *talk) last() *round {
	if len(t.rounds) == 0 {
		return nil
	}
	return t.rounds[len(t.rounds)-1]
}

func (t *talk) step(e *scenarios.Entry) step { return step{e, t.state, t.last()} }

func (t *talk) add(e *scenarios.Entry) {
	switch e.Kind {
	case scenarios.WSCommand:
		t.command(e)
	case scenarios.WSEvent:
		t.event(e)
	case scenarios.WSControl:
		t.control(e)
	case scenarios.ConnClose:
		// A reset throws away what the server had not read yet, which may have been an e: it proves nothing.
		byClient := e.How != "rst" && (e.Text == scenarios.ClosedByClient || e.Text == scenarios.ClosedAfterGoodbye)
		if byClient && t.left == nil && !t.goodbye {
			left := t.step(e)
			t.left = &left
		}
	case scenarios.FaultStruck:
		t.faulted = true
	default:
	}
}

func (t *talk) control(e *scenarios.Entry) {
	isClose := e.Frame != nil && e.Frame.Opcode == opClose
	isPing := e.Frame != nil && e.Frame.Opcode == opPing
	if e.Dir != scenarios.In {
		t.goodbye = t.goodbye || isClose
		t.pinged = t.pinged || isPing
		return
	}
	s := t.step(e)
	if isClose && t.left == nil && !t.goodbye {
		t.left = &s
	}
	if t.pinged && e.Frame != nil && e.Frame.Opcode == opPong {
		return // an answer
	}
	t.controls = append(t.controls, s)
}

func (t *talk) command(e *scenarios.Entry) {
	s := t.step(e)
	switch {
	case isStart(e):
		command, _ := protocol.ParseStart([]byte(e.Text)) // what cannot be read is empty
		t.rounds = append(t.rounds, &round{talk: t, start: e, command: command})
		t.start()
	case isEnd(e):
		t.end(s)
	case isFeed(e) && s.round != nil:
		s.round.packets = append(s.round.packets, e)
	}
	t.steps = append(t.steps, s)
}

func isStart(e *scenarios.Entry) bool { return strings.HasPrefix(e.Text, "s") }
func isEnd(e *scenarios.Entry) bool   { return e.Text == "e" }
func isFeed(e *scenarios.Entry) bool  { return e.Text == "p" && e.Audio != nil }

func (t *talk) start() {
	switch t.state {
	case starting, feeding, ending, unclear:
		t.state = unclear
	case idle, ended, refused, failed:
		t.state = starting
	}
}

func (t *talk) end(s step) {
	if s.round == nil {
		return
	}
	if s.round.end == nil {
		s.round.end = s.entry
	}
	if t.state == feeding {
		t.state = ending
	}
}

func (t *talk) event(e *scenarios.Entry) {
	r := t.last()
	if r == nil || e.Text == "" {
		return
	}
	_, text, isError := strings.Cut(e.Text, " ")
	switch e.Text[0] {
	case 's':
		t.answered(r, e, text, isError)
	case 'p':
		t.failed(r, e)
	case 'e':
		t.finished(r, e)
	}
}

// failed notes a p error. One that comes behind e leaves the answer to e to come, but a client need not wait for it.
func (t *talk) failed(r *round, e *scenarios.Entry) {
	switch t.state {
	case feeding, starting:
		t.state, r.failure = failed, e
	case ending:
		r.failure = e
	case idle, ended, refused, failed, unclear:
	}
}

func (t *talk) answered(r *round, e *scenarios.Entry, text string, isError bool) {
	if t.state != starting || r.answer != nil {
		return
	}
	r.answer = e
	switch {
	case isError:
		t.state, r.refusal = refused, text
	case r.end != nil:
		t.state = ending
	default:
		t.state = feeding
	}
}

func (t *talk) finished(r *round, e *scenarios.Entry) {
	switch {
	case t.state == unclear, r.end != nil && t.state != ended:
		t.state, r.done = ended, e
	case t.state == feeding:
		t.state, r.failure = failed, e
	}
}
