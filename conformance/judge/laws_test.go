package judge_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"mockamivoice/conformance/judge"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// fired lists the laws that find something, each once, in the order of their ids.
func fired(v judge.Verdict) []string {
	var ids []string
	for _, f := range v.Findings {
		ids = append(ids, f.Law)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func TestGoodTape(t *testing.T) {
	v := judge.Judge(judge.ServerLaws(), wellBehaved(t).entries)
	for _, f := range v.Findings {
		t.Errorf("%s at entry %d: %s", f.Law, f.Entries[0], f.Text)
	}
	for _, l := range judge.ServerLaws() {
		if v.Applied[l.ID] == 0 {
			t.Errorf("law %s had nothing to look at", l.ID)
		}
	}
}

// A good dialogue that goes on is good so far.
func TestBeginningsOfGoodTape(t *testing.T) {
	entries := wellBehaved(t).entries
	for n := range entries {
		for _, f := range judge.Judge(judge.ServerLaws(), entries[:n]).Findings {
			t.Errorf("%s after %d entries: %s", f.Law, n, f.Text)
		}
	}
}

// A bounded tape forgets its beginning; what is left of a connection accuses nobody.
func TestEndsOfGoodTape(t *testing.T) {
	entries := wellBehaved(t).entries
	for n := range entries {
		for _, f := range judge.Judge(judge.ServerLaws(), entries[n:]).Findings {
			t.Errorf("%s without the first %d entries: %s", f.Law, n, f.Text)
		}
	}
}

func TestMutants(t *testing.T) {
	for _, m := range mutants() {
		t.Run(m.law, func(t *testing.T) {
			p := wellBehaved(t)
			m.change(p)
			p.number()
			v := judge.Judge(judge.ServerLaws(), p.entries)
			want := append([]string{m.law}, m.also...)
			slices.Sort(want)
			if got := fired(v); !slices.Equal(got, want) {
				t.Errorf("noticed by %q, want %q: %+v", got, want, v.Findings)
			}
		})
	}
}

func TestEveryLawHasItsMutant(t *testing.T) {
	killed := make(map[string]bool)
	for _, m := range mutants() {
		killed[m.law] = true
	}
	for _, l := range judge.ServerLaws() {
		if !killed[l.ID] {
			t.Errorf("law %s has no mutant", l.ID)
		}
		delete(killed, l.ID)
	}
	for id := range killed {
		t.Errorf("mutant of %s, which is no law", id)
	}
}

func TestLawsAreWellFormed(t *testing.T) {
	seen := make(map[string]bool)
	for _, l := range slices.Concat(judge.ServerLaws(), judge.ClientLaws()) {
		if seen[l.ID] {
			t.Errorf("two laws are called %s", l.ID)
		}
		seen[l.ID] = true
		parts := strings.Split(l.ID, ".")
		if len(parts) != 3 || parts[0] != string(l.Side) || strings.Trim(l.ID, "abcdefghijklmnopqrstuvwxyz.-") != "" {
			t.Errorf("%q is not side, family and dashed words", l.ID)
		}
		certain := l.Basis == protocol.Documented || l.Basis == protocol.Observed
		if l.Level == judge.Must && !certain || l.Level == judge.Should && l.Basis == protocol.Assumed {
			t.Errorf("%s is %s on %s grounds", l.ID, l.Level, l.Basis)
		}
		if l.Title == "" || l.Source == "" || l.Why == "" || l.Fix == "" {
			t.Errorf("%s does not say what, why and how", l.ID)
		}
	}
}

func TestFindings(t *testing.T) {
	p := wellBehaved(t)
	for _, m := range mutants() {
		if m.law == "server.http.cors" || m.law == "server.stream.packets" || m.law == "server.issue.status" {
			m.change(p)
		}
	}
	p.number()
	before := slices.Clone(p.entries)
	v := judge.Judge(judge.ServerLaws(), p.entries)
	if !reflect.DeepEqual(before, p.entries) {
		t.Error("the judge changed the tape")
	}
	if again := judge.Judge(judge.ServerLaws(), p.entries); !reflect.DeepEqual(v, again) {
		t.Error("the judge says something else the second time")
	}
	if len(v.Findings) != 3 {
		t.Fatalf("%d findings, want 3: %+v", len(v.Findings), v.Findings)
	}
	type place struct {
		law   string
		conn  uint64
		entry uint64
	}
	seen, last := make(map[place]bool), uint64(0)
	for _, f := range v.Findings {
		e := p.entries[f.Entries[0]-1]
		if f.Text == "" || f.Conn != e.Conn || e.Dir == scenarios.In {
			t.Errorf("%+v is about %+v", f, e)
		}
		if here := (place{f.Law, f.Conn, f.Entries[0]}); seen[here] {
			t.Errorf("%+v comes twice", f)
		} else {
			seen[here] = true
		}
		if f.Entries[0] < last {
			t.Errorf("%+v is out of order", f)
		}
		last = f.Entries[0]
	}
}

// A finding is unique for its law, connection and entry, whatever the law sees there.
func TestOneFindingForAnEntry(t *testing.T) {
	p := wellBehaved(t)
	p.edit("< "+final, `"confidence":0.98,`, `"confidence":98,`)
	p.edit("< "+strings.Replace(final, `"confidence":0.98,`, `"confidence":98,`, 1), `"confidence":0.993`, `"confidence":99`)
	if v := judge.Judge(judge.ServerLaws(), p.entries); len(v.Findings) != 1 {
		t.Errorf("%+v", v.Findings)
	}
}

func TestNothing(t *testing.T) {
	v := judge.Judge(judge.ServerLaws(), nil)
	if len(v.Findings) != 0 || len(v.Applied) != len(judge.ServerLaws()) {
		t.Errorf("%+v", v)
	}
	for id, n := range v.Applied {
		if n != 0 {
			t.Errorf("%s applied %d times to nothing", id, n)
		}
	}
}

// Tapes come from files; one with holes is judged, not crashed on.
func TestHoles(t *testing.T) {
	entries := wellBehaved(t).entries
	for n := range entries {
		judge.Judge(judge.ServerLaws(), slices.Delete(slices.Clone(entries), n, n+1))
		bare := slices.Clone(entries)
		bare[n] = scenarios.Entry{N: bare[n].N, Conn: bare[n].Conn, Dir: bare[n].Dir, Kind: bare[n].Kind}
		judge.Judge(judge.ServerLaws(), bare)
	}
}

func TestThereAreLawsOfBothSides(t *testing.T) {
	const least = 30
	if servers, clients := len(judge.ServerLaws()), len(judge.ClientLaws()); servers < least || clients < least {
		t.Errorf("%d laws of servers, %d of clients", servers, clients)
	}
}

// Somebody's own issuer may wrap the key as it likes.
func TestOwnIssuer(t *testing.T) {
	p := wellBehaved(t)
	p.ask(6, protocol.SurfaceIssue, "/token", `{"api_key":"<key:k1>"}`, [2]string{"Content-Type", "application/json"})
	if v := judge.Judge(judge.ServerLaws(), p.entries); len(v.Findings) != 0 {
		t.Errorf("%+v", v.Findings)
	}
}

// What an odd client brings about is not held against the server.
func TestOddClients(t *testing.T) {
	const start, stop = "> s 16K -a-general authorization=<key:k1>", "< e can't stop feeding audio data to recognizer server"
	for name, change := range map[string]func(p *tape){
		"hangs up":                     func(p *tape) { p.waitingForEnd("") },
		"hangs up, by its own record":  func(p *tape) { p.waitingForEnd("by the client") },
		"says goodbye":                 func(p *tape) { p.waitingForEnd("after the client's goodbye", scenarios.In) },
		"sends cycles without waiting": func(p *tape) { p.say(5, start, "> e", start, "> e", "< s", "< e", "< s", "< e") },
		"sends e twice":                func(p *tape) { p.say(5, start, "< s", "> e", "< e", "> e", stop) },
		"sends e without s":            func(p *tape) { p.say(5, "> e", stop) },
		"sends s inside a cycle": func(p *tape) {
			p.say(5, start, "< s", "> p", "< S 10", start, "< s can't start feeding audio data to recognizer server", "< E 20", "< C", "< "+rejected, "> e", "< e")
		},
		"sends e into a time-out": func(p *tape) { p.say(5, start, "< s", "< e timeout occurred", "> e", stop) },
		"feeds on behind e":       func(p *tape) { p.say(5, start, "< s", "> p", "< "+failed, "> e", "< e", "> p", "< "+failed) },
	} {
		t.Run(name, func(t *testing.T) {
			p := wellBehaved(t)
			p.connect(5)
			change(p)
			p.number()
			for _, f := range judge.Judge(judge.ServerLaws(), p.entries).Findings {
				t.Errorf("%s at entry %d: %s", f.Law, f.Entries[0], f.Text)
			}
		})
	}
}
