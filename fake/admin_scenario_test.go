package fake_test

import (
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const brought = `id: stream.brought
title: Brought along
surface: stream
level: info
basis: assumed
source: a test
why: w
play:
  faults:
    - {at: stream.start, do: {error: stream.start.unavailable}}
`

var _ = Describe("The admin routes of scenarios", func() {
	It("plays a scenario by name, or one that is brought along, and stops", func() {
		p := admin(fake.WithScenarios(fault("stream.known", "{at: stream.feed, do: stall}")))
		Expect(p.get("/scenario").Body).To(Equal("null\n"))
		r := p.send(http.MethodPut, "/scenario", `{"name":"stream.known"}`)
		Expect(r.Status).To(Equal(200))
		Expect(r.Body).To(Equal(`{"id":"stream.known","title":"t","surface":"stream","level":"info","basis":"assumed","parts":["play"]}` + "\n"))
		Expect(p.get("/scenario").Body).To(Equal(r.Body))
		for _, media := range []string{"application/yaml", "text/x-yaml; charset=utf-8"} {
			r = p.do(http.MethodPut, "/scenario", media, strings.NewReader(brought))
			Expect(r.Status).To(Equal(200), r.Body)
			Expect(r.Body).To(ContainSubstring(`"id":"stream.brought"`))
		}
		Expect(p.do(http.MethodDelete, "/scenario", "", nil).Status).To(Equal(204))
		Expect(p.get("/scenario").Body).To(Equal("null\n"))
	})

	It("lists those of the server and those of the library", func() {
		p := admin(fake.WithScenarios(fault("stream.known", "{at: stream.feed, do: stall}")))
		list := p.get("/scenarios").Body
		Expect(list).To(HavePrefix(`[{"id":"stream.known",`))
		Expect(list).To(ContainSubstring(`{"id":"stream.cycle",`))
	})

	It("says what is wrong with one", func() {
		p := admin()
		put := func(media, body string) reply {
			return p.do(http.MethodPut, "/scenario", media, strings.NewReader(body))
		}
		Expect(put("application/json", `{"name":"stream.cycel"}`)).To(beProblem(400, "bad-request", `did you mean ..stream.cycle`))
		Expect(put("application/json", `{"name":"stream.cycle"}`)).To(beProblem(400, "bad-request", "has no play part"))
		Expect(put("application/json", `{}`)).To(beProblem(400, "bad-request", "name is missing"))
		Expect(put("text/plain", `x`)).To(beProblem(415, "content-type", "application/yaml"))
		Expect(put("application/yaml", strings.Replace(brought, "faults", "fautls", 1))).To(beProblem(400, "bad-request", `scenario.yaml:9:3: unknown field ..fautls.., did you mean ..faults`))
		Expect(put("application/yaml", strings.Repeat("#", 2<<20))).To(beProblem(413, "too-large", ""))
	})

	It("binds a key to a scenario; the binding travels inside the key", func() {
		known := fault("stream.known", "{at: stream.start, do: {error: stream.start.unavailable}}")
		secret := fake.WithSecret([]byte("a secret of sixteen bytes"))
		maker := newStreamServer(GinkgoT(), secret, fake.WithScenarios(known))
		key, err := maker.IssueKey(fake.KeyRequest{Scenario: "stream.known"})
		Expect(err).NotTo(HaveOccurred())
		_, entries := maker.Tape(fake.TapeFilter{Kind: scenarios.KeyIssued})
		Expect(entries[len(entries)-1].Scenario).To(Equal("stream.known"))

		s := newStreamServer(GinkgoT(), secret, fake.WithScenarios(known))
		s.key = key.Key
		c := s.dial(handshake{})
		c.text("s LSB16K -a-general authorization=" + s.key)
		Expect(c.next()).To(Equal("s can't connect to recognizer server"))

		other := newStreamServer(GinkgoT(), secret)
		other.key = key.Key
		other.begin("LSB16K")
		Expect(other.on(scenarios.Tolerance, "the key is bound to a scenario").Text).To(ContainSubstring(`no scenario is called "stream.known"`))
	})

	It("refuses to bind a key to what comes before any key", func() {
		p := admin(fake.WithScenarios(fault("stream.door", "{at: stream.handshake, do: stall}")))
		Expect(p.send(http.MethodPost, "/keys", `{"scenario":"stream.door"}`)).To(beProblem(400, "bad-request", "strikes at stream.handshake"))
		Expect(p.send(http.MethodPost, "/keys", `{"scenario":"stream.dor"}`)).To(beProblem(400, "bad-request", `did you mean ..stream.door`))
	})

	It("lets the key decide before the service, and the service before the server", func() {
		say := func(id, text string) *scenarios.Scenario {
			return fault(id, "{at: stream.start, do: {replace: 's "+text+"'}}")
		}
		s := newStreamServer(
			GinkgoT(),
			fake.WithService(fake.DemoService()),
			fake.WithService(fake.Service{SID: "other", SPW: "other-password", Scenario: "stream.service"}),
			fake.WithScenarios(say("stream.key", "key"), say("stream.service", "service")), fake.WithScenario(say("stream.server", "server")),
		)
		for _, c := range []struct {
			request fake.KeyRequest
			want    string
		}{
			{fake.KeyRequest{SID: "other", Scenario: "stream.key"}, "s key"},
			{fake.KeyRequest{SID: "other"}, "s service"},
			{fake.KeyRequest{SID: "demo", Scenario: "stream.key"}, "s key"},
			{fake.KeyRequest{SID: "demo"}, "s server"},
		} {
			client := s.dial(handshake{})
			client.text("s LSB16K -a-general authorization=" + s.issue(c.request))
			Expect(client.next()).To(Equal(c.want))
		}
	})

	It("goes back to the first scenario at a reset, and counts anew", func() {
		first := fault("stream.first", "{at: stream.start, nth: 1, do: {error: stream.start.unavailable}}")
		s := newStreamServer(GinkgoT(), fake.WithScenario(first))
		start := func() string {
			c := s.dial(handshake{})
			c.text("s LSB16K -a-general authorization=" + s.key)
			return c.next()
		}
		const refused = "s can't connect to recognizer server"
		Expect([]string{start(), start()}).To(Equal([]string{refused, "s"}))
		Expect(s.SetScenario(nil)).To(Succeed())
		Expect(start()).To(Equal("s"))
		s.Reset()
		Expect(s.Scenario().ID).To(Equal("stream.first"))
		Expect([]string{start(), start()}).To(Equal([]string{refused, "s"}))
		header, _ := s.Tape(fake.TapeFilter{})
		Expect(header.Scenario).To(Equal("stream.first"))
		Expect(s.SetScenario(first)).To(Succeed())
		Expect([]string{start(), start()}).To(Equal([]string{refused, "s"}), "setting counts anew")
	})

	It("panics for a scenario that cannot be played, for that is a mistake in a test", func() {
		cycle, err := scenarios.Named("stream.cycle")
		Expect(err).NotTo(HaveOccurred())
		Expect(func() { fake.New(fake.WithScenario(cycle)) }).To(PanicWith(ContainSubstring("has no play part")))
		Expect(func() { fake.New(fake.WithService(fake.Service{SID: "x", SPW: "y", Scenario: "stream.none"})) }).To(PanicWith(ContainSubstring("no scenario is called")))
	})

	It("shows each key's tape with its own faults alone", func() {
		s := newStreamServer(GinkgoT(), fake.WithScenarios(fault("stream.one", "{at: stream.feed, do: drop}"), fault("stream.two", "{at: stream.end, do: {send: 'G x'}}")))
		var ids []string
		for _, name := range []string{"stream.one", "stream.two"} {
			k, err := s.IssueKey(fake.KeyRequest{EPI: "1h", Scenario: name})
			Expect(err).NotTo(HaveOccurred())
			ids, s.key = append(ids, k.ID), k.Key
			c := s.begin("LSB16K")
			c.p(silence(10))
			c.text("e")
			_, _ = c.until("e")
		}
		Expect(struck(s.Server, fake.TapeFilter{Key: ids[0]})).To(Equal([]string{"stream.one stream.feed: drop"}))
		Expect(struck(s.Server, fake.TapeFilter{Key: ids[1]})).To(Equal([]string{`stream.two stream.end: send "G x"`}))
		_, entries := s.Tape(fake.TapeFilter{Key: ids[0], Surface: protocol.SurfaceStream, Kind: scenarios.WSCommand})
		Expect(entries).To(HaveLen(3), "s, p and e")
	})
})
