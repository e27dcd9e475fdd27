package fake_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

// hasty moves the clock of a server as soon as a fault is on the tape, before what writes the tape goes on.
type hasty struct {
	srv   *streamServer // set before anything strikes
	by    time.Duration
	moved chan fake.Moved // what came of it, once
}

func (h *hasty) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(`"kind":"fault"`)) {
		before := h.srv.clk.Now()
		go func() {
			m, _ := h.srv.Advance(h.by)
			h.moved <- m
		}()
		for h.srv.clk.Now().Equal(before) {
			runtime.Gosched()
		}
	}
	return len(line), nil
}

// Whoever has read on the tape that a delay has begun may move the clock to its end at once, and finds it over: the time counts
// from the entry, and moving the clock waits for what is about to wait for it.
func TestADelayCountsFromItsEntry(t *testing.T) {
	for id, c := range map[string]struct {
		delay time.Duration
		ask   func(e *edge) *socket
		reply string
	}{
		"issue.slow":            {10 * time.Second, func(e *edge) *socket { return e.askForKey() }, "HTTP/1.1 200 OK"},
		"sync.slow-reply":       {30 * time.Second, func(e *edge) *socket { return e.upload(e.key) }, "HTTP/1.1 200 OK"},
		"sync.slow-upload":      {24 * time.Second, func(e *edge) *socket { return e.upload(e.key) }, "HTTP/1.1 200 OK"},
		"stream.slow-handshake": {5 * time.Second, func(e *edge) *socket { return e.shake() }, "HTTP/1.1 101 Sw"},
		"stream.slow-start-answer": {5 * time.Second, func(e *edge) *socket {
			c := e.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + e.key)
			return c.below()
		}, "\x81\x01s"},
	} {
		t.Run(id, func(t *testing.T) {
			s, err := scenarios.Named(id)
			if err != nil {
				t.Fatal(err)
			}
			h := &hasty{by: c.delay, moved: make(chan fake.Moved, 1)}
			e := &edge{t: t, s: s, streamServer: newStreamServer(t, fake.WithScenario(s), fake.WithTape(fake.Tape{Sink: h}))}
			h.srv = e.streamServer
			asked := c.ask(e)
			if m := <-h.moved; len(m.Unsettled) > 0 {
				t.Errorf("unsettled: %+v", m)
			}
			e.is(asked.exactly(len(c.reply)), c.reply)
		})
	}
}
