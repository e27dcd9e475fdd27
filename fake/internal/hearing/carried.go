package hearing

import (
	"encoding/binary"

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
	order   fixture.Order
	frame   []int16 // samples of the open frame
}

// tapIn begins to listen for a fixture at an onset. One that is being read goes on.
func (d *detector) tapIn() {
	if d.tap == nil || d.tap.decoder.State() == fixture.Searching {
		d.tap = &tap{decoder: fixture.NewDecoder(d.rate), order: d.order, frame: make([]int16, 0, d.frame)}
	}
}

// pcm takes 16-bit little-endian samples.
func (t *tap) pcm(p []byte) {
	for ; len(p) >= 2; p = p[2:] {
		t.frame = append(t.frame, int16(binary.LittleEndian.Uint16(p))) //nolint:gosec // the bits of the sample
	}
}

// endFrame hands on what came. It returns nil once there is nothing to listen for.
func (t *tap) endFrame() *tap {
	t.decoder.Write(t.frame)
	t.frame = t.frame[:0]
	if t.decoder.State() == fixture.None {
		return nil
	}
	return t
}

// soFar is what a fixture said before its end.
func (t *tap) soFar() Carried {
	if t == nil || t.decoder.State() == fixture.Searching {
		return Carried{}
	}
	return Carried{Found: true, Text: t.decoder.Text()}
}

// close is what a fixture said.
func (t *tap) close() Carried {
	if t == nil {
		return Carried{}
	}
	t.decoder.Write(t.frame)
	switch r := t.decoder.Close(); r.State {
	case fixture.Read:
		return Carried{Found: true, Text: r.Text}
	case fixture.Broken:
		return Carried{Found: true, Damage: r.Damage.Text(t.order)}
	case fixture.None, fixture.Searching, fixture.Reading:
	}
	return Carried{}
}

func orderOf(e protocol.Encoding) fixture.Order {
	if e == protocol.PCM16BE {
		return fixture.BigEndian
	}
	return fixture.LittleEndian
}
