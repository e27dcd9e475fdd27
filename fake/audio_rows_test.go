package fake_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/scenarios/fixture"
	"mockamivoice/scenarios/sound"
)

// sounding is a row of the matrix: a fixture and a recorded voice in one format.
type sounding struct {
	what, kHz      string
	format         string // declared on a stream
	c              string // declared over HTTP; empty for none
	fixture, voice []byte
}

// recording is the first utterance of the test data: 16-bit little-endian PCM at 16 kHz.
func recording() []byte {
	GinkgoHelper()
	pcm, err := os.ReadFile("../testdata/speech-ja.raw")
	Expect(err).NotTo(HaveOccurred())
	return pcm
}

// at is the recording at a rate, by straight lines between its samples.
func at(rate int, pcm []byte) []int16 {
	var out []int16
	sample := func(i int) float64 {
		return float64(int16(binary.LittleEndian.Uint16(pcm[2*min(i, len(pcm)/2-1):])))
	}
	for i := range len(pcm) / 2 * rate / 16000 {
		x := float64(i) * 16000 / float64(rate)
		left := int(x)
		out = append(out, int16(sample(left)+(sample(left+1)-sample(left))*(x-float64(left))))
	}
	return out
}

// fixtureAt is the fixture of the matrix at a rate.
func fixtureAt(rate int) []int16 {
	GinkgoHelper()
	all := sound.Silence(rate, matrixLead)
	for i, text := range saidIn() {
		utterance, err := fixture.Encode(text, rate)
		Expect(err).NotTo(HaveOccurred())
		if i > 0 {
			all = append(all, sound.Silence(rate, matrixGap)...)
		}
		all = append(all, utterance...)
	}
	return append(all, sound.Silence(rate, matrixTail)...)
}

type namedRate struct {
	name, kHz string
	class     string
}

func rates() []namedRate {
	return []namedRate{
		{"8K", "8", "8K"},
		{"11K", "11.025", "8K"},
		{"16K", "16", "16K"},
		{"22K", "22.05", "16K"},
		{"32K", "32", "16K"},
		{"44K", "44.1", "16K"},
		{"48K", "48", "16K"},
	}
}

// writtenDown are the formats that can be written down here.
func writtenDown() []sounding {
	GinkgoHelper()
	pcm := recording()
	var all []sounding
	row := func(what, kHz, format, c, name string, change func(audio []byte) []byte) {
		f, err := sound.ParseFormat(name)
		Expect(err).NotTo(HaveOccurred())
		write := func(samples []int16) []byte { return change(sound.Encode(f, samples)) }
		all = append(all, sounding{what, kHz, format, c, write(fixtureAt(f.Rate)), write(at(f.Rate, pcm))})
	}
	for _, order := range [][2]string{{"LSB", "raw PCM, little-endian"}, {"MSB", "raw PCM, big-endian"}} {
		for _, r := range rates() {
			row(order[1], r.kHz, order[0]+r.name, order[0]+r.name, order[0]+r.name, slices.Clone)
		}
	}
	row("raw µ-law", "8", "MULAW", "MULAW", "MULAW", slices.Clone)
	row("raw A-law", "8", "ALAW", "ALAW", "ALAW", slices.Clone)
	for _, r := range rates() {
		row("WAV, PCM", r.kHz, r.class, "", "WAV"+r.name, slices.Clone)
	}
	row("WAV, PCM, two channels", "16", "16K", "", "WAV16K", twoChannels)
	row("WAV, PCM, extensible header", "16", "16K", "", "WAV16K", extensible)
	row("WAV, µ-law", "8", "8K", "", "WAVMULAW", slices.Clone)
	row("WAV, A-law", "8", "8K", "", "WAVALAW", slices.Clone)
	row("WAV of unknown length", "16", "16K", "", "WAV16K", unknownLength)
	return all
}

const wavHeader = 44 // bytes

// twoChannels puts the same sound into a second channel, from its end to its beginning.
func twoChannels(wav []byte) []byte {
	out := slices.Clone(wav[:wavHeader])
	binary.LittleEndian.PutUint16(out[22:], 2)
	binary.LittleEndian.PutUint32(out[28:], binary.LittleEndian.Uint32(out[28:])*2)
	binary.LittleEndian.PutUint16(out[32:], 4)
	samples := wav[wavHeader:]
	for i := 0; i+1 < len(samples); i += 2 {
		back := len(samples) - 2 - i
		out = append(out, samples[i], samples[i+1], samples[back], samples[back+1])
	}
	binary.LittleEndian.PutUint32(out[40:], uint32(len(out)-wavHeader))
	return out
}

// extensible names the encoding by a GUID, as Windows does.
func extensible(wav []byte) []byte {
	const guid = "\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71"
	out := append([]byte{}, wav[:36]...)
	out[16], out[20], out[21] = 40, 0xFE, 0xFF
	out = append(append(out, 22, 0, 16, 0, 4, 0, 0, 0), guid...)
	return append(out, wav[36:]...)
}

// unknownLength is what comes out of a pipe: the header was written before the length was known.
func unknownLength(wav []byte) []byte {
	wav = slices.Clone(wav)
	copy(wav[40:], "\xFF\xFF\xFF\xFF")
	return wav
}

// recordedFiles are the files of the test data, container by container.
func recordedFiles() []sounding {
	GinkgoHelper()
	var all []sounding
	for _, row := range [][3]string{
		{"FLAC", "8", "8000.flac"},
		{"FLAC", "11.025", "11025.flac"},
		{"FLAC", "16", "16000.flac"},
		{"FLAC", "22.05", "22050.flac"},
		{"FLAC", "32", "32000.flac"},
		{"FLAC", "44.1", "44100.flac"},
		{"FLAC", "48", "48000.flac"},
		{"FLAC, streamed, two channels", "16", "stereo-streamed.flac"},
		{"MP3", "8", "8000.mp3"},
		{"MP3", "11.025", "11025.mp3"},
		{"MP3", "16", "16000.mp3"},
		{"MP3", "22.05", "22050.mp3"},
		{"MP3", "32", "32000.mp3"},
		{"MP3", "44.1", "44100.mp3"},
		{"MP3", "48", "48000.mp3"},
		{"MP3, variable bit rate, two channels", "16", "stereo.mp3"},
		{"MP3 behind an ID3 tag", "44.1", "tagged.mp3"},
		{"Ogg Opus, narrow band (SILK)", "8", "narrow.opus"},
		{"Ogg Opus, wide band (SILK)", "16", "wide.opus"},
		{"Ogg Opus, frames of 60 ms", "16", "long-frames.opus"},
		{"Ogg Opus, hybrid", "48", "hybrid.opus"},
		{"Ogg Opus, CELT", "16", "celt.opus"},
		{"Ogg Opus, two channels", "16", "stereo.opus"},
		{"WebM Opus", "48", "file.webm"},
		{"WebM Opus, streamed", "48", "live.webm"},
		{"WebM Opus, CELT, two channels", "48", "stereo.webm"},
		{"Ogg Speex, narrow band", "8", "8000.spx"},
		{"Ogg Speex, wide band, variable bit rate", "16", "16000.spx"},
		{"Ogg Speex, ultra-wide band", "32", "32000.spx"},
		{"ADPCM of the browser recorder", "16", "16000.adpcm"},
	} {
		format := "16K"
		if row[1] == "8" || row[1] == "11.025" {
			format = "8K"
		}
		all = append(all, sounding{row[0], row[1], format, "", packedFixture(row[2]), audioFile(row[2])})
	}
	for _, folder := range []string{"audio", "fixture"} {
		files, err := filepath.Glob(filepath.Join("..", "testdata", folder, "*"))
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(HaveLen(len(files)), "every file of %s is in the matrix", folder)
	}
	return all
}
