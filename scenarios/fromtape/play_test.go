package fromtape_test

import (
	"strings"
	"testing"
	"time"

	"mockamivoice/conformance"
	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

// What the server of a tape did becomes faults, and the fake does the same with them to a client that knows nothing of the tape.
func TestWhatAServerDidHappensAgain(t *testing.T) {
	const feed, ends = `- feed: {silence: 20ms}`, `- closed: true`
	for name, c := range map[string]struct {
		lines []string
		want  string   // the faults
		again []string // what the client does behind its s, and meets
	}{
		"a refused s": {
			[]string{start16, "< s can't validate service authorization"},
			"stream.start: error stream.start.unauthorized",
			[]string{`- expect: "s can't validate service authorization"`, ends},
		},
		"an expired key": {
			[]string{start16, "< s service authorization has expired: 2026/06/15 02:59:00.000 +0000 (-60s)"},
			"stream.start: expire-key",
			[]string{`- expect: "s service authorization has expired: ${any}"`, ends},
		},
		"words of its own": {
			[]string{start16, "< s no such luck"},
			`stream.start: replace by "s no such luck"`,
			[]string{`- expect: "s no such luck"`},
		},
		"a refused p": {
			[]string{start16, "< s", "> p 640", "> p 640", "< p can't feed audio data to recognizer server"},
			"stream.feed: error stream.feed.refused",
			[]string{`- expect: "s"`, feed, `- expect-none: 20ms`, feed, `- expect: "p can't feed audio data to recognizer server"`},
		},
		"a time-out": {
			[]string{start16, "< s", "> p 640", "< e timeout occurred"},
			"stream.feed: error stream.end.timeout",
			[]string{`- expect: "s"`, feed, `- expect: "e timeout occurred"`, ends},
		},
		"one without a p": {
			[]string{start16, "< s", "< e timeout occurred"},
			"stream.start: limit no_data",
			[]string{`- expect: "s"`, `- expect: "e timeout occurred"`, ends},
		},
		"a refused e": {
			[]string{start16, "< s", "> e", "< e can't stop feeding audio data to recognizer server"},
			"stream.end: error stream.end.state",
			[]string{`- expect: "s"`, `- end: true`, `- expect: "e can't stop feeding audio data to recognizer server"`},
		},
		"a reset": {
			[]string{start16, "< s", "> p 640", "| rst reset by the peer"},
			"stream.feed: reset",
			[]string{`- expect: "s"`, feed, `- closed: {by: fin}`},
		},
		"an end at e": {
			[]string{start16, "< s", "> e", "| fin the connection ended"},
			"stream.end: reset",
			[]string{`- expect: "s"`, `- end: true`, ends},
		},
		"an end at s": {[]string{start16, "| fin the connection ended"}, "stream.start: reset", []string{ends}},
		"a cut result": {
			[]string{start16, "< s", "> p 48000", "< S 100", "> e", "< C", "< E 1400", `< A {"results":[{"tok`},
			`stream.event A: replace by "A {\"results\":[{\"tok"`,
			[]string{`- expect: "s"`, `- feed: {speech: 1500ms}`, `- end: true`, `- expect: "S ${int}"`, `- any-order: ["C", "E ${int}"]`, `- expect: 'A {"results":[{"tok'`},
		},
		"no answer to s": {[]string{start16, "~", "| fin by the client"}, "stream.start: no-answer", []string{`- expect-none: 50ms`}},
		"no answer to e": {
			[]string{start16, "< s", "> e", "~", "| fin by the client"},
			"stream.end: no-answer",
			[]string{`- expect: "s"`, `- end: true`, `- expect-none: 50ms`},
		},
		"too hasty to tell": {[]string{start16, "< s", "> e", "| fin by the client"}, "", nil},
		"nothing unusual":   {[]string{start16, "< s", "> p 640", "> e", "< e", "| fin by the client"}, "", nil},
		"nobody knows whom": {[]string{start16, "< s", "> p 640", "| fin"}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := convert(t, tape(t, "server", on(c.lines...)...), 5)
			var got []string
			if s.Play != nil {
				for _, f := range s.Play.Faults {
					got = append(got, f.String())
				}
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if c.again != nil {
				meet(t, s, c.again)
				playsItself(t, s)
			}
		})
	}
}

// playsItself holds the script of a scenario against a fake that plays its faults, and one that does not.
func playsItself(t *testing.T, s *scenarios.Scenario) {
	t.Helper()
	_, target := start(t, fake.WithScenario(s))
	if r := conformance.Play(t.Context(), target, s); r.Outcome != conformance.Pass {
		t.Errorf("%s: %+v %s", r.Outcome, r.Failure, r.Reason)
	}
	_, plain := start(t)
	if r := conformance.Play(t.Context(), plain, s, conformance.WithPatience(200*time.Millisecond)); r.Outcome == conformance.Pass {
		t.Error("the script holds without the faults")
	}
}

func TestWhatAServerDidOverHTTP(t *testing.T) {
	answered := func(status int, body string) []scenarios.Entry {
		return []scenarios.Entry{{Status: status, Body: body, Dir: scenarios.Out, Kind: scenarios.HTTPResponse}}
	}
	const recognized = `{"results":[{"tokens":[{"written":"川","confidence":0.9,"starttime":300,"endtime":700,"spoken":"かわ"}],"confidence":0.93,"starttime":240,"endtime":2740,"tags":[],"rulename":"","text":"川"}],"utteranceid":"x","text":"川","code":"","message":""}`
	for name, c := range map[string]struct {
		surface string
		then    []scenarios.Entry
		want    string
		plain   bool // a fake would do this anyway
	}{
		"a proxy": {"sync", answered(503, "<html>sorry</html>"), "sync.response: status 503", false},
		"a code": {
			"sync", answered(200, `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"b","message":"recognition result is rejected because recognizer server is busy"}`),
			"sync.request: error sync.busy", false,
		},
		"a code with other words": {
			"sync", answered(200, `{"results":[],"text":"","code":"b","message":"busy"}`),
			`sync.response: replace by "{\"results\":[],\"text\":\"\",\"code\":\"b\",\"message\":\"busy\"}"`, false,
		},
		"half a reply": {"sync", answered(200, `{"results":[{`), `sync.response: replace by "{\"results\":[{"`, false},
		"a result":     {"sync", answered(200, recognized), `sync.response: result "川"`, true},
		"no reply":     {"sync", []scenarios.Entry{{Kind: scenarios.ConnClose, Dir: scenarios.Note, How: "rst"}}, "sync.request: reset", true},
		"no key":       {"issue", answered(200, ""), "issue: error issue.empty", false},
		"no issuer":    {"issue", answered(502, "bad gateway"), "issue: status 502", false},
		"a key":        {"issue", answered(200, "<key:0123456789ab>"), "", true},
	} {
		t.Run(name, func(t *testing.T) {
			request := scenarios.Entry{
				Dir: scenarios.In, Kind: scenarios.HTTPRequest, Method: "POST", Target: "/v1/recognize",
				Headers: [][2]string{{"Content-Type", "multipart/form-data; boundary=x"}}, Audio: &scenarios.Audio{Bytes: 48000, First: strings.Repeat("01", 16)},
				Parts: []scenarios.Part{{Name: "u", Value: "<key:0123456789ab>"}, {Name: "d", Value: "-a-general"}, {Name: "c", Value: "LSB16K"}, {Name: "a", Size: 48000}},
			}
			if c.surface == "issue" {
				request = scenarios.Entry{
					Dir: scenarios.In, Kind: scenarios.HTTPRequest, Method: "POST", Target: "/issue_service_authorization",
					Parts: []scenarios.Part{{Name: "sid", Value: "shop"}, {Name: "spw", Value: "***"}},
				}
			}
			entries := append([]scenarios.Entry{request}, c.then...)
			for i := range entries {
				entries[i].Conn, entries[i].Surface = 5, c.surface
			}
			_, s := convert(t, tape(t, "server", entries...), 5)
			got := ""
			if s.Play != nil {
				got = s.Play.Faults[0].String()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !c.plain {
				playsItself(t, s)
			}
		})
	}
}

// meet plays a client that sends an s and then does these steps, against a fake that plays s.
func meet(t *testing.T, s *scenarios.Scenario, steps []string) {
	t.Helper()
	client := "id: stream.client\ntitle: t\nsurface: stream\nlevel: info\nbasis: assumed\nsource: s\nneeds: [stream]\nwhy: w\nscript:\n" +
		`- connect: /v1/` + "\n" + `- send: "s LSB16K -a-general authorization=${key}"` + "\n" + strings.Join(steps, "\n") + "\n"
	script, err := scenarios.ParseScenario("client.yaml", []byte(client))
	if err != nil {
		t.Fatal(err)
	}
	_, target := start(t, fake.WithScenario(s))
	if r := conformance.Play(t.Context(), target, script); r.Outcome != conformance.Pass {
		t.Errorf("%s: %+v %s", r.Outcome, r.Failure, r.Reason)
	}
	_, plain := start(t)
	if r := conformance.Play(t.Context(), plain, script, conformance.WithPatience(200*time.Millisecond)); r.Outcome == conformance.Pass {
		t.Error("the client meets the same without the scenario")
	}
}
