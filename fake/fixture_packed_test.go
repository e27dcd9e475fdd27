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

// packedFixture is a fixture of the matrix that went through an encoder.
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
	DescribeTable("and was damaged there is o on every surface, and each tape says so", func(file string, damage func([]byte) []byte) {
		stream, sync, job, heard := onEachSurface(classOf(file), damage(packedFixture(file)))
		Expect(stream).To(HaveLen(2))
		Expect(stream).To(ConsistOf("o", BeElementOf(saidIn())))
		Expect(saidIn()).To(ContainElement(sync))
		Expect(job).To(Equal(sync))
		for _, notes := range heard {
			Expect(notes).To(ContainElement(MatchRegexp(`^fixture from \d+ to \d+ ms, damaged: .`)))
		}
	},
		Entry("MP3 without three of its frames", "16000.mp3", without(0.23, 3*144)),
		Entry("Ogg Opus without a stretch of it", "narrow.opus", without(0.80, 300)),
		Entry("WebM Opus without a stretch of it", "file.webm", without(0.26, 300)),
		Entry("FLAC without a stretch of it", "16000.flac", without(0.28, 600)),
	)
})

// without takes n bytes out of audio at a part of its length.
func without(part float64, n int) func([]byte) []byte {
	return func(audio []byte) []byte {
		at := int(part * float64(len(audio)))
		return slices.Concat(audio[:at], audio[at+n:])
	}
}
