package hearing_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mockamivoice/scenarios/sound"
)

// voice is a recorded sentence, and how loud it is where it sounds.
func voice(t *testing.T) (samples []int16, rms float64) {
	t.Helper()
	raw := file(t, "speech-ja.raw")
	samples = make([]int16, len(raw)/2)
	var power, sounding float64
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
		if max(samples[i], -samples[i]) > 50 {
			power += float64(samples[i]) * float64(samples[i])
			sounding++
		}
	}
	return samples, math.Sqrt(power / sounding)
}

// A voice is loud at its peaks alone: where only they stand out of the noise, the dips between them tell it from a noise.
func TestHearsAVoiceOverNoise(t *testing.T) {
	clean, rms := voice(t)
	for _, snr := range []float64{12, 15, 20} {
		for seed := range uint64(10) {
			r := rand.New(rand.NewPCG(seed, 9))
			mix := slices.Clone(clean)
			for i := range mix {
				mix[i] = int16(max(min(float64(mix[i])+r.NormFloat64()*rms/math.Pow(10, snr/20), 32767), -32768))
			}
			starts, ends, _ := hear(t, spec(t, "LSB16K"), le(mix))
			if len(ends) != 1 || starts[0].At > 700 || !near(ends[0].At, 2740, 300) || !ends[0].Voice.Understood {
				t.Errorf("SNR %g dB, seed %d: %v %v", snr, seed, starts, ends)
			}
		}
	}
}

func TestClicksAndBeepsAreNotUnderstood(t *testing.T) {
	const rate = 16000
	for _, ms := range []int{40, 100, 140, 300} {
		d := time.Duration(ms) * time.Millisecond
		for name, sound := range map[string][]int16{"beep": tone(rate, d, 1000, 8000, 0), "burst": noise(rate, d, 4000)} {
			audio := slices.Concat(silence(rate, time.Second), sound, silence(rate, 2*time.Second))
			starts, ends, _ := hear(t, spec(t, "LSB16K"), le(audio))
			if len(ends) != 1 || starts[0].At != 800 || ends[0].At != 1200+ms || ends[0].Voice.Understood {
				t.Errorf("a %s of %d ms: %v %v", name, ms, starts, ends)
			}
		}
	}
	beep := tone(rate, 200*time.Millisecond, 1000, 8000, 0)
	audio := slices.Concat(silence(rate, time.Second), beep, silence(rate, 300*time.Millisecond), sound.Speech(rate, time.Second), silence(rate, 2*time.Second))
	if starts, ends, _ := hear(t, spec(t, "LSB16K"), le(audio)); len(ends) != 1 || starts[0].At != 800 || !ends[0].Voice.Understood {
		t.Errorf("speech right after a beep: %v %v", starts, ends)
	}
}

func TestSilentMeansEverySample(t *testing.T) {
	dither := silence(16000, time.Second)
	for i := range dither {
		dither[i] = int16(i%3 - 1)
	}
	click, tail := slices.Clone(dither), append(slices.Clone(dither), 2)
	click[5000] = -17
	for name, c := range map[string]struct {
		audio []int16
		want  bool
	}{
		"one sample": {[]int16{0}, true}, "zero and next to it": {dither, true}, "a click": {click, false},
		"the last sample": {tail, false}, "nothing": {nil, false}, "the lowest sample": {[]int16{-32768}, false},
	} {
		for encoding, audio := range map[string][]byte{"LSB16K": le(c.audio), "MSB16K": be(c.audio)} {
			if _, _, sum := hear(t, spec(t, encoding), audio); sum.Silent != c.want {
				t.Errorf("%s in %s: silent %v", name, encoding, sum.Silent)
			}
		}
	}
}

// A cut that lies inside of a frame leaves nothing that ends before it begins, whenever the speech stops after it.
func TestCutsInsideOfAFrame(t *testing.T) {
	s := spec(t, "LSB8K")
	s.Utterance = 555 * time.Millisecond
	for ms := 200; ms < 1500; ms += 10 {
		speech := sound.Speech(8000, time.Duration(ms)*time.Millisecond)
		hear(t, s, le(slices.Concat(speech, silence(8000, 300*time.Millisecond))))
		hear(t, s, le(speech))
	}
}

// shaped is a hiss that swells and fades once every so often, as breaths and whispered syllables do.
func shaped(d, every time.Duration, rms float64) []int16 {
	hiss := noise(16000, d, rms)
	for i := range hiss {
		hiss[i] = int16(float64(hiss[i]) * math.Pow(math.Sin(math.Pi*float64(i)/16000/every.Seconds()), 2))
	}
	return hiss
}

func TestABreathIsNotSpeech(t *testing.T) {
	const rate = 16000
	for _, ms := range []int{350, 450, 550} {
		for _, loud := range []float64{50, 300, 1000} {
			d := time.Duration(ms) * time.Millisecond
			alone := slices.Concat(silence(rate, time.Second), shaped(d, d, loud), silence(rate, 2*time.Second))
			if starts, _, _ := hear(t, spec(t, "LSB16K"), le(add(alone, noise(rate, 4*time.Second, 5)))); len(starts) != 0 {
				t.Errorf("a breath of %d ms, as loud as %g, is heard at %v", ms, loud, starts)
			}
		}
	}
	spoken := slices.Concat(silence(rate, time.Second), sound.Speech(rate, time.Second), silence(rate, 500*time.Millisecond))
	breath := shaped(400*time.Millisecond, 400*time.Millisecond, 100)
	again := slices.Concat(spoken, breath, silence(rate, 120*time.Millisecond), sound.Speech(rate, time.Second), silence(rate, 2*time.Second))
	if starts, ends, _ := hear(t, spec(t, "LSB16K"), le(again)); len(ends) != 2 || !near(ends[0].At, 2200, 60) || !near(starts[1].At, 2820, 60) {
		t.Errorf("a breath between utterances: %v %v", starts, ends)
	}
}

func TestAWhisperIsSpeech(t *testing.T) {
	const rate = 16000
	audio := slices.Concat(silence(rate, time.Second), shaped(2*time.Second, 200*time.Millisecond, 1500), silence(rate, 2*time.Second))
	starts, ends, _ := hear(t, spec(t, "LSB16K"), le(add(audio, noise(rate, 5*time.Second, 5))))
	if len(ends) != 1 || !near(starts[0].At, 800, 60) || !near(ends[0].At, 3200, 60) || !ends[0].Voice.Understood {
		t.Errorf("a whisper: %v %v", starts, ends)
	}
}

func TestConsonantsBelongToTheirVowels(t *testing.T) {
	const rate = 16000
	hiss := noise(rate, 120*time.Millisecond, 80) // softer than a click or a cough
	vowel := sound.Speech(rate, time.Second)
	afterwards := map[int]int{0: 2320, 60: 2380, 300: 2200}
	for gap, want := range map[int]int{0: 800, 60: 800, 300: 1220} {
		audio := slices.Concat(silence(rate, time.Second), hiss, silence(rate, time.Duration(gap)*time.Millisecond), vowel, silence(rate, 2*time.Second))
		if starts, ends, _ := hear(t, spec(t, "LSB16K"), le(audio)); len(ends) != 1 || !near(starts[0].At, want, 40) {
			t.Errorf("a hiss %d ms before a vowel: from %v, want %d", gap, starts, want)
		}
		audio = slices.Concat(silence(rate, time.Second), vowel, silence(rate, time.Duration(gap)*time.Millisecond), hiss, silence(rate, 2*time.Second))
		if _, ends, _ := hear(t, spec(t, "LSB16K"), le(audio)); len(ends) != 1 || !near(ends[0].At, afterwards[gap], 40) {
			t.Errorf("a hiss %d ms after a vowel: to %v", gap, ends)
		}
	}
}
