package verdict

import (
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Coverage says which of Failures the client has met.
type Coverage struct {
	Percent int       `json:"percent"` // of them that were met, rounded down
	Met     []Failure `json:"met"`
	Never   []Failure `json:"never"`
}

func coverage(tapes []Tape, o options) Coverage {
	c := Coverage{Met: []Failure{}, Never: []Failure{}}
	met := make(map[string]bool)
	for i := range tapes {
		meet(o.part(tapes[i].Entries), met)
	}
	for _, f := range Failures() {
		switch {
		case o.surface != "" && f.Surface != o.surface:
		case met[f.ID]:
			c.Met = append(c.Met, f)
		default:
			c.Never = append(c.Never, f)
		}
	}
	if all := len(c.Met) + len(c.Never); all > 0 {
		c.Percent = len(c.Met) * 100 / all
	}
	return c
}

// meet marks the failures that are on a tape.
func meet(entries []scenarios.Entry, met map[string]bool) {
	failures := Failures()
	conns := make(map[uint64]*conversation)
	for i := range entries {
		e := &entries[i]
		if conns[e.Conn] == nil {
			conns[e.Conn] = &conversation{since: e.At.Time, struck: make(map[string]bool)}
		}
		c := conns[e.Conn]
		c.result, c.isResult = resultOf(e)
		for _, f := range failures {
			if !met[f.ID] && f.met(c, e) {
				met[f.ID] = true
			}
		}
		c.add(e)
	}
}

// conversation is what happened on one connection before an entry.
type conversation struct {
	result      protocol.Result // of the entry itself
	isResult    bool
	since       time.Time // of the first entry
	stream      bool
	goodbye     bool            // somebody sent a close frame
	expired     bool            // the last key that was looked at had expired
	lastEvent   string          // of the server, but for G
	refusedLast bool            // and nobody said anything since
	speech      int             // ms of the last S
	speaking    bool            // no E came since
	struck      map[string]bool // what faults did, by their words on the tape
}

func (c *conversation) add(e *scenarios.Entry) {
	switch e.Kind {
	case scenarios.WSHandshake:
		c.stream = true
	case scenarios.HTTPRequest:
		c.expired = e.Surface == string(protocol.SurfaceSync) && c.expired // the key is looked at before the request is on the tape
	case scenarios.HTTPResponse:
		c.expired = false
	case scenarios.WSCommand:
		c.refusedLast = c.refusedLast && e.Audio != nil // later packets are swallowed
		c.expired = c.expired && !strings.HasPrefix(e.Text, "s")
	case scenarios.WSEvent:
		c.event(e)
	case scenarios.WSControl:
		c.goodbye = c.goodbye || e.Frame != nil && e.Frame.Opcode == 8
	case scenarios.KeyRefused:
		c.expired = strings.HasPrefix(e.Text, "expired")
	case scenarios.FaultStruck:
		_, did, _ := strings.Cut(e.Text, ": ")
		for one := range strings.SplitSeq(did, ", then ") {
			c.struck[one] = true
			c.expired = c.expired || strings.HasPrefix(one, scenarios.DoExpireKey{}.Word())
		}
	default:
	}
}

func (c *conversation) event(e *scenarios.Entry) {
	if strings.HasPrefix(e.Text, "G") {
		return
	}
	c.lastEvent, c.refusedLast = e.Text, true
	event, err := protocol.ParseEvent([]byte(e.Text))
	if err != nil {
		return
	}
	if start, ok := event.(protocol.SpeechStart); ok {
		c.speech, c.speaking = start.At, true
	}
	if _, ok := event.(protocol.SpeechEnd); ok {
		c.speaking = false
	}
}

// utterance is how long an utterance that ends at e was, in ms.
func (c *conversation) utterance(e *scenarios.Entry) int {
	if e.Kind != scenarios.WSEvent || !c.speaking {
		return 0
	}
	event, err := protocol.ParseEvent([]byte(e.Text))
	if end, ok := event.(protocol.SpeechEnd); err == nil && ok {
		return end.At - c.speech
	}
	return 0
}

// serverEnded tells whether e is the end of a stream that the server brought about.
func (c *conversation) serverEnded(e *scenarios.Entry) bool {
	if e.Kind != scenarios.ConnClose || !c.stream {
		return false
	}
	return e.Text != "" && e.Text != scenarios.ClosedByClient && e.Text != scenarios.ClosedAfterGoodbye
}

// lost tells whether e is the end of a stream that nobody announced, and that the client did not bring about.
func (c *conversation) lost(e *scenarios.Entry) bool {
	return c.struck[scenarios.DoReset{}.Word()] && c.stream && e.Kind == scenarios.ConnClose ||
		c.serverEnded(e) && !c.goodbye
}

// resultOf is the result in a reply or an event.
func resultOf(e *scenarios.Entry) (protocol.Result, bool) {
	var text string
	switch {
	case e.Kind == scenarios.HTTPResponse && e.Surface == string(protocol.SurfaceSync):
		text = e.Body
	case e.Kind == scenarios.WSEvent && strings.HasPrefix(e.Text, "A "):
		text = e.Text[len("A "):]
	default:
		return protocol.Result{}, false
	}
	r, err := protocol.ParseResult([]byte(text))
	return r, err == nil
}
