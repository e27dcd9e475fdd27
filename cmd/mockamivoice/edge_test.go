package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mockamivoice/scenarios"
)

func TestScenariosListIsFiltered(t *testing.T) {
	for _, c := range []struct {
		args        []string
		has, hasNot string
	}{
		{[]string{"--edge"}, "stream.key-expires-before-first-p", "stream.cycle "},
		{[]string{"--scripts"}, "stream.cycle ", "stream.key-expires-before-first-p"},
		{[]string{"--surface", "sync"}, "sync.recognizer-busy", "stream."},
		{[]string{"--edge", "--surface", "issue"}, "issue.empty-reply", "issue.get"},
	} {
		got := call(t, "", append([]string{"scenarios", "list"}, c.args...)...)
		if got.status != 0 || !strings.Contains(got.out, c.has) || strings.Contains(got.out, c.hasNot) {
			t.Errorf("%v: %+v", c.args, got)
		}
	}
	for _, args := range [][]string{{"--edge", "--scripts"}, {"--surface", "async"}} {
		if got := call(t, "", append([]string{"scenarios", "list"}, args...)...); got.status != 2 || !strings.Contains(got.errs, args[0]) {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

// show says all that a person wants to know who has never heard of the case, and what to type.
func TestScenariosShowExplainsEdgeCases(t *testing.T) {
	got := call(t, "", "scenarios", "show", "stream.key-expires-before-first-p")
	want := `stream.key-expires-before-first-p
The key expires between s and the first p

What happens
  At the first p: the key has just expired.
  Occurrences are counted for each key on its own: while the whole server plays this, the next key meets it again.

Why it matters
  Expiry is checked again at the first packet. A user who thinks before speaking meets this daily, and the text does not speak of keys.

How this is known
  The manual documents it (manual: issue-api-key-with-api).

What a good client does
  It asks for another key within 10s.
  It begins again with s within 20s.
  A key is not used again after the service said that it has expired. Issue another key, then send s again. (law client.key.expired)
  A client that does otherwise is at fault.

How to bring it about
  mockamivoice serve --scenario stream.key-expires-before-first-p
  curl -H 'Content-Type: application/json' -X PUT -d '{"name":"stream.key-expires-before-first-p"}' http://127.0.0.1:8081/scenario
  curl -H 'Content-Type: application/json' -d '{"scenario":"stream.key-expires-before-first-p"}' http://127.0.0.1:8081/keys   # a key that meets it, beside others that do not
`
	if got.status != 0 || got.out != want {
		t.Errorf("%d\n%s%s", got.status, got.out, got.errs)
	}
	for name, want := range map[string]string{
		"stream.hang-in-handshake": "It cannot be bound to a key: it strikes before any key is known.",
		"issue.hang":               "Occurrences are counted for the whole server: no key is known yet.",
		"issue.empty-reply":        "It was observed (two clients met an empty reply).",
		"stream.handshake-502":     "A client that does otherwise is warned.",
		"sync.fatal-error":         "Nothing shows that the service does it; it is there to try clients with (recalled; no page at hand shows code or text).",
	} {
		if got := call(t, "", "scenarios", "show", name); got.status != 0 || !strings.Contains(got.out, want) {
			t.Errorf("%s lacks %q:\n%s", name, want, got.out)
		}
	}
}

// Every edge case is told in full, and every law that one names is there.
func TestEveryEdgeCaseIsExplained(t *testing.T) {
	for _, s := range scenarios.EdgeCases() {
		text := explainCase(s)
		for _, head := range []string{"What happens", "Why it matters", "How this is known", "What a good client does", "How to bring it about"} {
			if !strings.Contains(text, "\n"+head+"\n  ") {
				t.Errorf("%s: %q is missing", s.ID, head)
			}
		}
		if s.Script != nil {
			t.Errorf("%s has a script as well, which show would leave out", s.ID)
		}
		for _, e := range s.Client {
			if _, err := clientLaw(e.Law); e.Law != "" && (err != nil || !strings.Contains(text, "(law "+e.Law+")")) {
				t.Errorf("%s: %v\n%s", s.ID, err, text)
			}
		}
	}
}

func TestScenariosValidateLooksUpLaws(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	write := func(law string) {
		text := "id: stream.mine\ntitle: t\nsurface: stream\nlevel: info\nbasis: assumed\nsource: s\nwhy: w\nclient:\n  - {expect: close, within: 5s}\n  - {law: " + law + "}\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("client.stream.audio-in-packets")
	if got := call(t, "", "scenarios", "validate", file); got.status != 0 {
		t.Errorf("%+v", got)
	}
	write("client.stream.audio-in-packet")
	got := call(t, "", "scenarios", "validate", file)
	if got.status != 2 || !strings.Contains(got.errs, `mine.yaml:10: no law of clients is called "client.stream.audio-in-packet", did you mean "client.stream.audio-in-packets"?`) {
		t.Errorf("%+v", got)
	}
}
