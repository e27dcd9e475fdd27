package lenient

import (
	"errors"
	"math"
	"net"
	"slices"
)

// ErrTooLarge is what reading yields after a frame header that makes its
// message larger than [Options.MaxMessage].
var ErrTooLarge = errors.New("websocket message too large")

const (
	maskBit = 0x80
	maskLen = 4
)

// Conn is a connection whose Read yields RFC 6455 client frames whatever kind
// the client sends: an unmasked frame comes out masked with the zero key. In
// strict mode it yields what the client sends. Everything but Read is that of
// the connection inside. Read is for one goroutine at a time.
type Conn struct {
	net.Conn
	options Options
	frames  Frames

	head    header
	remain  uint64 // bytes of the current frame, mask key included, still to come
	message uint64 // payload bytes of the current message so far
	owed    int    // zero key bytes that found no room in the caller's buffer
	early   []byte // received bytes that are to be read before the connection
	err     error  // to be returned once early is used up

	masked   bool // a masked frame was seen
	unmasked bool // an unmasked frame was seen
}

// Wrap puts a Conn around nc. The bytes in early were received already and are
// read first; they are copied.
func Wrap(nc net.Conn, early []byte, o Options) *Conn {
	c := &Conn{Conn: nc, options: o}
	if len(early) > 0 {
		c.early = slices.Clone(early)
	}
	return c
}

// Frames returns the queue of the frames that Read has passed on.
func (c *Conn) Frames() *Frames { return &c.frames }

// NetConn returns the connection inside, as the method of tls.Conn does.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// Read reads frames, or any part of them, into p.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, err := c.read(p)
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// read is Read that may return nothing at all.
func (c *Conn) read(p []byte) (int, error) {
	switch {
	case c.owed > 0:
		return c.pay(p), nil
	case len(c.early) > 0:
		out, in := c.expand(p, c.early)
		if c.early = c.early[in:]; len(c.early) == 0 {
			c.early = nil
		}
		return out, nil
	case c.err != nil:
		return 0, c.err
	case c.inPlace():
		n, err := c.receive(p)
		return c.scan(p[:n]), err
	default:
		tail := p[len(p)-c.fit(len(p)):]
		n, err := c.receive(tail)
		out, _ := c.expand(p, tail[:n])
		return out, err
	}
}

// receive reads from the connection. An error that comes with bytes is kept
// for the next call.
func (c *Conn) receive(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && err != nil {
		c.err, err = err, nil
	}
	return n, err
}

// inPlace reports whether no frame is expected to need room to grow.
func (c *Conn) inPlace() bool {
	growing := c.unmasked || c.head.n >= 2 && !c.head.masked()
	return c.options.Strict || c.masked && !growing
}

// fit returns how many bytes may be received into the tail of a buffer of the
// given size, so that expanding them from its start never overtakes what is
// still to be expanded. The rest of the current frame stays as long as it is;
// after it, bytes may become three times as many: an empty frame grows from 2
// bytes to 6. If the first of those 2 was passed on before, the last zeros are
// owed, when nothing is left to be overtaken.
func (c *Conn) fit(size int) int {
	if c.remain >= uint64(size) {
		return size
	}
	rest := int(c.remain)
	return max(1, rest+(size-rest)/3)
}

// expand moves src to dst and makes every frame a masked one. It stops when
// src is used up or dst is full, and returns how much of each it used. src may
// be the tail of dst if its length is that of fit.
func (c *Conn) expand(dst, src []byte) (out, in int) {
	for in < len(src) && out < len(dst) {
		if c.remain > 0 {
			n := copy(dst[out:], src[in:in+c.clip(len(src)-in)])
			c.remain -= uint64(n)
			out, in = out+n, in+n
			continue
		}
		b := src[in]
		in++
		complete := c.head.feed(b)
		if complete && !c.begin() {
			return out, len(src)
		}
		if c.head.n == 2 && !c.options.Strict {
			b |= maskBit
		}
		dst[out] = b
		out++
		if !complete {
			continue
		}
		c.head.n = 0
		if !c.head.masked() && !c.options.Strict {
			c.owed = maskLen
			out += c.pay(dst[out:])
		}
	}
	return out, in
}

// pay writes as many of the owed zero key bytes as p holds.
func (c *Conn) pay(p []byte) int {
	n := min(c.owed, len(p))
	clear(p[:n])
	c.owed -= n
	return n
}

// scan follows the frames in p, which stays as it is, and returns how many
// bytes of it are for the caller. An unmasked frame after masked ones, which
// no known client sends, puts the bytes from its second on aside for expand.
func (c *Conn) scan(p []byte) int {
	for in := 0; in < len(p); {
		if c.remain > 0 {
			n := c.clip(len(p) - in)
			c.remain -= uint64(n)
			in += n
			continue
		}
		if c.head.n == 1 && p[in]&maskBit == 0 && !c.options.Strict {
			c.early = slices.Clone(p[in:])
			return in
		}
		if c.head.feed(p[in]) {
			if !c.begin() {
				return in
			}
			c.head.n = 0
		}
		in++
	}
	return len(p)
}

// clip returns the smaller one of n and the rest of the current frame.
func (c *Conn) clip(n int) int {
	return int(min(uint64(n), c.remain))
}

// begin takes note of the frame whose header is complete. It reports false if
// the connection has to end because of it.
func (c *Conn) begin() bool {
	f := frame{opcode: c.head.opcode(), fin: c.head.fin(), masked: c.head.masked(), size: c.head.length}
	if !f.control() {
		c.message = saturate(c.message, f.size)
		limit := c.options.MaxMessage
		if !c.options.Strict && limit > 0 && c.message > uint64(limit) {
			c.err = ErrTooLarge
			return false
		}
		if f.fin {
			c.message = 0
		}
	}
	c.remain = f.size
	if f.masked {
		c.remain = saturate(f.size, maskLen)
		c.masked = true
	} else if !c.unmasked {
		c.unmasked = true
		if !c.options.Strict {
			// observed: the five native Wrp 1.0.05 clients never set MASK.
			c.options.tolerated(UnmaskedFrames)
		}
	}
	c.frames.add(f)
	return true
}

// saturate is a+b, or the largest number if that is too large.
func saturate(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
