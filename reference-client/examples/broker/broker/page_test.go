package broker_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"mockamivoice/fake"
	"mockamivoice/fake/loopback"
	"mockamivoice/internal/browsertest"
	refclient "mockamivoice/reference-client"
	"mockamivoice/reference-client/examples/broker/broker"
	"mockamivoice/scenarios"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

// stage is the page, logged in, in a browser whose user lends it the microphone; the broker behind it; and a fake behind that.
type stage struct {
	fake *loopback.Fake
	tab  context.Context //nolint:containedctx // it is chromedp's handle of the tab
}

func setStage(t *testing.T, change ...func(*broker.Config, *loopback.Fake)) *stage {
	t.Helper()
	f, err := loopback.Start(t.Context(), fake.WithTape(fake.Tape{Audio: true}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	at := refclient.At(f.URL)
	client := refclient.New(refclient.WithEndpoint(at), refclient.WithCredentials("demo", "demo-password"))
	t.Cleanup(client.CloseIdleConnections)
	c := config(client)
	c.Stream = at.Stream
	for _, change := range change {
		change(&c, f)
	}
	return &stage{fake: f, tab: enter(t, start(t, c))}
}

func enter(t *testing.T, web *httptest.Server) context.Context {
	t.Helper()
	tab := browsertest.Start(t, map[string]any{
		"use-fake-ui-for-media-stream":     true,
		"use-fake-device-for-media-stream": true,
		"use-file-for-fake-audio-capture":  speech(t), // over and over
	})
	browsertest.Do(tab, t,
		chromedp.Navigate(web.URL),
		chromedp.SendKeys(`input[name=user]`, "demo"),
		chromedp.SendKeys(`input[name=password]`, "canary-password"),
		chromedp.Click(`main button`),
		chromedp.WaitEnabled(`#start`),
	)
	return tab
}

func speech(t *testing.T) string {
	t.Helper()
	file, err := filepath.Abs("../../../../testdata/speech-ja.wav")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// until waits for an expression to become true of the page, and shows the page when it does not.
func (s *stage) until(t *testing.T, expression string) {
	t.Helper()
	wait := chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience))
	if err := chromedp.Do(s.tab, wait); err != nil {
		t.Fatalf("waiting for %s: %v; the page says:\n%s", expression, err, s.text(t, "main"))
	}
}

func (s *stage) text(t *testing.T, selector string) string {
	t.Helper()
	return browsertest.Value(s.tab, t, chromedp.Evaluate[string](`document.querySelector("`+selector+`").innerText`))
}

const done = `document.querySelector("#status").textContent === "Done."`

func TestThePageStreamsTheMicrophone(t *testing.T) {
	s := setStage(t)
	browsertest.Do(s.tab, t, chromedp.Click(`#start`))
	s.until(t, `document.querySelector("#interim").textContent.endsWith("...")`)
	s.until(t, `document.querySelector("#final li") && !document.querySelector("#interim").textContent`)
	browsertest.Do(s.tab, t, chromedp.Click(`#stop`))
	s.until(t, done)
	s.wasGood(t)
}

func TestThePageStreamsAFile(t *testing.T) {
	s := setStage(t)
	browsertest.Do(s.tab, t, chromedp.SetUploadFiles(`#file`, []string{speech(t)}))
	s.until(t, done)
	if final := s.wasGood(t); len(final) != 2 {
		t.Errorf("two utterances gave %q", final)
	}
	file, err := os.ReadFile(speech(t))
	if err != nil {
		t.Fatal(err)
	}
	want, got := samples(file[44:]), s.arrived()
	if more := len(got) - len(want); more < 0 || more > 3200 {
		t.Errorf("%d samples arrived, %d are in the file", len(got), len(want))
	}
	if alike := likeness(want, got); alike < 0.99 {
		t.Errorf("what arrived is like the file by %.3f", alike)
	}
}

// arrived is the sound that the fake got.
func (s *stage) arrived() []float64 {
	var sound []byte
	_, packets := s.fake.Tape(fake.TapeFilter{Kind: scenarios.WSCommand})
	for _, e := range packets {
		if e.Audio != nil {
			sound = append(sound, e.Audio.Data...)
		}
	}
	return samples(sound)
}

// What 16 kHz cannot carry must go, not come back as another sound: 11 kHz would be heard as 5 kHz.
func TestThePageFiltersWhatItCannotSend(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tones.wav")
	if err := os.WriteFile(file, tones(48000, 1000, 11000), 0o600); err != nil {
		t.Fatal(err)
	}
	s := setStage(t)
	browsertest.Do(s.tab, t, chromedp.SetUploadFiles(`#file`, []string{file}))
	s.until(t, done)
	got := s.arrived()
	if len(got) < 16000 {
		t.Fatalf("%d samples arrived", len(got))
	}
	wanted, ghost := loudness(got[2000:14000], 1000), loudness(got[2000:14000], 5000)
	if wanted < 8000 || wanted > 12000 || ghost > wanted/100 {
		t.Errorf("the tone has an amplitude of %.0f, its ghost one of %.0f", wanted, ghost)
	}
}

// keys are an issuer whose keys are at hand; the last one is given again and again.
type keys struct {
	mu    sync.Mutex
	left  []string
	given int
}

func (k *keys) IssueKey(context.Context, refclient.IssueRequest) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := k.left[0]
	if len(k.left) > 1 {
		k.left = k.left[1:]
	}
	k.given++
	return key, nil
}

func (k *keys) asked() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.given
}

func issue(t *testing.T, f *loopback.Fake, r fake.KeyRequest) string {
	t.Helper()
	key, err := f.IssueKey(r)
	if err != nil {
		t.Fatal(err)
	}
	return key.Key
}

func TestThePageReplacesAnExpiredKey(t *testing.T) {
	k := &keys{}
	s := setStage(t, func(c *broker.Config, f *loopback.Fake) {
		k.left = []string{issue(t, f, fake.KeyRequest{EPI: "0"}), issue(t, f, fake.KeyRequest{EPI: "10m"})}
		c.Issuer = k
	})
	browsertest.Do(s.tab, t, chromedp.Click(`#start`))
	s.until(t, `document.querySelector("#final li")`)
	browsertest.Do(s.tab, t, chromedp.Click(`#stop`))
	s.until(t, done)
	if n, fault := k.asked(), s.text(t, "#fault"); n != 2 || fault != "" {
		t.Errorf("%d keys, and the page complains: %q", n, fault)
	}
}

// More keys from the same credentials would be refused as well.
func TestThePageDoesNotReplaceARefusedKey(t *testing.T) {
	k := &keys{}
	s := setStage(t, func(c *broker.Config, f *loopback.Fake) {
		k.left = []string{issue(t, f, fake.KeyRequest{BadCredentials: true})}
		c.Issuer = k
	})
	browsertest.Do(s.tab, t, chromedp.Click(`#start`))
	s.until(t, `!document.querySelector("#fault").hidden && !document.querySelector("#start").disabled`)
	const want = "The service did not accept the key; the back end's credentials may be wrong. (can't validate service authorization)"
	if n, fault := k.asked(), s.text(t, "#fault"); n != 1 || fault != want {
		t.Errorf("%d keys, and the page complains: %q", n, fault)
	}
}

// documented: reference-websocket. The fake answers so fast that its tape cannot show who did not wait.
func TestThePageWaitsForAnswers(t *testing.T) {
	s := setStage(t, func(c *broker.Config, _ *loopback.Fake) { c.Stream = slowRecognizer(t) })
	browsertest.Do(s.tab, t, chromedp.Click(`#start`))
	s.until(t, `document.querySelector("#status").textContent === "Listening."`)
	browsertest.Do(s.tab, t, chromedp.Click(`#stop`))
	s.until(t, done)
	if final := s.text(t, "#final"); strings.TrimSpace(final) != "last" {
		t.Errorf("the page shows %q", final)
	}
}

// documented: issue-api-key-with-api. A key may die between s and the first packet.
func TestThePageReplacesAKeyThatDiedBeforeTheFirstPacket(t *testing.T) {
	k := &keys{left: []string{"old", "new"}}
	var packets atomic.Int64 // of the second connection
	s := setStage(t, func(c *broker.Config, _ *loopback.Fake) {
		c.Issuer = k
		c.Stream = recognizer(t, func(conn int, letter byte) []string {
			switch {
			case letter == 'p' && conn == 1:
				return []string{"p can't feed audio data to recognizer server"}
			case letter == 'p':
				if packets.Add(1) == 1 {
					return []string{"G anything", "S 0", `A {"results":[{"tokens":[],"text":"はい"}],"text":"\u306f\u3044","code":"","message":""}`, "E 90"}
				}
				return nil
			default:
				return []string{string(letter)}
			}
		})
	})
	browsertest.Do(s.tab, t, chromedp.Click(`#start`))
	s.until(t, `document.querySelector("#final li")`)
	browsertest.Do(s.tab, t, chromedp.Click(`#stop`))
	s.until(t, done)
	if n, final := k.asked(), s.text(t, "#final"); n != 2 || strings.TrimSpace(final) != "はい" {
		t.Errorf("%d keys, and the page shows %q", n, final)
	}
}

func TestThePageSaysWhenTheServiceStopsListening(t *testing.T) {
	s := setStage(t, func(c *broker.Config, _ *loopback.Fake) {
		c.Stream = recognizer(t, func(_ int, letter byte) []string {
			if letter == 'p' {
				return []string{"S 0", "e timeout occurred while recognizing audio data from client"}
			}
			return []string{string(letter)}
		})
	})
	browsertest.Do(s.tab, t, chromedp.Click(`#start`))
	s.until(t, `document.querySelector("#status").textContent === "Stopped."`)
	const want = "The service got no sound for too long. (timeout occurred while recognizing audio data from client)"
	if fault := s.text(t, "#fault"); fault != want {
		t.Errorf("the page complains: %q", fault)
	}
}

func TestThePageSaysWhenAFileIsNoSound(t *testing.T) {
	s := setStage(t)
	browsertest.Do(s.tab, t, chromedp.SetUploadFiles(`#file`, []string{filepath.Join(filepath.Dir(speech(t)), "README.md")}))
	s.until(t, `!document.querySelector("#fault").hidden && !document.querySelector("#start").disabled`)
	if fault := s.text(t, "#fault"); fault != "README.md is not a sound file that this browser can read." {
		t.Errorf("the page complains: %q", fault)
	}
}

// wasGood holds the tape of the last connection against the rules and the page, and returns the final texts.
func (s *stage) wasGood(t *testing.T) (final []string) {
	t.Helper()
	entries := s.connection(t)
	var order []string // of the messages, with a run of packets as one
	for _, e := range entries {
		switch {
		case e.Kind == scenarios.WSHandshake && e.Target != "/v1/":
			t.Errorf("the URL holds more than it should: %s", e.Target)
		case e.Kind == scenarios.WSCommand && e.Audio != nil:
			if e.Audio.Bytes%2 != 0 || e.Audio.Bytes == 0 || e.Audio.Bytes > 3200 {
				t.Errorf("a packet of %d bytes", e.Audio.Bytes)
			}
			if order[len(order)-1] != "p" {
				order = append(order, "p")
			}
		case e.Kind == scenarios.WSCommand:
			order = append(order, e.Text[:1])
		case e.Kind == scenarios.WSEvent && (e.Text == "s" || e.Text == "e"):
			order = append(order, "answer "+e.Text)
		case e.Kind == scenarios.WSEvent && strings.HasPrefix(e.Text, "A "):
			final = append(final, textOf(t, e.Text[2:]))
		case e.Kind == scenarios.ConnClose:
			order = append(order, e.How)
		}
	}
	if got := strings.Join(order, ", "); got != "s, answer s, p, e, answer e, close-frame" {
		t.Errorf("the dialogue was %s", got)
	}
	shown := browsertest.Value(s.tab, t, chromedp.Evaluate[[]string](`[...document.querySelectorAll("#final li")].map((li) => li.textContent)`))
	if len(final) == 0 || strings.Join(shown, "|") != strings.Join(final, "|") {
		t.Errorf("the page shows %q, the service said %q", shown, final)
	}
	if fault := s.text(t, "#fault"); fault != "" {
		t.Errorf("the page complains: %s", fault)
	}
	return final
}

// connection is the tape of the stream that was closed, and of it alone.
func (s *stage) connection(t *testing.T) []scenarios.Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	closed, err := s.fake.Wait(ctx, fake.TapeFilter{Kind: scenarios.ConnClose, Surface: "stream"}, "")
	if err != nil {
		t.Fatalf("the page did not hang up: %v", err)
	}
	_, entries := s.fake.Tape(fake.TapeFilter{Conn: closed.Conn})
	return entries
}

func textOf(t *testing.T, payload string) string {
	t.Helper()
	var result struct{ Text string }
	if err := json.Unmarshal([]byte(payload), &result); err != nil {
		t.Fatal(err)
	}
	return result.Text
}
