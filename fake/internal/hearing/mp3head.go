package hearing

// mp3Head is what the four bytes in front of an MPEG audio layer III frame say.
type mp3Head struct {
	version  byte // 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5
	index    byte // of the rate
	rate     int
	channels int
	size     int // bytes of the frame
	samples  int
	crc      bool
}

// mp3HeadOf reads a header. Frames of free bit rate are none.
func mp3HeadOf(b []byte) (h mp3Head, ok bool) {
	if len(b) < 4 || b[0] != 0xFF || b[1]&0xE6 != 0xE2 || b[1]>>3&3 == 1 || b[2]>>4 == 0 || b[2]>>4 == 15 || b[2]>>2&3 == 3 || b[3]&3 == 2 {
		return h, false
	}
	h = mp3Head{version: b[1] >> 3 & 3, index: b[2] >> 2 & 3, crc: b[1]&1 == 0, channels: 2, samples: 1152}
	h.rate = [...]int{44100, 48000, 32000}[h.index] >> [...]int{2, 0, 1, 0}[h.version]
	kbit := [...]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}[b[2]>>4]
	if h.version != 3 {
		kbit = [...]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}[b[2]>>4]
		h.samples = 576
	}
	if b[3]>>6 == 3 {
		h.channels = 1
	}
	h.size = h.samples/8*kbit*1000/h.rate + int(b[2]>>1&1)
	return h, true
}

// alike reports whether frames with these headers can follow each other. The number of channels may change.
func (h mp3Head) alike(other mp3Head) bool {
	return h.version == other.version && h.index == other.index
}

// side is how many bytes of side information come after the header and its check sum.
func (h mp3Head) side() int {
	switch {
	case h.version == 3 && h.channels == 2:
		return 32
	case h.version == 3 || h.channels == 2:
		return 17
	}
	return 9
}

// body is where the side information begins.
func (h mp3Head) body() int {
	if h.crc {
		return 6
	}
	return 4
}

// mp3Side is what matters of the side information.
type mp3Side struct {
	reservoir int // bytes of earlier frames that this one uses
	bits      int // of all granules
	gain      int // the greatest of the first channel; 0 when nothing sounds
}

func (h mp3Head) sideOf(b []byte) mp3Side {
	bits := &bitReader{p: b}
	var s mp3Side
	granules, rest := 1, 63-29
	if h.version == 3 {
		granules, rest = 2, 59-29
		s.reservoir = bits.read(9)
		bits.read([...]int{0, 5, 3}[h.channels] + 4*h.channels)
	} else {
		s.reservoir = bits.read(8)
		bits.read(h.channels)
	}
	for range granules {
		for channel := range h.channels {
			length := bits.read(12)
			bits.read(9)
			gain := bits.read(8)
			bits.at += rest
			s.bits += length
			if channel == 0 && length > 0 {
				s.gain = max(s.gain, gain)
			}
		}
	}
	return s
}
