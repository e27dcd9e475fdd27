package hearing

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"mockamivoice/protocol"
)

const maxHeader = 64 << 10 // bytes in front of the samples of a WAV file

const blockBytes = 640 // of samples that are decoded at a time

const audible = 64 // a sample of a channel that is not silent

// sourceKind says where samples come from.
type sourceKind uint8

const (
	unknownSource sourceKind = iota
	rawSource
	wavSource
	adpcmSource
	oggSource
	flacSource
	mp3Source
	webmSource
	mp4Source
)

// source turns bytes into samples of the first channel.
type source struct {
	kind     sourceKind
	encoding protocol.Encoding
	rate     int
	channels int
	left     int64 // bytes of samples to come; negative for all that come
	part     [4]byte
	have     int // bytes of part
	adpcm    adpcm
	second   bool // the second channel is not silent
}

func raw(f protocol.AudioFormat) source {
	s := source{kind: rawSource, encoding: f.Encoding, rate: f.Rate, channels: 1, left: -1}
	if f.Encoding == protocol.Headed {
		s.encoding = protocol.PCM16LE
	}
	if s.rate == 0 {
		s.rate = 16000
	}
	return s
}

func (s *source) compressed() bool { return s.kind >= oggSource }

func (s *source) container() string {
	return [...]string{"unknown", "raw", "wav", "adpcm", "ogg", "flac", "mp3", "webm", "mp4"}[s.kind]
}

// width is how many bytes one sample of all channels has.
func (s *source) width() int {
	if s.encoding == protocol.PCM16LE || s.encoding == protocol.PCM16BE {
		return 2 * s.channels
	}
	return s.channels
}

// decode hands the samples of the first channel to d. Samples may lie across the ends of p.
func (s *source) decode(p []byte, d *detector) {
	if s.left >= 0 {
		p = p[:min(int64(len(p)), s.left)]
		s.left -= int64(len(p))
	}
	if s.kind == adpcmSource {
		s.adpcm.decode(p, d)
		return
	}
	width := s.width()
	if s.have > 0 {
		n := copy(s.part[s.have:width], p)
		s.have += n
		p = p[n:]
		if s.have < width {
			return
		}
		s.hearSecond(s.part[:width], width)
		d.sample(s.value(s.part[:width]))
		s.have = 0
	}
	if s.encoding == protocol.PCM16LE && s.channels == 1 {
		d.pcm(p)
		p = p[len(p)&^1:]
	}
	for len(p) >= width {
		var block [blockBytes]byte
		n := min(len(p)/width, len(block)/2)
		s.hearSecond(p[:n*width], width)
		s.decodeBlock(block[:2*n], p, width)
		sounded := d.sounded
		d.pcm(block[:2*n])
		if s.encoding == protocol.ALaw { // in which silence is not zero
			d.sounded = sounded || louder(block[:2*n], d.quiet)
		}
		p = p[n*width:]
	}
	s.have = copy(s.part[:], p)
}

// decodeBlock fills a block with samples, for a detector hears a block faster than one sample after the other.
func (s *source) decodeBlock(block, p []byte, width int) {
	switch s.encoding {
	case protocol.PCM16BE:
		for i := 0; i < len(block); i, p = i+2, p[width:] {
			binary.LittleEndian.PutUint16(block[i:], binary.BigEndian.Uint16(p))
		}
	case protocol.MuLaw:
		for i := 0; i < len(block); i, p = i+2, p[width:] {
			binary.LittleEndian.PutUint16(block[i:], uint16(muLaw(p[0]))) //nolint:gosec // the bits of the sample
		}
	case protocol.PCM16LE, protocol.Headed:
		for i := 0; i < len(block); i, p = i+2, p[width:] {
			binary.LittleEndian.PutUint16(block[i:], binary.LittleEndian.Uint16(p))
		}
	case protocol.ALaw:
		for i := 0; i < len(block); i, p = i+2, p[width:] {
			binary.LittleEndian.PutUint16(block[i:], uint16(aLaw(p[0]))) //nolint:gosec // the bits of the sample
		}
	}
}

// louder reports whether some sample of a block is further from zero than quiet ones are.
func louder(block []byte, quiet int64) bool {
	for ; len(block) >= 2; block = block[2:] {
		v := int64(int16(binary.LittleEndian.Uint16(block))) //nolint:gosec // the bits of the sample
		if max(v, -v) > quiet {
			return true
		}
	}
	return false
}

// hearSecond takes the samples of the second channel, if there is one, until one sounds.
func (s *source) hearSecond(p []byte, width int) {
	for ; s.channels > 1 && !s.second && len(p) > 0; p = p[width:] {
		v := int(s.value(p[width/2:]))
		s.second = max(v, -v) > audible
	}
}

func (s *source) value(p []byte) int16 {
	switch s.encoding {
	case protocol.PCM16BE:
		return int16(binary.BigEndian.Uint16(p)) //nolint:gosec // the bits of the sample
	case protocol.MuLaw:
		return muLaw(p[0])
	case protocol.ALaw:
		return aLaw(p[0])
	case protocol.PCM16LE, protocol.Headed:
	}
	return int16(binary.LittleEndian.Uint16(p)) //nolint:gosec // the bits of the sample
}

// muLaw is one G.711 µ-law byte as a 16-bit sample.
func muLaw(b byte) int16 {
	b = ^b
	v := (int16(b&0x0F)<<3 + 0x84) << (b >> 4 & 7)
	if b&0x80 != 0 {
		return 0x84 - v
	}
	return v - 0x84
}

// aLaw is one G.711 A-law byte as a 16-bit sample.
func aLaw(b byte) int16 {
	b ^= 0x55
	v, exponent := int16(b&0x0F)<<4+8, b>>4&7
	if exponent > 0 {
		v = (v + 0x100) << (exponent - 1)
	}
	if b&0x80 != 0 {
		return v
	}
	return -v
}

// identify looks at the first bytes. It returns no kind as long as more of them are needed, and how many are not samples.
func (l *Listener) identify(last bool) (s source, skip int, err error) {
	h := l.head
	if len(h) < 12 && !last {
		return source{}, 0, nil
	}
	has := func(at int, magic string) bool {
		return len(h) >= at+len(magic) && string(h[at:at+len(magic)]) == magic
	}
	switch {
	case has(0, "RIFF") && has(8, "WAVE"):
		return l.wav.parse(h, last)
	case has(0, "#!ADP\n"):
		return parseADPCM(h, last)
	case has(0, "OggS"):
		return source{kind: oggSource}, 0, nil
	case has(0, "fLaC"):
		return source{kind: flacSource}, 0, nil
	case has(0, "\x1A\x45\xDF\xA3"):
		return source{kind: webmSource}, 0, nil
	case has(4, "ftyp") && !l.spec.AllowMP4:
		return source{}, 0, &UnsupportedError{"MP4 (AAC) is not among the documented containers"}
	case has(4, "ftyp"):
		return source{kind: mp4Source}, 0, nil
	case has(0, "ID3"):
		return source{kind: mp3Source}, 0, nil
	case l.spec.Format.Encoding == protocol.Headed && isMP3(h, last) != mp3None:
		if isMP3(h, last) == mp3More {
			return source{}, 0, nil
		}
		return source{kind: mp3Source}, 0, nil
	case l.spec.Format.Encoding != protocol.Headed || l.spec.Guess:
		return raw(l.spec.Format), 0, nil
	}
	return source{}, 0, &UnsupportedError{"the audio has no known header, and the declared format " + l.spec.Format.Name + " needs one"}
}

// isMP3 tells whether h begins with MPEG audio layer III and can hardly be samples: its first frame must be followed by another.
func isMP3(h []byte, last bool) mp3Fit {
	_, fit := mp3Frame(h, last, false, mp3Head{})
	return fit
}

// wavHeader walks the chunks of a WAV file up to the samples, once, however the header is cut.
type wavHeader struct {
	found source
	at    int // of the next chunk
}

// parse goes on in h, which holds the file from its beginning. (documented: audio-format names the codecs)
func (w *wavHeader) parse(h []byte, last bool) (source, int, error) {
	for w.at = max(w.at, 12); w.at+8 <= len(h); {
		id, size := string(h[w.at:w.at+4]), int64(binary.LittleEndian.Uint32(h[w.at+4:]))
		body := w.at + 8
		next := int64(body) + size + size&1
		switch {
		case id == "data" && w.found.rate == 0:
			return source{}, 0, &UnsupportedError{"WAV: the data comes before the fmt chunk"}
		case id == "data":
			w.found.left = size
			if size == 0 || size >= 0xFFFFFF00 {
				w.found.left = -1 // a header that was written before the length was known
			}
			return w.found, body, nil
		case next > maxHeader:
			return source{}, 0, &UnsupportedError{fmt.Sprintf("WAV: no data chunk in the first %d bytes", maxHeader)}
		case id == "fmt " && int64(len(h)-body) < size && !last:
			return source{}, 0, nil
		case id == "fmt " && int64(len(h)-body) >= size:
			w.found = source{kind: wavSource}
			if err := w.found.readFmt(h[body : body+int(size)]); err != nil {
				return source{}, 0, err
			}
		}
		w.at = int(next)
	}
	if last {
		return source{}, 0, &UnsupportedError{"WAV: the header ends before the data chunk"}
	}
	return source{}, 0, nil
}

func (s *source) readFmt(f []byte) error {
	if len(f) < 16 {
		return &UnsupportedError{"WAV: the fmt chunk is shorter than 16 bytes"}
	}
	tag := binary.LittleEndian.Uint16(f)
	channels, rate, bits := binary.LittleEndian.Uint16(f[2:]), binary.LittleEndian.Uint32(f[4:]), binary.LittleEndian.Uint16(f[14:])
	if tag == 0xFFFE && len(f) >= 40 && bytes.Equal(f[26:40], []byte("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71")) {
		tag = binary.LittleEndian.Uint16(f[24:])
	}
	want := map[uint16]uint16{1: 16, 6: 8, 7: 8}[tag]
	switch {
	case want == 0:
		return &UnsupportedError{fmt.Sprintf("WAV: format tag 0x%04X is not PCM, A-law or µ-law", tag)}
	case bits != want:
		return &UnsupportedError{fmt.Sprintf("WAV: %d bits a sample; format tag %d goes with %d", bits, tag, want)}
	case channels != 1 && channels != 2:
		return &UnsupportedError{fmt.Sprintf("WAV: %d channels; one or two can be heard", channels)}
	case rate > 1<<20 || !protocol.DocumentedRate(int(rate)):
		return &UnsupportedError{fmt.Sprintf("WAV: %d samples a second is none of 8000, 11025, 16000, 22050, 32000, 44100, 48000", rate)}
	}
	s.encoding = map[uint16]protocol.Encoding{1: protocol.PCM16LE, 6: protocol.ALaw, 7: protocol.MuLaw}[tag]
	s.rate, s.channels = int(rate), int(channels)
	return nil
}
