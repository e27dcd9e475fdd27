package fake

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mockamivoice/fake/clock"
)

// What replicas share besides jobs and dictionaries: keys of the store, which are also what they tell each other about. A
// message says what to look up again, so that one that is late or comes twice does no harm.
const (
	sharedClock     = "clock"        // the instant that a manual clock shows
	sharedProgramme = "scenario"     // what is played
	sharedExpired   = "expired/"     // and the id of a key that a fault let expire: when
	sharedStarts    = "starts"       // counts replicas that ever were
	sharedEra       = "era"          // differs from reset to reset
	toldReset       = "reset"        // everything back to the start
	expiredLife     = 48 * time.Hour // longer than keys commonly live (ours)

	storeTime    = 3 * time.Second        // for what a call without a context wants of the store (ours)
	toldSettle   = 700 * time.Millisecond // like settleTime, for who was told: less than Tell waits (ours)
	idsOfReplica = 1 << 20                // session ids between two replicas of the same seed (ours)
)

// ErrUnshared says that something was not done, because the store that the replicas share does not answer, or is full.
var ErrUnshared = errors.New("nothing was changed, because the other replicas could not be told")

// replicas is what a Server knows of the others.
type replicas struct {
	shared bool            // somebody gave a store
	life   context.Context // for what is done where there is no other; ends with stop
	stop   context.CancelFunc
	done   sync.WaitGroup
	deaf   atomic.Pointer[error] // why others are heard no more
	era    atomic.Pointer[string]
	alone  atomic.Pointer[time.Time] // until when, in real time, the store is not asked to count, because it did not; nil while it does

	mu        sync.Mutex // held while something of the store is taken over
	programme []byte     // the one that was taken over last, as stored
}

// start puts a manual clock where those of the others are, before anything looks at it.
func (s *Server) start() {
	if !s.replicas.shared {
		return
	}
	ctx, cancel := context.WithTimeout(s.replicas.life, storeTime)
	defer cancel()
	if n, err := s.store.Count(ctx, sharedStarts, 0); err == nil {
		s.nextID.Add(uint32(n) * idsOfReplica) // or two with the same seed would give the same ids
	}
	if m, ok := s.clock.(*clock.Manual); ok {
		if t, _, err := s.storedTime(ctx); err == nil && !t.IsZero() {
			_ = m.Restart(t) // it has no timer yet; if the caller gave it one, adoptClock makes the best of it
		}
	}
}

// join listens to the other replicas, and returns when what they share was taken over or the store did not answer in time.
func (s *Server) join() {
	if !s.replicas.shared {
		return
	}
	ctx := s.replicas.life
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	s.replicas.done.Go(func() {
		defer begin()
		err := s.store.Listen(ctx, func(topic string, message []byte) {
			s.heard(ctx, topic, message)
			begin()
		})
		if err != nil && ctx.Err() == nil {
			s.replicas.deaf.Store(&err)
			s.log.Error("what other replicas tell is heard no more", "error", err)
		}
	})
	timer := clock.System{}.AfterFunc(storeTime, begin)
	defer timer.Stop()
	<-begun
}

// leave stops listening.
func (s *Server) leave() {
	s.replicas.stop()
	s.replicas.done.Wait()
}

// Ready tells why the Server cannot do all of its work: the store that it shares does not answer. Requests that need no store are
// served all the same.
func (s *Server) Ready(ctx context.Context) error {
	if err := s.store.Ping(ctx); err != nil {
		return fmt.Errorf("the store does not answer: %w", err)
	}
	if why := s.replicas.deaf.Load(); why != nil {
		return fmt.Errorf("other replicas are not heard: %w", *why)
	}
	return nil
}

// heard deals with what another replica told. What cannot be understood is logged: that replica may be of another version.
func (s *Server) heard(ctx context.Context, topic string, message []byte) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	var err error
	switch topic {
	case "":
		if alone := s.replicas.alone.Load(); alone != nil { // the store is back: it is asked at once
			s.replicas.alone.CompareAndSwap(alone, &time.Time{})
		}
		err = errors.Join(s.adoptClock(ctx), s.adoptEra(ctx), s.adoptProgramme(ctx, nil), s.adoptExpired(ctx))
	case sharedClock:
		err = s.adoptClock(ctx)
	case sharedEra:
		err = errors.Join(s.adoptEra(ctx), s.adoptExpired(ctx))
	case sharedProgramme:
		err = s.adoptProgramme(ctx, nil)
	case toldReset:
		err = s.adoptEra(ctx)
		s.resetHere()
		err = errors.Join(err, s.adoptProgramme(ctx, nil))
	case sharedExpired:
		err = s.expireTold(message)
	default:
		err = errors.New("there is no such topic")
	}
	if err != nil && ctx.Err() == nil {
		s.log.Warn("what another replica told was not understood", "topic", topic, "error", err)
	}
}

// tell tells the others. Whoever does not listen in time lags behind until it listens again.
func (s *Server) tell(ctx context.Context, topic string, message []byte) {
	if err := s.store.Tell(ctx, topic, message); err != nil {
		s.log.Warn("not every replica has followed", "topic", topic, "error", err)
	}
}

// expired is a key that a fault let expire, as it is told.
type expired struct {
	Key string    `json:"key"` // id
	At  time.Time `json:"at"`
}

// expire lets a key end its life at an instant, on all replicas. A client that went away does not keep the others from it.
func (s *Server) expire(key string, at time.Time) {
	s.theatre.desk.Expire(key, at)
	if !s.replicas.shared || key == "" {
		return
	}
	ctx, cancel := context.WithTimeout(s.replicas.life, storeTime)
	defer cancel()
	if err := s.store.Put(ctx, sharedExpired+key, []byte(at.Format(time.RFC3339Nano)), expiredLife); err != nil {
		s.log.Warn("a key was let expire on this replica alone", "key", key, "error", err)
		return
	}
	message, _ := json.Marshal(expired{key, at}) // an instant of a clock can be written
	s.tell(ctx, sharedExpired, message)
}

func (s *Server) expireTold(message []byte) error {
	var e expired
	if err := json.Unmarshal(message, &e); err != nil {
		return err
	}
	s.theatre.desk.Expire(e.Key, e.At)
	return nil
}

// adoptExpired lets those keys expire that did on others.
func (s *Server) adoptExpired(ctx context.Context) error {
	keys, err := s.store.Keys(ctx, sharedExpired)
	if err != nil {
		return err
	}
	for _, key := range keys {
		text, ok, err := s.store.Get(ctx, key)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, string(text))
		if err != nil {
			return fmt.Errorf("%s in the store: %w", key, err)
		}
		s.theatre.desk.Expire(strings.TrimPrefix(key, sharedExpired), at)
	}
	return nil
}

// resetAll goes back to the start everywhere.
func (s *Server) resetAll() error {
	ctx, cancel := context.WithTimeout(s.replicas.life, storeTime)
	defer cancel()
	keys, err := s.store.Keys(ctx, sharedExpired)
	for _, key := range keys {
		err = errors.Join(err, s.store.Put(ctx, key, nil, 0))
	}
	err = errors.Join(err, s.store.Put(ctx, sharedEra, []byte(rand.Text()), 0), s.adoptEra(ctx))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnshared, err)
	}
	s.resetStored()
	s.resetHere()
	return s.announce(programme{First: true}, toldReset, nil)
}
