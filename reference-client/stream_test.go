package refclient_test

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/reference-client"
	"mockamivoice/scenarios"
)

// letters is the order in which events came, without interim results.
func letters(raw []string) string {
	var b strings.Builder
	for _, m := range raw {
		if m[0] != 'U' {
			b.WriteByte(m[0])
		}
	}
	return b.String()
}

var _ = Describe("Stream", func() {
	It("yields S, E, C, U and A as they came, and ends with the answer to e", func() {
		s := serve()
		raw := hear(open(s.client(), general()), sentence())
		Expect(letters(raw)).To(Or(Equal("SECA"), Equal("SCEA")))
		Expect(slices.ContainsFunc(raw, func(m string) bool { return strings.HasPrefix(m, `U {"results":[{"tokens":[{"written":"`) })).To(BeTrue())
		Expect(raw[len(raw)-1]).To(HavePrefix(`A {"results":[{"tokens":[{"written":"`))
	})

	It("parses what it yields", func() {
		s := serve()
		stream := open(s.client(), general())
		go func() {
			_, _ = stream.Write(sentence())
			_ = stream.End(soon())
		}()
		var final protocol.Final
		for m, err := range stream.Events() {
			Expect(err).NotTo(HaveOccurred())
			Expect(protocol.ParseEvent(m.Raw)).To(Equal(m.Event))
			if f, ok := m.Event.(protocol.Final); ok {
				final = f
			}
		}
		Expect(final.Result.Text).NotTo(BeEmpty())
	})

	It("may be fed first and read later when the audio is short", func() {
		s := serve()
		stream := open(s.client(), general())
		_, err := stream.Write(sentence())
		Expect(err).NotTo(HaveOccurred())
		Expect(stream.End(soon())).To(Succeed())
		Expect(stream.End(soon())).To(Succeed(), "a second one has nothing to say")
		raw, err := events(stream)
		Expect(err).NotTo(HaveOccurred())
		Expect(letters(raw)).To(HaveSuffix("A"))
		Expect(stream.Close()).To(Succeed())
		var commands []string
		for _, e := range s.entries(scenarios.WSCommand) {
			commands = append(commands, e.Text[:1])
		}
		Expect(commands).To(Equal([]string{"s", "p", "e"}))
	})

	It("goes on where a loop was left", func() {
		stream := open(serve().client(), general())
		_, err := stream.Write(sentence())
		Expect(err).NotTo(HaveOccurred())
		for m := range stream.Events() {
			Expect(m.Event).To(BeAssignableToTypeOf(protocol.SpeechStart{}))
			break
		}
		Expect(stream.End(soon())).To(Succeed())
		raw, err := events(stream)
		Expect(err).NotTo(HaveOccurred())
		Expect(letters(raw)).To(Or(Equal("ECA"), Equal("CEA")))
	})

	It("sends the parameters of s with the key behind them, quoted where needed", func() {
		got := make(chan string, 1)
		stream := open(client(listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer ws.Close()
			_, m, _ := ws.ReadMessage()
			got <- r.URL.String() + " " + string(m)
			say(ws, "s")
			listenOn(ws)
		})), refclient.WithKey("KEY")), refclient.StreamRequest{
			Engine: "-a-general", Format: "16K", NoLog: true,
			Params: []protocol.Param{{Key: "profileWords", Value: `say "hi" あ`}, {Key: "keepFillerToken", Value: "1"}},
		})
		Expect(stream.Close()).To(Succeed())
		Expect(got).To(Receive(Equal(`/v1/nolog/ s 16K -a-general profileWords="say ""hi"" あ" keepFillerToken=1 authorization=KEY`)))
	})

	It("sends s and e as text, or as binary when it is told to, and audio as binary always", func() {
		kinds := make(chan int, 8)
		url := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer ws.Close()
			for {
				kind, m, err := ws.ReadMessage()
				if err != nil {
					return
				}
				kinds <- kind
				if m[0] != 'p' {
					say(ws, string(m[:1]))
				}
			}
		}))
		r := general()
		stream := open(client(url, refclient.WithKey("k")), r)
		Expect(stream.Write(nil)).To(Equal(0))
		Expect(stream.End(soon())).To(Succeed())
		r.Binary = true
		Expect(stream.Restart(soon(), r)).To(Succeed())
		Expect(stream.End(soon())).To(Succeed())
		var got []int
		for range 5 {
			got = append(got, <-kinds)
		}
		Expect(got).To(Equal([]int{websocket.TextMessage, websocket.BinaryMessage, websocket.TextMessage, websocket.BinaryMessage, websocket.BinaryMessage}))
	})

	It("refuses a request that would become another command", func() {
		for _, r := range []refclient.StreamRequest{{Engine: "-a-general"}, {Format: "16K"}, {Format: "16K x", Engine: "-a-general"}} {
			_, err := serve().client().Stream(soon(), r)
			Expect(err).To(MatchError(ContainSubstring("must both be given, without blanks")))
		}
	})

	It("opens further cycles on one connection, each with settings of its own", func() {
		s := serve()
		stream := open(s.client(), general())
		Expect(stream.Restart(soon(), general())).To(MatchError(ContainSubstring("a cycle is open")))
		first := hear(stream, sentence())
		_, err := stream.Write([]byte{0, 0})
		Expect(err).To(MatchError(ContainSubstring("audio after End")))
		r := general()
		r.Format, r.Binary = "lsb16k", true
		Expect(stream.Restart(soon(), r)).To(Succeed())
		second := hear(stream, sentence())
		Expect(letters(second)).To(HaveLen(len(letters(first))))
		Expect(second[0]).To(Equal(first[0]), "times begin at zero again")
		r.NoLog = true
		Expect(stream.Restart(soon(), r)).To(MatchError(ContainSubstring("open another")))
		Expect(s.targets(scenarios.WSHandshake)).To(Equal([]string{"/v1/"}))
	})

	It("takes a line end off a message, as some generation of the service sends one (observed: the vendor's libraries)", func() {
		choice, err := fake.ParseChoice(string(scenarios.StreamLineEnd), "crlf")
		Expect(err).NotTo(HaveOccurred())
		raw := hear(open(serve(fake.WithChoice(choice)).client(), general()), sentence())
		Expect(raw[0]).To(HaveSuffix("\r\n"), "but shows it")
		Expect(letters(raw)).To(HaveSuffix("A"))
	})

	It("sends audio of more than 16 MiB as several packets", func() {
		sizes := make(chan int, 8)
		stream := open(client(socket(func(ws *websocket.Conn) {
			say(ws, "s")
			for {
				kind, m, err := ws.ReadMessage()
				if err != nil || kind == websocket.TextMessage {
					break
				}
				if m[0] == 'p' {
					sizes <- len(m)
				}
			}
			say(ws, "e")
		}), refclient.WithKey("k")), general())
		Expect(stream.Write(make([]byte, 16<<20+10))).To(Equal(16<<20 + 10))
		Expect(stream.Write(nil)).To(Equal(0))
		Expect(stream.End(soon())).To(Succeed())
		close(sizes)
		var all []int
		for n := range sizes {
			all = append(all, n)
		}
		Expect(all).To(Equal([]int{16<<20 - 1, 13, 1}))
	})
})
