// Package speechset makes recordings of synthesized speech whose utterances are known, for the tests of speech detection.
//
// The voices are those of espeak-ng, in four languages, at several speeds; gaps between them are known, and noise is added at known
// levels. A set is the same every time, as far as espeak-ng is.
package speechset

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
)

// Set is a choice of voices, of what they say, and of chance.
type Set struct {
	Name   string
	Seed   uint64
	voices []voice
}

// voice is a voice of espeak-ng, such as ja+m3, and what it says.
type voice struct {
	name    string
	phrases []string
}

// Span is where an utterance sounds, in milliseconds from the beginning of the recording: from the first to the last 10 ms in which
// the synthesized speech, before anything is done to it, is at most 35 dB softer than its loudest 10 ms.
type Span struct{ Start, End int }

// Recording is a stretch of audio of one channel, and the truth about it.
type Recording struct {
	Name       string // voice, speed and condition
	Condition  string // what was done to it; a name of Conditions
	Rate       int    // samples per second
	Samples    []int16
	Utterances []Span
}

const (
	rate       = 16000 // samples per second, but for the telephone
	utterances = 4     // of each recording
)

// Recordings makes the recordings of a set, one after another. It needs the command espeak-ng.
func (s Set) Recordings(ctx context.Context) iter.Seq2[Recording, error] {
	return func(yield func(Recording, error) bool) {
		for _, v := range s.voices {
			for _, speed := range []int{120, 160, 210} { // words per minute; 175 is what espeak-ng does unasked
				phrases, err := speak(ctx, v, speed)
				if err != nil {
					yield(Recording{}, err)
					return
				}
				for _, c := range conditions() {
					name := fmt.Sprintf("%s, %d words a minute, %s", v.name, speed, c.name)
					if !yield(s.make(name, c, phrases), nil) {
						return
					}
				}
			}
		}
	}
}

// make puts phrases together: each utterance is one to three of them with pauses of less than 600 ms. Between utterances lie gaps of
// at least 1.5 s, before the first and after the last one as little as 100 ms.
func (s Set) make(name string, c condition, phrases [][]float64) Recording {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := rand.New(rand.NewPCG(s.Seed, h.Sum64()))
	speech := quiet(r, 100, 2000)
	var spans []Span
	for n := range utterances {
		start := len(speech)
		for i := range 1 + r.IntN(3) {
			if i > 0 {
				speech = append(speech, quiet(r, 200, 600)...)
			}
			speech = append(speech, phrases[r.IntN(len(phrases))]...)
		}
		spans = append(spans, Span{start, len(speech)})
		least := 1500
		if n == utterances-1 {
			least = 100
		}
		speech = append(speech, quiet(r, least, 3000)...)
	}
	scale(speech, decibels(-26+6*(2*r.Float64()-1))*32768/level(speech))
	samples, hz := c.apply(r, speech, spans)
	for i, u := range spans {
		spans[i] = Span{u.Start * 1000 / rate, u.End * 1000 / rate}
	}
	return Recording{Name: name, Condition: c.name, Rate: hz, Samples: samples, Utterances: spans}
}

// quiet is silence of between least and most milliseconds.
func quiet(r *rand.Rand, least, most int) []float64 {
	return make([]float64, (least+r.IntN(most-least))*rate/1000)
}

// decibels is the factor of an amplitude.
func decibels(db float64) float64 { return math.Pow(10, db/20) }

func scale(samples []float64, factor float64) {
	for i := range samples {
		samples[i] *= factor
	}
}

// level is the root mean square of what is at most 30 dB softer than the loudest 10 ms.
func level(samples []float64) float64 {
	loud := powers(samples, rate/100)
	least := slices.Max(loud) * decibels(-30) * decibels(-30)
	sum, n := 0., 0.
	for _, p := range loud {
		if p > least {
			sum, n = sum+p, n+1
		}
	}
	return math.Sqrt(sum / n)
}

// powers are the mean squares of windows.
func powers(samples []float64, window int) []float64 {
	var all []float64
	for w := range slices.Chunk(samples, window) {
		sum := 0.
		for _, v := range w {
			sum += v * v
		}
		all = append(all, sum/float64(len(w)))
	}
	return all
}
