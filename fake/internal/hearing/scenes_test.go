package hearing_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mockamivoice/scenarios/sound"
)

// scene is some seconds of what nobody thought of: noise whose level jumps or wanders, and in it tones, hisses, swells, holes and speech.
func scene(r *rand.Rand, rate int) []int16 {
	level, step, n := 3*r.Float64(), 0., rate*(3+r.IntN(6))
	mix := make([]float64, n)
	for i := range mix {
		if i%(rate/4) == 0 {
			step = 0
			if r.IntN(6) == 0 {
				step = r.NormFloat64() * 0.3 / float64(rate/4)
			}
		}
		level = min(max(level+step, 0), 4)
		mix[i] = r.NormFloat64() * (math.Pow(10, level) - 1) / 3
	}
	for range r.IntN(12) {
		at, d := r.IntN(n), 1+r.IntN(rate*(1+r.IntN(2)))
		part, loud := mix[at:min(at+d, n)], math.Pow(10, 4.3*r.Float64())
		hz, kind := 50*math.Pow(2, 6*r.Float64()), r.IntN(5)
		var spoken []int16
		if kind == 4 {
			spoken = sound.Speech(rate, 2*time.Second)
		}
		for i := range part {
			swell := math.Sin(math.Pi * float64(i) / float64(len(part)))
			switch kind {
			case 0:
				part[i] += loud * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
			case 1:
				part[i] += loud * r.NormFloat64()
			case 2:
				part[i] *= 1 + 3*swell
			case 3:
				part[i] = 0
			case 4:
				part[i] += loud / 10000 * float64(spoken[i])
			}
		}
	}
	out := make([]int16, n)
	for i, v := range mix {
		out[i] = int16(max(min(v, 32767), -32768))
	}
	return out
}

// Whatever sounds, what is heard is well-formed, and the same for any cuts.
func TestAnySceneIsHeardInOrder(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 4))
		rate := []string{"LSB8K", "LSB11K", "LSB16K", "LSB22K", "LSB44K"}[r.IntN(5)]
		s := spec(t, rate)
		s.Utterance = []time.Duration{0, time.Millisecond, 555 * time.Millisecond, 2 * time.Second}[r.IntN(4)]
		audio := le(scene(r, s.Format.Rate))
		events, sum, err := listen(s, audio, 0)
		if err != nil {
			t.Fatal(err)
		}
		check(t, s, events)
		if again, sum2, _ := listen(s, audio, 1+r.IntN(4000)); !slices.Equal(events, again) || sum != sum2 {
			t.Fatalf("seed %d: at once %v, in pieces %v", seed, events, again)
		}
	}
}
