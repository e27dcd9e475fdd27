package refclient_test

import (
	"io"
	"net/http"
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

var _ = Describe("Stream", func() {
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
})
