package fake_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/fixture"
)

var update = flag.Bool("update", false, "write generated files instead of comparing them")

// ears are a fake and its three surfaces.
type ears struct {
	stream *streamServer
	client *rawClient
	http   *service // for requests and jobs
}

func newEars() ears {
	srv := newStreamServer(GinkgoT())
	return ears{srv, srv.dial(handshake{}), serve(jobsBy("polls=1"))}
}

// reported is what a surface says of a sound.
type reported struct {
	surface string
	texts   []string // of its utterances
	spans   []span
	heard   []string // the tape
}

// span is from the beginning of an utterance to its end, in milliseconds.
type span struct{ from, to int }

// whole is what a surface says that makes one result of all.
func whole(spans []span) []span { return []span{{spans[0].from, spans[len(spans)-1].to}} }

// off is how far the spans are from others, at the worst.
func (t reported) off(from []span) int {
	GinkgoHelper()
	Expect(t.spans).To(HaveLen(len(from)), t.surface)
	worst := 0
	for i, s := range t.spans {
		for _, d := range []int{s.from - from[i].from, s.to - from[i].to} {
			worst = max(worst, d, -d)
		}
	}
	return worst
}

// hear gives the sound to a stream in packets of an odd size, to a synchronous request and to a job.
func (e ears) hear(format, c string, audio []byte) []reported {
	GinkgoHelper()
	return []reported{e.onStream(format, audio), e.overHTTP(c, audio), e.inJob(c, audio)}
}

func (e ears) onStream(format string, audio []byte) reported {
	GinkgoHelper()
	t := reported{surface: "stream"}
	from := lastEntry(e.stream.Server)
	e.stream.start(e.client, format)
	e.client.feed(audio, 4001)
	e.client.text("e")
	events, end := e.client.until("e")
	Expect(end).To(Equal("e"))
	for _, u := range utterances(events) {
		Expect(u.final.Code).To(BeEmpty())
		t.texts = append(t.texts, u.final.Text)
		t.spans = append(t.spans, span{u.start, u.end})
	}
	t.heard = heardSince(e.stream.Server, from)
	return t
}

// declaring is c among the fields of a request, or nothing.
func declaring(c string, fields ...string) []string {
	if c == "" {
		return fields
	}
	return append([]string{"c", c}, fields...)
}

func (e ears) overHTTP(c string, audio []byte) reported {
	GinkgoHelper()
	from := lastEntry(e.http.Server)
	r := understand(e.http.recognize(declaring(c, "u", mypageKey, "d", "-a-general", "a", string(audio))...))
	Expect(r.Code).To(BeEmpty())
	Expect(r.Results).To(HaveLen(1))
	return reported{"HTTP", []string{r.Text}, []span{{*r.Results[0].StartTime, *r.Results[0].EndTime}}, heardSince(e.http.Server, from)}
}

func (e ears) inJob(c string, audio []byte) reported {
	GinkgoHelper()
	t := reported{surface: "job"}
	from := lastEntry(e.http.Server)
	id := created(e.http.submit("/v2/recognitions", declaring(c, "u", mypageKey, "d", "grammarFileNames=-a-general", "a", string(audio))...))
	var job jobBody
	for range 5 { // it moves with every poll
		job = e.http.job(id)
	}
	Expect(job.Status).To(Equal("completed"))
	for _, s := range job.Segments {
		Expect(s.Results).To(HaveLen(1))
		Expect(s.Results[0].Text).To(Equal(s.Text))
		t.texts = append(t.texts, s.Text)
		t.spans = append(t.spans, span{s.Results[0].Starttime, s.Results[0].Endtime})
	}
	Expect(*job.Text).To(Equal(strings.Join(t.texts, "")))
	t.heard = heardSince(e.http.Server, from)
	return t
}

func lastEntry(s *fake.Server) uint64 {
	_, entries := s.Tape(fake.TapeFilter{})
	if len(entries) == 0 {
		return 0
	}
	return entries[len(entries)-1].N
}

func heardSince(s *fake.Server, n uint64) []string {
	_, entries := s.Tape(fake.TapeFilter{Kind: scenarios.Heard, After: n})
	var all []string
	for _, e := range entries {
		all = append(all, e.Text)
	}
	return all
}

// saidIn are the texts of the fixture of the matrix: Latin letters, kanji and kana, punctuation and a blank.
func saidIn() []string { return []string{"A駅です", "はい, OK"} }

// The silence around the utterances of the fixture of the matrix, and how much of it belongs to an utterance. (observed: the pad)
const (
	matrixLead = 250 * time.Millisecond
	matrixGap  = 1200 * time.Millisecond
	matrixTail = 200 * time.Millisecond
	padMs      = 200
)

// spokenAt says where the utterances of the fixture begin and end, by how it was made.
func spokenAt() []span {
	var all []span
	at := int(matrixLead.Milliseconds())
	for _, text := range saidIn() {
		end := at + int(fixture.Duration(text).Milliseconds())
		all = append(all, span{at - padMs, end + padMs})
		at = end + int(matrixGap.Milliseconds())
	}
	return all
}

// voiceAt says where the utterances of the recorded voice begin and end in its WAV file. Most of the files have the first alone.
func voiceAt() []span { return []span{{240, 2740}, {4120, 6560}} }

const tolerance = 60 // milliseconds that a boundary may be off

// check hears both sounds of the row on every surface, compares what comes back with what was said and when, and writes its row.
func (row sounding) check(e ears) string {
	GinkgoHelper()
	cells := []string{row.what, row.kHz, "`" + row.format + "`", codeOrNone(row.c)}
	surfaces := e.hear(row.format, row.c, row.fixture)
	truth := [][]span{spokenAt(), whole(spokenAt()), spokenAt()}
	said := [][]string{saidIn(), {strings.Join(saidIn(), "")}, saidIn()}
	for i, t := range surfaces {
		about := fmt.Sprintf("%s, %s kHz, %s: %+v", row.what, row.kHz, t.surface, t)
		if strings.Contains(strings.Join(t.heard, "\n"), "is not decoded") {
			Expect(t.texts).NotTo(Equal(said[i]), about)
			cells = append(cells, "loudness")
			continue
		}
		Expect(t.texts).To(Equal(said[i]), about)
		for _, text := range saidIn() {
			Expect(t.heard).To(ContainElement(MatchRegexp(fmt.Sprintf(`^fixture from \d+ to \d+ ms, %d characters$`, len([]rune(text))))), about)
		}
		cells = append(cells, "exact")
	}
	for i, t := range surfaces {
		off := t.off(truth[i])
		Expect(off).To(BeNumerically("<=", tolerance), "%s, %s kHz: %+v, not %v", row.what, row.kHz, t, truth[i])
		cells = append(cells, fmt.Sprint(off))
	}
	return "| " + strings.Join(append(cells, fmt.Sprint(row.checkVoice(e))), " | ") + " |\n"
}

// checkVoice is how far off the boundaries of the recorded voice are at the worst, on any surface. Each must say the same of it.
func (row sounding) checkVoice(e ears) (off int) {
	GinkgoHelper()
	surfaces := e.hear(row.format, row.c, row.voice)
	stream := surfaces[0]
	Expect(len(stream.spans)).To(BeNumerically("~", 1.5, 0.5), row.what)
	truth := voiceAt()[:len(stream.spans)]
	for i, t := range surfaces {
		about := fmt.Sprintf("%s, %s kHz, %s: %+v", row.what, row.kHz, t.surface, t)
		off = max(off, t.off([][]span{truth, whole(truth), truth}[i]))
		Expect(strings.Join(t.texts, "")).To(Equal(strings.Join(stream.texts, "")), about)
		Expect(t.spans).To(Equal([][]span{stream.spans, whole(stream.spans), stream.spans}[i]), about)
	}
	Expect(off).To(BeNumerically("<=", tolerance), row.what)
	return off
}

func codeOrNone(c string) string {
	if c == "" {
		return "none"
	}
	return "`" + c + "`"
}

var _ = Describe("The matrix of formats", func() {
	It("has the same text and the same boundaries in every format, at every rate, on every surface (documented: audio-format)", func() {
		const document, from, to = "../docs/AUDIO.md", "<!-- formats: go test ./fake -update -->\n", "<!-- end of formats -->"
		var table strings.Builder
		table.WriteString("| format | kHz | `s` | `c` | text: stream | HTTP | job | off by, ms: stream | HTTP | job | voice |\n" + strings.Repeat("|---", 11) + "|\n")
		e := newEars()
		for _, row := range slices.Concat(writtenDown(), recordedFiles()) {
			table.WriteString(row.check(e))
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
