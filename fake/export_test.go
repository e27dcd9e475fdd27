package fake

import "time"

// NewMemory is the store that a Server has of its own, for tests of what stores have in common.
func NewMemory() Store { return &memory{} }

// MostStored is how many values it takes.
const MostStored = mostStored

// WithLease sets after how much real time a replica that was heard of no more counts as gone.
func WithLease(d time.Duration) Option { return func(f *config) { f.lease = d } }
