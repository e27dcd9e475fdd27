// Package sound makes the test audio of scenarios, in every format without compression that the service takes.
package sound

import (
	"math"
	"math/rand/v2"
	"time"
)

// Speech is a sound that is heard as speech: a hum with the overtones of a voice that rises and falls five times a second and
// never stops. It has rate samples a second and is always the same.
func Speech(rate int, d time.Duration) []int16 {
	samples := Silence(rate, d)
	for i := range samples {
		t := float64(i) / float64(rate)
		syllable, place := math.Modf(t * 5)
		loudness := 0.02 + math.Pow(math.Sin(math.Pi*place), 2)*(0.6+0.4*math.Sin(syllable*1.7))
		pitch := 118 + 14*math.Sin(2*math.Pi*0.7*t)
		var v float64
		for harmonic := 1.; harmonic <= 8; harmonic++ {
			v += math.Sin(2*math.Pi*pitch*harmonic*t) / harmonic
		}
		samples[i] = int16(6000 * loudness * v)
	}
	return samples
}

// Silence is digital silence.
func Silence(rate int, d time.Duration) []int16 {
	return make([]int16, int(d.Seconds()*float64(rate)))
}

// Noise is a hiss, too faint and too even to be speech, and always the same.
func Noise(rate int, d time.Duration) []int16 {
	const loudest = 40
	random := rand.New(rand.NewPCG(1, 2))
	samples := Silence(rate, d)
	for i := range samples {
		samples[i] = int16(random.IntN(2*loudest+1) - loudest)
	}
	return samples
}
