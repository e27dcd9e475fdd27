package conformance_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mockamivoice/fake"
)

// plays is a scenario in a few words.
func plays(surface, name, fault, expect string) string {
	return surface + "." + name + "\ntitle: A test\nsurface: " + surface + "\nlevel: must\nbasis: documented\nsource: a test\nplay:\n  faults:\n    - {" + fault + "}\nclient:\n  - {" + expect + "}\nwhy: To see it."
}

// expiresEarly is the scenario in which a key expires between s and the first p.
func expiresEarly() string {
	return plays("stream", "expires-early", "at: stream.feed, nth: 1, do: expire-key", "expect: issue, within: 5s")
}

// busy is the scenario in which the first recording is refused for want of a recognizer.
func busy() string {
	return plays("sync", "busy", "at: sync.request, nth: 1, do: {status: 503}", "expect: retry, within: 30s")
}

// closedDoor is the scenario in which the first handshake is refused.
func closedDoor() string {
	return plays("stream", "closed-door", "at: stream.handshake, nth: 1, do: {status: 503}", "expect: retry, within: 30s")
}

// noKey is the scenario in which the first request for a key gets none.
func noKey() string {
	return plays("issue", "nothing", "at: issue, nth: 1, do: {error: issue.empty}", "expect: retry, within: 30s")
}

// upgrade is a handshake whose refusal is read like any other reply.
func upgrade() []string {
	return []string{"Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Key: q3GpTkWmqjcXlRz/9XVGDQ==", "Sec-WebSocket-Version: 13"}
}

// badReactors meet a scenario, and do not do what it expects. Their own tapes do not show what they met.
func badReactors() []badClient {
	const law = "scenario.expectation"
	sound := speech("LSB16K", time.Second)
	expired := func(a *actor) *line {
		l := a.begin(a.s("LSB16K"))
		l.feed(sound)
		l.answer()
		return l
	}
	return []badClient{
		{id: "gives-up-on-an-expired-key", server: law, plays: expiresEarly(), act: func(a *actor) { expired(a).close() }},
		{id: "asks-for-another-key-too-late", server: law, plays: expiresEarly(), act: func(a *actor) {
			l := expired(a)
			a.pass(6 * time.Second)
			a.issue(credentials(""))
			l.close()
		}},
		{id: "stays-behind-an-error", server: law, plays: plays("stream", "error", "at: stream.feed, nth: 2, do: {error: stream.feed.refused}", "expect: close, within: 5s"), act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.feed(sound)
			l.feed(sound)
			for !strings.HasPrefix(l.answer(), "p ") {
			}
		}},
		{id: "comes-back-where-it-should-not", server: law, laws: "retry.unchanged-start", plays: plays("stream", "refused", "at: stream.start, do: {error: stream.start.unauthorized}", "expect: none, within: 5s"), act: func(a *actor) {
			a.refused(a.s("LSB16K"))
			a.refused(a.s("LSB16K"))
		}},
		{id: "gives-up-on-a-busy-service", server: law, plays: busy(), act: func(a *actor) {
			a.recording("u="+a.key, "d=-a-general", "a="+speech("WAV16K", time.Second))
		}},
		{id: "gives-up-at-a-closed-door", server: law, plays: closedDoor(), act: func(a *actor) {
			a.request("GET /v1/", upgrade(), "")
		}},
		{id: "gives-up-without-a-key", server: law, plays: noKey(), act: func(a *actor) { a.issue(credentials("")) }},
		{id: "ends-twice-in-a-scenario", server: law, laws: "stream.one-end", plays: plays("stream", "end", `at: stream.end, nth: 1, do: {send: "G info"}`, "law: client.stream.one-end"), act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.send("e")
			l.answer()
			l.finish()
		}},
	}
}

// Who does what a scenario expects meets no law.
func TestGoodReactions(t *testing.T) {
	for id, m := range map[string]badClient{
		"asks for another key": {plays: expiresEarly(), act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.feed(speech("LSB16K", time.Second))
			l.answer()
			l.close()
			a.pass(2 * time.Second)
			a.issue(credentials(""))
		}},
		"comes back after a pause": {plays: busy(), act: func(a *actor) {
			l := a.dial()
			for range 2 {
				l.upload("/v1/recognize", "u="+a.key, "d=-a-general", "a="+speech("WAV16K", time.Second))
				a.pass(2 * time.Second)
			}
			l.close()
		}},
		"knocks again": {plays: closedDoor(), act: func(a *actor) {
			a.request("GET /v1/", upgrade(), "")
			a.pass(time.Second)
			a.begin(a.s("LSB16K")).finish()
		}},
		"asks again for a key": {plays: noKey(), act: func(a *actor) {
			a.issue(credentials(""))
			a.pass(time.Second)
			a.issue(credentials(""))
		}},
		"does not come back": {plays: plays("stream", "refused", "at: stream.start, do: {error: stream.start.unauthorized}", "expect: none, within: 5s"), act: func(a *actor) {
			l := a.connect("/v1/")
			l.send(a.s("LSB16K"))
			l.answer()
			l.drained() // the service hangs up
			l.close()
		}},
		"waits for the answer to e": {plays: plays("stream", "end", `at: stream.end, nth: 1, do: {send: "G info"}`, "law: client.stream.wait-for-results"), act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.send("e")
			l.answer()
			l.close()
		}},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			a, played := m.meets(t)
			m.act(a)
			server, client := a.tapes()
			if got := append(broken(server, played), broken(client, nil)...); len(got) > 0 {
				t.Errorf("it breaks %q\n%s%s", got, shown(server), shown(client))
			}
		})
	}
}

// Clients that share a server and an address are told apart by their keys: each answers for itself alone.
func TestClientsSideBySide(t *testing.T) {
	m := badClient{plays: plays("stream", "refused", "at: stream.start, do: {error: stream.start.unauthorized}", "expect: none, within: 5s")}
	a, played := m.meets(t)
	const all = 12
	keys, ids := make([]string, all), make([]string, all)
	lines := make([]*line, all)
	for i := range all {
		k, err := a.fake.IssueKey(fake.KeyRequest{EPI: "1h", Scenario: played.ID})
		a.check(err)
		keys[i], ids[i] = k.Key, k.ID
		lines[i] = a.connect("/v1/")
	}
	for i, l := range lines {
		l.send("s LSB16K -a-general authorization=" + keys[i])
	}
	for _, l := range lines {
		l.answer()
		l.drained()
		l.close()
	}
	var want []string
	for i := 0; i < all; i += 3 { // each third one comes back
		a.refused("s LSB16K -a-general authorization=" + keys[i])
		want = append(want, ids[i], ids[i]) // by the scenario, and by its own law
	}
	server, _ := a.tapes()
	var got []string
	for _, f := range judged(server, played).Findings {
		got = append(got, f.Key)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("keys %q are to blame, want %q\n%s", got, want, shown(server))
	}
}
