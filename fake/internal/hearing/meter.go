package hearing

import (
	"encoding/binary"
	"math"
)

// Bands in which the loudness of a frame is measured.
const (
	whole  = iota // everything but a constant
	middle        // 150 to 1,000 Hz or so: where voices are strongest, and neither hum nor hiss is
	high          // what changes from sample to sample: consonants, above the hum of a room
	bands
)

const (
	groupRate = 2000 // groups a second, about; the middle band is the differences between them
	traced    = 80   // of these differences that are remembered: 40 ms
	lowest    = 70   // pitch of a voice, Hz
	highest   = 400
)

// meter measures the frame that is open.
type meter struct {
	rate, group int // samples a second, in a group

	n                   int   // samples of the frame
	sum, squares, rises int64 // of them, of their squares, of the squares of their differences
	last                int64 // sample

	part, parts     int64 // of the open group: its sum, and how many samples it has
	before          int64 // the sum of the group before
	swings, grouped int64 // of the frame: the squares of the differences of its groups, and how many there are
	trace           [traced]float32
	at              int // the oldest of trace
	lag             int // at which it repeated itself when it last did; 0 for never
}

func newMeter(rate int) meter { return meter{rate: rate, group: max(rate/groupRate, 1)} }

// add takes a sample.
func (m *meter) add(s int64) {
	m.n++
	m.sum += s
	m.squares += s * s
	m.rises += (s - m.last) * (s - m.last)
	m.last = s
	m.part += s
	if m.parts++; m.parts == int64(m.group) {
		m.endGroup()
	}
}

// pcm takes 16-bit little-endian samples.
func (m *meter) pcm(p []byte) {
	size := 2 * m.group
	if m.parts > 0 {
		p = m.fill(p)
	}
	full := len(p) - len(p)%size
	m.groups(p[:full])
	m.fill(p[full:])
}

// groups takes whole groups, four samples at a time: this loop is most of what hearing costs.
func (m *meter) groups(p []byte) {
	size, sum, squares, rises, last := 2*m.group, m.sum, m.squares, m.rises, m.last
	for m.n += len(p) / 2; len(p) >= size; p = p[size:] {
		part := int64(0)
		g := p[:size]
		for ; len(g) >= 8; g = g[8:] {
			v := binary.LittleEndian.Uint64(g)
			a, b, c, e := int64(int16(v)), int64(int16(v>>16)), int64(int16(v>>32)), int64(v)>>48 //nolint:gosec // the bits of the samples
			part += a + b + c + e
			squares += a*a + b*b + c*c + e*e
			rises += (a-last)*(a-last) + (b-a)*(b-a) + (c-b)*(c-b) + (e-c)*(e-c)
			last = e
		}
		for ; len(g) >= 2; g = g[2:] {
			s := int64(int16(binary.LittleEndian.Uint16(g))) //nolint:gosec // the bits of the sample
			part += s
			squares += s * s
			rises += (s - last) * (s - last)
			last = s
		}
		sum += part
		m.part = part
		m.endGroup()
	}
	m.sum, m.squares, m.rises, m.last = sum, squares, rises, last
}

// fill takes samples up to the end of the open group, and returns those behind it.
func (m *meter) fill(p []byte) []byte {
	for len(p) >= 2 {
		m.add(int64(int16(binary.LittleEndian.Uint16(p)))) //nolint:gosec // the bits of the sample
		if p = p[2:]; m.parts == 0 {
			break
		}
	}
	return p
}

func (m *meter) endGroup() {
	swing := m.part - m.before
	m.swings += swing * swing
	m.grouped++
	m.trace[m.at] = float32(swing)
	if m.at++; m.at == traced {
		m.at = 0
	}
	m.before, m.part, m.parts = m.part, 0, 0
}

// end is the loudness of the frame, in decibels over one step of a sample, and a mixture of its bits. The next one begins.
func (m *meter) end() (levels [bands]float64, energy uint64) {
	n := float64(m.n)
	variance := float64(m.squares)/n - float64(m.sum)*float64(m.sum)/(n*n)
	swing := float64(m.swings) / float64(max(m.grouped, 1)*int64(m.group*m.group))
	for i, power := range [bands]float64{variance, swing, float64(m.rises) / n} {
		levels[i] = 10 * math.Log10(max(power, 0)+1)
	}
	energy = uint64(m.squares)<<16 ^ uint64(m.sum)&0xFFFF //nolint:gosec // a mixture of bits
	m.n, m.sum, m.squares, m.rises, m.swings, m.grouped = 0, 0, 0, 0, 0, 0
	return levels, energy
}

// repeats reports whether the last 40 ms of the middle band repeat themselves at the pitch of a voice by so much: by 1 does a tone,
// by 0.4 at most, most of the time, noise. What is like itself at once, and at every shorter lag, is no pitch but a rumble: what
// repeats itself was the contrary of itself, or nothing like it, in between.
func (m *meter) repeats(least float32) bool {
	var x [traced]float32
	copy(x[copy(x[:], m.trace[m.at:]):], m.trace[:m.at])
	var upTo [traced + 1]float32 // the power of so many
	for i, v := range x {
		upTo[i+1] = upTo[i] + v*v
	}
	rate := m.rate / m.group
	first, last := rate/highest, min(rate/lowest, traced-2)
	repeats := func(lag int) bool {
		sum := product(x[:traced-lag], x[lag:])
		return sum > 0 && sum*sum >= least*least*upTo[traced-lag]*(upTo[traced]-upTo[lag])
	}
	for lag := max(m.lag-1, first); m.lag > 0 && lag <= min(m.lag+1, last); lag++ { // a voice keeps its pitch for a while
		if repeats(lag) && turns(x[:], first/2, lag) {
			m.lag = lag
			return true
		}
	}
	turned := turns(x[:], first/2, first)
	for lag := first; lag <= last; lag++ {
		if turned && repeats(lag) {
			m.lag = lag
			return true
		}
		turned = turned || turns(x[:], lag, lag+1)
	}
	return false
}

// turns reports whether x is against itself at one of the lags from first up to but not last: what is not only rises and falls slowly.
func turns(x []float32, first, last int) bool {
	for lag := first; lag < last; lag++ {
		if product(x[:len(x)-lag], x[lag:]) <= 0 {
			return true
		}
	}
	return false
}

// product is the inner product of two vectors of the same length, in four sums that do not wait for each other.
func product(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for ; len(a) >= 4 && len(b) >= 4; a, b = a[4:], b[4:] {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
	}
	for i, v := range a {
		s0 += v * b[i]
	}
	return s0 + s1 + s2 + s3
}
