package fake_test

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/conformance/verdict"
	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

const packetsLaw = "client.stream.audio-in-packets"

// bareAudio is a client that forgets the p in front of its audio, with a key of its own. It returns when the server has enough.
func bareAudio(url, key string) error {
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/v1/", nil)
	if err != nil {
		return err
	}
	defer ws.Close()
	if err := ws.WriteMessage(websocket.TextMessage, []byte("s LSB16K -a-general authorization="+key)); err != nil {
		return err
	}
	if _, _, err := ws.ReadMessage(); err != nil {
		return err
	}
	if err := ws.WriteMessage(websocket.BinaryMessage, make([]byte, 3200)); err != nil {
		return err
	}
	if _, _, err := ws.ReadMessage(); err == nil {
		return fmt.Errorf("the server put up with bare audio")
	}
	return nil
}

// witness is a test that writes down how it fails.
type witness struct{ errors []string }

func (*witness) Helper() {}

func (w *witness) Errorf(format string, args ...any) {
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
}

var _ = Describe("verdict", func() {
	served := func() (port, string) {
		p := admin()
		ts := httptest.NewServer(p.Server)
		DeferCleanup(ts.Close)
		return p, ts.URL
	}
	It("answers in every format", func() {
		p, url := served()
		Expect(bareAudio(url, mypageKey)).To(Succeed())
		for format, want := range map[string]string{
			"": `"law": "` + packetsLaw + `"`, "json": `"line": `, "text": "MUST " + packetsLaw, "junit": "<testsuites ", "sarif": `"version": "2.1.0"`,
		} {
			r := p.get("/verdict?format=" + format)
			Expect(r.Status).To(Equal(200))
			Expect(r.Body).To(ContainSubstring(want))
			Expect(r.Header.Get("Content-Type")).NotTo(ContainSubstring("html"))
			Expect(r.Body).NotTo(ContainSubstring(mypageKey))
		}
		Expect(p.get("/verdict?law=" + packetsLaw + "&level=must&surface=sync").Body).To(ContainSubstring(`"findings": []`))
	})

	It("says what would be right", func() {
		p := admin()
		Expect(p.get("/verdict?law=client.stream.audio-in-packet")).To(beProblem(400, "bad-request", "did you mean"))
		Expect(p.get("/verdict?format=xml")).To(beProblem(400, "bad-request", "text, json, junit, sarif"))
		Expect(p.get("/verdict?level=high")).To(beProblem(400, "bad-request", "must, should, info"))
		Expect(p.get("/verdict?surface=streams")).To(beProblem(400, "bad-request", "issue, sync, stream"))
		Expect(p.get("/verdict?laws=x")).To(beProblem(400, "bad-request", "laws"))
	})

	It("keeps the clients of one server apart by their keys", func() {
		p, url := served()
		guilty, err := p.IssueKey(fake.KeyRequest{})
		Expect(err).NotTo(HaveOccurred())
		idle, err := p.IssueKey(fake.KeyRequest{})
		Expect(err).NotTo(HaveOccurred())
		Expect(bareAudio(url, guilty.Key)).To(Succeed())
		of := func(id string) verdict.Verdict { return p.Verdict(verdict.ForKey(id), verdict.ForLaws(packetsLaw)) }
		bad, nothing := of(guilty.ID), of(idle.ID)
		Expect(bad.Findings).To(HaveLen(1))
		Expect(bad.Findings[0].Key).To(Equal(guilty.ID))
		Expect(nothing.Findings).To(BeEmpty())
		Expect(nothing.Exit()).To(Equal(3))
	})

	It("holds clients against what the scenario that they met expects, whoever wrote it", func() {
		p, url := served()
		own, err := scenarios.ParseScenario("mine.yaml", []byte("id: stream.mine\ntitle: T\nsurface: stream\nlevel: must\nbasis: documented\nsource: S\n"+
			"play: {faults: [{at: stream.start, do: {error: stream.start.unauthorized}}]}\nclient: [{expect: issue, within: 5s}]\nwhy: W\n"))
		Expect(err).NotTo(HaveOccurred())
		Expect(p.SetScenario(own)).To(Succeed())
		_ = bareAudio(url, mypageKey) // it is refused, and asks for no other key
		var w witness
		fake.Verify(&w, p.Server, verdict.ForLaws("client.scenario.expectation"))
		Expect(w.errors).To(HaveExactElements(And(ContainSubstring("MUST client.scenario.expectation"), ContainSubstring("why     W"))))
	})

	It("fails a test whose client misbehaved, or did nothing, and no other", func() {
		p, url := served()
		var w witness
		fake.Verify(&w, p.Server)
		Expect(w.errors).To(HaveExactElements(ContainSubstring("NOTHING WAS JUDGED")))
		w = witness{}
		Expect(bareAudio(url, mypageKey)).To(Succeed())
		fake.Verify(&w, p.Server, verdict.ForLaws(packetsLaw))
		Expect(w.errors).To(HaveExactElements(And(HavePrefix("the client did not behave:\nMUST "), ContainSubstring("Put the letter p in front"))))
		w = witness{}
		p.Reset()
		s := newStreamServer(GinkgoT())
		c := s.begin("LSB16K")
		c.text("e")
		Expect(c.next()).To(Equal("e"))
		fake.Verify(&w, s.Server, verdict.ForLaws(packetsLaw))
		Expect(w.errors).To(BeEmpty())
	})
})

// A test of a client ends with the question whether it behaved. Verify asks it of a testing.TB; here is what it would show.
func ExampleServer_Verdict() {
	srv := fake.New()
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()

	if err := bareAudio(ts.URL, "demo-key"); err != nil {
		fmt.Println(err)
		return
	}
	v := srv.Verdict(verdict.ForLaws("client.stream.audio-in-packets"))
	for _, f := range v.Findings {
		fmt.Printf("%s, %s: %s\n%s\n", f.Level, f.Basis, f.Title, f.Fix)
	}
	fmt.Println(v.Status, "with exit status", v.Exit())
	// Output:
	// must, documented: Audio is sent in p packets
	// Put the letter p in front of the audio of every message.
	// fail with exit status 1
}

// printer is a test that prints how it fails; a real one is a *testing.T.
type printer struct{}

func (printer) Helper() {}

func (printer) Errorf(_ string, args ...any) {
	text, _, _ := strings.Cut(fmt.Sprint(args...), "  why ") // how to mend it, and the frames, follow
	fmt.Println(text)
}

func ExampleVerify() {
	srv := fake.New()
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()

	if err := bareAudio(ts.URL, "demo-key"); err != nil {
		fmt.Println(err)
		return
	}
	fake.Verify(printer{}, srv, verdict.ForLaws("client.stream.audio-in-packets"), verdict.ForSurface("stream"))
	// Output:
	// MUST client.stream.audio-in-packets
	//   rule    Audio is sent in p packets
	//   source  must, documented: manual: reference-websocket-p-command-packet
}
