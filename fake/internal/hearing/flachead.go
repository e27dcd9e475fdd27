package hearing

const flacHeadMost = 16 // bytes in a header of a frame

// flacHead is what matters of the header of a FLAC frame.
type flacHead struct {
	fixed   bool // all frames but the last one have the same number of samples
	samples int
	first   int64 // sample
}

// header reads the header of a frame, which must have its check sum right and fit the file. b has flacHeadMost bytes.
func (f *flac) header(b []byte) (h flacHead, ok bool) {
	if b[0] != 0xFF || b[1]&0xFE != 0xF8 || b[3]&1 != 0 || b[2]>>4 == 0 || b[2]&0x0F == 0x0F || b[3]>>4 > 10 {
		return h, false
	}
	if depth := [...]int{0, 8, 12, -1, 16, 20, 24, -1}[b[3]>>1&7]; depth != 0 && depth != f.depth {
		return h, false
	}
	number, n := flacNumber(b[4:])
	if n == 0 {
		return h, false
	}
	at := 4 + n
	h.fixed = b[1]&1 == 0
	switch size := int(b[2] >> 4); {
	case size == 1:
		h.samples = 192
	case size <= 5:
		h.samples = 576 << (size - 2)
	case size == 6:
		h.samples = int(b[at]) + 1
		at++
	case size == 7:
		h.samples = int(b[at])<<8 + int(b[at+1]) + 1
		at += 2
	default:
		h.samples = 256 << (size - 8)
	}
	at += [16]int{12: 1, 13: 2, 14: 2}[b[2]&0x0F] // the rate is that of the file, whatever the frame says
	h.first = number
	if h.fixed {
		h.first *= int64(f.block)
	}
	return h, h.samples <= f.block && flacSum8(b[:at]) == b[at]
}

// flacNumber reads a number that is coded like a rune of up to 36 bits, and how many bytes it has; 0 when it is none.
func flacNumber(b []byte) (v int64, n int) {
	first := b[0]
	for n = 0; n < 8 && first&(0x80>>n) != 0; n++ {
	}
	switch n {
	case 0:
		return int64(first), 1
	case 1, 8:
		return 0, 0
	}
	v = int64(first & (0x7F >> n))
	for _, c := range b[1:n] {
		if c&0xC0 != 0x80 {
			return 0, 0
		}
		v = v<<6 | int64(c&0x3F)
	}
	return v, n
}

func flacSum8(b []byte) byte {
	var v byte
	for _, c := range b {
		v ^= c
		for range 8 {
			v = v<<1 ^ v>>7*0x07
		}
	}
	return v
}
