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

// moves reports whether the current onset has enough loud frames of late and rises and falls enough to be speech. The dips between
// its loud frames count as falls: over noise, speech is loud at its peaks alone.
func (d *detector) moves() bool {
	seen, loud := noExtremes(), 0
	for i := d.index; i >= max(d.index-recent+1, d.runStart); i-- {
		seen.add(d.levels[i%history])
		if d.loud[i%history] {
			loud++
		}
		if loud >= onsetNeed && seen.spread() >= modulation {
			return true
		}
	}
	return false
}

// steadyLevel is the level of the last frames if all of them but one were loud and none rose or fell much.
func (d *detector) steadyLevel(window int) (level float64, ok bool) {
	from := max(d.index-window+1, 0, d.runStart)
	spare := d.index - from + 1 - (window - 1) // frames that may be quiet
	seen := noExtremes()
	for i := d.index; i >= from && spare >= 0; i-- {
		if !d.loud[i%history] {
			spare--
			continue
		}
		seen.add(d.levels[i%history])
		if seen.spread() >= steady {
			return 0, false
		}
	}
	return (seen.low2 + seen.high2) / 2, spare >= 0
}

// knocks reports whether an onset that never moved has just ended, a click or a short beep that stands out of what follows it.
func (d *detector) knocks() bool {
	if d.runStart < 0 || d.index-d.lastLoud != gapFrames+1 || d.lastLoud-d.runStart >= recent {
		return false
	}
	sound, after := noExtremes(), noExtremes()
	for i := d.runStart; i <= d.lastLoud; i++ {
		sound.add(d.levels[i%history])
	}
	for i := d.lastLoud + 2; i <= d.index; i++ {
		after.add(d.levels[i%history])
	}
	return sound.high2-after.high >= modulation
}
