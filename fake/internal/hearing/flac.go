package hearing

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/mewkiz/flac/frame"
)

// flac finds the frames of a FLAC file by their sync codes and check sums, and has them decoded one by one. (RFC 9639)
type flac struct {
	in      window
	table   [256]uint16
	begun   bool   // the frames have
	depth   int    // bits a sample
	block   int    // samples in a frame, at most
	largest int    // bytes in a frame, at most
	seen    int    // bytes of the current frame
	sum     uint16 // of them
	next    int64  // sample that is due
	current flacHead
	lost    bool // no frame begins where one should
}

func newFLAC() *flac {
	f := &flac{}
	for i := range f.table {
		v := uint16(i) << 8 //nolint:gosec // an index of 256
		for range 8 {
			v = v<<1 ^ v>>15*0x8005
		}
		f.table[i] = v
	}
	return f
}

func (f *flac) decode(p []byte, last bool, out *outlet) error {
	f.in.add(p)
	for !f.begun && !f.in.waits() {
		if more, err := f.metadata(out); err != nil {
			return err
		} else if !more {
			break
		}
	}
	for f.begun && !out.cut && f.step(out) {
	}
	if !last || out.cut {
		return nil
	}
	if out.rate == 0 {
		return &UnsupportedError{"FLAC: it ends before it says what is in it"}
	}
	if !f.begun || f.in.waits() {
		return &UnsupportedError{"FLAC: it ends before its first frame"}
	}
	if len(f.in.bytes()) > 0 {
		f.finish(out)
	}
	return nil
}

// finish hears the frames at the end, where no further header says that they end.
func (f *flac) finish(out *outlet) {
	f.in.add(make([]byte, flacHeadMost))
	for !out.cut && f.step(out) {
	}
	if f.seen > 0 && !out.cut && !f.frame(f.in.bytes(), out) {
		out.damaged++
	}
}

// metadata reads one block in front of the frames. Of all blocks only the first one matters.
func (f *flac) metadata(out *outlet) (more bool, err error) {
	b := f.in.bytes()
	head := 4
	if out.rate == 0 {
		head = 8 // the first block comes after the magic
	}
	if len(b) < head {
		return false, nil
	}
	kind, size := b[head-4], int64(b[head-3])<<16|int64(b[head-2])<<8|int64(b[head-1])
	if out.rate == 0 {
		if kind&0x7F != 0 || size < 34 {
			return false, &UnsupportedError{"FLAC: it does not begin with STREAMINFO"}
		}
		if len(b) < head+34 {
			return false, nil
		}
		if err := f.info(b[head:head+34], out); err != nil {
			return false, err
		}
	}
	f.in.drop(int64(head) + size)
	f.begun = kind&0x80 != 0
	return true, nil
}

func (f *flac) info(b []byte, out *outlet) error {
	packed := binary.BigEndian.Uint32(b[10:])
	rate, channels := int(packed>>12), int(packed>>9&7)+1
	f.depth, f.block = int(packed>>4&31)+1, int(binary.BigEndian.Uint16(b[2:]))
	if f.depth > 24 {
		return &UnsupportedError{fmt.Sprintf("FLAC: %d bits a sample; up to 24 can be heard", f.depth)}
	}
	if f.block < 16 {
		return &UnsupportedError{"FLAC: its STREAMINFO is damaged"}
	}
	f.largest = f.block*channels*(f.depth/8+1) + 64
	return out.begin("FLAC", rate, channels)
}

// step deals with one frame, or with what is none. It returns false when more bytes are needed.
func (f *flac) step(out *outlet) bool {
	b := f.in.bytes()
	if f.seen == 0 {
		if len(b) < flacHeadMost {
			return false
		}
		if !f.starts(b, out) {
			return true
		}
	}
	end, known := f.end(b)
	switch {
	case known:
		if !f.frame(b[:end], out) {
			out.lose(f.current.samples)
		}
		f.drop(int64(end))
	case f.seen > f.largest:
		f.drop(1)
	default:
		return false
	}
	return true
}

// starts notes the header at the beginning of b. Where there is none it drops what comes before the next one.
func (f *flac) starts(b []byte, out *outlet) bool {
	head, ok := f.header(b)
	if ok {
		f.current, f.lost = head, false
		return true
	}
	if !f.lost {
		f.lost = true
		out.damaged++
	}
	f.resync(b)
	return false
}

// end is where the current frame ends, once that is known. It goes on where it stopped.
func (f *flac) end(b []byte) (n int, known bool) {
	for ; f.seen < len(b) && f.seen <= f.largest; f.seen++ {
		i := f.seen
		if i > 5 && b[i] == 0xFF {
			if len(b) < i+flacHeadMost {
				return 0, false
			}
			if f.boundary(b[i:]) {
				return i, true
			}
		}
		f.sum = f.sum<<8 ^ f.table[byte(f.sum>>8)^b[i]]
	}
	return 0, false
}

func (f *flac) drop(n int64) {
	f.in.drop(n)
	f.seen, f.sum = 0, 0
}

// boundary reports whether the frame in front of b ends there: because its sum is right, or because b is the frame that must follow.
func (f *flac) boundary(b []byte) bool {
	if b[1]&0xFE != 0xF8 {
		return false
	}
	head, ok := f.header(b)
	return ok && (f.sum == 0 || head.fixed == f.current.fixed && head.first == f.current.first+int64(f.current.samples))
}

// resync drops what comes before something that may be a header.
func (f *flac) resync(b []byte) {
	i := bytes.IndexByte(b[1:], 0xFF)
	if i < 0 {
		i = len(b) - 1
	}
	f.drop(int64(i + 1))
}

// frame has the current frame decoded. Samples that are missing before it are silence.
func (f *flac) frame(b []byte, out *outlet) (ok bool) {
	out.used = f.in.used
	out.gap(f.current.first - f.next)
	f.next = f.current.first + int64(f.current.samples)
	var samples []int32
	err := guard(func() error {
		decoded, err := frame.New(bytes.NewReader(b))
		if err != nil {
			return err
		}
		decoded.BitsPerSample = uint8(f.depth) //nolint:gosec // at most 24
		err = decoded.Parse()
		if err == nil {
			samples = decoded.Subframes[0].Samples
		}
		return err
	})
	if err != nil || len(samples) != f.current.samples {
		return false
	}
	out.frames++
	out.write(f.narrow(samples))
	return true
}

// narrow makes 16 bits of the depth of the file.
func (f *flac) narrow(samples []int32) []int16 {
	narrow := make([]int16, len(samples))
	for i, s := range samples {
		if f.depth >= 16 {
			narrow[i] = int16(s >> (f.depth - 16)) //nolint:gosec // the high bits
		} else {
			narrow[i] = int16(s << (16 - f.depth)) //nolint:gosec // the depth leaves room
		}
	}
	return narrow
}
