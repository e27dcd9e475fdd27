package fake_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// smallTalk is what is said in four utterances, by nobody in particular.
const smallTalk = "Good morning. Is it late\nYes it is, by far\nThen let us begin now\nWell, who takes notes"

var labelOf = regexp.MustCompile(`"label":"speaker(\d+)"`)

// speakers are the labels of the tokens of a body, in their order.
func speakers(body string) []string {
	var all []string
	for _, m := range labelOf.FindAllStringSubmatch(body, -1) {
		all = append(all, m[1])
	}
	return all
}

// heardFrom counts who speaks, and how often that changes.
func heardFrom(labels []string) (distinct, changes int) {
	for i := 1; i < len(labels); i++ {
		if labels[i] != labels[i-1] {
			changes++
		}
	}
	return len(slices.Compact(slices.Sorted(slices.Values(labels)))), changes
}

var _ = Describe("The diarizer of segmenterProperties", func() {
	ask := func(s *service, properties string) []string {
		GinkgoHelper()
		r := s.recognize("u", mypageKey, "d", "grammarFileNames=-a-general-en segmenterProperties="+strings.ReplaceAll(properties, " ", "%20"), "a", sentences(4))
		Expect(r).To(beSuccess())
		return speakers(r.Body)
	}
	onStream := func(srv *streamServer, properties string) []string {
		c := srv.begin("LSB16K", `segmenterProperties="`+properties+`"`)
		c.feed([]byte(sentences(4)), 6400)
		c.text("e")
		events, _ := c.until("e")
		var all []string
		for _, e := range events {
			all = append(all, speakers(e)...)
		}
		return all
	}
	perUtterance := func(numbers ...string) []string {
		var all []string
		for i, n := range []int{6, 6, 5, 5} {
			all = append(all, slices.Repeat(numbers[i:i+1], n)...)
		}
		return all
	}

	It("lets two speakers take turns with the utterance unless told otherwise, on both surfaces (ours)", func() {
		said := fake.WithTranscripts(folder("default.txt", smallTalk))
		s, srv := serve(said), newStreamServer(GinkgoT(), said)
		for _, properties := range []string{"useDiarizer=1", "useDiarizer=1 diarizerAlpha=1e-10 diarizerTransitionBias=1e-10", "useDiarizer=1 diarizerAlpha=loud"} {
			Expect(ask(s, properties)).To(Equal(perUtterance("0", "1", "0", "1")), properties)
			Expect(onStream(srv, properties)).To(Equal(perUtterance("0", "1", "0", "1")), properties)
		}
		for _, properties := range []string{"useDiarizer=0", "useDiarizer=0 diarizerAlpha=1", "diarizerAlpha=1 diarizerTransitionBias=1", ""} {
			Expect(ask(s, properties)).To(BeEmpty(), properties)
			Expect(onStream(srv, properties)).To(BeEmpty(), properties)
		}
	})

	It("finds more speakers with a larger diarizerAlpha, never fewer, and one with a very small one (documented: the direction)", func() {
		s := serve(fake.WithTranscripts(folder("default.txt", smallTalk)))
		for _, bias := range []string{"", " diarizerTransitionBias=1e-11", " diarizerTransitionBias=1e2"} {
			last := 1
			for _, alpha := range []string{"0", "-3", "1e-300", "1e-11", "1e-10", "1e-9", "1e-8", "1e-3", "1", "1e9", "1e300"} {
				labels := ask(s, "useDiarizer=1 diarizerAlpha="+alpha+bias)
				Expect(labels).To(HaveLen(22))
				distinct, _ := heardFrom(labels)
				Expect(distinct).To(BeNumerically(">=", last), alpha+bias)
				if alpha == "1e-11" {
					Expect(distinct).To(Equal(1))
				}
				last = distinct
			}
			Expect(last).To(Equal(map[string]int{"": 4, " diarizerTransitionBias=1e-11": 2, " diarizerTransitionBias=1e2": 7}[bias]), bias)
		}
		long := serve(fake.WithTranscripts(folder("default.txt", strings.Repeat("a b c d e f g h i j k l m n o p q r s t u v w x y z\n", 4))))
		distinct, _ := heardFrom(ask(long, "useDiarizer=1 diarizerAlpha=1e99 diarizerTransitionBias=1e99"))
		Expect(distinct).To(Equal(20), "more than the service tells apart")
	})

	It("changes speakers more readily with a larger diarizerTransitionBias, never less, and not at all with a very small one (documented: the direction)", func() {
		s := serve(fake.WithTranscripts(folder("default.txt", smallTalk)))
		for _, alpha := range []string{"", " diarizerAlpha=1e-9", " diarizerAlpha=1e5"} {
			var all []int
			last := 0
			for _, bias := range []string{"0", "-1", "1e-20", "1e-12", "1e-11", "1e-10", "1e-9", "1e-8", "1e-7", "1e-6", "1", "1e300"} {
				_, changes := heardFrom(ask(s, "useDiarizer=1 diarizerTransitionBias="+bias+alpha))
				Expect(changes).To(BeNumerically(">=", last), bias+alpha)
				all, last = append(all, changes), changes
			}
			Expect(all[:6]).To(Equal([]int{0, 0, 0, 0, 1, 3}), alpha)
			Expect(last).To(BeNumerically(">=", 15), alpha)
		}
	})

	It("changes behind a mark first, never before one, and says the same each time (ours)", func() {
		srv := newStreamServer(GinkgoT(), fake.WithTranscripts(folder("default.txt", smallTalk)))
		labels := onStream(srv, "useDiarizer=1 diarizerAlpha=1 diarizerTransitionBias=1e-9")
		Expect(strings.Join(labels[:6], "")).To(Equal("000111"), "Good morning . | Is it late")
		Expect(strings.Join(labels[6:12], "")).To(Equal("111122"), "Yes it is , | by far")
		Expect(onStream(srv, "useDiarizer=1 diarizerAlpha=1 diarizerTransitionBias=1e-9")).To(Equal(labels))
	})

	It("leaves the speakers of a transcript, a transcriber and a recognizer as they are", func() {
		by7 := fake.Transcript{Text: "x", Tokens: []protocol.Token{{Written: "x", Label: protocol.Some("speaker7")}}}
		words := `{"utterances":[{"tokens":[{"written":"a","speaker":"speaker5"},{"written":"b","speaker":"speaker3"}]},{"text":"c"}]}`
		named := []fake.Option{
			fake.WithTranscripts(folder("default.json", words)),
			fake.WithTranscriber(func(fake.Speech) (fake.Transcript, bool) { return by7, true }),
			fake.WithRecognizer(func(context.Context, fake.Speech, fake.Sound) (fake.Transcript, error) { return by7, nil }),
		}
		for i, want := range []string{"53", "7777", "7777"} {
			s := serve(named[i])
			for _, tuned := range []string{"", " diarizerAlpha=1 diarizerTransitionBias=1", " diarizerAlpha=0 diarizerTransitionBias=0"} {
				Expect(strings.Join(ask(s, "useDiarizer=1"+tuned), "")).To(Equal(want), "%d%s", i, tuned)
			}
			Expect(ask(s, "threshold=1")).To(BeEmpty(), "nobody asked")
		}
	})

	It("tells the tape once what it does not do", func() {
		srv := newStreamServer(GinkgoT())
		onStream(srv, "threshold=5000 postTime=1000 preTime=500 useDiarizer=yes diarizerAlpha=1 colour=red=green shape")
		want := []string{
			`segmenterProperties "threshold, postTime, preTime": accepted, without effect here`,
			`segmenterProperties "useDiarizer": a value that cannot be read counts as not given`,
			`segmenterProperties "colour, shape": not known, ignored`,
			`segmenterProperties: diarizerAlpha and diarizerTransitionBias have no effect without useDiarizer=1`,
		}
		Expect(notes(srv.Server)).To(Equal(want))

		s := serve(jobsBy("at-once"))
		Expect(ask(s, "threshold=5000 useDiarizer=1 diarizerAlpha=x")).NotTo(BeEmpty())
		created(s.submit("/v2/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general segmenterProperties=useDiarizer%3D1%20preTime%3D1", "a", sentences(1)))
		Expect(notes(s.Server)).To(Equal([]string{
			`segmenterProperties "threshold": accepted, without effect here`,
			`segmenterProperties "diarizerAlpha": a value that cannot be read counts as not given`,
			`segmenterProperties "preTime": accepted, without effect here`,
			`segmenterProperties has no effect on the speakers of a job; speakerDiarization=True has`,
		}))
	})

	It("shows no secret that stands among the names", func() {
		s := serve()
		ask(s, mypageKey+"=1")
		_, all := s.Tape(fake.TapeFilter{})
		Expect(fmt.Sprint(all)).NotTo(ContainSubstring(mypageKey))
		_, tolerated := s.Tape(fake.TapeFilter{Kind: scenarios.Tolerance})
		Expect(tolerated).To(HaveLen(1))
	})
})

var _ = Describe("The speakers of a job", func() {
	jobLabels := func(s *service, d string) string {
		GinkgoHelper()
		j := s.job(created(s.submit("/v2/recognitions", "u", mypageKey, "d", "grammarFileNames=-a-general-en "+d, "a", sentences(4))))
		Expect(j.Status).To(Equal("completed"))
		var all []string
		for _, g := range j.Segments {
			for _, t := range g.Results[0].Tokens {
				all = append(all, strings.TrimPrefix(t.Label, "speaker"))
			}
		}
		return strings.Join(all, " ")
	}

	It("are those of a transcript, but no more than diarizationMaxSpeaker (documented: the bound)", func() {
		named := `{"utterances":[{"text":"a","speaker":"Ann"},{"text":"b","speaker":"Bo"},{"text":"c","speaker":"Cy"},{"text":"d","speaker":"Ann"}]}`
		s := serve(jobsBy("at-once"), fake.WithTranscripts(folder("default.json", named)))
		Expect(jobLabels(s, "speakerDiarization=True")).To(Equal("0 1 2 0"))
		Expect(jobLabels(s, "speakerDiarization=True diarizationMaxSpeaker=3")).To(Equal("0 1 2 0"))
		Expect(jobLabels(s, "speakerDiarization=True diarizationMaxSpeaker=2")).To(Equal("0 1 1 0"))
		Expect(jobLabels(s, "speakerDiarization=True diarizationMaxSpeaker=1")).To(Equal("0 0 0 0"))
		Expect(jobLabels(s, "speakerDiarization=True diarizationMinSpeaker=4")).To(Equal("0 1 2 0"), "nobody is invented")
		Expect(strings.TrimSpace(jobLabels(s, ""))).To(BeEmpty())

		s = serve(jobsBy("at-once"), fake.WithTranscripts(folder("default.json", strings.NewReplacer("Ann", "speaker4", "Bo", "speaker2", "Cy", "speaker4").Replace(named))))
		Expect(jobLabels(s, "speakerDiarization=True")).To(Equal("4 2 4 4"))
		Expect(jobLabels(s, "speakerDiarization=True diarizationMaxSpeaker=2")).To(Equal("0 1 0 0"), "numbered anew, for speaker4 would be a fifth")
	})

	It("are as many as were asked for, and bounds that cannot be are told and not used (assumed)", func() {
		s := serve(jobsBy("at-once"), fake.WithTranscripts(folder("default.txt", smallTalk)))
		for d, want := range map[string]int{
			"diarizationMinSpeaker=3": 3, "diarizationMinSpeaker=20": 20, "diarizationMaxSpeaker=20": 2, "diarizationMinSpeaker=1 diarizationMaxSpeaker=1": 1,
			"diarizationMinSpeaker=0": 2, "diarizationMinSpeaker=21": 2, "diarizationMinSpeaker=two": 2, "diarizationMinSpeaker=5 diarizationMaxSpeaker=4": 5,
			"segmenterProperties=useDiarizer%3D1%20diarizerAlpha%3D1": 2,
		} {
			_, before := s.Tape(fake.TapeFilter{Kind: scenarios.Tolerance})
			distinct, _ := heardFrom(strings.Split(jobLabels(s, "speakerDiarization=True "+d), " "))
			Expect(distinct).To(Equal(want), d)
			_, after := s.Tape(fake.TapeFilter{Kind: scenarios.Tolerance})
			odd := strings.Contains(d, "=0") || strings.Contains(d, "=21") || strings.Contains(d, "two") || strings.HasSuffix(d, "=4") || strings.HasPrefix(d, "seg")
			Expect(len(after)-len(before)).To(Equal(map[bool]int{true: 1}[odd]), d)
		}
	})
})
