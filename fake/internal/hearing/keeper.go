package hearing

import "encoding/binary"

// SoundRate is the rate of the samples of a Sound.
const SoundRate = 16000

const (
	mostSound = 30 * SoundRate // samples of an utterance that are kept
	before    = 2 * SoundRate  // samples that are kept while nobody speaks: as far back as an utterance can begin
)

// Sound is what an utterance sounds like: samples of the first channel at SoundRate, from its beginning, padding included.
type Sound struct{ Samples []int16 }

// keeper holds the samples of the utterance that is open, or the last ones before it, at SoundRate. Going down it takes means, going
// up it draws lines, which is filter enough for speech.
type keeper struct {
	rate    int
	from    int64 // of the first sample that is held, at SoundRate
	total   int64 // samples at SoundRate so far; those of an utterance that is too long are not held
	samples []int16
	phase   int // of SoundRate in rate
	sum, n  int
	last    int
}

func (k *keeper) add(v int16) {
	k.sum += int(v)
	k.n++
	before := k.phase
	for k.phase += SoundRate; k.phase >= k.rate; k.phase -= k.rate {
		out := k.sum / max(k.n, 1)
		if k.rate < SoundRate {
			part := k.rate - before
			before -= k.rate
			out = k.last + (int(v)-k.last)*part/SoundRate
		}
		k.sum, k.n = 0, 0
		k.push(int16(out)) //nolint:gosec // it lies between samples
	}
	k.last = int(v)
}

func (k *keeper) push(v int16) {
	if len(k.samples) < mostSound+before {
		k.samples = append(k.samples, v)
	}
	k.total++
}

func (k *keeper) pcm(p []byte) {
	for ; len(p) >= 2; p = p[2:] {
		k.add(int16(binary.LittleEndian.Uint16(p))) //nolint:gosec // the bits of the sample
	}
}

// trim lets go of what no utterance needs: what comes before the one that is open, and all but the last samples while none is.
func (k *keeper) trim(speaking bool, beginMs int) {
	switch begin := int64(beginMs) * SoundRate / 1000; {
	case speaking && begin > k.from:
		k.drop(int(begin - k.from))
		if len(k.samples) == 0 { // the one before was longer than what is held
			k.from = k.total
		}
	case !speaking && k.from+int64(len(k.samples)) != k.total: // it was too long: what comes next begins anew
		k.samples, k.from = k.samples[:0], k.total
	case !speaking && len(k.samples) > 2*before:
		k.drop(len(k.samples) - before)
	}
}

func (k *keeper) drop(n int) {
	n = min(n, len(k.samples))
	k.samples = append(k.samples[:0], k.samples[n:]...)
	k.from += int64(n)
}

// cut are the samples of an utterance, which is over; nil where none are kept. What comes after them stays.
func (k *keeper) cut(beginMs, endMs int) *Sound {
	if k == nil {
		return nil
	}
	at := func(ms int) int {
		return int(min(max(int64(ms)*SoundRate/1000-k.from, 0), int64(len(k.samples))))
	}
	begin, end := at(beginMs), at(endMs)
	return &Sound{Samples: append([]int16(nil), k.samples[begin:min(end, begin+mostSound)]...)}
}
