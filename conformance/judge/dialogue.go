package judge

import (
	"encoding/json"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// dialogue is a tape as laws see it.
type dialogue struct {
	replies  []reply
	streams  []*stream
	results  []result
	payloads []payload

	tape   Tape
	asked  *[]poll           // read when a law of jobs asks for them
	client *clientTape       // made when a law of clients asks for it
	trials map[string]*trial // by law
}

// asClient is the tape as laws of a client see it.
func (d *dialogue) asClient() *clientTape {
	if d.client == nil {
		d.client = readClient(d.tape.Entries)
	}
	return d.client
}

// try holds a law against the dialogue, once.
func (d *dialogue) try(l *Law) *trial {
	if d.trials == nil {
		d.trials = make(map[string]*trial)
	}
	t := d.trials[l.ID]
	if t == nil {
		t = &trial{law: l}
		d.trials[l.ID] = t
		l.check(t, d)
	}
	return t
}

// reply is an HTTP reply with its request.
type reply struct {
	request *scenarios.Entry
	entry   *scenarios.Entry
}

func (r reply) header(name string) (value string, ok bool) {
	for _, l := range r.entry.Headers {
		if strings.EqualFold(l[0], name) {
			return l[1], true
		}
	}
	return "", false
}

// isRecognition tells whether r answers a request for recognition: with status 200, or with something that looks like a result.
func (r reply) isRecognition() bool {
	return r.entry.Surface == string(protocol.SurfaceSync) && r.request.Method == "POST" && (r.entry.Status == 200 || strings.Contains(r.entry.Body, `"results"`))
}

// isKey tells whether r hands out a key: it is on the tape as its id.
func (r reply) isKey() bool {
	return r.entry.Surface == string(protocol.SurfaceIssue) && strings.Contains(r.entry.Body, "<key:")
}

// isServiceKey tells whether r hands out a key in AmiVoice's own way. Somebody's own issuer may have another form.
func (r reply) isServiceKey() bool {
	path, _, _ := strings.Cut(r.request.Target, "?")
	return r.isKey() && strings.HasSuffix(path, protocol.PathIssue)
}

// result is a final result, of a reply or of an event.
type result struct {
	entry  *scenarios.Entry
	text   string // the JSON
	result protocol.Result
}

// payload is the JSON of a result or of an interim result.
type payload struct {
	entry *scenarios.Entry
	text  string
}

// stream is one WebSocket connection.
type stream struct {
	commands []*scenarios.Entry // of the client
	messages []message          // of the server
	controls []*scenarios.Entry
	cycles   []*cycle
	open     *cycle           // the last one whose s was taken
	unasked  []message        // before any s
	closed   *scenarios.Entry // nil while it is open
	goodbye  scenarios.Dir    // of the first close frame
}

// hungUp tells whether the server ended the connection. Where the tape does not say who did, nobody is accused.
func (s *stream) hungUp() bool {
	switch {
	case s.closed == nil, s.goodbye == scenarios.In:
		return false
	case s.goodbye == scenarios.Out:
		return true
	}
	switch s.closed.Text {
	case "", scenarios.ClosedByClient, scenarios.ClosedAfterGoodbye:
		return false
	}
	return true
}

// message is one message of the server. Its event is nil when it is no packet.
type message struct {
	entry *scenarios.Entry
	event protocol.Event
}

// cycle is what follows one s, up to the next.
type cycle struct {
	start  *scenarios.Entry
	end    *scenarios.Entry // the last e; nil without one
	asked  int              // how many e were sent
	sent   bool             // audio was sent
	early  []message        // before the answer to s
	starts []message        // answers to s
	events []message        // between the answer to s and that to e
	errors []message        // p errors
	burst  int              // p errors since the last e
	again  []message        // p errors behind another, without an e between them
	ends   []message        // answers to e, or an unasked one
	late   []message        // behind the answer to e
}

// accepted tells whether s was answered without an error.
func (c *cycle) accepted() bool {
	if len(c.starts) == 0 {
		return false
	}
	r, ok := c.starts[0].event.(protocol.StartReply)
	return ok && !r.Error.OK
}

// finished tells whether the cycle came to a good end.
func (c *cycle) finished() bool {
	if len(c.ends) == 0 || len(c.errors) > 0 || !c.accepted() {
		return false
	}
	r, ok := c.ends[0].event.(protocol.EndReply)
	return ok && !r.Error.OK
}

// read makes a dialogue of a tape.
func read(entries []scenarios.Entry) *dialogue {
	d := &dialogue{}
	streams := make(map[uint64]*stream)
	requests := make(map[uint64]*scenarios.Entry)
	for i := range entries {
		e := &entries[i]
		switch e.Kind {
		case scenarios.HTTPRequest:
			requests[e.Conn] = e
		case scenarios.WSHandshake:
			requests[e.Conn] = e
			streams[e.Conn] = &stream{}
			d.streams = append(d.streams, streams[e.Conn])
		case scenarios.HTTPResponse:
			d.reply(requests[e.Conn], e)
		default:
			if s := streams[e.Conn]; s != nil {
				s.add(e, d)
			}
		}
	}
	return d
}

func (d *dialogue) reply(request, e *scenarios.Entry) {
	if request == nil || e.Status == 101 || e.Surface == "" { // not of this service
		return
	}
	r := reply{request, e}
	d.replies = append(d.replies, r)
	if r.isRecognition() {
		d.result(e, strings.TrimRight(e.Body, "\r\n"))
	}
}

func (d *dialogue) result(e *scenarios.Entry, text string) {
	if parsed, err := protocol.ParseResult([]byte(text)); err == nil && json.Valid([]byte(text)) {
		d.results = append(d.results, result{e, text, parsed})
		d.payloads = append(d.payloads, payload{e, text})
	}
}

func (s *stream) add(e *scenarios.Entry, d *dialogue) {
	switch e.Kind {
	case scenarios.WSCommand:
		s.command(e)
	case scenarios.WSControl:
		s.controls = append(s.controls, e)
		if e.Frame != nil && e.Frame.Opcode == opClose && s.goodbye == "" {
			s.goodbye = e.Dir
		}
	case scenarios.ConnClose:
		s.closed = e
	case scenarios.WSEvent:
		event, err := protocol.ParseEvent([]byte(e.Text))
		if err != nil {
			event = nil
		}
		m := message{e, event}
		s.messages = append(s.messages, m)
		s.event(m)
		switch event.(type) {
		case protocol.Final, protocol.LegacyFinal:
			d.result(e, e.Text[len("A "):])
		case protocol.Partial:
			d.payloads = append(d.payloads, payload{e, e.Text[len("U "):]})
		}
	default:
	}
}

func (s *stream) command(e *scenarios.Entry) {
	s.commands = append(s.commands, e)
	switch {
	case strings.HasPrefix(e.Text, "s"):
		s.cycles = append(s.cycles, &cycle{start: e})
	case len(s.cycles) == 0:
	case e.Text == "e":
		c := s.last()
		c.end, c.burst = e, 0
		c.asked++
	case e.Audio != nil:
		s.last().sent = true
	}
}

func (s *stream) last() *cycle { return s.cycles[len(s.cycles)-1] }

// event puts a message of the server where it belongs. Clients need not wait for answers: they come in the order of the commands.
func (s *stream) event(m message) {
	if m.entry.Text == "" {
		return
	}
	if len(s.cycles) == 0 {
		s.unasked = append(s.unasked, m)
		return
	}
	c := s.current()
	switch m.entry.Text[0] {
	case 's':
		c = s.unanswered()
		c.starts = append(c.starts, m)
		if len(c.starts) == 1 && c.accepted() {
			s.open = c
		}
	case 'e':
		if len(c.ends) == 0 && c.end == nil {
			c.asked++ // an end that nobody asked for answers no e
		}
		c.ends = append(c.ends, m)
	case 'p':
		c.errors = append(c.errors, m)
		if c.burst++; c.burst > 1 {
			c.again = append(c.again, m)
		}
	default:
		c.add(m)
	}
}

func (c *cycle) add(m message) {
	switch {
	case len(c.starts) == 0:
		c.early = append(c.early, m)
	case len(c.ends) > 0:
		c.late = append(c.late, m)
	default:
		c.events = append(c.events, m)
	}
}

// unanswered is the first cycle whose s waits for its answer, or the last cycle.
func (s *stream) unanswered() *cycle {
	for _, c := range s.cycles {
		if len(c.starts) == 0 {
			return c
		}
	}
	return s.last()
}

// current is the cycle that a message belongs to: the open one, and when that has ended, the next.
func (s *stream) current() *cycle {
	last := s.last()
	switch {
	case s.open == nil, len(s.open.ends) > 0 && s.open.asked <= len(s.open.ends):
		return last
	}
	return s.open
}

// cycles are those of every stream.
func (d *dialogue) cycles() []*cycle {
	var all []*cycle
	for _, s := range d.streams {
		all = append(all, s.cycles...)
	}
	return all
}

// Opcodes of frames. (RFC 6455)
const (
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)
