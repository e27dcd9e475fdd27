package fake_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

var _ = Describe("The stream keeps its limits", func() {
	var srv *streamServer
	BeforeEach(func() { srv = newStreamServer(GinkgoT()) })

	It("T14 ends a session after 60 s without data (documented)", func() {
		c := srv.begin("LSB16K")
		srv.pass(59999*time.Millisecond, c)
		c.settle()
		Expect(c.texts).To(BeEmpty())
		srv.pass(time.Millisecond)
		Expect(c.next()).To(Equal("e timeout occurred"))
		c.closed()
	})

	It("T14 counts the 60 s from the last p, even an empty one (inferred)", func() {
		c := srv.begin("LSB16K")
		srv.pass(50*time.Second, c)
		c.p(nil)
		srv.pass(50*time.Second, c)
		c.settle()
		Expect(c.texts).To(BeEmpty())
		srv.pass(10 * time.Second)
		Expect(c.next()).To(Equal("e timeout occurred"))
		c.closed()
	})

	It("T15 says so when an utterance was under way, and sends no result of it (documented; no A inferred)", func() {
		c := srv.begin("LSB16K")
		c.feed(append(silence(300), speech(1500)...), 3200)
		c.settle()
		events := c.texts
		c.texts = nil
		Expect(events[0]).To(HavePrefix("S "))
		Expect(events[1]).To(Equal("C"))
		srv.pass(60 * time.Second)
		Expect(c.next()).To(Equal("e timeout occurred while recognizing audio data from client"))
		c.closed()
	})

	It("T16 ends a session after 600 s without speech (documented)", func() {
		c := srv.begin("LSB16K")
		for range 599 {
			c.p(silence(100))
			srv.pass(time.Second, c)
		}
		c.settle()
		Expect(c.texts).To(BeEmpty())
		srv.pass(time.Second)
		Expect(c.next()).To(Equal("p can't feed audio data to recognizer server"))
		c.closed()
	})

	It("T16 begins to count again at the end of an utterance (inferred)", func() {
		c := srv.begin("LSB16K")
		for range 11 {
			srv.pass(50*time.Second, c)
			c.p(silence(20))
		}
		c.feed(sentence(), 32000)
		c.settle()
		Expect(utterances(c.texts)).To(HaveLen(1))
		c.texts = nil
		for range 11 {
			srv.pass(50*time.Second, c)
			c.p(silence(20))
		}
		c.settle()
		Expect(c.texts).To(BeEmpty())
		srv.pass(50*time.Second, c)
		Expect(c.next()).To(Equal("p can't feed audio data to recognizer server"))
		c.closed()
	})

	It("T17 ends a connection after 24 h (documented; text of the previous manual)", func() {
		c := srv.begin("LSB16K")
		packet := append(speech(300), silence(1200)...)
		for range 24*60*60/50 - 1 {
			c.p(packet)
			srv.pass(50*time.Second, c)
		}
		c.p(packet)
		c.settle()
		Expect(strings.Join(c.texts, "\n")).NotTo(ContainSubstring("\np "))
		Expect(c.texts[len(c.texts)-1]).NotTo(HavePrefix("p "))
		c.texts = nil
		srv.pass(50 * time.Second)
		Expect(c.next()).To(Equal("p session timeout occurred"))
		c.closed()
	})

	It("closes a connection on which no s came for 60 s, and says nothing (assumed)", func() {
		c := srv.dial(handshake{})
		srv.pass(60*time.Second, c)
		c.closed()
	})

	It("closes a connection 60 s after its last cycle, and says nothing (assumed)", func() {
		c := srv.begin("16K")
		srv.pass(59*time.Second, c)
		c.text("e")
		Expect(c.next()).To(Equal("e"))
		srv.pass(59*time.Second, c)
		c.settle()
		Expect(c.texts).To(BeEmpty())
		srv.pass(time.Second)
		c.closed()
	})

	It("drops a connection whose message is longer than 16 MiB, before it has come (documented size, inferred end)", func() {
		c := srv.begin("16K")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		head := binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, 16<<20+2)
		c.bytes(append(head, 0, 0, 0, 0, 'p'))
		c.dropped()
		runtime.ReadMemStats(&after)
		Expect(after.TotalAlloc - before.TotalAlloc).To(BeNumerically("<", 4<<20))
	})

	It("drops a connection whose fragments are longer than 16 MiB together (inferred)", func() {
		c := srv.begin("16K")
		c.write(false, opBinary, []byte("p"))
		piece := appendFrame(nil, false, opContinuation, make([]byte, 1<<20), false)
		for range 17 {
			c.wait()
			if _, err := c.nc.Write(piece); err != nil {
				break // the server had enough already
			}
		}
		c.dropped()
	})

	It("takes a message of exactly 16 MiB and its letter (documented)", func() {
		c := srv.begin("16K")
		c.p(make([]byte, 16<<20))
		c.text("e")
		Expect(c.next()).To(Equal("e"))
	})

	It("bears a flood of tiny fragments", func() {
		c := srv.begin("16K")
		flood := appendFrame(nil, false, opBinary, []byte("p"), false)
		for range 100_000 {
			flood = appendFrame(flood, false, opContinuation, []byte{0}, false)
		}
		flood = appendFrame(flood, true, opContinuation, nil, false)
		c.wait()
		c.bytes(flood)
		c.text("e")
		Expect(c.next()).To(Equal("e"))
		Expect(srv.on(scenarios.WSCommand, "p").Frame.Frames).To(Equal(100_002))
	})

	It("drops messages that are no packet at all, and connections that break RFC 6455 beyond masks", func() {
		for _, frame := range [][]byte{
			appendFrame(nil, true, opText, nil, false),                                                                         // empty message
			appendFrame(nil, true, opText, []byte("hello"), false),                                                             // no command
			appendFrame(nil, true, opText, []byte("start"), false),                                                             // s without blank
			appendFrame(nil, true, opText, []byte("sp"), false),                                                                //
			appendFrame(nil, true, 3, []byte("s"), false),                                                                      // reserved opcode
			appendFrame(nil, true, opContinuation, []byte("s"), false),                                                         // nothing to continue
			appendFrame(nil, false, opPing, []byte("s"), false),                                                                // fragmented control frame
			appendFrame(nil, true, opPing, make([]byte, 126), false),                                                           // control frame too long
			{0xc1, 0x81, 0, 0, 0, 0, 'e'},                                                                                      // extension bit that was not agreed on
			{0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},                                                       // length that is negative
			append(appendFrame(nil, false, opText, []byte("s"), false), appendFrame(nil, true, opText, []byte("e"), false)...), // two at once
		} {
			c := srv.dial(handshake{})
			c.wait()
			c.bytes(frame)
			for {
				f, err := c.frame()
				if err != nil {
					break
				}
				Expect(f.opcode).To(BeEquivalentTo(opClose), "%x: %q", frame, f.payload)
			}
		}
		c := srv.begin("16K")
		c.text("e")
		Expect(c.next()).To(Equal("e"))
	})

	It("lives on when clients leave in the middle of everything", func() {
		for _, part := range []string{"", "\x81", "\x81\xfe\x00", "\x82\xff\x00\x00", "\x81\x85\x00\x00\x00\x00s "} {
			c := srv.begin("16K")
			c.p(speech(500))
			c.bytes([]byte(part))
			Expect(c.nc.Close()).To(Succeed())
		}
		c := srv.begin("16K")
		c.text("e")
		Expect(c.next()).To(Equal("e"))
		srv.on(scenarios.ConnClose, "")
	})

	It("lets go of a client that closed its half of the connection", func() {
		c := srv.begin("16K")
		c.settle()
		Expect(c.nc.(*net.TCPConn).CloseWrite()).To(Succeed())
		c.dropped()
	})

	It("serves the others while a client never reads", func() {
		lazy := srv.dial(handshake{})
		Expect(lazy.nc.(*net.TCPConn).SetReadBuffer(4096)).To(Succeed())
		burst := bytes.Repeat(appendFrame(nil, true, opText, []byte("e"), false), 10_000)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for range 1000 {
				_ = lazy.nc.SetWriteDeadline(time.Time{})
				if _, err := lazy.nc.Write(burst); err != nil {
					return
				}
			}
		}()
		for range 20 {
			c := srv.begin("16K")
			c.feed(sentence(), 32000)
			c.text("e")
			_, end := c.until("e")
			Expect(end).To(Equal("e"))
		}
		Expect(lazy.nc.Close()).To(Succeed())
		Eventually(gone).WithTimeout(patience).Should(BeClosed())
	})

	It("serves 200 streams at once", func() {
		audio := sentence()
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				defer GinkgoRecover()
				c := srv.begin("16K")
				c.feed(audio, 3200)
				c.text("e")
				events, end := c.until("e")
				Expect(end).To(Equal("e"))
				Expect(utterances(events)).To(HaveLen(1))
			})
		}
		all.Wait()
	})

	It("refuses streams beyond its limit before the upgrade (ours)", func() {
		srv = newStreamServer(GinkgoT(), fake.WithLimits(fake.Limits{Streams: 1}))
		c := srv.begin("16K")
		Expect(dialRaw(GinkgoT(), srv.addr, handshake{}).status).To(HavePrefix("HTTP/1.1 503 "))
		c.text("e")
		Expect(c.next()).To(Equal("e"))
	})

	It("says good-bye with an empty close frame when it is shut down", func(ctx SpecContext) {
		c := srv.begin("16K")
		done := make(chan error, 1)
		go func() { done <- srv.Shutdown(ctx) }()
		c.closed()
		Expect(<-done).To(Succeed())
	}, SpecTimeout(patience))
})
