package script

import "mockamivoice/scenarios"

// Counter counts for several desks together.
type Counter interface {
	// Count counts one more occurrence of what a fault of a scenario is about, which is known by its index, for the key or, empty,
	// for all of them. It returns which one it is, from 1; ok is false when a desk is to count it for itself.
	Count(fault int, key string) (nth int, ok bool)
}

// kind is what faults of one point have in common that are about the same occurrences.
type kind struct {
	of  string
	all bool
}

// StrikeAmong is Strike where c counts for several desks. It is asked once for each kind of occurrence: of the key and of all keys,
// of one letter and of all. D is not locked meanwhile, so that nobody waits for an answer to somebody else.
func (d *Desk) StrikeAmong(c Counter, s *scenarios.Scenario, key string, at scenarios.Point, of string) *scenarios.Fault {
	if s == nil || s.Play == nil {
		return nil
	}
	var strikes *scenarios.Fault
	var counted map[kind]int
	for i := range s.Play.Faults {
		f := &s.Play.Faults[i]
		if !meets(f, at, of) {
			continue
		}
		nth, known := counted[kind{f.Of, f.All}]
		if !known {
			whose := key
			if f.All {
				whose = ""
			}
			nth = d.count(c, s, i, whose)
			if counted == nil {
				counted = make(map[kind]int)
			}
			counted[kind{f.Of, f.All}] = nth
		}
		if strikes == nil && f.Covers(nth) {
			strikes = f
		}
	}
	return strikes
}

// count asks c, and remembers what it said. When it cannot tell, or is behind what was known here before it was asked, because it
// could not be reached for a while or has lost something, the occurrence is one more of those that are known here.
func (d *Desk) count(c Counter, s *scenarios.Scenario, fault int, key string) int {
	d.mu.Lock()
	counts := d.record(key).of(s) // to be written to even if it is forgotten meanwhile, and nobody looks at it any more
	before := counts[fault]
	d.mu.Unlock()
	nth, ok := c.Count(fault, key)
	d.mu.Lock()
	defer d.mu.Unlock()
	if !ok || nth <= before {
		counts[fault]++
		return counts[fault]
	}
	counts[fault] = max(counts[fault], nth)
	return nth
}
