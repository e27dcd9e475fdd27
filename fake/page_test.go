package fake_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/internal/browsertest"
	"mockamivoice/scenarios"
)

func atNoon(options ...fake.Option) *fake.Server {
	return fake.New(append([]fake.Option{fake.WithClock(clock.NewManual(noon()))}, options...)...)
}

// between is what stands in s between two texts.
func between(t *testing.T, s, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, from)
	found, _, closed := strings.Cut(rest, to)
	if !ok || !closed {
		t.Fatalf("no %s … %s", from, to)
	}
	return found
}

// The page may run its own script and style and talk to its own port: nothing else. Who has no token gets it too, as a browser
// cannot send one with it; there is nothing of the tape in it.
func TestThePageComesWithAPolicy(t *testing.T) {
	srv := atNoon(fake.WithAdminToken("canary-token"))
	defer srv.Close()
	ask := func(method string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:8081/", nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
			if headers[i] == "Host" {
				r.Host = headers[i+1]
			}
		}
		w := httptest.NewRecorder()
		srv.Admin().ServeHTTP(w, r)
		return w
	}
	w := ask(http.MethodGet)
	page := w.Body.String()
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	script := between(t, page, `<script type="module">`, `</script>`)
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(between(t, page, `<style>`, `</style>`)) +
			"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, danger := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("} {
		if strings.Contains(script, danger) {
			t.Errorf("the script uses %s", danger)
		}
	}
	if w.Code != 200 || strings.Contains(page, "canary-token") || strings.Contains(page, " src=") {
		t.Errorf("%d, or the page holds the token, or fetches something", w.Code)
	}
	for name, c := range map[string]struct {
		status int
		got    *httptest.ResponseRecorder
	}{
		"a foreign host":   {403, ask(http.MethodGet, "Host", "evil.example")},
		"a foreign origin": {403, ask(http.MethodGet, "Origin", "http://evil.example")},
		"another method":   {401, ask(http.MethodPost)},
	} {
		if c.got.Code != c.status {
			t.Errorf("%s: %d", name, c.got.Code)
		}
	}
}

func TestThePageShowsTheTapeLive(t *testing.T) {
	srv := newStreamServer(t)
	s := openPage(t, srv.Server, nil)
	s.until(`document.querySelector("#state").textContent === "live"`)
	srv.Reset() // the key of the stage is on the tape
	c := srv.begin("LSB16K")
	s.holds("#title", "s LSB16K -a-general")
	if title := s.text("#title"); strings.Contains(title, "authorization") {
		t.Errorf("the title is %q", title)
	}
	c.feed(silence(400), 3200)
	s.until(`document.querySelectorAll("#lines .ws-command").length === 2 && document.querySelector("#lines").innerText.includes("×4")`)
	c.feed(silence(300), 3200) // the same line grows
	s.until(`document.querySelectorAll("#lines .ws-command").length === 2 && document.querySelector("#lines").innerText.includes("×7")`)
	s.holds("#lines", "22.4 kB · 700 ms of audio")
	c.feed(sentence(), 6400)
	c.text("e")
	c.until("e")
	s.until(`[...document.querySelectorAll("#lines .ws-event .letter")].map((x) => x.textContent).join("").match(/^sSC?E?.*A.*e$/)`)
	final := browserText(s, `[...document.querySelectorAll("#lines .ws-event")].find((x) => x.querySelector(".letter").textContent === "A").querySelector(".said").textContent`)
	if !strings.HasSuffix(final, "。") {
		t.Errorf("the final text is %q", final)
	}
	s.until(`document.querySelector("#timeline").getAttribute("aria-label").includes("1 utterance: ` + final + `")`)
	s.until(`document.querySelectorAll("#timeline .span:not(.open)").length === 1 && document.querySelectorAll("#timeline .packets").length === 1`)
	s.holds("#list .item[aria-selected=true]", final)

	// on demand, what is behind a text is shown as it was sent
	s.do(chromedp.Click(`#lines .ws-event details summary`))
	s.until(`document.querySelector("#lines .ws-event details pre + span + pre")?.textContent.startsWith('{"results":[{"tokens":[{"written":"\\u')`)
	s.do(chromedp.MouseClickXY(1380, float64(s.number(`Math.round(timeline.getBoundingClientRect().top + 40)`)))) // the end of the timeline
	s.until(`document.querySelector("#lines .at-cursor .letter, #lines .at-cursor.conn-close, #lines .at-cursor.heard") && document.querySelectorAll("#lines .at-cursor").length === 1`)
	if n := s.number(`performance.getEntriesByType("resource").filter((e) => !e.name.startsWith(location.origin)).length`); n != 0 {
		t.Errorf("%d requests to elsewhere", n)
	}
}

func browserText(s *pageStage, expression string) string {
	s.t.Helper()
	v, err := chromedp.Run(s.tab, chromedp.Evaluate[string](expression))
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// What strangers send ends up on the page as text: nothing of it runs, loads or hides.
func TestThePageSurvivesAHostileTape(t *testing.T) {
	var loaded atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { loaded.Add(1) }))
	defer elsewhere.Close()
	hostile := `</script><script>window.owned=1</script><img src="` + elsewhere.URL + `/x" onerror="window.owned=1"><svg onload=window.owned=1>'"` +
		"\x00\x1b[2J\u202egnp.exe\u2066 \u200b\r\n{{.}} ${window.owned=1}"
	long := strings.Repeat("long ", 1<<17)
	file := hostile
	entries := numbered(
		scenarios.Entry{Conn: 1, Dir: scenarios.Note, Kind: scenarios.ConnOpen, Remote: hostile},
		scenarios.Entry{
			Conn: 1, Key: hostile, Surface: hostile, Dir: scenarios.In, Kind: scenarios.HTTPRequest, Method: hostile, Target: hostile, Body: hostile,
			Headers: [][2]string{{hostile, hostile}}, Parts: []scenarios.Part{{Name: hostile, Value: hostile}, {Name: "a", Filename: &file, Type: hostile, Size: 1}},
			Audio: &scenarios.Audio{Bytes: 1, First: hostile},
		},
		scenarios.Entry{Conn: 1, Dir: scenarios.Out, Kind: scenarios.HTTPResponse, Status: 200, Body: `{"text":` + strconv.Quote("<b>owned</b>") + `,"results":null,"code":3}`, Headers: [][2]string{{"A", hostile}}},
		scenarios.Entry{Conn: 1, Dir: scenarios.In, Kind: scenarios.WSCommand, Text: "s " + hostile},
		scenarios.Entry{Conn: 1, Dir: scenarios.In, Kind: scenarios.WSCommand, Audio: &scenarios.Audio{Bytes: 3}},
		scenarios.Entry{Conn: 1, Dir: scenarios.Out, Kind: scenarios.WSEvent, Text: `A {"results":[{"starttime":"<b>","tokens":{}}],"text":"<img src=x onerror=window.owned=1>","code":""}`},
		scenarios.Entry{Conn: 1, Dir: scenarios.Out, Kind: scenarios.WSEvent, Text: `A {"results":[{"tok`},
		scenarios.Entry{Conn: 1, Dir: scenarios.Out, Kind: scenarios.WSEvent, Text: "A null"},
		scenarios.Entry{Conn: 1, Dir: scenarios.Out, Kind: scenarios.WSEvent, Text: "S 1e999"},
		scenarios.Entry{Conn: 1, Dir: scenarios.Out, Kind: scenarios.WSEvent, Text: ""},
		scenarios.Entry{Conn: 1, Dir: scenarios.Out, Kind: scenarios.WSEvent, Text: "U " + long},
		scenarios.Entry{Conn: 1, Dir: "constructor", Kind: "constructor", Text: hostile},
		scenarios.Entry{Conn: 1, Dir: "__proto__", Kind: "__proto__", Text: hostile, Basis: hostile},
		scenarios.Entry{Conn: 1, Dir: scenarios.Note, Kind: scenarios.FaultStruck, Text: hostile, Scenario: hostile},
		scenarios.Entry{Conn: 1, Dir: scenarios.Note, Kind: scenarios.ConnClose, How: hostile, Text: hostile},
	)
	finding, _ := json.Marshal(map[string]any{"status": hostile, "findings": []any{map[string]any{
		"law": hostile, "level": hostile, "basis": hostile, "title": hostile, "why": hostile, "fix": hostile, "text": hostile, "conn": 1, "entries": []int{4},
	}, map[string]any{}}})
	tape := stubTape(entries...)
	s := openPage(t, atNoon(), map[string]http.HandlerFunc{
		"/tape": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, stubHeader+"\nno JSON\n[]\n{}\n{\"n\":\"1\"}\n")
			tape(w, r)
		},
		"/verdict": stubJSON(200, string(finding)), "/scenario": stubJSON(200, `{"id":`+strconv.Quote("<b>owned</b>")+`}`),
	})
	s.until(`document.querySelectorAll("#lines > li").length === 15 && document.querySelector("#lines .finding")`)
	s.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach((d) => { d.open = true; })`))
	s.until(`[...document.querySelectorAll("#lines details")].every((d) => d.childElementCount > 1)`)
	for expression, want := range map[string]int{
		`window.owned ?? 0`: 0,
		`document.querySelectorAll("main img, main script, main b b, #lines svg, #lines iframe").length`:   0,
		`/[\u0000-\u0008\u000b-\u001f\u202e\u2066\u200b]/.test(document.body.textContent) ? 1 : 0`:         0,
		`document.querySelector("#lines").textContent.includes("\\x1b[2J\\u202egnp.exe") ? 1 : 0`:          1,
		`Math.max(...[...document.querySelectorAll("#lines .text")].map((x) => x.textContent.length))`:     2000 + utf8.RuneCountInString("… all 655,360 characters"),
		`document.querySelectorAll(".finding.info").length - document.querySelectorAll(".finding").length`: 0,
	} {
		if got := s.number(expression); got != want {
			t.Errorf("%s is %d, want %d", expression, got, want)
		}
	}
	s.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".text button")].at(-1).click()`))
	s.until(`[...document.querySelectorAll("#lines .text")].some((x) => x.textContent.length === 655360)`)
	if n := loaded.Load(); n != 0 {
		t.Errorf("%d requests to elsewhere", n)
	}
}

const stubVerdict = `{"version":1,"status":"fail","findings":[{"law":"client.stream.x","level":"must","basis":"documented","title":"A client does x","why":"It breaks y.",
	"fix":"Do z.","text":"it did not do x","conn":2,"entries":[7]}],"counts":{"must":1},"applied":{"client.stream.x":1}}`

func TestThePageFindsDialogues(t *testing.T) {
	entries := numbered(slices.Concat(dialogueOf(1, "aaaaaaaaaaaa", "s"), dialogueOf(2, "bbbbbbbbbbbb", "s can't validate service authorization"), dialogueOf(3, "cccccccccccc", "s"),
		[]scenarios.Entry{{Conn: 3, Key: "cccccccccccc", Surface: "stream", Dir: scenarios.Out, Kind: scenarios.WSEvent, Text: `A {"results":[],"text":"\u5ddd\u306b","code":""}`}})...)
	s := openPage(t, atNoon(), map[string]http.HandlerFunc{"/tape": stubTape(entries...), "/verdict": stubJSON(200, stubVerdict), "/scenario": stubJSON(404, `{}`)})
	chosen := func(conn string) {
		t.Helper()
		s.until(`document.querySelector("#list [aria-selected=true]")?.dataset.conn === "` + conn + `" && document.querySelector("#facts").innerText.includes("connection ` + conn + `")`)
	}
	shown := func(text string) {
		t.Helper()
		s.until(`document.querySelector("#shown").textContent === "` + text + `" && document.querySelectorAll("#list .item").length === Number("` + text[:1] + `")`)
	}
	chosen("3") // the newest
	shown("3 of 3 dialogues")

	s.do(chromedp.KeyEvent(kb.ArrowDown))
	chosen("2")
	s.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	chosen("1") // there is no older one
	s.do(chromedp.KeyEvent(kb.ArrowUp))
	chosen("2")

	// what the verdict says stands where it happened, and what is not known for certain is marked
	s.holds(`#lines [data-n="7"] .finding.must`, "client.stream.x documented A client does x")
	for _, text := range []string{"it did not do x", "Why: It breaks y.", "Fix: Do z."} {
		s.holds(`#lines [data-n="7"] .finding`, text)
	}
	s.holds(`#lines [data-n="8"].bad`, "inferred")
	s.holds(`#list .item[data-conn="2"]`, "1 must")
	s.holds(`#about`, "fail")

	const slash = `document.dispatchEvent(new KeyboardEvent("keydown", { key: "/", cancelable: true }))` // false: it is not typed as well
	if browsertest.Value(s.tab, t, chromedp.Evaluate[bool](slash)) {
		t.Error("the key is typed as well")
	}
	s.do(chromedp.KeyEvent("bbbbbbbbbbbb stream"))
	shown("1 of 3 dialogues")
	if focus := browserText(s, `document.activeElement.id + "=" + document.activeElement.value`); focus != "filter=bbbbbbbbbbbb stream" {
		t.Errorf("the focus is on %s", focus)
	}
	s.do(chromedp.KeyEvent(kb.Escape))
	shown("3 of 3 dialogues")
	s.do(chromedp.Evaluate[chromedp.Void](`filter.value = "川に"; filter.dispatchEvent(new Event("input"))`)) // escaped on the wire
	shown("1 of 3 dialogues")
	s.do(chromedp.KeyEvent(kb.Escape), chromedp.Click(`#only`))
	shown("1 of 3 dialogues")
	s.do(chromedp.Click(`#only`), chromedp.Click(`#list .item[data-conn="1"]`))
	chosen("1")
	if hash := browserText(s, `location.hash`); hash != "#conn=1" {
		t.Errorf("the address ends in %s", hash)
	}
	s.do(chromedp.Reload())
	chosen("1")
}

func TestThePageMovesTheClockAndResets(t *testing.T) {
	srv := newStreamServer(t)
	s := openPage(t, srv.Server, map[string]http.HandlerFunc{"/verdict": stubJSON(404, `{"error":{}}`), "/scenario": stubJSON(404, `{"error":{}}`)})
	s.holds("#now", "2026-07-30 23:59:30.000")
	s.do(chromedp.Click(`[data-by="30s"]`))
	s.holds("#now", "2026-07-31 00:00:00.000")
	s.do(chromedp.SendKeys("#by", "2h"), chromedp.KeyEvent(kb.Enter))
	s.holds("#now", "2026-07-31 02:00:00.000")
	if message := browserText(s, `document.querySelector("#message").textContent`); message != "" {
		t.Errorf("the page complains: %s", message)
	}
	s.do(chromedp.Evaluate[chromedp.Void](`by.value = "soon"`), chromedp.Click(`#clock > button:last-child`))
	s.holds("#message", `by is not a duration: send {"by":"90s"}`)

	// an open dialogue shows the clock that moved under it
	c := srv.begin("LSB16K")
	s.holds("#title", "s LSB16K")
	s.do(chromedp.Click(`[data-by="1s"]`))
	s.holds("#lines .clock", "moved, 0 timers ran")
	c.text("e")

	s.do(chromedp.Click("#reset"))
	s.until(`!document.querySelector("#empty").hidden && document.querySelectorAll("#list .item").length === 0`)
	if _, left := srv.Tape(fake.TapeFilter{}); len(left) > 1 {
		t.Errorf("%d entries are left", len(left))
	}
	srv.begin("MSB16K")
	s.holds("#title", "s MSB16K")
	srv.Reset() // by somebody else
	srv.begin("LSB8K")
	s.holds("#title", "s LSB8K")
	if list := s.text("#list"); strings.Contains(list, "16K") {
		t.Errorf("the list says\n%s", list)
	}
}

// A scenario that the server can play is chosen on the page, and its faults are seen; those without a play part are not offered.
func TestThePageChoosesAScenario(t *testing.T) {
	parse := func(id string) *scenarios.Scenario {
		sc, err := scenarios.ParseScenario("x.yaml", []byte(strings.NewReplacer("stream.brought", id, "along", "<b>along</b>").Replace(brought)))
		if err != nil {
			t.Fatal(err)
		}
		return sc
	}
	srv := newStreamServer(t, fake.WithScenarios(parse("stream.mine")))
	s := openPage(t, srv.Server, nil)
	s.until(`[...scenario.options].some((o) => o.text === "stream.mine – Brought <b>along</b>") && ![...scenario.options].some((o) => o.value === "stream.cycle")`)
	choose := func(id string) {
		t.Helper()
		s.do(chromedp.Evaluate[chromedp.Void](`scenario.value = "` + id + `"; scenario.dispatchEvent(new Event("change"))`))
		s.until(`scenario.value === "` + id + `" && scenario.classList.contains("on") === ("` + id + `" !== "")`)
	}
	choose("stream.mine")
	c := srv.dial(handshake{})
	c.text("s LSB16K -a-general authorization=" + srv.key)
	c.next()
	s.holds("#lines .fault", "scenario stream.mine")
	s.holds("#list .item[aria-selected=true]", "1 fault")
	choose("")
	if playing := srv.Scenario(); playing != nil {
		t.Errorf("%s is still played", playing.ID)
	}
	if err := srv.SetScenario(parse("stream.other")); err != nil {
		t.Fatal(err)
	}
	s.do(chromedp.Click(`[data-by="1s"]`)) // anything that happens
	s.until(`scenario.value === "stream.other"`)
}

func TestThePageHidesAClockThatCannotBeMoved(t *testing.T) {
	s := openPage(t, fake.New(), nil)
	s.until(`document.querySelector("#state").textContent === "live" && performance.getEntriesByName(location.origin + "/clock").length > 0 && document.querySelector("#clock").hidden`)
	s.holds("#empty", s.url+"/tape?follow=1")
}

func TestThePageAsksForTheToken(t *testing.T) {
	srv := newStreamServer(t, fake.WithAdminToken("canary-token"))
	s := openPage(t, srv.Server, nil)
	s.until(`!document.querySelector("#login").hidden && document.querySelector("#dialogues").hidden && document.querySelector("#empty").hidden`)
	s.do(chromedp.SendKeys("#token", "wrong"), chromedp.KeyEvent(kb.Enter))
	s.until(`!document.querySelector("#wrong").hidden`)
	s.do(chromedp.SendKeys("#token", "canary-token"), chromedp.KeyEvent(kb.Enter))
	srv.begin("LSB16K")
	s.holds("#title", "s LSB16K")
	s.do(chromedp.Click(`[data-by="30s"]`))
	s.holds("#now", "2026-07-31 00:00:00.000")
	s.do(chromedp.Reload())
	s.holds("#title", "s LSB16K") // this tab knows it
	if leaks := s.number(`(location.href + document.documentElement.outerHTML + document.cookie + JSON.stringify(localStorage)).includes("canary-token") ? 1 : 0`); leaks != 0 {
		t.Error("the token is on the page, in a cookie or in the address")
	}
	if strings.Contains(srv.tape(), "canary-token") {
		t.Error("the token is on the tape")
	}
}

// A request that breaks off is begun again behind the last entry, and a tape that is another one is read from its start.
func TestThePageGoesOnWhereTheTapeBrokeOff(t *testing.T) {
	all := numbered(slices.Concat(dialogueOf(1, "aaaaaaaaaaaa", "s"), dialogueOf(2, "bbbbbbbbbbbb", "s"))...)
	other := numbered(dialogueOf(9, "dddddddddddd", "s")...)
	var follows, restarted atomic.Int64
	asked := make(chan string, 3)
	s := openPage(t, atNoon(), map[string]http.HandlerFunc{"/tape": func(w http.ResponseWriter, r *http.Request) {
		after, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
		if r.URL.Query().Get("follow") != "1" {
			if restarted.Load() > 0 {
				writeStub(w, strings.Replace(stubHeader, `"seed":1`, `"seed":2`, 1), after, other)
			} else {
				writeStub(w, stubHeader, after, all)
			}
			return
		}
		n := follows.Add(1)
		if n <= 3 {
			asked <- r.URL.Query().Get("after")
		}
		switch n {
		case 1:
			writeStub(w, stubHeader, after, all[:5])
		case 2:
			writeStub(w, stubHeader, after, all)
			<-time.After(200 * time.Millisecond) // long enough to be seen
			restarted.Add(1)
		default:
			writeStub(w, strings.Replace(stubHeader, `"seed":1`, `"seed":2`, 1), after, other)
			<-r.Context().Done()
		}
	}})
	s.until(`document.querySelectorAll("#list .item").length === 2 && document.querySelectorAll("#lines > li").length === 4`)
	s.until(`document.querySelectorAll("#list .item").length === 1 && document.querySelector("#facts").innerText.includes("connection 9")`)
	for _, want := range []string{"0", "5", "0"} {
		if got := <-asked; got != want { // three have asked already
			t.Errorf("the page asked for what follows %q, want %q", got, want)
		}
	}
}

// The page keeps to bounds, says what it left out, and stays quick.
func TestThePageStaysSmall(t *testing.T) {
	var entries []scenarios.Entry
	for i := range 2000 {
		entries = append(entries, dialogueOf(uint64(i+1), "aaaaaaaaaaaa", "s")...)
	}
	for range 16000 {
		entries = append(entries, scenarios.Entry{Conn: 5000, Surface: "stream", Dir: scenarios.Out, Kind: scenarios.WSEvent, Text: "G nothing"})
	}
	entries = numbered(entries...)
	entries[0] = scenarios.Entry{N: 1, Dir: scenarios.Note, Kind: scenarios.Dropped, Count: 1}
	s := openPage(t, atNoon(), map[string]http.HandlerFunc{"/tape": stubTape(entries...)})
	s.until(`document.querySelector("#lines > li:last-child")?.dataset.n === "24000"`)
	s.holds("#about", "1 had left the tape")
	forgotten := s.number(`Number(document.querySelector("#forgotten").innerText.match(/([0-9,]+) left this page/)[1].replace(",", ""))`)
	if forgotten < 3000 || forgotten > 4000 {
		t.Errorf("%d entries left the page", forgotten)
	}
	for expression, want := range map[string]int{`document.querySelectorAll("#lines > li").length`: 2000, `document.querySelectorAll("#list .item").length`: 300} {
		if got := s.number(expression); got != want {
			t.Errorf("%s is %d, want %d", expression, got, want)
		}
	}
	s.do(chromedp.Evaluate[chromedp.Void](`earlier.click(); older.click()`)) // by name: to follow so many nodes is too much for the driver
	s.until(`document.querySelectorAll("#lines > li").length === 16000 && document.querySelectorAll("#list .item").length > 1000`)
}
