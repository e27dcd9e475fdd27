package journal

import (
	"context"
	"iter"

	"mockamivoice/scenarios"
)

// batch is how many entries a reader looks at while it holds the lock.
const batch = 256

// reader is a place on the tape.
type reader struct {
	j      *Journal
	filter Filter
	after  uint64 // N of the last entry that was looked at
	resets uint64
	found  []scenarios.Entry
}

func (j *Journal) reader(f Filter) *reader {
	j.mu.Lock()
	defer j.mu.Unlock()
	return &reader{j: j, filter: f, after: f.After, resets: j.resets}
}

// next looks at the entries that follow, none behind limit, and puts those that the filter lets through into found, with one in
// front for those that were dropped before they could be looked at. When the end was reached, it returns what to wait on for
// more; that is nil when more are there already.
func (r *reader) next(limit uint64) (more <-chan struct{}, closed bool) {
	j := r.j
	j.mu.Lock()
	defer j.mu.Unlock()
	r.found = r.found[:0]
	if r.resets != j.resets {
		r.resets, r.after = j.resets, 0
	}
	if gone := j.dropped.N; r.after < gone {
		if r.filter.Kind == "" || r.filter.Kind == scenarios.Dropped {
			d := j.dropped
			d.Count = gone - r.after
			r.found = append(r.found, d)
		}
		r.after = gone
	}
	first := j.last - uint64(j.kept) + 1
	for n := 0; r.after < min(j.last, limit); n++ {
		if n == batch {
			return nil, false
		}
		r.after++
		if e := &j.ring[(uint64(j.oldest)+r.after-first)%uint64(len(j.ring))]; r.filter.match(e) {
			r.found = append(r.found, *e)
		}
	}
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.changed, j.closed
}

// Entries are the entries that f lets through. When older ones were dropped that f asked for, the first one says how many: an
// entry of kind dropped, with the number of the last one that is missing. A filter by kind leaves it out.
func (j *Journal) Entries(f Filter) []scenarios.Entry {
	var all []scenarios.Entry
	r := j.reader(f)
	limit := j.Last()
	for {
		more, _ := r.next(limit)
		all = append(all, r.found...)
		if more != nil {
			return all
		}
	}
}

// Follow yields the entries that f lets through, then new ones as they come, until ctx is done or the Journal is closed. Who
// follows too slowly loses entries and is told so by an entry of kind dropped, as with Entries.
func (j *Journal) Follow(ctx context.Context, f Filter) iter.Seq[scenarios.Entry] {
	return func(yield func(scenarios.Entry) bool) {
		r := j.reader(f)
		for ctx.Err() == nil {
			more, closed := r.next(endless)
			for _, e := range r.found {
				if ctx.Err() != nil || !yield(e) {
					return
				}
			}
			if closed {
				return
			}
			if more == nil {
				continue
			}
			select {
			case <-more:
			case <-ctx.Done():
			}
		}
	}
}

// Wait returns the first entry that w asks for, one of the past as well, waiting for it if need be. The error is that of ctx,
// or ErrClosed.
func (j *Journal) Wait(ctx context.Context, w WaitFor) (scenarios.Entry, error) {
	for e := range j.Follow(ctx, w.Filter) {
		if w.match(&e) {
			return e, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return scenarios.Entry{}, err
	}
	return scenarios.Entry{}, ErrClosed
}
