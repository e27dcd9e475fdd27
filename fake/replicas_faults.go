package fake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// Counts of faults are counters of the store, whose keys are
//
//	faults/<era>/<what is played>/<fault>/<id of the key>
//
// The era is another one after each reset, and empty before the first. What is played is the change of the programme, or why else a scenario is played, and a
// digest of it, for each replica has read its own. The fault is the first one of those that are about the same occurrences. Where
// there is no id of a key, occurrences of all keys are counted.
const (
	faultKeys     = "faults/"
	countLife     = expiredLife     // of what is counted for all keys, and of a key that lives for longer (ours)
	countPatience = time.Second     // real time that an occurrence gives the store (ours)
	countAgain    = 5 * time.Second // real time for which a store that did not count is left alone (ours)
	playedFirst   = "first"         // by WithScenario, before the programme was changed
	playedByName  = "named"         // for the sake of a key or a service
)

// countedAs is what replicas call s in the keys of its counters, when it is played for a reason.
func countedAs(reason string, s *scenarios.Scenario) string {
	if s == nil {
		return ""
	}
	text, _ := s.Bytes() // one that was made in Go has none, and is known by its id
	digest := sha256.Sum256(append([]byte(s.ID+"\n"), text...))
	return reason + "." + hex.EncodeToString(digest[:8])
}

// blow is a fault that strikes.
type blow struct {
	fault *scenarios.Fault // nil for none
	of    *scenarios.Scenario
}

// occur counts one more occurrence at a point, on all replicas, and returns what strikes there. While the store is asked no lock is
// held that anybody else needs: only, for an event, that of its own stream, whose events keep their order.
func (x *exchange) occur(at scenarios.Point, letter string) blow {
	sc, desk := x.stage.scenario, &x.s.theatre.desk
	switch {
	case sc == nil:
		return blow{}
	case x.s.replicas.shared:
		return blow{desk.StrikeAmong(occurrences{x.s, x.stage.counted, x.ends}, sc, x.key, at, letter), sc}
	}
	return blow{desk.Strike(sc, x.key, at, letter), sc}
}

// occurrences count those of a request in the store.
type occurrences struct {
	s       *Server
	counted string
	ends    int64 // the life of the key; 0 for never
}

// Count implements script.Counter. Every replica counts for itself what a key does whose life is over, for counts do not outlive
// it, and everything while the store does not count.
func (o occurrences) Count(fault int, key string) (nth int, ok bool) {
	r, system := &o.s.replicas, clock.System{}
	life := countLife
	if key != "" {
		life = o.s.keptFor(o.ends)
	}
	if alone := r.alone.Load(); life <= 0 || alone != nil && system.Now().Before(*alone) {
		return 0, false
	}
	ctx, cancel := context.WithTimeout(r.life, countPatience)
	defer cancel()
	n, err := o.s.store.Count(ctx, faultKeys+o.s.era()+"/"+o.counted+"/"+strconv.Itoa(fault)+"/"+key, life)
	if err != nil {
		again := system.Now().Add(countAgain)
		if r.alone.Swap(&again) == nil && r.life.Err() == nil {
			o.s.countsAlone(err)
		}
		return 0, false
	}
	if r.alone.Load() != nil {
		r.alone.Store(nil)
	}
	return int(n), true
}

// keptFor is how long the store keeps counts of a key whose life ends then. On a manual clock, which real time does not move, it
// keeps them as if the key lived for long: once the clock has passed its end, they are asked for no more.
func (s *Server) keptFor(ends int64) time.Duration {
	if ends == 0 {
		return countLife
	}
	left := time.UnixMilli(ends).Sub(s.clock.Now())
	if _, manual := s.clock.(*clock.Manual); manual && left > 0 {
		return countLife
	}
	return min(left, countLife)
}

// countsAlone says, when it begins, that the store does not count.
func (s *Server) countsAlone(why error) {
	text := fmt.Sprintf("faults are counted by this replica alone, until the store counts again: %s", why)
	s.log.Warn(text)
	s.journal.Append(scenarios.Entry{Kind: scenarios.Tolerance, Dir: scenarios.Note, Text: text})
}

// era is the part of the keys of counters that a reset changes.
func (s *Server) era() string {
	if era := s.replicas.era.Load(); era != nil {
		return *era
	}
	return ""
}

// adoptEra counts faults where the other replicas do. A reset that was not heard of makes it forget what was counted before. A store
// that has lost the era is given it again, and the others are told, for one may have begun without it.
func (s *Server) adoptEra(ctx context.Context) error {
	given, err := s.lookUpEra(ctx)
	if given {
		s.tell(ctx, sharedEra, nil)
	}
	return err
}

func (s *Server) lookUpEra(ctx context.Context) (given bool, err error) {
	r := &s.replicas
	r.mu.Lock() // over the look-up, so that what was stored last counts
	defer r.mu.Unlock()
	text, ok, err := s.store.Get(ctx, sharedEra)
	if err != nil {
		return false, err
	}
	known := s.era()
	switch era := string(text); {
	case !ok && known != "":
		return s.store.Swap(ctx, sharedEra, nil, []byte(known), 0)
	case ok && era != known:
		r.era.Store(&era)
		s.theatre.desk.Reset()
	}
	return false, nil
}
