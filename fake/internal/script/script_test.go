package script_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mockamivoice/fake/internal/script"
	"mockamivoice/scenarios"
)

func scenario(t *testing.T, faults string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.ParseScenario("x.yaml", []byte("id: stream.x\ntitle: t\nsurface: stream\nlevel: info\nbasis: assumed\nsource: s\nwhy: w\nplay:\n  faults:\n"+faults))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// strikes are the numbers of the occurrences at which something struck.
func strikes(d *script.Desk, s *scenarios.Scenario, key string, at scenarios.Point, of string, n int) []string {
	var got []string
	for i := range n {
		if f := d.Strike(s, key, at, of); f != nil {
			got = append(got, fmt.Sprintf("%d %s", i+1, f.Do[0]))
		}
	}
	return got
}

func TestFaultsAreCountedForEachKey(t *testing.T) {
	s := scenario(t, "    - {at: stream.feed, nth: 2, do: drop}\n    - {at: stream.feed, nth: 2, times: 2, do: reset}\n    - {at: stream.event, of: A, nth: 2, do: drop}\n")
	var d script.Desk
	want := []string{"2 drop", "3 reset"}
	for _, key := range []string{"one", "two", ""} {
		if got := strikes(&d, s, key, scenarios.AtFeed, "", 5); !slices.Equal(got, want) {
			t.Errorf("key %q: %v, want %v: the first fault wins, and the second goes on counting", key, got, want)
		}
	}
	for _, letter := range []string{"S", "A", "C"} {
		if got := strikes(&d, s, "one", scenarios.AtEvent, letter, 1); got != nil {
			t.Errorf("%s: %v", letter, got)
		}
	}
	if got := strikes(&d, s, "one", scenarios.AtEvent, "A", 2); !slices.Equal(got, []string{"1 drop"}) {
		t.Errorf("only A counts: %v", got)
	}
	d.Forget(s)
	if got := strikes(&d, s, "one", scenarios.AtFeed, "", 5); !slices.Equal(got, want) {
		t.Errorf("after Forget: %v", got)
	}
	if d.Strike(nil, "one", scenarios.AtFeed, "") != nil {
		t.Error("no scenario, no fault")
	}
}

func TestFaultsOfTheWholeServerAreCountedForAllKeys(t *testing.T) {
	s := scenario(t, "    - {at: stream.feed, nth: 2, per: server, do: drop}\n    - {at: stream.feed, nth: 2, per: key, do: reset}\n")
	var d script.Desk
	var got []string
	for _, key := range []string{"one", "two", "two", "one", ""} {
		for _, one := range strikes(&d, s, key, scenarios.AtFeed, "", 1) {
			got = append(got, key+" "+one)
		}
	}
	if want := []string{"two 1 drop", "two 1 reset", "one 1 reset"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestKeysThatWereLetExpire(t *testing.T) {
	var d script.Desk
	at := time.Date(2026, 7, 31, 0, 0, 0, 0, time.UTC)
	if _, ok := d.Expires("one"); ok {
		t.Error("nothing expired yet")
	}
	d.Expire("one", at)
	d.Expire("one", at.Add(time.Hour))
	d.Expire("", at)
	if got, ok := d.Expires("one"); !ok || !got.Equal(at) {
		t.Errorf("%v %v: a key expires once", got, ok)
	}
	if _, ok := d.Expires("two"); ok {
		t.Error("another key is good")
	}
	if _, ok := d.Expires(""); ok {
		t.Error("no key cannot expire")
	}
	d.Reset()
	if _, ok := d.Expires("one"); ok {
		t.Error("Reset forgets")
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	s := scenario(t, "    - {at: stream.feed, nth: 1, do: drop}\n")
	var d script.Desk
	if d.Strike(s, "", scenarios.AtFeed, "") == nil {
		t.Fatal("where no key is known it is met once")
	}
	const keys = 100_001
	for i := range keys {
		if d.Strike(s, fmt.Sprint(i), scenarios.AtFeed, "") == nil {
			t.Fatal("each key meets it once")
		}
	}
	if d.Strike(s, fmt.Sprint(keys-1), scenarios.AtFeed, "") != nil {
		t.Error("the newest key was forgotten")
	}
	if d.Strike(s, "", scenarios.AtFeed, "") != nil {
		t.Error("what is counted for the whole server was forgotten for the sake of keys")
	}
	if d.Strike(s, "0", scenarios.AtFeed, "") == nil {
		t.Error("the oldest key is still there")
	}
}

func TestEveryPointIsKnown(t *testing.T) {
	for _, p := range scenarios.Points() {
		do := "stall"
		s := scenario(t, fmt.Sprintf("    - {at: %s, do: %s}\n", p, do))
		var d script.Desk
		if d.Strike(s, "k", p, "A") == nil || !strings.HasPrefix(string(p), string(p.Surface())) {
			t.Error(p)
		}
	}
}
