package fake_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing/fstest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

// folder is a folder of transcripts: names and what stands in the files.
func folder(namesAndTexts ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for i := 0; i+1 < len(namesAndTexts); i += 2 {
		files[namesAndTexts[i]] = &fstest.MapFile{Data: []byte(namesAndTexts[i+1])}
	}
	return files
}

// uploadAs is an upload whose file has a name.
func (s *service) uploadAs(name, d, audio string) understood {
	GinkgoHelper()
	body := parts("u", mypageKey, "d", d)
	body = strings.TrimSuffix(body, "--"+boundary+"--\r\n") + "--" + boundary + "\r\nContent-Disposition: form-data; name=\"a\"; filename=\"" + name +
		"\"\r\nContent-Type: audio/wav\r\n\r\n" + audio + "\r\n--" + boundary + "--\r\n"
	return understand(s.recognizeAt("/v1/recognize", body))
}

func noted(s *fake.Server, kind scenarios.Kind) []string {
	var texts []string
	_, entries := s.Tape(fake.TapeFilter{Kind: kind})
	for _, e := range entries {
		texts = append(texts, e.Text)
	}
	return texts
}

// sentences is the sound of n utterances as a text.
func sentences(n int) string { return strings.Repeat(string(sentence()), n) }

var _ = Describe("A folder of transcripts", func() {
	sha := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	sum5 := func(text string) string {
		sum := md5.Sum([]byte(text))
		return hex.EncodeToString(sum[:])
	}

	It("tells what is said in an upload by its digest, its name, or its sound", func() {
		audio := string(wav(1, 16000, 16, sentence()))
		other := string(wav(1, 16000, 16, append(silence(340), append(speech(900), silence(900)...)...)))
		s := serve(fake.WithTranscripts(folder("named.txt", "by name", sha(audio)+".txt", "by sha256", sum5(speechWAV())+".txt", "by md5", "kept.wav", other, "kept.json", `{"utterances":[{"text":"by sound"}]}`)))
		Expect(s.uploadAs("named.wav", "-a-general", audio).Text).To(Equal("by sha256"))
		Expect(s.uploadAs(`C:\sounds\named.flac`, "-a-general", speechWAV()).Text).To(Equal("by md5"))
		Expect(s.uploadAs("../named.wav", "-a-general", sentences(1)).Text).To(Equal("by name"))
		Expect(s.uploadAs("x.wav", "-a-general", other[44:]).Text).To(Equal("by sound"))
		Expect(s.uploadAs("kept.txt", "-a-general", audio[44:]).Text).To(Equal("by sound"), "by name, without its extension")
		Expect(s.uploadAs("unknown.wav", "-a-general", audio[44:]).Text).NotTo(HavePrefix("by"))
		Expect(noted(s.Server, scenarios.Heard)).To(ContainElements(
			"transcript "+sha(audio)+".txt, found by sha256", "transcript named.txt, found by file name", "transcript kept.json, found by sound"))
	})

	It("tells it of a raw body too", func() {
		s := serve(fake.WithTranscripts(folder(sha(sentences(1))+".vtt", "WEBVTT\n\n00:00.500 --> 00:01.700\nhello there")))
		r := s.do(http.MethodPost, "/v1/recognize?d=-a-general-en&u="+mypageKey, "audio/L16;rate=16000", strings.NewReader(sentences(1)))
		Expect(understand(r).Text).To(Equal("hello there"))
	})

	It("beats the transcriber and is beaten by the scenario", func() {
		s := serve(fake.WithTranscripts(folder("default.txt", "one\ntwo")), fake.WithTranscriber(oneWord), fake.WithScenario(playing("sync.said", "transcripts: [{text: zero}]")))
		Expect(s.uploadAs("", "-a-general-en", sentences(2)).Text).To(Equal("zero two"))
	})

	It("gives utterances of a stream the lines of the default file, and o when none is left", func() {
		srv := newStreamServer(GinkgoT(), fake.WithTranscripts(folder("default.txt", "今日は%えーっと%カメラ。\n二つ目")))
		c := srv.begin("LSB16K")
		c.feed([]byte(sentences(3)), 3200)
		c.text("e")
		events, _ := c.until("e")
		all := utterances(events)
		Expect(all).To(HaveLen(3))
		Expect([]string{all[0].final.Text, all[1].final.Text, all[2].final.Code}).To(Equal([]string{"今日はカメラ。", "二つ目", "o"}))
		var spoken []string
		for _, k := range all[0].final.Results[0].Tokens {
			spoken = append(spoken, k.Written+"="+k.Spoken)
		}
		Expect(spoken).To(Equal([]string{"今日=今日", "は=は", "カメラ=かめら", "。=_"}))
		Expect(all[2].interims).To(BeEmpty())
		Expect(all[0].interims).NotTo(BeEmpty())
	})

	It("keeps fillers for those who ask", func() {
		s := serve(fake.WithTranscripts(folder("default.txt", "%えーっと%今日は")))
		Expect(s.uploadAs("", "-a-general keepFillerToken=1", sentences(1)).Text).To(Equal("%えーっと%今日は"))
		Expect(s.uploadAs("", "-a-general", sentences(1)).Text).To(Equal("今日は"))
	})

	It("shares out by time what a result of a whole recording says, with its readings, speakers and times", func() {
		words := `{"results":[{"tokens":[{"written":"朝","confidence":0.9,"starttime":600,"endtime":900,"spoken":"あさ","label":"speaker4"},` +
			`{"written":"夜","confidence":0.8,"starttime":3600,"endtime":3700,"spoken":"よる","label":"speaker2"}],"confidence":0.97,"starttime":300,"endtime":4700,"text":"朝夜"}],"code":"","message":""}`
		two := append(sentence(), sentence()...)
		srv := newStreamServer(GinkgoT(), fake.WithTranscripts(folder("two.json", words, "two.raw", string(two))))
		c := srv.begin("LSB16K", `segmenterProperties="useDiarizer=1"`)
		c.feed(append(silence(2000), two...), 3200) // what comes first shifts everything
		c.text("e")
		events, _ := c.until("e")
		all := utterances(events)
		Expect(all).To(HaveLen(2))
		first, second := all[0].final.Results[0].Tokens, all[1].final.Results[0].Tokens
		Expect(first).To(HaveLen(1))
		Expect(first[0].Written + first[0].Spoken + first[0].Label).To(Equal("朝あさspeaker4"))
		Expect(first[0].Starttime).To(Equal(2600))
		Expect(all[0].finalText).To(ContainSubstring(`"confidence":0.97,"starttime"`))
		Expect(second).To(HaveLen(1))
		Expect(second[0].Written + second[0].Label).To(Equal("夜speaker2"))
		Expect(second[0].Starttime).To(Equal(5600))
	})

	It("names speakers only when asked, and lets them take turns where the file names none", func() {
		s := serve(fake.WithTranscripts(folder("who.vtt", "WEBVTT\n\n00:00.400 --> 00:01.800\n<v Ann>hi</v>\n\n00:03.400 --> 00:04.800\n<v Bo>ho</v>\n", "plain.txt", "hi\nho")))
		labels := func(name, d string) string {
			r := s.uploadAs(name, d, sentences(2))
			Expect(r.Text).To(Equal("hi ho"))
			_, entries := s.Tape(fake.TapeFilter{Kind: scenarios.HTTPResponse})
			body := entries[len(entries)-1].Body
			return strings.Repeat("0", strings.Count(body, `"label":"speaker0"`)) + strings.Repeat("1", strings.Count(body, `"label":"speaker1"`))
		}
		Expect(labels("who.wav", "-a-general-en segmenterProperties=useDiarizer=1")).To(Equal("01"))
		Expect(labels("plain.wav", "-a-general-en segmenterProperties=useDiarizer=1")).To(Equal("01"))
		Expect(labels("who.wav", "-a-general-en")).To(BeEmpty())
	})

	It("says interim results that a file gives, and otherwise lets them grow with the words", func() {
		srv := newStreamServer(GinkgoT(), fake.WithTranscripts(folder(
			"default.json", `{"utterances":[{"text":"one two three four five six.","start":500,"end":1700},{"text":"b","start":3500,"end":4700,"interim":["bee","be..."]}]}`)))
		c := srv.begin("LSB16K", "resultUpdatedInterval=300")
		c.feed([]byte(sentences(2)), 3200)
		c.text("e")
		events, _ := c.until("e")
		all := utterances(events)
		Expect(all).To(HaveLen(2))
		Expect(all[1].interims).To(HaveExactElements("bee...", "be...", "be...", "be..."))
		said := all[0].interims
		Expect(len(said)).To(BeNumerically(">=", 3))
		Expect(said[0]).To(HavePrefix("one"))
		Expect("one two three four five six.").NotTo(HavePrefix(strings.TrimSuffix(said[1], "...")), "the second one is misheard")
		Expect(said).To(ContainElement("one two three four five six...."), "at the end of the utterance")
	})

	It("reads a file again that changed, for the next recording", func() {
		files := folder("a.txt", "before")
		s := serve(fake.WithTranscripts(files))
		Expect(s.uploadAs("a.wav", "-a-general-en", sentences(1)).Text).To(Equal("before"))
		files["a.txt"] = &fstest.MapFile{Data: []byte("afterwards")}
		Expect(s.uploadAs("a.wav", "-a-general-en", sentences(1)).Text).To(Equal("afterwards"))
	})

	It("tells of a bad file with its place in the log and on the tape, once, and uses the rest", func() {
		log := new(safeBuffer)
		s := serve(fake.WithTranscripts(folder("good.txt", "good", "bad.json", "{\n  \"uterances\": []\n}")), fake.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
		Expect(s.uploadAs("good.wav", "-a-general-en", sentences(1)).Text).To(Equal("good"))
		Expect(s.uploadAs("bad.wav", "-a-general-en", sentences(1)).Code).To(BeEmpty())
		want := `transcripts: a file is not used: bad.json:2:3: unknown field "uterances", did you mean "utterances"?`
		Expect(noted(s.Server, scenarios.Tolerance)).To(HaveExactElements(HavePrefix(want)))
		Expect(strings.Count(log.String(), "bad.json:2:3")).To(Equal(1))
	})

	It("tells jobs too: by name or digest, with speakers and sentiment", func() {
		s := serve(jobsBy("at-once"), fake.WithTranscripts(folder(sum5(sentences(2))+".json", `{"utterances":[{"text":"朝","speaker":"speaker3"},{"text":"夜","speaker":"speaker1"}],`+
			`"sentiment":[{"starttime":10,"endtime":20,"energy":99}]}`)))
		body := s.submit("/v1/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general speakerDiarization=True sentimentAnalysis=True", "a", sentences(2))
		got := s.do(http.MethodGet, "/v1/recognitions/"+created(body), "", nil, "Authorization", "Bearer "+mypageKey).Body
		Expect(got).To(And(ContainSubstring(`"written":"\u671d"`), ContainSubstring(`"label":"speaker3"`), ContainSubstring(`"label":"speaker1"`), Not(ContainSubstring(`"label":"speaker0"`)),
			ContainSubstring(`"energy":99`), ContainSubstring(`"emo_cog":1`)))
	})

	It("can let an utterance fail", func() {
		s := serve(fake.WithTranscripts(folder("default.json", `{"utterances":[{"code":"b"}]}`)))
		r := s.uploadAs("", "-a-general", sentences(1))
		Expect(r.Code + " " + r.Message).To(Equal("b recognition result is rejected because recognizer server is busy"))
	})

	It("lets uploads and streams read while files change", func() {
		files := folder("default.txt", "said")
		s := serve(fake.WithTranscripts(files))
		done := make(chan string, 8)
		for range 8 {
			go func() {
				defer GinkgoRecover()
				done <- s.uploadAs("", "-a-general-en", sentences(1)).Text
			}()
		}
		for range 8 {
			Expect(<-done).To(Equal("said"))
		}
	})

	It("puts JSON on the tape that can be read back", func() {
		s := serve(fake.WithTranscripts(folder("bad\x1b.txt", "", "default.txt", "x")))
		s.uploadAs("", "-a-general", sentences(1))
		_, entries := s.Tape(fake.TapeFilter{})
		b, err := json.Marshal(entries)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(b)).NotTo(ContainSubstring("\x1b"))
	})
})
