package fake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// pauses are requests that wait for the clock, and those that went on since and have not come to rest.
type pauses struct {
	mu    sync.Mutex
	awake map[*exchange]int
	rest  sync.Cond     // signalled when one came to rest
	left  time.Duration // of real time, for which a move of the clock that is under way may wait; 0 when none is

	moving sync.Mutex // held while the clock is moved
}

// pause waits until the clock shows due. It is false when the client left or the server ended before. From its return on the
// exchange is awake, so that moving the clock waits for it, until it pauses again or settles.
func (x *exchange) pause(due time.Time) bool {
	if !due.After(x.s.clock.Now()) { // a manual clock would have to be moved by nothing first
		return !x.over()
	}
	p, woken := &x.s.pauses, make(chan struct{})
	timer := clock.At(x.s.clock, due, func() {
		p.wake(x)
		close(woken)
		p.await(x)
	})
	x.settle() // behind the timer, for whoever moves the clock looks for timers when all are at rest
	select {
	case <-woken:
		x.awake = true
		return true
	case <-x.r.Context().Done():
	case <-x.s.closing:
	}
	if !timer.Stop() {
		<-woken
		x.awake = true
		x.settle()
	}
	return false
}

// over tells whether nobody is left to answer: the client left, or the server ends.
func (x *exchange) over() bool {
	select {
	case <-x.s.closing:
		return true
	default:
		return x.r.Context().Err() != nil
	}
}

// stir makes the exchange awake from now on, and notes the time, so that whoever has read of the fault that is about to strike may
// move the clock: what the fault delays is due by that time, and the move waits until it has been armed.
func (x *exchange) stir() {
	x.due = x.s.clock.Now()
	if x.r != nil && !x.awake { // an open stream has no request any more; it settles in ways of its own
		x.s.pauses.wake(x)
		x.awake = true
	}
}

// delay lets clock time pass, from when the fault struck or the delay before this one ended.
func (x *exchange) delay(d time.Duration) bool {
	x.due = x.due.Add(d)
	return x.pause(x.due)
}

func (p *pauses) wake(x *exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.awake == nil {
		p.awake = make(map[*exchange]int)
	}
	p.awake[x]++
}

// await holds up the clock that woke x until x has come to rest, so that what x does happens at its instant.
func (p *pauses) await(x *exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left <= 0 {
		return
	}
	system := clock.System{}
	until := system.Now().Add(p.left)
	alarm := system.AfterFunc(p.left, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.rest.Broadcast()
	})
	defer alarm.Stop()
	for p.awake[x] > 0 && system.Now().Before(until) {
		p.rest.Wait()
	}
	p.left = until.Sub(system.Now())
}

// move moves the clock. It returns how much of the patience, real time, is left to wait for what was woken.
func (p *pauses) move(patience time.Duration, by func() (int, error)) (fired int, left time.Duration, err error) {
	p.moving.Lock()
	defer p.moving.Unlock()
	p.allow(patience)
	fired, err = by()
	return fired, max(p.allow(0), 0), err
}

// allow sets for how long the move of the clock may wait, and returns what was left of that.
func (p *pauses) allow(d time.Duration) (left time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left, p.left = p.left, d
	return left
}

// settle says that the exchange has done what it was woken for.
func (x *exchange) settle() {
	if !x.awake {
		return
	}
	x.awake = false
	p := &x.s.pauses
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.awake[x]--; p.awake[x] == 0 {
		delete(p.awake, x)
	}
	p.rest.Broadcast()
}

// settled returns when nobody is awake, or when ctx is done; then it names the connections of those who are.
func (p *pauses) settled(ctx context.Context) []uint64 {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.rest.Broadcast()
	})
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.awake) > 0 && ctx.Err() == nil {
		p.rest.Wait()
	}
	var busy []uint64
	for x := range p.awake {
		busy = append(busy, x.conn)
	}
	return busy
}

// hold waits until the client leaves or the server ends.
func (x *exchange) hold() {
	x.settle()
	select {
	case <-x.r.Context().Done():
	case <-x.s.closing:
	}
}

// moveAndSettle moves the clock, then lets everything that was woken by that come to rest: what is due again by then runs as
// well. Unsettled are the connections that were not at rest after so much real time.
func (s *Server) moveAndSettle(ctx context.Context, m *clock.Manual, patience time.Duration, by func(*clock.Manual) (int, error)) (fired int, unsettled []uint64, err error) {
	fired, left, err := s.pauses.move(patience, func() (int, error) { return by(m) })
	if err != nil {
		return 0, nil, err
	}
	s.journal.Append(scenarios.Entry{Kind: scenarios.Clock, Dir: scenarios.Note, Text: fmt.Sprintf("moved, %d timers ran", fired)})
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	for {
		unsettled = s.settle(ctx)
		again, _ := m.Advance(0) // never fails
		fired += again
		if again == 0 || ctx.Err() != nil {
			return fired, unsettled, nil
		}
	}
}
