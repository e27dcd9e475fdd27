package refclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gorilla/websocket"

	"mockamivoice/protocol"
)

// cycle is one dialogue from s to e. Only the reader finishes it.
type cycle struct {
	key     issued
	opcode  int           // of s and e
	events  chan Message  // closed after over
	started chan struct{} // closed when s has been answered well
	over    chan struct{} // closed when nothing more will come
	err     error         // why it is over; nil after a good answer to e; set before over is closed
	fed     bool          // a p has been sent
	late    bool          // the key's life was over by then
	ended   bool          // e has been sent
}

func newCycle(key issued, r StreamRequest) *cycle {
	c := &cycle{
		key: key, opcode: websocket.TextMessage,
		events: make(chan Message, waiting), started: make(chan struct{}), over: make(chan struct{}),
	}
	if r.Binary {
		c.opcode = websocket.BinaryMessage
	}
	return c
}

// read is the goroutine of the stream. It lasts as long as the connection.
func (s *Stream) read() {
	defer close(s.gone)
	err := s.listen()
	s.mu.Lock()
	if s.cause == nil {
		s.cause = err
	}
	c, cause := s.cycle, s.cause
	s.mu.Unlock()
	c.finish(cause)
	s.unbind()
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	s.goodbye(ctx)
	_ = s.ws.Close()
}

func (s *Stream) listen() error {
	for {
		_, raw, err := s.ws.ReadMessage()
		if err != nil {
			return fmt.Errorf("stream: the connection ended: %w", err)
		}
		s.mu.Lock()
		c := s.cycle
		s.mu.Unlock()
		if isClosed(c.over) {
			continue // nothing that comes between two cycles means anything
		}
		if err := s.take(c, raw); err != nil {
			return err
		}
	}
}

// take does what a message of the service asks for. Whatever it returns ends the stream.
func (s *Stream) take(c *cycle, raw []byte) error {
	// No line end is expected, but the vendor's libraries take one off. (observed)
	event, err := protocol.ParseEvent(bytes.TrimRight(raw, "\r\n"))
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	switch e := event.(type) {
	case protocol.StartReply:
		return s.takeStart(c, e)
	case protocol.FeedError:
		return s.refusal(c, packet('p', e.Text, c.key.key))
	case protocol.EndReply:
		return s.takeEnd(c, e)
	case protocol.SpeechStart, protocol.SpeechEnd, protocol.Processing, protocol.Partial, protocol.Final,
		protocol.Info, protocol.LegacyFinal, protocol.Notice:
		select {
		case c.events <- Message{Event: event, Raw: raw}:
		case <-s.quit:
		}
	}
	return nil
}

func (s *Stream) takeStart(c *cycle, e protocol.StartReply) error {
	if e.Error.OK {
		return s.refusal(c, packet('s', e.Error.Value, c.key.key))
	}
	if isClosed(c.started) {
		return errors.New("stream: the service answered s a second time")
	}
	close(c.started)
	return nil
}

func (s *Stream) takeEnd(c *cycle, e protocol.EndReply) error {
	if e.Error.OK {
		return s.refusal(c, packet('e', e.Error.Value, c.key.key))
	}
	s.mu.Lock()
	ended := c.ended
	s.mu.Unlock()
	if !ended {
		return errors.New("stream: the service answered an e that was not sent")
	}
	c.finish(nil)
	return nil
}

// refusal is what the service said, with what the client knows about its key.
func (s *Stream) refusal(c *cycle, said *protocol.Error) error {
	s.mu.Lock()
	late := c.late
	s.mu.Unlock()
	err := s.client.aged(late, said)
	if Expired(err) {
		s.client.forget(c.key)
	}
	return err
}

func (c *cycle) finish(err error) {
	if isClosed(c.over) {
		return
	}
	c.err = err
	close(c.over)
	close(c.events)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
