package speechset

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// condition is what is done to speech. The noise is snr decibels softer than the speech.
type condition struct {
	name string
	good bool // 20 dB of signal to noise, or more
	do   func(r *rand.Rand, speech []float64, spans []Span) []float64
	line bool // what a telephone makes of it: 8 kHz, in 8 bits
}

// Conditions are the names of what is done to recordings, and whether they are good: 20 dB of signal to noise, or more.
func Conditions() (names []string, good map[string]bool) {
	good = map[string]bool{}
	for _, c := range conditions() {
		names = append(names, c.name)
		good[c.name] = c.good
	}
	return names, good
}

func conditions() []condition {
	with := func(noise func(*rand.Rand, int) []float64, snr float64) func(*rand.Rand, []float64, []Span) []float64 {
		return func(r *rand.Rand, speech []float64, _ []Span) []float64 {
			return mixed(speech, noise(r, len(speech)), snr)
		}
	}
	return []condition{
		{"digital silence", true, with(white, math.Inf(1)), false},
		{"quiet room (pink noise, 35 dB)", true, with(pink, 35), false},
		{"white noise, 30 dB", true, with(white, 30), false},
		{"white noise, 20 dB", true, with(white, 20), false},
		{"pink noise, 20 dB", true, with(pink, 20), false},
		{"pink noise that swells and fades by 3 dB, 20 dB", true, with(street, 20), false},
		{"hum of 50 Hz, 20 dB", true, with(func(_ *rand.Rand, n int) []float64 { return hum(50, n) }, 20), false},
		{"hum of 60 Hz, 20 dB", true, with(func(_ *rand.Rand, n int) []float64 { return hum(60, n) }, 20), false},
		{"clipped by 12 dB, quiet room", true, clipped, false},
		{"breaths between the words, quiet room", true, breathing, false},
		{"telephone: 300 to 3400 Hz, 8 kHz, white noise, 30 dB", true, telephone(30), true},
		{"telephone: 300 to 3400 Hz, 8 kHz, white noise, 20 dB", true, telephone(20), true},
		{"very soft: -50 dBFS, white noise, 20 dB", true, soft, false},
		{"white noise, 15 dB", false, with(white, 15), false},
		{"white noise, 10 dB", false, with(white, 10), false},
		{"pink noise, 10 dB", false, with(pink, 10), false},
	}
}

// apply does it, and makes samples of the result.
func (c condition) apply(r *rand.Rand, speech []float64, spans []Span) (samples []int16, hz int) {
	mix, hz := c.do(r, speech, spans), rate
	if c.line {
		mix, hz = muLawed(mix), rate/2
	}
	samples = make([]int16, len(mix))
	for i, v := range mix {
		samples[i] = int16(math.Round(max(min(v, 32767), -32768)))
	}
	return samples, hz
}

// mixed is speech with noise that is snr decibels softer.
func mixed(speech, noise []float64, snr float64) []float64 {
	sum := 0.
	for _, v := range noise {
		sum += v * v
	}
	factor := level(speech) * decibels(-snr) / math.Sqrt(sum/float64(len(noise)))
	out := make([]float64, len(speech))
	for i := range out {
		out[i] = speech[i] + factor*noise[i]
	}
	return out
}

func white(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return out
}

// pink falls by 3 dB an octave, as the noise of rooms does: a sum of white noises that change at halving rates.
func pink(r *rand.Rand, n int) []float64 {
	const octaves = 10
	out := make([]float64, n)
	var rows [octaves]float64
	sum := 0.
	for i := range out {
		k := min(bits.TrailingZeros(uint(i)|1<<(octaves-1)), octaves-1) //nolint:gosec // an index
		v := r.NormFloat64()
		sum, rows[k] = sum+v-rows[k], v
		out[i] = sum + r.NormFloat64()
	}
	return out
}

// street is pink noise whose level wanders by 3 dB up and down in some seconds.
func street(r *rand.Rand, n int) []float64 {
	out, phase := pink(r, n), 2*math.Pi*r.Float64()
	for i := range out {
		t := float64(i) / rate
		out[i] *= decibels(2*math.Sin(2*math.Pi*t/5.3+phase) + math.Sin(2*math.Pi*t/1.9))
	}
	return out
}

// hum is that of the mains, with its overtones.
func hum(hz float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		for k := 1.; k <= 6; k++ {
			out[i] += math.Sin(2*math.Pi*hz*k*float64(i)/rate+k*k) / k
		}
	}
	return out
}

func clipped(r *rand.Rand, speech []float64, _ []Span) []float64 {
	mix := mixed(speech, pink(r, len(speech)), 35)
	peak := 0.
	for _, v := range mix {
		peak = max(peak, math.Abs(v))
	}
	scale(mix, decibels(12)*32767/peak)
	return mix
}

// breathing puts a breath into every gap, the half of them right before the next utterance: filtered noise that swells and fades for
// 300 to 500 ms, 22 to 28 dB softer than the speech.
func breathing(r *rand.Rand, speech []float64, spans []Span) []float64 {
	mix, loud := mixed(speech, pink(r, len(speech)), 40), level(speech)
	for i := 1; i < len(spans); i++ {
		n := (300 + r.IntN(200)) * rate / 1000
		at := spans[i].Start - n - rate/8
		if i%2 == 0 {
			at = (spans[i-1].End + spans[i].Start - n) / 2
		}
		gain := loud * decibels(-22-6*r.Float64())
		low := 0.
		for k := range n {
			v := r.NormFloat64()
			low += (v - low) * 0.4
			mix[at+k] += 1.8 * gain * (v - low) * math.Pow(math.Sin(math.Pi*float64(k)/float64(n)), 2)
		}
	}
	return mix
}

func telephone(snr float64) func(*rand.Rand, []float64, []Span) []float64 {
	return func(r *rand.Rand, speech []float64, _ []Span) []float64 {
		return mixed(line(speech), line(white(r, len(speech))), snr)
	}
}

func soft(r *rand.Rand, speech []float64, _ []Span) []float64 {
	mix := mixed(speech, white(r, len(speech)), 20)
	scale(mix, 32768*decibels(-50)/level(speech))
	return mix
}

// muLawed has the coarse steps of a telephone: 8 bits a sample, logarithmic with µ = 255.
func muLawed(samples []float64) []float64 {
	const mu, steps = 255., 127.
	out := make([]float64, len(samples))
	for i, v := range samples {
		x := max(min(v/32768, 1), -1)
		y := math.Round(math.Log1p(mu*math.Abs(x))/math.Log1p(mu)*steps) / steps
		out[i] = math.Copysign(math.Expm1(y*math.Log1p(mu))/mu*32768, x)
	}
	return out
}

// line is what a telephone line lets through, 300 to 3400 Hz, at half the rate: a windowed sinc of 129 taps.
func line(samples []float64) []float64 {
	const half, low, high = 64, 300., 3400.
	var taps [2*half + 1]float64
	for i := range taps {
		x := float64(i - half)
		taps[i] = (2*high/rate*sinc(2*high/rate*x) - 2*low/rate*sinc(2*low/rate*x)) * (0.5 + 0.5*math.Cos(math.Pi*x/(half+1)))
	}
	out := make([]float64, len(samples)/2)
	for i := range out {
		from := max(2*i-half, 0)
		for k, v := range samples[from:min(2*i+half+1, len(samples))] {
			out[i] += taps[from-2*i+half+k] * v
		}
	}
	return out
}
