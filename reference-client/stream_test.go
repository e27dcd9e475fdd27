package refclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
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
		choice, err := fake.ParseChoice(string(fake.StreamLineEnd), "crlf")
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

	Describe("with a key that expires", func() {
		stuck := refclient.WithNow(noon)

		It("is refused at s", func() {
			s := serve()
			c := s.client(stuck)
			_ = open(c, general()).Close()
			s.pass(51 * time.Second)
			_, err := c.Stream(soon(), general())
			Expect(err).To(MatchError("stream: s service authorization has expired: 2026/06/15 12:00:30.000 +0000 (-21s)"))
			Expect(refclient.Expired(err)).To(BeTrue())
			Expect(refclient.Retryable(err)).To(BeFalse())
			_ = open(c, general()).Close() // the dead key has been forgotten
		})

		It("issues another and tries once more when it may", func() {
			s := serve()
			c := s.client(stuck, refclient.WithReissue())
			_ = open(c, general()).Close()
			s.pass(51 * time.Second)
			_ = open(c, general()).Close()
			Expect(s.entries(scenarios.KeyIssued)).To(HaveLen(2))
			Expect(s.entries(scenarios.WSHandshake)).To(HaveLen(3))
		})

		It("tries no more than once, and never with a key that it was given", func() {
			s := serve()
			_, err := s.client(refclient.WithLife("0"), refclient.WithReissue()).Stream(soon(), general())
			Expect(refclient.Expired(err)).To(BeTrue())
			Expect(s.entries(scenarios.WSHandshake)).To(HaveLen(2))

			key, err := s.IssueKey(fake.KeyRequest{EPI: "0"})
			Expect(err).NotTo(HaveOccurred())
			_, err = s.client(refclient.WithKey(key.Key), refclient.WithReissue()).Stream(soon(), general())
			Expect(refclient.Expired(err)).To(BeTrue())
			Expect(s.entries(scenarios.WSHandshake)).To(HaveLen(3))
		})

		It("does not try again for any other refusal", func() {
			s := serve()
			_, err := s.client(refclient.WithCredentials("demo", "wrong"), refclient.WithReissue()).Stream(soon(), general())
			Expect(id(err)).To(Equal(protocol.StartUnauthorized))
			Expect(refclient.Expired(err)).To(BeFalse())
			Expect(s.entries(scenarios.WSHandshake)).To(HaveLen(1))
			Expect(s.entries(scenarios.KeyIssued)).To(HaveLen(1))
		})

		It("is refused at the first p, which the client knows for what it is by its own clock", func() {
			s := serve()
			stream := open(s.client(), general())
			s.pass(31 * time.Second)
			_, err := stream.Write(sentence())
			Expect(err).NotTo(HaveOccurred())
			raw, err := events(stream)
			Expect(raw).To(BeEmpty())
			Expect(err).To(MatchError("stream: p can't feed audio data to recognizer server (the life of the key was over)"))
			Expect(id(err)).To(Equal(protocol.FeedRefused))
			Expect(refclient.Expired(err)).To(BeTrue())
			Expect(refclient.Retryable(err)).To(BeFalse())
			Expect(stream.End(soon())).To(MatchError(err))
			_, again := stream.Write(sentence())
			Expect(again).To(MatchError(err))
			Expect(stream.Restart(soon(), general())).To(MatchError(err))
		})

		It("is not blamed when the client knows better: the same words mean other things", func() {
			s := serve()
			stream := open(s.client(stuck), general())
			s.pass(31 * time.Second)
			_, err := stream.Write(sentence())
			Expect(err).NotTo(HaveOccurred())
			_, err = events(stream)
			Expect(id(err)).To(Equal(protocol.FeedRefused))
			Expect(refclient.Expired(err)).To(BeFalse())
			Expect(refclient.Retryable(err)).To(BeTrue())
		})

		It("is not blamed for a refusal after the first p, before which it lived", func() {
			now := clock.NewManual(noon())
			url := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					_, _ = io.WriteString(w, "KEY")
					return
				}
				ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
				if err != nil {
					return
				}
				defer ws.Close()
				for _, answer := range []string{"s", "S 1", "p can't feed audio data to recognizer server"} {
					_, _, _ = ws.ReadMessage()
					say(ws, answer)
				}
				listenOn(ws)
			}))
			stream := open(client(url, refclient.WithCredentials("a", "b"), refclient.WithNow(now.Now)), general())
			Expect(stream.Write(nil)).To(Equal(0))
			_, err := now.Advance(time.Minute)
			Expect(err).NotTo(HaveOccurred())
			Expect(stream.Write(nil)).To(Equal(0))
			_, err = events(stream)
			Expect(id(err)).To(Equal(protocol.FeedRefused))
			Expect(refclient.Expired(err)).To(BeFalse())
		})

		It("is not missed once audio has been taken", func() {
			s := serve()
			stream := open(s.client(), general())
			_, err := stream.Write(make([]byte, 3200))
			Expect(err).NotTo(HaveOccurred())
			_, err = s.Wait(soon(), fake.TapeFilter{Kind: scenarios.WSCommand}, "p")
			Expect(err).NotTo(HaveOccurred())
			s.pass(40 * time.Second)
			Expect(letters(hear(stream, sentence()))).To(HaveSuffix("A"))
		})
	})

	It("comes from the address it is told to, for keys that are bound to one", func() {
		s := serve()
		home := s.client(refclient.WithAllow("127.0.0.2"))
		_, err := home.Stream(soon(), general())
		Expect(id(err)).To(Equal(protocol.StartUnauthorized))
		_, err = recognize(home)
		Expect(id(err)).To(Equal(protocol.SyncUnauthorized))

		away := s.client(refclient.WithAllow("127.0.0.2"), refclient.WithSourceAddr(netip.MustParseAddr("127.0.0.2")))
		_ = open(away, general()).Close()
		_, err = recognize(away)
		Expect(err).NotTo(HaveOccurred())
	})

	It("ends a cycle with the time-out that the service announces", func() {
		s := serve()
		stream := open(s.client(refclient.WithKey("demo-key")), general())
		s.pass(60 * time.Second)
		_, err := events(stream)
		Expect(id(err)).To(Equal(protocol.EndTimeout))
		Expect(refclient.Retryable(err)).To(BeTrue())
	})

	DescribeTable("that the service treats badly gives an error and no hang", func(retryable bool, text string, answers ...string) {
		stream, err := client(socket(func(ws *websocket.Conn) {
			say(ws, answers...)
			_ = ws.NetConn().Close()
		}), refclient.WithKey("a-secret-key")).Stream(soon(), general())
		Expect(err == nil).To(Equal(len(answers) > 0 && answers[0] == "s"))
		if err == nil {
			_, err = events(stream)
			Expect(stream.Close()).To(Succeed())
		}
		Expect(err).To(MatchError(ContainSubstring(text)))
		Expect(err.Error()).NotTo(ContainSubstring("a-secret-key"))
		Expect(refclient.Retryable(err)).To(Equal(retryable))
	},
		Entry("no answer to s", true, "the connection ended"),
		Entry("an end in mid-stream", true, "the connection ended", "s", "S 500", "C"),
		Entry("an unknown refusal, which repeats the key", false, "s no a-*** here", "s no a-a-secret-key here"),
		Entry("s with an empty text, which is an error", false, "stream: s ", "s "),
		Entry("an error that the service counts as its own", true, "s can't connect to recognizer server (can't find available servers)", "s can't connect to recognizer server (can't find available servers)"),
		Entry("s twice", false, "answered s a second time", "s", "s"),
		Entry("e too early", false, "an e that was not sent", "s", "e"),
		Entry("e before s", false, "an e that was not sent", "e"),
		Entry("a message that is none", false, "begins with none of the letters", "s", "X 1"),
	)

	It("notices that the whole service goes away", func() {
		s := serve()
		stream := open(s.client(), general())
		_, err := stream.Write(sentence())
		Expect(err).NotTo(HaveOccurred())
		s.Close()
		Eventually(func() error { _, err := stream.Write(sentence()); return err }).WithTimeout(patience).Should(HaveOccurred())
		_, err = events(stream)
		Expect(refclient.Retryable(err)).To(BeTrue(), "%v", err)
		Expect(stream.End(soon())).To(MatchError(err))
	})

	It("says why the handshake was refused", func() {
		_, err := client(listen(http.NotFoundHandler()), refclient.WithKey("k")).Stream(soon(), general())
		status, ok := errors.AsType[*refclient.StatusError](err)
		Expect(ok).To(BeTrue())
		Expect(*status).To(Equal(refclient.StatusError{Surface: protocol.SurfaceStream, Status: 404, Body: "404 page not found\n"}))
	})

	Describe("whose context ends", func() {
		It("does not wait for a handshake any more", func() {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			Expect(err).NotTo(HaveOccurred())
			defer l.Close()
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 1))
				cancel()
				_, _ = io.Copy(io.Discard, conn)
			}()
			_, err = client("http://"+l.Addr().String(), refclient.WithKey("k")).Stream(ctx, general())
			Expect(err).To(MatchError(context.Canceled))
		})

		It("does not wait for the answer to s any more, and closes the connection", func() {
			ctx, cancel := context.WithCancel(context.Background())
			gone := make(chan struct{})
			url := socket(func(ws *websocket.Conn) {
				defer close(gone)
				cancel()
				listenOn(ws)
			})
			_, err := client(url, refclient.WithKey("k")).Stream(ctx, general())
			Expect(err).To(MatchError(context.Canceled))
			Expect(refclient.Retryable(err)).To(BeFalse())
			Eventually(gone).WithTimeout(patience).Should(BeClosed())
		})

		It("does not wait for the answer to e any more", func() {
			ctx, cancel := context.WithCancel(context.Background())
			stream := open(client(socket(func(ws *websocket.Conn) {
				say(ws, "s")
				_, _, _ = ws.ReadMessage()
				cancel()
				listenOn(ws)
			}), refclient.WithKey("k")), general())
			Expect(stream.End(ctx)).To(MatchError(context.Canceled))
			_, err := events(stream)
			Expect(err).To(MatchError(context.Canceled))
			Expect(stream.Close()).To(Succeed())
			Expect(stream.Restart(soon(), general())).To(MatchError(context.Canceled), "the first cause is the one that counts")
		})

		DescribeTable("or that is closed frees a packet which is stuck", func(want error, end func(s *refclient.Stream, cancel func())) {
			release := make(chan struct{})
			url := socket(func(ws *websocket.Conn) {
				say(ws, "s")
				<-release // without reading
			})
			defer close(release)
			var sent atomic.Int64
			stuck := make(chan struct{})
			// 64 MiB fit into no buffer on the way, so that a Write which has given 1 MiB away cannot end by itself.
			tap := func(e refclient.TapEvent) {
				if n := int64(len(e.Bytes)); e.Kind == refclient.Wrote && sent.Load() < 1<<20 && sent.Add(n) >= 1<<20 {
					close(stuck)
				}
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			stream, err := client(url, refclient.WithKey("k"), refclient.WithTap(tap)).Stream(ctx, general())
			Expect(err).NotTo(HaveOccurred())
			var writing sync.WaitGroup
			var n int
			writing.Go(func() { n, err = stream.Write(make([]byte, 64<<20)) })
			<-stuck
			end(stream, cancel)
			writing.Wait()
			Expect(err).To(MatchError(want))
			Expect(n).To(BeNumerically("<", 64<<20))
		},
			Entry("by its own context", context.Canceled, func(_ *refclient.Stream, cancel func()) { cancel() }),
			Entry("by that of End, which waits for the packet", context.Canceled, func(s *refclient.Stream, _ func()) {
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				Expect(s.End(ctx)).To(MatchError(context.Canceled))
			}),
			Entry("by Close", net.ErrClosed, func(s *refclient.Stream, _ func()) { _ = s.Close() }),
		)

		It("is not held up by events that nobody wanted", func() {
			flood := slices.Repeat([]string{"C"}, 2000)
			stream := open(client(socket(func(ws *websocket.Conn) {
				say(ws, append([]string{"s"}, flood...)...)
				listenOn(ws)
			}), refclient.WithKey("k")), general())
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			Expect(stream.End(ctx)).To(MatchError(context.DeadlineExceeded))
			Expect(stream.Close()).To(Succeed())
		})
	})

	It("says goodbye after an error of the service as well, and leaves by itself", func() {
		left := make(chan error, 1)
		stream := open(client(socket(func(ws *websocket.Conn) {
			say(ws, "s", "p received unsupported audio format")
			_, _, err := ws.ReadMessage()
			left <- err
		}), refclient.WithKey("k")), general())
		_, err := events(stream)
		Expect(id(err)).To(Equal(protocol.FeedUnsupportedAudio))
		Expect(websocket.IsCloseError(<-left, websocket.CloseNormalClosure)).To(BeTrue())
	})

	It("says goodbye with a close frame, once, and may be closed again", func() {
		left := make(chan error, 1)
		stream := open(client(socket(func(ws *websocket.Conn) {
			say(ws, "s")
			_, _, err := ws.ReadMessage()
			left <- err
		}), refclient.WithKey("k")), general())
		var closing sync.WaitGroup
		for range 3 {
			closing.Go(func() { _ = stream.Close() })
		}
		closing.Wait()
		Expect(stream.Close()).To(Succeed())
		Expect(websocket.IsCloseError(<-left, websocket.CloseNormalClosure)).To(BeTrue())
		_, err := events(stream)
		Expect(err).To(MatchError(net.ErrClosed))
		_, err = stream.Write(nil)
		Expect(err).To(MatchError(net.ErrClosed))
	})
})
