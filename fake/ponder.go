package fake

import (
	"context"
	"errors"
	"sync"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/fake/internal/hearing"
	jobs "mockamivoice/fake/internal/job" // the name job is taken
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const (
	askKeys   = "asks/"          // in a store that is shared: that somebody asks the recognizer about a job
	askLife   = 30 * time.Second // real time, after which a replica that was heard of no more counts as gone (ours)
	askAgain  = askLife / 3
	mostAsked = 64 // minutes of sound of jobs that wait for the recognizer; whoever brings more waits (ours)
)

// question is what of a job the recognizer is still to be asked.
type question struct {
	u      *upload
	plain  protocol.Job // without what was said
	params protocol.JobParams
	said   []Transcript // of each utterance; a built-in sentence where it is open
	open   []int        // utterances
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
	all  sync.WaitGroup
	turn sync.Mutex    // held by who waits for room
	room chan struct{} // holds something for each minute of sound
}

func (m *minds) init() { m.jobs, m.room = make(map[string]*pondered), make(chan struct{}, mostAsked) }

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
	m.turn.Lock()
	defer m.turn.Unlock()
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

// wait returns when nobody is asked any more, or ctx is done.
func (m *minds) wait(ctx context.Context) {
	over := make(chan struct{})
	go func() {
		m.all.Wait()
		close(over)
	}()
	select {
	case <-over:
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
	p := &pondered{forget: cancel}
	s.minds.mu.Lock()
	s.minds.jobs[r.ID] = p
	s.minds.mu.Unlock()
	s.claim(ctx, cancel, r.ID)
	over := func() {
		cancel()
		s.minds.mu.Lock()
		delete(s.minds.jobs, r.ID)
		s.minds.mu.Unlock()
		s.minds.giveRoom(minutes)
	}
	record := *r
	return func(kept bool) {
		if !kept {
			over()
			return
		}
		s.minds.all.Go(func() {
			defer over()
			s.decide(q.ask(ctx), record, q.u.x.conn, p) //nolint:contextcheck // what was answered is kept even when nobody waits any more
		})
	}, true
}

// ask asks the recognizer, and is the end of the job.
func (q *question) ask(ctx context.Context) protocol.Job {
	voices, params := q.u.job.voices(), q.u.job.params
	for _, i := range q.open {
		t, problem := q.u.x.s.think(ctx, params, voices[i], i)
		if problem != "" {
			q.u.x.tolerate(problem)
		}
		q.said[i] = t.spelled(params.vocabulary.words)
	}
	return q.u.ended(q.plain, q.params, q.said)
}

// decide lets a job have its end, unless it is forgotten or somebody else gave it one. A job that was due meanwhile has it now.
func (s *Server) decide(end protocol.Job, r jobs.Record, conn uint64, p *pondered) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	turn := s.pollers.of(r.ID)
	turn.Lock()
	defer turn.Unlock()
	known := r
	known.Asking = false
	known = jobs.New(known, end)
	swapped, err := s.store.Swap(ctx, jobKeys+r.ID, jobs.Encode(r), jobs.Encode(known), storeLife*r.Expires.Sub(r.Made))
	if s.replicas.shared {
		_ = s.store.Put(ctx, askKeys+r.ID, nil, 0)
	}
	switch {
	case err != nil:
		s.log.Warn("what the recognizer said of a job could not be kept", "job", r.ID, "error", err)
	case swapped:
		if f, err := s.lookUpJob(ctx, r.ID); err == nil && f != nil && f.state.Final() && f.told.State != protocol.JobError && p.ends() {
			s.noteJob(conn, known, f.state)
		}
	}
}

// claim says to other replicas, now and again, that somebody asks the recognizer about a job. It stops with ctx, and lets go of a job
// that is forgotten.
func (s *Server) claim(ctx context.Context, forget func(), id string) {
	if !s.replicas.shared {
		return
	}
	kept := false
	var again func()
	again = func() {
		ctx, cancel := context.WithTimeout(ctx, storeTime)
		defer cancel()
		if _, there, err := s.store.Get(ctx, jobKeys+id); kept && err == nil && !there {
			forget()
		}
		kept = true
		if ctx.Err() == nil {
			_ = s.store.Put(ctx, askKeys+id, []byte(askLife.String()), askLife) // else the others think that nobody asks
			clock.System{}.AfterFunc(askAgain, again)
		}
	}
	again()
}

// isAsked tells whether the recognizer is asked about a job, here or by another replica.
func (s *Server) isAsked(ctx context.Context, id string) (bool, error) {
	if s.minds.of(id) != nil {
		return true, nil
	}
	if !s.replicas.shared {
		return false, nil
	}
	_, asked, err := s.store.Get(ctx, askKeys+id)
	return asked, err
}

// record is what the store holds of a job. One whose replica is gone in the middle of asking the recognizer keeps the built-in
// sentences that stood for what was not known yet.
func (s *Server) record(ctx context.Context, id string) (r jobs.Record, ok bool, err error) {
	for {
		data, ok, err := s.store.Get(ctx, jobKeys+id)
		if err != nil || !ok {
			return r, false, err
		}
		r, err := jobs.Decode[jobs.Record](data)
		if err != nil || !r.Asking {
			return r, true, err
		}
		if asked, err := s.isAsked(ctx, id); err != nil || asked {
			return r, true, err
		}
		r.Asking = false
		swapped, err := s.store.Swap(ctx, jobKeys+id, data, jobs.Encode(r), storeLife*r.Expires.Sub(r.Made))
		if err != nil && !errors.Is(err, ErrStoreFull) {
			return r, true, err
		}
		if swapped {
			s.journal.Append(scenarios.Entry{
				Kind: scenarios.Tolerance, Dir: scenarios.Note, Key: r.Key, Surface: string(protocol.SurfaceAsync),
				Text: "recognizer: the replica that asked it about job " + id + " is gone; built-in sentences answer",
			})
			return r, true, nil
		}
	}
}
