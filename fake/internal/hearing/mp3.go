package hearing

import (
	"bytes"
	"io"
	"math"

	"github.com/hajimehoshi/go-mp3"
)

// mp3Decoder cuts MPEG audio layer III into frames and has them decoded one by one. Each frame is made to stand for itself before:
// the bits that it borrows from earlier ones are put into it. So the decoder never reads beyond what is there, a lost frame spoils
// no other, and frames with padding, of which the decoder takes a byte too few at the low rates, are read right.
type mp3Decoder struct {
	in       window
	head     mp3Head // of the last frame
	synced   bool    // the last frame ended where the window begins
	lost     int     // bytes since the last frame that are in none
	frames   int64   // so far
	bytes    int64   // in them
	skip     int     // samples at the beginning that are not sound
	store    []byte  // the end of the sound data of earlier frames
	frame    bytes.Buffer
	decoder  *mp3.Decoder
	pcm      []byte
	narrow   []int16
	envelope envelope
}

func (m *mp3Decoder) decode(p []byte, last bool, out *outlet) error {
	m.in.add(p)
	for !out.cut && !m.in.waits() {
		more, err := m.step(last, out)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if last && out.rate == 0 {
		return &UnsupportedError{"MP3: there is no frame in it"}
	}
	return nil
}

// step deals with one frame, tag, or byte that belongs to none.
func (m *mp3Decoder) step(last bool, out *outlet) (more bool, err error) {
	b := m.in.bytes()
	if len(b) < 10 {
		return false, nil
	}
	if string(b[:3]) == "ID3" {
		m.in.drop(10 + int64(b[6]&0x7F)<<21 + int64(b[7]&0x7F)<<14 + int64(b[8]&0x7F)<<7 + int64(b[9]&0x7F))
		return true, nil
	}
	head, fits := mp3Frame(b, last, m.synced, m.head)
	switch fits {
	case mp3None:
		n := 1
		for n < len(b)-2 && b[n] != 0xFF && string(b[n:n+3]) != "ID3" {
			n++
		}
		m.in.drop(int64(n))
		m.synced, m.lost = false, m.lost+n
		return true, nil
	case mp3More:
		return false, nil
	case mp3Whole:
	}
	m.in.drop(int64(head.size))
	out.used = m.in.used
	return true, m.take(b[:head.size], head, out)
}

// mp3Fit says whether a frame begins where one is looked for.
type mp3Fit uint8

const (
	mp3None mp3Fit = iota
	mp3More        // more bytes are needed to tell
	mp3Whole
)

// mp3Frame looks for a frame at the beginning of b. One that does not follow another at once must be followed by another.
func mp3Frame(b []byte, last, synced bool, before mp3Head) (mp3Head, mp3Fit) {
	head, ok := mp3HeadOf(b)
	known := before.rate > 0
	switch {
	case !ok, known && !head.alike(before), head.size < head.body()+head.side():
		return head, mp3None
	case len(b) < head.size && last:
		return head, mp3None
	case len(b) < head.size:
		return head, mp3More
	case synced, last && len(b) < head.size+4:
		return head, mp3Whole
	case len(b) < head.size+4:
		return head, mp3More
	}
	if next, ok := mp3HeadOf(b[head.size:]); !ok || !next.alike(head) {
		return head, mp3None
	}
	return head, mp3Whole
}

// take hears a frame.
func (m *mp3Decoder) take(b []byte, head mp3Head, out *outlet) error {
	if out.rate == 0 {
		if err := out.begin("MP3", head.rate, head.channels); err != nil {
			return err
		}
		m.skip = usualDelay + decoderDelay
		tells := m.information(b, head)
		if head.rate == loudnessRate {
			m.skip = max(m.skip-head.samples/2, 0) // what a frame says is heard half into it and half into the next one
		}
		if tells {
			m.head, m.synced, m.lost = head, true, 0
			return nil
		}
	} else if m.lost > 0 {
		m.miss(head, out)
	}
	m.head, m.synced, m.lost = head, true, 0
	m.frames++
	m.bytes += int64(head.size)
	side := head.sideOf(b[head.body():])
	switch {
	case head.rate == loudnessRate:
		m.loudness(side, head, out)
	case !m.sound(b, head, side, out):
		out.lose(head.samples)
	}
	return nil
}

// loudnessRate is the one rate that the decoder has no tables for.
const loudnessRate = 8000

// Samples at the beginning of a file that come before the sound.
const (
	decoderDelay = 529
	usualDelay   = 576 // that of LAME, for files that do not tell
)

// miss puts silence where frames are missing: as many as the lost bytes would hold if they were like those before.
func (m *mp3Decoder) miss(head mp3Head, out *outlet) {
	m.store = nil
	if m.frames == 0 {
		return
	}
	size := m.bytes / m.frames
	for range (int64(m.lost) + size/2) / size {
		out.lose(head.samples)
	}
}

// information reports whether b is the frame that says how the file was made, and notes how much silence the encoder put before it.
func (m *mp3Decoder) information(b []byte, head mp3Head) bool {
	tag := b[head.body()+head.side():]
	if len(tag) >= 4 && string(tag[:4]) == "VBRI" {
		return true
	}
	if len(tag) < 8 || string(tag[:4]) != "Xing" && string(tag[:4]) != "Info" {
		return false
	}
	at := 8
	for bit, size := range [...]int{4, 4, 100, 4} {
		at += int(tag[7]>>bit&1) * size
	}
	if len(tag) >= at+24 && (string(tag[at:at+4]) == "LAME" || string(tag[at:at+3]) == "Lav") {
		m.skip = int(tag[at+21])<<4 + int(tag[at+22]>>4) + decoderDelay
	}
	return true
}

// loudness hears a frame by its gain alone.
func (m *mp3Decoder) loudness(side mp3Side, head mp3Head, out *outlet) {
	out.note = "MP3 at 8000 samples a second is not decoded: its times and its loudness are heard, what it sounds like is not"
	const full = 172 // the gain of loud speech
	loudness := 0.
	if side.gain > 0 {
		loudness = 8000 * math.Exp2(float64(side.gain-full)/4)
	}
	skip := min(m.skip, head.samples)
	m.skip -= skip
	out.frames++
	m.envelope.write(loudness, head.samples-skip, out)
}

// sound decodes a frame.
func (m *mp3Decoder) sound(b []byte, head mp3Head, side mp3Side, out *outlet) bool {
	const mostStore, mostData = 511, 1500
	begin := head.body() + head.side()
	data := append(bytes.Clone(m.store[max(len(m.store)-side.reservoir, 0):]), b[begin:]...)
	missing := side.reservoir > len(m.store)
	m.store = append(m.store, b[begin:]...)
	m.store = bytes.Clone(m.store[max(len(m.store)-mostStore, 0):])
	if missing || (side.bits+7)/8 > min(len(data), mostData) {
		return false
	}
	whole := alone(b, head, data[:(side.bits+7)/8])
	if whole == nil || guard(func() error { return m.pull(whole, head) }) != nil {
		m.decoder = nil
		return false
	}
	out.frames++
	m.narrow = m.narrow[:0]
	for p := m.pcm; len(p) >= 4; p = p[4:] {
		m.narrow = append(m.narrow, int16(uint16(p[0])|uint16(p[1])<<8)) //nolint:gosec // the bits of the sample
	}
	skip := min(m.skip, len(m.narrow))
	m.skip -= skip
	out.write(m.narrow[skip:])
	return true
}

// alone is a frame of the highest bit rate that holds data and borrows nothing, or nil where they do not fit.
func alone(b []byte, head mp3Head, data []byte) []byte {
	header := []byte{0xFF, 0xE3 | max(head.version, 2)<<3, 14<<4 | head.index<<2, b[3]}
	if head.version == 0 { // the tables of MPEG-2.5 are those of MPEG-2 at 16,000
		header[2] = 14<<4 | 2<<2
	}
	stretched, _ := mp3HeadOf(header)
	begin := head.body() + head.side()
	if stretched.body()+stretched.side()+len(data) > stretched.size {
		return nil
	}
	whole := append(header, b[head.body():begin]...)
	whole[4] = 0 // the reservoir has eight bits, or nine
	if head.version == 3 {
		whole[5] &= 0x7F
	}
	whole = append(whole, data...)
	return append(whole, make([]byte, stretched.size-len(whole))...)
}

// pull has the decoder read one frame. It gives two channels whatever the frame has.
func (m *mp3Decoder) pull(whole []byte, head mp3Head) error {
	m.frame.Reset()
	m.frame.Write(whole)
	if m.decoder == nil {
		decoder, err := mp3.NewDecoder(&m.frame)
		if err != nil {
			return err
		}
		m.decoder = decoder
	}
	if len(m.pcm) != 4*head.samples {
		m.pcm = make([]byte, 4*head.samples)
	}
	_, err := io.ReadFull(m.decoder, m.pcm)
	return err
}
