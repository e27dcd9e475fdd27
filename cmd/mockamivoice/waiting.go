package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
)

// waiting tells how a job stands and how long that takes: in place on a terminal, every second; elsewhere a line for each state.
type waiting struct {
	w       io.Writer
	live    bool
	id      string
	started time.Time
	stop    context.CancelFunc
	over    chan struct{} // closed when nothing more is drawn

	mu    sync.Mutex
	state protocol.JobState
}

// watchJob begins to tell of a job.
func watchJob(ctx context.Context, w io.Writer, id string) *waiting {
	ctx, stop := context.WithCancel(ctx)
	s := &waiting{w: w, live: isTerminal(w), id: id, started: clock.System{}.Now(), stop: stop, over: make(chan struct{})}
	if !s.live {
		_, _ = fmt.Fprintf(w, "job %s\n", id)
		close(s.over)
		return s
	}
	go func() {
		defer close(s.over)
		for ctx.Err() == nil {
			s.draw()
			rest(ctx, time.Second)
		}
	}()
	return s
}

// see takes what a poll has found.
func (s *waiting) see(status refclient.JobStatus) {
	s.mu.Lock()
	changed := s.state != status.State
	s.state = status.State
	s.mu.Unlock()
	switch {
	case s.live:
		s.draw()
	case changed:
		_, _ = fmt.Fprintln(s.w, s.text(clock.System{}.Now().Sub(s.started)))
	}
}

func (s *waiting) draw() {
	_, _ = fmt.Fprint(s.w, "\r\x1b[K"+s.text(clock.System{}.Now().Sub(s.started)))
}

// text is what there is to tell after so much time.
func (s *waiting) text(passed time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == "" {
		return fmt.Sprintf("job %s after %s", s.id, passed.Round(time.Second))
	}
	return fmt.Sprintf("job %s: %s after %s", s.id, s.state, passed.Round(time.Second))
}

// done takes the telling off the terminal.
func (s *waiting) done() {
	s.stop()
	<-s.over
	if s.live {
		_, _ = fmt.Fprint(s.w, "\r\x1b[K")
	}
}
