package fake

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gorilla/websocket"

	"mockamivoice/fake/clock"
	"mockamivoice/fake/internal/lenient"
	"mockamivoice/fake/internal/session"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const (
	grace     = 200 * time.Millisecond // between the last packet and the close, in real time (observed: native clients hang without it)
	farewell  = time.Second            // for the client to answer a close frame
	writeWait = 10 * time.Second       // for one message to leave
)

// serveStream is the WebSocket interface. (documented: websocket-interface)
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request) {
	x := s.exchange(r, protocol.SurfaceStream)
	x.note(scenarios.WSHandshake, scenarios.In, scenarios.Entry{
		Method: r.Method, Target: r.RequestURI, Headers: requestHeaders(r), Remote: x.peer.String(),
	})
	defer x.settle()
	if !websocket.IsWebSocketUpgrade(r) {
		x.refuseUpgrade(w, http.StatusBadRequest, "Bad Request: this path takes WebSocket connections\n")
		return
	}
	if !strings.HasSuffix(r.URL.Path, "/") {
		x.tolerate("the path lacks its last slash: the service takes " + r.URL.Path + " for the endpoint that keeps logs")
	}
	if w = x.meetHandshake(w); w == nil {
		return
	}
	c := &stream{s: s, x: x, peer: x.peer, noLog: r.URL.Path == protocol.PathStreamNoLog, machine: session.New(rules(x.stage)), mind: s.newMind()}
	if !s.streams.add(c, s.limits.Streams) {
		x.refuseUpgrade(w, http.StatusServiceUnavailable, "too many open streams\n")
		return
	}
	if err := c.upgrade(w, r); err != nil {
		s.streams.remove(c)
		if errors.Is(err, errSpoilt) {
			return
		}
		x.note(scenarios.HTTPResponse, scenarios.Out, scenarios.Entry{Status: http.StatusBadRequest, Text: err.Error()})
		return
	}
	x.settle()
	x.r = nil
	go func() { //nolint:contextcheck // a stream, which lives long, is to hold neither the request nor the stack that parsed it
		defer s.streams.remove(c)
		c.serve()
	}()
}

func (x *exchange) refuseUpgrade(w http.ResponseWriter, status int, text string) {
	w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
	x.respond(w, status, []byte(text))
}

func rules(g stage) session.Rules {
	return session.Rules{
		RefuseEarly:   g.choices.Is(scenarios.StreamEarly, "refuse"),
		EndAfterError: g.choices.Is(scenarios.StreamEndFailed, "error"),
		KeepRefused:   g.choices.Is(scenarios.StreamRefused, "keep-open"),
		Info:          g.choices.Is(scenarios.StreamInfoEvents, "on"),
		NoData:        g.limits.NoData, NonSpeech: g.limits.NonSpeech, Session: g.limits.Session, Idle: g.limits.Idle,
	}
}

// stream is one WebSocket connection. One goroutine reads; whoever steps the machine holds mu; nobody holds it while writing.
type stream struct {
	s      *Server
	x      *exchange
	peer   netip.Addr
	ws     *websocket.Conn
	frames *lenient.Frames
	out    outbox

	isReady   atomic.Bool // ws is there
	stalled   atomic.Bool // a fault keeps the connection open and says nothing on it
	wire      sync.Mutex  // held while a control frame or a piece of a frame is written
	noLog     bool        // the path is that of no log
	midFrame  bool        // a frame is on its way in pieces; guarded by wire
	mu        sync.Mutex
	machine   *session.Machine
	timers    [session.Timers]alarm
	cycle     cycle
	presented *presented // the s that is being dealt with; nil when none is
	line      line
	now       time.Time         // of the input that is being dealt with
	due       time.Time         // when what a fault is holding up was due, and what it waited for since
	expires   time.Time         // end of life of the key of the cycle, zero for never
	verdict   *session.Answered // on an s behind which the client sent on at once
	farewell  string            // how the connection ended, when the server ended it
	mind      *mind             // nil without a recognizer
}

func (c *stream) upgrade(w http.ResponseWriter, r *http.Request) error {
	upgrader := &websocket.Upgrader{
		CheckOrigin:     func(*http.Request) bool { return true }, // pages of any origin may connect (inferred)
		WriteBufferPool: &c.s.writeBuffers,
	}
	ws, frames, err := lenient.Upgrade(upgrader, w, r, lenient.Options{
		Strict: c.s.strict, MaxMessage: c.s.limits.Message,
		OnTolerance: func(what string) { c.x.tolerate(what) },
	})
	if err != nil {
		return err
	}
	c.ws, c.frames = ws, frames
	c.out.init(c)
	if c.s.strict {
		ws.SetReadLimit(c.s.limits.Message)
	}
	ws.SetPingHandler(c.ping)
	ws.SetPongHandler(c.pong)
	ws.SetCloseHandler(c.closing)
	c.isReady.Store(true)
	if c.s.streams.ending() { // it began while the handshake was under way, and passed this stream over
		c.out.push(message{kind: goAway})
		c.out.drainSoon()
	}
	return nil
}

// ready reports whether the handshake is over, so that there is something to write to.
func (c *stream) ready() bool { return c.isReady.Load() }

// serve reads until the connection is over.
func (c *stream) serve() {
	c.s.metrics.streams.Inc()
	defer c.s.metrics.streams.Dec()
	c.step(session.Opened{})
	err := c.readAll()
	if c.stalled.Load() {
		err = c.outwait(err)
	}
	c.mu.Lock()
	for t := range c.timers {
		c.disarm(session.Timer(t)) //nolint:gosec // four timers
	}
	c.discard()
	c.cutLine()
	c.mu.Unlock()
	c.mind.wait()
	c.ended(err)
	c.out.close()
	_ = c.ws.Close()
	c.out.wait()
}

// outwait keeps a stalled connection open until the client ends it, whatever it says before.
func (c *stream) outwait(err error) error {
	var scrap [512]byte
	for {
		if _, readErr := c.ws.NetConn().Read(scrap[:]); readErr != nil {
			return err
		}
	}
}

func (c *stream) readAll() error {
	for {
		_, r, err := c.ws.NextReader()
		if err != nil {
			return err
		}
		if err := c.message(r); err != nil {
			return err
		}
		if c.verdict != nil && !c.frames.Ahead() {
			verdict := *c.verdict
			c.verdict = nil
			c.step(verdict)
		}
	}
}

// message takes one message. Its bytes are held only while it is dealt with.
func (c *stream) message(r io.Reader) error {
	buf := c.s.messages.get()
	defer c.s.messages.put(buf)
	if _, err := buf.ReadFrom(r); err != nil {
		return err
	}
	opcode, masked, frames, size := c.frames.Message()
	frame := &scenarios.Frame{Opcode: opcode, Masked: masked, Frames: frames, Size: size}
	command, err := protocol.ParseCommand(buf.Bytes())
	var struck blow
	if err == nil {
		struck = c.foresee(command)
	}
	c.mu.Lock()
	c.now = c.s.clock.Now() // before the tape shows the message, after which a test may move the clock
	if err != nil {
		c.tapeMalformed(frame, buf.Bytes(), err)
		c.run(session.Malformed{})
	} else {
		if start, is := command.(protocol.Start); is {
			c.present(start) // so that the tape shows the s among what belongs to its key
		}
		c.tapeCommand(frame, command, buf.Bytes())
		c.take(command, struck)
	}
	c.mu.Unlock()
	c.speak()
	return nil
}

// deviate replaces a p that the deviation refuses.
func (c *stream) deviate(in session.Command) session.Input {
	if _, isFeed := in.Command.(protocol.Feed); isFeed && c.s.deviation.feed != nil {
		if refusal := c.s.deviation.feed(c); refusal != nil {
			return session.AudioRefused{Refusal: refusal}
		}
	}
	return in
}

// step gives the machine something that did not come from the client.
func (c *stream) step(in session.Input) {
	c.mu.Lock()
	c.now = c.s.clock.Now()
	c.run(in)
	c.mu.Unlock()
	c.out.drain()
}

// run steps the machine and carries out what follows, in its order. mu is held.
func (c *stream) run(in session.Input) {
	var few [4]session.Effect
	for _, e := range append(few[:0], c.machine.Step(c.now, in)...) {
		c.carryOut(e)
	}
}

func (c *stream) carryOut(e session.Effect) {
	switch e := e.(type) {
	case session.Authorize:
		c.answer(c.authorize(e))
	case session.Hear:
		c.hear(e.Audio)
	case session.Flush:
		c.flush()
	case session.Discard:
		c.discard()
	case session.Arm:
		c.arm(e.Timer, e.At)
	case session.Disarm:
		c.disarm(e.Timer)
	case session.Say:
		c.say(e)
	case session.HangUp:
		c.emit(outgoing{kind: hangUp, farewell: "hung up"})
	case session.Drop:
		c.emit(outgoing{kind: dropIt, farewell: "dropped"})
	case session.Note:
		c.x.tolerate(e.Text)
	}
}

// answer gives the machine the verdict on s. Where packets that do not wait for it are an error, those that are already there
// come first: that is how the server knows that they did not wait.
func (c *stream) answer(a session.Answered) {
	if c.x.stage.choices.Is(scenarios.StreamEarly, "refuse") && c.frames.Ahead() {
		c.verdict = &a
		return
	}
	c.run(a)
}

// say puts a packet on the line.
func (c *stream) say(e session.Say) {
	o := outgoing{kind: packet, text: protocol.AppendEvent(nil, e.Event), event: e.Event}
	o.letter = o.text[0]
	if e.Error != nil {
		o.basis = e.Error.Basis.String()
	}
	switch o.letter {
	case 's', 'p', 'e':
		c.reply(o)
	default:
		c.event(o)
	}
}

func (c *stream) ping(payload string) error {
	c.tapeControl(websocket.PingMessage, payload)
	if c.drops() {
		return errControlFrame
	}
	return c.control(websocket.PongMessage, []byte(payload))
}

func (c *stream) pong(payload string) error {
	c.tapeControl(websocket.PongMessage, payload)
	if c.drops() {
		return errControlFrame
	}
	return nil
}

// closing echoes a close frame. (observed: some clients wait for it)
func (c *stream) closing(code int, _ string) error {
	c.tapeControl(websocket.CloseMessage, "")
	return c.control(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""))
}

// drops tells whether a control frame of the client ends the connection.
func (c *stream) drops() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.x.stage.choices.Is(scenarios.StreamControl, "drop")
}

func (c *stream) control(opcode int, payload []byte) error {
	c.wire.Lock()
	defer c.wire.Unlock()
	if c.stalled.Load() || c.midFrame {
		return nil
	}
	err := c.ws.WriteControl(opcode, payload, clock.System{}.Now().Add(writeWait))
	if errors.Is(err, websocket.ErrCloseSent) {
		return nil
	}
	return err
}

var errControlFrame = errors.New("control frame of the client, dropped by choice")

func (c *stream) tapeControl(opcode int, payload string) {
	masked, size, ok := c.frames.Control(opcode)
	if !ok {
		size = int64(len(payload))
	}
	c.x.note(scenarios.WSControl, scenarios.In, scenarios.Entry{
		Text: payload, Frame: &scenarios.Frame{Opcode: opcode, Masked: masked, Frames: 1, Size: size},
	})
}

// ended puts the end of the connection on the tape.
func (c *stream) ended(err error) {
	c.mu.Lock()
	e := scenarios.Entry{How: "fin", Text: c.farewell}
	c.mu.Unlock()
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure:
		e.How, e.Code = "close-frame", closed.Code
	case errors.Is(err, syscall.ECONNRESET), e.Text == resetByFault:
		e.How = "rst"
	case errors.Is(err, lenient.ErrTooLarge):
		e.Text = scenarios.ClosedTooLong
	case errors.Is(err, errControlFrame):
		e.Text = err.Error()
	case e.Text == "" && errors.As(err, &closed): // its end came without a close frame
		e.Text = scenarios.ClosedByClient
	}
	c.x.note(scenarios.ConnClose, scenarios.Note, e)
}
