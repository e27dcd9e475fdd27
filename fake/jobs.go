package fake

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"

	jobs "mockamivoice/fake/internal/job" // the name job is taken
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// JobProgress is how jobs go through their states.
type JobProgress = jobs.Progress

// ParseJobProgress reads at-once, clock=3s (that much clock time from the making of a job to its end), polls=2 (so many polls
// a state) or told (only POST /jobs/{id}, or Server.MoveJob, moves a job).
func ParseJobProgress(text string) (JobProgress, error) { return jobs.ParseProgress(text) }

// WithJobProgress sets how jobs go on; the default is clock=3s. (ours: the service takes minutes)
func WithJobProgress(p JobProgress) Option { return func(f *config) { f.progress = p } }

func (s *Server) progressOf(g stage) JobProgress {
	if g.scenario == nil || g.scenario.Play.Jobs == "" {
		return s.progress
	}
	p, err := jobs.ParseProgress(g.scenario.Play.Jobs)
	if err != nil {
		panic("fake: " + err.Error()) // the loader has checked it
	}
	return p
}

// Names of what the store holds of a job.
const (
	jobKeys  = "jobs/"
	toldKeys = "told/"
	pollKeys = "polls/"
)

// storeLife is how much real time the store keeps what lives so long by the clock.
const storeLife = 2

// foundJob is a job with where it stands.
type foundJob struct {
	record jobs.Record
	kept   []byte // record as it is stored
	told   jobs.Told
	stored []byte // told as it is stored, nil for nothing
	state  protocol.JobState
}

func (f *foundJob) body() string {
	if f.state == protocol.JobError && !f.record.Failed && f.told.Body == "" {
		return f.endWith(protocol.Job{State: protocol.JobError, ErrorMessage: toldFailure})
	}
	return f.record.Body(f.state, f.told)
}

// toldFailure is the message of a job that is told to fail, and says nothing else. (ours)
const toldFailure = "ERROR: Failed to transcribe in recognition process"

// endWith is the body of another end of the job.
func (f *foundJob) endWith(end protocol.Job) string {
	j, err := protocol.ParseJob([]byte(f.record.Early))
	if err != nil {
		panic("fake: " + err.Error()) // it was written here
	}
	j.State, j.Segments, j.Text, j.ErrorMessage = end.State, end.Segments, end.Text, end.ErrorMessage
	return string(protocol.AppendJob(nil, j))
}

// keepJob puts a job into the store, and is false when it could not. A full one forgets its oldest jobs.
func (s *Server) keepJob(x *exchange, r jobs.Record) bool {
	ctx := context.WithoutCancel(x.r.Context())
	life := storeLife * r.Expires.Sub(r.Made)
	for range 2 {
		err := s.store.Put(ctx, jobKeys+r.ID, jobs.Encode(r), life)
		switch {
		case err == nil:
			s.noteJob(x.conn, r, protocol.JobQueued)
			s.followJob(x.conn, r, protocol.JobQueued, s.minds.of(r.ID))
			return true
		case !errors.Is(err, ErrStoreFull):
			x.tolerate("the store of jobs: " + err.Error() + "; there is no job")
			return false
		}
		s.makeRoom(ctx, x)
	}
	return false
}

// makeRoom forgets jobs, and tells the tape.
func (s *Server) makeRoom(ctx context.Context, x *exchange) {
	x.tolerate(fmt.Sprintf("the store is full: the %d oldest jobs are forgotten", s.forgetJobs(ctx)))
}

// forgetJobs makes room: what is gone by the clock, or else the oldest tenth. Ids begin with the time.
func (s *Server) forgetJobs(ctx context.Context) int {
	const share = 10
	keys, err := s.store.Keys(ctx, jobKeys)
	if err != nil {
		return 0
	}
	n := len(keys)/share + 1
	for _, key := range keys[:min(n, len(keys))] {
		s.forgetJob(ctx, strings.TrimPrefix(key, jobKeys))
	}
	return min(n, len(keys))
}

func (s *Server) forgetJob(ctx context.Context, id string) {
	s.minds.forget(id)
	for _, prefix := range []string{jobKeys, toldKeys, pollKeys} {
		_ = s.store.Put(ctx, prefix+id, nil, 0) // what cannot be forgotten ends by itself
	}
}

// findJob finds a job that is not gone; nil when there is none. A poll is counted.
func (s *Server) findJob(ctx context.Context, id string, isPoll bool) (*foundJob, error) {
	f, err := s.lookUpJob(ctx, id)
	if err != nil || f == nil || !isPoll || f.record.Progress.Mode != jobs.ByPolls {
		return f, err
	}
	polls, err := s.store.Count(ctx, pollKeys+id, storeLife*f.record.Expires.Sub(f.record.Made))
	for err == nil {
		now := f.record.State(s.clock.Now(), polls, f.told)
		if !f.state.Before(now) {
			return f, nil
		}
		// What a client has seen is told from then on: only so does a word that comes later find the job where it stands.
		var kept bool
		if kept, err = s.keepTold(ctx, f, jobs.Told{State: now}); kept || errors.Is(err, ErrStoreFull) {
			f.state, f.told = now, jobs.Told{State: now}
			return f, nil
		}
		if err == nil {
			if f, err = s.lookUpJob(ctx, id); f == nil {
				return nil, err
			}
		}
	}
	return nil, err
}

// lookUpJob finds a job where the clock or a word has brought it.
func (s *Server) lookUpJob(ctx context.Context, id string) (*foundJob, error) {
	record, kept, err := s.record(ctx, id)
	if err != nil || kept == nil {
		return nil, err
	}
	f := &foundJob{record: record, kept: kept}
	now := s.clock.Now()
	if f.record.Gone(now) {
		s.forgetJob(ctx, id)
		return nil, nil
	}
	if data, ok, err := s.store.Get(ctx, toldKeys+id); err != nil {
		return nil, err
	} else if ok {
		f.stored = data
		if f.told, err = jobs.Decode[jobs.Told](data); err != nil {
			return nil, err
		}
	}
	f.state = f.record.State(now, 0, f.told)
	return f, nil
}

// followJob notes on the tape when the clock moves a job on. One that waits for its recognizer when it is due goes on when p does.
func (s *Server) followJob(conn uint64, r jobs.Record, from protocol.JobState, p *pondered) {
	age, moves := r.Progress.Next(from)
	if !moves {
		return
	}
	r.End, r.Early, r.Queued = "", "", "" // the store bounds what is kept of them, not a timer that may wait long
	s.clock.AfterFunc(r.Made.Add(age).Sub(s.clock.Now()), func() {
		f, err := s.findJob(context.Background(), r.ID, false)
		if err != nil || f == nil || f.state == from {
			return
		}
		if f.state != f.told.State && (!f.state.Final() || p.ends()) { // else whoever told it noted it
			s.noteJob(conn, r, f.state)
		}
		if !f.state.Final() {
			s.followJob(conn, r, f.state, p)
		}
	})
}

func (s *Server) noteJob(conn uint64, r jobs.Record, state protocol.JobState) {
	s.journal.Append(scenarios.Entry{
		Kind: scenarios.JobState, Dir: scenarios.Note, Conn: conn, Key: r.Key, Surface: string(protocol.SurfaceAsync), Text: string(state) + " " + r.ID,
	})
}

// pollers keep polls of one job apart, so that the tape has what they were told in the order in which they were counted. It is by a
// part of the id.
type pollers [64]sync.Mutex

func (p *pollers) of(id string) *sync.Mutex {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(id))
	return &p[sum.Sum32()%uint32(len(p))]
}

// tellJob notes on the tape what a poll that is counted was told.
func (s *Server) tellJob(x *exchange, f *foundJob) {
	if f.record.Progress.Mode == jobs.ByPolls {
		s.noteJob(x.conn, f.record, f.state)
	}
}

// JobStatus is where a job stands.
type JobStatus struct {
	ID      string            `json:"id"`
	State   protocol.JobState `json:"state"`
	Service string            `json:"service"`
	Key     string            `json:"key"` // id of the key that made it
	Made    scenarios.Instant `json:"made"`
}

// Jobs are those that are kept, the oldest first. Looking counts as no poll.
func (s *Server) Jobs(ctx context.Context) ([]JobStatus, error) {
	keys, err := s.store.Keys(ctx, jobKeys)
	if err != nil {
		return nil, err
	}
	all := []JobStatus{}
	for _, key := range keys {
		f, err := s.findJob(ctx, strings.TrimPrefix(key, jobKeys), false)
		if err != nil {
			return nil, err
		}
		if f != nil {
			all = append(all, JobStatus{f.record.ID, f.state, f.record.Service, f.record.Key, scenarios.At(f.record.Made)})
		}
	}
	return all, nil
}

// resetJobs forgets all jobs.
func (s *Server) resetJobs(ctx context.Context) {
	keys, _ := s.store.Keys(ctx, jobKeys) // what cannot be listed cannot be forgotten
	for _, key := range keys {
		s.forgetJob(ctx, strings.TrimPrefix(key, jobKeys))
	}
}
