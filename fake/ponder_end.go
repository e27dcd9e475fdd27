package fake

import (
	"context"
	"errors"

	jobs "mockamivoice/fake/internal/job" // the name job is taken
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// decide lets a job have its end, unless it is forgotten or somebody else gave it one. A job that was due meanwhile has it now.
func (s *Server) decide(r jobs.Record, p *pondered) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	turn := s.pollers.of(r.ID)
	turn.Lock()
	defer turn.Unlock()
	x, kept, known := p.about.u.x, jobs.Encode(r), r
	end, _ := p.about.end()
	known.Asking = false
	known = jobs.New(known, end)
	swapped, err := s.putRecord(ctx, kept, known)
	if errors.Is(err, ErrStoreFull) {
		s.makeRoom(ctx, x)
		swapped, err = s.putRecord(ctx, kept, known)
	}
	switch {
	case err != nil:
		s.log.Warn("what the recognizer said of a job could not be kept", "job", r.ID, "error", err)
		x.tolerate("recognizer: what it said of job " + r.ID + " could not be kept")
	case swapped:
		s.noteEnd(ctx, x.conn, known, p)
	}
}

// noteEnd notes the end of a job that has one now, if it is due and nobody told another.
func (s *Server) noteEnd(ctx context.Context, conn uint64, r jobs.Record, p *pondered) {
	if f, err := s.lookUpJob(ctx, r.ID); err == nil && f != nil && f.state.Final() && f.told.State != protocol.JobError && p.ends() {
		s.noteJob(conn, r, f.state)
	}
}

// cutShort lets a job have its end before its recognizer has answered, for somebody has told that it is completed: with what was heard
// so far, and built-in sentences for the rest. It is false when the job has changed since it was found. Whoever calls it has the turn
// at the job.
func (s *Server) cutShort(ctx context.Context, f *foundJob) (cut bool, err error) {
	known, left := f.record, 1 // it has built-in sentences where it is asked about elsewhere
	known.Asking = false
	p := s.minds.of(known.ID)
	if p != nil {
		var end protocol.Job
		end, left = p.about.end()
		known = jobs.New(known, end)
	}
	if cut, err = s.putRecord(ctx, f.kept, known); err != nil || !cut {
		return false, err
	}
	f.record = known
	if left > 0 {
		s.tolerateJob(known, "is told to be completed before it has answered; what was not heard so far has built-in sentences")
	}
	if p != nil {
		p.forget()
		s.noteEnd(ctx, 0, known, p)
	}
	return true, nil
}

// tolerateJob notes what became of a job in place of what its recognizer would have said.
func (s *Server) tolerateJob(r jobs.Record, what string) {
	s.journal.Append(scenarios.Entry{
		Kind: scenarios.Tolerance, Dir: scenarios.Note, Key: r.Key, Surface: string(protocol.SurfaceAsync),
		Text: "recognizer: job " + r.ID + " " + what,
	})
}

// feign lets a job be in a state for one poll. What is told of its end then is its end, though it comes later.
func (s *Server) feign(ctx context.Context, f *foundJob, state protocol.JobState) {
	if f.record.Asking && state == protocol.JobCompleted {
		_, _ = s.cutShort(ctx, f) // who could not be asked is told built-in sentences
	}
	f.state = state
}
