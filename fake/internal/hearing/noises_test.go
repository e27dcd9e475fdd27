package hearing_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mockamivoice/scenarios/sound"
)

// The beep is too soft to be an utterance that is not understood. What swells seconds later has nothing to do with it.
func TestASoundOfLongAgoIsOver(t *testing.T) {
	const rate = 16000
	audio := noise(rate, 8*time.Second, 20)
	copy(audio[2*rate:], add(audio[2*rate:], tone(rate, 300*time.Millisecond, 300, 110, 0)))
	for at := 4 * rate; at < 4*rate+6400; at++ {
		audio[at] = int16(float64(audio[at]) * (1 + 1.2*math.Sin(math.Pi*float64(at-4*rate)/6400)))
	}
	if starts, _, _ := hear(t, spec(t, "LSB16K"), le(audio)); len(starts) != 0 {
		t.Errorf("heard at %v", starts)
	}
}

func TestTypingIsNotUnderstood(t *testing.T) {
	const rate = 16000
	audio, r := noise(rate, 12*time.Second, 5), rand.New(rand.NewPCG(6, 6))
	for at := rate; at < 9*rate; at += rate/12 + r.IntN(rate/8) {
		for i := range rate / 30 {
			audio[at+i] += int16(r.NormFloat64() * 2000 * math.Exp(-float64(i)/80))
		}
	}
	_, ends, _ := hear(t, spec(t, "LSB16K"), le(audio))
	for _, e := range ends {
		if e.Voice.Understood {
			t.Errorf("typing is understood: %+v", e)
		}
	}
	if len(ends) == 0 {
		t.Error("typing is not heard")
	}
}

// A rumble, of wind or of what somebody does with a microphone, rises and falls, and looks like itself a moment later. It falls by 6 dB
// an octave, or by 12.
func TestARumbleIsNotSpeech(t *testing.T) {
	for _, name := range []string{"LSB8K", "LSB11K", "LSB16K", "LSB44K"} {
		s := spec(t, name)
		for _, loud := range []float64{800, 3000} {
			for seed := range uint64(10) {
				if starts, _, _ := hear(t, s, le(rumble(seed, s.Format.Rate, 5, loud, false))); len(starts) != 0 {
					t.Errorf("%s, %g, seed %d: heard at %v", name, loud, seed, starts)
				}
			}
		}
		if starts, _, _ := hear(t, s, le(rumble(1, s.Format.Rate, 20, 800, true))); len(starts) != 0 {
			t.Errorf("%s, steep: heard at %v", name, starts)
		}
	}
}

// rumble is 10 s of noise that gets softer from a frequency on.
func rumble(seed uint64, rate int, hz, loud float64, steep bool) []int16 {
	audio, r := silence(rate, 10*time.Second), rand.New(rand.NewPCG(seed, 7))
	var one, two float64
	for i, share := 0, 2*math.Pi*hz/float64(rate); i < len(audio); i++ {
		one += (r.NormFloat64() - one) * share
		if two += (one - two) * share; !steep {
			two = one
		}
		audio[i] = int16(max(min(two*loud/math.Sqrt(share), 32767), -32768))
	}
	return audio
}

// One packet of 20 ms in ten is lost and became silence, or some by chance.
func TestLostPacketsMakeNoSpeechOfNoise(t *testing.T) {
	const rate = 16000
	lose := func(audio []int16, from int) []int16 {
		audio = slices.Clone(audio)
		for at := from; at < len(audio); at += rate / 5 {
			clear(audio[at : at+rate/50])
		}
		return audio
	}
	for _, rms := range []float64{20, 60, 400} {
		calm := noise(rate, 10*time.Second, rms)
		for from, at := range map[string]int{"from the beginning": 0, "after a while": 3*rate + 100} {
			if starts, _, _ := hear(t, spec(t, "LSB16K"), le(lose(calm, at))); len(starts) != 0 {
				t.Errorf("noise of %g, losses %s: heard at %v", rms, from, starts)
			}
		}
	}
	spoken := slices.Concat(silence(rate, 2*time.Second), sound.Speech(rate, 2*time.Second), silence(rate, 3*time.Second))
	r := rand.New(rand.NewPCG(8, 8))
	for _, rms := range []float64{10, 60} {
		for ms := 20; ms <= 60; ms += 20 { // packets in a row
			audio := add(spoken, noise(rate, 7*time.Second, rms))
			for at := rate; at < len(audio)-rate/10; at += rate / 50 { // once the noise is known
				if r.IntN(ms) == 0 { // one of twenty is lost
					clear(audio[at : at+ms*rate/1000])
				}
			}
			starts, ends, _ := hear(t, spec(t, "LSB16K"), le(audio))
			if len(ends) != 1 || !near(starts[0].At, 1800, 100) || !near(ends[0].At, 4200, 100) {
				t.Errorf("speech in noise of %g, %d ms lost at once: %v %v", rms, ms, starts, ends)
			}
		}
	}
}

// Two tones that stand to each other like those of a pilot, at a third of its speed, are followed for most of a second.
func TestABreathIsNoPartOfAFixtureThatIsNone(t *testing.T) {
	const rate = 16000
	tones := add(tone(rate, 160*time.Millisecond, 345, 4000, 0), tone(rate, 160*time.Millisecond, 585, 4000, 0))
	breath := shaped(400*time.Millisecond, 400*time.Millisecond, 150)
	audio := slices.Concat(silence(rate, time.Second), tones, sound.Speech(rate, 200*time.Millisecond), silence(rate, 140*time.Millisecond), breath, silence(rate, 2*time.Second))
	starts, ends, _ := hear(t, spec(t, "LSB16K"), le(add(audio, noise(rate, 4*time.Second, 5))))
	if len(ends) != 1 || !near(ends[0].At, 1560, 60) {
		t.Errorf("%v %v", starts, ends)
	}
}

// A whisper in which something has a pitch, by chance or not, goes on.
func TestAWhisperGoesOn(t *testing.T) {
	const rate = 16000
	whisper := shaped(3*time.Second, 200*time.Millisecond, 1500)
	hum := tone(rate, 200*time.Millisecond, 150, 3000, 0)
	audio := slices.Concat(silence(rate, time.Second), whisper[:rate*3/5], hum, whisper[:rate*14/5], silence(rate, 2*time.Second))
	starts, ends, _ := hear(t, spec(t, "LSB16K"), le(add(audio, noise(rate, 8*time.Second, 5))))
	if len(ends) != 1 || !near(starts[0].At, 800, 60) || !near(ends[0].At, 4800, 60) {
		t.Errorf("%v %v", starts, ends)
	}
}

// The longest utterance is over in the midst of a pause.
func TestACutInAPauseEndsWhereTheSoundDoes(t *testing.T) {
	s := spec(t, "LSB16K")
	s.Utterance = 2 * time.Second
	audio := slices.Concat(silence(16000, time.Second), sound.Speech(16000, 1300*time.Millisecond), silence(16000, 2*time.Second))
	if starts, ends, _ := hear(t, s, le(audio)); len(ends) != 1 || !near(starts[0].At, 800, 40) || !near(ends[0].At, 2500, 40) {
		t.Errorf("%v %v", starts, ends)
	}
}

func TestHearsTheSecondChannelHoweverItIsCut(t *testing.T) {
	var both []int16
	for _, v := range sound.Speech(16000, time.Second) {
		both = append(both, 0, v)
	}
	audio := wav(fmtChunk(1, 2, 16000, 16), le(both))
	for _, size := range []int{0, 1, 3} {
		if _, sum, err := listen(spec(t, "16K"), audio, size); err != nil || sum.Note == "" {
			t.Errorf("in pieces of %d bytes: %+v %v", size, sum, err)
		}
	}
}

// What comes first is taken for noise until there is something softer, however short that is: here 40 ms between soft syllables.
func TestHearsSoftSyllablesFromTheFirstSample(t *testing.T) {
	const rate = 16000
	audio := tone(rate, 100*time.Millisecond, 200, 2000, 0)
	for syllable := range 10 {
		soft := tone(rate, 160*time.Millisecond, 200, 100, 0)
		for i := range soft {
			soft[i] = int16(float64(soft[i]) * (0.3 + float64(syllable%3)/3) * math.Sin(math.Pi*float64(i)/float64(len(soft))))
		}
		audio = slices.Concat(audio, silence(rate, 40*time.Millisecond), soft)
	}
	starts, ends, _ := hear(t, spec(t, "LSB16K"), le(append(audio, silence(rate, 2*time.Second)...)))
	if len(ends) != 1 || starts[0].At != 0 || !near(ends[0].At, 2300, 60) {
		t.Errorf("%v %v", starts, ends)
	}
}
