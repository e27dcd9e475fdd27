package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
	"mockamivoice/reference-client/examples/broker/broker"
	"mockamivoice/scenarios"
)

// Clients that do everything right break nothing, on either tape.
func TestGoodClients(t *testing.T) {
	for id, c := range map[string]struct {
		laws string // information, for the vendor's own
		act  func(a *actor)
	}{
		"reference client, issue and recognize":        {"", recognizes},
		"reference client, two cycles":                 {"", streamsTwice},
		"reference client, another key after expiry":   {"", reissues},
		"reference client, gives up after a refusal":   {"", givesUp},
		"reference client, late first packet":          {"", feedsTooLate},
		"reference client, timed out":                  {"", timesOut},
		"reference client, cancelled by its user":      {"", cancels},
		"reference client, a job":                      {"", makesJob},
		"reference client, a dictionary":               {"", registers},
		"a page, a job with its key in d":              {"", jobOfPage},
		"vendor's native stream":                       {"stream.masked stream.version", native},
		"vendor's native stream, silence at the end":   {"stream.masked stream.version", nativeRefused},
		"vendor's native recording":                    {"", nativeRecording},
		"vendor's page":                                {"", page},
		"a telephone, µ-law in packets of 20 ms":       {"", telephone},
		"several clients with a key of their own each": {"", several},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			a := newActor(t)
			c.act(a)
			server, client := a.tapes()
			if got := broken(server, nil); !slices.Equal(got, words(c.laws)) {
				t.Errorf("on the tape of the fake it breaks %q, want %q\n%s", got, c.laws, shown(server))
			}
			if got := broken(client, nil); len(client) > 0 && !slices.Equal(got, words(c.laws)) {
				t.Errorf("on its own tape it breaks %q, want %q\n%s", got, c.laws, shown(client))
			}
		})
	}
}

// reference is the reference client, recorded.
func (a *actor) reference(options ...refclient.Option) *refclient.Client {
	c := refclient.New(append([]refclient.Option{
		refclient.WithEndpoint(refclient.At(a.fake.URL)), refclient.WithCredentials(demo().SID, demo().SPW), refclient.WithTap(a.recorder.Tap), refclient.WithNow(a.clock.Now),
	}, options...)...)
	a.t.Cleanup(c.CloseIdleConnections)
	return c
}

func request(format string) refclient.StreamRequest {
	return refclient.StreamRequest{Engine: "-a-general", Format: format, Params: []protocol.Param{{Key: "profileWords", Value: "AMI あみ|ACP えーしーぴー"}}}
}

// talk feeds sound in packets and reads events to the end.
func (a *actor) talk(s *refclient.Stream, sound string) error {
	go func() {
		for _, p := range pieces(sound, 3200) {
			if _, err := s.Write([]byte(p)); err != nil {
				return
			}
		}
		_ = s.End(a.t.Context())
	}()
	for _, err := range s.Events() {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *actor) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func recognizes(a *actor) {
	c := a.reference(refclient.WithLife("5m"), refclient.WithAllow("127.0.0.0/8"))
	for _, r := range []refclient.Request{{Engine: "-a-general"}, {Engine: "-a-general", Format: "LSB16K"}} {
		format := "WAV16K"
		if r.Format != "" {
			format = r.Format
		}
		_, err := c.Recognize(a.t.Context(), strings.NewReader(speech(format, 2*time.Second)), r)
		a.check(err)
	}
}

func streamsTwice(a *actor) {
	c := a.reference()
	s, err := c.Stream(a.t.Context(), request("LSB16K"))
	a.check(err)
	a.check(a.talk(s, speech("LSB16K", 3*time.Second)))
	a.check(s.Restart(a.t.Context(), request("16K")))
	a.check(a.talk(s, speech("WAV16K", 3*time.Second)))
	a.check(s.Close())
}

func reissues(a *actor) {
	c := a.reference(refclient.WithLife("2s"), refclient.WithReissue(), refclient.WithNow(func() time.Time { return time.Date(2026, 7, 31, 0, 0, 0, 0, time.UTC) })) // its clock stands still
	for range 2 {
		s, err := c.Stream(a.t.Context(), request("MULAW"))
		a.check(err)
		a.check(a.talk(s, speech("MULAW", 2*time.Second)))
		a.check(s.Close())
		a.pass(5 * time.Second)
	}
	_, err := a.fake.Wait(a.t.Context(), fake.TapeFilter{Kind: scenarios.WSEvent}, "s service authorization has expired")
	a.check(err)
}

func givesUp(a *actor) {
	c := a.reference(refclient.WithCredentials(demo().SID, "wrong-password"))
	if _, err := c.Stream(a.t.Context(), request("LSB16K")); err == nil {
		a.t.Error("wrong credentials are good")
	}
	var refusal *protocol.Error
	if _, err := c.Recognize(a.t.Context(), strings.NewReader(speech("WAV16K", time.Second)), refclient.Request{Engine: "-a-general"}); !errors.As(err, &refusal) {
		a.t.Errorf("%v", err)
	}
}

func feedsTooLate(a *actor) {
	s, err := a.reference(refclient.WithLife("2s")).Stream(a.t.Context(), request("MSB16K"))
	a.check(err)
	a.pass(3 * time.Second)
	if err := a.talk(s, speech("MSB16K", 2*time.Second)); err == nil {
		a.t.Error("a late packet is taken")
	}
	_ = s.Close() // it has failed already
}

func timesOut(a *actor) {
	s, err := a.reference().Stream(a.t.Context(), request("LSB16K"))
	a.check(err)
	_, err = s.Write([]byte(speech("LSB16K", time.Second)))
	a.check(err)
	a.pass(61 * time.Second)
	for _, err = range s.Events() {
	}
	if err == nil {
		a.t.Error("the cycle did not time out")
	}
	_ = s.Close() // it has failed already
}

// cancels leaves before it has fed anything.
func cancels(a *actor) {
	ctx, cancel := context.WithCancel(a.t.Context())
	s, err := a.reference().Stream(ctx, request("LSB16K"))
	a.check(err)
	cancel()
	for range s.Events() {
	}
	_ = s.Close() // it is over
}

// native sends the bytes of the vendor's native clients: no mask, no version, a file under 16K, TCP closed at the end.
func native(a *actor) {
	l := a.handshake("/v1/", "User-Agent: Wrp/1.0.05 GCC/12.2 (Linux)")
	l.bare = true
	for range 2 {
		l.send(a.s("16K"))
		l.answer()
		for _, p := range pieces(speech("WAV16K", 3*time.Second), 4096) {
			l.feed(p)
		}
		l.send("e")
		l.answer()
	}
	l.close()
}

func nativeRefused(a *actor) {
	l := a.handshake("/v1/")
	l.bare = true
	l.send("s 16K -a-general authorization=nonsense")
	l.answer()
	l.drained()
	l.close()
}

func nativeRecording(a *actor) {
	l := a.dial()
	l.upload("/v1/recognize", "d=grammarFileNames=-a-general authorization="+a.key, "c=16K", "r=JSON", "a="+speech("WAV16K", 2*time.Second))
	l.upload("/v1/nolog/recognize", "d=-a-general", "u="+a.key, "c=MULAW", "a="+speech("MULAW", 2*time.Second))
	l.close()
}

// page is the vendor's page: masked, big-endian, a short packet at a time, an empty close frame.
func page(a *actor) {
	l := a.connect("/v1/nolog/", "Origin: https://app.example", "Sec-WebSocket-Extensions: permessage-deflate")
	l.send(a.s("MSB16K", `segmenterProperties="useDiarizer=1"`))
	l.answer()
	for _, p := range pieces(speech("MSB16K", 2*time.Second), 256) {
		l.feed(p)
	}
	l.send("e")
	l.answer()
	l.write(l.frame(8, ""))
	l.drained()
	l.close()
}

func telephone(a *actor) {
	l := a.begin(a.s("mulaw", "output=json"))
	for _, p := range pieces(speech("MULAW", 5*time.Second), 160) {
		l.feed(p)
	}
	l.feed("")
	l.finish()
}

// several share an address, and each has its own key and its own failure.
func several(a *actor) {
	var keys []string
	for range 20 {
		keys = append(keys, a.made(fake.KeyRequest{EPI: "2s"}))
	}
	a.pass(3 * time.Second)
	for _, k := range keys {
		a.refused("s LSB16K -a-general authorization=" + k)
	}
}

// The broker issues short keys for pages, which never see a password.
func TestTheBrokerIsAGoodClient(t *testing.T) {
	a := newActor(t)
	endpoints := refclient.At(a.fake.URL)
	handler, err := broker.New(t.Context(), broker.Config{
		Issuer: a.reference(), Stream: endpoints.Stream, User: "demo", Password: "of-nobody", Token: "canary-token",
	})
	a.check(err)
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/token", strings.NewReader(`{"ttl":"60s"}`))
	a.check(err)
	req.Header.Set("Authorization", "Bearer canary-token")
	req.Header.Set("Content-Type", "application/json")
	reply, err := http.DefaultClient.Do(req)
	a.check(err)
	var got struct {
		Key string `json:"api_key"`
	}
	a.check(json.NewDecoder(reply.Body).Decode(&got))
	a.check(reply.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	a.key = got.Key
	page(a)
	server, _ := a.tapes()
	if got := broken(server, nil); len(got) > 0 {
		t.Errorf("it breaks %q\n%s", got, shown(server))
	}
}
