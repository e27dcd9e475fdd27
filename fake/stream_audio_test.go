package fake_test

import (
	"bytes"
	"encoding/binary"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/scenarios"
)

// one feeds audio and expects one utterance in it and a plain e.
func one(c *rawClient, audio []byte, packet int) *heard {
	GinkgoHelper()
	c.feed(audio, packet)
	c.text("e")
	events, end := c.until("e")
	Expect(end).To(Equal("e"))
	all := utterances(events)
	Expect(all).To(HaveLen(1))
	return all[0]
}

var _ = Describe("The stream hears audio", func() {
	var srv *streamServer
	BeforeEach(func() { srv = newStreamServer(GinkgoT()) })

	DescribeTable("hears the same sentence whatever it is wrapped in",
		func(format string, audio func() []byte, packet int) {
			u := one(srv.begin(format), audio(), packet)
			Expect(u.start).To(BeNumerically("~", 500, 200))
			Expect(u.end).To(BeNumerically("~", 1800, 500))
		},
		Entry("LSB16K, samples that straddle packets", "lsb16k", sentence, 3201),
		Entry("LSB16K, one byte a packet at the start", "lsb16k", func() []byte { return sentence() }, 4095),
		Entry("MSB16K, 256 bytes a packet as the vendor's page does", "MSB16K", func() []byte { return bigEndian(sentence()) }, 256),
		Entry("LSB8K", "LSB8K", func() []byte { return half(sentence()) }, 320),
		Entry("MULAW", "MULAW", func() []byte { return muLaw(sentence()) }, 160),
		Entry("WAV with its header in one packet", "16K", func() []byte { return wav(1, 16000, 16, sentence()) }, 4096),
		Entry("WAV with its header split over packets", "16K", func() []byte { return wav(1, 16000, 16, sentence()) }, 17),
		Entry("WAV whose header beats the declared format", "MSB16K", func() []byte { return wav(1, 16000, 16, sentence()) }, 4096),
		Entry("WAV of 8 kHz", "8K", func() []byte { return wav(1, 8000, 16, half(sentence())) }, 4096),
		Entry("WAV of µ-law", "8K", func() []byte { return wav(7, 8000, 8, muLaw(sentence())) }, 4096),
		Entry("16K without any header", "16K", sentence, 3200),
		Entry("everything in one packet", "lsb16k", sentence, 1<<20),
	)

	DescribeTable("hears a recorded Japanese sentence",
		func(format, file string, packet int) {
			audio, err := os.ReadFile("../testdata/" + file)
			Expect(err).NotTo(HaveOccurred())
			c := srv.begin(format)
			c.feed(audio, packet)
			c.text("e")
			events, end := c.until("e")
			Expect(end).To(Equal("e"))
			Expect(utterances(events)).NotTo(BeEmpty())
		},
		Entry("WAV", "16K", "speech-ja.wav", 4096),
		Entry("raw PCM", "LSB16K", "speech-ja.raw", 3200),
		Entry("raw PCM under the name of a format with a header", "16K", "speech-ja.raw", 3200),
		Entry("µ-law WAV", "8K", "speech-ja-8k-mulaw.wav", 160),
		Entry("stereo WAV", "16K", "speech-ja-stereo.wav", 4096),
	)

	It("hears the two utterances of Ogg Opus (observed: the vendor's recorder)", func() {
		audio, err := os.ReadFile("../testdata/audio/wide.opus")
		Expect(err).NotTo(HaveOccurred())
		c := srv.begin("OPUS16K")
		c.feed(audio, 512)
		c.text("e")
		events, _ := c.until("e")
		all := utterances(events)
		Expect(all).To(HaveLen(2))
		Expect(all[1].start).To(BeNumerically(">", all[0].end))
	})

	It("refuses what names a container and has nothing of it (documented: the answer)", func() {
		c := srv.begin("16K")
		c.feed(append([]byte("fLaC"), bytes.Repeat([]byte("no FLAC "), 100)...), 100)
		_, end := c.until("e")
		Expect(end).To(Equal("p received unsupported audio format"))
	})

	It("believes the header of audio for the other class of engines, and says so (documented: audio-format)", func() {
		audio, err := os.ReadFile("../testdata/audio/44100.mp3")
		Expect(err).NotTo(HaveOccurred())
		c := srv.begin("8K")
		c.feed(audio, 4096)
		c.text("e")
		events, _ := c.until("e")
		Expect(utterances(events)).To(HaveLen(1))
		Expect(srv.on(scenarios.Heard, "mp3").Text).To(HaveSuffix("8K was declared, which is not for 44100 samples a second: the header is believed"))
	})

	It("takes the ADPCM of the vendor's recorder (observed)", func() {
		c := srv.begin("16K")
		header := append(binary.LittleEndian.AppendUint16([]byte("#!ADP\n"), 16000), 1, 2, 0, 0, 1, 2, 0, 0)
		c.feed(append(header, bytes.Repeat([]byte{0x71, 0x8f, 0x32, 0xa4}, 4000)...), 4096)
		c.text("e")
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		utterances(events)
	})
})
