package hearing

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pion/opus"
)

const (
	opusClock = 48000 // of every time stamp
	opusRate  = 16000 // samples that are asked for: the engines hear no more
	opusMost  = 120   // milliseconds in one packet
)

// opusTrack decodes Opus packets.
type opusTrack struct {
	decoder  opus.Decoder
	channels int
	skip     int // samples at the beginning that are not sound
	pcm      []int16
}

// newOpusTrack reads an OpusHead. (RFC 7845)
func newOpusTrack(head []byte) (*opusTrack, error) {
	if len(head) < 19 || string(head[:8]) != "OpusHead" || head[8]&0xF0 != 0 {
		return nil, &UnsupportedError{"Opus: its header is damaged"}
	}
	channels := int(head[9])
	if channels != 1 && channels != 2 {
		return nil, &UnsupportedError{fmt.Sprintf("Opus: %d channels; one or two can be heard", channels)}
	}
	t := &opusTrack{channels: channels, skip: int(binary.LittleEndian.Uint16(head[10:])) * opusRate / opusClock}
	return t, t.reset()
}

func (t *opusTrack) reset() (err error) {
	t.decoder, err = opus.NewDecoderWithOutput(opusRate, t.channels)
	return err
}

// packet decodes p and puts at most keep samples of it out.
func (t *opusTrack) packet(p []byte, keep int, out *outlet) {
	n := opusLength(p) * opusRate / opusClock
	if n == 0 {
		out.damaged++
		return
	}
	if t.pcm == nil {
		t.pcm = make([]int16, opusMost*opusRate/1000*t.channels)
	}
	err := guard(func() error {
		got, err := t.decoder.DecodeToInt16(p, t.pcm)
		if err == nil && got != n {
			err = fmt.Errorf("%d samples instead of %d", got, n)
		}
		return err
	})
	skip := min(t.skip, n)
	t.skip -= skip
	keep = max(min(n, keep)-skip, 0)
	if err != nil {
		if len(p) > 2 { // shorter ones say that nothing is sent while it is silent
			out.damaged++
		} else {
			out.frames++
		}
		out.silence(keep)
		if panicked := (*panicError)(nil); errors.As(err, &panicked) && t.reset() != nil {
			out.note = "the Opus decoder cannot be started again"
		}
		return
	}
	out.frames++
	for i := range n {
		t.pcm[i] = t.pcm[i*t.channels]
	}
	out.write(t.pcm[skip : skip+keep])
}

// opusLength is how many samples at 48 kHz a packet says that it has, or 0 when that cannot be. (RFC 6716, 3.1)
func opusLength(p []byte) int {
	if len(p) == 0 {
		return 0
	}
	var frame int
	switch config := int(p[0] >> 3); {
	case config >= 16:
		frame = 120 << (config & 3)
	case config >= 12:
		frame = 480 << (config & 1)
	default:
		frame = [...]int{480, 960, 1920, 2880}[config&3]
	}
	count := [...]int{1, 2, 2, 0}[p[0]&3]
	if count == 0 && len(p) > 1 {
		count = int(p[1] & 0x3F)
	}
	if frame*count > opusMost*opusClock/1000 {
		return 0
	}
	return frame * count
}

// opusPages is Opus in Ogg: two packets of headers, then sound with a time stamp for each page.
type opusPages struct {
	track   *opusTrack
	headers int
	clock   int64 // samples at 48 kHz so far, those that are skipped included
	begun   bool  // clock has its beginning
}

func (o *opusPages) page(packets [][]byte, at stamp, out *outlet) error {
	for o.headers < 2 && len(packets) > 0 {
		if o.headers == 0 {
			track, err := newOpusTrack(packets[0])
			if err != nil {
				return err
			}
			if err := out.begin("Opus", opusRate, track.channels); err != nil {
				return err
			}
			o.track = track
		}
		o.headers++
		packets = packets[1:]
	}
	if len(packets) == 0 || o.track == nil {
		return nil
	}
	var length int64
	for _, p := range packets {
		length += int64(opusLength(p))
	}
	over := int64(0) // samples at the end that are not sound
	if at.position >= 0 {
		missing := at.position - length - o.clock
		switch {
		case !o.begun && !at.end && !at.lost:
			o.clock += missing // a recording may begin at any time
		case at.end && missing < 0:
			over = min(-missing, length)
		case missing >= opusClock/50:
			out.gap(missing * opusRate / opusClock)
			o.clock += missing
		}
		o.begun = true
	}
	o.clock += length
	keep := (length - over) * opusRate / opusClock
	for _, p := range packets {
		n := int64(opusLength(p)) * opusRate / opusClock
		o.track.packet(p, int(max(min(n, keep), 0)), out)
		keep -= n
	}
	return nil
}
