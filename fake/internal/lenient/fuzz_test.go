package lenient_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"mockamivoice/fake/internal/lenient"
)

// chunks is a connection that delivers its bytes in chunks of random sizes,
// the last one together with the EOF, which it reports only once.
type chunks struct {
	net.Conn
	rest  []byte
	max   int
	rnd   *rand.Rand
	ended bool
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.ended {
		return 0, errors.New("read after the end")
	}
	n := copy(p[:min(len(p), 1+c.rnd.IntN(c.max))], c.rest)
	if c.rest = c.rest[n:]; len(c.rest) == 0 {
		c.ended = true
		return n, io.EOF
	}
	return n, nil
}

// traffic makes frames as a client might send them and as gorilla has to read
// them. kinds: a byte per frame, its bits choose mask, FIN, opcode and length.
func traffic(kinds []byte, rnd *rand.Rand) (sent, want []byte, messages int) {
	for _, k := range kinds {
		head := []byte{[]byte{0, 1, 2, 9}[k>>1&3] | k<<4&0x80}
		n := []int{0, 1, 2, 125, 126, 127, 3201, 66000}[k>>4&7]
		switch {
		case n > 65535 || k == 0x91:
			head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
		case n > 125 || k&0x8F == 0x81:
			head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
		default:
			head = append(head, byte(n))
		}
		payload := make([]byte, n)
		for i := range payload {
			payload[i] = byte(rnd.Uint32())
		}
		out := bytes.Clone(head)
		out[1] |= 0x80
		if k&1 == 0 {
			key := []byte{1, 2, 3, byte(n)}
			head = append(bytes.Clone(out), key...)
			out = append(out, key...)
		} else {
			out = append(out, 0, 0, 0, 0)
		}
		if head[0]&0x80 != 0 && head[0]&0x0F != 9 {
			messages++
		}
		sent = append(append(sent, head...), payload...)
		want = append(append(want, out...), payload...)
	}
	return sent, want, messages
}

// FuzzShim checks that random frames, delivered and read in random portions,
// come out exactly as the masked ones they stand for.
func FuzzShim(f *testing.F) {
	f.Add([]byte{0x08, 0x0A, 0x6C}, uint64(1), uint16(4096), uint16(0), false)
	f.Add([]byte{0x09, 0x19, 0x6D, 0x7D, 0x07}, uint64(2), uint16(7), uint16(30), false) // native clients
	f.Add([]byte{0x08, 0x09, 0x08, 0x19, 0x09, 0x09}, uint64(3), uint16(1), uint16(3), false)
	f.Add([]byte{0x09, 0x09, 0x09, 0x09, 0x09, 0x09}, uint64(4), uint16(12), uint16(1), false)
	f.Add([]byte{0x09, 0x68}, uint64(5), uint16(600), uint16(9), true)
	f.Fuzz(func(t *testing.T, kinds []byte, seed uint64, room, early uint16, strict bool) {
		kinds = kinds[:min(len(kinds), 100)]
		checkShim(t, kinds, rand.New(rand.NewPCG(seed, 1)), int(room), int(early), strict)
	})
}

// The same with streams that a short fuzz run does not find: empty frames only,
// which grow most, and clients that change their mind about masks.
func TestShim(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for i := range 2000 {
		kinds := make([]byte, rnd.IntN(40))
		for j := range kinds {
			kinds[j] = byte(rnd.Uint32()) & 0x3F
			switch {
			case i%3 == 0: // empty
				kinds[j] &= 0x0F
				kinds[j] |= 1
			case i%3 == 1 && j < len(kinds)/2:
				kinds[j] &^= 1
			case i%3 == 1:
				kinds[j] |= 1
			}
			if rnd.IntN(20) == 0 {
				kinds[j] = byte(rnd.Uint32())
			}
		}
		checkShim(t, kinds, rnd, rnd.IntN(1<<rnd.IntN(13)), rnd.IntN(1<<rnd.IntN(8)), i%10 == 9)
	}
}

func checkShim(t *testing.T, kinds []byte, rnd *rand.Rand, room, early int, strict bool) {
	t.Helper()
	sent, want, messages := traffic(kinds, rnd)
	if strict {
		want = bytes.Clone(sent)
	}
	if len(sent) > 1<<16 {
		room |= 0x3ff // or it takes too long
	}
	early = min(early, len(sent))
	nc := &chunks{rest: bytes.Clone(sent[early:]), max: 1 + room, rnd: rnd}
	reports := 0
	c := lenient.Wrap(nc, sent[:early], lenient.Options{Strict: strict, OnTolerance: func(string) { reports++ }})
	got, buf := make([]byte, 0, len(want)), make([]byte, 1+room)
	for {
		p := buf[:1+rnd.IntN(len(buf))]
		n, err := c.Read(p)
		got = append(got, p[:n]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n == 0 {
			t.Fatalf("Read: %d, %v", n, err)
		}
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("frames %x, room %d, early %d: %d bytes became %d, want %d, or others", kinds, room, early, len(sent), len(got), len(want))
	}
	for range messages {
		if _, _, n, _ := c.Frames().Message(); n == 0 {
			t.Fatal("a message is missing in Frames")
		}
	}
	if reports > 1 || strict && reports > 0 {
		t.Fatalf("%d tolerances", reports)
	}
}

// FuzzBytes checks that Read survives bytes that are no frames.
func FuzzBytes(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint8(3))
	f.Add([]byte("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"), uint8(0))
	f.Fuzz(func(t *testing.T, sent []byte, room uint8) {
		nc := &chunks{rest: sent, max: 9, rnd: rand.New(rand.NewPCG(1, 2))}
		c := lenient.Wrap(nc, nil, lenient.Options{MaxMessage: 1 << 20})
		p := make([]byte, 1+int(room))
		total := 0
		for {
			n, err := c.Read(p)
			if total += n; total > 3*len(sent) {
				t.Fatalf("%d bytes became %d", len(sent), total)
			}
			if err != nil {
				return
			}
		}
	})
}

// endless is a connection that repeats the same bytes.
type endless struct {
	net.Conn
	loop []byte
	at   int
}

func (c *endless) Read(p []byte) (int, error) {
	n := copy(p, c.loop[c.at:])
	c.at = (c.at + n) % len(c.loop)
	return n, nil
}

// BenchmarkShim reads 100 ms of 16 kHz audio per frame through a read buffer
// as large as gorilla's.
func BenchmarkShim(b *testing.B) {
	payload := bytes.Repeat([]byte{'p'}, 3201)
	for name, head := range map[string][]byte{
		"masked":   {0x82, 0xFE, 0x0C, 0x81, 1, 2, 3, 4},
		"unmasked": {0x82, 0x7E, 0x0C, 0x81},
	} {
		b.Run(name, func(b *testing.B) {
			c := lenient.Wrap(&endless{loop: append(bytes.Clone(head), payload...)}, nil, lenient.Options{MaxMessage: 1 << 24})
			p := make([]byte, 4096)
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				for size := int64(0); size == 0; _, _, _, size = c.Frames().Message() {
					if _, err := c.Read(p); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
