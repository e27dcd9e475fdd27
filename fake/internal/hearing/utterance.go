package hearing

// start begins an utterance at a frame of the past.
func (d *detector) start(onset int, moved bool) {
	d.speaking, d.onset, d.begin, d.loudFrames, d.peak, d.moved = true, onset, max(d.at(onset)-padMs, d.lastEnd), 0, 0, moved
	d.hissed = d.run.voiced < voiceNeed
	last := max(d.run.last, d.run.lastVoiced)
	d.lastVoice, d.lastLoud, d.lastSound = last, last, last
	d.newDigests()
	for i := onset; i < d.index; i++ {
		d.hearFrame(i)
	}
	d.nextInterim = d.at(onset) + max(d.intervalMs, digestLen*1000/frameRate)
	d.events = append(d.events, SpeechStart{At: d.begin})
	d.goOn(d.frameAt(d.index))
}

// hearFrame takes a frame of the utterance into account.
func (d *detector) hearFrame(i int) {
	f := d.frameAt(i)
	if f.loud {
		d.loudFrames++
		d.peak = max(d.peak, f.levels[whole])
	}
	if d.digested < digestLen {
		d.digest.add(f.energy)
		d.digested++
	}
	if d.longerN < longerLen {
		d.longer.add(f.energy)
		d.longerN++
		if f.loud {
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
func (d *detector) goOn(f *moment) {
	d.hearFrame(d.index)
	if !d.moved && f.loud {
		d.moved = d.speaks()
	}
	d.attach(f)
	end := d.at(d.index + 1)
	if d.intervalMs > 0 && end >= d.nextInterim && end-d.begin < d.utteranceMs && d.lastSound == d.index && d.digested == digestLen {
		d.nextInterim = end + d.intervalMs
		v := d.heard(end)
		v.Carried = d.carriedSoFar()
		d.events = append(d.events, Interim{Voice: v})
	}
	switch {
	case end-d.begin >= d.utteranceMs:
		d.cut(end)
	case end-d.at(d.lastSound+1) >= silenceMs:
		d.stop(min(d.fadeOut(), end))
	}
}

// attach tells whether a frame belongs to the utterance: vowels do, consonants that are near to one, and what would begin another one.
func (d *detector) attach(f *moment) {
	switch {
	case d.hissed && f.loud:
		d.hissed = d.run.voiced < voiceNeed
		d.lastVoice, d.lastSound = d.index, d.index
	case f.voiced && (d.index-d.lastSound <= gapFrames || d.run.voiced >= voiceNeed):
		d.lastVoice, d.lastSound = d.index, d.index
	case f.loud && f.levels[whole] > d.peak-asLoud && d.index-d.lastVoice <= reach+gapFrames: // where the pitch is lost
		d.lastSound = d.index
	case f.loud && d.index-d.lastSound <= gapFrames && d.index-d.lastVoice <= reach:
		d.lastLoud, d.lastSound = d.index, d.index
	case d.index-max(d.lastVoice, d.lastLoud) <= fading && (f.faint || d.index-d.lastSound <= 2 && d.hums(f)):
		d.lastSound = d.index
	case f.loud && d.hisses(): // a whisper, or a voice that is too deep for its pitch to be found
		d.lastSound = d.index
	}
}

func (d *detector) heard(end int) Voice {
	start := max(d.at(d.onset), d.begin) // an utterance that was cut may begin inside of a frame, after the last loud one
	return Voice{Start: start, End: max(end, start), Understood: d.moved && d.loudFrames >= wordNeed, Digest: uint64(d.digest)}
}

// stop ends the utterance at a time in ms.
func (d *detector) stop(at int) {
	v := d.heard(d.at(d.lastSound + 1))
	v.Start, v.End = min(v.Start, at), min(v.End, at) // where the longest utterance is shorter than it takes to find one
	v.Carried = d.carried()
	v.Longer = uint64(d.longerLoud)
	d.speech += v.End - v.Start
	d.events = append(d.events, SpeechEnd{At: at, Voice: v, Sound: d.keep.cut(d.begin, at)})
	d.speaking, d.lastEnd, d.run = false, at, noRun()
}

// cut ends an utterance that has become too long, and begins the next one when somebody still speaks. (documented: limitations)
func (d *detector) cut(end int) {
	at := d.begin + d.utteranceMs
	if end-d.at(d.lastSound+1) >= padMs {
		d.stop(min(d.fadeOut(), at))
	} else {
		d.stop(at)
		d.run = noRun()
		d.run.start, d.run.last = d.index, d.index
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
		d.stop(min(d.at(d.lastSound+1)+padMs, d.now()))
	}
}

// hums reports whether a voice can still be told from the noise by its pitch.
func (d *detector) hums(f *moment) bool {
	const over, pitch = 1.5, 0.4
	return f.levels[middle]-d.noises[middle].floor > over && d.meter.repeats(pitch)
}

// fadeOut is E, in ms, if nothing sounds any more.
func (d *detector) fadeOut() int { return d.at(d.lastSound+1+d.drowned()) + padMs }

// drowned is how many frames at the end of speech nobody hears for the noise.
func (d *detector) drowned() int {
	const near = 32. // decibels
	if d.peak-d.noises[whole].floor < near {
		return 1
	}
	return 0
}
