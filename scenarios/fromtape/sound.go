package fromtape

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/sound"
)

const (
	mostHex     = 256  // bytes of audio that are written out
	usualPacket = 4096 // default of a feed
	padMs       = 200  // of silence that S and E count to an utterance (observed in samples of the service)
	quietMs     = 1000 // of silence that end an utterance (documented: limitations)
	longMs      = 10 * 60 * 1000
	riff        = "52494646"

	// endlessWAV is the beginning of a WAV file that does not say how long it is: one channel, 16 bits, at a rate.
	endlessWAV = "52494646ffffffff57415645666d74201000000001000100%s02001000" + "64617461ffffffff"
)

// cycle is the sound of one cycle of a stream.
type cycle struct {
	format protocol.AudioFormat
	named  string // its format as the client wrote it
	headed bool   // it begins like a WAV file
	broken bool   // the server could not read it
	speech []stretch
}

// stretch is a part of the sound, in milliseconds from its beginning. The end of what never ended is far away.
type stretch struct{ from, to int64 }

// cyclesOf finds out what there was to hear in each cycle.
func cyclesOf(own []*scenarios.Entry) []cycle {
	var all []cycle
	for _, e := range own {
		if c, err := protocol.ParseCommand([]byte(e.Text)); err == nil && e.Kind == scenarios.WSCommand {
			if s, ok := c.(protocol.Start); ok {
				all = append(all, newCycle(s.Format))
			}
		}
		if len(all) > 0 {
			all[len(all)-1].hear(e)
		}
	}
	for i := range all {
		all[i].narrow()
	}
	return all
}

// hear learns from an entry of the cycle.
func (c *cycle) hear(e *scenarios.Entry) {
	c.headed = c.headed || e.Audio != nil && strings.HasPrefix(e.Audio.First, riff)
	if e.Kind != scenarios.WSEvent {
		return
	}
	event, err := protocol.ParseEvent([]byte(e.Text))
	if err != nil {
		return
	}
	switch event := event.(type) {
	case protocol.FeedError:
		c.broken = event.Text == protocol.NewError(protocol.FeedUnsupportedAudio).Message
	case protocol.SpeechStart:
		c.speech = append(c.speech, stretch{int64(event.At), longMs})
	case protocol.SpeechEnd:
		if n := len(c.speech); n > 0 {
			c.speech[n-1].to = int64(event.At)
		}
	default:
	}
}

func newCycle(name string) cycle {
	f, err := protocol.ParseAudioFormat(name)
	if err != nil {
		f, _ = protocol.ParseAudioFormat("LSB16K")
	}
	return cycle{format: f, named: name}
}

// narrow takes away the silence around each utterance that S and E count to it, and leaves enough of it between two for both to
// be found again.
func (c *cycle) narrow() {
	for i := range c.speech {
		u := &c.speech[i]
		contiguous := i > 0 && u.from-c.speech[i-1].to < padMs // a long utterance was cut in two
		if !contiguous && u.to-u.from > 3*padMs {
			u.from += padMs
		}
		if u.to != longMs && u.to-u.from > 2*padMs {
			u.to -= padMs
		}
		if i == 0 {
			continue
		}
		before := &c.speech[i-1]
		switch {
		case contiguous:
			before.to = u.from
		case u.from-before.to < quietMs:
			before.to = max(before.from+padMs, u.from-quietMs)
		}
	}
}

// bytesPerSecond takes what has a header for 16-bit samples of one channel.
func (c *cycle) bytesPerSecond() int64 {
	if n := c.format.BytesPerSecond(); n > 0 {
		return n
	}
	return 2 * int64(c.format.Rate)
}

// pieces cuts a part of the sound where speech begins and ends.
func (c *cycle) pieces(part stretch) []piece {
	var all []piece
	add := func(kind scenarios.SoundKind, s stretch) {
		if s.to = min(s.to, part.to); s.to > s.from {
			all = append(all, piece{kind, s.to - s.from})
		}
	}
	at := part.from
	for _, u := range c.speech {
		add(scenarios.SoundSilence, stretch{at, u.from})
		at = min(max(at, u.from), part.to)
		add(scenarios.SoundSpeech, stretch{at, u.to})
		at = min(max(at, u.to), part.to)
	}
	add(scenarios.SoundSilence, stretch{at, part.to})
	return all
}

type piece struct {
	kind scenarios.SoundKind
	ms   int64
}

func (s *streaming) cycle() cycle {
	if s.current < 0 || s.current >= len(s.cycles) {
		return newCycle("LSB16K")
	}
	return s.cycles[s.current]
}

func (s *streaming) milliseconds(bytes int64) int64 {
	c := s.cycle()
	return bytes * 1000 / c.bytesPerSecond()
}

// feed writes the packets that were gathered.
func (s *streaming) feed() {
	run := s.run
	s.run = nil
	if len(run) == 0 {
		return
	}
	var bytes int64
	for _, e := range run {
		bytes += e.Audio.Bytes
	}
	from := s.offset
	s.offset += bytes
	size := flow(strconv.FormatInt(run[0].Audio.Bytes, 10))
	if known, ok := wholly(run); ok {
		s.step("feed", mapping(field{"hex", quote(hex.EncodeToString(known))}, field{"packet", when(run[0].Audio.Bytes > 0, size)}))
		return
	}
	c := s.cycle()
	if first := run[0].Audio.First; c.broken && first != "" {
		s.note(firstBytes)
		s.step("feed", mapping(field{"hex", quote(unreadable(first))}))
		return
	}
	s.note(aboutSound(run))
	as := flow("")
	if f, err := sound.ParseFormat(c.named); err != nil {
		as = "LSB16K"
	} else if c.headed && from == 0 && f.Encoding == protocol.PCM16LE {
		s.note("it begins like a WAV file; this header leaves its length open")
		s.step("feed", mapping(field{"hex", quote(c.header(f.Rate))}))
		bytes = max(bytes-wavHeader, 1)
	}
	part := stretch{s.milliseconds(from), s.milliseconds(from + bytes)}
	if part.to == part.from {
		part.to++
	}
	for _, p := range c.pieces(part) {
		for ms := p.ms; ms > 0; ms -= longMs { // what a scenario can say at most
			length := quote((time.Duration(min(ms, longMs)) * time.Millisecond).String())
			s.step("feed", mapping(field{string(p.kind), length}, field{"as", as}, field{"packet", when(run[0].Audio.Bytes != usualPacket && run[0].Audio.Bytes > 0, size)}))
		}
	}
}

const (
	wavHeader  = 44 // bytes
	firstBytes = "the server could not read this audio; the tape has its first bytes, and the rest of a header is made up"
)

// unreadable goes on in a WAV file of which the tape has the first 16 bytes: with a codec that the service does not name.
func unreadable(first string) string {
	const adpcm = "10000000" + "11000100803e0000007d000000010400" + "64617461ffffffff" + "0000000000000000"
	if strings.HasPrefix(first, riff) && len(first) == 32 {
		return first + adpcm
	}
	return first
}

// header begins a WAV file whose samples are those of the format.
func (c *cycle) header(rate int) string {
	little := func(v int) string {
		return fmt.Sprintf("%02x%02x%02x%02x", v&0xff, v>>8&0xff, v>>16&0xff, v>>24&0xff)
	}
	return fmt.Sprintf(endlessWAV, little(rate)+little(2*rate))
}

// wholly is the audio of the packets when the tape has all of it and it is short.
func wholly(run []*scenarios.Entry) (all []byte, ok bool) {
	for _, e := range run {
		first, err := hex.DecodeString(e.Audio.First)
		switch {
		case int64(len(e.Audio.Data)) == e.Audio.Bytes:
			all = append(all, e.Audio.Data...)
		case err == nil && int64(len(first)) == e.Audio.Bytes:
			all = append(all, first...)
		default:
			return nil, false
		}
	}
	return all, len(all) <= mostHex
}

// aboutSound says what became of the audio.
func aboutSound(run []*scenarios.Entry) string {
	for _, e := range run {
		if len(e.Audio.Data) > 0 {
			return "the tape kept the audio, which is too long to be written here; sounds of the same length stand for it"
		}
	}
	return "the tape kept no audio; sounds of the same length stand for it, speech where the server heard some"
}
