package lenient

import (
	"math"
	"slices"
)

// header collects a frame header without its mask key, byte by byte.
type header struct {
	n      int // bytes so far
	first  byte
	second byte
	length uint64
}

// feed adds a byte and reports whether the header is complete. The caller then
// sets n to 0 before the next frame.
func (h *header) feed(b byte) bool {
	switch h.n {
	case 0:
		h.first, h.n = b, 1
		return false
	case 1:
		h.second, h.length = b, uint64(b&^maskBit)
		if h.length >= 126 {
			h.length = 0
		}
	default:
		h.length = h.length<<8 | uint64(b)
	}
	h.n++
	switch h.second &^ maskBit {
	case 126:
		return h.n == 2+2
	case 127:
		return h.n == 2+8
	default:
		return true
	}
}

func (h *header) opcode() int  { return int(h.first & 0x0f) }
func (h *header) fin() bool    { return h.first&0x80 != 0 }
func (h *header) masked() bool { return h.second&maskBit != 0 }

// frame is what a frame header says.
type frame struct {
	opcode      int
	fin, masked bool
	size        uint64 // of the payload
}

func (f frame) control() bool { return f.opcode&0x8 != 0 }

// queued is how many messages, and how many control frames, a queue holds
// before it forgets the oldest: more than a read buffer of 12 KiB can hold of
// the shortest masked frames, so nothing is lost to who consumes what he reads.
const queued = 2048

// Frames is the queue of the frames that a connection has received, for
// learning what gorilla/websocket does not tell: whether a message was masked,
// and of how many frames it consisted. It may run ahead of the messages read
// from gorilla by what gorilla buffers. It forgets the oldest entries if nobody
// consumes them. It is not for concurrent use: it belongs to the goroutine that
// reads the connection, which includes gorilla's ping, pong and close handlers.
type Frames struct {
	open     message // the message whose last frame is still to come
	messages queue[message]
	controls queue[control]
}

type message struct {
	opcode, frames int
	masked         bool
	size           uint64
}

type control struct {
	opcode int
	masked bool
	size   uint64
}

func (q *Frames) add(f frame) {
	if f.control() {
		q.controls.push(control{f.opcode, f.masked, f.size})
		return
	}
	if q.open.frames == 0 {
		q.open.opcode, q.open.masked = f.opcode, true
	}
	q.open.frames++
	q.open.masked = q.open.masked && f.masked
	q.open.size = saturate(q.open.size, f.size)
	if f.fin {
		q.messages.push(q.open)
		q.open = message{}
	}
}

// Message takes the data frames up to the first one with FIN from the queue:
// the opcode of the first, whether all were masked, their number and the sum of
// their payloads in bytes. Control frames in between stay. Without a complete
// message in the queue it takes nothing and frames is 0.
func (q *Frames) Message() (opcode int, masked bool, frames int, size int64) {
	if q.messages.len() == 0 {
		return 0, false, 0, 0
	}
	m := q.messages.pop(0)
	return m.opcode, m.masked, m.frames, signed(m.size)
}

// Ahead reports whether the client has sent more data than was read as messages: a frame of a later message is already here.
func (q *Frames) Ahead() bool { return q.messages.len() > 0 || q.open.frames > 0 }

// Control takes the first control frame with that opcode from the queue: if it
// was masked, and its payload in bytes. ok is false if there is none.
func (q *Frames) Control(opcode int) (masked bool, size int64, ok bool) {
	i := slices.IndexFunc(q.controls.items[q.controls.head:], func(c control) bool { return c.opcode == opcode })
	if i < 0 {
		return false, 0, false
	}
	c := q.controls.pop(i)
	return c.masked, signed(c.size), true
}

// signed is n, or the largest int64: the top bit of a 64-bit length is
// forbidden, and gorilla fails the connection for it.
func signed(n uint64) int64 {
	return int64(min(n, math.MaxInt64))
}

// queue is a bounded list: items from head on. Its room is used again, unless a
// burst made it large.
type queue[T any] struct {
	items []T
	head  int
}

func (q *queue[T]) push(v T) {
	if q.len() == queued {
		q.head++
	}
	if q.head >= queued/2 {
		q.items, q.head = append(q.items[:0], q.items[q.head:]...), 0
	}
	q.items = append(q.items, v)
}

func (q *queue[T]) len() int { return len(q.items) - q.head }

// pop takes the i-th item after head.
func (q *queue[T]) pop(i int) T {
	i += q.head
	v := q.items[i]
	copy(q.items[q.head+1:i+1], q.items[q.head:i])
	if q.head++; q.len() == 0 {
		q.items, q.head = q.items[:0], 0
		if cap(q.items) > queued/32 {
			q.items = nil
		}
	}
	return v
}
