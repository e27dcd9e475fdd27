package clock

import (
	"container/heap"
	"fmt"
	"math"
	"sync"
	"time"
)

// Manual is a Clock that stands still until it is moved. Functions that fall due run inside of the call that moves it, on its
// goroutine; no timer runs otherwise, not even one that is due at once. Safe for concurrent use; make it with NewManual.
type Manual struct {
	moving sync.Mutex // held for a whole move, so that moves come one after the other

	mu    sync.Mutex // never held while a function runs
	now   time.Time
	armed uint64 // how many timers ever were
	due   queue
}

// NewManual is a Manual that shows start, in the zone of start.
func NewManual(start time.Time) *Manual {
	return &Manual{now: start.Round(0)} // without the monotonic reading, which would go on by itself
}

// Now implements Clock. While a function runs it is the instant at which that function was due.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// AfterFunc implements Clock. The function may use the clock, except for Advance and Set, which would wait for themselves.
func (m *Manual) AfterFunc(d time.Duration, f func()) Timer {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.arm(m.now.Add(max(d, 0)), f)
}

func (m *Manual) at(due time.Time, f func()) Timer {
	m.mu.Lock()
	defer m.mu.Unlock()
	if due.Before(m.now) {
		due = m.now
	}
	return m.arm(due, f)
}

// arm makes a timer. m.mu is held.
func (m *Manual) arm(due time.Time, f func()) Timer {
	m.armed++
	t := &manualTimer{clock: m, due: due, order: m.armed, run: f}
	heap.Push(&m.due, t)
	return t
}

// Timers is how many timers wait.
func (m *Manual) Timers() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.due)
}

// Advance moves the clock on by d and returns how many functions ran: all that are due by then, in order of their instants, then
// of arming, including those armed by such functions. A function that arms itself again at once never lets it end. A negative
// d is an error.
func (m *Manual) Advance(d time.Duration) (fired int, err error) {
	if d < 0 {
		return 0, fmt.Errorf("advance the clock by %s: a clock only moves forward", d)
	}
	m.moving.Lock()
	defer m.moving.Unlock()
	return m.moveTo(m.Now().Add(d)), nil
}

// Set moves the clock on to t, like Advance. A t before Now is an error. The clock then shows the zone of t.
func (m *Manual) Set(t time.Time) (fired int, err error) {
	m.moving.Lock()
	defer m.moving.Unlock()
	t = t.Round(0)
	if now := m.Now(); t.Before(now) {
		return 0, fmt.Errorf("set the clock to %s: it already shows %s and only moves forward", t.Format(time.RFC3339Nano), now.Format(time.RFC3339Nano))
	}
	return m.moveTo(t), nil
}

// Restart puts the clock to t, even to an earlier instant, as if NewManual had been given t. That is an error when a timer waits.
func (m *Manual) Restart(t time.Time) error {
	m.moving.Lock()
	defer m.moving.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.due) > 0 {
		return fmt.Errorf("restart the clock: %d timers wait for it", len(m.due))
	}
	m.now = t.Round(0)
	return nil
}

func (m *Manual) moveTo(target time.Time) (fired int) {
	for {
		f := m.next(target)
		if f == nil {
			return fired
		}
		fired++
		f()
	}
}

// next takes the first function due by target and moves the clock to its instant, or to target when there is none.
func (m *Manual) next(target time.Time) func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.due) == 0 || m.due[0].due.After(target) {
		m.now = target
		return nil
	}
	t, _ := heap.Pop(&m.due).(*manualTimer)
	m.now = t.due
	return t.run
}

type manualTimer struct {
	clock *Manual
	due   time.Time
	order uint64
	at    int // in the queue, math.MaxInt when it left
	run   func()
}

// Stop implements Timer.
func (t *manualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.at == math.MaxInt {
		return false
	}
	heap.Remove(&t.clock.due, t.at)
	return true
}

// queue is a heap of timers, the next one first.
type queue []*manualTimer

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if c := q[i].due.Compare(q[j].due); c != 0 {
		return c < 0
	}
	return q[i].order < q[j].order
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].at, q[j].at = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	t, _ := x.(*manualTimer)
	t.at = len(*q)
	*q = append(*q, t)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	t.at = math.MaxInt
	return t
}
