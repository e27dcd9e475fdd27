package hearing_test

import (
	"encoding/binary"
	"slices"
)

// oggPage is a page with one packet of fewer than 65,025 bytes and a right checksum.
func oggPage(flags byte, position int64, sequence uint32, packets ...[]byte) []byte {
	var table []byte
	for _, p := range packets {
		for range len(p) / 255 {
			table = append(table, 255)
		}
		table = append(table, byte(len(p)%255))
	}
	p := binary.LittleEndian.AppendUint64([]byte{'O', 'g', 'g', 'S', 0, flags}, uint64(position))
	p = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(p, 1), sequence)
	p = append(append(p, 0, 0, 0, 0, byte(len(table))), table...)
	p = append(p, slices.Concat(packets...)...)
	binary.LittleEndian.PutUint32(p[22:], pageSum(p))
	return p
}

// pageSum is the checksum of a page that has zeros in its place.
func pageSum(page []byte) uint32 {
	sum := uint32(0)
	for _, b := range page {
		for bit := 7; bit >= 0; bit-- {
			carry := sum>>31 ^ uint32(b>>bit)&1
			sum = sum<<1 ^ carry*0x04C11DB7
		}
	}
	return sum
}

// oggOpus is Opus in Ogg, a page a packet, with positions that say nothing.
func oggOpus(channels byte, packets ...[]byte) []byte {
	b := slices.Concat(oggPage(2, 0, 0, opusHead(channels)), oggPage(0, 0, 1, []byte("OpusTags")))
	for i, p := range packets {
		b = append(b, oggPage(0, -1, uint32(i+2), p)...)
	}
	return b
}

func opusHead(channels byte) []byte {
	return append([]byte("OpusHead\x01"), channels, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0)
}

// speexHead is the header of a file of wide-band frames.
func speexHead(rate, mode, frames uint32) []byte {
	b := append([]byte("Speex   1.2.1"), make([]byte, 15)...)
	for _, v := range []uint32{1, 80, rate, mode, 4, 1, 0xFFFFFFFF, 160 << mode, 0, frames, 0, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func oggSpeex(rate, mode, frames uint32, packets ...[]byte) []byte {
	b := slices.Concat(oggPage(2, 0, 0, speexHead(rate, mode, frames)), oggPage(0, 0, 1, []byte("comments")))
	for i, p := range packets {
		b = append(b, oggPage(0, -1, uint32(i+2), p)...)
	}
	return b
}

// element is an element of EBML with a size of four bytes.
func element(id string, body ...[]byte) []byte {
	b := slices.Concat(body...)
	return append(binary.BigEndian.AppendUint32([]byte(id), 0x10000000|uint32(len(b))), b...)
}

// webmOf is a WebM file as recorders stream it, with segment and cluster of unknown size, and 20 ms from block to block.
func webmOf(codec string, private []byte, packets ...[]byte) []byte {
	const endless = "\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
	track := element("\xAE", element("\xD7", []byte{1}), element("\x86", []byte(codec)), element("\x63\xA2", private))
	b := slices.Concat(element("\x1A\x45\xDF\xA3", element("\x42\x82", []byte("webm"))), []byte("\x18\x53\x80\x67"+endless), element("\x16\x54\xAE\x6B", track))
	for i, p := range packets {
		if i%100 == 0 {
			b = append(b, "\x1F\x43\xB6\x75"+endless...)
			b = append(b, element("\xE7", binary.BigEndian.AppendUint32(nil, uint32(20*i)))...)
		}
		b = append(b, element("\xA3", []byte{0x81, byte(20 * (i % 100) >> 8), byte(20 * (i % 100)), 0x80}, p)...)
	}
	return b
}

// flacInfo is what comes before the frames of a FLAC file.
func flacInfo(rate, channels, depth int, block uint16) []byte {
	b := append([]byte("fLaC\x80\x00\x00\x22"), byte(block>>8), byte(block), byte(block>>8), byte(block), 0, 0, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(rate<<12|(channels-1)<<9|(depth-1)<<4))
	return append(b, make([]byte, 20)...)
}

// flacFrame is a frame of so many samples in one channel, of the depth of the file, with right checksums around a body.
func flacFrame(number byte, samples uint16, body []byte) []byte {
	b := []byte{0xFF, 0xF8, 0x70, 0x00, number, byte((samples - 1) >> 8), byte(samples - 1)}
	b = append(b, byte(sum(b, 8, 0x07)))
	b = append(b, body...)
	return binary.BigEndian.AppendUint16(b, sum(b, 16, 0x8005))
}

// sum is the remainder of a cyclic code.
func sum(b []byte, width int, poly uint32) uint16 {
	v := uint32(0)
	for _, c := range b {
		for bit := 7; bit >= 0; bit-- {
			carry := v>>(width-1)&1 ^ uint32(c>>bit)&1
			v = (v<<1 ^ carry*poly) & (1<<width - 1)
		}
	}
	return uint16(v)
}

// plainFLAC is a FLAC file of 8, 16 or 24 bits whose frames hold their samples as they are.
func plainFLAC(rate, depth int, samples []int16) []byte {
	const block = 4000
	b := flacInfo(rate, 1, depth, block)
	number := byte(0)
	for part := range slices.Chunk(samples, block) {
		body := []byte{0x02}
		for _, s := range part {
			body = append(body, []byte{byte(s >> 8), byte(s), 0}[:depth/8]...)
		}
		b = append(b, flacFrame(number, uint16(len(part)), body)...)
		number++
	}
	return b
}

// ofStream is a page with another serial number.
func ofStream(serial uint32, page []byte) []byte {
	page = slices.Clone(page)
	binary.LittleEndian.PutUint32(page[14:], serial)
	copy(page[22:], []byte{0, 0, 0, 0})
	binary.LittleEndian.PutUint32(page[22:], pageSum(page))
	return page
}
