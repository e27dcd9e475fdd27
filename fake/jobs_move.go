package fake

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	jobs "mockamivoice/fake/internal/job" // the name job is taken
	"mockamivoice/protocol"
)

// JobMove is where a job is to go.
type JobMove struct {
	State        protocol.JobState
	ErrorMessage string // with protocol.JobError; empty for one of ours
}

// ErrNoJob says that there is no such job, or none any more.
var ErrNoJob = errors.New("there is no such job")

// ErrJobMove says that a job cannot go where it was to go.
var ErrJobMove = errors.New("the job stays where it is")

// MoveJob moves a job forward. One that is told to be completed while a recognizer is asked about it has what was heard so far, and
// built-in sentences for the rest; the recognizer is let go. MoveJob fails with ErrNoJob, with what the store says, and when the job is
// already as far: the error is then ErrJobMove.
func (s *Server) MoveJob(ctx context.Context, id string, to JobMove) error {
	for {
		f, err := s.findJob(ctx, id, false)
		if err != nil {
			return err
		}
		if f == nil {
			return ErrNoJob
		}
		told, err := f.move(to)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrJobMove, err)
		}
		moved, err := s.tellMoved(ctx, f, told)
		if moved || err != nil {
			return err
		}
	}
}

// tellMoved keeps what is told of a job, and notes it. A job that is told to have an end waits for no recognizer any more.
func (s *Server) tellMoved(ctx context.Context, f *foundJob, told jobs.Told) (moved bool, err error) {
	turn := s.pollers.of(f.record.ID)
	turn.Lock()
	defer turn.Unlock()
	if f.record.Asking { // if it was answered since, the job may be over
		if now, _, err := s.store.Get(ctx, jobKeys+f.record.ID); err != nil || !bytes.Equal(now, f.kept) {
			return false, err
		}
	}
	var p *pondered
	if f.record.Asking && told.State == protocol.JobCompleted {
		p = s.minds.of(f.record.ID)
		if cut, err := s.cutShort(ctx, f); !cut || err != nil || f.record.Failed {
			return false, err
		}
	}
	if moved, err = s.keepTold(ctx, f, told); !moved || err != nil {
		return false, err
	}
	if told.State == protocol.JobError {
		s.minds.forget(f.record.ID)
	}
	if p.ends() {
		s.noteJob(0, f.record, told.State)
	}
	return true, nil
}

// move is what to tell of a job that is to go further.
func (f *foundJob) move(to JobMove) (jobs.Told, error) {
	told := jobs.Told{State: to.State}
	switch {
	case !f.state.Before(to.State):
		return told, fmt.Errorf("the job is %s and cannot go to %s: jobs go forward only", f.state, to.State)
	case to.State == protocol.JobCompleted && f.record.Failed:
		return told, errors.New("the job's audio could not be recognized: it ends in error")
	case to.ErrorMessage != "" && to.State != protocol.JobError:
		return told, errors.New("error_message goes with the state error")
	}
	if to.State == protocol.JobError && (to.ErrorMessage != "" || !f.record.Failed) {
		message := to.ErrorMessage
		if message == "" {
			message = toldFailure
		}
		told.Body = f.endWith(protocol.Job{State: protocol.JobError, ErrorMessage: message})
	}
	return told, nil
}

// keepTold puts what is told of a job into the store, and is false when somebody told something else since it was found.
func (s *Server) keepTold(ctx context.Context, f *foundJob, told jobs.Told) (bool, error) {
	return s.store.Swap(ctx, toldKeys+f.record.ID, f.stored, jobs.Encode(told), storeLife*f.record.Expires.Sub(f.record.Made))
}
