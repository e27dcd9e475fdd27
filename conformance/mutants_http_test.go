package conformance_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

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
		{id: "no-cors", about: "sends no CORS headers", surfaces: "issue sync async words", change: func(_ *http.Request, a *answer) {
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
	n := make(map[any]int) // by server; scripts have their own
	return onKeyOf(func(r *http.Request, a *answer) {
		countMutex.Lock()
		defer countMutex.Unlock()
		n[serverOf(r)]++
		if n[serverOf(r)] > most {
			a.status, a.body = http.StatusTooManyRequests, nil
			a.header["Content-Length"] = []string{"0"}
		}
	})
}

// serverOf tells one server from another. Their ports do not: a later one may get that of one that is gone.
func serverOf(r *http.Request) any { return r.Context().Value(http.ServerContextKey) }

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
		{id: "no-preflight", about: "answers no preflight", surfaces: "sync async words", request: func(r *http.Request) {
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
		both("raw-utf8", "writes characters as they are", `\\u3002`, "\u3002"),
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
		body("sync-diarizer-ignored", "ignores useDiarizer", `useDiarizer%3D1`, "x%3D1"),
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
