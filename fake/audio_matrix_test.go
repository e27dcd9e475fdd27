package fake_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

var update = flag.Bool("update", false, "write generated files instead of comparing them")

// sounding is a row of the matrix: the same speech in one format.
type sounding struct {
	what, rate string
	format     string // declared on a stream
	c          string // declared over HTTP; empty for none
	audio      []byte
}

// recording is the first utterance of the test data: 16-bit little-endian PCM at 16 kHz.
func recording() []byte {
	GinkgoHelper()
	pcm, err := os.ReadFile("../testdata/speech-ja.raw")
	Expect(err).NotTo(HaveOccurred())
	return pcm
}

// at is 16-bit PCM of 16 kHz at another rate, by straight lines between its samples.
func at(rate int, pcm []byte) []byte {
	var out []byte
	sample := func(i int) float64 {
		return float64(int16(binary.LittleEndian.Uint16(pcm[2*min(i, len(pcm)/2-1):])))
	}
	for i := range len(pcm) / 2 * rate / 16000 {
		x := float64(i) * 16000 / float64(rate)
		left := int(x)
		v := sample(left) + (sample(left+1)-sample(left))*(x-float64(left))
		out = binary.LittleEndian.AppendUint16(out, uint16(int16(v)))
	}
	return out
}

// aLaw is G.711 at 8 kHz.
func aLaw(pcm []byte) []byte {
	pcm = half(pcm)
	var out []byte
	for i := 0; i+1 < len(pcm); i += 2 {
		v, sign := int(int16(binary.LittleEndian.Uint16(pcm[i:]))), byte(0x80)
		if v < 0 {
			v, sign = -v-1, 0
		}
		exponent := 7
		for mask := 0x4000; exponent > 0 && v&mask == 0; mask >>= 1 {
			exponent--
		}
		code := byte(v>>(max(exponent, 1)+3)) & 0xF
		out = append(out, (sign|byte(exponent<<4)|code)^0x55)
	}
	return out
}

// twoChannels puts silence into a second channel.
func twoChannels(wav []byte) []byte {
	out := append([]byte{}, wav[:44]...)
	binary.LittleEndian.PutUint16(out[22:], 2)
	for i := 44; i+1 < len(wav); i += 2 {
		out = append(out, wav[i], wav[i+1], 0, 0)
	}
	binary.LittleEndian.PutUint32(out[40:], uint32(len(out)-44))
	return out
}

type namedRate struct {
	name, text string
	hz         int
	class      string
}

func rates() []namedRate {
	return []namedRate{
		{"8K", "8", 8000, "8K"},
		{"11K", "11.025", 11025, "8K"},
		{"16K", "16", 16000, "16K"},
		{"22K", "22.05", 22050, "16K"},
		{"32K", "32", 32000, "16K"},
		{"44K", "44.1", 44100, "16K"},
		{"48K", "48", 48000, "16K"},
	}
}

// soundings are the formats that can be written down here, and those of the files.
func soundings() []sounding {
	GinkgoHelper()
	pcm := recording()
	var all []sounding
	for _, r := range rates() {
		all = append(all, sounding{"raw PCM, little-endian", r.text, "LSB" + r.name, "LSB" + r.name, at(r.hz, pcm)})
	}
	for _, r := range rates() {
		all = append(all, sounding{"raw PCM, big-endian", r.text, "MSB" + r.name, "MSB" + r.name, bigEndian(at(r.hz, pcm))})
	}
	all = append(all, sounding{"raw µ-law", "8", "MULAW", "MULAW", muLaw(pcm)}, sounding{"raw A-law", "8", "ALAW", "ALAW", aLaw(pcm)})
	for _, r := range rates() {
		all = append(all, sounding{"WAV, PCM", r.text, r.class, "", wav(1, r.hz, 16, at(r.hz, pcm))})
	}
	all = append(all,
		sounding{"WAV, PCM, two channels", "16", "16K", "", twoChannels(wav(1, 16000, 16, pcm))},
		sounding{"WAV, µ-law", "8", "8K", "", wav(7, 8000, 8, muLaw(pcm))},
		sounding{"WAV, A-law", "8", "8K", "", wav(6, 8000, 8, aLaw(pcm))},
	)
	streamed := wav(1, 16000, 16, pcm)
	copy(streamed[40:], "\xFF\xFF\xFF\xFF")
	return append(append(all, sounding{"WAV of unknown length", "16", "16K", "", streamed}), recordedFiles()...)
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
		audio, err := os.ReadFile(filepath.Join("..", "testdata", "audio", row[2]))
		Expect(err).NotTo(HaveOccurred())
		format := "16K"
		if row[1] == "8" || row[1] == "11.025" {
			format = "8K"
		}
		all = append(all, sounding{row[0], row[1], format, "", audio})
	}
	files, err := filepath.Glob("../testdata/audio/*")
	Expect(err).NotTo(HaveOccurred())
	Expect(all).To(HaveLen(len(files)), "every file of the test data is in the matrix")
	return all
}

var _ = Describe("The matrix of formats", func() {
	It("has the same utterances in every format, at every rate, on every surface (documented: audio-format)", func() {
		const document, from, to = "../docs/AUDIO.md", "<!-- formats: go test ./fake -update -->\n", "<!-- end of formats -->"
		srv, sync := newStreamServer(GinkgoT()), serve()
		c := srv.dial(handshake{})
		var table strings.Builder
		table.WriteString("| format | kHz | `s` declares | `c` | stream, ms | HTTP, ms | heard by |\n|---|---|---|---|---|---|---|\n")
		for _, row := range soundings() {
			table.WriteString(row.check(srv, c, sync))
		}
		text, err := os.ReadFile(document)
		Expect(err).NotTo(HaveOccurred())
		before, rest, found := strings.Cut(string(text), from)
		old, after, ended := strings.Cut(rest, to)
		Expect(found && ended).To(BeTrue(), "%s has no place for the table", document)
		if *update {
			Expect(os.WriteFile(document, []byte(before+from+table.String()+to+after), 0o600)).To(Succeed())
			return
		}
		Expect(old).To(Equal(table.String()), "%s is out of date: go test ./fake -update", document)
	})
})

// check hears the sound on both surfaces, compares its utterances with those that were recorded, and writes its row.
func (row sounding) check(srv *streamServer, c *rawClient, sync *service) string {
	GinkgoHelper()
	about := row.what + ", " + row.rate + " kHz"
	srv.start(c, row.format)
	c.feed(row.audio, 4001)
	c.text("e")
	events, end := c.until("e")
	Expect(end).To(Equal("e"), about)
	all := utterances(events)
	bounds := [][2]int{{240, 2740}, {4120, 6560}} // of the WAV file
	Expect(len(all)).To(BeNumerically("~", 1.5, 0.5), about)
	for i, u := range all {
		Expect(u.start).To(BeNumerically("~", bounds[i][0], 60), about)
		Expect(u.end).To(BeNumerically("~", bounds[i][1], 60), about)
		Expect(u.final.Code).To(BeEmpty(), about)
	}

	fields := []string{"u", mypageKey, "d", "-a-general"}
	if row.c != "" {
		fields = append(fields, "c", row.c)
	}
	whole := understand(sync.recognize(append(fields, "a", string(row.audio))...))
	Expect(whole.Code).To(BeEmpty(), about)
	Expect(whole.Results).To(HaveLen(1), about)
	var text string
	for _, u := range all {
		text += u.final.Text
	}
	Expect(whole.Text).To(Equal(text), about)
	first, last := *whole.Results[0].StartTime, *whole.Results[0].EndTime
	Expect([]int{first, last}).To(Equal([]int{all[0].start, all[len(all)-1].end}), about)

	spans := make([]string, len(all))
	for i, u := range all {
		spans[i] = fmt.Sprintf("%d–%d", u.start, u.end)
	}
	heard := "its samples"
	if strings.Contains(lastHeard(srv), "not decoded") {
		heard = "its loudness"
	}
	return fmt.Sprintf("| %s | %s | `%s` | %s | %s | %d–%d | %s |\n", row.what, row.rate, row.format, codeOrNone(row.c), strings.Join(spans, ", "), first, last, heard)
}

func codeOrNone(c string) string {
	if c == "" {
		return "none"
	}
	return "`" + c + "`"
}

// lastHeard is what the tape says of the last sound.
func lastHeard(srv *streamServer) string {
	_, entries := srv.Tape(fake.TapeFilter{Surface: protocol.SurfaceStream, Kind: scenarios.Heard})
	text := ""
	for _, e := range entries {
		text = e.Text
	}
	return text
}
