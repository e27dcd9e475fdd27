package fake_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios/sound"
)

// exactly is what stream, request and job give back of the fixture of the matrix.
func exactly() [][]string { return [][]string{saidIn(), {strings.Join(saidIn(), "")}, saidIn()} }

// wavFixture is the fixture of the matrix as a WAV file.
func wavFixture(name string) []byte {
	GinkgoHelper()
	f, err := sound.ParseFormat(name)
	Expect(err).NotTo(HaveOccurred())
	return sound.Encode(f, fixtureAt(f.Rate))
}

// The rules of docs/AUDIO.md, each on every surface.
var _ = Describe("Audio", func() {
	DescribeTable("with a header is heard by it, whatever was declared (documented: audio-format)", func(declared string, audio func() []byte) {
		for i, r := range newEars().hear(declared, declared, audio()) {
			Expect(r.texts).To(Equal(exactly()[i]), r.surface)
		}
	},
		Entry("WAV of 16 kHz as µ-law", "MULAW", func() []byte { return wavFixture("WAV16K") }),
		Entry("WAV of A-law as PCM of 48 kHz", "LSB48K", func() []byte { return wavFixture("WAVALAW") }),
		Entry("FLAC as big-endian PCM of 8 kHz", "MSB8K", func() []byte { return packedFixture("44100.flac") }),
		Entry("MP3 behind a tag as PCM of 22.05 kHz", "LSB22K", func() []byte { return packedFixture("tagged.mp3") }),
		Entry("Ogg Opus as A-law", "ALAW", func() []byte { return packedFixture("wide.opus") }),
		Entry("WebM Opus as big-endian PCM of 11.025 kHz", "MSB11K", func() []byte { return packedFixture("live.webm") }),
		Entry("the ADPCM of the browser recorder as PCM of 8 kHz", "LSB8K", func() []byte { return packedFixture("16000.adpcm") }),
		Entry("FLAC as Opus", "OPUS16K", func() []byte { return packedFixture("16000.flac") }),
	)

	It("that is MP3 without a tag is samples where samples were declared: its first bytes could be some (ours)", func() {
		e := newEars()
		for i, r := range e.hear("16K", "", packedFixture("16000.mp3")) {
			Expect(r.texts).To(Equal(exactly()[i]), r.surface)
		}
		e.stream.start(e.client, "LSB16K")
		e.client.feed(packedFixture("16000.mp3"), 4001)
		e.client.text("e")
		e.client.until("e")
		Expect(heardOf(e.stream.Server)).To(ContainElement(HavePrefix("raw, 16000 Hz")))
	})

	DescribeTable("for the other class of engines is heard, and the tape says so (documented: audio-format, what the classes are for; ours: that it is heard)",
		func(declared, file string, rate int) {
			says := HaveSuffix(fmt.Sprintf("; %s was declared, which is not for %d samples a second: the header is believed", declared, rate))
			for i, r := range newEars().hear(declared, declared, packedFixture(file)) {
				Expect(r.texts).To(Equal(exactly()[i]), r.surface)
				Expect(r.heard).To(ContainElement(says), r.surface)
			}
			other := map[string]string{"8K": "16K", "16K": "8K"}[declared]
			for _, c := range []string{other, ""} {
				for _, r := range newEars().hear(other, c, packedFixture(file)) {
					Expect(r.heard).NotTo(ContainElement(ContainSubstring("was declared")), r.surface)
				}
			}
		},
		Entry("MP3 of 44.1 kHz as 8K", "8K", "44100.mp3", 44100),
		Entry("FLAC of 8 kHz as 16K", "16K", "8000.flac", 8000),
		Entry("MP3 of 11.025 kHz as 16K", "16K", "11025.mp3", 11025),
		Entry("Opus, which is heard at 16 kHz, as 8K", "8K", "wide.opus", 16000),
	)

	It("whose first channel is silent and whose second is not is silence, and the tape says so (documented: the first channel is heard)", func() {
		stereo := wavFixture("WAV16K")
		stereo = twoChannels(stereo)
		for i := wavHeader; i < len(stereo); i += 4 {
			stereo[i], stereo[i+1] = 0, 0
		}
		srv := newStreamServer(GinkgoT())
		c := srv.begin("16K")
		c.feed(stereo, 4001)
		c.text("e")
		events, _ := c.until("e")
		Expect(utterances(events)).To(BeEmpty())
		s := serve(jobsBy("at-once"))
		Expect(s.recognize("u", mypageKey, "d", "-a-general", "a", string(stereo))).To(beStub("o", rejected))
		created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "a", string(stereo)))
		says := ContainElement(HaveSuffix("the first of two channels is silent and the second is not; the first is heard"))
		Expect(heardOf(srv.Server)).To(says)
		Expect(heardOf(s.Server)).To(And(HaveLen(2), says))
	})

	DescribeTable("that cannot be read gets the answer of the service", func(audio func() []byte) {
		for _, profile := range []fake.Option{fake.WithProfile(fake.ObservedProfile), documented()} {
			expectUnread("16K", audio(), profile)
		}
	},
		Entry("WAV of 24 kHz, which is no documented rate", func() []byte { return wav(1, 24000, 16, sentence()) }),
		Entry("WAV with three channels", func() []byte { return inHeader(wavFixture("WAV16K"), 22, 3) }),
		Entry("WAV with 24 bits a sample", func() []byte { return inHeader(wavFixture("WAV16K"), 34, 24) }),
		Entry("WAV with another encoding", func() []byte { return inHeader(wavFixture("WAV16K"), 20, 0x11) }),
		Entry("FLAC without a frame", func() []byte { return append([]byte("fLaC"), bytes.Repeat([]byte("no FLAC "), 100)...) }),
		Entry("an Ogg file without a page", func() []byte { return append([]byte("OggS"), bytes.Repeat([]byte("no page "), 100)...) }),
		Entry("WebM with another codec", func() []byte {
			return bytes.Replace(packedFixture("file.webm"), []byte("A_OPUS"), []byte("A_FLAC"), 1)
		}),
		Entry("MP4", func() []byte { return []byte(mp4) }),
	)

	It("without a header where the format needs one is little-endian PCM of 16 kHz, or refused in the documented profile (observed; documented: audio-format)", func() {
		audio := wavFixture("LSB16K")
		for _, name := range []string{"16K", "8K", "OPUS16K"} {
			if name == "16K" {
				for i, r := range newEars().hear(name, name, audio) {
					Expect(r.texts).To(Equal(exactly()[i]), r.surface)
				}
			}
			expectUnread(name, audio, documented())
		}
	})
})

// inHeader is a WAV file with another number in its header.
func inHeader(wav []byte, at int, v uint16) []byte {
	wav = slices.Clone(wav)
	binary.LittleEndian.PutUint16(wav[at:], v)
	return wav
}

// expectUnread sends what cannot be read to every surface: refused on the stream in any profile (documented), and an empty success
// (observed) or code + (documented) in requests and jobs.
func expectUnread(format string, audio []byte, profile fake.Option) {
	GinkgoHelper()
	c := newStreamServer(GinkgoT(), profile).begin(format)
	c.feed(audio, 4001)
	c.text("e")
	_, end := c.until("e")
	Expect(end).To(Equal("p received unsupported audio format"))

	s := serve(profile, jobsBy("at-once"))
	r := s.recognize("u", mypageKey, "d", "-a-general", "c", format, "a", string(audio))
	job := s.job(created(s.submit("/v2/recognitions", "u", mypageKey, "d", "-a-general", "c", format, "a", string(audio))))
	if understand(r).Code == "" {
		Expect(r).To(beStub("", ""))
		Expect(job.Status).To(Equal("completed"))
		Expect(*job.Text).To(BeEmpty())
		return
	}
	Expect(r).To(beStub("+", unsupported))
	Expect(job.Status).To(Equal("error"))
	Expect(*job.ErrorMessage).To(HaveSuffix("amineth_code='+', amineth_message='" + unsupported + "'"))
}
