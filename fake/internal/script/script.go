// Package script decides which fault strikes now. It knows nothing of sockets and carries nothing out.
package script

import (
	"sync"
	"sync/atomic"
	"time"

	"mockamivoice/scenarios"
)

// maxKeys bounds what is remembered of keys. The ones that were new first are forgotten first.
const maxKeys = 100_000

// Desk counts what happens at the points of scenarios, for each key on its own, and remembers keys that a fault let expire. Its
// zero value is ready. It is safe for concurrent use.
type Desk struct {
	mu      sync.Mutex
	records map[string]*record // by id of the key; "" where no key is known
	order   []string           // of the ids in records but "", the oldest first
	expired atomic.Int64       // how many keys were let expire, so that most servers need not look
}

// record is what is remembered of one key.
type record struct {
	counts  map[*scenarios.Scenario][]int // how often each fault of a scenario was asked about
	forced  bool
	expires time.Time
}

// Strike counts one more occurrence at a point of s for the key, and returns the fault that strikes there: the first one of the
// file. Of is the letter of an event, empty elsewhere. It returns nil when nothing goes wrong.
func (d *Desk) Strike(s *scenarios.Scenario, key string, at scenarios.Point, of string) *scenarios.Fault {
	if s == nil || s.Play == nil || len(s.Play.Faults) == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	own, all := d.record(key).of(s), d.record("").of(s)
	var strikes *scenarios.Fault
	for i := range s.Play.Faults {
		f := &s.Play.Faults[i]
		if !meets(f, at, of) {
			continue
		}
		counts := own
		if f.All {
			counts = all
		}
		counts[i]++
		if strikes == nil && f.Covers(counts[i]) {
			strikes = f
		}
	}
	return strikes
}

// meets tells whether what happens at a point is an occurrence of what f is about.
func meets(f *scenarios.Fault, at scenarios.Point, of string) bool {
	return f.At == at && (f.Of == "" || f.Of == of)
}

// Expire lets the key end its life at an instant, if it did not end before.
func (d *Desk) Expire(key string, at time.Time) {
	if key == "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.record(key)
	if !r.forced || at.Before(r.expires) {
		r.forced, r.expires = true, at
	}
	d.expired.Add(1)
}

// Expires is when the key was let expire; ok is false when it was not.
func (d *Desk) Expires(key string) (at time.Time, ok bool) {
	if d.expired.Load() == 0 {
		return time.Time{}, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.records[key]; r != nil {
		return r.expires, r.forced
	}
	return time.Time{}, false
}

// Forget forgets what was counted for s.
func (d *Desk) Forget(s *scenarios.Scenario) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.records {
		delete(r.counts, s)
	}
}

// Reset forgets everything: keys that were let expire are good again.
func (d *Desk) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records, d.order = nil, nil
	d.expired.Store(0)
}

// record is that of the key. d.mu is held.
func (d *Desk) record(key string) *record {
	if r := d.records[key]; r != nil {
		return r
	}
	if d.records == nil {
		d.records = make(map[string]*record)
	}
	r := &record{}
	d.records[key] = r
	if key == "" { // of the whole server: it stays
		return r
	}
	if len(d.order) >= maxKeys {
		delete(d.records, d.order[0])
		d.order = d.order[1:]
	}
	d.order = append(d.order, key)
	return r
}

func (r *record) of(s *scenarios.Scenario) []int {
	if counts := r.counts[s]; counts != nil {
		return counts
	}
	if r.counts == nil {
		r.counts = make(map[*scenarios.Scenario][]int)
	}
	counts := make([]int, len(s.Play.Faults))
	r.counts[s] = counts
	return counts
}
