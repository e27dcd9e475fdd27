package hearing

import (
	"encoding/binary"
	"math"
)

// speex hears Speex by its timing and its loudness: there is no decoder for it in Go that is kept well, but each frame says how
// loud its excitation is, which rises and falls with the speech.
type speex struct {
	packets  int // headers so far
	headers  int // to be expected
	frames   int // in a packet
	size     int // samples in a frame
	clock    int64
	envelope envelope
}

// head reads the header. Field by field it is that of the Speex manual, 8.1.
func (s *speex) head(p []byte, out *outlet) error {
	if len(p) < 72 {
		return &UnsupportedError{"Speex: its header is shorter than 72 bytes"}
	}
	field := func(at int) int64 { return int64(int32(binary.LittleEndian.Uint32(p[at:]))) } //nolint:gosec // signed in the file
	rate, channels, frames, extra := field(36), field(48), field(64), field(68)
	if err := out.begin("Speex", int(rate), int(channels)); err != nil {
		return err
	}
	if frames < 1 || frames > 32 || extra < 0 || extra > 16 {
		return &UnsupportedError{"Speex: its header is damaged"}
	}
	mode := min(max(field(40), 0), 2)
	s.frames, s.headers, s.size = int(frames), int(2+extra), 160<<mode
	out.note = "Speex is not decoded: its times and its loudness are heard, what it sounds like is not"
	return nil
}

func (s *speex) page(packets [][]byte, at stamp, out *outlet) error {
	for len(packets) > 0 && (s.packets == 0 || s.packets < s.headers) {
		if s.packets == 0 {
			if err := s.head(packets[0], out); err != nil {
				return err
			}
		}
		s.packets++
		packets = packets[1:]
	}
	length := int64(len(packets) * s.frames * s.size)
	if at.position >= 0 && length > 0 {
		missing := at.position - length - s.clock
		if missing >= int64(2*s.size) && at.lost {
			out.gap(missing)
		}
		s.clock += missing // a recording may begin at any time
	}
	s.clock += length
	for _, p := range packets {
		s.hear(p, out)
	}
	return nil
}

// hear puts the frames of a packet out.
func (s *speex) hear(p []byte, out *outlet) {
	bits := &bitReader{p: p}
	for i := range s.frames {
		loudness, ok := speexFrame(bits)
		if !ok {
			out.lose((s.frames - i) * s.size)
			return
		}
		out.frames++
		s.envelope.write(loudness, s.size, out)
	}
}

// speexFrame reads the loudness of one frame and moves on to the next. ok is false when there is none. (Speex manual, 9 and 10)
func speexFrame(b *bitReader) (loudness float64, ok bool) {
	const scale = 4 // what the filters that follow the excitation make of it, about
	narrow := [16]int{5, 43, 119, 160, 220, 300, 364, 492, 79}
	wide := [8]int{4, 36, 112, 192, 352}
	begin := b.at
	if b.left() < 5 || b.read(1) != 0 {
		return 0, false
	}
	mode := b.read(4)
	if narrow[mode] == 0 || b.left() < narrow[mode]-5 {
		return 0, false
	}
	if mode > 0 {
		b.at += [...]int{0, 29, 25, 18, 18, 30, 30, 30, 29}[mode] // in front of the gain: filter, pitch, gain of the pitch
		if gain := b.read(5); gain > 0 {
			loudness = scale * math.Exp(float64(gain)/3.5)
		}
	}
	b.at = begin + narrow[mode]
	for b.left() >= 4 { // bands above, until a narrow frame begins
		here := b.at
		if b.read(1) == 0 {
			b.at = here
			break
		}
		size := wide[b.read(3)]
		if size == 0 || b.left() < size-4 {
			return loudness, false
		}
		b.at = here + size
	}
	return loudness, true
}
