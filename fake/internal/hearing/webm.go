package hearing

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Elements of a WebM file that matter. (RFC 9559)
const (
	ebmlSegment      = 0x18538067
	ebmlCluster      = 0x1F43B675
	ebmlClusterTime  = 0xE7
	ebmlInfo         = 0x1549A966
	ebmlScale        = 0x2AD7B1
	ebmlTracks       = 0x1654AE6B
	ebmlTrack        = 0xAE
	ebmlTrackNumber  = 0xD7
	ebmlCodec        = 0x86
	ebmlCodecPrivate = 0x63A2
	ebmlBlockGroup   = 0xA0
	ebmlBlock        = 0xA1
	ebmlSimpleBlock  = 0xA3
)

// webm walks the elements of a WebM file as they come and hands the blocks of its first Opus track on. Of the nesting it needs no
// more than to go into the elements that hold others. (documented: audio-format and release notes)
type webm struct {
	in      window
	number  uint64 // of the track that is being described
	codec   string // and its codec
	private []byte
	track   *opusTrack
	chosen  uint64 // number of track
	others  string
	scale   uint64 // nanoseconds in a tick
	cluster uint64 // ticks
	base    int64  // time stamp of the first block, in samples
	begun   bool
	clock   int64 // samples so far
	lost    bool  // no element begins where one should
}

func (w *webm) decode(p []byte, last bool, out *outlet) error {
	w.in.add(p)
	for !out.cut && !w.in.waits() {
		more, err := w.element(out)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if last && w.track == nil {
		return &UnsupportedError{"WebM: it ends before it says what is in it"}
	}
	if last && !out.cut && (w.in.waits() || len(w.in.bytes()) > 0) {
		out.damaged++
	}
	return nil
}

// element deals with the next element, or with what is none.
func (w *webm) element(out *outlet) (more bool, err error) {
	if w.lost {
		return w.resync(out), nil
	}
	b := w.in.bytes()
	id, n := ebmlNumber(b, 4, true)
	size, m := uint64(0), 0
	if n > 0 {
		size, m = ebmlNumber(b[n:], 8, false)
	}
	if n == 0 || n > 0 && m == 0 {
		return false, nil
	}
	switch id {
	case ebmlSegment, ebmlInfo, ebmlTracks, ebmlTrack, ebmlCluster, ebmlBlockGroup:
		if id == ebmlTrack {
			w.number, w.codec, w.private = 0, "", nil
		}
		w.in.drop(int64(n + max(m, 1)))
		return true, nil
	case ebmlClusterTime, ebmlScale, ebmlTrackNumber, ebmlCodec, ebmlCodecPrivate, ebmlBlock, ebmlSimpleBlock:
		if m > 0 && size <= mostPacket {
			return w.whole(id, n+m, int(size), out) //nolint:gosec // it is small
		}
	}
	if n < 0 || m < 0 || size > ebmlMost(id, n) {
		return w.resync(out), nil
	}
	w.in.drop(int64(n+m) + int64(size)) //nolint:gosec // it is below 2^40
	return true, nil
}

// whole deals with an element that is needed in one piece.
func (w *webm) whole(id uint64, head, size int, out *outlet) (more bool, err error) {
	b := w.in.bytes()
	if len(b) < head+size {
		return false, nil
	}
	w.in.drop(int64(head + size))
	out.used = w.in.used
	return true, w.leaf(id, b[head:head+size], out)
}

// ebmlMost is how long an element may be that is skipped: a size that is beyond it is none.
func ebmlMost(id uint64, n int) uint64 {
	switch id {
	case 0x1A45DFA3, 0x114D9B74, 0x1C53BB6B, 0x1254C367, 0x1043A770, 0x1941A469, 0xEC, ebmlBlock, ebmlSimpleBlock: // tables, tags, padding, pictures
		return 64 << 20
	}
	if n == 4 {
		return 0
	}
	return 4096
}

// resync drops what comes before the next cluster, or the next block of the track, and returns false when more bytes are needed.
func (w *webm) resync(out *outlet) bool {
	b := w.in.bytes()
	first := 0
	if !w.lost {
		w.lost = true
		out.damaged++
		first = 1
	}
	for i := first; i < len(b); i++ {
		if fit := w.begins(b[i:]); fit >= 0 {
			w.in.drop(int64(i))
			w.lost = fit == 0
			return fit > 0
		}
	}
	w.in.drop(int64(len(b)))
	return false
}

// begins tells whether a cluster or a block of the track can begin at b: 1 for yes, -1 for no, 0 when more bytes are needed.
func (w *webm) begins(b []byte) int {
	const cluster, most = "\x1F\x43\xB6\x75", 4096
	switch {
	case b[0] == cluster[0] && string(b[:min(len(b), 4)]) == cluster[:min(len(b), 4)]:
		return min(len(b)/4, 1)
	case b[0] != ebmlSimpleBlock || w.track == nil || w.chosen > 126:
		return -1
	}
	size, n := ebmlNumber(b[1:], 8, false)
	end := 1 + n + int(size&0xFFFF) //nolint:gosec // it is small
	switch {
	case n == 0:
		return 0
	case n < 0, size < 4, size > most, len(b) > 1+n && b[1+n] != byte(w.chosen)|0x80, len(b) > 4+n && b[4+n]&0x7F != 0:
		return -1
	case len(b) <= end:
		return 0
	case b[end] == ebmlSimpleBlock, b[end] == cluster[0], b[end] == ebmlBlockGroup:
		return 1
	}
	return -1
}

// ebmlNumber reads an id, with its length marker, or a size, without it. n is 0 when bytes are missing and -1 when it is none.
func ebmlNumber(b []byte, most int, id bool) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	n = bits.LeadingZeros8(b[0]) + 1
	if n > most {
		return 0, -1
	}
	if len(b) < n {
		return 0, 0
	}
	v = uint64(b[0])
	if !id {
		v &= 0xFF >> n
	}
	for _, c := range b[1:n] {
		v = v<<8 | uint64(c)
	}
	return v, n
}

func (w *webm) leaf(id uint64, body []byte, out *outlet) error {
	switch id {
	case ebmlScale:
		w.scale = ebmlUint(body)
	case ebmlClusterTime:
		w.cluster = ebmlUint(body)
	case ebmlTrackNumber:
		w.number = ebmlUint(body)
	case ebmlCodec:
		w.codec = string(bytes.TrimRight(body, "\x00"))
	case ebmlCodecPrivate:
		w.private = bytes.Clone(body)
	case ebmlBlock, ebmlSimpleBlock:
		return w.block(body, out)
	}
	return w.choose(out)
}

// choose takes the track that is being described if it is the first one of Opus and all about it is known.
func (w *webm) choose(out *outlet) error {
	switch {
	case w.track != nil || w.codec == "":
		return nil
	case w.codec != "A_OPUS":
		w.others = w.codec
		return nil
	case w.number == 0 || w.private == nil:
		return nil
	}
	track, err := newOpusTrack(w.private)
	if err != nil {
		return err
	}
	w.track, w.chosen = track, w.number
	return out.begin("Opus", opusRate, track.channels)
}

func ebmlUint(b []byte) uint64 {
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// block hears a block: a track, a time stamp of 16 bits, flags, a packet.
func (w *webm) block(b []byte, out *outlet) error {
	if w.track == nil {
		if w.others == "" {
			w.others = "an unnamed stream"
		}
		return &UnsupportedError{"WebM: " + w.others + " is not the documented codec, Opus"}
	}
	number, n := ebmlNumber(b, 8, false)
	if n <= 0 || len(b) < n+4 {
		out.damaged++
		return nil
	}
	if number != w.chosen {
		return nil
	}
	ticks := int64(w.cluster) + int64(int16(binary.BigEndian.Uint16(b[n:]))) //nolint:gosec // bits of a file
	packet := b[n+3:]
	length := int64(opusLength(packet)) * opusRate / opusClock
	if b[n+2]&0x06 != 0 { // laced: several packets, which recorders of Opus do not do
		out.damaged++
		return nil
	}
	w.wait(ticks, out)
	w.clock += length
	w.track.packet(packet, int(length), out)
	return nil
}

// wait puts silence where a time stamp leaves a gap. Time stamps of recorders tremble, so a small one is none.
func (w *webm) wait(ticks int64, out *outlet) {
	scale := w.scale
	if scale == 0 {
		scale = 1e6
	}
	at := int64(float64(ticks) * float64(scale) / 1e9 * opusRate)
	if !w.begun {
		w.begun, w.base = true, at
	}
	missing := at - w.base - w.clock
	if missing < opusRate/5 {
		return
	}
	out.gap(missing)
	w.clock += missing
}
