package clock_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mockamivoice/fake/clock"
)

func start() time.Time { return time.Date(2026, 6, 15, 3, 0, 0, 123_456_789, time.UTC) }

func advance(t *testing.T, m *clock.Manual, d time.Duration, want int) {
	t.Helper()
	if fired, err := m.Advance(d); err != nil || fired != want {
		t.Errorf("Advance(%s) ran %d timers, %v; want %d", d, fired, err, want)
	}
}

func TestNoTimerRunsUnlessTheClockIsMoved(t *testing.T) {
	m := clock.NewManual(start())
	var ran atomic.Int32
	for _, d := range []time.Duration{-time.Hour, 0, 1, time.Second} {
		m.AfterFunc(d, func() { ran.Add(1) })
	}
	if ran.Load() != 0 || m.Timers() != 4 || !m.Now().Equal(start()) {
		t.Fatalf("%d ran, %d wait, now %s", ran.Load(), m.Timers(), m.Now())
	}
	advance(t, m, 0, 2)
	advance(t, m, time.Hour, 2)
	if m.Timers() != 0 || !m.Now().Equal(start().Add(time.Hour)) {
		t.Errorf("%d wait, now %s", m.Timers(), m.Now())
	}
}

func TestTimersRunInOrderOfTheirInstantsThenOfArming(t *testing.T) {
	m := clock.NewManual(start())
	var got []string
	arm := func(name string, d time.Duration) {
		m.AfterFunc(d, func() {
			if want := start().Add(d); !m.Now().Equal(want) {
				t.Errorf("%s runs at %s, want %s", name, m.Now(), want)
			}
			got = append(got, name)
		})
	}
	arm("d", 3*time.Second)
	arm("b", 2*time.Second)
	arm("a", time.Second)
	arm("c", 2*time.Second)
	arm("later", 4*time.Second)
	advance(t, m, 3*time.Second, 4)
	if want := []string{"a", "b", "c", "d"}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}

func TestTimersArmedByTimersRunWithinTheSameMove(t *testing.T) {
	m := clock.NewManual(start())
	var ticks int
	var tick func()
	tick = func() {
		ticks++
		m.AfterFunc(time.Second, tick)
	}
	m.AfterFunc(time.Second, tick)
	advance(t, m, 10*time.Second, 10)
	if ticks != 10 || m.Timers() != 1 {
		t.Errorf("%d ticks, %d timers wait", ticks, m.Timers())
	}
}

func TestStop(t *testing.T) {
	m := clock.NewManual(start())
	var second, running clock.Timer
	ran := 0
	stopped := m.AfterFunc(time.Second, func() { t.Error("a stopped timer ran") })
	m.AfterFunc(time.Second, func() {
		if !second.Stop() {
			t.Error("a timer cannot stop another one that is due with it")
		}
	})
	second = m.AfterFunc(time.Second, func() { t.Error("a timer ran that another one stopped") })
	running = m.AfterFunc(time.Second, func() {
		ran++
		if running.Stop() {
			t.Error("a timer stopped itself while it ran")
		}
	})
	if !stopped.Stop() || stopped.Stop() {
		t.Error("Stop is true the first time and false the second")
	}
	advance(t, m, time.Minute, 2)
	if ran != 1 || running.Stop() {
		t.Error("a timer that ran cannot be stopped")
	}
}

func TestTheClockOnlyMovesForward(t *testing.T) {
	m := clock.NewManual(start())
	m.AfterFunc(0, func() { t.Error("a refused move ran a timer") })
	if _, err := m.Advance(-1); err == nil {
		t.Error("a negative Advance is accepted")
	}
	if _, err := m.Set(start().Add(-1)); err == nil {
		t.Error("a Set into the past is accepted")
	}
	if !m.Now().Equal(start()) {
		t.Errorf("now %s", m.Now())
	}
}

func TestSet(t *testing.T) {
	m := clock.NewManual(start())
	m.AfterFunc(time.Hour, func() {})
	target := start().Add(24 * time.Hour)
	if fired, err := m.Set(target); fired != 1 || err != nil || m.Now() != target {
		t.Errorf("Set ran %d, %v, now %s", fired, err, m.Now())
	}
	if fired, err := m.Set(target); fired != 0 || err != nil {
		t.Errorf("Set to the same instant: %d, %v", fired, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	const goroutines, each = 8, 200
	m := clock.NewManual(start())
	var ran, fired, stopped atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := range each {
				timer := m.AfterFunc(time.Duration(i)*time.Millisecond, func() { ran.Add(1) })
				if i%3 == 0 && timer.Stop() {
					stopped.Add(1)
				}
				n, _ := m.Advance(time.Millisecond)
				fired.Add(int64(n))
			}
		})
	}
	wg.Wait()
	n, _ := m.Advance(time.Hour)
	fired.Add(int64(n))
	if ran.Load() != fired.Load() || ran.Load()+stopped.Load() != goroutines*each {
		t.Errorf("%d ran, %d reported, %d stopped", ran.Load(), fired.Load(), stopped.Load())
	}
	if want := start().Add(goroutines*each*time.Millisecond + time.Hour); !m.Now().Equal(want) {
		t.Errorf("moves were lost: now %s, want %s", m.Now(), want)
	}
}

func TestManyTimers(t *testing.T) {
	const timers = 100_000
	m := clock.NewManual(start())
	last := start()
	for i := range timers {
		m.AfterFunc(time.Duration((i*7919)%timers)*time.Millisecond, func() {
			if m.Now().Before(last) {
				t.Error("the clock went back")
			}
			last = m.Now()
		})
	}
	advance(t, m, timers*time.Millisecond, timers)
}

func TestSystemIsAClock(t *testing.T) {
	var c clock.Clock = clock.System{}
	done := make(chan struct{})
	c.AfterFunc(0, func() { close(done) })
	<-done
	if timer := c.AfterFunc(time.Hour, func() {}); !timer.Stop() {
		t.Error("a timer of the system cannot be stopped")
	}
	if c.Now().IsZero() {
		t.Error("the system has no time")
	}
}

// An instant that was worked out before the clock was moved is not late by the move; one that has passed is due at once.
func TestTimersForAnInstant(t *testing.T) {
	m := clock.NewManual(start())
	var ran []time.Time
	note := func() { ran = append(ran, m.Now()) }
	due := m.Now().Add(time.Second)
	advance(t, m, 999*time.Millisecond, 0)
	clock.At(m, due, note)
	advance(t, m, time.Millisecond, 1)
	clock.At(m, due.Add(-time.Hour), note)
	advance(t, m, 0, 1)
	if len(ran) != 2 || !ran[0].Equal(due) || !ran[1].Equal(due) {
		t.Errorf("ran at %v, want twice at %s", ran, due)
	}
	happened := make(chan struct{})
	clock.At(clock.System{}, clock.System{}.Now().Add(-time.Hour), func() { close(happened) })
	<-happened
}

func TestRestartShowsAnyInstantWhileNobodyWaits(t *testing.T) {
	start := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	m := clock.NewManual(start)
	for _, want := range []time.Time{start.Add(-time.Hour), start.Add(time.Hour), time.Now()} {
		if err := m.Restart(want); err != nil || !m.Now().Equal(want) {
			t.Errorf("%v, it shows %s, want %s", err, m.Now(), want)
		}
	}
	now := m.Now()
	timer := m.AfterFunc(time.Second, func() {})
	if err := m.Restart(start); err == nil || !m.Now().Equal(now) {
		t.Errorf("with a timer: %v, it shows %s", err, m.Now())
	}
	timer.Stop()
	if err := m.Restart(start); err != nil {
		t.Error(err)
	}
}
