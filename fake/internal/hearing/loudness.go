package hearing

import "math"

// extremes are the two lowest and the two highest levels of some frames. The second ones count, so that a frame in which
// something sets in does not.
type extremes struct{ low, low2, high, high2 float64 }

func noExtremes() extremes { return extremes{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)} }

func (e *extremes) add(v float64) {
	if v < e.low {
		e.low, e.low2 = v, e.low
	} else if v < e.low2 {
		e.low2 = v
	}
	if v > e.high {
		e.high, e.high2 = v, e.high
	} else if v > e.high2 {
		e.high2 = v
	}
}

func (e *extremes) spread() float64 { return e.high2 - e.low2 }

// judge compares a frame with the noise.
func (d *detector) judge(f *moment) {
	for b, level := range f.levels {
		f.louds[b] = level-d.noises[b].floor > overFloor && f.levels[whole] > quietest
		f.loud = f.loud || f.louds[b]
	}
	f.faint = f.loud || d.standsOut(f)
}

// standsOut reports whether a frame is a little louder than the noise, at least.
func (d *detector) standsOut(f *moment) bool {
	for b, level := range f.levels {
		if level-d.noises[b].floor > d.noises[b].edge() && f.levels[whole] > quietest {
			return true
		}
	}
	return false
}

// followNoise keeps the floors at the loudness of the noise, and lifts them to any level that stays steady.
func (d *detector) followNoise(f *moment) {
	window := recent
	if d.speaking {
		window = history
	}
	wasLoud := f.loud
	f.loud = false
	for b, level := range f.levels {
		if f.louds[b] {
			if noise, ok := d.steadyLevel(b, window); ok {
				d.noises[b].floor = noise
				f.louds[b] = false
			} else if !d.speaking && !f.voiced && level-d.noises[b].floor < overFloor+mostEdge {
				d.noises[b].follow(level, d.speaking) // between noise and speech: it will be noise if it stays
			}
		} else if level < d.noises[b].floor-sudden {
			d.fall(b)
		} else if !wasLoud || level < d.noises[b].floor {
			d.noises[b].follow(level, d.speaking)
		}
		f.loud = f.loud || f.louds[b]
	}
	if wasLoud && !f.loud {
		d.run = noRun()
		f.faint = false
	}
}

// fall lets a floor fall to the level of a frame that is far below it: to silence once that has lasted, for a packet that was lost is
// silence, and does not make speech of the noise around it. At first the floor is a guess, and falls at once.
func (d *detector) fall(band int) {
	f := d.frameAt(d.index)
	level := f.levels[band]
	for i := d.index - 1; f.levels[whole] <= quietest && i >= max(recent, d.index-gapFrames); i-- {
		level = max(level, d.frameAt(i).levels[band])
	}
	if level < d.noises[band].floor-sudden {
		d.noises[band].floor = level
	}
}

// speaks reports whether the current run is speech.
func (d *detector) speaks() bool { return (d.run.voiced >= voiceNeed || d.hisses()) && d.moves() }

// moves reports whether the current run has enough of sound of late and rises and falls enough to be speech. The dips between
// its loud frames count as falls: over noise, speech is loud at its peaks alone.
func (d *detector) moves() bool {
	for b := range bands {
		seen, loud := noExtremes(), 0
		for i := d.index; i >= max(d.index-recent+1, d.run.start, 0); i-- {
			f := d.frameAt(i)
			seen.add(f.levels[b])
			if f.faint {
				loud++
			}
			if loud >= onsetNeed && seen.spread() >= modulation {
				return true
			}
		}
	}
	return false
}

// hisses reports whether the current run is speech without a pitch, a whisper or something that was mangled: it is much louder than
// the noise, rises and falls a lot, and has gone on for longer than a breath.
func (d *detector) hisses() bool {
	if d.run.start < 0 || d.index-d.run.start < hissNeed {
		return false
	}
	seen, loud := noExtremes(), 0
	for i := d.index; i > d.index-hissNeed; i-- {
		f := d.frameAt(i)
		seen.add(f.levels[whole])
		if f.levels[high]-d.noises[high].floor > overFloor { // a rumble rises and falls as well, but does not hiss
			loud++
		}
	}
	return loud >= hissNeed/2 && seen.spread() >= 2*modulation && seen.high2-d.noises[whole].floor >= standOut
}

// steadyLevel is the level of a band in the last frames, if all of them but one were loud and none rose or fell much. A single silent
// frame between loud ones is a packet that was lost, and does not count.
func (d *detector) steadyLevel(band, window int) (level float64, ok bool) {
	from := max(d.index-window+1, 0, d.run.start)
	spare := d.index - from + 1 - (window - 1) // frames that may be quiet
	seen := noExtremes()
	for i := d.index; i >= from && spare >= 0; i-- {
		f := d.frameAt(i)
		if !f.louds[band] {
			if i == from || f.levels[whole] > quietest || !d.frameAt(i - 1).louds[band] || !d.frameAt(i + 1).louds[band] {
				spare--
			}
			continue
		}
		seen.add(f.levels[band])
		if seen.spread() >= steadiness(band) {
			return 0, false
		}
	}
	return (seen.low2 + seen.high2) / 2, spare >= 0
}

// steadiness is how much the level of noise moves in some frames. In the narrow band in the middle chance does more.
func steadiness(band int) float64 {
	if band == middle {
		return 2 * steady
	}
	return steady
}

// knocks reports whether a short onset that is not speech has just ended, a click, a cough or a beep that stands out of what follows.
func (d *detector) knocks() bool {
	if d.run.start < 0 || d.index-d.run.last != gapFrames+1 || d.run.last-d.run.start >= recent {
		return false
	}
	sound, after := noExtremes(), noExtremes()
	for i := d.run.start; i <= d.run.last; i++ {
		sound.add(d.frameAt(i).levels[whole])
	}
	for i := d.run.last + 2; i <= d.index; i++ {
		after.add(d.frameAt(i).levels[whole])
	}
	return sound.high2 >= knock && sound.high2-after.high >= standOut && d.strikes(sound.high2)
}

// strikes reports whether the current run comes to its peak at once, which a breath does not.
func (d *detector) strikes(peak float64) bool {
	const least, near, within = 20., 6., 2 // decibels below the peak, frames
	for i := max(d.run.start, within); i <= d.run.last; i++ {
		if d.frameAt(i).levels[whole] >= peak-near && d.frameAt(i - within).levels[whole] <= peak-least {
			return true
		}
	}
	return d.run.start < within // nobody heard how it set in: a click is likelier in a file than the middle of a breath
}
