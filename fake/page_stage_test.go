package fake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"mockamivoice/fake"
	"mockamivoice/internal/browsertest"
	"mockamivoice/scenarios"
)

// pageStage is the page of an admin port in a browser that can reach nothing but this machine.
type pageStage struct {
	t   *testing.T
	url string
	tab context.Context //nolint:containedctx // it is chromedp's handle of the tab

	mu    sync.Mutex
	wrong []string // exceptions of the page and violations of its policy
}

// openPage shows the page of srv. Routes answer instead of those of srv.
func openPage(t *testing.T, srv *fake.Server, routes map[string]http.HandlerFunc) *pageStage {
	t.Helper()
	admin := srv.Admin()
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, ok := routes[r.URL.Path]; ok {
			h(w, r)
			return
		}
		admin.ServeHTTP(w, r)
	}))
	t.Cleanup(ts.Close)
	t.Cleanup(srv.Close) // ends requests that follow the tape
	s := &pageStage{t: t, url: ts.URL, tab: browsertest.Start(t, map[string]any{"host-resolver-rules": "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "window-size": "1400,1000"})}
	if err := chromedp.Listen(s.tab, s.listen); err != nil {
		t.Fatal(err)
	}
	browsertest.Do(s.tab, t, chromedp.Navigate(ts.URL))
	t.Cleanup(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.wrong) > 0 {
			t.Errorf("the page complains: %q", s.wrong)
		}
	})
	return s
}

// listen keeps what a healthy page never causes.
func (s *pageStage) listen(event any) {
	name := fmt.Sprintf("%T", event)
	text, _ := json.Marshal(event)
	if name == "*runtime.EventExceptionThrown" || name == "*log.EventEntryAdded" && strings.Contains(string(text), "Content Security Policy") {
		s.mu.Lock()
		s.wrong = append(s.wrong, string(text))
		s.mu.Unlock()
	}
}

// until waits for an expression to become true of the page, and shows the page when it does not.
func (s *pageStage) until(expression string) {
	s.t.Helper()
	wait := chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience))
	if err := chromedp.Do(s.tab, wait); err != nil {
		s.t.Fatalf("waiting for %s: %v; the page says:\n%.4000s", expression, err, s.text("body"))
	}
}

// holds waits for the text of an element to contain another.
func (s *pageStage) holds(selector, text string) {
	s.t.Helper()
	quoted, _ := json.Marshal(text)
	s.until(fmt.Sprintf("(document.querySelector(%q)?.innerText ?? \"\").includes(%s)", selector, quoted))
}

func (s *pageStage) text(selector string) string {
	s.t.Helper()
	return browsertest.Value(s.tab, s.t, chromedp.Evaluate[string](fmt.Sprintf("document.querySelector(%q).innerText", selector)))
}

func (s *pageStage) number(expression string) int {
	s.t.Helper()
	return browsertest.Value(s.tab, s.t, chromedp.Evaluate[int](expression))
}

func (s *pageStage) do(steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	browsertest.Do(s.tab, s.t, steps...)
}

const stubHeader = `{"tape":1,"tool":"stub","recorder":"server","seed":1,"scenario":"","clock_start":"2026-01-01T00:00:00.000Z"}`

// stubTape answers GET /tape with a tape that was made up; it ends there, or stays open when asked to follow.
func stubTape(entries ...scenarios.Entry) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		after, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
		writeStub(w, stubHeader, after, entries)
		if r.URL.Query().Get("follow") == "1" {
			<-r.Context().Done()
		}
	}
}

func writeStub(w http.ResponseWriter, header string, after uint64, entries []scenarios.Entry) {
	_, _ = io.WriteString(w, header+"\n")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, e := range entries {
		if e.N > after {
			_ = encoder.Encode(e)
		}
	}
	_ = http.NewResponseController(w).Flush()
}

// numbered numbers entries, and puts them 10 ms apart.
func numbered(entries ...scenarios.Entry) []scenarios.Entry {
	for i := range entries {
		entries[i].N, entries[i].T = uint64(i+1), int64(10*i)
		entries[i].At = scenarios.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(10*i) * time.Millisecond))
	}
	return entries
}

// dialogueOf is a short stream on a connection.
func dialogueOf(conn uint64, key, answer string) []scenarios.Entry {
	return []scenarios.Entry{
		{Conn: conn, Dir: scenarios.Note, Kind: scenarios.ConnOpen, Remote: "127.0.0.1:1"},
		{Conn: conn, Surface: "stream", Dir: scenarios.In, Kind: scenarios.WSHandshake, Method: "GET", Target: "/v1/"},
		{Conn: conn, Key: key, Surface: "stream", Dir: scenarios.In, Kind: scenarios.WSCommand, Text: "s LSB16K -a-general authorization=<key:" + key + ">"},
		{Conn: conn, Key: key, Surface: "stream", Dir: scenarios.Out, Kind: scenarios.WSEvent, Text: answer, Basis: "inferred"},
	}
}

func stubJSON(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}
