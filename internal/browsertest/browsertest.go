// Package browsertest runs pages in a headless Chromium, for tests.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const longest = 60 * time.Second // of a test in the browser

// Start runs a browser of its own for the test, with flags such as "use-fake-device-for-media-stream" set to a value, true or a
// text. The context is for chromedp.Run and ends with the test, or after a minute. Without a browser the test is skipped, but
// fails where MOCKAMIVOICE_REQUIRE_BROWSER is set, as in CI.
func Start(tb testing.TB, flags map[string]any) context.Context {
	tb.Helper()
	path := find()
	if path == "" {
		const why = "no Chromium on this machine: apt-get install chromium, or name one in $CHROMIUM"
		if os.Getenv("MOCKAMIVOICE_REQUIRE_BROWSER") != "" {
			tb.Fatal(why)
		}
		tb.Skip(why)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root with one
	}
	for name, value := range flags {
		options = append(options, chromedp.Flag(name, value))
	}
	ctx, cancel := context.WithTimeout(tb.Context(), longest)
	tb.Cleanup(cancel)
	ctx, end := chromedp.NewExecAllocator(ctx, options...)
	tb.Cleanup(end)
	ctx, closeTab := chromedp.NewContext(ctx)
	tb.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		tb.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// Do runs steps one after the other; an error ends the test.
func Do(ctx context.Context, tb testing.TB, steps ...chromedp.Action[chromedp.Void]) {
	tb.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tb.Fatal(err)
	}
}

// Value runs an action that returns something; an error ends the test.
func Value[T any](ctx context.Context, tb testing.TB, action chromedp.Action[T]) T {
	tb.Helper()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// find is where the browser is, or "".
func find() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
