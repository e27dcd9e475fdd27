package fake

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/fake/internal/appkey"
	"mockamivoice/fake/internal/journal"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// settleTime is how much real time goes into letting connections write what fell due.
const settleTime = time.Second

// ErrSystemClock says that a server on the system clock was asked to move it.
var ErrSystemClock = errors.New("the clock is the system's; start the server with a manual clock to move it")

// Moved is what moving the clock came to.
type Moved struct {
	Now       time.Time `json:"now"`
	Fired     int       `json:"fired"`     // timers that ran
	Unsettled []uint64  `json:"unsettled"` // connections that still had something to write after a second of real time
}

// Advance moves a manual clock by d and returns when everything that fell due has been done and written, on all replicas where
// there are several. It fails with ErrSystemClock on another clock, with ErrUnshared when the others could not be told, and when
// d is negative.
func (s *Server) Advance(d time.Duration) (Moved, error) {
	return s.move(func(m *clock.Manual) (int, error) { return m.Advance(d) })
}

// SetTime moves a manual clock forward to t, like Advance.
func (s *Server) SetTime(t time.Time) (Moved, error) {
	return s.move(func(m *clock.Manual) (int, error) { return m.Set(t) })
}

func (s *Server) move(by func(*clock.Manual) (int, error)) (Moved, error) {
	m, ok := s.clock.(*clock.Manual)
	if !ok {
		return Moved{}, ErrSystemClock
	}
	all := s.moveAll
	if !s.replicas.shared {
		all = func(m *clock.Manual, by func(*clock.Manual) (int, error)) (int, []uint64, error) {
			return s.moveAndSettle(s.replicas.life, m, settleTime, by)
		}
	}
	fired, unsettled, err := all(m, by)
	if err != nil {
		return Moved{}, err
	}
	return Moved{Now: s.clock.Now(), Fired: fired, Unsettled: unsettled}, nil
}

// settle waits until nothing waits to be written, and names the connections where something still does.
func (s *Server) settle(ctx context.Context) []uint64 {
	unsettled := append([]uint64{}, s.pauses.settled(ctx)...)
	for _, c := range s.streams.all() {
		c.mu.Lock()   // what it is dealing with may arm a timer
		c.mu.Unlock() //nolint:staticcheck // nothing is guarded, only waited for
		if c.ready() && !c.out.flushed(ctx) {
			unsettled = append(unsettled, c.x.conn)
		}
	}
	return unsettled
}

// KeyRequest says what a key is to claim. Its zero value is a key of the first service that lives for 30 s.
type KeyRequest struct {
	SID            string         // service; empty for the first one
	BadCredentials bool           // as if issued with a wrong password
	EPI            string         // as on the wire; empty for 30 s
	Allow          []netip.Prefix // empty for all
	Issuable       bool           // with the right to issue, which the service never gives to an issued key
	Scenario       string         // id of the scenario that whoever uses the key meets; empty for none of its own
}

// IssuedKey is a key and what is public about it.
type IssuedKey struct {
	Key     string    `json:"key"`
	ID      string    `json:"id"` // 12 hexadecimal digits that stand for the key everywhere else
	Expires time.Time `json:"expires"`
}

// IssueKey makes a key without asking for credentials.
func (s *Server) IssueKey(req KeyRequest) (IssuedKey, error) {
	life, err := protocol.ParseEPI(req.EPI)
	if err != nil {
		return IssuedKey{}, fmt.Errorf("epi: %w", err)
	}
	sid := req.SID
	if sid == "" {
		sid = s.keys.services[0].SID
	}
	if _, known := s.keys.service(sid); !known {
		return IssuedKey{}, fmt.Errorf("sid: no service is called %s", quoted(s.redact.Text(sid)))
	}
	if len(req.Allow) > s.limits.Allow {
		return IssuedKey{}, tooMany("ipa", len(req.Allow), s.limits.Allow)
	}
	if err := s.bindable(req.Scenario, scenarios.AtHandshake, scenarios.AtIssue); err != nil {
		return IssuedKey{}, err
	}
	expires := life.Expiry(s.clock.Now())
	claims := appkey.Claims{Scenario: req.Scenario, Service: sid, Credentials: true, Expires: max(expires.UnixMilli(), 1), Allow: req.Allow, Issuable: req.Issuable}
	if req.BadCredentials {
		claims.Service, claims.Credentials = "", false
	}
	x := &exchange{s: s, surface: protocol.SurfaceIssue}
	key := s.issue(x, claims)
	return IssuedKey{Key: key, ID: x.key, Expires: expires}, nil
}

// TapeFilter lets entries through; zero fields let all through.
type TapeFilter struct {
	Key     string // id of a key
	Surface protocol.Surface
	Conn    uint64
	Kind    scenarios.Kind
	After   uint64 // only entries with a larger N
}

func (f TapeFilter) journal() journal.Filter {
	return journal.Filter{Key: f.Key, Surface: string(f.Surface), Conn: f.Conn, Kind: f.Kind, After: f.After}
}

// Follow yields the entries of the tape and goes on with new ones until ctx is done or the Server is closed.
func (s *Server) Follow(ctx context.Context, f TapeFilter) iter.Seq[scenarios.Entry] {
	return s.journal.Follow(ctx, f.journal())
}

// Wait returns the first entry that f lets through and whose text begins with prefix, one of the past as well; it waits for
// one until ctx is done.
func (s *Server) Wait(ctx context.Context, f TapeFilter, prefix string) (scenarios.Entry, error) {
	return s.journal.Wait(ctx, journal.WaitFor{Filter: f.journal(), Text: prefix})
}

// Reset empties the tape, forgets all jobs, all dictionaries and what was heard, and goes back to the scenario of WithScenario; what
// was counted is forgotten, and keys that a fault let expire are good again. The clock, and what keys claim, stay as they are. It does
// so on all replicas, and nothing but a line in the log when the store that they share does not answer.
func (s *Server) Reset() {
	if err := s.reset(); err != nil {
		s.log.Warn("reset", "error", err)
	}
}

// reset is Reset on all replicas. It fails with ErrUnshared.
func (s *Server) reset() error {
	if s.replicas.shared {
		return s.resetAll()
	}
	s.resetStored()
	s.resetHere()
	return nil
}

// resetStored is what is done once for all replicas.
func (s *Server) resetStored() {
	s.resetJobs(s.replicas.life)
	s.forget(wordsKeys, usageKeys)
}

// resetHere is what each replica has to do for itself.
func (s *Server) resetHere() {
	s.theatre.reset()
	s.usage.reset()
	s.journal.Reset()
}
