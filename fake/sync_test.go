package fake_test

import (
	"encoding/binary"
	"net/http"
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"mockamivoice/fake"
)

var _ = Describe("Recognizing over synchronous HTTP", func() {
	general := func(s *service, audio string) reply {
		GinkgoHelper()
		return s.recognize("u", mypageKey, "d", "-a-general", "a", audio)
	}

	DescribeTable("V20 answers the multipart form of the manual with one result (documented: sync-http-interface)", func(path string) {
		s := serve()
		body := "--some-boundary-string\r\nContent-Disposition: form-data; name=\"u\"\r\n\r\n" + mypageKey + "\r\n" +
			"--some-boundary-string\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n-a-general\r\n" +
			"--some-boundary-string\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: application/octet-stream\r\n\r\n" + speechWAV() + "\r\n" +
			"--some-boundary-string--\r\n"
		r := s.recognizeAt(path, body)
		Expect(r).To(beSuccess())
		u := understand(r)
		Expect(u.Results).To(HaveLen(1))
		Expect(u.UtteranceID).To(MatchRegexp(`^20260615/12/[0-9a-f]{24}_20260615_120000$`))
		Expect(u.UtteranceID).To(ContainSubstring(r.Header.Get("X-Session-Id")))
		Expect(u.Text).To(Equal(u.Results[0].Text))
		Expect(*u.Results[0].EndTime).To(BeNumerically(">", *u.Results[0].StartTime))
	},
		Entry("with the log", "/v1/recognize"),
		Entry("without it, in the same shape (observed)", "/v1/nolog/recognize"),
	)

	It("V21 takes d and u from the query and one part with a file name (observed: the vendor's curl sample)", func() {
		s := serve()
		body := "--some-boundary-string\r\nContent-Disposition: form-data; name=\"a\"; filename=\"test.wav\"\r\n" +
			"Content-Type: application/octet-stream\r\n\r\n" + speechWAV() + "\r\n--some-boundary-string--\r\n"
		Expect(s.recognizeAt("/v1/recognize?d=-a-general&u="+mypageKey, body)).To(beSuccess())
	})

	It("V23 takes a body that is nothing but audio (observed: the vendor's library; doubtful on the public service)", func() {
		s := serve()
		target := "/v1/recognize?d=grammarFileNames%3D-a-general&c=LSB16K&u=" + mypageKey
		Expect(s.do(http.MethodPost, target, "application/octet-stream", strings.NewReader(speechPCM()))).To(beSuccess())
	})

	It("V23 takes the format from the Content-Type of such a body (observed: the vendor's library)", func() {
		s := serve()
		target := "/v1/recognize?d=-a-general&u=" + mypageKey
		little := s.do(http.MethodPost, target, "audio/x-pcm;rate=16000;bit=16;byte-order=little-endian", strings.NewReader(speechPCM()))
		big := s.do(http.MethodPost, target, "audio/x-pcm;rate=16000;bit=16;byte-order=big-endian", strings.NewReader(swapped(speechPCM())))
		Expect(little).To(beSuccess())
		Expect(understand(big).Results).To(Equal(understand(little).Results))
	})

	It("V23 takes d from the header Accept-Topic of such a request (observed: the vendor's library)", func() {
		s := serve()
		r := s.do(http.MethodPost, "/v1/recognize?c=LSB16K&u="+mypageKey, "", strings.NewReader(speechPCM()), "Accept-Topic", "-a-general")
		Expect(r).To(beSuccess())
	})

	It("V23 refuses such a body by choice (assumed)", func() {
		choice, err := fake.ParseChoice("sync-raw-body", "refuse")
		Expect(err).NotTo(HaveOccurred())
		s := serve(documented(), fake.WithChoice(choice))
		r := s.do(http.MethodPost, "/v1/recognize?d=-a-general&c=LSB16K&u="+mypageKey, "", strings.NewReader(speechPCM()))
		Expect(r).To(beStub("+", unsupported))
		r = s.do(http.MethodPost, "/v1/recognize?d=-a-general&c=LSB16K", "", strings.NewReader(speechPCM()))
		Expect(r).To(beUnauthorized())
	})

	DescribeTable("takes d in every form that clients use", func(d string) {
		for _, s := range []*service{serve(), serve(documented())} {
			Expect(s.recognize("u", mypageKey, "d", d, "a", speechWAV())).To(beSuccess())
		}
	},
		Entry("V20 the bare engine (documented: sync-http-interface)", "-a-general"),
		Entry("as a key and a value (documented: request-parameters)", "grammarFileNames=-a-general"),
		Entry("percent-encoded (observed: the vendor's library)", "grammarFileNames=%2Da%2Dgeneral"),
		Entry("engine first, then pairs (observed: an earlier first-party sample)", "-a-general extension=%7B%22client_info%22%3A%7B%7D%7D"),
		Entry("V25 with words of its own (documented: user-dictionary-request-based)", "grammarFileNames=-a-general profileWords=AmiVoice%20%E3%81%82%E3%81%BF%E3%81%BC%E3%81%84%E3%81%99"),
		Entry("V34 with sentimentAnalysis, which it does not know (observed)", "grammarFileNames=-a-general sentimentAnalysis=True"),
		Entry("V35 with an unknown parameter (inferred)", "grammarFileNames=-a-general nobodyKnows=this"),
		Entry("V35 with a second engine-like word (observed)", "-a-general -l-LSB16K"),
		Entry("with the newer engines (documented: engines)", "-a2-ja-general"),
	)

	It("V34 adds nothing about sentiment (observed)", func() {
		s := serve()
		r := s.recognize("u", mypageKey, "d", "grammarFileNames=-a-general sentimentAnalysis=True", "a", speechWAV())
		Expect(r.Body).NotTo(ContainSubstring("sentiment"))
	})

	It("V26 keeps fillers between percent signs on demand, and drops them otherwise (documented: request-parameters)", func() {
		s := serve()
		kept := ""
		for i := 0; i < 40 && kept == ""; i++ { // how the sound begins decides about the sentence; some have a filler
			sound := wavOf(quiet(1) + speechPCM()[16_000+i*640:])
			r := s.recognize("u", mypageKey, "d", "grammarFileNames=-a-general keepFillerToken=1", "a", sound)
			if strings.Contains(r.Body, `{"written":"%`) {
				kept = r.Body
				Expect(s.recognize("u", mypageKey, "d", "grammarFileNames=-a-general", "a", sound).Body).NotTo(ContainSubstring("%"))
			}
		}
		Expect(kept).To(ContainSubstring(`{"written":"%\u3048\u30fc\u3063\u3068%"`)) // えーっと
	})

	It("V27 reads c in either case, with the same result (documented: audio-format)", func() {
		s := serve()
		upper := s.recognize("u", mypageKey, "d", "-a-general", "c", "LSB16K", "a", speechPCM())
		lower := s.recognize("u", mypageKey, "d", "-a-general", "c", "lsb16k", "a", speechPCM())
		Expect(upper).To(beSuccess())
		Expect(understand(lower).Results).To(Equal(understand(upper).Results))
	})

	It("V36 believes the header of the audio rather than c (documented: audio-format)", func() {
		s := serve()
		plain := general(s, speechWAV())
		for _, c := range []string{"8K", "16K", "LSB8K", "MULAW"} {
			r := s.recognize("u", mypageKey, "d", "-a-general", "c", c, "a", speechWAV())
			Expect(understand(r).Results).To(Equal(understand(plain).Results), c)
		}
	})

	DescribeTable("reads the samples of every kind that the manual lists (documented: audio-format)", func(file string, more ...string) {
		audio, err := os.ReadFile("../testdata/" + file)
		Expect(err).NotTo(HaveOccurred())
		fields := append([]string{"u", mypageKey, "d", "-a-general"}, more...)
		for _, s := range []*service{serve(), serve(documented())} {
			Expect(s.recognize(append(fields, "a", string(audio))...)).To(beSuccess())
		}
	},
		Entry("16-bit PCM in WAV", "speech-ja.wav"),
		Entry("8 kHz µ-law in WAV", "speech-ja-8k-mulaw.wav", "c", "8K"),
		Entry("two channels in WAV", "speech-ja-stereo.wav"),
		Entry("PCM without a header", "speech-ja.raw", "c", "LSB16K"),
		Entry("FLAC", "audio/16000.flac"),
		Entry("MP3", "audio/44100.mp3"),
		Entry("Opus in Ogg", "audio/wide.opus"),
		Entry("Opus in WebM", "audio/file.webm"),
		Entry("Speex in Ogg, by its loudness", "audio/16000.spx"),
	)

	It("hears the same words in the same sound, whatever carries it (ours)", func() {
		s := serve()
		wav, again := general(s, speechWAV()), general(s, speechWAV())
		Expect(understand(again).Results).To(Equal(understand(wav).Results))
		pcm := s.recognize("u", mypageKey, "d", "-a-general", "c", "LSB16K", "a", speechPCM())
		Expect(understand(pcm).Text).To(Equal(understand(wav).Text))
	})

	It("ignores parts that come after a (documented: sync-http-interface)", func() {
		s := serve()
		r := s.recognize("u", mypageKey, "d", "-a-general", "a", speechWAV(), "d", "-a-nonexistent", "u", "WRONG", "a", "")
		Expect(r).To(beSuccess())
		r = s.recognize("u", mypageKey, "a", speechWAV(), "d", "-a-general")
		Expect(r).To(beStub("", "")) // inferred: a d after a is as if missing
	})

	It("takes the first of two parts of the same name (assumed)", func() {
		s := serve()
		Expect(s.recognize("u", mypageKey, "u", "WRONG", "d", "-a-general", "d", "-a-nonexistent", "a", speechWAV())).To(beSuccess())
	})

	It("answers other methods with 405 (assumed)", func() {
		s := serve()
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			r := s.do(method, "/v1/recognize", "", nil)
			Expect(r.Status).To(Equal(405))
			Expect(r.Body).To(Equal(`{"code":"?","message":"` + method + ` method is not allowed"}` + "\r\n"))
		}
	})

	It("has no other paths than the service (assumed)", func() {
		s := serve()
		for _, path := range []string{"/", "/recognize", "/clock", "/tape", "/healthz", "/v1//recognize"} {
			Expect(s.do(http.MethodGet, path, "", nil).Status).To(Equal(404), path)
		}
	})

	It("writes the exact bytes of a result: compact, in the order of the manual, escaped in lower case (documented: result-format; ruled: the escapes)", func() {
		s := serve(fake.WithTranscriber(oneWord))
		Expect(general(s, speechWAV()).Body).To(MatchRegexp(
			`^\{"results":\[\{"tokens":\[\],"confidence":0\.75,"starttime":[0-9]+,"endtime":[0-9]+,"tags":\[\],"rulename":"",` +
				`"text":"(\\u3042<&>\\ud83d\\ude00)+"\}\],"utteranceid":"[^"]+","text":"(\\u3042<&>\\ud83d\\ude00)+","code":"","message":""\}` + "\r\n$"))
	})

	It("answers o when an utterance is heard but not understood (ruled)", func() {
		for _, o := range []fake.Option{fake.WithProfile(fake.ObservedProfile), documented()} {
			s := serve(o, fake.WithTranscriber(func(fake.Speech) (fake.Transcript, bool) {
				return fake.Transcript{Code: "o", Message: rejected}, true
			}))
			Expect(general(s, speechWAV())).To(beStub("o", rejected))
		}
	})
})

var _ = Describe("Odd input to synchronous recognition", func() {
	// documented and observed disagree here; README ruling 5 of the protocol notes gives each profile its side
	DescribeTable("is answered with 200, by profile", func(observed, byManual types.GomegaMatcher, fields ...string) {
		fields = append([]string{"u", mypageKey}, fields...)
		Expect(serve().recognize(fields...)).To(observed, "observed")
		Expect(serve(documented()).recognize(fields...)).To(byManual, "documented")
	},
		Entry("V29 zero bytes of audio (observed; documented: response-code-and-message)", beStub("", ""), beStub("o", rejected), "d", "-a-general", "a", ""),
		Entry("no a part at all (assumed: like zero bytes)", beStub("", ""), beStub("o", rejected), "d", "-a-general"),
		Entry("V30 random bytes (observed; recalled: the text)", beStub("", ""), beStub("+", unsupported), "d", "-a-general", "a", randomBytes(4096)),
		Entry("a FLAC file without frames that can be read (assumed)", beStub("", ""), beStub("+", unsupported), "d", "-a-general", "a", "fLaC"+randomBytes(4096)),
		Entry("an Ogg file without a page that can be read (assumed)", beStub("", ""), beStub("+", unsupported), "d", "-a-general", "a", "OggS"+randomBytes(4096)),
		Entry("an MP4 file (assumed)", beStub("", ""), beStub("+", unsupported), "d", "-a-general", "a", mp4),
		Entry("V31 an engine that does not exist (observed)", beStub("", ""), beUnauthorized(), "d", "-a-nonexistent", "a", "RIFF"),
		Entry("no engine (assumed)", beStub("", ""), beStub("x", "recognition result is rejected because grammar files are not loaded"), "d", "", "a", "RIFF"),
		Entry("no d (assumed)", beStub("", ""), beStub("x", "recognition result is rejected because grammar files are not loaded"), "a", "RIFF"),
		Entry("V32 five seconds of digital silence (documented: the text; ruled)", beStub("o", rejected), beStub("o", rejected), "d", "-a-general", "c", "LSB16K", "a", quiet(5)),
		Entry("silence in a WAV file (ruled)", beStub("o", rejected), beStub("o", rejected), "d", "-a-general", "a", wavOf(quiet(2))),
		Entry("sound without an utterance (ruled)", beStub("", ""), beStub("o", rejected), "d", "-a-general", "c", "LSB16K", "a", hum(3)),
	)

	It("an engine outside the contract (observed, a prepaid account; documented profile by ruling)", func() {
		only := mockService()
		only.SID, only.Keys, only.Engines = "narrow", []fake.Key{{Value: "NARROWKEY0123456789"}}, []string{"-a-general"}
		for _, want := range []struct {
			option  fake.Option
			outcome types.GomegaMatcher
		}{{fake.WithProfile(fake.ObservedProfile), beStub("", "")}, {documented(), beUnauthorized()}} {
			s := serve(want.option, fake.WithService(only))
			Expect(s.recognize("u", "NARROWKEY0123456789", "d", "-a-medical", "a", speechWAV())).To(want.outcome)
			Expect(s.recognize("u", "NARROWKEY0123456789", "d", "-a-general", "a", speechWAV())).To(beSuccess())
		}
	})

	It("PCM without a header and without c is taken as 16 kHz little-endian, or refused by the manual (observed; documented: audio-format)", func() {
		fields := []string{"u", mypageKey, "d", "-a-general", "a", speechPCM()}
		Expect(serve().recognize(fields...)).To(beSuccess())
		Expect(serve(documented()).recognize(fields...)).To(beStub("+", unsupported))
	})
})

// mp4 is the beginning of a file that the service does not list among its containers.
const mp4 = "\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00M4A mp42isom\x00\x00\x00\x00\x00\x00\x00\x08free\x00\x00\x00\x08mdat"

func oneWord(fake.Speech) (fake.Transcript, bool) {
	return fake.Transcript{Confidence: 0.75, Text: "あ<&>😀"}, true
}

func swapped(pcm string) string {
	b := []byte(pcm)
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}

func wavOf(pcm string) string {
	b := []byte("RIFF----WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data----")
	binary.LittleEndian.PutUint32(b[4:], uint32(len(pcm)+36))
	binary.LittleEndian.PutUint32(b[40:], uint32(len(pcm)))
	return string(b) + pcm
}

// hum is too soft and even to be speech, and still not digital silence.
func hum(seconds int) string {
	b := []byte(quiet(seconds))
	for i := 0; i+1 < len(b); i += 2 {
		binary.LittleEndian.PutUint16(b[i:], uint16(4*(i/160%2)))
	}
	return string(b)
}
