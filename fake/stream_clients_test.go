package fake_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

var _ = Describe("The stream gets along with known clients", func() {
	var srv *streamServer
	BeforeEach(func() { srv = newStreamServer(GinkgoT()) })

	It("T25 reads unmasked frames without a version header and answers in bare bytes (observed: five native clients)", func() {
		key := "XXXXXXXXX"
		srv = newStreamServer(GinkgoT(), fake.WithService(fake.Service{SID: "a", SPW: "b", Keys: []fake.Key{{Value: key}}}))
		c := srv.dial(native())
		c.bytes(append([]byte{0x81, 0x28}, "s 16K -a-general authorization=XXXXXXXXX"...))
		Expect(c.exactly(3)).To(Equal([]byte{0x81, 0x01, 's'}))
		audio := wav(1, 16000, 16, sentence())
		for len(audio) > 4096 {
			c.bytes(append([]byte{0x82, 0x7e, 0x10, 0x01, 'p'}, audio[:4096]...))
			audio = audio[4096:]
		}
		c.bytes([]byte{0x81, 0x01, 'e'})
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		Expect(utterances(events)).To(HaveLen(1))
		Expect(srv.on(scenarios.WSCommand, "e").Frame).To(HaveField("Masked", false))
		srv.on(scenarios.Tolerance, "")
		Expect(srv.tape()).NotTo(ContainSubstring(key))
	})

	It("refuses a handshake without version in strict mode (RFC 6455)", func() {
		srv = newStreamServer(GinkgoT(), fake.WithStrict())
		Expect(dialRaw(GinkgoT(), srv.addr, native()).status).To(HavePrefix("HTTP/1.1 400 "))
	})

	It("ends a connection with an unmasked frame in strict mode, and serves masked ones (RFC 6455)", func() {
		srv = newStreamServer(GinkgoT(), fake.WithStrict())
		one(srv.begin("16K"), sentence(), 4096)
		c := srv.dial(handshake{unmasked: true})
		c.text("s 16K -a-general authorization=" + srv.key)
		f, err := c.frame()
		Expect(err != nil || f.opcode == opClose).To(BeTrue())
	})

	It("accepts what comes together with the handshake (observed)", func() {
		for _, h := range []handshake{{}, native()} {
			h.pipelined = appendFrame(nil, true, opText, []byte("s 16K -a-general authorization="+srv.key), h.unmasked)
			c := srv.dial(h)
			Expect(c.next()).To(Equal("s"))
			one(c, sentence(), 4096)
		}
	})

	It("answers the handshake with the right key, no extension and no protocol", func() {
		for _, h := range []handshake{{}, native(), {lines: []string{
			"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Origin: https://example.com",
		}}, {lines: []string{"Origin: null"}}} {
			c := srv.dial(h)
			Expect(c.headers.Get("Sec-Websocket-Accept")).To(Equal("dVBhFz2GjmzwqFhC8fnsO3eKyfw="))
			Expect(c.headers.Get("Upgrade")).To(Equal("websocket"))
			Expect(c.headers.Get("Connection")).To(Equal("Upgrade"))
			Expect(c.headers).NotTo(HaveKey("Sec-Websocket-Extensions"))
			Expect(c.headers).NotTo(HaveKey("Sec-Websocket-Protocol"))
		}
	})

	It("serves a library that keeps to RFC 6455, compression offered", func(ctx SpecContext) {
		d := websocket.Dialer{EnableCompression: true, Subprotocols: []string{"x"}}
		ws, reply, err := d.DialContext(ctx, "ws://"+srv.addr+"/v1/nolog/", http.Header{"Origin": {"http://127.0.0.1:8000"}})
		Expect(err).NotTo(HaveOccurred())
		defer ws.Close()
		defer reply.Body.Close()
		Expect(ws.WriteMessage(websocket.TextMessage, []byte("s MSB16K -a-general authorization="+srv.key))).To(Succeed())
		_, m, err := ws.ReadMessage()
		Expect(err).NotTo(HaveOccurred())
		Expect(string(m)).To(Equal("s"))
		Expect(ws.WriteControl(websocket.CloseMessage, nil, time.Time{})).To(Succeed())
		_, _, err = ws.ReadMessage()
		Expect(websocket.IsCloseError(err, websocket.CloseNoStatusReceived)).To(BeTrue(), "%v", err)
	}, SpecTimeout(patience))

	It("takes a plain GET for a mistake", func(ctx SpecContext) {
		for _, path := range []string{"/v1/", "/v1/nolog/"} {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+srv.addr+path, nil)
			Expect(err).NotTo(HaveOccurred())
			req.Close = true
			reply, err := http.DefaultTransport.RoundTrip(req)
			Expect(err).NotTo(HaveOccurred())
			Expect(reply.Body.Close()).To(Succeed())
			Expect(reply.StatusCode).To(Equal(400))
		}
	}, SpecTimeout(patience))

	It("serves all four spellings of its path and notes a missing slash (observed)", func() {
		for _, path := range []string{"/v1/", "/v1/nolog/", "/v1", "/v1/nolog"} {
			c := srv.dial(handshake{path: path})
			srv.start(c, "16K")
			c.text("e")
			Expect(c.next()).To(Equal("e"))
			if !strings.HasSuffix(path, "/") {
				Expect(srv.on(scenarios.Tolerance, "the path lacks its last slash").Text).To(ContainSubstring("/v1"))
			}
			srv.Reset()
		}
	})

	It("T26 takes s and e as binary messages, and p as text (observed; p assumed)", func() {
		c := srv.dial(handshake{})
		c.write(true, opBinary, []byte("s 16K -a-general authorization="+srv.key))
		Expect(c.next()).To(Equal("s"))
		c.feed(sentence(), 4096)
		c.write(true, opText, []byte("p"))
		c.write(true, opBinary, []byte("e"))
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		Expect(utterances(events)).To(HaveLen(1))
	})

	It("T27 takes packets that did not wait for the answer to s, the last one empty (observed)", func() {
		c := srv.dial(handshake{})
		burst := appendFrame(nil, true, opText, []byte("s lsb16k -a-general authorization="+srv.key), false)
		for audio := sentence(); len(audio) > 0; audio = audio[min(len(audio), 2048):] {
			burst = appendFrame(burst, true, opBinary, append([]byte("p"), audio[:min(len(audio), 2048)]...), false)
		}
		burst = appendFrame(burst, true, opBinary, []byte("p"), false)
		c.wait()
		c.bytes(appendFrame(burst, true, opText, []byte("e"), false))
		Expect(c.next()).To(Equal("s"))
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		Expect(utterances(events)).To(HaveLen(1))
	})

	It("refuses packets that arrived together with s, by choice, and then answers s (documented: the state table)", func() {
		srv := newStreamServer(GinkgoT(), choose("stream-early-packet", "refuse"))
		c := srv.dial(handshake{})
		together := appendFrame(nil, true, opText, []byte("s LSB16K -a-general authorization="+srv.key), false)
		together = appendFrame(together, true, opBinary, []byte("p\x00\x00"), false)
		together = appendFrame(together, true, opText, []byte("e"), false)
		c.bytes(together)
		Expect(c.next()).To(Equal("p can't feed audio data to recognizer server"))
		Expect(c.next()).To(Equal("e can't stop feeding audio data to recognizer server"))
		Expect(c.next()).To(Equal("s"))
		c.text("e")
		Expect(c.next()).To(Equal("e"))
	})

	It("T27 answers a bad key alone when packets did not wait (inferred)", func() {
		c := srv.dial(handshake{})
		burst := appendFrame(nil, true, opText, []byte("s lsb16k -a-general authorization=garbage"), false)
		burst = appendFrame(burst, true, opBinary, append([]byte("p"), speech(100)...), false)
		c.bytes(appendFrame(burst, true, opText, []byte("e"), false))
		Expect(c.next()).To(Equal("s can't validate service authorization"))
		c.closed()
	})

	It("T28 drops a connection that sends bare audio, without a close frame (observed)", func() {
		c := srv.begin("lsb16k")
		c.write(true, opBinary, []byte{0, 0, 1, 0, 2, 0})
		c.dropped()
	})

	It("drops a connection whose keep-alive is 64 zero bytes (observed client, inferred answer)", func() {
		c := srv.begin("16K")
		c.write(true, opBinary, make([]byte, 64))
		c.dropped()
	})

	It("T29 refuses a key with parameters glued to it, and keeps it off the tape (observed client, inferred answer)", func() {
		for _, glued := range []string{`profileWords="AMI あみ"`, `profileId=:prof1`, "\x00", "x"} {
			c := srv.dial(handshake{})
			c.text("s lsb16k -a-general authorization=" + srv.key + glued)
			Expect(c.next()).To(Equal("s can't validate service authorization"))
			c.closed()
		}
		Expect(srv.tape()).NotTo(ContainSubstring(srv.key))
	})

	It("T31 puts fragments together (observed)", func() {
		c := srv.begin("lsb16k")
		for audio := sentence(); len(audio) > 0; audio = audio[min(len(audio), 3200):] {
			packet := audio[:min(len(audio), 3200)]
			c.write(false, opBinary, []byte("p"))
			c.write(false, opContinuation, packet[:len(packet)/2])
			c.write(true, opPing, []byte("between"))
			c.write(true, opContinuation, packet[len(packet)/2:])
			f, err := c.frame()
			for ; err == nil && f.opcode != opPong; f, err = c.frame() {
				c.texts = append(c.texts, c.message(f))
			}
			Expect(err).NotTo(HaveOccurred())
			Expect(string(f.payload)).To(Equal("between"))
		}
		c.text("e")
		events, end := c.until("e")
		Expect(end).To(Equal("e"))
		Expect(utterances(events)).To(HaveLen(1))
		Expect(srv.on(scenarios.WSCommand, "p").Frame).To(HaveField("Frames", 3))
	})

	It("T32 hears µ-law in packets of 20 ms with interim results (observed)", func() {
		c := srv.begin("mulaw", "output=json")
		u := one(c, muLaw(sentence()), 160)
		Expect(u.interims).NotTo(BeEmpty())
		Expect(u.final.Utteranceid).To(ContainSubstring("-8k-"))
	})

	It("takes the engine of the vendor's library, a trailing blank and every spelling of a format (observed)", func() {
		for _, start := range []string{
			"s lsb16k -a-general authorization=KEY ", "s LSB16K -a-general\x01 authorization=KEY", "s Lsb16k -a-general\x01-a-general\x01 authorization=KEY",
			"s 16K -a-general authorization=KEY", "s 16k -a-general authorization=KEY", "s MULAW -a-general authorization=KEY",
			"s LSB8K -a-general authorization=KEY", `s OPUS16K -a-general profileWords="|AMI あみ" authorization=KEY`,
			`s 16K -a-general segmenterProperties=useDiarizer=1 authorization="KEY"`,
		} {
			c := srv.dial(handshake{})
			c.text(strings.ReplaceAll(start, "KEY", srv.key))
			Expect(c.next()).To(Equal("s"), start)
			c.text("e")
			Expect(c.next()).To(Equal("e"), start)
		}
	})

	It("takes the 0x01 that the vendor's library sends for no engine (observed client, inferred answer)", func() {
		c := srv.dial(native())
		c.text("s 16K \x01 authorization=" + srv.key)
		Expect(c.next()).To(Equal("s"))
		one(c, sentence(), 4096)
	})

	It("answers an s that lacks words with an error, never with silence (inferred)", func() {
		for _, start := range []string{"s ", "s 16K", "s 16K ", "s  -a-general", "s authorization=" + srv.key} {
			c := srv.dial(handshake{})
			c.text(start)
			f, err := c.frame()
			if err == nil {
				Expect(c.message(f)).To(HavePrefix("s "), start)
			}
		}
	})

	It("takes e without audio, a bare p, and p without e before the client leaves (observed)", func() {
		c := srv.begin("16K", `profileWords="|AMI あみ"`)
		c.text("e")
		Expect(c.next()).To(Equal("e"))
		srv.start(c, "lsb16k")
		c.p(nil)
		c.text("e")
		Expect(c.next()).To(Equal("e"))
		srv.start(c, "16K")
		c.p(nil)
		c.p([]byte{1})
		c.write(true, opClose, nil)
		f, err := c.frame()
		Expect(err).NotTo(HaveOccurred())
		Expect(f.opcode).To(BeEquivalentTo(opClose))
		c.dropped()
	})

	It("sends A at the end of an utterance, not at e (observed: clients stop while two results are owed)", func() {
		c := srv.begin("16K")
		for range 3 {
			c.feed(sentence(), 3200)
			c.settle()
			Expect(utterances(c.texts)).To(HaveLen(1))
			c.texts = nil
		}
	})

	It("sends its answer, waits, and closes without a code (observed: a code breaks a native client)", func() {
		c := srv.dial(native())
		c.text("s 16K -a-general authorization=garbage")
		Expect(c.next()).To(Equal("s can't validate service authorization"))
		c.closed()
	})

	It("sends a close code where that is chosen", func() {
		srv = newStreamServer(GinkgoT(), choose("stream-close-code", "1000"))
		c := srv.dial(handshake{})
		c.text("s 16K -a-general authorization=garbage")
		Expect(c.next()).To(HavePrefix("s "))
		f, err := c.frame()
		Expect(err).NotTo(HaveOccurred())
		Expect(f.opcode).To(BeEquivalentTo(opClose))
		Expect(f.payload).To(Equal([]byte{0x03, 0xe8}))
	})

	It("ends messages with a line end where that is chosen", func() {
		for choice, end := range map[string]string{"lf": "\n", "crlf": "\r\n"} {
			srv = newStreamServer(GinkgoT(), choose("stream-line-end", choice))
			c := srv.dial(handshake{})
			c.text("s 16K -a-general authorization=" + srv.key)
			f, err := c.frame()
			Expect(err).NotTo(HaveOccurred())
			Expect(string(f.payload)).To(Equal("s" + end))
		}
	})

	It("goes without a close of the client, and without an answer to its own", func() {
		c := srv.dial(native())
		c.text("s 16K -a-general authorization=garbage")
		Expect(c.next()).To(HavePrefix("s "))
		f, err := c.frame()
		Expect(err).NotTo(HaveOccurred())
		Expect(f.opcode).To(BeEquivalentTo(opClose))
		c.dropped()
	})

	It("answers pings with pongs and echoes a close with its code", func() {
		c := srv.begin("16K")
		for _, payload := range []string{"", "x", "e x", strings.Repeat("y", 125)} {
			c.write(true, opPing, []byte(payload))
			f, err := c.frame()
			Expect(err).NotTo(HaveOccurred())
			Expect(f.opcode).To(BeEquivalentTo(opPong))
			Expect(string(f.payload)).To(Equal(payload))
		}
		c.write(true, opPong, []byte("unasked"))
		c.write(true, opClose, []byte{0x03, 0xe8})
		f, err := c.frame()
		Expect(err).NotTo(HaveOccurred())
		Expect(f.opcode).To(BeEquivalentTo(opClose))
		Expect(f.payload).To(Equal([]byte{0x03, 0xe8}))
		c.dropped()
	})

	It("drops clients that ping where that is chosen (observed once)", func() {
		srv = newStreamServer(GinkgoT(), choose("stream-control-frame", "drop"))
		c := srv.begin("16K")
		c.write(true, opPing, []byte("x"))
		c.dropped()
	})

	It("opens many connections with one key (observed)", func() {
		var clients []*rawClient
		for range 20 {
			clients = append(clients, srv.begin("16K"))
		}
		for _, c := range clients {
			one(c, sentence(), 32000)
		}
	})
})

// exactly reads n bytes.
func (c *rawClient) exactly(n int) []byte {
	c.t.Helper()
	c.wait()
	b := make([]byte, n)
	for i := range b {
		var err error
		if b[i], err = c.r.ReadByte(); err != nil {
			c.t.Fatalf("read: %v", err)
		}
	}
	return b
}
