package fake

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// Store keeps what several replicas of a Server share: jobs, dictionaries, and what is told to all of them. Keys are made of
// printable ASCII without blanks, values of any bytes. Methods may be called from any number of goroutines.
//
// Lives are real time and only say when a value may be thrown away: what has ended by the clock is the Server's to know.
type Store interface {
	// Get returns the value of key; ok is false when there is none.
	Get(ctx context.Context, key string) (value []byte, ok bool, err error)
	// Put sets the value of key for a life, 0 for ever. Put of a nil value forgets key. It fails with ErrStoreFull when there is no
	// room.
	Put(ctx context.Context, key string, value []byte, life time.Duration) error
	// Swap is a Put that happens only if the value is old, nil for none, and reports whether it did.
	Swap(ctx context.Context, key string, old, value []byte, life time.Duration) (swapped bool, err error)
	// Count adds one to a counter that begins at 0, and returns what it is then. Put of a nil value forgets it as well; Get and
	// Keys know nothing of counters.
	Count(ctx context.Context, key string, life time.Duration) (int64, error)
	// Keys lists the keys that begin with prefix, sorted.
	Keys(ctx context.Context, prefix string) ([]string, error)
	// Tell tells every other replica, and returns when they have dealt with it or, with ErrUnheard, after a second of real time.
	Tell(ctx context.Context, topic string, message []byte) error
	// Listen calls heard for what other replicas tell, one at a time, until ctx is done. It calls heard with no topic when it
	// begins to listen, and again after a break, for what was told before that is lost.
	Listen(ctx context.Context, heard func(topic string, message []byte)) error
	// Ping fails when the store cannot be reached, or does not let Listen hear.
	Ping(ctx context.Context) error
}

// ErrStoreFull says that a Store has no room for another value.
var ErrStoreFull = errors.New("the store is full")

// ErrUnheard says that not every replica has dealt with what it was told.
var ErrUnheard = errors.New("some replicas may lag behind")

// Bounds of the store that a Server has of its own.
const (
	mostStored  = 100_000   // values (ours)
	bytesStored = 256 << 20 // of values (ours)
)

// memory is the Store of a single Server. Its zero value is ready. Lives are not looked at: the Server forgets what has ended.
type memory struct {
	mu     sync.Mutex
	values map[string][]byte
	counts map[string]int64
	bytes  int
}

// Get implements Store.
func (m *memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.values[key]
	return v, ok, nil
}

// Put implements Store.
func (m *memory) Put(_ context.Context, key string, value []byte, _ time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.put(key, value)
}

// Swap implements Store.
func (m *memory) Swap(_ context.Context, key string, old, value []byte, _ time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now, known := m.values[key]; known != (old != nil) || !bytes.Equal(now, old) {
		return false, nil
	}
	err := m.put(key, value)
	return err == nil, err
}

// put is Put. m.mu is held.
func (m *memory) put(key string, value []byte) error {
	old := len(m.values[key])
	if value == nil {
		delete(m.values, key)
		delete(m.counts, key)
		m.bytes -= old
		return nil
	}
	_, known := m.values[key]
	if !known && len(m.values) >= mostStored || m.bytes-old+len(value) > bytesStored {
		return ErrStoreFull
	}
	if m.values == nil {
		m.values = make(map[string][]byte)
	}
	m.values[key] = slices.Clone(value)
	m.bytes += len(value) - old
	return nil
}

// size is how many values there are, and what they take.
func (m *memory) size() (values, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.values), m.bytes
}

// Count implements Store.
func (m *memory) Count(_ context.Context, key string, _ time.Duration) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = make(map[string]int64)
	}
	if _, known := m.counts[key]; !known && len(m.counts) >= mostStored {
		return 0, ErrStoreFull
	}
	m.counts[key]++
	return m.counts[key], nil
}

// Keys implements Store.
func (m *memory) Keys(_ context.Context, prefix string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for key := range m.values {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// Tell implements Store; there is nobody to tell.
func (m *memory) Tell(context.Context, string, []byte) error { return nil }

// Listen implements Store; nobody tells anything.
func (m *memory) Listen(context.Context, func(topic string, message []byte)) error { return nil }

// Ping implements Store.
func (m *memory) Ping(context.Context) error { return nil }

// WithStore shares jobs, dictionaries, the scenario, the counts of its faults, a manual clock, resets and keys that faults let expire
// with other Servers that have the same store. New puts the clock where theirs are, and waits some seconds for a store that does not
// answer; Ready tells. Keys are shared by WithSecret; the tape and metrics are each Server's own. Without it a Server keeps everything
// in memory.
//
// Whatever comes to a point that the scenario has a fault for waits for an answer of the store, to be counted: with faults at
// stream.feed each packet of a stream does. Where some of them are counted per key and others per server, or some for one letter alone,
// it waits for each of these. When the store fails or is full, each Server counts for itself, and says so in the log and on the tape.
func WithStore(s Store) Option { return func(f *config) { f.store = s } }
