package judge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// clientAudioLaws hold of what is sent as audio. A tape keeps little of it: length, digest and the first bytes of each piece, and
// all of it only when that was asked for. A law that would have to guess says nothing.
func clientAudioLaws() []Law {
	return []Law{
		{
			ID: "client.audio.bytes", Title: "Audio is sent as its bytes, not as text that stands for them", Level: Must, Basis: protocol.Documented, Source: manualAudio,
			Why: "Base64 is noise to a recognizer: no error comes, and nothing is understood.", Fix: "Decode it first, and send the bytes.", check: audioBytes,
		},
		{
			ID: "client.audio.header-in-raw", Title: "A format without a header is not used for audio that has one", Level: Should, Basis: protocol.Inferred, Source: manualAudio + ": names like LSB16K stand for bare samples, 16K and 8K for audio with a header",
			Why: "The name and the header may say different things; taken by its name, the header is a click, and another rate, coding or compression is noise.",
			Fix: "Say 16K or 8K and send the file as it is, or cut the header off and name the format that it holds.", check: audioHeader,
		},
		{
			ID: "client.audio.whole-samples", Title: "Samples of two bytes come whole", Level: Should, Basis: protocol.Inferred, Source: manualAudio + ": 16 bits a sample",
			Why: "An odd number of bytes means that one was lost or added; from there on high and low bytes are mixed up, and all is noise.",
			Fix: "Count what you read from the microphone or the file, and send what is left over with the next packet.", check: audioWhole,
		},
		{
			ID: "client.audio.byte-order", Title: "Samples lie in the order of bytes that the format names", Level: Should, Basis: protocol.Inferred, Source: manualAudio + "; a guess from how rough the sound is in either order",
			Why: "Swapped bytes are loud noise: no error comes, and nothing is understood.", Fix: "Name LSB for little-endian samples (most machines, WAV) and MSB for big-endian ones.", check: audioOrder,
		},
		{
			ID: "client.audio.silence", Title: "There is something to hear", Level: Info, Basis: protocol.Inferred, Source: "digital silence is what a muted or forbidden microphone gives",
			Why: "Every sample is zero, so that nothing can be recognized.", Fix: "Check permission, device and channel of the microphone.", check: audioSilence,
		},
		{
			ID: "client.audio.pace", Title: "Audio comes about as fast as it sounds", Level: Info, Basis: protocol.Documented, Source: manualTalk + " sends a second of audio a second; nothing demands it",
			Why: "Events come later than they would in real use, and their times say nothing about the delay that a user will see.", Fix: "To try out a live caption, feed a file at the pace of its sound.", check: ofRounds(audioPace),
		},
	}
}

const magicBytes = 4

// container is the kind of header that audio begins with, empty for none.
func container(a *scenarios.Audio) string {
	first, err := hex.DecodeString(a.First)
	if err != nil {
		return ""
	}
	for _, h := range headers() {
		if bytes.HasPrefix(first, []byte(h[0])) {
			return h[1]
		}
	}
	switch {
	case len(first) >= 8 && string(first[4:8]) == "ftyp":
		return "MP4"
	case len(first) >= 2 && first[0] == 0xff && first[1]&0xe0 == 0xe0:
		return maybeFrame
	}
	return ""
}

// maybeFrame is what MP3 and AAC begin with where no header of a file comes first. Samples may begin like it by chance.
const maybeFrame = "an MP3 or AAC frame"

// headers are those of containers, with their names, supported or not.
func headers() [][2]string {
	return [][2]string{
		{"RIFF", "WAV"},
		{"RIFX", "WAV"},
		{"OggS", "Ogg"},
		{"fLaC", "FLAC"},
		{"ID3", "MP3"},
		{"\x1a\x45\xdf\xa3", "WebM"},
		{"#!ADP\n", "ADPCM"},
		{"FORM", "AIFF"},
		{".snd", "AU"},
		{"caff", "CAF"},
		{"#!AMR", "AMR"},
		{"\x30\x26\xb2\x75", "WMA"},
	}
}

// sound is audio that belongs together: a recording, or what was fed in a cycle.
type sound struct {
	at     *scenarios.Entry // where to point
	format protocol.AudioFormat
	known  bool // the format is
	pieces []*scenarios.Audio
	whole  bool // nothing more comes
}

// sounds are the recordings and cycles with audio.
func (p *clientTape) sounds() []sound {
	var all []sound
	for _, x := range p.exchanges {
		if !x.is(protocol.SurfaceSync) || x.request.Audio == nil || x.request.Audio.Bytes == 0 {
			continue
		}
		f, name, ok := x.declared()
		all = append(all, sound{at: x.request, format: f, known: ok && name != "", pieces: []*scenarios.Audio{x.request.Audio}, whole: !x.odd && x.reply != nil})
	}
	for _, s := range p.talks {
		for _, r := range s.rounds {
			if r.bytes() == 0 {
				continue
			}
			one := sound{at: r.packets[0], whole: r.end != nil}
			one.format, one.known = r.format()
			for _, e := range r.packets {
				if e.Audio.Bytes > 0 {
					one.pieces = append(one.pieces, e.Audio)
				}
			}
			all = append(all, one)
		}
	}
	return all
}

func (s *sound) bytes() int64 {
	var sum int64
	for _, a := range s.pieces {
		sum += a.Bytes
	}
	return sum
}

// isSamples tells whether the audio is declared as bare samples of 16 bits.
func (s *sound) isSamples() bool {
	return s.known && (s.format.Encoding == protocol.PCM16LE || s.format.Encoding == protocol.PCM16BE)
}

// isBase64 tells whether the first bytes of every piece are base64, which sounds do not happen to be: 16 of them are so once in
// four thousand million times. Silence in A-law looks like one letter again and again.
func isBase64(s sound) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\r\n"
	seen, distinct := 0, make(map[byte]bool)
	for _, a := range s.pieces {
		first, err := hex.DecodeString(a.First)
		if err != nil || len(first) < 16 {
			continue
		}
		seen++
		for _, c := range first {
			distinct[c] = true
			if strings.IndexByte(letters, c) < 0 {
				return false
			}
		}
	}
	least := 1
	if s.known && (s.format.Encoding == protocol.ALaw || s.format.Encoding == protocol.MuLaw) {
		least = 8
	}
	return seen >= least && len(distinct) > 4
}

func audioBytes(t *trial, d *dialogue) {
	for _, s := range d.asClient().sounds() {
		if s.pieces[0].First == "" {
			continue
		}
		t.apply()
		if isBase64(s) {
			t.find(s.at, "the audio begins with the letters %q and goes on like that: it looks like base64", text(s.pieces[0].First))
		}
	}
}

// text is hexadecimal as the bytes that it stands for.
func text(first string) string {
	b, _ := hex.DecodeString(first) // of an entry; what cannot be read is shown as nothing
	return string(b)
}

func audioHeader(t *trial, d *dialogue) {
	for _, s := range d.asClient().sounds() {
		if !s.known || s.format.Encoding == protocol.Headed || s.pieces[0].First == "" {
			continue
		}
		t.apply()
		if name := container(s.pieces[0]); name != "" && name != maybeFrame {
			t.find(s.at, "the format is %s, and the audio begins with the header of %s", s.format.Name, name)
		}
	}
}

func audioWhole(t *trial, d *dialogue) {
	for _, s := range d.asClient().sounds() {
		if !s.whole || !s.isSamples() || container(s.pieces[0]) != "" {
			continue
		}
		t.apply()
		if n := s.bytes(); n%2 != 0 {
			t.find(s.at, "%d bytes of %s are no whole number of samples", n, s.format.Name)
		}
	}
}

// isSilent tells whether every byte of a is the one that is silence in f. The digest shows it without the audio.
func isSilent(a *scenarios.Audio, f protocol.AudioFormat) bool {
	const largest = 64 << 20 // bytes that are worth a digest
	first, err := hex.DecodeString(a.First)
	if err != nil || len(first) == 0 || a.Bytes > largest {
		return false
	}
	quiet := []byte{0}
	switch f.Encoding {
	case protocol.MuLaw:
		quiet = []byte{0xff, 0x7f}
	case protocol.ALaw:
		quiet = []byte{0xd5, 0x55}
	case protocol.PCM16LE, protocol.PCM16BE, protocol.Headed:
	}
	if bytes.IndexByte(quiet, first[0]) < 0 || len(bytes.Trim(first, string(first[:1]))) > 0 {
		return false
	}
	sum := sha256.New()
	block := bytes.Repeat(first[:1], 1<<12)
	for left := a.Bytes; left > 0; left -= int64(len(block)) {
		_, _ = sum.Write(block[:min(left, int64(len(block)))])
	}
	return hex.EncodeToString(sum.Sum(nil)) == a.SHA256
}

func audioSilence(t *trial, d *dialogue) {
	for _, s := range d.asClient().sounds() {
		const shortest = 1000 // milliseconds; less proves nothing about a microphone
		if !s.whole || !s.known || s.format.Encoding == protocol.Headed || s.format.Milliseconds(s.bytes()) < shortest {
			continue
		}
		t.apply()
		silent := true
		for _, a := range s.pieces {
			silent = silent && isSilent(a, s.format)
		}
		if silent {
			t.find(s.at, "all %d bytes of %s are digital silence", s.bytes(), s.format.Name)
		}
	}
}

func audioPace(t *trial, r *round) {
	const ahead = 10 * time.Second
	f, ok := r.format()
	if !ok || f.BytesPerSecond() == 0 || len(r.packets) < 2 {
		return
	}
	t.apply()
	last := r.packets[len(r.packets)-1]
	fed := time.Duration(f.Milliseconds(r.bytes()-last.Audio.Bytes)) * time.Millisecond
	if took := lapse(r.packets[0], last); fed-took > ahead {
		t.find(last, "%s of audio came in %s", fed.Round(time.Second/10), took)
	}
}
