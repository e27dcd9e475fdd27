package hearing_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/internal/speechset"
)

const (
	padding   = 200 // ms that S and E keep from the sound (observed, from samples)
	tolerance = 100 // ms between what was said and what was heard
)

// tally is how the utterances of some recordings were heard.
type tally struct {
	all, near, lost, invented int
	starts, ends              []int // by how much later than the truth, ms
}

// compare finds each utterance of the truth among those that were heard.
func (c *tally) compare(truth []speechset.Span, duration int, starts []hearing.SpeechStart, ends []hearing.SpeechEnd) (complaints []string) {
	c.all += len(truth)
	heard := 0
	for _, u := range truth {
		i := slices.IndexFunc(ends[heard:], func(e hearing.SpeechEnd) bool { return e.At > u.Start }) + heard
		if i < heard || starts[i].At >= u.End || !ends[i].Voice.Understood {
			c.lost++
			complaints = append(complaints, fmt.Sprintf("%v is lost", u))
			continue
		}
		c.invented += i - heard
		heard = i + 1
		start, end := starts[i].At-max(u.Start-padding, 0), ends[i].At-min(u.End+padding, duration)
		c.starts, c.ends = append(c.starts, start), append(c.ends, end)
		if near(start, 0, tolerance) && near(end, 0, tolerance) {
			c.near++
		} else {
			complaints = append(complaints, fmt.Sprintf("%v is heard from %+d to %+d", u, start, end))
		}
	}
	c.invented += len(ends) - heard
	if n := len(ends) - len(truth); n > 0 {
		complaints = append(complaints, fmt.Sprintf("%d are invented", n))
	}
	return complaints
}

func (c *tally) add(other *tally) {
	c.all, c.near, c.lost, c.invented = c.all+other.all, c.near+other.near, c.lost+other.lost, c.invented+other.invented
	c.starts, c.ends = append(c.starts, other.starts...), append(c.ends, other.ends...)
}

// String is a row of the table in docs/AUDIO.md.
func (c *tally) String() string {
	middle := func(v []int) string {
		slices.Sort(v)
		return fmt.Sprintf("%+d to %+d", v[len(v)/20], v[len(v)*19/20])
	}
	return fmt.Sprintf("%d | %.1f %% | %d | %d | %s | %s |", c.all, 100*float64(c.near)/float64(c.all), c.lost, c.invented, middle(c.starts), middle(c.ends))
}

// The figures of the detector were chosen with the development set alone.
func TestUtterancesOfSynthesizedSpeech(t *testing.T) {
	if testing.Short() {
		t.Skip("synthesizes hours of speech")
	}
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		if os.Getenv("MOCKAMIVOICE_REQUIRE_RECOGNIZER") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	names, good := speechset.Conditions()
	for _, set := range []speechset.Set{speechset.Development(), speechset.HeldOut()} {
		t.Run(set.Name, func(t *testing.T) {
			t.Parallel()
			tallies := hearSet(t, set, good)
			var table strings.Builder
			var all tally
			for _, name := range names {
				fmt.Fprintf(&table, "| %s | %s\n", name, tallies[name])
				if good[name] {
					all.add(tallies[name])
				}
			}
			fmt.Fprintf(&table, "| **all with 20 dB or more** | %s\n", &all)
			t.Logf("\n%s", table.String())
			if 100*all.near < 95*all.all || all.lost > 0 || all.invented > 0 {
				t.Errorf("of %d utterances at 20 dB or better %d are heard within %d ms, %d are lost, %d invented; want 95 %%, 0, 0", all.all, all.near, tolerance, all.lost, all.invented)
			}
		})
	}
}

// hearSet hears all recordings of a set. It tells by condition how.
func hearSet(t *testing.T, set speechset.Set, good map[string]bool) map[string]*tally {
	t.Helper()
	tallies := map[string]*tally{}
	for name := range good {
		tallies[name] = &tally{}
	}
	for r, err := range set.Recordings(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		starts, ends, sum := hear(t, spec(t, fmt.Sprintf("LSB%dK", r.Rate/1000)), le(r.Samples))
		if wrong := tallies[r.Condition].compare(r.Utterances, sum.Duration, starts, ends); len(wrong) > 0 && good[r.Condition] {
			t.Logf("%s: %s", r.Name, strings.Join(wrong, "; "))
		}
	}
	return tallies
}
