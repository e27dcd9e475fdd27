package fake_test

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

func audioFile(file string) []byte {
	GinkgoHelper()
	audio, err := os.ReadFile(filepath.Join("..", "testdata", "audio", file))
	Expect(err).NotTo(HaveOccurred())
	return audio
}

// likeness is how much sound is like what lies in pcm at a place no further than 5 ms from where it should: 1 for the same.
func likeness(sound []int16, pcm []byte, from int) float64 {
	best := 0.
	for shift := -80; shift <= 80; shift++ {
		var ab, aa, bb float64
		for i, v := range sound {
			at := 2 * (from + shift + i)
			if at < 0 || at+2 > len(pcm) {
				continue
			}
			w := float64(int16(binary.LittleEndian.Uint16(pcm[at:])))
			ab, aa, bb = ab+float64(v)*w, aa+float64(v)*float64(v), bb+w*w
		}
		best = max(best, ab/math.Sqrt(aa*bb+1))
	}
	return best
}

var _ = Describe("A recognizer and audio in a container", func() {
	type given struct {
		speech fake.Speech
		sound  fake.Sound
	}
	listening := func(got chan<- given) fake.Option {
		return fake.WithRecognizer(func(_ context.Context, s fake.Speech, a fake.Sound) (fake.Transcript, error) {
			got <- given{s, a}
			return fake.Transcript{Text: "asked"}, nil
		})
	}

	DescribeTable("gets what was said at 16 kHz, whatever the rate of the file", func(file string, least float64) {
		got := make(chan given, 12)
		class := "16K"
		if file == "11025.mp3" || file == "8000.flac" {
			class = "8K"
		}
		stream, _, _, _ := onEachSurface(class, audioFile(file), listening(got))
		Expect(stream).To(HaveEach("asked"))
		Eventually(got).Should(HaveLen(3 * len(stream))) // a job asks beside its polls
		pcm := recording()
		for range 3 * len(stream) {
			g := <-got
			Expect(g.sound.Rate).To(Equal(16000))
			Expect(len(g.sound.Samples)).To(BeNumerically("~", 16*(g.speech.End-g.speech.Start), 16))
			if g.speech.Index == 0 {
				Expect(likeness(g.sound.Samples, pcm, 16*g.speech.Start)).To(BeNumerically(">", least), "%s on %s", file, g.speech.Surface)
			}
		}
	},
		Entry("FLAC", "16000.flac", 0.999),
		Entry("FLAC at 8 kHz", "8000.flac", 0.9),
		Entry("FLAC at 48 kHz", "48000.flac", 0.9),
		Entry("MP3 at 11.025 kHz", "11025.mp3", 0.9),
		Entry("MP3 at 44.1 kHz", "44100.mp3", 0.9),
		Entry("Ogg Opus", "hybrid.opus", 0.8),
		Entry("WebM Opus", "file.webm", 0.8),
	)

	DescribeTable("is not asked about audio of which the loudness alone is known", func(file, class string) {
		got := make(chan given, 12)
		plain, _, _, _ := onEachSurface(class, audioFile(file))
		stream, _, _, _ := onEachSurface(class, audioFile(file), listening(got))
		Expect(got).To(BeEmpty())
		Expect(stream).To(Equal(plain))

		s := serve(listening(got))
		Expect(s.recognize("u", mypageKey, "d", "-a-general", "a", string(audioFile(file)))).To(beSuccess())
		Expect(noted(s.Server, scenarios.Tolerance)).To(ContainElement(HavePrefix("recognizer: there are no samples: the audio is not decoded")))
	},
		Entry("Speex", "16000.spx", "16K"),
		Entry("MP3 at 8 kHz", "8000.mp3", "8K"),
	)
})
