package hearing

import (
	"bytes"
	"encoding/binary"
)

const mostPacket = 64 << 10 // longer packets are comments with pictures; of them the beginning is kept

// track turns the packets of one codec into sound.
type track interface {
	// page takes the packets that end on one page.
	page(packets [][]byte, at stamp, out *outlet) error
}

// stamp is what a page says about itself.
type stamp struct {
	position int64 // of its end, in samples; negative for none
	end      bool  // no page follows
	lost     bool  // a page before it is missing
}

// ogg walks the pages of an Ogg file and hands the packets of its first audible stream on. Streams that are chained behind it are
// heard after it, others beside it are not. (documented: audio-format names Opus and Speex)
type ogg struct {
	in       window
	crc      [256]uint32
	track    track
	serial   uint32
	sequence uint32
	ended    bool
	packet   []byte
	open     bool // packet goes on
	others   string
}

func newOgg() *ogg {
	o := &ogg{}
	for i := range o.crc {
		v := uint32(i) << 24 //nolint:gosec // an index of 256
		for range 8 {
			v = v<<1 ^ v>>31*0x04C11DB7
		}
		o.crc[i] = v
	}
	return o
}

// checksum is that of a page whose own checksum counts as zero.
func (o *ogg) checksum(page []byte) uint32 {
	var v uint32
	for i, b := range page {
		if i >= 22 && i < 26 {
			b = 0
		}
		v = v<<8 ^ o.crc[byte(v>>24)^b]
	}
	return v
}

func (o *ogg) decode(p []byte, last bool, out *outlet) error {
	o.in.add(p)
	for !out.cut {
		page, known := o.next(out)
		if !known {
			break
		}
		if err := o.take(page, out); err != nil {
			return err
		}
	}
	if last && len(o.in.bytes()) > 0 && !out.cut {
		out.damaged++
		if page := o.rest(); page != nil {
			if err := o.take(page, out); err != nil {
				return err
			}
		}
	}
	if last && o.track == nil {
		return &UnsupportedError{"Ogg: it ends before it says what is in it"}
	}
	return nil
}

// next is the next whole page with a right checksum.
func (o *ogg) next(out *outlet) (page []byte, ok bool) {
	for {
		b := o.in.bytes()
		if len(b) < 27 {
			return nil, false
		}
		if string(b[:4]) == "OggS" && b[4] == 0 {
			head := 27 + int(b[26])
			if len(b) < head {
				return nil, false
			}
			size := head
			for _, n := range b[27:head] {
				size += int(n)
			}
			if len(b) < size {
				return nil, false
			}
			if binary.LittleEndian.Uint32(b[22:]) == o.checksum(b[:size]) {
				o.in.drop(int64(size))
				out.used = o.in.used
				return b[:size], true
			}
			out.damaged++
		}
		o.resync(b)
	}
}

// rest is what is there of a page that was cut off, made into a page that says nothing about its end; nil when that is nothing.
func (o *ogg) rest() []byte {
	b := bytes.Clone(o.in.bytes())
	if len(b) < 27 || string(b[:4]) != "OggS" || len(b) < 27+int(b[26]) {
		return nil
	}
	table, left := b[27:27+int(b[26])], len(b)-27-int(b[26])
	n := 0
	for n < len(table) && int(table[n]) <= left {
		left -= int(table[n])
		n++
	}
	b[5] &^= 4
	binary.LittleEndian.PutUint64(b[6:], 1<<64-1)
	b[26] = byte(n) //nolint:gosec // no more than there were
	return append(b[:27+n:27+n], b[27+len(table):]...)
}

// resync drops what comes before the next page.
func (o *ogg) resync(b []byte) {
	n := len(b) - 3 // OggS may begin in the last three bytes
	if i := bytes.Index(b[1:], []byte("OggS")); i >= 0 {
		n = i + 1
	}
	o.in.drop(int64(n))
}

func (o *ogg) take(page []byte, out *outlet) error {
	flags, serial := page[5], binary.LittleEndian.Uint32(page[14:])
	if flags&2 != 0 && (o.track == nil || o.ended) {
		o.choose(page, serial)
	}
	if o.track == nil && flags&2 == 0 {
		return &UnsupportedError{"Ogg: " + o.others + " is not among the documented codecs, Opus and Speex"}
	}
	if o.track == nil || serial != o.serial {
		return nil
	}
	sequence := binary.LittleEndian.Uint32(page[18:])
	at := stamp{
		position: int64(binary.LittleEndian.Uint64(page[6:])), //nolint:gosec // -1 is none
		end:      flags&4 != 0,
		lost:     sequence != o.sequence && flags&2 == 0,
	}
	if at.lost {
		o.packet, o.open = nil, false
	}
	o.sequence, o.ended = sequence+1, at.end
	return o.track.page(o.packets(page, flags&1 != 0), at, out)
}

// choose looks at the first page of a stream.
func (o *ogg) choose(page []byte, serial uint32) {
	body := page[27+int(page[26]):]
	switch {
	case bytes.HasPrefix(body, []byte("OpusHead")):
		o.track = &opusPages{}
	case bytes.HasPrefix(body, []byte("Speex   ")):
		o.track = &speex{}
	case bytes.HasPrefix(body, []byte("\x01vorbis")):
		o.others = "Vorbis"
		return
	case bytes.HasPrefix(body, []byte("\x7FFLAC")):
		o.others = "FLAC in Ogg"
		return
	default:
		o.others = "an unknown stream"
		return
	}
	o.serial, o.packet, o.open = serial, nil, false
}

// packets are those that end on a page; goes says that the first one began on an earlier page.
func (o *ogg) packets(page []byte, goes bool) [][]byte {
	table := page[27 : 27+int(page[26])]
	body := page[27+len(table):]
	var whole [][]byte
	orphan := goes && !o.open
	if !goes {
		o.packet = nil
	}
	for _, n := range table {
		if len(o.packet)+int(n) <= mostPacket {
			o.packet = append(o.packet, body[:n]...)
		}
		body = body[n:]
		o.open = n == 255
		if o.open {
			continue
		}
		if !orphan {
			whole = append(whole, o.packet)
		}
		orphan, o.packet = false, nil
	}
	if orphan {
		o.packet, o.open = nil, false
	}
	return whole
}
