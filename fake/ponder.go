package fake

import (
	"context"
	"slices"
	"sync"

	"mockamivoice/fake/internal/hearing"
	jobs "mockamivoice/fake/internal/job" // the name job is taken
	"mockamivoice/protocol"
)

const mostAsked = 64 // minutes of sound of jobs that wait for the recognizer; whoever brings more waits (ours)

// question is what of a job the recognizer is still to be asked.
type question struct {
	u      *upload
	plain  protocol.Job // without what was said
	params protocol.JobParams
	open   []int // utterances

	mu   sync.Mutex
	said []Transcript // of each utterance; a built-in sentence where it is open
	left int          // how many are open
}

// minutes is about how much sound it holds.
func (q *question) minutes() int {
	n := 0
	for _, v := range q.u.job.voices() {
		if v.sound != nil {
			n += len(v.sound.Samples)
		}
	}
	return 1 + n/(60*hearing.SoundRate)
}

// pondered is a job whose recognizer is asked here.
type pondered struct {
	about  *question
	forget context.CancelFunc

	mu   sync.Mutex
	told bool // the tape was told of its end
}

// ends tells whether the tape is to be told of its end now, which happens once. It is for nil as well: nobody was asked.
func (p *pondered) ends() bool {
	if p == nil {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !p.told
	p.told = true
	return first
}

// minds are the jobs whose recognizer is asked on this server.
type minds struct {
	mu   sync.Mutex
	jobs map[string]*pondered
	none chan struct{} // closed when the last one is over; nil when nobody waits for that
	turn chan struct{} // holds something while somebody waits for room
	room chan struct{} // holds something for each minute of sound
}

func (m *minds) init() {
	m.jobs, m.turn, m.room = make(map[string]*pondered), make(chan struct{}, 1), make(chan struct{}, mostAsked)
}

func (m *minds) of(id string) *pondered {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.jobs[id]
}

// forget lets the recognizer know that nobody wants to know any more.
func (m *minds) forget(id string) {
	if p := m.of(id); p != nil {
		p.forget()
	}
}

// takeRoom waits until there is room for so many minutes, and is false when ctx was done before.
func (m *minds) takeRoom(ctx context.Context, minutes int) bool {
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return false
	}
	for n := range minutes {
		select {
		case m.room <- struct{}{}:
		case <-ctx.Done():
			m.giveRoom(n)
			return false
		}
	}
	return true
}

func (m *minds) giveRoom(minutes int) {
	for range minutes {
		<-m.room
	}
}

func (m *minds) begin(id string, p *pondered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs[id] = p
}

func (m *minds) over(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if delete(m.jobs, id); len(m.jobs) == 0 && m.none != nil {
		close(m.none)
		m.none = nil
	}
}

// wait returns when nobody is asked any more, or ctx is done.
func (m *minds) wait(ctx context.Context) {
	m.mu.Lock()
	if len(m.jobs) == 0 {
		m.mu.Unlock()
		return
	}
	if m.none == nil {
		m.none = make(chan struct{})
	}
	none := m.none
	m.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}

// ponder says that the recognizer will be asked about a job that is to be kept, and returns what asks it. It is false when whoever
// wants the job left before there was room for it.
func (s *Server) ponder(q *question, r *jobs.Record) (begin func(kept bool), ok bool) {
	minutes := q.minutes()
	if !s.minds.takeRoom(q.u.x.r.Context(), minutes) {
		return nil, false
	}
	r.Asking = true
	ctx, cancel := context.WithCancel(s.replicas.life)
	p := &pondered{about: q, forget: cancel}
	s.minds.begin(r.ID, p)
	s.claim(ctx, cancel, r.ID)
	over := func() {
		cancel()
		s.release(r.ID)
		s.minds.giveRoom(minutes)
		s.minds.over(r.ID)
	}
	record := *r
	return func(kept bool) {
		if !kept {
			over()
			return
		}
		go func() {
			defer over()
			q.ask(ctx)
			s.decide(record, p) //nolint:contextcheck // what was answered is kept even when nobody waits any more
		}()
	}, true
}

// ask asks the recognizer about one utterance after another.
func (q *question) ask(ctx context.Context) {
	voices, params := q.u.job.voices(), q.u.job.params
	for _, i := range q.open {
		t, problem := q.u.x.s.think(ctx, params, voices[i], i)
		if problem != "" {
			q.u.x.tolerate(problem)
		}
		q.answered(i, t.spelled(params.vocabulary.words))
	}
}

func (q *question) answered(i int, t Transcript) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.said[i] = t
	q.left--
}

// end is what comes of the job by what was heard so far; left is how many utterances have a built-in sentence in its place.
func (q *question) end() (end protocol.Job, left int) {
	q.mu.Lock()
	said, left := slices.Clone(q.said), q.left
	q.mu.Unlock()
	return q.u.ended(q.plain, q.params, said), left
}
