package judge

import (
	"encoding/hex"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// roughness is how much samples jump, read in either order of bytes.
type roughness struct {
	big, little int64 // sums of the steps from sample to sample
	steps       int
	even, odd   [256]int // how often each byte comes at even and odd places
	samples     int
}

// add measures samples that lie side by side. A piece may begin in the middle of a sample; one of an odd length is not looked at.
func (r *roughness) add(b []byte) {
	var big, little int64
	for i := 0; i+1 < len(b); i += 2 {
		nowBig, nowLittle := int64(int16(uint16(b[i])<<8|uint16(b[i+1]))), int64(int16(uint16(b[i+1])<<8|uint16(b[i]))) //nolint:gosec // samples are signed
		if i > 0 {
			r.big += max(nowBig-big, big-nowBig)
			r.little += max(nowLittle-little, little-nowLittle)
			r.steps++
		}
		big, little = nowBig, nowLittle
		r.even[b[i]]++
		r.odd[b[i+1]]++
		r.samples++
	}
}

// bytesOf is what a tape shows of a piece of audio: all, or the beginning.
func bytesOf(a *scenarios.Audio) []byte {
	if len(a.Data) > 0 {
		return a.Data
	}
	b, _ := hex.DecodeString(a.First) // what cannot be read is nothing
	return b
}

// isSwapped tells whether the samples make sense in the other order alone. In the true order the low bytes are about anything,
// and the high ones are mostly 00 and FF; the wrong order makes loud noise of a quiet sound. Where high bytes are 00 alone the
// samples may be 8 bits that were shifted, which proves nothing.
func (r *roughness) isSwapped(order protocol.Encoding) bool {
	const least, much, signs = 120, 8, 20 // steps that are seen; times as rough; one in so many bytes is 00, and one FF
	declared, other, high := r.little, r.big, &r.even
	if order == protocol.PCM16BE {
		declared, other, high = r.big, r.little, &r.odd
	}
	return r.steps >= least && declared > much*other && high[0x00]*signs >= r.samples && high[0xff]*signs >= r.samples
}

func audioOrder(t *trial, d *dialogue) {
	for _, s := range d.asClient().sounds() {
		if !s.isSamples() || container(s.pieces[0]) != "" {
			continue
		}
		r := &roughness{}
		aligned := true
		for _, a := range s.pieces {
			if aligned {
				r.add(bytesOf(a))
			}
			aligned = aligned == (a.Bytes%2 == 0)
		}
		if r.steps == 0 {
			continue
		}
		t.apply()
		if r.isSwapped(s.format.Encoding) {
			t.find(s.at, "as %s the sound is noise; with the bytes of each sample swapped it is %d times as smooth", s.format.Name, max(r.big, r.little)/max(1, min(r.big, r.little)))
		}
	}
}
