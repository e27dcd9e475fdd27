package fromtape

import (
	"strconv"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const opBinary = 2 // of a frame (RFC 6455)

// streaming is where the script of a stream stands. Packets of audio are gathered into one step as long as nothing but events
// comes between them: what a target makes of the sound is heard at another place of it.
type streaming struct {
	*builder

	cycles  []cycle
	current int // cycle; -1 before the first s
	offset  int64
	run     []*scenarios.Entry // packets that are not written yet
	sound   int64              // milliseconds of them that no step has counted yet
	pending []*scenarios.Entry // messages of the server that are not expected yet
	left    bool               // the client said goodbye
	open    bool
	hungUp  bool // the server said goodbye
}

func (b *builder) stream() {
	s := &streaming{builder: b, cycles: cyclesOf(b.own), current: -1}
	for _, e := range b.own {
		b.pauseBefore(s, e)
		switch e.Kind {
		case scenarios.WSHandshake:
			s.connect(e)
		case scenarios.HTTPResponse:
			b.played.handshake(e)
		case scenarios.WSCommand:
			s.command(e)
		case scenarios.WSEvent:
			if !optional(e.Text) {
				s.pending = append(s.pending, e)
			}
			b.played.event(e)
		case scenarios.WSControl:
			s.control(e)
		case scenarios.ConnClose:
			s.closed(e)
		case scenarios.FaultStruck:
			b.struck(e)
		default:
		}
	}
	s.settle()
}

// pauseBefore writes the pause before an entry, and the keys that were issued meanwhile.
func (b *builder) pauseBefore(s *streaming, e *scenarios.Entry) {
	b.issueBefore(e.N)
	least := realGap
	switch {
	case e.Dir == scenarios.Out || e.Kind == scenarios.ConnClose:
		least = slowness
	case e.Dir != scenarios.In || e.Kind == scenarios.WSControl:
		return
	}
	if d := b.gap(e.At.Time, s.sound, least); d > 0 {
		s.settle()
		b.wait(d)
	}
	if e.Dir == scenarios.In || b.manual {
		b.last, s.sound = e.At.Time, 0
	}
	if e.Audio != nil {
		s.sound = s.milliseconds(e.Audio.Bytes)
	}
}

// optional reports whether a message may come or not: interim results and information.
func optional(text string) bool {
	return text == "U" || text == "G" || strings.HasPrefix(text, "U ") || strings.HasPrefix(text, "G ")
}

func (s *streaming) connect(e *scenarios.Entry) {
	path, query, _ := strings.Cut(e.Target, "?")
	if query != "" {
		s.note("the client sent a query along, which a script cannot: the service takes none")
	}
	var version flow
	if v := header(e, "Sec-WebSocket-Version"); v != "13" {
		version = quote(v)
	}
	unmasked := false
	for _, other := range s.own {
		unmasked = unmasked || other.Kind == scenarios.WSCommand && other.Frame != nil && !other.Frame.Masked
	}
	var headers []field
	for _, name := range []string{"Origin", "Sec-WebSocket-Protocol", "Authorization"} {
		if v := header(e, name); v != "" {
			headers = append(headers, field{name, quote(s.vary(v, wrongKey))})
		}
	}
	s.need(scenarios.CanStream)
	s.open = true
	if version == "" && !unmasked && headers == nil {
		s.step("connect", quote(path))
		return
	}
	s.step("connect", mapping(
		field{"path", quote(path)}, field{"headers", when(headers != nil, mapping(headers...))},
		field{"unmasked", when(unmasked, "true")}, field{"version", version},
	))
}

func (s *streaming) command(e *scenarios.Entry) {
	s.played.command(e)
	switch {
	case e.Text == "p" && e.Audio != nil:
		if len(s.run) == 0 {
			s.expect()
		}
		s.run = append(s.run, e)
	case e.Text == "e":
		wrote := len(s.run) > 0
		if s.feed(); !wrote {
			s.expect()
		}
		s.step("end", "true")
	case e.Audio != nil && e.Text == "":
		s.settle()
		s.malformed(e)
	default:
		s.settle()
		if c, err := protocol.ParseCommand([]byte(e.Text)); err == nil {
			if _, ok := c.(protocol.Start); ok {
				s.current++
				s.offset = 0
			}
		}
		s.send(e)
	}
}

// send writes a text as a message.
func (s *streaming) send(e *scenarios.Entry) {
	secret := wrongKey
	if s.accepted(e) {
		secret = "${key}"
	}
	text := quote(s.vary(e.Text, secret))
	binary, frames := false, 1
	if e.Frame != nil {
		binary, frames = e.Frame.Opcode == opBinary, e.Frame.Frames
	}
	if !binary && frames < 2 {
		s.step("send", text)
		return
	}
	var sizes []flow
	for range frames - 1 {
		sizes = append(sizes, flow(strconv.Itoa(len(e.Text)/frames)))
	}
	s.step("send", mapping(field{"text", text}, field{"binary", when(binary, "true")}, field{"fragments", when(sizes != nil, list(sizes...))}))
}

// accepted tells whether the s in e was answered without an error.
func (s *streaming) accepted(e *scenarios.Entry) bool {
	for _, other := range s.own {
		if other.N > e.N && other.Kind == scenarios.WSEvent && (other.Text == "s" || strings.HasPrefix(other.Text, "s ")) {
			return other.Text == "s"
		}
	}
	return false
}

// malformed writes a message that is no packet. The tape holds its first bytes alone.
func (s *streaming) malformed(e *scenarios.Entry) {
	binary := when(e.Frame != nil && e.Frame.Opcode == opBinary, "true")
	if e.Audio.First == "" {
		s.note("what the client sent here is not on the tape")
		s.step("send", mapping(field{"hex", quote("00")}, field{"binary", binary}))
		return
	}
	if int64(len(e.Audio.First)) < 2*e.Audio.Bytes {
		s.note("the tape keeps the first bytes of a message that is no packet, not the rest")
	}
	s.step("send", mapping(field{"hex", quote(e.Audio.First)}, field{"binary", binary}))
}

func (s *streaming) control(e *scenarios.Entry) {
	const opClose = 8
	if e.Frame == nil || e.Frame.Opcode != opClose {
		return // pings need no script
	}
	if e.Dir == scenarios.Out {
		s.hungUp = s.hungUp || !s.left
		s.played.goodbye(e, s.left)
		return
	}
	if s.hungUp {
		return // an answer
	}
	s.left = true
	s.settle()
	s.unanswered(e)
	s.step("close", "true")
}

func (s *streaming) closed(e *scenarios.Entry) {
	s.settle()
	byServer := s.hungUp || !s.left && e.Text != "" && e.Text != scenarios.ClosedByClient && e.Text != scenarios.ClosedAfterGoodbye
	if byServer {
		s.played.cut(s.hungUp)
	} else {
		s.unanswered(e)
	}
	switch {
	case !s.open:
	case s.hungUp:
		s.step("closed", mapping(field{"by", "close-frame"}))
	case byServer:
		s.step("closed", mapping(field{"by", "fin"}))
	case s.left:
		s.step("closed", "true")
	}
	s.open = false
}

// unanswered writes that nothing came until the client had enough.
func (s *streaming) unanswered(e *scenarios.Entry) {
	if s.played.ignored(e) {
		s.step("expect-none", "300ms")
	}
}

// settle writes what is still to be sent and to be expected.
func (s *streaming) settle() {
	s.feed()
	s.expect()
}

// expect writes what the server said. C and E of an utterance come in either order. (observed)
func (s *streaming) expect() {
	letters := func(i int, pair string) bool {
		return i+1 < len(s.pending) && letter(s.pending[i])+letter(s.pending[i+1]) == pair
	}
	for i := 0; i < len(s.pending); i++ {
		if letters(i, "CE") || letters(i, "EC") {
			s.step("any-order", list(s.message(s.pending[i]), s.message(s.pending[i+1])))
			i++
			continue
		}
		s.step("expect", s.message(s.pending[i]))
	}
	s.pending = nil
}

func letter(e *scenarios.Entry) string {
	name, _, _ := strings.Cut(e.Text, " ")
	return name
}
