package script_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"mockamivoice/fake/internal/script"
	"mockamivoice/scenarios"
)

// ledger is a counter of several desks. It cannot tell while it is away.
type ledger struct {
	mu     sync.Mutex
	counts map[string]int
	asked  []string
	away   bool
	during func() // is called while it counts
}

func (l *ledger) Count(fault int, key string) (int, bool) {
	if l.during != nil {
		l.during()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	name := fmt.Sprint(fault, key)
	l.asked = append(l.asked, name)
	if l.away {
		return 0, false
	}
	if l.counts == nil {
		l.counts = make(map[string]int)
	}
	l.counts[name]++
	return l.counts[name], true
}

// struck is what strikes at the points of a stream, empty where nothing does.
func (l *ledger) struck(d *script.Desk, s *scenarios.Scenario, key string, at scenarios.Point, of string) string {
	if f := d.StrikeAmong(l, s, key, at, of); f != nil {
		return fmt.Sprint(f.Do[0])
	}
	return ""
}

func TestDesksCountTogether(t *testing.T) {
	const text = "    - {at: stream.feed, nth: 2, do: drop}\n    - {at: stream.feed, nth: 2, times: 2, do: reset}\n    - {at: stream.feed, nth: 5, per: server, do: stall}\n"
	one, two := scenario(t, text), scenario(t, text) // each has parsed its own
	var a, b script.Desk
	var l ledger
	var got []string
	for _, key := range []string{"one", "two"} {
		for range 2 {
			got = append(got, l.struck(&a, one, key, scenarios.AtFeed, ""), l.struck(&b, two, key, scenarios.AtFeed, ""))
		}
	}
	if want := []string{"", "drop", "reset", "", "stall", "drop", "reset", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if want := []string{"0one", "2", "0one", "2"}; !slices.Equal(l.asked[:4], want) {
		t.Errorf("%q: occurrences of the key are counted once for both faults, and those of all keys", l.asked)
	}
}

func TestOnlyWhatAFaultIsAboutIsCountedTogether(t *testing.T) {
	s := scenario(t, "    - {at: stream.event, of: A, nth: 2, do: drop}\n    - {at: stream.event, nth: 3, do: duplicate}\n")
	var d script.Desk
	var l ledger
	for _, at := range []scenarios.Point{scenarios.AtStart, scenarios.AtFeed, scenarios.AtEnd, scenarios.AtIssue} {
		l.struck(&d, s, "one", at, "")
	}
	if d.StrikeAmong(&l, nil, "one", scenarios.AtFeed, "") != nil || len(l.asked) > 0 {
		t.Errorf("asked for %q", l.asked)
	}
	got := []string{l.struck(&d, s, "one", scenarios.AtEvent, "A"), l.struck(&d, s, "one", scenarios.AtEvent, "S"), l.struck(&d, s, "one", scenarios.AtEvent, "A")}
	if want := []string{"", "", "drop"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q: the first of the file wins", got, want)
	}
	if want := []string{"0one", "1one", "1one", "0one", "1one"}; !slices.Equal(l.asked, want) {
		t.Errorf("%q, want %q: an S is no A", l.asked, want)
	}
}

func TestADeskCountsForItselfWhenTheCounterIsAway(t *testing.T) {
	s := scenario(t, "    - {at: stream.feed, nth: 4, do: drop}\n")
	var d script.Desk
	var l ledger
	feed := func() string { return l.struck(&d, s, "one", scenarios.AtFeed, "") }
	got := []string{feed(), feed()}
	l.away = true
	got = append(got, feed())
	l.away = false // it stands at 2
	got = append(got, feed(), feed())
	l.counts = nil // it has lost everything
	got = append(got, feed(), feed(), feed(), feed())
	if want := []string{"", "", "", "drop", "", "", "", "", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q: neither a break nor a loss counts anew", got, want)
	}
}

func TestWhatIsForgottenWhileItIsCountedStaysForgotten(t *testing.T) {
	s := scenario(t, "    - {at: stream.feed, nth: 2, do: drop}\n")
	var d script.Desk
	l := ledger{counts: map[string]int{"0one": 5}}
	l.during = func() {
		l.during = nil
		d.Reset() // and so does the counter, behind this
	}
	l.struck(&d, s, "one", scenarios.AtFeed, "")
	l.counts = nil
	if got := []string{l.struck(&d, s, "one", scenarios.AtFeed, ""), l.struck(&d, s, "one", scenarios.AtFeed, "")}; !slices.Equal(got, []string{"", "drop"}) {
		t.Errorf("%q", got)
	}
}

func TestOfManyOccurrencesAtOnceOneIsTheNth(t *testing.T) {
	s := scenario(t, "    - {at: stream.feed, nth: 100, do: drop}\n")
	var desks [2]script.Desk
	var l ledger
	var all sync.WaitGroup
	var mu sync.Mutex
	struck := 0
	for n := range 200 {
		all.Go(func() {
			if l.struck(&desks[n%2], s, "one", scenarios.AtFeed, "") != "" {
				mu.Lock()
				defer mu.Unlock()
				struck++
			}
		})
	}
	all.Wait()
	if struck != 1 {
		t.Errorf("it struck %d times", struck)
	}
}
