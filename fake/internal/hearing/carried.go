package hearing

import (
	"encoding/binary"
	"slices"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/fixture"
)

// Carried is what an utterance says of itself, if it is a fixture: sound that carries its transcript.
type Carried struct {
	Found  bool   // it is one
	Text   string // all of it at the end of the utterance, as much as was read before
	Damage string // what happened to it on its way; empty when it says what it was made to say
}

// tap hands the samples of an onset to a decoder of fixtures until it is known that they are none.
type tap struct {
	decoder *fixture.Decoder
	frame   []int16 // samples of the open frame
}

// tapIn begins to listen for a fixture at an onset. One that is being read goes on.
func (d *detector) tapIn() {
	if d.tap == nil || d.tap.decoder.State() == fixture.Searching {
		d.tap = &tap{decoder: fixture.NewDecoder(d.rate), frame: make([]int16, 0, d.frame)}
		d.tapped = d.index
	}
}

// reading reports whether a frame belongs to a fixture that is being read. A decoder may follow what only seems to be one for more
// than a second: what is much softer than the utterance, such as a breath after it, is none.
func (d *detector) reading(f *moment) bool {
	return d.tap != nil && d.tap.decoder.State() == fixture.Reading && (!d.speaking || f.levels[whole] > d.peak-asLoud)
}

// leaps reports whether the current frame is so much louder than those before it that something sets in over a sound that goes on.
func (d *detector) leaps() bool {
	const least, frames = 10., 5
	if d.index-d.tapped <= frames {
		return false
	}
	level := d.frameAt(d.index).levels[whole] - least
	for i := max(d.index-1-frames, 0); i < d.index-1; i++ {
		if d.frameAt(i).levels[whole] > level {
			return false
		}
	}
	return true
}

// pcm takes 16-bit little-endian samples.
func (t *tap) pcm(p []byte) {
	old := len(t.frame)
	t.frame = slices.Grow(t.frame, len(p)/2)[:old+len(p)/2]
	fresh := t.frame[old:]
	for ; len(p) >= 8 && len(fresh) >= 4; p, fresh = p[8:], fresh[4:] {
		v := binary.LittleEndian.Uint64(p)
		fresh[0], fresh[1], fresh[2], fresh[3] = int16(v), int16(v>>16), int16(v>>32), int16(v>>48) //nolint:gosec // the bits of the samples
	}
	for i := range fresh {
		fresh[i] = int16(binary.LittleEndian.Uint16(p[2*i:])) //nolint:gosec // the bits of the sample
	}
}

// tapFrame hands on what came, and lets go of the tap once it has nothing more to tell.
func (d *detector) tapFrame() {
	t := d.tap
	t.decoder.Write(t.frame)
	t.frame = t.frame[:0]
	switch t.decoder.State() {
	case fixture.None:
		d.tap = nil
	case fixture.Read:
		d.said, d.tap = joinSaid(d.said, t.decoder.Text()), nil
	case fixture.Searching, fixture.Reading, fixture.Broken:
	}
}

// joinSaid joins what two fixtures say that are one utterance, because something sounds between them.
func joinSaid(one, two string) string {
	if one == "" || two == "" {
		return one + two
	}
	return one + " " + two
}

// carriedSoFar is what the utterance said until now.
func (d *detector) carriedSoFar() Carried {
	if d.tap == nil || d.tap.decoder.State() == fixture.Searching {
		return Carried{Found: d.said != "", Text: d.said}
	}
	return Carried{Found: true, Text: joinSaid(d.said, d.tap.decoder.Text())}
}

// carried is what the utterance said, now that it is over.
func (d *detector) carried() Carried {
	said, t := d.said, d.tap
	d.said, d.tap = "", nil
	if t != nil {
		t.decoder.Write(t.frame)
		switch r := t.decoder.Close(); r.State {
		case fixture.Read:
			said = joinSaid(said, r.Text)
		case fixture.Broken:
			return Carried{Found: true, Damage: r.Damage.Text(d.order)}
		case fixture.None, fixture.Searching, fixture.Reading:
		}
	}
	return Carried{Found: said != "", Text: said}
}

func orderOf(e protocol.Encoding) fixture.Order {
	if e == protocol.PCM16BE {
		return fixture.BigEndian
	}
	return fixture.LittleEndian
}
