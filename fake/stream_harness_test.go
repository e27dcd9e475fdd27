package fake_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/sound"
)

// streamServer is a server of one spec, with a manual clock that stands at 2026-07-30T23:59:30Z and a key of its own.
type streamServer struct {
	*fake.Server
	t    tb
	addr string
	key  string
	clk  *clock.Manual
}

// armed is how many timers wait for the clock.
func (s *streamServer) armed() int { return s.clk.Timers() }

func newStreamServer(t tb, options ...fake.Option) *streamServer {
	t.Helper()
	start := time.Date(2026, 7, 30, 23, 59, 30, 0, time.UTC)
	clk := clock.NewManual(start)
	srv := fake.New(append([]fake.Option{fake.WithClock(clk), fake.WithSeed(7)}, options...)...)
	hs := httptest.NewUnstartedServer(srv)
	srv.Configure(hs.Config)
	hs.Start()
	t.Cleanup(func() {
		srv.Close()
		hs.Close()
	})
	s := &streamServer{Server: srv, t: t, addr: hs.Listener.Addr().String(), clk: clk}
	s.key = s.issue(fake.KeyRequest{EPI: "90000000"})
	return s
}

func (s *streamServer) issue(req fake.KeyRequest) string {
	s.t.Helper()
	k, err := s.IssueKey(req)
	if err != nil {
		s.t.Fatalf("issue: %v", err)
	}
	return k.Key
}

// dial opens a stream.
func (s *streamServer) dial(h handshake) *rawClient {
	s.t.Helper()
	c := dialRaw(s.t, s.addr, h)
	if c.status != "HTTP/1.1 101 Switching Protocols" {
		s.t.Fatalf("handshake: %s", c.status)
	}
	return c
}

// begin opens a stream as a browser would and a cycle with the spec's key.
func (s *streamServer) begin(format string, params ...string) *rawClient {
	s.t.Helper()
	c := s.dial(handshake{})
	s.start(c, format, params...)
	return c
}

func (s *streamServer) start(c *rawClient, format string, params ...string) {
	s.t.Helper()
	c.text(strings.Join(append([]string{"s", format, "-a-general"}, append(params, "authorization="+s.key)...), " "))
	if answer := c.next(); answer != "s" {
		s.t.Fatalf("answer to s: %q", answer)
	}
}

// pass moves the clock, once the server has taken what the clients sent.
func (s *streamServer) pass(d time.Duration, clients ...*rawClient) {
	s.t.Helper()
	for _, c := range clients {
		c.settle()
	}
	moved, err := s.Advance(d)
	if err != nil || len(moved.Unsettled) > 0 {
		s.t.Fatalf("advance: %+v, %v", moved, err)
	}
}

// on waits for an entry of the tape.
func (s *streamServer) on(kind scenarios.Kind, prefix string) scenarios.Entry {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	e, err := s.Wait(ctx, fake.TapeFilter{Surface: protocol.SurfaceStream, Kind: kind}, prefix)
	if err != nil {
		s.t.Fatalf("no %s entry on the tape that begins with %q: %v", kind, prefix, err)
	}
	return e
}

// tape is everything on the tape as JSON.
func (s *streamServer) tape() string {
	s.t.Helper()
	header, entries := s.Tape(fake.TapeFilter{})
	b, err := json.Marshal([]any{header, entries})
	if err != nil {
		s.t.Fatalf("tape: %v", err)
	}
	return string(b)
}

func choose(point, value string) fake.Option {
	GinkgoHelper()
	c, err := fake.ParseChoice(point, value)
	Expect(err).NotTo(HaveOccurred())
	return fake.WithChoice(c)
}

// The form of results, field by field and in the order of the wire. (observed: a pasted live result; documented: U)
const (
	jsonString = `"((?:[ !#-\[\]-~]|\\u[0-9a-f]{4}|\\["\\])*)"`
	jsonNumber = `[01](?:\.[0-9]+)?`
	jsonToken  = `\{"written":` + jsonString + `,"confidence":` + jsonNumber + `,"starttime":[0-9]+,"endtime":[0-9]+,"spoken":` + jsonString + `(?:,"label":"speaker[0-9]+")?\}`
	finalForm  = `^A \{"results":\[\{"tokens":\[(?:` + jsonToken + `(?:,` + jsonToken + `)*)?\],"confidence":` + jsonNumber +
		`,"starttime":[0-9]+,"endtime":[0-9]+,"tags":\[\],"rulename":"","text":` + jsonString +
		`\}\],"utteranceid":"2026[0-9]{4}/[a-z]+_[a-z]+-amivoicecloud-(?:8|16)k-mock@[0-9a-f]{24}-[0-9]{4}_[0-9]{6}","text":` + jsonString +
		`,"code":"","message":""\}$`
	failedForm  = `^A \{"results":\[\{"tokens":\[\],"tags":\[\],"rulename":"","text":""\}\],"text":"","code":"o","message":"recognition result is rejected because confidence is below the threshold"\}$`
	interimForm = `^U \{"results":\[\{"tokens":\[(?:\{"written":` + jsonString + `\},)*\{"written":"\.\.\."\}\],"text":` + jsonString + `\}\],"text":` + jsonString + `\}$`
)

// result is the payload of A and U, read for what it means.
type result struct {
	Results []struct {
		Tokens []struct {
			Written, Spoken, Label string
			Starttime, Endtime     int
		}
		Starttime, Endtime int
		Text               string
	}
	Utteranceid, Text, Code string
}

// heard is one utterance as the events of a cycle tell it.
type heard struct {
	start, end   int
	begun, ended bool // C came, E came
	interims     []string
	final        *result
	finalText    string // A as on the wire
}

// utterances reads the events of a cycle and checks their order and their form.
//
// documented: E and C come in either order, U is optional, and all else of one utterance keeps its order S, C, U, A;
// inferred: one A for every S, in the order of the utterances, after its E; S of the next utterance may precede A.
func utterances(messages []string) []*heard {
	GinkgoHelper()
	var all []*heard
	recognized, begun := 0, 0
	for _, m := range messages {
		about := fmt.Sprintf("%q in %q", m, messages)
		switch m[0] {
		case 'S':
			if len(all) > 0 {
				Expect(all[len(all)-1].ended).To(BeTrue(), about)
				Expect(number(m)).To(BeNumerically(">=", all[len(all)-1].end), about)
			}
			all = append(all, &heard{start: number(m)})
		case 'E':
			Expect(all).NotTo(BeEmpty(), about)
			u := all[len(all)-1]
			Expect(u.ended).To(BeFalse(), about)
			u.end, u.ended = number(m), true
			Expect(u.end).To(BeNumerically(">", u.start), about)
		case 'C':
			Expect(m).To(Equal("C"))
			Expect(begun).To(And(Equal(recognized), BeNumerically("<", len(all))), about)
			all[begun].begun = true
			begun++
		case 'U':
			Expect(m).To(MatchRegexp(interimForm))
			Expect(begun).To(Equal(recognized+1), about)
			all[recognized].interim(m)
		case 'A':
			Expect(begun).To(Equal(recognized+1), about)
			all[recognized].close(m)
			recognized++
		default:
			Expect(m).To(HavePrefix("G"))
		}
	}
	Expect(recognized).To(Equal(len(all)), "one A for every S in %q", messages)
	return all
}

func (u *heard) interim(m string) {
	GinkgoHelper()
	var r result
	Expect(json.Unmarshal([]byte(m[2:]), &r)).To(Succeed())
	Expect(r.Text).To(And(HaveSuffix("..."), Equal(r.Results[0].Text)))
	u.interims = append(u.interims, r.Text)
}

func (u *heard) close(m string) {
	GinkgoHelper()
	Expect(m).To(Or(MatchRegexp(finalForm), MatchRegexp(failedForm)))
	Expect(u.ended).To(BeTrue(), "E comes before %q", m)
	u.final, u.finalText = new(result), m
	Expect(json.Unmarshal([]byte(m[2:]), u.final)).To(Succeed())
	Expect(u.final.Results).To(HaveLen(1))
	if u.final.Code != "" {
		return
	}
	r := u.final.Results[0]
	Expect([]int{r.Starttime, r.Endtime}).To(Equal([]int{u.start, u.end}), "times of A are those of S and E")
	Expect(r.Text).To(Equal(u.final.Text))
	at := u.start
	for _, t := range r.Tokens {
		Expect(t.Starttime).To(BeNumerically(">=", at))
		Expect(t.Endtime).To(And(BeNumerically(">=", t.Starttime), BeNumerically("<=", u.end)))
		at = t.Starttime
	}
}

// number reads the time of S or E, which is a bare integer. (observed: three native clients die of anything else)
func number(m string) int {
	GinkgoHelper()
	digits := regexp.MustCompile(`^[SE] (0|[1-9][0-9]*)$`).FindStringSubmatch(m)
	Expect(digits).NotTo(BeNil(), m)
	n := 0
	for _, d := range digits[1] {
		n = n*10 + int(d-'0')
	}
	return n
}

// Audio is 16-bit little-endian PCM at 16 kHz unless converted.

const bytesPerMs = 32

func silence(ms int) []byte { return make([]byte, ms*bytesPerMs) }

// speech is ms of unbroken speech-like sound.
func speech(ms int) []byte {
	var pcm []byte
	for _, v := range sound.Speech(16000, time.Duration(ms)*time.Millisecond) {
		pcm = binary.LittleEndian.AppendUint16(pcm, uint16(v))
	}
	return pcm
}

// sentence is speech with silence around it, so that it is one utterance by itself.
func sentence() []byte {
	return append(append(silence(500), speech(1200)...), silence(1300)...)
}

func bigEndian(pcm []byte) []byte {
	out := make([]byte, len(pcm))
	for i := 0; i+1 < len(pcm); i += 2 {
		out[i], out[i+1] = pcm[i+1], pcm[i]
	}
	return out
}

// half keeps every second sample: 8 kHz.
func half(pcm []byte) []byte {
	var out []byte
	for i := 0; i+3 < len(pcm); i += 4 {
		out = append(out, pcm[i], pcm[i+1])
	}
	return out
}

// muLaw is G.711 at 8 kHz.
func muLaw(pcm []byte) []byte {
	pcm = half(pcm)
	out := make([]byte, 0, len(pcm)/2)
	for i := 0; i+1 < len(pcm); i += 2 {
		v, sign := int(int16(binary.LittleEndian.Uint16(pcm[i:]))), byte(0)
		if v < 0 {
			v, sign = -v, 0x80
		}
		v = min(v, 32635) + 0x84
		exponent := 7
		for mask := 0x4000; exponent > 0 && v&mask == 0; mask >>= 1 {
			exponent--
		}
		out = append(out, ^(sign | byte(exponent<<4) | byte(v>>(exponent+3)&0xf)))
	}
	return out
}

// wav puts a RIFF header with a format tag in front of data.
func wav(tag, rate, bits int, data []byte) []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF"), le.AppendUint32(nil, uint32(36+len(data)))...)
	b = append(b, "WAVEfmt \x10\x00\x00\x00"...)
	b = le.AppendUint16(le.AppendUint16(b, uint16(tag)), 1)
	b = le.AppendUint32(le.AppendUint32(b, uint32(rate)), uint32(rate*bits/8))
	b = le.AppendUint16(le.AppendUint16(b, uint16(bits/8)), uint16(bits))
	b = le.AppendUint32(append(b, "data"...), uint32(len(data)))
	return append(b, data...)
}
