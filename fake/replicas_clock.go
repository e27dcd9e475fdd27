package fake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mockamivoice/fake/clock"
)

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
