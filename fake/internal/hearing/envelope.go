package hearing

import "math"

// envelope stands for sound whose loudness alone is known: a tone that is as loud.
type envelope struct {
	phase   int
	samples []int16
}

// write puts n samples of a root mean square of loudness out. Nobody could make words of a tone, so no sound is kept from here on.
func (e *envelope) write(loudness float64, n int, out *outlet) {
	const period = 32 // samples; 250 Hz at 8 kHz, and a frame has a whole number of them, so that its mean is zero
	out.voice.keep = nil
	v := int16(math.Min(loudness, 16000))
	e.samples = e.samples[:0]
	for range n {
		if e.phase = (e.phase + 1) % period; e.phase < period/2 {
			e.samples = append(e.samples, v)
		} else {
			e.samples = append(e.samples, -v)
		}
	}
	out.write(e.samples)
}

// bitReader reads bits, the high one of a byte first. Beyond the end there are zeros.
type bitReader struct {
	p  []byte
	at int
}

func (b *bitReader) read(n int) int {
	v := 0
	for range n {
		v <<= 1
		if i := b.at >> 3; i < len(b.p) {
			v |= int(b.p[i]>>(7-b.at&7)) & 1
		}
		b.at++
	}
	return v
}

func (b *bitReader) left() int { return 8*len(b.p) - b.at }
