package fake_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"mockamivoice/fake"
	"mockamivoice/fake/loopback"
	"mockamivoice/internal/browsertest"
	"mockamivoice/protocol"
)

// jobPage makes a job and polls it, from another origin than the service's. (observed: pages do so)
const jobPage = `<!doctype html><title>job</title><pre id="out"></pre><script type="module">
const out = document.getElementById("out");
try {
	const audio = Uint8Array.from(atob("%s"), c => c.charCodeAt(0));
	const form = new FormData();
	form.append("u", "demo-key");
	form.append("d", "grammarFileNames=-a-general speakerDiarization=True");
	form.append("a", new Blob([audio]), "a.wav");
	const made = await (await fetch("%s/v2/recognitions", {method: "POST", body: form})).json();
	const states = [];
	for (let n = 0; n < 50; n++) {
		const reply = await fetch("%s/v2/recognitions/" + made.sessionid, {headers: {Authorization: "Bearer demo-key"}});
		const job = await reply.json();
		if (states.at(-1) !== job.status) states.push(job.status);
		if (job.status === "completed" || job.status === "error") {
			out.textContent = "done " + states.join(" ") + " | " + job.text + " | " + job.segments[0].results[0].tokens[0].label;
			break;
		}
	}
} catch (e) { out.textContent = "failed: " + e; }
</script>`

func TestAPageOfAnotherOriginMakesAndPollsAJob(t *testing.T) {
	ctx := browsertest.Start(t, nil)
	f, err := loopback.Start(t.Context(), jobsOf(t, "polls=1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	audio := base64.StdEncoding.EncodeToString(wav(1, 16000, 16, sentence()))
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, jobPage, audio, f.URL, f.URL)
	}))
	t.Cleanup(page.Close)
	browsertest.Do(ctx, t, chromedp.Navigate(page.URL), chromedp.Poll[chromedp.Void](`document.getElementById("out")?.textContent !== ""`, chromedp.WithPollingTimeout(patience)))
	text := browsertest.Value(ctx, t, chromedp.Text("#out"))
	if !strings.HasPrefix(text, "done queued started processing completed | ") || !strings.HasSuffix(text, "| speaker0") {
		t.Errorf("the page says %q", text)
	}
	_, entries := f.Tape(fake.TapeFilter{Surface: protocol.SurfaceAsync})
	origins := 0
	for _, e := range entries {
		for _, h := range e.Headers {
			if h[0] == "Origin" && h[1] == page.URL {
				origins++
			}
		}
	}
	if origins < 5 {
		t.Errorf("%d requests of the page's origin are on the tape", origins)
	}
}
