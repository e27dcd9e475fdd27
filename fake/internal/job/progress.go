// Package job is the machine of asynchronous jobs: where a job stands at an instant. It keeps nothing and does no I/O.
package job

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mockamivoice/protocol"
)

// Mode says what makes a job go on.
type Mode string

// The modes.
const (
	AtOnce  Mode = "at-once" // it is done when it is made
	ByClock Mode = "clock"   // clock time
	ByPolls Mode = "polls"   // polls of its client
	ByWord  Mode = "told"    // somebody's word alone
)

// Progress is how a job goes through its states. The zero value is ByClock over Usual.
type Progress struct {
	Mode  Mode          `json:"mode"`
	Clock time.Duration `json:"clock,omitempty"` // ByClock: from the making of a job to its end
	Polls int           `json:"polls,omitempty"` // ByPolls: how many polls a state lasts
}

// Usual is how long a job takes: it passes through every state and keeps nobody waiting. (ours: the service takes minutes)
const Usual = 3 * time.Second

// ParseProgress reads at-once, clock=3s, polls=2 or told.
func ParseProgress(text string) (Progress, error) {
	word, value, given := strings.Cut(text, "=")
	switch m := Mode(word); {
	case (m == AtOnce || m == ByWord) && !given:
		return Progress{Mode: m}, nil
	case m == ByClock:
		d, err := time.ParseDuration(value)
		if !given {
			d, err = Usual, nil
		}
		if err != nil || d <= 0 {
			return Progress{}, fmt.Errorf("job progress %q: %q is not a duration like 3s", text, value)
		}
		return Progress{Mode: m, Clock: d}, nil
	case m == ByPolls:
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return Progress{}, fmt.Errorf("job progress %q: %q is not a number of polls of at least 1", text, value)
		}
		return Progress{Mode: m, Polls: n}, nil
	}
	return Progress{}, fmt.Errorf("job progress %q is none of at-once, clock=3s, polls=2, told", text)
}

// String is the progress in the words of ParseProgress.
func (p Progress) String() string {
	switch p = p.orUsual(); p.Mode {
	case ByClock:
		return "clock=" + p.Clock.String()
	case ByPolls:
		return "polls=" + strconv.Itoa(p.Polls)
	case AtOnce, ByWord:
	}
	return string(p.Mode)
}

func (p Progress) orUsual() Progress {
	if p.Mode == "" {
		return Progress{Mode: ByClock, Clock: Usual}
	}
	return p
}

// steps is how many states before the last there are.
const steps = 3

// At is where a job stands that was made so long ago and polled so often, the poll that asks included. Completed stands for
// whatever its end is.
func (p Progress) At(age time.Duration, polls int64) protocol.JobState {
	n := 0
	switch p = p.orUsual(); p.Mode {
	case AtOnce:
		n = steps
	case ByClock:
		n = int(min(age*steps/p.Clock, steps))
	case ByPolls:
		n = int(min(max(polls-1, 0)/int64(p.Polls), steps))
	case ByWord:
	}
	return protocol.JobStates()[max(n, 0)]
}

// Next is how long after its making a job goes on from s, by the clock alone; ok is false when the clock does not move it.
func (p Progress) Next(s protocol.JobState) (age time.Duration, ok bool) {
	p = p.orUsual()
	for i, state := range protocol.JobStates()[:steps] {
		if state == s && p.Mode == ByClock {
			return (p.Clock*time.Duration(i+1) + steps - 1) / steps, true
		}
	}
	return 0, false
}
