package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Opcodes of frames. (RFC 6455)
const (
	Continuation = 0x0
	Text         = 0x1
	Binary       = 0x2
	Close        = 0x8
	Ping         = 0x9
	Pong         = 0xa
)

// Frame is one WebSocket frame. Its payload is not masked, whatever was on the wire.
type Frame struct {
	Fin     bool
	RSV     byte // the three reserved bits
	Opcode  int
	Masked  bool
	Payload []byte
}

// Control reports whether f is a close, a ping or a pong.
func (f Frame) Control() bool { return f.Opcode >= Close }

const (
	finBit  = 0x80
	maskBit = 0x80
	short   = 126 // length in two bytes
	long    = 127 // length in eight bytes
)

// ReadFrame reads one frame with a payload of at most limit bytes. Masked and unmasked ones are taken.
func ReadFrame(r io.Reader, limit int64) (Frame, error) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return Frame{}, err
	}
	f := Frame{Fin: b[0]&finBit != 0, RSV: b[0] >> 4 & 7, Opcode: int(b[0] & 0xf), Masked: b[1]&maskBit != 0}
	size := uint64(b[1] &^ maskBit)
	switch size {
	case short:
		if err := readFull(r, b[:2]); err != nil {
			return f, err
		}
		size = uint64(binary.BigEndian.Uint16(b[:2]))
	case long:
		if err := readFull(r, b[:8]); err != nil {
			return f, err
		}
		size = binary.BigEndian.Uint64(b[:8])
	}
	if size > uint64(limit) {
		return f, fmt.Errorf("a frame of %d bytes: %w", size, ErrTooLong)
	}
	var key [4]byte
	if f.Masked {
		if err := readFull(r, key[:]); err != nil {
			return f, err
		}
	}
	f.Payload = make([]byte, size)
	if err := readFull(r, f.Payload); err != nil {
		return f, err
	}
	mask(f.Payload, key)
	return f, nil
}

// readFull is io.ReadFull for the middle of a frame, where an end is unexpected.
func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// AppendFrame appends f as it goes over the wire. A masked one is masked with key.
func AppendFrame(dst []byte, f Frame, key [4]byte) []byte {
	first := f.RSV<<4 | byte(f.Opcode)
	if f.Fin {
		first |= finBit
	}
	second := byte(0)
	if f.Masked {
		second = maskBit
	}
	switch n := len(f.Payload); {
	case n < short:
		dst = append(dst, first, second|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, first, second|short), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, second|long), uint64(n))
	}
	if f.Masked {
		dst = append(dst, key[:]...)
	}
	at := len(dst)
	dst = append(dst, f.Payload...)
	if f.Masked {
		mask(dst[at:], key)
	}
	return dst
}

func mask(b []byte, key [4]byte) {
	for i := range b {
		b[i] ^= key[i%4]
	}
}
