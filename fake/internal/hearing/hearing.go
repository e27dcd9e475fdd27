// Package hearing finds utterances in audio.
//
// A Listener takes the bytes of an upload or of a stream as they come, however they are cut, and says when speech began and
// ended, in milliseconds of audio. What was said it cannot know, unless the sound is a fixture and says so itself: Transcribe answers
// with built-in sentences, chosen by a digest of the sound, so that the same audio always gives the same text. Nothing here reads a
// clock, or keeps the audio unless asked to. A decoder for a container gets its bytes piece by piece and holds one frame of them; what
// it gives goes through an outlet, which bounds it.
package hearing

import (
	"time"

	"mockamivoice/protocol"
)

// Spec says what a listener is told about the audio before it comes.
type Spec struct {
	Format    protocol.AudioFormat // as declared
	Sniff     bool                 // a header in the audio beats a declared raw format (documented: audio-format)
	Guess     bool                 // audio that should have a header and has none is little-endian PCM (observed)
	AllowMP4  bool                 // MP4 is heard as one utterance, for it is not decoded, instead of being refused
	Utterance time.Duration        // longest utterance; 0 means 30 s (documented: limitations)
	Interval  time.Duration        // audio between interim results; 0 means none
	Keep      bool                 // SpeechEnd carries the samples of the utterance, up to 30 s of them
}

// Event is a finding: SpeechStart, Interim or SpeechEnd. They come in this order for each utterance.
type Event interface{ event() }

type (
	// SpeechStart is the beginning of an utterance, At milliseconds from the beginning of the audio.
	SpeechStart struct{ At int }
	// Interim is a moment inside of an utterance at which an interim result is due. Voice.End is that moment.
	Interim struct{ Voice Voice }
	// SpeechEnd is the end of an utterance, At milliseconds from the beginning of the audio.
	SpeechEnd struct {
		At    int
		Voice Voice
		Sound *Sound // nil unless Spec.Keep, and of audio that is not decoded
	}
)

func (SpeechStart) event() {}
func (Interim) event()     {}
func (SpeechEnd) event()   {}

// Voice is the sounding part of an utterance.
type Voice struct {
	Start, End int    // milliseconds from the beginning of the audio
	Understood bool   // false for a cough, a click or a beep: too short to be a word, or steady
	Digest     uint64 // of the beginning of the sound; the same sound has the same digest in every encoding of its samples
	Carried    Carried
	Longer     uint64 // of up to 2 s of it; 0 before that, and in an Interim
}

// Summary is what a listener knows about the audio so far.
type Summary struct {
	Bytes     int64
	Duration  int    // milliseconds
	Container string // raw, wav, adpcm, ogg, flac, mp3, webm, mp4
	Rate      int    // samples per second; 0 when not known
	Channels  int
	Silent    bool   // there are samples, and all of them are zero or next to it
	Speech    int    // milliseconds of speech
	Note      string // what a person should know: what was damaged, cut off, or heard by its loudness alone
}

// UnsupportedError says why audio cannot be heard.
type UnsupportedError struct{ Reason string }

// Error implements error.
func (e *UnsupportedError) Error() string { return e.Reason }

// Listener hears one stretch of audio. It is not for concurrent use.
type Listener struct {
	spec   Spec
	source source
	head   []byte // bytes that were held back until the container was known
	wav    wavHeader
	bytes  int64
	voice  detector
	packed decoder // nil for samples, and for what cannot be decoded
	out    outlet  // of packed
	once   compressed
	err    error
}

// NewListener is a Listener for audio as told in spec.
func NewListener(spec Spec) *Listener {
	if spec.Utterance <= 0 {
		spec.Utterance = 30 * time.Second
	}
	l := &Listener{spec: spec}
	if spec.Format.Encoding != protocol.Headed && !spec.Sniff {
		l.begin(raw(spec.Format))
	}
	return l
}

// Write hears the next bytes. The error is an *UnsupportedError, and stays.
func (l *Listener) Write(p []byte) ([]Event, error) {
	l.bytes += int64(len(p))
	if l.err != nil {
		return nil, l.err
	}
	if l.source.kind == 0 {
		l.head = append(l.head, p...)
		p = l.sniff(false)
	}
	l.take(p)
	return l.findings(), l.err
}

// Close hears the end: speech that goes on is ended.
func (l *Listener) Close() ([]Event, error) {
	if l.err == nil && l.source.kind == 0 && l.bytes > 0 {
		l.take(l.sniff(true))
	}
	if l.err != nil {
		return nil, l.err
	}
	switch {
	case l.packed != nil:
		l.unpack(nil, true)
		if l.err == nil && l.out.rate > 0 {
			l.voice.finish()
		}
	case l.source.compressed():
		l.once.end(l.bytes)
	default:
		l.voice.finish()
	}
	return l.findings(), l.err
}

func (l *Listener) begin(s source) {
	l.source = s
	if l.packed = newDecoder(s); l.packed != nil {
		l.out = outlet{voice: &l.voice, spec: l.spec}
	}
	if !s.compressed() {
		l.voice.init(s.rate, l.spec)
		l.voice.order = orderOf(s.encoding)
		if s.encoding == protocol.ALaw {
			l.voice.quiet = 8 // A-law has no zero, this is its quietest sample
		}
	}
}

// sniff looks at the held bytes and returns those that are audio, once the container is known.
func (l *Listener) sniff(last bool) []byte {
	s, skip, err := l.identify(last)
	if err != nil {
		l.err = err
		return nil
	}
	if s.kind == 0 {
		return nil
	}
	audio := l.head[skip:]
	l.head = nil
	l.begin(s)
	return audio
}

func (l *Listener) take(p []byte) {
	switch {
	case l.err != nil || l.source.kind == 0 || len(p) == 0:
	case l.packed != nil:
		l.unpack(p, false)
	case l.source.compressed():
		l.once.take(p)
	default:
		l.source.decode(p, &l.voice)
	}
}

func (l *Listener) findings() []Event {
	found := append(l.voice.events, l.once.events...)
	l.voice.events, l.once.events = nil, nil
	return found
}

// Summary tells about the audio so far.
func (l *Listener) Summary() Summary {
	s := Summary{Bytes: l.bytes, Container: l.source.container(), Rate: l.source.rate, Channels: max(l.source.channels, 1)}
	if l.packed != nil {
		s.Note = l.out.remarks()
	} else if l.source.compressed() {
		s.Duration, s.Speech = estimate(l.bytes), estimate(l.bytes)
		s.Note = "the container is not decoded: heard as one utterance, its times estimated at 32 kbit/s"
		return s
	}
	if l.voice.rate > 0 {
		s.Duration, s.Speech = l.voice.now(), l.voice.speech
		s.Silent = l.voice.samples+int64(l.voice.meter.n) > 0 && !l.voice.sounded
		if s.Silent && l.source.second {
			s.Note = "the first of two channels is silent and the second is not; the first is heard"
		}
	}
	return s
}

// compressed hears a container that is not decoded: one utterance from beginning to end.
type compressed struct {
	digest digest
	seen   int
	begun  bool
	events []Event
}

func (c *compressed) take(p []byte) {
	const most = 4096
	if !c.begun {
		c.begun = true
		c.digest = newDigest()
		c.events = append(c.events, SpeechStart{At: 0})
	}
	for _, b := range p[:min(len(p), most-min(c.seen, most))] {
		c.digest.add(uint64(b))
	}
	c.seen += len(p)
}

func (c *compressed) end(bytes int64) {
	if !c.begun {
		return
	}
	at := max(estimate(bytes), 300)
	c.events = append(c.events, SpeechEnd{At: at, Voice: Voice{Start: 0, End: at, Understood: true, Digest: uint64(c.digest), Longer: uint64(c.digest)}})
}

// estimate is how many milliseconds compressed audio may last.
func estimate(bytes int64) int { return int(bytes / 4) }

// digest is FNV-1a over words.
type digest uint64

func newDigest() digest { return 14695981039346656037 }

func (d *digest) add(v uint64) {
	for range 8 {
		*d = (*d ^ digest(v&0xFF)) * 1099511628211
		v >>= 8
	}
}
