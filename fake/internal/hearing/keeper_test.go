package hearing_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/scenarios/sound"
)

func kept(t *testing.T, format string, audio []byte, utterance time.Duration, size int) []hearing.SpeechEnd {
	t.Helper()
	s := spec(t, format)
	s.Keep, s.Utterance = true, utterance
	l := hearing.NewListener(s)
	var ends []hearing.SpeechEnd
	take := func(events []hearing.Event, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e, ok := e.(hearing.SpeechEnd); ok {
				ends = append(ends, e)
			}
		}
	}
	for p := range slices.Chunk(audio, size) {
		take(l.Write(p))
	}
	take(l.Close())
	return ends
}

func level(samples []int16) float64 {
	var sum float64
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(max(len(samples), 1)))
}

func TestKeepsTheSamplesOfAnUtterance(t *testing.T) {
	gap := silence(16000, 5*time.Second)
	speech := sound.Speech(16000, time.Second)
	audio := slices.Concat(gap, speech, gap, speech, silence(16000, 300*time.Millisecond))
	for _, size := range []int{2, 641, 1 << 20} {
		ends := kept(t, "LSB16K", le(audio), 0, size)
		if len(ends) != 2 {
			t.Fatal(ends)
		}
		start := 0
		for i, e := range ends {
			from := 16 * (5000*(i+1) + 1000*i - 200) // 200 ms are taken before the sound
			if i == 0 {
				start = len(e.Sound.Samples)
			}
			if len(e.Sound.Samples) < 16000 || len(e.Sound.Samples) > 16*1500 || len(e.Sound.Samples) > start+1600 {
				t.Fatalf("%d: %d samples", i, len(e.Sound.Samples))
			}
			offset := slices.IndexFunc([]int{0, 320, -320, 640, -640}, func(o int) bool {
				return slices.Equal(e.Sound.Samples, audio[from+o:from+o+len(e.Sound.Samples)])
			})
			if offset < 0 {
				t.Errorf("utterance %d is not what was heard there", i)
			}
		}
	}
}

func TestKeepsSamplesAtOneRate(t *testing.T) {
	for name, rate := range map[string]int{"LSB8K": 8000, "LSB11K": 11025, "LSB22K": 22050, "LSB48K": 48000} {
		speech := sound.Speech(rate, 2*time.Second)
		ends := kept(t, name, le(slices.Concat(silence(rate, time.Second), speech, silence(rate, time.Second))), 0, 4000)
		if len(ends) != 1 {
			t.Fatal(name, ends)
		}
		if n, want := len(ends[0].Sound.Samples), 16*2400; !near(n, want, 16*150) {
			t.Errorf("%s: %d samples, want about %d", name, n, want)
		}
		if got, want := level(ends[0].Sound.Samples), level(speech)*math.Sqrt(2/2.4); math.Abs(got/want-1) > 0.1 {
			t.Errorf("%s: as loud as %g, want %g", name, got, want)
		}
	}
}

func TestKeepsNoMoreThanThirtySeconds(t *testing.T) {
	audio := slices.Concat(sound.Speech(16000, 40*time.Second), silence(16000, 3*time.Second), sound.Speech(16000, time.Second), silence(16000, time.Second))
	ends := kept(t, "LSB16K", le(audio), time.Minute, 3200)
	if len(ends) != 2 || len(ends[0].Sound.Samples) != 30*16000 || !near(len(ends[1].Sound.Samples), 16*1400, 16*200) {
		t.Fatalf("%d utterances: %d and %d samples", len(ends), len(ends[0].Sound.Samples), len(ends[len(ends)-1].Sound.Samples))
	}
	if level(ends[1].Sound.Samples) < 100 {
		t.Error("the second one is silent")
	}
	if got := kept(t, "LSB16K", le(audio), 0, 3200); len(got) != 3 || len(got[0].Sound.Samples) > 30*16000 {
		t.Errorf("cut at 30 s: %d utterances", len(got))
	}
}

func TestKeepsNothingUnlessAsked(t *testing.T) {
	if _, ends, _ := hear(t, spec(t, "LSB16K"), le(slices.Concat(sound.Speech(16000, time.Second), silence(16000, 2*time.Second)))); len(ends) != 1 || ends[0].Sound != nil {
		t.Errorf("%v", ends)
	}
}
