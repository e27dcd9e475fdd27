package fake

import (
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/fake/internal/session"
)

// alarm is a timer of the machine. The generation tells a timer that was replaced from the one that counts.
type alarm struct {
	timer      clock.Timer
	generation uint64
}

func (c *stream) arm(t session.Timer, at time.Time) {
	c.disarm(t)
	a := &c.timers[t]
	generation := a.generation
	a.timer = c.s.clock.AfterFunc(at.Sub(c.s.clock.Now()), func() { c.fired(t, generation) })
}

func (c *stream) disarm(t session.Timer) {
	a := &c.timers[t]
	a.generation++
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
}

// fired runs on the goroutine of the clock. It writes nothing itself, so that no client holds up the clock.
func (c *stream) fired(t session.Timer, generation uint64) {
	c.mu.Lock()
	if c.timers[t].generation == generation {
		c.timers[t].timer = nil
		c.now = c.s.clock.Now()
		c.run(session.Fired{Timer: t})
	}
	c.mu.Unlock()
	c.out.drainSoon()
}
