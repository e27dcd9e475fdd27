package hearing

import (
	"encoding/binary"
	"math"
	"time"

	"mockamivoice/scenarios/fixture"
)

// Figures of the detector. Levels are decibels over one step of a 16-bit sample.
const (
	frameRate  = 50  // frames a second
	history    = 75  // frames that are remembered: 1.5 s
	recent     = 25  // frames in which loudness must move: 500 ms
	onsetNeed  = 5   // loud frames that make speech: 100 ms
	wordNeed   = 8   // loud frames that make a word: 160 ms
	digestLen  = 12  // frames of the digest: 240 ms
	longerLen  = 100 // frames of the longer one: 2 s
	quietest   = 30. // below this nothing is speech
	overFloor  = 9.  // speech is so much louder than the noise
	modulation = 6.  // and moves by so much
	steady     = 4.  // noise moves by less
	gapFrames  = 5   // quiet frames inside of one onset: 100 ms
)

// Durations of the service. (documented: limitations says about a second of silence; observed: the rest, from samples)
const (
	silenceMs = 950 // ends an utterance; "slightly under a second"
	padMs     = 200 // before and after the sound
)

// detector finds speech by loudness that moves: speech rises and falls with every syllable, noise and hum do not.
type detector struct {
	rate, frame int   // samples per second, per frame
	quiet       int64 // the level of digital silence
	utteranceMs int
	intervalMs  int

	sum, squares int64 // of the open frame
	n            int
	samples      int64
	sounded      bool // some sample was not silent

	index int // of the open frame
	*past     // nil before the first frame, so that a stream that waits costs little
	floor float64

	runStart, lastLoud int // of the current onset; -1 for none
	speaking           bool
	begin, onset       int // of the utterance: S in ms, first loud frame
	loudFrames         int
	moved              bool // it rose and fell like speech; a click or a beep does not
	lastEnd            int  // E of the previous utterance, ms
	nextInterim        int  // ms
	digest             digest
	digested           int
	longer, longerLoud digest // of all frames, and of those up to the last loud one
	longerN            int

	tap    *tap   // while a fixture may be heard
	tapped int    // frame in which it began
	said   string // by the fixtures of the utterance that were read
	order  fixture.Order

	speech int // ms
	events []Event
	keep   *keeper // nil unless the samples are wanted
}

// past is what is remembered of the last frames, by index modulo history.
type past struct {
	levels [history]float64
	loud   [history]bool
	energy [history]uint64
}

func (d *detector) init(rate int, spec Spec) {
	d.rate, d.frame, d.quiet = rate, rate/frameRate, 1
	d.utteranceMs = int(spec.Utterance / time.Millisecond)
	d.intervalMs = int(spec.Interval / time.Millisecond)
	d.floor, d.runStart, d.lastLoud = 20, -1, -1
	if spec.Keep {
		d.keep = &keeper{rate: rate}
	}
}

// sample takes the next sample.
func (d *detector) sample(v int16) {
	s := int64(v)
	d.sounded = d.sounded || s > d.quiet || s < -d.quiet
	d.sum += s
	d.squares += s * s
	d.n++
	if d.tap != nil {
		d.tap.frame = append(d.tap.frame, v)
	}
	if d.keep != nil {
		d.keep.add(v)
	}
	if d.n == d.frame {
		d.endFrame()
	}
}

// pcm takes 16-bit little-endian samples, a frame at a time; it is what most audio goes through.
func (d *detector) pcm(p []byte) {
	for len(p) >= 2 {
		block := p[:min(len(p)&^1, 2*(d.frame-d.n))]
		d.sounded = d.sounded || sounds(block)
		sum, squares := sums(block)
		d.sum += sum
		d.squares += squares
		d.n += len(block) / 2
		if d.tap != nil {
			d.tap.pcm(block)
		}
		if d.keep != nil {
			d.keep.pcm(block)
		}
		p = p[len(block):]
		if d.n == d.frame {
			d.endFrame()
		}
	}
}

// sounds reports whether some sample of p is more than one step from zero.
func sounds(p []byte) bool {
	for ; len(p) >= 2; p = p[2:] {
		if binary.LittleEndian.Uint16(p)+1 > 2 {
			return true
		}
	}
	return false
}

// sums adds up the samples of p and their squares, eight at a time: this loop is most of what hearing costs.
func sums(p []byte) (sum, squares int64) {
	var sum2, squares2 int64
	for ; len(p) >= 16; p = p[16:] {
		s, q := four(binary.LittleEndian.Uint64(p))
		s2, q2 := four(binary.LittleEndian.Uint64(p[8:16]))
		sum, squares, sum2, squares2 = sum+s, squares+q, sum2+s2, squares2+q2
	}
	for ; len(p) >= 2; p = p[2:] {
		s := int64(int16(binary.LittleEndian.Uint16(p))) //nolint:gosec // the bits of the sample
		sum += s
		squares += s * s
	}
	return sum + sum2, squares + squares2
}

func four(v uint64) (sum, squares int64) {
	a, b, c, e := int64(int16(v)), int64(int16(v>>16)), int64(int16(v>>32)), int64(v)>>48 //nolint:gosec // the bits of the samples
	return a + b + c + e, a*a + b*b + c*c + e*e
}

func (d *detector) now() int { return int((d.samples + int64(d.n)) * 1000 / int64(d.rate)) }

func (d *detector) at(frame int) int {
	return int(int64(frame) * int64(d.frame) * 1000 / int64(d.rate))
}

func (d *detector) endFrame() {
	n := int64(d.n)
	variance := float64(d.squares)/float64(n) - float64(d.sum)*float64(d.sum)/float64(n*n)
	if d.past == nil {
		d.past = new(past)
	}
	slot := d.index % history
	d.energy[slot] = uint64(d.squares)<<16 ^ uint64(d.sum)&0xFFFF //nolint:gosec // a mixture of bits
	d.levels[slot] = 10 * math.Log10(max(variance, 0)+1)
	d.samples += n
	d.sum, d.squares, d.n = 0, 0, 0
	d.loud[slot] = d.levels[slot] > max(d.floor+overFloor, quietest)
	if d.tap != nil {
		d.tapFrame()
	}
	d.listen()
	d.index++
	if d.keep != nil {
		d.keep.trim(d.speaking, d.begin)
	}
}

// listen decides about the frame that was just measured.
func (d *detector) listen() {
	slot := d.index % history
	d.followNoise()
	if d.loud[slot] {
		if d.runStart < 0 || d.index-d.lastLoud > gapFrames {
			d.runStart = d.index
			d.tapIn()
		} else if d.leaps() {
			d.tapIn()
		}
		d.lastLoud = d.index
	}
	switch {
	case d.speaking:
		d.goOn()
	case d.loud[slot] && d.moves():
		onset := max(d.runStart, d.index-history+1) // what sounded for longer before it moved was not speech
		d.start(onset, max(d.at(onset)-padMs, d.lastEnd), true)
	case d.knocks():
		d.start(d.runStart, max(d.at(d.runStart)-padMs, d.lastEnd), false)
	}
}

// followNoise keeps the floor at the loudness of the noise: down at once, up slowly, and to any level that stays steady.
func (d *detector) followNoise() {
	level := d.levels[d.index%history]
	switch {
	case level < d.floor:
		d.floor = level
	case !d.loud[d.index%history]:
		d.floor += (level - d.floor) / 50
	}
	window := recent
	if d.speaking {
		window = history
	}
	if noise, ok := d.steadyLevel(window); ok {
		d.floor = noise
		d.loud[d.index%history] = false
		d.runStart = -1
	}
}

func (d *detector) start(onset, beginMs int, moved bool) {
	d.speaking, d.onset, d.begin, d.loudFrames, d.moved = true, onset, beginMs, 0, moved
	d.newDigests()
	for i := onset; i < d.index; i++ {
		d.hearFrame(i)
	}
	d.nextInterim = d.at(onset) + max(d.intervalMs, digestLen*1000/frameRate)
	d.events = append(d.events, SpeechStart{At: beginMs})
	d.goOn()
}

func (d *detector) hearFrame(i int) {
	if d.loud[i%history] {
		d.loudFrames++
	}
	if d.digested < digestLen {
		d.digest.add(d.energy[i%history])
		d.digested++
	}
	if d.longerN < longerLen {
		d.longer.add(d.energy[i%history])
		d.longerN++
		if d.loud[i%history] {
			d.longerLoud = d.longer
		}
	}
}

// newDigests begins the digests of an utterance.
func (d *detector) newDigests() {
	d.digest, d.digested = newDigest(), 0
	d.longer, d.longerLoud, d.longerN = newDigest(), newDigest(), 0
}

// goOn takes a frame of an utterance that is under way.
func (d *detector) goOn() {
	d.hearFrame(d.index)
	if !d.moved && d.loud[d.index%history] {
		d.moved = d.moves()
	}
	end := d.at(d.index + 1)
	if d.intervalMs > 0 && end >= d.nextInterim && end-d.begin < d.utteranceMs && d.loud[d.index%history] && d.digested == digestLen {
		d.nextInterim = end + d.intervalMs
		v := d.heard(end)
		v.Carried = d.carriedSoFar()
		d.events = append(d.events, Interim{Voice: v})
	}
	switch {
	case end-d.begin >= d.utteranceMs:
		d.cut(end)
	case end-d.at(d.lastLoud+1) >= silenceMs:
		d.stop(min(d.at(d.lastLoud+1)+padMs, end))
	}
}

func (d *detector) heard(end int) Voice {
	start := max(d.at(d.onset), d.begin) // an utterance that was cut may begin inside of a frame, after the last loud one
	return Voice{Start: start, End: max(end, start), Understood: d.moved && d.loudFrames >= wordNeed, Digest: uint64(d.digest)}
}

// stop ends the utterance at a time in ms.
func (d *detector) stop(at int) {
	v := d.heard(min(max(d.at(d.lastLoud+1), d.at(d.onset)), at))
	v.Carried = d.carried()
	v.Longer = uint64(d.longerLoud)
	d.speech += v.End - v.Start
	d.events = append(d.events, SpeechEnd{At: at, Voice: v, Sound: d.keep.cut(d.begin, at)})
	d.speaking, d.lastEnd, d.runStart = false, at, -1
}

// cut ends an utterance that has become too long, and begins the next one when somebody still speaks. (documented: limitations)
func (d *detector) cut(end int) {
	at := d.begin + d.utteranceMs
	going := end-d.at(d.lastLoud+1) < padMs
	d.stop(at)
	if going {
		d.runStart = d.index
		d.speaking, d.onset, d.begin, d.loudFrames = true, d.index, at, 0
		d.moved = true
		d.newDigests()
		d.hearFrame(d.index)
		d.nextInterim = d.at(d.index) + max(d.intervalMs, digestLen*1000/frameRate)
		d.events = append(d.events, SpeechStart{At: at})
	}
}

// finish ends speech that goes on when the audio ends.
func (d *detector) finish() {
	if d.speaking {
		d.stop(min(d.at(d.lastLoud+1)+padMs, d.now()))
	}
}
