package judge

import (
	"encoding/json"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// dialogue is a tape as laws see it.
type dialogue struct {
	replies []reply
	streams []*stream
	results []result
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

// isRecognition tells whether r answers a request for recognition with something that reads like a result.
func (r reply) isRecognition() bool {
	return r.entry.Surface == string(protocol.SurfaceSync) && r.request.Method == "POST" && strings.HasPrefix(r.entry.Body, `{"results":`)
}

// isKey tells whether r hands out a key: it is on the tape as its id.
func (r reply) isKey() bool {
	return r.entry.Surface == string(protocol.SurfaceIssue) && strings.Contains(r.entry.Body, "<key:")
}

// result is a final result, of a reply or of an event.
type result struct {
	entry  *scenarios.Entry
	text   string // the JSON
	result protocol.Result
}

// stream is one WebSocket connection.
type stream struct {
	messages []message // of the server
	controls []*scenarios.Entry
	cycles   []*cycle
	closed   *scenarios.Entry // nil while it is open
	byClient bool             // the client said goodbye first
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
	}
}

func (s *stream) add(e *scenarios.Entry, d *dialogue) {
	switch e.Kind {
	case scenarios.WSCommand:
		s.command(e)
	case scenarios.WSControl:
		s.controls = append(s.controls, e)
		if e.Dir == scenarios.In && e.Frame != nil && e.Frame.Opcode == opClose && s.closed == nil {
			s.byClient = true
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
		}
	default:
	}
}

func (s *stream) command(e *scenarios.Entry) {
	switch {
	case strings.HasPrefix(e.Text, "s"):
		s.cycles = append(s.cycles, &cycle{start: e})
	case len(s.cycles) == 0:
	case e.Text == "e":
		s.last().end = e
		s.last().asked++
	case e.Audio != nil:
		s.last().sent = true
	}
}

func (s *stream) last() *cycle { return s.cycles[len(s.cycles)-1] }

// event puts a message of the server where it belongs.
func (s *stream) event(m message) {
	if len(s.cycles) == 0 || m.entry.Text == "" {
		return
	}
	c := s.last()
	switch {
	case m.entry.Text[0] == 's':
		c.starts = append(c.starts, m)
	case m.entry.Text[0] == 'e':
		c.ends = append(c.ends, m)
	case m.entry.Text[0] == 'p':
		c.errors = append(c.errors, m)
	case len(c.starts) == 0:
		c.early = append(c.early, m)
	case len(c.ends) > 0:
		c.late = append(c.late, m)
	default:
		c.events = append(c.events, m)
	}
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
	opText  = 1
	opClose = 8
	opPing  = 9
)
