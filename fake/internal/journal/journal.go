// Package journal keeps the tape of a running server: redacted, bounded, and open to readers who follow it or wait for an entry.
package journal

import (
	"errors"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"mockamivoice/scenarios"
	"mockamivoice/scenarios/redact"
)

const (
	defaultEntries = 20_000
	defaultBytes   = 32 << 20
	firstRing      = 64
)

// ErrClosed says that the Journal was closed while somebody waited for an entry.
var ErrClosed = errors.New("the tape was closed")

// Options are how a Journal is made. The zero value works.
type Options struct {
	Entries int              // how many entries are kept; 0 for 20,000
	Bytes   int64            // how much memory they may take, roughly; 0 for 32 MiB. The newest entry is always kept
	Header  scenarios.Header // of the tape
	Clock   func() time.Time // instants of entries that have none; nil leaves them zero
	Since   func() int64     // real milliseconds since the start; nil for always 0
	Redact  *redact.Redactor // nil for one that knows no secret
	Sink    io.Writer        // where the tape is written as it grows, as JSON Lines; nil for nowhere
}

// Journal is a tape that grows. All methods may be called from any number of goroutines; make it with New.
type Journal struct {
	options Options

	mu      sync.Mutex
	ring    []scenarios.Entry // grows to Options.Entries
	oldest  int               // index in ring
	kept    int               // how many entries ring holds
	bytes   int64             // what they take
	last    uint64            // N of the newest entry
	dropped scenarios.Entry   // stands for what is no longer in ring
	resets  uint64
	closed  bool
	changed chan struct{} // closed at the next change; nil when nobody waits

	sink sink
}

// New is an empty Journal. Close it when done.
func New(o Options) *Journal {
	if o.Entries <= 0 {
		o.Entries = defaultEntries
	}
	if o.Bytes <= 0 {
		o.Bytes = defaultBytes
	}
	if o.Redact == nil {
		o.Redact = redact.New(nil, nil)
	}
	j := &Journal{options: o}
	j.sink.idle.L = &j.mu
	j.mu.Lock()
	j.write(line{header: true})
	return j
}

// Header is the header of the tape.
func (j *Journal) Header() scenarios.Header { return j.options.Header }

// Last is the number of the newest entry, 0 when there is none.
func (j *Journal) Last() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// Append puts e on the tape and returns its number. It fills N, T, and At where it is zero, and redacts every text that came
// from outside. The slices of e belong to the Journal from then on. It never waits for a reader; it is the one who waits for the
// sink when no other Append does already. On a closed Journal it does nothing and returns 0.
func (j *Journal) Append(e scenarios.Entry) uint64 {
	j.options.Redact.Entry(&e)
	if j.options.Since != nil {
		e.T = j.options.Since()
	}
	size := sizeOf(&e)

	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return 0
	}
	if e.At.IsZero() && j.options.Clock != nil {
		e.At = scenarios.At(j.options.Clock().Truncate(time.Millisecond)) // under the lock, so that At never goes back along the tape
	}
	j.last++
	n := j.last
	e.N = n
	j.push(e, size)
	j.wake()
	j.write(line{entry: e})
	return n
}

// push makes room for e and keeps it. j.mu is held.
func (j *Journal) push(e scenarios.Entry, size int64) {
	for j.kept > 0 && (j.kept == j.options.Entries || j.bytes+size > j.options.Bytes) {
		out := &j.ring[j.oldest]
		j.dropped = scenarios.Entry{N: out.N, At: out.At, T: out.T, Dir: scenarios.Note, Kind: scenarios.Dropped}
		j.bytes -= sizeOf(out)
		*out = scenarios.Entry{}
		j.oldest = (j.oldest + 1) % len(j.ring)
		j.kept--
	}
	if j.kept == len(j.ring) {
		j.grow()
	}
	j.ring[(j.oldest+j.kept)%len(j.ring)] = e
	j.kept++
	j.bytes += size
}

func (j *Journal) grow() {
	larger := make([]scenarios.Entry, min(j.options.Entries, max(firstRing, 2*len(j.ring))))
	n := copy(larger, j.ring[j.oldest:])
	copy(larger[n:], j.ring[:j.oldest])
	j.ring, j.oldest = larger, 0
}

// wake tells whoever waits that something changed. j.mu is held.
func (j *Journal) wake() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// Reset empties the tape; numbers begin at 1 again. Whoever follows or waits goes on with the new tape, from its beginning. A
// sink gets the header again: its file is one tape behind the other.
func (j *Journal) Reset() {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return
	}
	j.ring, j.oldest, j.kept, j.bytes, j.last = nil, 0, 0, 0, 0
	j.dropped = scenarios.Entry{}
	j.resets++
	j.wake()
	j.write(line{header: true})
}

// Close ends the tape, and with it whoever follows it or waits; it returns when the sink has everything. The entries can still
// be read. Closing again does nothing.
func (j *Journal) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.wake()
	for j.sink.busy {
		j.sink.idle.Wait()
	}
}

// sizeOf is roughly what e takes in memory, in bytes.
func sizeOf(e *scenarios.Entry) int64 {
	const entry, header, part, audio, frame = 352, 32, 88, 72, 32
	n := entry + len(e.Text) + len(e.Target) + len(e.Body) + len(e.Method) + len(e.Remote) + len(e.Key) + len(e.Expires)
	for _, h := range e.Headers {
		n += header + len(h[0]) + len(h[1])
	}
	for _, p := range e.Parts {
		n += part + len(p.Name) + len(p.Type) + len(p.Value)
		if p.Filename != nil {
			n += len(*p.Filename)
		}
	}
	if e.Audio != nil {
		n += audio + len(e.Audio.SHA256) + len(e.Audio.First) + len(e.Audio.Data)
	}
	if e.Frame != nil {
		n += frame
	}
	return int64(n)
}

// Filter lets entries through; zero fields let all through.
type Filter struct {
	Key     string // id of a key
	Surface string
	Conn    uint64
	Kind    scenarios.Kind
	After   uint64 // only entries with a larger N; it says nothing about the tape that follows a Reset
}

func (f Filter) match(e *scenarios.Entry) bool {
	return (f.Key == "" || e.Key == f.Key) && (f.Surface == "" || e.Surface == f.Surface) &&
		(f.Conn == 0 || e.Conn == f.Conn) && (f.Kind == "" || e.Kind == f.Kind)
}

// WaitFor is what to wait for: an entry that the filter lets through and whose text begins with Text.
type WaitFor struct {
	Filter

	Text string
}

func (w WaitFor) match(e *scenarios.Entry) bool {
	if e.Kind == scenarios.Dropped && w.Kind != scenarios.Dropped {
		return false
	}
	return strings.HasPrefix(e.Text, w.Text)
}

const endless = math.MaxUint64
