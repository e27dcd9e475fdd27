package protocol

import (
	"fmt"
	"strings"
)

// Encoding is how samples lie in the bytes of an upload or a packet.
type Encoding uint8

// The encodings of the service. (documented: audio-format)
const (
	Headed  Encoding = iota // the data carries its own header (WAV, Ogg, FLAC, …)
	PCM16LE                 // signed 16-bit, little-endian
	PCM16BE                 // signed 16-bit, big-endian
	MuLaw                   // G.711 µ-law, 8-bit
	ALaw                    // G.711 A-law, 8-bit
)

// AudioFormat is a format that a client can declare, as c of an HTTP request or as the first word of an s command.
type AudioFormat struct {
	Name     string   // canonical upper-case name, "LSB16K"
	Encoding Encoding // Headed for "8K", "16K" and "OPUS16K"
	Rate     int      // samples per second; for Headed the class of the engine, 8000 or 16000
}

// BytesPerSecond is how many bytes a second of sound takes, or 0 where only the header of the audio can tell.
func (f AudioFormat) BytesPerSecond() int64 {
	switch f.Encoding {
	case PCM16LE, PCM16BE:
		return 2 * int64(f.Rate)
	case MuLaw, ALaw:
		return int64(f.Rate)
	case Headed:
	}
	return 0
}

// Milliseconds is how long so many bytes last, or 0 where only the header of the audio can tell.
func (f AudioFormat) Milliseconds(bytes int64) int64 {
	second := f.BytesPerSecond()
	if second == 0 {
		return 0
	}
	return bytes * 1000 / second
}

// AudioFormats lists every format name that the service knows, canonical spelling.
// (documented: audio-format; OPUS16K observed in the vendor's recorder sample)
func AudioFormats() []AudioFormat {
	formats := make([]AudioFormat, 0, 19)
	for _, r := range sampleRates() {
		formats = append(formats, AudioFormat{"LSB" + r.name, PCM16LE, r.hz})
	}
	for _, r := range sampleRates() {
		formats = append(formats, AudioFormat{"MSB" + r.name, PCM16BE, r.hz})
	}
	return append(formats,
		AudioFormat{"MULAW", MuLaw, 8000},
		AudioFormat{"ALAW", ALaw, 8000},
		AudioFormat{"8K", Headed, 8000},
		AudioFormat{"16K", Headed, 16000},
		AudioFormat{"OPUS16K", Headed, 16000},
	)
}

type sampleRate struct {
	name string
	hz   int
}

func sampleRates() [7]sampleRate {
	return [...]sampleRate{
		{"8K", 8000}, {"11K", 11025}, {"16K", 16000}, {"22K", 22050}, {"32K", 32000}, {"44K", 44100}, {"48K", 48000},
	}
}

// DocumentedRate reports whether hz is a sample rate that the service documents. (documented: audio-format)
func DocumentedRate(hz int) bool {
	for _, r := range sampleRates() {
		if r.hz == hz {
			return true
		}
	}
	return false
}

// ParseAudioFormat reads a format name in any case. (documented: audio-format; case: its older edition)
func ParseAudioFormat(name string) (AudioFormat, error) {
	if len(name) <= len("OPUS16K") {
		for _, f := range AudioFormats() {
			if len(f.Name) == len(name) && strings.EqualFold(f.Name, name) { // the length keeps letters out that only fold to ASCII
				return f, nil
			}
		}
	}
	return AudioFormat{}, fmt.Errorf("audio format %s is not one of LSB8K…LSB48K, MSB8K…MSB48K, MULAW, ALAW, 8K, 16K, OPUS16K", excerpt(name))
}

// AppendAudioFormat appends the canonical name of f.
func AppendAudioFormat(dst []byte, f AudioFormat) []byte { return append(dst, f.Name...) }

// ParseAudioContentType reads a content type that stands for a format name on a request whose body is the audio itself:
// audio/x-pcm with rate, bit and byte-order, audio/x-mulaw and audio/x-alaw. ok is false for every other type, which then
// says nothing about the audio. (observed: the vendor's client library can be told to send these)
func ParseAudioContentType(contentType string) (f AudioFormat, ok bool) {
	media, rest, _ := strings.Cut(contentType, ";")
	params := contentTypeParams(rest)
	rate := params["rate"]
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "audio/x-mulaw":
		return AudioFormat{"MULAW", MuLaw, 8000}, rate == "" || rate == "8000"
	case "audio/x-alaw":
		return AudioFormat{"ALAW", ALaw, 8000}, rate == "" || rate == "8000"
	case "audio/x-pcm":
		return pcmContentType(rate, params["bit"], params["byte-order"])
	}
	return AudioFormat{}, false
}

func pcmContentType(rate, bit, order string) (AudioFormat, bool) {
	prefix := map[string]string{"": "LSB", "little-endian": "LSB", "big-endian": "MSB"}[order]
	if prefix == "" || (bit != "" && bit != "16") {
		return AudioFormat{}, false
	}
	for _, r := range sampleRates() {
		if fmt.Sprint(r.hz) == rate {
			f, err := ParseAudioFormat(prefix + r.name)
			return f, err == nil
		}
	}
	return AudioFormat{}, false
}

func contentTypeParams(s string) map[string]string {
	params := make(map[string]string)
	for part := range strings.SplitSeq(s, ";") {
		if k, v, ok := strings.Cut(part, "="); ok {
			params[strings.ToLower(strings.TrimSpace(k))] = strings.ToLower(strings.Trim(strings.TrimSpace(v), `"`))
		}
	}
	return params
}

// excerpt quotes s for a message to a person and cuts it, so that no input floods a log.
func excerpt(s string) string {
	const most = 40
	if short := fmt.Sprintf("%.*q", most, s); short != fmt.Sprintf("%q", s) {
		return short + "…"
	}
	return fmt.Sprintf("%q", s)
}
