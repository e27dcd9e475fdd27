package conformance_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"mockamivoice/fake"
	"mockamivoice/reference-client/wire"
)

// mutant is a server with one deliberate fault: an option of the fake, or something that is done to its replies or its frames.
type mutant struct {
	id, about string
	surfaces  string // of the scripts that could notice: issue, sync, stream
	heavy     bool   // plays the scripts with the most audio too
	options   []fake.Option
	change    func(r *http.Request, a *answer)
	request   func(r *http.Request)
	tamper    tamper
}

func mutants() []mutant {
	var all []mutant
	for _, id := range fake.Deviations() {
		surfaces := "issue"
		if strings.Contains(id, "key") || strings.Contains(id, "expiry") {
			surfaces = "issue sync stream"
		}
		all = append(all, mutant{id: id, about: fake.DeviationAbout(id), surfaces: surfaces, options: []fake.Option{fake.WithDeviation(id)}})
	}
	for _, some := range [][]mutant{optionMutants(), issueMutants(), syncMutants(), resultMutants(), requestMutants(), frameMutants(), answerMutants(), eventMutants(), commandMutants(), sMutants(), audioMutants()} {
		all = append(all, some...)
	}
	return all
}

func choice(point, value string) []fake.Option {
	c, err := fake.ParseChoice(point, value)
	if err != nil {
		panic(err)
	}
	return []fake.Option{fake.WithChoice(c)}
}

func optionMutants() []mutant {
	return []mutant{
		{id: "strict-frames", about: "refuses unmasked frames and a missing version", surfaces: "stream", options: []fake.Option{fake.WithStrict()}},
		{id: "line-feed-behind-packets", about: "ends packets with LF", surfaces: "stream", options: choice("stream-line-end", "lf")},
		{id: "open-after-refused-start", about: "keeps the connection after a refused s", surfaces: "stream", options: choice("stream-refused-start", "keep-open")},
		{id: "early-packets-refused", about: "refuses packets that do not wait for the answer to s", surfaces: "stream", options: choice("stream-early-packet", "refuse")},
		{id: "raw-body-refused", about: "takes multipart bodies alone", surfaces: "sync", options: choice("sync-raw-body", "refuse")},
		{id: "header-less-refused", about: "asks for c where the audio has no header", surfaces: "sync stream", options: choice("headerless-audio", "refuse")},
		{id: "short-no-data", about: "gives up after 30 s without data", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{NoData: 30 * time.Second})}},
		{id: "no-no-data", about: "never gives up for want of data", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{NoData: 1000 * time.Hour})}},
		{id: "short-non-speech", about: "gives up after 50 s without speech, as an old manual says", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{NonSpeech: 50 * time.Second})}},
		{id: "no-non-speech", about: "never gives up for want of speech", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{NonSpeech: 1000 * time.Hour})}},
		{id: "endless-utterances", heavy: true, about: "never cuts an utterance", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{Utterance: time.Hour})}},
		{id: "small-uploads", heavy: true, about: "takes 8 MiB", surfaces: "sync", options: []fake.Option{fake.WithLimits(fake.Limits{Upload: 8 << 20})}},
		{id: "large-uploads", heavy: true, about: "takes 64 MiB", surfaces: "sync", options: []fake.Option{fake.WithLimits(fake.Limits{Upload: 64 << 20})}},
	}
}

// onKey changes replies that hand out a key.
func onKey(change func(a *answer)) func(*http.Request, *answer) {
	return func(r *http.Request, a *answer) {
		if strings.HasSuffix(r.URL.Path, "/issue_service_authorization") && len(a.body) > 0 && a.status == http.StatusOK {
			change(a)
			a.header["Content-Length"] = []string{fmt.Sprint(len(a.body))}
		}
	}
}

func issueMutants() []mutant {
	const surfaces = "issue"
	return []mutant{
		{id: "key-with-line-end", about: "ends the key with a line end", surfaces: surfaces, change: onKey(func(a *answer) { a.body = append(a.body, '\n') })},
		{id: "key-as-json", about: "wraps the key into JSON", surfaces: surfaces, change: onKey(func(a *answer) {
			a.body = []byte(`{"key":"` + string(a.body) + `"}`)
			a.header["Content-Type"] = []string{"application/json"}
		})},
		{id: "key-status-201", about: "answers 201 Created", surfaces: surfaces, change: onKey(func(a *answer) { a.status = http.StatusCreated })},
		{id: "key-as-octets", about: "sends keys as application/octet-stream", surfaces: surfaces, change: onKey(func(a *answer) { a.header["Content-Type"] = []string{"application/octet-stream"} })},
		{id: "no-cors", about: "sends no CORS headers", surfaces: "issue sync", change: func(_ *http.Request, a *answer) {
			delete(a.header, "Access-Control-Allow-Origin")
			delete(a.header, "Access-Control-Expose-Headers")
		}},
		{id: "three-keys", about: "issues three keys and no more", surfaces: surfaces, change: limitIssuance(3)},
		{id: "query-counts", about: "takes sid and spw from the query", surfaces: surfaces, request: queryToForm},
		{id: "get-issues", about: "issues by GET", surfaces: surfaces, request: func(r *http.Request) {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/issue_service_authorization") {
				r.Method = http.MethodPost
				setForm(r, r.URL.RawQuery)
			}
		}},
		{id: "nobody-needs-credentials", about: "issues a key to whoever asks", surfaces: surfaces, request: func(r *http.Request) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/issue_service_authorization") {
				if body := formBody(r); !strings.Contains(body, "sid=") && r.Header.Get("Authorization") == "" {
					setForm(r, body+"&sid=demo&spw=demo-password")
				}
			}
		}},
		{id: "plus-is-plus", about: "does not decode + in a form", surfaces: surfaces, request: onForm(func(body string) string { return strings.ReplaceAll(body, "+", "%2B") })},
		{id: "bearer-first", about: "looks at the bearer header before sid and spw", surfaces: surfaces, request: func(r *http.Request) {
			if body := formBody(r); r.Header.Get("Authorization") != "" && strings.Contains(body, "sid=") {
				setForm(r, "epi=1000")
			}
		}},
		{id: "issued-key-short", about: "lets keys live at most a minute", surfaces: surfaces, request: onForm(func(body string) string {
			return regexp.MustCompile(`epi=[^&]*`).ReplaceAllString(body, "epi=60000")
		})},
	}
}

func limitIssuance(most int) func(*http.Request, *answer) {
	n := make(map[string]int) // by server; scripts have their own
	return onKeyOf(func(r *http.Request, a *answer) {
		countMutex.Lock()
		defer countMutex.Unlock()
		n[r.Host]++
		if n[r.Host] > most {
			a.status, a.body = http.StatusTooManyRequests, nil
			a.header["Content-Length"] = []string{"0"}
		}
	})
}

func onKeyOf(change func(r *http.Request, a *answer)) func(*http.Request, *answer) {
	return func(r *http.Request, a *answer) { onKey(func(a *answer) { change(r, a) })(r, a) }
}

// onResult changes replies of the synchronous interface.
func onResult(change func(a *answer)) func(*http.Request, *answer) {
	return func(r *http.Request, a *answer) {
		if strings.HasSuffix(r.URL.Path, "/recognize") && r.Method == http.MethodPost {
			change(a)
			if _, has := a.header["Content-Length"]; has {
				a.header["Content-Length"] = []string{fmt.Sprint(len(a.body))}
			}
		}
	}
}

// inBody replaces a text in the body of results.
func inBody(pattern, replacement string) func(*http.Request, *answer) {
	re := regexp.MustCompile(pattern)
	return onResult(func(a *answer) { a.body = re.ReplaceAll(a.body, []byte(replacement)) })
}

func syncMutants() []mutant {
	const surfaces = "sync"
	header := func(name, value string) func(*http.Request, *answer) {
		return onResult(func(a *answer) { a.header[name] = []string{value} })
	}
	return []mutant{
		{id: "session-id-canonical", about: "writes X-Session-Id, as Go's Header.Set does", surfaces: surfaces, change: onResult(func(a *answer) {
			a.header["X-Session-Id"] = a.header["X-Session-ID"]
			delete(a.header, "X-Session-ID")
		})},
		{id: "session-id-missing", about: "sends no session id", surfaces: surfaces, change: onResult(func(a *answer) { delete(a.header, "X-Session-ID") })},
		{id: "session-id-constant", about: "sends the same session id every time", surfaces: surfaces, change: header("X-Session-ID", "018122d65d370a30116494c8")},
		{id: "session-id-uuid", about: "sends UUIDs for session ids", surfaces: surfaces, change: onResult(func(a *answer) {
			a.header["X-Session-ID"] = []string{"6ba7b810-9dad-11d1-80b4-" + a.header["X-Session-ID"][0][12:]}
		})},
		{id: "line-feed", about: "ends the JSON with LF", surfaces: surfaces, change: inBody(`\r\n$`, "\n")},
		{id: "no-line-end", about: "ends the JSON with nothing", surfaces: surfaces, change: inBody(`\r\n$`, "")},
		{id: "refused-with-401", about: "answers 401 to a wrong key", surfaces: surfaces, change: onResult(func(a *answer) {
			if bytes.Contains(a.body, []byte(`"code":"-"`)) {
				a.status = http.StatusUnauthorized
			}
		})},
		{id: "length-missing", about: "ends replies with the connection", surfaces: surfaces, change: onResult(func(a *answer) {
			delete(a.header, "Content-Length")
			a.header["Connection"] = []string{"close"}
			a.header["Transfer-Encoding"] = []string{"identity"}
		})},
		{id: "connection-closed", about: "closes the connection after each reply", surfaces: surfaces, change: header("Connection", "close")},
		{id: "session-id-not-exposed", about: "does not expose X-Session-ID to pages", surfaces: "issue sync", change: func(_ *http.Request, a *answer) { delete(a.header, "Access-Control-Expose-Headers") }},
		{id: "refusal-with-id", about: "gives the refusal of a key an utterance id", surfaces: surfaces, change: inBody(`"text":"","code":"-"`, `"utteranceid":"x","text":"","code":"-"`)},
		{id: "refusal-with-numbers", about: "gives the refusal of a key confidence and times", surfaces: surfaces, change: inBody(`"tokens":\[\],"tags"`, `"tokens":[],"confidence":0,"starttime":0,"endtime":0,"tags"`)},
		{id: "other-refusal-text", about: "refuses keys with another text", surfaces: surfaces, change: inBody("received illegal service authorization", "invalid API key")},
		{id: "key-echoed", about: "quotes the key when it refuses it", surfaces: surfaces, change: inBody("received illegal service authorization", "received illegal service authorization demo-key")},
		{id: "silence-is-success", about: "answers silence without a code", surfaces: surfaces, change: inBody(`"code":"o","message":"[^"]*"`, `"code":"","message":""`)},
		{id: "silence-without-text", about: "answers silence with a code and no message", surfaces: surfaces, change: inBody(`"code":"o","message":"[^"]*"`, `"code":"o","message":""`)},
		{id: "silence-is-server-error", about: "answers silence with 500", surfaces: surfaces, change: onResult(func(a *answer) {
			if bytes.Contains(a.body, []byte(`"text":"","code":"`)) && !bytes.Contains(a.body, []byte(`"code":"-"`)) {
				a.status = http.StatusInternalServerError
			}
		})},
		{id: "no-log-path-missing", about: "does not know /v1/nolog/recognize", surfaces: surfaces, request: func(r *http.Request) {
			if r.URL.Path == "/v1/nolog/recognize" {
				r.URL.Path = "/nowhere"
			}
		}},
		{id: "get-recognizes", about: "takes GET for recognition", surfaces: surfaces, request: func(r *http.Request) {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/recognize") {
				r.Method = http.MethodPost
			}
		}},
		{id: "no-preflight", about: "answers no preflight", surfaces: surfaces, request: func(r *http.Request) {
			if r.Method == http.MethodOptions {
				r.Method = http.MethodHead
			}
		}},
	}
}

func resultMutants() []mutant {
	const surfaces = "sync stream"
	both := func(id, about, pattern, replacement string) mutant {
		re := regexp.MustCompile(pattern)
		return mutant{
			id: id, about: about, surfaces: surfaces, change: inBody(pattern, replacement),
			tamper: tamper{out: onText("A ", func(_ *tampered, text string) []string { return []string{re.ReplaceAllString(text, replacement)} })},
		}
	}
	return []mutant{
		both("raw-utf8", "writes characters as they are", `\\u3053`, "\u3053"),
		both("blanks-in-json", "writes blanks between the parts of JSON", `,"text":`, `, "text": `),
		both("text-first", "writes text before results", `^(A )?\{"results":(.*),"text":("[^"]*"),"code"(.*)$`, `$1{"text":$3,"results":$2,"code"$4`),
		both("two-results", "splits a result in two", `("rulename":"","text":"[^"]*"\})\]`, `$1,{"tokens":[],"tags":[],"rulename":"","text":""}]`),
		both("json-cut-short", "ends its JSON early", `,"message":"[^"]*"\}`, ""),
		both("texts-differ", "writes two different texts", `\}\],("utteranceid":"[^"]*",)?"text":"`, `}],$1"text":"x`),
		both("code-without-message", "gives every result a code", `"code":"","message":""`, `"code":"?","message":""`),
		both("percent-confidence", "gives confidence in percent", `"confidence":0\.9`, `"confidence":9.9`),
		both("times-from-utterance", "counts the times of tokens from the utterance", `("written":"[^"]*","confidence":[0-9.]+),"starttime":[0-9]+`, `$1,"starttime":0`),
		both("no-spoken", "leaves out the readings", `,"spoken":"[^"]*"`, ""),
		both("no-utterance-id", "leaves out the utterance id", `"utteranceid":"[^"]*",`, ""),
		both("no-tags", "leaves out tags and rulename", `"tags":\[\],"rulename":"",`, ""),
		both("session-in-id", "gives utterances other ids", `"utteranceid":"[^"]*"`, `"utteranceid":"42"`),
		both("label-always", "labels every token", `("written":"[^"]*")`, `$1,"label":"speaker0"`),
		both("label-never", "labels no token", `,"label":"[^"]*"`, ""),
		both("sentiment", "adds sentiments", `("code":"[^"]*","message":"[^"]*"\})`, `"sentiment_analysis":{},$1`),
		both("filler-kept", "keeps fillers", `("code":"","message":)`, `"fillers":"%",$1`),
		both("end-time-halved", "takes the rate for twice as high", `("starttime":[0-9]+,"endtime":)[0-9]+(,"tags")`, `${1}1000$2`),
		both("no-end-time", "leaves out the end of the utterance", `("starttime":[0-9]+),"endtime":[0-9]+(,"tags")`, `$1$2`),
		both("nothing-understood", "rejects everything", `(?s)\{"results":.*"code":"","message":""\}`, `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"o","message":"recognition result is rejected because confidence is below the threshold"}`),
		both("text-with-code", "keeps the text of rejected results", `"text":"","code":"o"`, `"text":"x","code":"o"`),
	}
}

// requestMutants understand less of a request than the service does.
func requestMutants() []mutant {
	const surfaces = "sync"
	body := func(id, about, pattern, replacement string) mutant {
		re := regexp.MustCompile(pattern)
		return mutant{id: id, about: about, surfaces: surfaces, request: onBody(func(_ *http.Request, b []byte) []byte { return re.ReplaceAll(b, []byte(replacement)) })}
	}
	query := func(id, about, pattern, replacement string) mutant {
		re := regexp.MustCompile(pattern)
		return mutant{id: id, about: about, surfaces: surfaces, request: func(r *http.Request) { r.URL.RawQuery = re.ReplaceAllString(r.URL.RawQuery, replacement) }}
	}
	part := func(name string) string { return `(?s)name="` + name + `"\r\n\r\n` }
	return []mutant{
		query("key-in-query-ignored", "does not look for u in the query", `u=[^&]*`, ""),
		{id: "key-in-header-ignored", about: "does not take a bearer token", surfaces: surfaces, request: func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/recognize") {
				r.Header.Del("Authorization")
			}
		}},
		body("key-in-d-ignored", "does not look for a key inside of d", `authorization=`, "x="),
		body("u-ignored", "does not know u", part("u"), "name=\"x\"\r\n\r\n"),
		body("c-ignored", "does not look at c", part("c"), "name=\"x\"\r\n\r\n"),
		body("c-case-sensitive", "asks for capitals in c", `lsb16k`, "nothing"),
		body("c-first", "believes c more than the header", `RIFF`, "XIFF"),
		body("engine-name-required", "asks for grammarFileNames", `name="d"\r\n\r\n-a-general\r\n`, "name=\"d\"\r\n\r\n\r\n"),
		body("engine-name-unknown", "does not know grammarFileNames", `grammarFileNames=`, "engine="),
		body("percent-unknown", "does not decode values of d", `%2D`, "%252D"),
		body("blank-breaks-d", "takes d for a name when it has several words", `(name="d"\r\n\r\n-a-general) [^\r]*`, "$1-and-more"),
		body("settings-break-d", "refuses settings in d", `(grammarFileNames=-a-general) [a-zA-Z]+=[^\r]*`, "$1-x"),
		body("preamble-refused", "refuses bytes before the first boundary", `^\r\n--`, "\r\nX-"),
		body("filename-required", "takes only files for audio", `name="a"\r\n`, "name=\"x\"\r\n"),
		body("filename-refused", "takes no files", `name="a"; filename="[^"]*"`, `name="x"`),
		body("ampersand-forgiven", "takes an ampersand in d for a blank", `&profileWords=x`, " profileWords=x"),
		body("big-endian-unknown", "takes MSB for LSB", `MSB16K`, "LSB16K"),
		body("48k-unknown", "takes 48 kHz for 16 kHz", `LSB48K`, "LSB16K"),
		body("law-unknown", "takes telephone audio for samples", `MULAW|ALAW`, "LSB16K"),
		body("e2e-unknown", "does not know end-to-end engines", `-a2-ja-general`, "-a2-unknown"),
		body("r-unknown", "takes r for the audio", `name="r"`, `name="a"`),
		body("file-header-unknown", "does not read WAV headers of 44.1 and 11 kHz", `\x44\xac\x00\x00|\x11\x2b\x00\x00`, "\x80\x3e\x00\x00"),
		body("g711-wav-unknown", "does not read G.711 in WAV files", `WAVEfmt \x10\x00\x00\x00\x07\x00`, "WAVEfmt \x10\x00\x00\x00\x99\x00"),
		{id: "behind-audio-seen", about: "reads the parts behind the audio", surfaces: surfaces, request: onBody(partsFirst)},
		{id: "query-loses", about: "prefers the body to the query", surfaces: surfaces, request: func(r *http.Request) {
			onBody(func(r *http.Request, b []byte) []byte {
				if bytes.Contains(b, []byte(`name="u"`)) {
					r.URL.RawQuery = regexp.MustCompile(`u=[^&]*`).ReplaceAllString(r.URL.RawQuery, "")
				}
				return b
			})(r)
		}},
		{id: "chunks-refused", about: "asks for a Content-Length", surfaces: surfaces, request: func(r *http.Request) {
			if len(r.TransferEncoding) > 0 {
				r.URL.Path = "/411"
			}
		}},
		{id: "unknown-audio-fails", about: "fails on audio that it does not know", surfaces: surfaces, request: onBody(func(r *http.Request, b []byte) []byte {
			if bytes.Contains(b, []byte("\x3f\x8a\x11\xc0\x77")) || bytes.Contains(b, []byte("name=\"a\"\r\n\r\n\r\n")) || bytes.Contains(b, []byte("-a-nonexistent")) || !bytes.Contains(b, []byte(`name="d"`)) {
				r.URL.Path = "/500"
			}
			return b
		})},
	}
}

// onText changes text messages of the server that begin with a prefix.
func onText(prefix string, change func(s *tampered, text string) []string) func(*tampered, wire.Frame) []wire.Frame {
	return func(s *tampered, f wire.Frame) []wire.Frame {
		if f.Opcode != wire.Text || !strings.HasPrefix(string(f.Payload), prefix) {
			return []wire.Frame{f}
		}
		var frames []wire.Frame
		for _, text := range change(s, string(f.Payload)) {
			if text == cutText {
				frames = append(frames, wire.Frame{Opcode: cut})
				continue
			}
			frames = append(frames, textFrame(text))
		}
		return frames
	}
}

func frameMutants() []mutant {
	const surfaces = "stream"
	all := func(change func(f wire.Frame) []wire.Frame) tamper {
		return tamper{out: func(_ *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode != wire.Text {
				return []wire.Frame{f}
			}
			return change(f)
		}}
	}
	return []mutant{
		{id: "binary-packets", about: "sends packets as binary messages", surfaces: surfaces, tamper: all(func(f wire.Frame) []wire.Frame {
			f.Opcode = wire.Binary
			return []wire.Frame{f}
		})},
		{id: "fragments", about: "fragments its packets", surfaces: surfaces, tamper: all(func(f wire.Frame) []wire.Frame {
			return []wire.Frame{{Opcode: wire.Text, Payload: f.Payload[:1]}, {Fin: true, Opcode: wire.Continuation, Payload: f.Payload[1:]}}
		})},
		{id: "masked-packets", about: "masks its frames", surfaces: surfaces, tamper: all(func(f wire.Frame) []wire.Frame {
			f.Masked = true
			return []wire.Frame{f}
		})},
		{id: "pings", about: "sends a ping before each packet", surfaces: surfaces, tamper: all(func(f wire.Frame) []wire.Frame {
			return []wire.Frame{{Fin: true, Opcode: wire.Ping, Payload: []byte("x")}, f}
		})},
	}
}

func answerMutants() []mutant {
	const surfaces = "stream"
	text := func(id, about, prefix string, change func(s *tampered, text string) []string) mutant {
		return mutant{id: id, about: about, surfaces: surfaces, tamper: tamper{out: onText(prefix, change)}}
	}
	swap := func(id, about, prefix, old, replacement string) mutant {
		return text(id, about, prefix, func(_ *tampered, s string) []string { return []string{strings.ReplaceAll(s, old, replacement)} })
	}
	return []mutant{
		text("closes-instead-of-s", "closes without answering a refused s", "s ", func(*tampered, string) []string { return []string{cutText} }),
		text("closes-instead-of-e", "closes without answering e", "e", func(*tampered, string) []string { return []string{cutText} }),
		text("s-twice", "answers s twice", "s", func(_ *tampered, s string) []string { return []string{s, s} }),
		text("e-twice", "answers e twice", "e", func(_ *tampered, s string) []string { return []string{s, s} }),
		text("blank-behind-s", "answers s with a blank behind it", "s", func(_ *tampered, s string) []string { return []string{s + " "} }),
		text("ok-behind-s", "answers s with text", "s", func(_ *tampered, s string) []string {
			if s == "s" {
				return []string{"s ok"}
			}
			return []string{s}
		}),
		swap("no-blank-in-errors", "leaves out the blank in errors", "s ", "s ", "s"),
		swap("expiry-in-jst", "tells the expiry in Japanese time", "s service", "+0000", "+0900"),
		swap("expiry-without-instant", "does not tell the expiry", "s service", "expired: ", "expired "),
		text("lateness-rounded-up", "rounds the lateness up", "s service", func(_ *tampered, s string) []string {
			return []string{strings.Replace(s, "(-21s)", "(-22s)", 1)}
		}),
		swap("lateness-positive", "tells the lateness without its sign", "s service", "(-", "("),
		swap("expired-is-invalid", "does not tell expiry from a wrong key", "s service", "s service authorization has expired", "s can't validate service authorization"),
		swap("typographic-apostrophe", "writes a typographic apostrophe", "", "can't", "can’t"),
		swap("wrong-key-text", "has another text for a wrong key", "s can't", "validate", "verify"),
		swap("timeout-text", "has one text for both time-outs", "e timeout", " while recognizing audio data from client", ""),
		swap("timeout-text-long", "has the long text for both time-outs", "e timeout occurred", "e timeout occurred", "e timeout occurred while recognizing audio data from client"),
		swap("p-error-text", "has another text for refused audio", "p ", "can't feed audio data to recognizer server", "audio refused"),
		swap("p-format-text", "has another text for unsupported audio", "p ", "received unsupported audio format", "bad format"),
		text("p-error-twice", "says each p error twice", "p ", func(_ *tampered, s string) []string { return []string{s, s} }),
		text("p-error-silent", "says no p error", "p ", func(*tampered, string) []string { return nil }),
		text("p-error-closes", "closes after a p error", "p ", func(_ *tampered, t string) []string { return []string{t, cutText} }),
		text("key-in-error", "quotes the key when it refuses s", "s can't validate", func(_ *tampered, s string) []string { return []string{s + " demo-key"} }),
		text("closes-after-e", "closes after e", "e", func(_ *tampered, t string) []string { return []string{t, cutText} }),
		{id: "p-acknowledged", about: "acknowledges p", surfaces: surfaces, tamper: tamper{in: func(s *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && bytes.HasPrefix(f.Payload, []byte("p")) {
				s.inject(textFrame("p"))
			}
			return []wire.Frame{f}
		}}},
		{id: "refused-e-silent", about: "does not answer e without a cycle", surfaces: surfaces, tamper: tamper{out: onText("e can't", func(*tampered, string) []string { return nil })}},
		{id: "refused-s-silent", about: "does not answer s inside of a cycle", surfaces: surfaces, tamper: tamper{out: onText("s can't start", func(*tampered, string) []string { return nil })}},
	}
}

func eventMutants() []mutant {
	const surfaces = "stream"
	text := func(id, about, prefix string, change func(s *tampered, text string) []string) mutant {
		return mutant{id: id, about: about, surfaces: surfaces, tamper: tamper{out: onText(prefix, change)}}
	}
	swap := func(id, about, prefix, pattern, replacement string) mutant {
		re := regexp.MustCompile(pattern)
		return text(id, about, prefix, func(_ *tampered, s string) []string { return []string{re.ReplaceAllString(s, replacement)} })
	}
	// hold keeps messages back until another comes, and puts them before or behind it.
	hold := func(id, about, prefix, until string, behind bool) mutant {
		return mutant{id: id, about: about, surfaces: surfaces, tamper: tamper{out: func(s *tampered, f wire.Frame) []wire.Frame {
			switch t := string(f.Payload); {
			case f.Opcode == wire.Text && strings.HasPrefix(t, prefix):
				s.held = append(s.held, f)
				return nil
			case f.Opcode == wire.Text && strings.HasPrefix(t, until):
				frames := append([]wire.Frame{f}, s.held...)
				if !behind {
					frames = append(s.held, f) //nolint:gocritic // the other way round
				}
				s.held = nil
				return frames
			}
			return []wire.Frame{f}
		}}}
	}
	return []mutant{
		swap("fractional-start", "tells fractions of milliseconds", "S ", `$`, ".5"),
		swap("fractional-end", "tells fractions of milliseconds at the end", "E ", `$`, ".5"),
		swap("start-in-seconds", "tells S in seconds", "S ", `^S ([0-9]*?)[0-9]{1,3}$`, "S 0$1"),
		swap("end-in-seconds", "tells E in seconds", "E ", `^E ([0-9]*?)[0-9]{1,3}$`, "E 0$1"),
		swap("start-doubled", "counts bytes for milliseconds", "S ", `^S ([1-9][0-9]*)$`, "S ${1}0"),
		text("no-start", "sends no S", "S ", func(*tampered, string) []string { return nil }),
		text("no-end", "sends no E", "E ", func(*tampered, string) []string { return nil }),
		text("no-c", "sends no C", "C", func(*tampered, string) []string { return nil }),
		text("c-twice", "sends C twice", "C", func(_ *tampered, s string) []string { return []string{s, s} }),
		text("no-result", "sends no A", "A ", func(*tampered, string) []string { return nil }),
		text("result-twice", "sends every A twice", "A ", func(_ *tampered, s string) []string { return []string{s, s} }),
		swap("result-as-r", "sends R in place of A", "A ", `^A `, "R "),
		hold("results-saved-up", "sends results with the answer to e", "A ", "e", false),
		hold("results-after-end", "sends results behind the answer to e", "A ", "e", true),
		hold("end-after-result", "sends E behind A", "E ", "A ", true),
		hold("start-after-c", "sends S behind C", "S ", "C", true),
		hold("c-after-result", "sends C behind A", "C", "A ", true),
		text("no-interim", "sends no U", "U ", func(*tampered, string) []string { return nil }),
		swap("interim-without-dots", "leaves out the dots of U", "U ", `\.\.\.`, ""),
		swap("interim-texts-differ", "writes two different texts into U", "U ", `"\}\],"text"`, `x"}],"text"`),
		swap("interim-like-final", "gives U an id, a code and times", "U ", `\}$`, `,"utteranceid":"x","code":"","message":""}`),
		text("words-before-answer", "sends an event before the answer to s", "s", func(_ *tampered, s string) []string { return []string{"C", s} }),
		text("unknown-letter", "sends packets that nobody knows", "C", func(_ *tampered, s string) []string { return []string{s, "X 1"} }),
		{id: "times-go-on", about: "goes on counting in the next cycle", surfaces: surfaces, tamper: tamper{out: onText("S ", func(s *tampered, t string) []string {
			if s.cycles > 1 {
				return []string{"S 3000" + t[2:]}
			}
			return []string{t}
		})}},
		{id: "silence-is-speech", about: "hears speech in silence", surfaces: surfaces, tamper: tamper{in: func(s *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Text && string(f.Payload) == "e" && s.fed > 20 && s.events < 3 {
				s.inject(textFrame("S 0"), textFrame("C"), textFrame("E 100"))
			}
			return []wire.Frame{f}
		}}},
		{id: "pause-ignored", about: "hears one utterance where there are two", surfaces: surfaces, tamper: tamper{out: func(s *tampered, f wire.Frame) []wire.Frame {
			if t := string(f.Payload); f.Opcode == wire.Text && (strings.HasPrefix(t, "E ") || strings.HasPrefix(t, "A ")) && s.last != "e" {
				s.held = append(s.held, f)
				return nil
			}
			return []wire.Frame{f}
		}, in: func(_ *tampered, f wire.Frame) []wire.Frame { return []wire.Frame{f} }}},
	}
}

// commandMutants understand less of what a client sends than the service does.
func commandMutants() []mutant {
	const surfaces = "stream"
	in := func(id, about string, change func(s *tampered, f wire.Frame) []wire.Frame) mutant {
		return mutant{id: id, about: about, surfaces: surfaces, tamper: tamper{in: change}}
	}
	command := func(id, about, pattern, replacement string) mutant {
		re := regexp.MustCompile(pattern)
		return in(id, about, func(_ *tampered, f wire.Frame) []wire.Frame {
			if bytes.HasPrefix(f.Payload, []byte("s ")) {
				f.Payload = re.ReplaceAll(f.Payload, []byte(replacement))
			}
			return []wire.Frame{f}
		})
	}
	const refused = " refused authorization=x"
	drop := []wire.Frame{{Opcode: cut}}
	return []mutant{
		command("trailing-blank-refused", "refuses a blank at the end of s", ` $`, refused),
		command("unknown-parameter-refused", "refuses parameters that it does not know", ` output=json.*`, refused),
		command("key-last", "reads the key at the end of s alone", `authorization=\S+ .*`, "x"),
		command("lower-case-refused", "asks for capitals in formats", `^s (lsb16k|mulaw) `, "s nothing "),
		command("quotes-unknown", "does not know quotes", `"([^"]* [^"]*)" authorization=`, `$1 x=`),
		command("quotes-are-text", "takes quotes for a part of the value", `="useDiarizer=1" authorization=`, `=useDiarizer=1 x=`),
		command("doubled-quotes-unknown", "does not know doubled quotes", `"".* authorization=`, `" x=`),
		command("colon-refused", "refuses a colon before profileId", `profileId=:.* authorization=`, "x="),
		command("engine-required", "refuses an s without an engine", "\x01", "-a-nothing"),
		command("glued-forgiven", "finds the end of a key by itself", `(authorization=\S+?)(profileWords=)`, "$1 $2"),
		command("engines-unchecked", "takes any engine", `-a-nosuchengine`, "-a-general"),
		command("formats-unchecked", "takes any format", `LSB96K`, "LSB16K"),
		command("key-not-needed", "serves without a key", `^(s LSB16K -a-general)$`, "$1 authorization=demo-key"),
		command("interval-ignored", "ignores resultUpdatedInterval", ` resultUpdatedInterval=[0-9]+`, ""),
		command("diarizer-ignored", "ignores useDiarizer", `useDiarizer=1`, "x=1"),
		command("msb-is-lsb", "takes MSB for LSB", `^s MSB16K`, "s LSB16K"),
		command("law-is-pcm", "takes G.711 for PCM", `^s (MULAW|ALAW)`, "s LSB8K"),
		command("timing-refused", "refuses parameters of 2025", ` maxDecodingTime=.*`, refused),
		command("extension-refused", "refuses extension", ` extension=.*`, refused),
		command("e2e-refused", "does not know end-to-end engines", `-a2-ja-general`, "-a2-nothing"),
		command("fillers-refused", "refuses keepFillerToken", ` keepFillerToken=.*`, refused),
		command("async-labels", "takes speakerDiarization for the diarizer", `speakerDiarization=True`, "segmenterProperties=useDiarizer=1"),
		in("binary-commands-refused", "drops commands in binary messages", func(_ *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && !bytes.HasPrefix(f.Payload, []byte("p")) && len(f.Payload) > 0 && (f.Payload[0] == 's' || f.Payload[0] == 'e') {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("fragments-refused", "drops fragmented messages", func(_ *tampered, f wire.Frame) []wire.Frame {
			if !f.Fin {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("empty-p-refused", "drops a p without audio", func(_ *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && string(f.Payload) == "p" {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("bare-audio-taken", "takes audio without its p", func(_ *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && f.Fin && len(f.Payload) > 0 && f.Payload[0] == 0 {
				f.Payload = append([]byte("p"), f.Payload...)
			}
			return []wire.Frame{f}
		}),
		in("audio-required", "fails a cycle without audio", func(s *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Text && string(f.Payload) == "e" && s.fed == 0 {
				s.inject(textFrame("e no audio"))
				return drop
			}
			return []wire.Frame{f}
		}),
		in("one-cycle", "takes one cycle on a connection", func(s *tampered, f wire.Frame) []wire.Frame {
			if bytes.HasPrefix(f.Payload, []byte("s ")) && s.cycles > 0 {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("p-after-e-drops", "drops the connection on a p behind e", func(s *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && s.last == "e" {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("headers-unread", "does not read headers under 16K", func(_ *tampered, f wire.Frame) []wire.Frame {
			f.Payload = bytes.Replace(f.Payload, []byte("RIFF"), []byte("\x00\x00\x00\x00"), 1)
			return []wire.Frame{f}
		}),
		{id: "no-log-stream-missing", about: "does not know /v1/nolog/", surfaces: surfaces, request: func(r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/v1/nolog") {
				r.URL.Path = "/nowhere"
			}
		}},
		{id: "slash-required", about: "does not know paths without their slash", surfaces: surfaces, request: func(r *http.Request) {
			if r.URL.Path == "/v1" || r.URL.Path == "/v1/nolog" {
				r.URL.Path = "/nowhere"
			}
		}},
		{id: "origin-refused", about: "refuses pages of other origins", surfaces: surfaces, request: func(r *http.Request) {
			if r.Header.Get("Origin") != "" {
				r.URL.Path = "/nowhere"
			}
		}},
		{id: "extension-breaks-handshake", about: "refuses a handshake that offers extensions", surfaces: surfaces, request: func(r *http.Request) {
			if r.Header.Get("Sec-Websocket-Extensions") != "" {
				r.URL.Path = "/nowhere"
			}
		}},
	}
}
