package refclient_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/reference-client"
	"mockamivoice/scenarios"
)

func recognize(c *refclient.Client) (*refclient.Recognition, error) {
	return c.Recognize(soon(), bytes.NewReader(sentence()), refclient.Request{Engine: "-a-general", Format: "LSB16K"})
}

// onFirstRead does something when the audio is first asked for, which is after the key was chosen.
type onFirstRead struct {
	io.ReadSeeker
	do func()
}

func (o *onFirstRead) Read(b []byte) (int, error) {
	if o.do != nil {
		o.do()
		o.do = nil
	}
	return o.ReadSeeker.Read(b)
}

var _ = Describe("Recognize", func() {
	It("sends u, d, c and then a, and returns the result with the body as it came", func() {
		s := serve()
		r, err := s.client().Recognize(soon(), bytes.NewReader(sentence()), refclient.Request{
			Engine: "-a-general", Format: "LSB16K", Params: []protocol.Param{{Key: "profileWords", Value: "東京 とうきょう|a+b あ"}},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Text).NotTo(BeEmpty())
		Expect(string(r.Raw)).To(And(HavePrefix(`{"results":[`), HaveSuffix("}\r\n")))
		Expect(r.SessionID).To(MatchRegexp(`^[0-9a-f]{24}$`))
		requests := s.entries(scenarios.HTTPRequest)
		Expect(requests).To(HaveLen(2))
		Expect(requests[1].Target).To(Equal("/v1/recognize"))
		var names, values []string
		for _, p := range requests[1].Parts {
			names, values = append(names, p.Name), append(values, p.Value)
		}
		Expect(names).To(Equal([]string{"u", "d", "c", "a"}))
		Expect(values[1]).To(Equal("grammarFileNames=-a-general profileWords=%E6%9D%B1%E4%BA%AC%20%E3%81%A8%E3%81%86%E3%81%8D%E3%82%87%E3%81%86%7Ca%2Bb%20%E3%81%82"))
	})

	It("leaves c out for audio with a header, and asks for no log beside the address with one", func() {
		s := serve()
		audio, err := os.Open("../testdata/speech-ja.wav")
		Expect(err).NotTo(HaveOccurred())
		defer audio.Close()
		_, err = s.client(refclient.WithKey("demo-key")).Recognize(soon(), audio, refclient.Request{Engine: "-a-general", NoLog: true})
		Expect(err).NotTo(HaveOccurred())
		requests := s.entries(scenarios.HTTPRequest)
		Expect(requests).To(HaveLen(1))
		Expect(requests[0].Target).To(Equal("/v1/nolog/recognize"))
		Expect(requests[0].Parts).To(HaveLen(3))
	})

	It("does not guess where no log is kept", func() {
		c := refclient.New(refclient.WithKey("k"), refclient.WithEndpoint(refclient.Endpoints{Sync: "http://127.0.0.1:1/asr", Stream: "ws://127.0.0.1:1/asr"}))
		_, err := c.Recognize(soon(), strings.NewReader(""), refclient.Request{NoLog: true})
		Expect(err).To(MatchError(ContainSubstring("http://127.0.0.1:1/asr has no address without a log")))
		_, err = c.Stream(soon(), refclient.StreamRequest{Format: "16K", Engine: "-a-general", NoLog: true})
		Expect(err).To(MatchError(ContainSubstring("ws://127.0.0.1:1/asr has no address without a log")))
	})

	It("stays where it is when that keeps no log already", func() {
		s := serve()
		c := s.client(refclient.WithKey("demo-key"), refclient.WithEndpoint(refclient.Endpoints{Sync: s.url + protocol.PathSyncNoLog}))
		_, err := c.Recognize(soon(), strings.NewReader(""), refclient.Request{Engine: "-a-general", NoLog: true})
		Expect(err).NotTo(HaveOccurred())
		Expect(s.targets(scenarios.HTTPRequest)).To(Equal([]string{"/v1/nolog/recognize"}))
	})

	It("sends audio while it is read, in small pieces", func() {
		arrived := make(chan struct{})
		url := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
			close(arrived)
			n, _ := io.Copy(io.Discard, r.Body)
			if n < 7<<20 || r.ContentLength != -1 {
				w.WriteHeader(http.StatusTeapot)
			}
			_, _ = io.WriteString(w, `{"results":[],"text":"all","code":"","message":""}`)
		}))
		audio := &endless{left: 8 << 20, arrived: arrived}
		r, err := client(url, refclient.WithKey("k")).Recognize(soon(), audio, refclient.Request{Engine: "-a-general"})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Text).To(Equal("all"))
		Expect(audio.largest).To(BeNumerically("<=", 64<<10), "no buffer holds the recording")
		Expect(audio.sentBeforeEnd).To(BeTrue(), "the beginning had arrived before the end was read")
	})

	It("returns a result and an error when the service answers with a code", func() {
		s := serve(fake.WithProfile(fake.DocumentedProfile))
		r, err := s.client().Recognize(soon(), strings.NewReader(""), refclient.Request{Engine: "-a-general", Format: "LSB16K"})
		Expect(id(err)).To(Equal(protocol.SyncRejected))
		Expect(r.Code).To(Equal("o"))
		Expect(string(r.Raw)).To(ContainSubstring(`"code":"o"`))
		Expect(refclient.Retryable(err)).To(BeFalse())
	})

	DescribeTable("tells what the service said from what others answer", func(status int, body string, want error, again bool) {
		url := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		_, err := recognize(client(url, refclient.WithKey("a-secret-key")))
		Expect(err).To(HaveOccurred())
		Expect(err.Error()).NotTo(ContainSubstring("a-secret-key"))
		if said, ok := errors.AsType[*protocol.Error](err); ok {
			said.Basis, said.Source = 0, ""
		}
		if want != nil {
			Expect(err).To(Equal(want))
		}
		Expect(refclient.Retryable(err)).To(Equal(again))
	},
		Entry("a code with another text", 200, `{"code":"b","message":"busy with a-secret-key"}`,
			&protocol.Error{ID: protocol.SyncBusy, Surface: protocol.SurfaceSync, Status: 200, Code: "b", Message: "busy with ***"}, true),
		Entry("a code that is not known", 200, `{"code":"Z","message":"new"}`,
			&protocol.Error{Surface: protocol.SurfaceSync, Status: 200, Code: "Z", Message: "new"}, false),
		Entry("too large, by a proxy or the service", 413, "<html>", &protocol.Error{ID: protocol.SyncPayloadTooLarge, Surface: protocol.SurfaceSync, Status: 413, Code: "%", Message: "received too large audio data from client"}, false),
		Entry("another method, with a variable", 405, `{"code":"?","message":"POST method is not allowed"}`,
			&protocol.Error{ID: protocol.SyncMethod, Surface: protocol.SurfaceSync, Status: 405, Code: "?", Message: "POST method is not allowed"}, false),
		Entry("a proxy in trouble", 502, "bad a-secret-key", &refclient.StatusError{Surface: protocol.SurfaceSync, Status: 502, Body: "bad ***"}, true),
		Entry("a page with 200", 200, "<html>", nil, false),
	)

	It("ends with its context while the service thinks", func() {
		thinking := make(chan struct{})
		url := listen(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			close(thinking)
			<-r.Context().Done()
		}))
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			<-thinking
			cancel()
		}()
		_, err := client(url, refclient.WithKey("k")).Recognize(ctx, strings.NewReader("audio"), refclient.Request{})
		Expect(err).To(MatchError(context.Canceled))
		Expect(refclient.Retryable(err)).To(BeFalse())
	})

	It("ends with its context while the audio is still awaited", func() {
		ctx, cancel := context.WithCancel(context.Background())
		url := listen(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body := bufio.NewReader(r.Body)
			var err error
			for line := ""; line != "audio\n" && err == nil; {
				line, err = body.ReadString('\n')
			}
			cancel()
			_, _ = io.Copy(io.Discard, body)
		}))
		audio, voice := io.Pipe()
		defer voice.Close()
		go func() { _, _ = voice.Write([]byte("audio\n")) }()
		_, err := client(url, refclient.WithKey("k")).Recognize(ctx, audio, refclient.Request{})
		Expect(err).To(MatchError(context.Canceled))
	})

	It("calls a connection that nobody takes trouble that may pass", func() {
		_, err := client("http://127.0.0.1:1", refclient.WithKey("k")).Recognize(soon(), strings.NewReader("audio"), refclient.Request{})
		Expect(refclient.Retryable(err)).To(BeTrue())
	})

	Describe("with a key that expires on the way", func() {
		// meanwhile recognizes while 40 s pass for the service, and some time for the client.
		meanwhile := func(s *service, seekable bool, client time.Duration, options ...refclient.Option) error {
			var ahead atomic.Int64
			now := func() time.Time { return noon().Add(time.Duration(ahead.Load())) }
			c := s.client(append(options, refclient.WithNow(now))...)
			_, err := c.Recognize(soon(), bytes.NewReader(sentence()), refclient.Request{Engine: "-a-general", Format: "LSB16K"})
			Expect(err).NotTo(HaveOccurred(), "the key is kept from here")
			s.pass(40 * time.Second)
			audio := &onFirstRead{bytes.NewReader(sentence()), func() { ahead.Store(int64(client)) }}
			if seekable {
				_, err = c.Recognize(soon(), audio, refclient.Request{Engine: "-a-general", Format: "LSB16K"})
			} else {
				_, err = c.Recognize(soon(), struct{ io.Reader }{audio}, refclient.Request{Engine: "-a-general", Format: "LSB16K"})
			}
			return err
		}
		uploads := func(s *service) (n int) {
			for _, target := range s.targets(scenarios.HTTPRequest) {
				if target == "/v1/recognize" {
					n++
				}
			}
			return n
		}

		It("issues another and sends the recording from its beginning again", func() {
			s := serve()
			Expect(meanwhile(s, true, 40*time.Second, refclient.WithReissue())).To(Succeed())
			Expect(uploads(s)).To(Equal(3))
			Expect(s.entries(scenarios.KeyIssued)).To(HaveLen(2))
		})

		It("says that it has expired when nothing may be issued", func() {
			s := serve()
			err := meanwhile(s, true, 40*time.Second)
			Expect(refclient.Expired(err)).To(BeTrue())
			Expect(refclient.Retryable(err)).To(BeFalse())
			Expect(id(err)).To(Equal(protocol.SyncUnauthorized))
			Expect(uploads(s)).To(Equal(2))
		})

		It("cannot try again with audio that cannot be rewound", func() {
			s := serve()
			Expect(refclient.Expired(meanwhile(s, false, 40*time.Second, refclient.WithReissue()))).To(BeTrue())
			Expect(uploads(s)).To(Equal(2))
		})

		It("does not try again while its own clock says that the key lives: the code means any bad key", func() {
			s := serve()
			err := meanwhile(s, true, 29*time.Second, refclient.WithReissue())
			Expect(refclient.Expired(err)).To(BeFalse())
			Expect(id(err)).To(Equal(protocol.SyncUnauthorized))
			Expect(uploads(s)).To(Equal(2))
		})
	})
})

// endless is a recording that is made while it is read. In its middle it waits until its beginning has arrived.
type endless struct {
	left, largest int
	arrived       chan struct{}
	sentBeforeEnd bool
}

func (e *endless) Read(b []byte) (int, error) {
	e.largest = max(e.largest, len(b))
	if e.left == 0 {
		return 0, io.EOF
	}
	if e.left < 4<<20 && !e.sentBeforeEnd {
		select {
		case <-e.arrived:
			e.sentBeforeEnd = true
		case <-time.After(patience):
			return 0, errors.New("nothing has arrived")
		}
	}
	n := min(len(b), e.left)
	clear(b[:n])
	e.left -= n
	return n, nil
}
