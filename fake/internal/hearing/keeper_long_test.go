package hearing_test

import (
	"slices"
	"testing"
	"time"

	"mockamivoice/scenarios/sound"
)

// Somebody who speaks on and on gets an utterance of the longest duration and, at once, another one. What is kept of the second must
// be its own sound, even if the first had more than is kept.
func TestKeepsTheSoundOfWhatFollowsALongUtterance(t *testing.T) {
	const rate = 16000
	audio := slices.Concat(silence(rate, time.Second), sound.Speech(rate, 44*time.Second), silence(rate, 2*time.Second))
	ends := kept(t, "LSB16K", le(audio), 40*time.Second, 3200)
	if len(ends) != 2 {
		t.Fatal(ends)
	}
	begin, second := ends[0].At*rate/1000, ends[1].Sound.Samples
	if n, want := len(second), (ends[1].At-ends[0].At)*rate/1000; n < want-rate/50 || n > want {
		t.Fatalf("%d samples are kept of the second utterance, want %d", n, want)
	}
	if i := begin + (ends[1].At-ends[0].At)*rate/1000 - len(second); !slices.Equal(second, audio[i:i+len(second)]) {
		t.Error("what is kept of the second utterance is not its sound")
	}
}
