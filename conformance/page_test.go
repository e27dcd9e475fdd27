package conformance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"mockamivoice/conformance"
	"mockamivoice/internal/browsertest"
)

// The report is read in a browser without a network: what failed is open, the search finds texts of dialogues, outcomes can be
// switched off, and nothing is fetched from anywhere.
func TestThePageOfAReport(t *testing.T) {
	good := runKit(t, freshFake(), []string{"stream.utterance", "issue.epi-weeks"})
	m := mutant{tamper: eventMutants()[0].tamper} // fractions of milliseconds
	bad := runKit(t, m.target(), []string{"stream.utterance", "stream.cycle"})
	ctx := browsertest.Start(t, map[string]any{"host-resolver-rules": "MAP * ~NOTFOUND"})
	open := func(r conformance.Report) {
		file := filepath.Join(t.TempDir(), "report.html")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.WriteHTML(f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		browsertest.Do(ctx, t, chromedp.Navigate("file://"+file))
	}
	text := func(selector string) string { return browsertest.Value(ctx, t, chromedp.Text(selector)) }
	count := func(script string) int { return browsertest.Value(ctx, t, chromedp.Evaluate[int](script)) }

	open(bad)
	shown := text("#shown")
	if headline := text("h1"); !strings.HasPrefix(headline, "FAIL: 2 scripts: 1 pass, 1 fail") {
		t.Errorf("headline %q", headline)
	}
	if n, fetched := count(`document.querySelectorAll("details[open]").length`), count(`performance.getEntriesByType("resource").length`); n == 0 || fetched != 0 {
		t.Errorf("%d open, %d fetched", n, fetched)
	}
	if first := text("details[open] dl"); !strings.Contains(first, "An utterance is told by S, E and C") || !strings.Contains(first, "S ${int}") || !strings.Contains(first, ".5") {
		t.Errorf("the failure says:\n%s", first)
	}
	browsertest.Do(ctx, t, chromedp.SendKeys("#search", "authorization=<key:"))
	if got := text("#shown"); got == shown || !strings.HasPrefix(got, "2 of ") {
		t.Errorf("%q of %q after a search", got, shown)
	}
	browsertest.Do(ctx, t, chromedp.Evaluate[chromedp.Void](`search.value = ""; search.dispatchEvent(new Event("input"))`), chromedp.Click(`input[value=pass]`), chromedp.Click(`input[value=skip]`))
	visible := count(`document.querySelectorAll(".item:not([hidden])").length`)
	if want := count(`document.querySelectorAll(".item.fail, .item.warn, .item.error").length`); visible != want || want == 0 {
		t.Errorf("%d shown without pass and skip, want %d", visible, want)
	}

	open(good)
	if headline, n := text("h1"), count(`document.querySelectorAll("details[open]").length`); !strings.HasPrefix(headline, "PASS: 2 scripts: 2 pass") || n != 0 {
		t.Errorf("headline %q, %d open", headline, n)
	}
}
