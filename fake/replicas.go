package fake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// What replicas share besides jobs and dictionaries: keys of the store, which are also what they tell each other about. A
// message says what to look up again, so that one that is late or comes twice does no harm.
const (
	sharedClock     = "clock"        // the instant that a manual clock shows
	sharedProgramme = "scenario"     // what is played
	sharedExpired   = "expired/"     // and the id of a key that a fault let expire: when
	sharedStarts    = "starts"       // counts replicas that ever were
	sharedChanges   = "changes"      // counts changes of the programme
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

	mu        sync.Mutex // held while something of the store is taken over
	programme []byte     // the one that was taken over last, as stored
}

// programme is what is played, as the store keeps it.
type programme struct {
	Change int64  `json:"change"`          // differs from programme to programme
	First  bool   `json:"first,omitempty"` // what each Server began with
	ID     string `json:"id,omitempty"`    // of the scenario; without it and First nothing is played
	File   string `json:"file,omitempty"`  // its text, for those who do not have it
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
		err = errors.Join(s.adoptClock(ctx), s.adoptProgramme(ctx, nil), s.adoptExpired(ctx))
	case sharedClock:
		err = s.adoptClock(ctx)
	case sharedProgramme:
		err = s.adoptProgramme(ctx, nil)
	case toldReset:
		s.resetHere()
		err = s.adoptProgramme(ctx, nil)
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

// storedTime is what the clocks of all replicas show, and how the store keeps it; zero and nil when no clock was there before.
func (s *Server) storedTime(ctx context.Context) (t time.Time, stored []byte, err error) {
	stored, ok, err := s.store.Get(ctx, sharedClock)
	if err != nil || !ok {
		return time.Time{}, nil, err
	}
	if t, err = time.Parse(time.RFC3339Nano, string(stored)); err != nil {
		return time.Time{}, stored, fmt.Errorf("the clock in the store: %w", err)
	}
	return t, stored, nil
}

// reserve moves the clock in the store on, from where it or m stands, whichever is later. Two replicas that do so at once add up.
func (s *Server) reserve(ctx context.Context, m *clock.Manual, by func(*clock.Manual) (int, error)) (time.Time, error) {
	for {
		from, stored, err := s.storedTime(ctx)
		if err != nil {
			return from, fmt.Errorf("%w: %w", ErrUnshared, err)
		}
		if now := m.Now(); now.After(from) {
			from = now
		}
		trial := clock.NewManual(from)
		if _, err := by(trial); err != nil {
			return from, err
		}
		target := trial.Now()
		swapped, err := s.store.Swap(ctx, sharedClock, stored, []byte(target.Format(time.RFC3339Nano)), 0)
		if err != nil {
			return from, fmt.Errorf("%w: %w", ErrUnshared, err)
		}
		if swapped {
			return target, nil
		}
	}
}

// moveAll moves the clocks of all replicas, all at the same time.
func (s *Server) moveAll(m *clock.Manual, by func(*clock.Manual) (int, error)) (fired int, unsettled []uint64, err error) {
	ctx, cancel := context.WithTimeout(s.replicas.life, storeTime)
	defer cancel()
	target, err := s.reserve(ctx, m, by)
	if err != nil {
		return 0, nil, err
	}
	var others sync.WaitGroup
	others.Go(func() { s.tell(ctx, sharedClock, nil) })
	defer others.Wait()
	return s.moveAndSettle(s.replicas.life, m, settleTime, upTo(target))
}

// upTo moves a clock to t, unless it is there or beyond already.
func upTo(t time.Time) func(*clock.Manual) (int, error) {
	return func(m *clock.Manual) (int, error) {
		if fired, err := m.Set(t); err == nil {
			return fired, nil
		}
		return m.Advance(0)
	}
}

// adoptClock moves a manual clock to where the others are. One that is ahead, because it had to start without the store, takes
// them along.
func (s *Server) adoptClock(ctx context.Context) error {
	m, ok := s.clock.(*clock.Manual)
	if !ok {
		return nil
	}
	t, _, err := s.storedTime(ctx)
	if err != nil {
		return err
	}
	now := m.Now()
	if now.After(t) {
		if _, err = s.reserve(ctx, m, upTo(now)); err == nil && !t.IsZero() {
			s.tell(ctx, sharedClock, nil)
		}
		return err
	}
	if now.Equal(t) {
		return nil
	}
	_, unsettled, err := s.moveAndSettle(context.WithoutCancel(ctx), m, toldSettle, upTo(t))
	if len(unsettled) > 0 {
		s.log.Warn("connections still had something to write when the clock was moved from elsewhere", "connections", len(unsettled))
	}
	return err
}

// announce makes p what all replicas play, and tells them by topic. Own is its scenario.
func (s *Server) announce(p programme, topic string, own *scenarios.Scenario) error {
	ctx, cancel := context.WithTimeout(s.replicas.life, storeTime)
	defer cancel()
	var err error
	if p.Change, err = s.store.Count(ctx, sharedChanges, 0); err != nil {
		return fmt.Errorf("%w: %w", ErrUnshared, err)
	}
	text, _ := json.Marshal(p) // there is nothing in it that fails
	if err := s.store.Put(ctx, sharedProgramme, text, 0); err != nil {
		return fmt.Errorf("%w: %w", ErrUnshared, err)
	}
	err = s.adoptProgramme(ctx, own)
	s.tell(ctx, topic, nil)
	return err
}

// programmeOf is what the store keeps of a scenario, nil for none.
func programmeOf(sc *scenarios.Scenario) programme {
	if sc == nil {
		return programme{}
	}
	text, err := sc.Bytes()
	if err != nil {
		return programme{ID: sc.ID} // made in Go; those who know it by its id can play it
	}
	return programme{ID: sc.ID, File: string(text)}
}

// adoptProgramme plays what the store says. Own is the scenario to take when it is what the store names, nil to make it of the
// store's text. A store that has lost its programme is given it again.
func (s *Server) adoptProgramme(ctx context.Context, own *scenarios.Scenario) error {
	r := &s.replicas
	r.mu.Lock() // over the look-up, so that what was stored last is played last
	defer r.mu.Unlock()
	text, ok, err := s.store.Get(ctx, sharedProgramme)
	if err != nil {
		return err
	}
	if !ok {
		if r.programme != nil {
			_, err = s.store.Swap(ctx, sharedProgramme, nil, r.programme, 0)
		}
		return err
	}
	if string(text) == string(r.programme) {
		return nil // a break without news does not count anew
	}
	sc, err := s.scenarioOf(text, own)
	if err != nil {
		return fmt.Errorf("the scenario in the store: %w", err)
	}
	if err := s.theatre.set(sc); err != nil {
		return err
	}
	r.programme = text
	return nil
}

func (s *Server) scenarioOf(text []byte, own *scenarios.Scenario) (*scenarios.Scenario, error) {
	var p programme
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, err
	}
	switch {
	case p.First:
		return s.theatre.first, nil
	case p.ID == "":
		return nil, nil //nolint:nilnil // nothing is played
	case own != nil && programmeOf(own).File == p.File && own.ID == p.ID:
		return own, nil
	case p.File == "":
		return s.ScenarioNamed(p.ID)
	}
	return scenarios.ParseScenario(p.ID+".yaml", []byte(p.File))
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
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnshared, err)
	}
	s.resetJobs(s.replicas.life) // there may be many
	s.resetHere()
	return s.announce(programme{First: true}, toldReset, nil)
}
