package fake_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
)

// packedSaid is what the fixtures of the test data say. They were made by `mockamivoice fixture` and went through ffmpeg.
func packedSaid() []string { return []string{"もしもし、田中です。", "one two three"} }

func packedFixture(file string) []byte {
	GinkgoHelper()
	audio, err := os.ReadFile(filepath.Join("..", "testdata", "fixture", file))
	Expect(err).NotTo(HaveOccurred())
	return audio
}

// classOf is the format under which a file is declared.
func classOf(file string) string {
	if strings.HasPrefix(file, "8000.") || file == "narrow.opus" {
		return "8K"
	}
	return "16K"
}

// onEachSurface gives the audio to a stream in packets of an odd size, to a request and to a job. It is what each of them says of its
// utterances, and what the tapes say that was heard.
func onEachSurface(format string, audio []byte, options ...fake.Option) (stream []string, sync, job string, heard [][]string) {
	GinkgoHelper()
	srv := newStreamServer(GinkgoT(), options...)
	c := srv.begin(format)
	c.feed(audio, 777)
	c.text("e")
	events, end := c.until("e")
	Expect(end).To(Equal("e"))

	s := serve(options...)
	r := understand(s.recognize("u", mypageKey, "d", "-a-general", "c", format, "a", string(audio)))

	jobs := serve(append(slices.Clone(options), jobsBy("polls=1"))...)
	id := created(jobs.submit("/v2/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general", "c", format, "a", string(audio)))
	var told jobBody
	for range 5 {
		told = jobs.job(id)
	}
	job = told.Status
	switch {
	case told.Text != nil:
		job = *told.Text
	case told.ErrorMessage != nil:
		job = *told.ErrorMessage
	}
	return finals(events), r.Text + r.Code, job, [][]string{heardOf(srv.Server), heardOf(s.Server), heardOf(jobs.Server)}
}

var _ = Describe("A fixture that went through a codec", func() {
	DescribeTable("is heard back on every surface", func(file string) {
		said := packedSaid()
		stream, sync, job, heard := onEachSurface(classOf(file), packedFixture(file))
		Expect(stream).To(Equal(said))
		Expect(sync).To(Equal(strings.Join(said, "")))
		Expect(job).To(Equal(strings.Join(said, "")))
		for _, notes := range heard {
			Expect(notes).To(ContainElements(MatchRegexp(`^fixture from \d+ to \d+ ms, 10 characters$`), MatchRegexp(`^fixture from \d+ to \d+ ms, 13 characters$`)))
		}
	},
		Entry("FLAC", "16000.flac"),
		Entry("FLAC at 8 kHz", "8000.flac"),
		Entry("MP3 at 16 kHz", "16000.mp3"),
		Entry("MP3 at 44.1 kHz", "44100.mp3"),
		Entry("Ogg Opus, SILK", "narrow.opus"),
		Entry("Ogg Opus", "48000.opus"),
		Entry("WebM Opus", "48000.webm"),
	)

	DescribeTable("and was damaged there is o on every surface, and each tape says so", func(file string, damage func([]byte) []byte) {
		stream, sync, job, heard := onEachSurface(classOf(file), damage(packedFixture(file)))
		Expect(stream).To(HaveLen(2))
		Expect(stream).To(ConsistOf("o", BeElementOf(packedSaid())))
		Expect(packedSaid()).To(ContainElement(sync))
		Expect(job).To(Equal(sync))
		for _, notes := range heard {
			Expect(notes).To(ContainElement(MatchRegexp(`^fixture from \d+ to \d+ ms, damaged: .`)))
		}
	},
		Entry("MP3 without three of its frames", "16000.mp3", without(0.22, 3*144)),
		Entry("Ogg Opus without a stretch of it", "narrow.opus", without(0.22, 300)),
		Entry("WebM Opus without a stretch of it", "48000.webm", without(0.22, 400)),
		Entry("FLAC without a stretch of it", "16000.flac", without(0.45, 2500)),
	)
})

// without takes n bytes out of audio at a part of its length.
func without(part float64, n int) func([]byte) []byte {
	return func(audio []byte) []byte {
		at := int(part * float64(len(audio)))
		return slices.Concat(audio[:at], audio[at+n:])
	}
}
