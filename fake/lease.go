package fake

import (
	"context"
	"errors"
	"time"

	"mockamivoice/fake/clock"
	jobs "mockamivoice/fake/internal/job" // the name job is taken
)

const (
	askKeys = "asks/"          // in a store that is shared: that somebody asks the recognizer about a job
	askLife = 30 * time.Second // real time, after which a replica that was heard of no more counts as gone (ours)
)

// claim says to other replicas, now and again, that somebody asks the recognizer about a job. It stops with ctx, and lets go of a job
// that is forgotten, or has its end by the word of somebody else. A store that is slow now and then does not end it.
func (s *Server) claim(ctx context.Context, forget func(), id string) {
	if !s.replicas.shared {
		return
	}
	again := func() {}
	renew := func() {
		ctx, cancel := context.WithTimeout(ctx, s.lease/10)
		defer cancel()
		_ = s.store.Put(ctx, askKeys+id, []byte(s.lease.String()), s.lease) // else the others think that nobody asks
		clock.System{}.AfterFunc(s.lease/3, again)
	}
	again = func() {
		if !s.isOpen(ctx, id) {
			forget()
		}
		if ctx.Err() == nil {
			renew()
		}
	}
	renew()
}

// isOpen tells whether the end of a job is still open, as far as the store tells in time.
func (s *Server) isOpen(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, s.lease/10)
	defer cancel()
	data, kept, err := s.store.Get(ctx, jobKeys+id)
	if err != nil || !kept {
		return err != nil
	}
	r, err := jobs.Decode[jobs.Record](data)
	return err != nil || r.Asking
}

// release says to other replicas that nobody asks any more.
func (s *Server) release(id string) {
	if !s.replicas.shared {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	_ = s.store.Put(ctx, askKeys+id, nil, 0) // what cannot be forgotten ends by itself
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

// record is what the store holds of a job, and as which bytes. One that nobody asks the recognizer about any more keeps the built-in
// sentences that stood for what was not known yet.
func (s *Server) record(ctx context.Context, id string) (r jobs.Record, kept []byte, err error) {
	for {
		kept, ok, err := s.store.Get(ctx, jobKeys+id)
		if err != nil || !ok {
			return r, nil, err
		}
		r, err := jobs.Decode[jobs.Record](kept)
		if err != nil || !r.Asking {
			return r, kept, err
		}
		if asked, err := s.isAsked(ctx, id); err != nil || asked {
			return r, kept, err
		}
		r.Asking = false
		switch swapped, err := s.putRecord(ctx, kept, r); {
		case errors.Is(err, ErrStoreFull): // the next one will find it as it was
			return r, kept, nil
		case err != nil:
			return r, kept, err
		case swapped:
			s.tolerateJob(r, "is not asked about any more: the replica that did is gone, or could not keep the answer; built-in sentences answer")
			return r, jobs.Encode(r), nil
		}
	}
}

// putRecord puts what is kept of a job into the store, and is false when by now that is no longer what kept says.
func (s *Server) putRecord(ctx context.Context, kept []byte, r jobs.Record) (bool, error) {
	return s.store.Swap(ctx, jobKeys+r.ID, kept, jobs.Encode(r), storeLife*r.Expires.Sub(r.Made))
}
