package refclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"mockamivoice/protocol"
)

const (
	longestPacket  = 16<<20 - 2 // audio of one p: whole samples, and with the p no more than 16 MiB (observed: notes quoting the manual)
	longestMessage = 16 << 20   // of the service
	frameBuffer    = 64 << 10   // a packet up to this size is one frame
	waiting        = 256        // messages that Events has not been asked for
	farewell       = 500 * time.Millisecond
)

// StreamRequest says how a cycle of a stream is recognized.
type StreamRequest struct {
	Engine string           // connection engine, for example -a-general
	Format string           // audio format name; never empty on a stream (documented: reference-websocket-s-command-packet)
	Params []protocol.Param // further settings, for example resultUpdatedInterval
	NoLog  bool             // let the service keep neither audio nor result
	Binary bool             // send s and e as binary messages, as some clients do (observed: two transports of the vendor's Java library)
}

// Message is an event with the message that carried it.
type Message struct {
	Event protocol.Event
	Raw   []byte // as received
}

// Stream is a connection on which audio is recognized while it is sent, one cycle from s to e after the other.
//
// A goroutine of its own reads the connection and puts up to 256 messages aside for Events; with more it waits, and so does the
// service. Hence somebody ranges over Events while others Write and End; only a short piece of audio can be sent first and read
// about later. The first error ends the cycle and the connection: Write, End and Events then all give that error, and the next
// attempt needs another Stream. Methods may be called by several goroutines.
type Stream struct {
	client *Client
	ws     *websocket.Conn
	noLog  bool
	unbind func() bool   // from the context of the stream
	quit   chan struct{} // closed when nobody wants messages any more
	gone   chan struct{} // closed when the reader has gone

	speak sync.Mutex // held while a command is written
	mu    sync.Mutex // guards all below, and the flags of the cycle
	cycle *cycle
	cause error // why the connection ended, or will
}

// Stream opens a connection and a cycle on it, and returns when the service has answered s. The end of ctx ends the stream, now
// or later.
func (c *Client) Stream(ctx context.Context, r StreamRequest) (*Stream, error) {
	address := c.endpoints.Stream
	if r.NoLog {
		var err error
		if address, err = noLog(address); err != nil {
			return nil, fmt.Errorf("stream: %w", err)
		}
	}
	for again := c.reissue && c.issues(); ; again = false {
		key, err := c.key(ctx)
		if err != nil {
			return nil, err
		}
		s, err := c.open(ctx, address, r, key)
		if err == nil || !again || !Expired(err) {
			return s, err
		}
	}
}

func (c *Client) open(ctx context.Context, address string, r StreamRequest, key issued) (*Stream, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	ws, err := c.upgrade(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	s := &Stream{client: c, ws: ws, noLog: r.NoLog, quit: make(chan struct{}), gone: make(chan struct{}), cycle: newCycle(key, r)}
	s.unbind = s.bind(ctx)
	go s.read() //nolint:contextcheck // it may say goodbye when ctx is over
	if err := s.begin(ctx, s.cycle, r); err != nil {
		_ = s.Close() //nolint:contextcheck // it says goodbye when ctx is over
		return nil, err
	}
	return s, nil
}

// check refuses what could only become another command than was meant: both words of s are found by their place.
func (r StreamRequest) check() error {
	for _, w := range []string{r.Engine, r.Format} {
		if w == "" || strings.Contains(w, " ") {
			return fmt.Errorf("stream: format %q and engine %q must both be given, without blanks", r.Format, r.Engine)
		}
	}
	return nil
}

// upgrade connects. gorilla notices a deadline during its handshake, but not the end of a context without one.
func (c *Client) upgrade(ctx context.Context, address string) (*websocket.Conn, error) {
	stop := func() bool { return true }
	watched := func(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
		return func(dialing context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(dialing, network, addr)
			if err == nil {
				stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
			}
			return conn, err
		}
	}
	d := websocket.Dialer{
		NetDialContext: watched(c.dial), NetDialTLSContext: watched(c.dialTLS),
		WriteBufferSize: frameBuffer, WriteBufferPool: &c.buffers,
	}
	ws, resp, err := d.DialContext(ctx, address, nil) //nolint:bodyclose // gorilla says that this body need not be closed
	stop()
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, websocket.ErrBadHandshake):
		body, _ := io.ReadAll(resp.Body)
		return nil, &StatusError{Surface: protocol.SurfaceStream, Status: resp.StatusCode, Body: excerpt(body)}
	case err != nil:
		return nil, err
	}
	ws.SetReadLimit(longestMessage)
	return ws, nil
}

// begin sends s and waits for its answer: before it no audio may go. (documented: websocket-interface-command-and-response)
func (s *Stream) begin(ctx context.Context, c *cycle, r StreamRequest) error {
	defer s.bind(ctx)()
	params := append(slices.Clip(r.Params), protocol.Param{Key: "authorization", Value: c.key.key})
	start := protocol.Start{Format: r.Format, Engine: r.Engine, Params: params}
	s.speak.Lock()
	err := s.ws.WriteMessage(c.opcode, protocol.AppendStart(nil, start))
	s.speak.Unlock()
	if err != nil {
		return s.unspoken(c, err)
	}
	select {
	case <-c.started:
	case <-c.over:
	}
	if isClosed(c.started) {
		return nil // what came right behind the answer is for Events to tell
	}
	return c.err
}

// Restart opens another cycle after a good End. All settings are sent anew, only NoLog is the connection's. The end of ctx
// before the answer ends the stream.
func (s *Stream) Restart(ctx context.Context, r StreamRequest) error {
	if r.NoLog != s.noLog {
		return errors.New("stream: whether a log is kept is settled when a stream is opened; open another")
	}
	if err := r.check(); err != nil {
		return err
	}
	key, err := s.client.key(ctx)
	if err != nil {
		return err
	}
	c := newCycle(key, r)
	if err := s.replace(c); err != nil {
		return err
	}
	return s.begin(ctx, c, r)
}

func (s *Stream) replace(c *cycle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.cycle.over:
	default:
		return errors.New("stream: a cycle is open; End it first")
	}
	if s.cause != nil {
		return s.cause
	}
	s.cycle = c
	return nil
}

// Write sends audio as one p packet, also when it is empty, or as several when it is longer than 16 MiB. It implements
// io.Writer.
func (s *Stream) Write(audio []byte) (int, error) {
	s.speak.Lock()
	defer s.speak.Unlock()
	c, err := s.feeding()
	if err != nil {
		return 0, err
	}
	for n := 0; ; {
		piece := audio[n:min(n+longestPacket, len(audio))]
		if err := s.feed(piece); err != nil {
			return n, s.unspoken(c, err)
		}
		if n += len(piece); n == len(audio) {
			return n, nil
		}
	}
}

// feeding is the cycle if it takes audio. The first audio decides whether the key came too late. (documented:
// issue-api-key-with-api)
func (s *Stream) feeding() (*cycle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cycle
	switch {
	case isClosed(c.over) && c.err != nil:
		return nil, c.err
	case c.ended || isClosed(c.over):
		return nil, errors.New("stream: audio after End; Restart first")
	case !isClosed(c.started):
		return nil, errors.New("stream: audio before the answer to s; wait for Restart")
	}
	if !c.fed {
		c.fed, c.late = true, c.key.over(s.client.now())
	}
	return c, nil
}

func (s *Stream) feed(audio []byte) error {
	w, err := s.ws.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte{'p'}); err != nil {
		return err
	}
	if _, err := w.Write(audio); err != nil {
		return err
	}
	return w.Close()
}

// Events are the events of the current cycle, until e is answered or an error, which comes last, ends the cycle. Leaving the
// loop early and ranging again goes on. Two loops at a time would share the events between them.
func (s *Stream) Events() iter.Seq2[Message, error] {
	s.mu.Lock()
	c := s.cycle
	s.mu.Unlock()
	return func(yield func(Message, error) bool) {
		for m := range c.events {
			if !yield(m, nil) {
				return
			}
		}
		if c.err != nil {
			yield(Message{}, c.err)
		}
	}
}

// End sends e and waits for its answer, before which the last results come. The end of ctx ends the stream. When it returns nil
// the connection is free for Restart.
func (s *Stream) End(ctx context.Context) error {
	defer s.bind(ctx)()
	c, err := s.sendEnd()
	if err != nil {
		return s.unspoken(c, err)
	}
	<-c.over
	return c.err
}

func (s *Stream) sendEnd() (*cycle, error) {
	s.speak.Lock()
	defer s.speak.Unlock()
	s.mu.Lock()
	c := s.cycle
	silent := c.ended || isClosed(c.over)
	c.ended = true
	s.mu.Unlock()
	if silent {
		return c, nil
	}
	return c, s.ws.WriteMessage(c.opcode, protocol.AppendCommand(nil, protocol.End{}))
}

// unspoken is why a command could not be written: what the service said before it hung up, if it did.
func (s *Stream) unspoken(c *cycle, err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	select {
	case <-c.over:
	case <-ctx.Done():
		s.abort(fmt.Errorf("stream: %w", err))
		<-c.over
	}
	if c.err == nil {
		return fmt.Errorf("stream: %w", err)
	}
	return c.err
}

// Close ends the stream with a close frame and waits up to half a second for the service to do the same. It may be called at any
// time, and more than once.
func (s *Stream) Close() error {
	s.leave(fmt.Errorf("stream: %w", net.ErrClosed))
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	s.goodbye(ctx)
	select {
	case <-s.gone:
	case <-ctx.Done():
		_ = s.ws.Close()
		<-s.gone
	}
	return nil
}

func (s *Stream) goodbye(ctx context.Context) {
	deadline, _ := ctx.Deadline()
	_ = s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), deadline)
}

// bind ends the stream when ctx ends, until the function that it returns is called.
func (s *Stream) bind(ctx context.Context) (unbind func() bool) {
	return context.AfterFunc(ctx, func() { s.abort(fmt.Errorf("stream: %w", context.Cause(ctx))) })
}

// abort ends the connection at once.
func (s *Stream) abort(cause error) {
	s.leave(cause)
	_ = s.ws.Close()
}

// leave lets the reader throw away what comes from now on. The first cause is the one that counts.
func (s *Stream) leave(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.cause = cause
	}
	if !isClosed(s.quit) {
		close(s.quit)
	}
}
