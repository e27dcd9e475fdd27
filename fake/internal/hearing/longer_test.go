package hearing_test

import (
	"slices"
	"testing"
	"time"

	"mockamivoice/scenarios/sound"
)

// What begins alike is told apart by what comes later, whatever the encoding, and whatever stands before and after.
func TestLongerDigestTellsApartWhatBeginsAlike(t *testing.T) {
	const rate = 16000
	hello := sound.Speech(rate, time.Second)
	other := slices.Concat(hello[:rate/2], tone(rate, 500*time.Millisecond, 300, 6000, 0.9))
	pad := func(before time.Duration, s []int16, after time.Duration) []int16 {
		return slices.Concat(silence(rate, before), s, silence(rate, after))
	}
	digests := func(format string, audio []byte) (short, longer uint64) {
		_, ends, _ := hear(t, spec(t, format), audio)
		if len(ends) != 1 {
			t.Fatalf("%d utterances", len(ends))
		}
		return ends[0].Voice.Digest, ends[0].Voice.Longer
	}
	short, longer := digests("LSB16K", le(pad(500*time.Millisecond, hello, 2*time.Second)))
	for name, same := range map[string][]int16{
		"itself": pad(500*time.Millisecond, hello, 2*time.Second), "later": pad(5*time.Second, hello, 2*time.Second), "cut off": pad(500*time.Millisecond, hello, 0),
	} {
		if s, l := digests("MSB16K", be(same)); s != short || l != longer {
			t.Errorf("%s: %x %x, want %x %x", name, s, l, short, longer)
		}
	}
	if s, l := digests("LSB16K", le(pad(500*time.Millisecond, other, 2*time.Second))); s != short || l == longer || l == 0 {
		t.Errorf("another sound that begins alike: %x %x beside %x %x", s, l, short, longer)
	}
}
