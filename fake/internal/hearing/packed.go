package hearing

import (
	"fmt"
	"time"

	"mockamivoice/protocol"
)

// decoder turns the bytes of a container into the samples of the first channel, however the bytes are cut. It holds no more of
// them than one frame or page. last says that no bytes follow. The error says why the audio cannot be heard at all; damage in
// the midst of it is none: what is lost becomes silence of the same length where that length is known.
type decoder interface {
	decode(p []byte, last bool, out *outlet) error
}

// Bounds of what comes out of a container. Honest audio stays far below them: the thinnest speech of any codec has about 4 ms in
// a byte, while a few bytes of FLAC can stand for seconds of one and the same sample.
const (
	pieceBytes = 4096             // a decoder gets no more at a time
	freeAudio  = 10 * time.Minute // so much is heard whatever its size
	byteAudio  = 8                // milliseconds for each byte beyond
	mostAudio  = 24 * time.Hour   // documented: limitations, the longest connection
	mostGap    = time.Minute      // a longer gap between time stamps is not believed
)

// outlet is where a decoder puts what it finds.
type outlet struct {
	voice    *detector
	spec     Spec
	rate     int // 0 until begin
	channels int
	samples  int64
	frames   int   // frames or packets that were decoded
	damaged  int   // frames or packets that were not
	used     int64 // bytes up to the end of the current frame
	cut      bool  // there was too much sound for so few bytes
	note     string
}

// begin says what kind of sound comes.
func (o *outlet) begin(kind string, rate, channels int) error {
	switch {
	case channels != 1 && channels != 2:
		return &UnsupportedError{fmt.Sprintf("%s: %d channels; one or two can be heard", kind, channels)}
	case !protocol.DocumentedRate(rate):
		return &UnsupportedError{fmt.Sprintf("%s: %d samples a second is none of 8000, 11025, 16000, 22050, 32000, 44100, 48000", kind, rate)}
	}
	if o.rate == 0 {
		o.rate, o.channels = rate, channels
		o.voice.init(rate, o.spec)
	}
	return nil
}

// room is how many of n further samples may be heard.
func (o *outlet) room(n int) int {
	most := min(int64(freeAudio/time.Millisecond)+byteAudio*o.used, int64(mostAudio/time.Millisecond)) * int64(o.rate) / 1000
	if left := most - o.samples; int64(n) > left {
		o.cut = true
		n = max(int(left), 0)
	}
	o.samples += int64(n)
	return n
}

// write takes samples of the first channel.
func (o *outlet) write(samples []int16) {
	for _, s := range samples[:o.room(len(samples))] {
		o.voice.sample(s)
	}
}

// silence stands for n samples that are lost.
func (o *outlet) silence(n int) {
	for range o.room(n) {
		o.voice.sample(0)
	}
}

// gap stands for so many samples that a time stamp says are missing, if that can be believed.
func (o *outlet) gap(n int64) {
	if n > 0 && n <= int64(mostGap/time.Second)*int64(o.rate) {
		o.silence(int(n))
	}
}

// lose takes a frame that cannot be decoded and would have had n samples.
func (o *outlet) lose(n int) {
	o.damaged++
	o.silence(n)
}

// remarks are what a person should know about the decoding.
func (o *outlet) remarks() string {
	text := o.note
	add := func(s string) {
		if text != "" {
			text += "; "
		}
		text += s
	}
	if o.damaged > 0 {
		add(fmt.Sprintf("%d frames or packets are damaged and heard as silence", o.damaged))
	}
	if o.cut {
		add(fmt.Sprintf("cut off after %d ms: more sound than so few bytes may hold", o.samples*1000/int64(o.rate)))
	}
	return text
}

// panicError is what is left of a panic in a decoder.
type panicError struct{ with any }

func (e *panicError) Error() string { return fmt.Sprintf("the decoder panics: %v", e.with) }

// guard runs a decoder: its panic is a *panicError, its state then is not to be used again.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p}
		}
	}()
	return f()
}

// newDecoder is the decoder for what s comes in, or nil where there is none.
func newDecoder(s source) decoder {
	switch s.kind {
	case oggSource:
		return newOgg()
	case flacSource:
		return newFLAC()
	case mp3Source:
		return &mp3Decoder{}
	case webmSource:
		return &webm{}
	case unknownSource, rawSource, wavSource, adpcmSource, mp4Source:
	}
	return nil
}

// unpack hears the next bytes of a container.
func (l *Listener) unpack(p []byte, last bool) {
	for l.err == nil && !l.out.cut {
		piece := p[:min(len(p), pieceBytes)]
		p = p[len(piece):]
		if err := guard(func() error { return l.packed.decode(piece, last && len(p) == 0, &l.out) }); err != nil {
			l.err = &UnsupportedError{err.Error()}
		}
		if len(p) == 0 {
			break
		}
	}
	if last && l.err == nil && l.out.frames == 0 && l.out.damaged > 0 {
		l.err = &UnsupportedError{fmt.Sprintf("%s: nothing in it could be decoded", l.source.container())}
	}
	l.source.rate, l.source.channels = l.out.rate, l.out.channels
}

// Mismatch says how the audio differs from the class of engines that f names, or nothing; a zero f names none. The audio is heard
// all the same: its header is believed. (documented: audio-format, 8K is for 8 and 11.025 kHz, 16K for 16 kHz and more; a header
// beats the name)
func (s Summary) Mismatch(f protocol.AudioFormat) string {
	const lowest = 16000
	wide := s.Rate >= lowest
	if f.Name == "" || f.Encoding != protocol.Headed || s.Rate == 0 || s.Container == "raw" || wide == (f.Rate >= lowest) {
		return ""
	}
	return fmt.Sprintf("; %s was declared, which is not for %d samples a second: the header is believed", f.Name, s.Rate)
}
