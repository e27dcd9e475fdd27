package refclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/protocol"
	"mockamivoice/reference-client"
)

var _ = Describe("Stream, and how it ends", func() {
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
