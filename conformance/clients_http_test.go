package conformance_test

import (
	"strings"
	"time"

	"mockamivoice/fake"
)

const urlencoded = "Content-Type: application/x-www-form-urlencoded"

// credentials are those of the demo service, as a form.
func credentials(more string) string { return "sid=" + demo().SID + "&spw=" + demo().SPW + more }

func badIssuers() []badClient {
	form := func(id, laws, form string, headers ...string) badClient {
		return badClient{id: id, laws: laws, act: func(a *actor) { a.issue(form, headers...) }}
	}
	return []badClient{
		{id: "issues-with-get", laws: "issue.post key.no-password-in-url", act: func(a *actor) {
			a.request("GET /issue_service_authorization?"+credentials(""), nil, "")
		}},
		{id: "issues-with-a-query", laws: "key.no-password-in-url", act: func(a *actor) {
			a.request("POST /issue_service_authorization?"+credentials(""), []string{urlencoded}, "")
		}},
		{id: "issues-with-json", laws: "issue.form", act: func(a *actor) {
			a.request("POST /issue_service_authorization", []string{"Content-Type: application/json"}, `{"sid":"`+demo().SID+`"}`)
		}},
		form("issues-for-nobody", "issue.credentials", "epi=5m"),
		form("issues-for-half-an-hour-and-a-half", "issue.epi", credentials("&epi=1.5h")),
		form("issues-with-a-bare-plus", "issue.epi", credentials("&epi=2027-01-01T00:00:00+09:00")),
		form("issues-for-a-host", "issue.ipa", credentials("&ipa=office.example")),
		{id: "issues-for-yesterday", server: "issue.alive", act: func(a *actor) { a.issue(credentials("&epi=2026/07/29")) }},
		form("issues-in-a-page", "key.no-password-in-page", credentials(""), "Origin: https://app.example"),
	}
}

func badUploaders() []badClient {
	recording := func(id, laws string, parts ...string) badClient {
		return badClient{id: id, laws: laws, act: func(a *actor) {
			for i := range parts {
				parts[i] = strings.Replace(parts[i], "KEY", a.key, 1)
			}
			a.recording(parts...)
		}}
	}
	file, samples := "a="+speech("WAV16K", time.Second), "a="+speech("LSB16K", time.Second)
	const key, engine = "u=KEY", "d=-a-general"
	return []badClient{
		{id: "uploads-with-get", laws: "sync.post", act: func(a *actor) { a.request("GET /v1/recognize", nil, "") }},
		recording("key-behind-audio", "sync.audio-last", engine, file, key),
		recording("audio-called-file", "sync.audio", key, engine, "file=x"),
		recording("empty-audio", "sync.audio", key, engine, "a="),
		recording("no-engine", "sync.engine", key, file),
		recording("no-key", "sync.key", engine, file),
		recording("wav-for-c", "sync.format-known", key, engine, "c=wav", file),
		recording("bare-samples-without-c", "sync.format-given", key, engine, samples),
		recording("too-large", "sync.size", key, engine, "c=LSB16K", samples+strings.Repeat("\x00\x01", 1<<23)),
		recording("ampersands-in-d", "sync.separator", key, "d=grammarFileNames=-a-general&keepFillerToken=1", file),
		recording("no-log-by-parameter", "http.async-parameters", key, engine+" loggingOptOut=True", file),
		recording("half-a-sample", "audio.whole-samples", key, engine, "c=LSB16K", samples+"x"),
	}
}

func badKeepers() []badClient {
	file := "a=" + speech("WAV16K", time.Second)
	return []badClient{
		{id: "key-in-query", laws: "key.not-in-url", act: func(a *actor) {
			l := a.dial()
			l.upload("/v1/recognize?d=-a-general&u="+a.key, file)
			l.close()
		}},
		{id: "key-in-handshake", laws: "key.only-in-s", act: func(a *actor) { a.connect("/v1/", "Authorization: Bearer "+a.key).close() }},
		{id: "key-in-address", laws: "key.not-in-url", act: func(a *actor) { a.connect("/v1/?authorization=" + a.key).close() }},
		{id: "expired-key-again", laws: "key.expired", act: func(a *actor) {
			a.key = a.made(fake.KeyRequest{EPI: "2s"})
			a.pass(3 * time.Second)
			for range 2 {
				a.refused(a.s("LSB16K"))
			}
		}},
		{id: "expired-key-for-a-recording", laws: "key.expired", act: func(a *actor) {
			a.key = a.made(fake.KeyRequest{EPI: "2s"})
			a.pass(3 * time.Second)
			a.refused(a.s("LSB16K"))
			a.recording("u="+a.key, "d=-a-general", file)
		}},
	}
}

// refused sends an s that is refused, and leaves.
func (a *actor) refused(s string) {
	a.t.Helper()
	l := a.connect("/v1/")
	l.send(s)
	if got := l.answer(); !strings.HasPrefix(got, "s ") {
		a.t.Fatalf("answer to s: %q", got)
	}
	l.close()
}

func badRetriers() []badClient {
	return []badClient{
		{id: "refused-s-again", laws: "retry.unchanged-start", act: func(a *actor) {
			a.key = a.made(fake.KeyRequest{EPI: "1h", BadCredentials: true})
			for range 2 {
				a.refused(a.s("LSB16K"))
			}
		}},
		{id: "refused-audio-again", laws: "retry.unchanged-audio", act: func(a *actor) {
			l := a.begin(a.s("16K"))
			for again := range 2 {
				if again > 0 {
					l.send(a.s("16K"))
					l.answer()
				}
				l.feed("\x00\x00\x00\x18ftypM4A and so on, long enough to tell")
				l.answer()
			}
			l.close()
		}},
		{id: "refused-recording-again", laws: "retry.unchanged-recording", act: func(a *actor) {
			a.key = a.made(fake.KeyRequest{EPI: "1h", BadCredentials: true})
			l := a.dial()
			for range 2 {
				l.upload("/v1/recognize", "u="+a.key, "d=-a-general", "a="+speech("WAV16K", time.Second))
			}
			l.close()
		}},
		{id: "hammers", laws: "retry.pause retry.storm", options: choice("stream-unknown-engine", "unavailable"), act: func(a *actor) {
			for range 12 { // a busy machine pauses here and there
				a.refused("s LSB16K -a-nothing authorization=" + a.key)
			}
		}},
		{id: "connects-again-and-again", laws: "retry.storm", options: choice("stream-unknown-engine", "unavailable"), act: func(a *actor) {
			for range 6 {
				a.refused("s LSB16K -a-nothing authorization=" + a.key)
				a.pass(time.Second)
			}
		}},
	}
}
