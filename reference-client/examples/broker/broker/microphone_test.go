package broker_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"mockamivoice/fake/loopback"
	"mockamivoice/internal/browsertest"
	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
	"mockamivoice/scenarios/fixture"
	"mockamivoice/scenarios/sound"
)

const said = "もしもし、聞こえますか。 One, two 🎤"

// sayIntoMicrophone runs a script in the page, plays a fixture into its microphone once, and returns what the page shows.
func sayIntoMicrophone(t *testing.T, script string) string {
	t.Helper()
	const rate = 48000
	samples, err := fixture.Speak(rate, 0, said)
	if err != nil {
		t.Fatal(err)
	}
	format := sound.Format{AudioFormat: protocol.AudioFormat{Encoding: protocol.PCM16LE, Rate: rate}, WAV: true}
	file := filepath.Join(t.TempDir(), "fixture.wav")
	if err := os.WriteFile(file, sound.Encode(format, samples), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := loopback.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	at := refclient.At(f.URL)
	client := refclient.New(refclient.WithEndpoint(at), refclient.WithCredentials("demo", "demo-password"))
	t.Cleanup(client.CloseIdleConnections)
	c := config(client)
	c.Stream = at.Stream
	web := start(t, c)
	s := &stage{fake: f, tab: browsertest.Start(t, map[string]any{
		"use-fake-ui-for-media-stream":     true,
		"use-fake-device-for-media-stream": true,
		"use-file-for-fake-audio-capture":  file + "%noloop",
	})}
	browsertest.Do(s.tab, t,
		chromedp.Navigate(web.URL),
		chromedp.SendKeys(`input[name=user]`, "demo"),
		chromedp.SendKeys(`input[name=password]`, "canary-password"),
		chromedp.Click(`main button`),
		chromedp.WaitEnabled(`#start`),
	)
	browsertest.Value(s.tab, t, chromedp.Evaluate[bool](script+"; true"))
	browsertest.Do(s.tab, t, chromedp.Click(`#start`))
	s.until(t, `document.querySelector("#final li") || document.querySelector("#fault").textContent`)
	got := browsertest.Value(s.tab, t, chromedp.Evaluate[string](`document.querySelector("#final")?.innerText ?? ""`))
	browsertest.Do(s.tab, t, chromedp.Click(`#stop`))
	s.until(t, done)
	return got
}

func TestAFixtureInTheMicrophoneComesBackWordByWord(t *testing.T) {
	if got := sayIntoMicrophone(t, ""); got != said {
		t.Errorf("%q was said, and %q came back", said, got)
	}
}

// What a browser does for calls is not made for fixtures. Whether one survives it is worth knowing, and not asked for.
func TestAFixtureThroughWhatABrowserDoesForCalls(t *testing.T) {
	const on = `{
		const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
		navigator.mediaDevices.getUserMedia = () => real({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
	}`
	t.Logf("with echo cancelling, noise suppression and gain control, %q came back as %q", said, sayIntoMicrophone(t, on))
}
