package hearing

import (
	"encoding/binary"
	"time"

	"mockamivoice/scenarios/fixture"
)

// Figures of the detector; docs/AUDIO.md tells how they were chosen. Levels are decibels over one step of a 16-bit sample, and times
// are in frames of 20 ms.
const (
	frameRate = 50 // frames a second
	history   = 75 // frames that are remembered

	quietest   = 20. // below this level nothing is speech
	loudRoom   = 45. // above it a recording does not begin with noise
	overFloor  = 9.  // speech is so much louder than the noise somewhere,
	chance     = 5.  // and where it begins and ends so many times more than the noise wavers,
	leastEdge  = 1.5 // but at least
	mostEdge   = 5.  // and at most so much
	modulation = 6.  // speech moves by so much,
	steady     = 5.  // and noise by less
	pitched    = 0.5 // speech repeats itself so much
	asLoud     = 18. // a sound whose pitch is lost is at most so much softer than the loudest one
	standOut   = 20. // a click, a cough or a whisper is so much louder than the noise
	knock      = 40. // the level of a click or a cough, at least

	recent    = 25 // frames in which loudness must move
	onsetNeed = 5  // frames with sound that make speech, together with
	voiceNeed = 3  // frames with a pitch
	hissNeed  = 30 // frames of what has no pitch and is speech all the same
	wordNeed  = 8  // loud frames that make a word
	gapFrames = 5  // quiet frames inside of one onset
	closure   = 4  // quiet frames between a consonant and its vowel
	pause     = 8  // frames without a pitch between those that make speech
	reach     = 18 // frames of consonants before and after a vowel
	fading    = 5  // frames in which speech dies away

	digestLen = 12  // frames of the digest
	longerLen = 100 // frames of the longer one
)

// Durations of the service. (documented: limitations says about a second of silence; observed: the rest, from samples)
const (
	silenceMs = 950 // ends an utterance; "slightly under a second"
	padMs     = 200 // before and after the sound
)

// detector finds speech by loudness that moves and has a pitch: speech rises and falls with every syllable, noise and hum do not, and
// a breath has no pitch.
type detector struct {
	rate, frame int   // samples per second, per frame
	quiet       int64 // the level of digital silence
	utteranceMs int
	intervalMs  int

	meter   meter // of the open frame
	samples int64 // before it
	sounded bool  // some sample was not silent

	index  int              // of the open frame
	past   *[history]moment // by index modulo history; nil before the first, so that a stream that waits costs little
	noises [bands]noise
	run    run

	// of the utterance
	speaking           bool
	begin, onset       int  // S in ms, first frame that sounds
	lastVoice          int  // its last frame with a pitch,
	lastLoud           int  // its last consonant that is loud,
	lastSound          int  // and the last that belongs to it
	hissed             bool // it has no pitch, and is speech all the same
	loudFrames         int
	peak               float64 // level of its loudest frame
	moved              bool    // it rose and fell like speech; a click or a beep does not
	lastEnd            int     // E of the previous utterance, ms
	nextInterim        int     // ms
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

// moment is what is remembered of 20 ms.
type moment struct {
	levels [bands]float64
	energy uint64
	louds  [bands]bool
	loud   bool // in some band,
	faint  bool // or a little louder than the noise, at least
	voiced bool // and has a pitch
}

// run is sound that is loud, with gaps of a few frames.
type run struct {
	start, last   int // frames; -1 for none
	voiced, first int // how many have a pitch, and the first of them
	lastVoiced    int
}

func noRun() run { return run{start: -1, last: -1, first: -1, lastVoiced: -1} }

func (d *detector) init(rate int, spec Spec) {
	d.rate, d.frame, d.quiet = rate, rate/frameRate, 1
	d.utteranceMs = int(spec.Utterance / time.Millisecond)
	d.intervalMs = int(spec.Interval / time.Millisecond)
	d.meter = newMeter(rate)
	d.run = noRun()
	if spec.Keep {
		d.keep = &keeper{rate: rate}
	}
}

// sample takes the next sample.
func (d *detector) sample(v int16) {
	s := int64(v)
	d.sounded = d.sounded || s > d.quiet || s < -d.quiet
	d.meter.add(s)
	if d.tap != nil {
		d.tap.frame = append(d.tap.frame, v)
	}
	if d.keep != nil {
		d.keep.add(v)
	}
	if d.meter.n == d.frame {
		d.endFrame()
	}
}

// pcm takes 16-bit little-endian samples, a frame at a time; it is what most audio goes through.
func (d *detector) pcm(p []byte) {
	for len(p) >= 2 {
		block := p[:min(len(p)&^1, 2*(d.frame-d.meter.n))]
		d.sounded = d.sounded || sounds(block)
		d.meter.pcm(block)
		if d.tap != nil {
			d.tap.pcm(block)
		}
		if d.keep != nil {
			d.keep.pcm(block)
		}
		p = p[len(block):]
		if d.meter.n == d.frame {
			d.endFrame()
		}
	}
}

// sounds reports whether some sample of p is more than one step from zero.
func sounds(p []byte) bool {
	for ; len(p) >= 2; p = p[2:] {
		for len(p) > 8 && binary.LittleEndian.Uint64(p) == 0 {
			p = p[8:]
		}
		if binary.LittleEndian.Uint16(p)+1 > 2 {
			return true
		}
	}
	return false
}

func (d *detector) now() int { return int((d.samples + int64(d.meter.n)) * 1000 / int64(d.rate)) }

func (d *detector) at(frame int) int {
	return int(int64(frame) * int64(d.frame) * 1000 / int64(d.rate))
}

// frameAt is a frame that is remembered.
func (d *detector) frameAt(index int) *moment { return &d.past[index%history] }

func (d *detector) endFrame() {
	if d.past == nil {
		d.past = new([history]moment)
	}
	d.samples += int64(d.meter.n)
	f := d.frameAt(d.index)
	*f = moment{}
	f.levels, f.energy = d.meter.end()
	if d.index == 0 {
		d.noises = noiseOf(f.levels)
	}
	d.judge(f)
	if d.tap != nil {
		d.tapFrame()
	}
	d.listen(f)
	d.index++
	if d.keep != nil {
		d.keep.trim(d.speaking, d.begin)
	}
}

// listen decides about the frame that was just measured.
func (d *detector) listen(f *moment) {
	f.voiced = f.faint && (d.reading(f) || f.levels[middle]-d.noises[middle].floor > mostEdge && d.meter.repeats(pitched))
	d.followNoise(f)
	d.followRun(f)
	switch {
	case d.speaking:
		d.goOn(f)
	case f.faint && d.speaks():
		d.start(d.firstSound(), true)
	case d.knocks():
		d.start(d.run.start, false)
	case d.index-max(d.run.last, d.run.lastVoiced) > pause:
		d.run = noRun() // it is over, and was nothing
	}
}

// followRun keeps account of the sound that goes on.
func (d *detector) followRun(f *moment) {
	if f.loud {
		if d.run.start < 0 || d.index-d.run.last > gapFrames {
			d.run = noRun()
			d.run.start = d.index
			d.tapIn()
		} else if d.leaps() {
			d.tapIn()
		}
		d.run.last = d.index
	}
	if !f.voiced || d.run.start < 0 {
		return
	}
	if d.run.first < 0 || d.index-d.run.lastVoiced > pause {
		d.run.first, d.run.voiced = d.index, 0
	}
	d.run.voiced++
	d.run.lastVoiced = d.index
}

// firstSound is where speech begins that was just found: with the consonants before its first vowel.
func (d *detector) firstSound() int {
	oldest := max(d.index-history+1, 0) // what sounded for longer before it moved was not speech
	if d.run.voiced < voiceNeed {
		return max(d.run.start, oldest)
	}
	first := max(d.run.first, oldest)
	oldest = max(oldest, first-reach)
	for i := first - 1; i >= oldest && first-i <= closure+1; i-- {
		if d.standsOut(d.frameAt(i)) { // of the noise as it is known by now
			first = i
		}
	}
	return first
}
