package verdict_test

import (
	"strings"
	"testing"
	"time"

	"mockamivoice/conformance/judge"
	"mockamivoice/conformance/known"
	"mockamivoice/conformance/verdict"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

func today() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC) }

// pinged is a stream of a server that sends a ping, which is a should.
func pinged() *record {
	r := good()
	return r.add(scenarios.Entry{Kind: scenarios.WSControl, Dir: scenarios.Out, Conn: 1, Surface: "stream", Frame: &scenarios.Frame{Opcode: 9, Frames: 1}})
}

func TestStatusAndExit(t *testing.T) {
	baseline := func(e ...known.Entry) verdict.Option { return verdict.WithBaseline(e, today()) }
	only := verdict.ForLaws(packets)
	lost := good().add(scenarios.Entry{Kind: scenarios.Dropped, Dir: scenarios.Note, Count: 7})
	unknown := good().add(scenarios.Entry{Kind: scenarios.FaultStruck, Dir: scenarios.Note, Conn: 1, Scenario: "mine", Text: "stream.start: stall"})
	for _, c := range []struct {
		name    string
		tape    *record
		options []verdict.Option
		status  verdict.Status
		exit    int
		reason  string
	}{
		{"good", good(), []verdict.Option{only}, verdict.Pass, 0, ""},
		{"a must", bad(), []verdict.Option{only}, verdict.Fail, 1, "1 finding of level must"},
		{"an empty tape", new(record), nil, verdict.Partial, 3, "no law"},
		{"nothing that a law is about", new(record).ask(1, "k", "", 404, ""), []verdict.Option{only}, verdict.Partial, 3, "no law"},
		{"a should", pinged(), []verdict.Option{verdict.Of(judge.Server), verdict.ForLaws(noPings)}, verdict.Pass, 0, ""},
		{"a should that fails", pinged(), []verdict.Option{verdict.Of(judge.Server), verdict.ForLaws(noPings), verdict.FailOn(judge.Should)}, verdict.Fail, 1, "1 finding of level should"},
		{"known", bad(), []verdict.Option{only, baseline(known.Entry{ID: packets, Reason: "soon"})}, verdict.Pass, 0, ""},
		{"known on its last day", bad(), []verdict.Option{only, baseline(known.Entry{ID: packets, Reason: "soon", Until: "2026-06-15"})}, verdict.Pass, 0, ""},
		{"known until yesterday", bad(), []verdict.Option{only, baseline(known.Entry{ID: packets, Reason: "soon", Until: "2026-06-14"})}, verdict.Fail, 1, "level must"},
		{"known and holds", good(), []verdict.Option{only, baseline(known.Entry{ID: packets, Reason: "soon"})}, verdict.Fail, 1, packets + " is in the baseline, and holds"},
		{"known and never asked", good(), []verdict.Option{only, baseline(known.Entry{ID: oneFrame, Reason: "soon"})}, verdict.Pass, 0, ""},
		{"too little was met", good(), []verdict.Option{only, verdict.RequireCoverage(1)}, verdict.Fail, 1, "0 of "},
		{"enough was met", good(), []verdict.Option{only, verdict.RequireCoverage(0)}, verdict.Pass, 0, ""},
		{"entries were dropped", lost, []verdict.Option{only}, verdict.Partial, 0, "tape.jsonl lost 7 entries"},
		{"a scenario that nobody knows", unknown, []verdict.Option{only}, verdict.Partial, 0, `in scenario "mine" is not known`},
	} {
		v := verdict.Judge(c.tape.tapes(), c.options...)
		reasons := strings.Join(v.Reasons, "; ")
		if v.Status != c.status || v.Exit() != c.exit || (c.reason == "") != (reasons == "") || !strings.Contains(reasons, c.reason) {
			t.Errorf("%s: %s, exit %d, %q; want %s, %d, %q", c.name, v.Status, v.Exit(), reasons, c.status, c.exit, c.reason)
		}
	}
}

// A tape that goes on is partial while something is under way, and only then.
func TestATapeThatGoesOn(t *testing.T) {
	open := new(record).talk(1, "k1", goodLines()...)
	for _, c := range []struct {
		name string
		tape verdict.Tape
		want verdict.Status
	}{
		{"closed", verdict.Tape{Entries: good().entries, Live: true}, verdict.Pass},
		{"open", verdict.Tape{Entries: open.entries, Live: true}, verdict.Partial},
		{"open, and over", verdict.Tape{Entries: open.entries}, verdict.Pass},
		{"unanswered", verdict.Tape{Entries: good().add(scenarios.Entry{Kind: scenarios.HTTPRequest, Dir: scenarios.In, Conn: 2}).entries, Live: true}, verdict.Partial},
		{"answered", verdict.Tape{Entries: good().ask(2, "k", "sync", 200, "").entries, Live: true}, verdict.Pass},
	} {
		if v := verdict.Judge([]verdict.Tape{c.tape}, verdict.ForLaws(packets)); v.Status != c.want {
			t.Errorf("%s: %s %q, want %s", c.name, v.Status, v.Reasons, c.want)
		}
	}
}

func TestFindingsSayEverything(t *testing.T) {
	v := verdict.Judge(bad().tapes(), verdict.ForLaws(packets))
	if len(v.Findings) != 1 {
		t.Fatalf("%+v", v.Findings)
	}
	f := v.Findings[0]
	if f.Law != packets || f.Level != judge.Must || f.Basis != "documented" || f.Conn != 1 || f.Key != "k1" || f.Surface != "stream" ||
		f.File != "tape.jsonl" || f.Line != 9 || f.Entries[0] != 8 || f.Text == "" || f.Title == "" || f.Why == "" || f.Fix == "" || f.Source == "" {
		t.Errorf("%+v", f)
	}
	if v.Applied[packets] != 5 || v.Counts != (verdict.Counts{Must: 1}) {
		t.Errorf("applied %v, counts %+v", v.Applied, v.Counts)
	}
}

// Two clients share a server: each key, and each surface, has a verdict of its own.
func TestFilters(t *testing.T) {
	both := bad().talk(2, "k2", goodLines()...).close(2, scenarios.ClosedByClient).ask(3, "k3", "sync", 200, "{}")
	for _, c := range []struct {
		name     string
		options  []verdict.Option
		findings int
		applied  int
		exit     int
	}{
		{"all", nil, 1, 10, 1},
		{"the bad one", []verdict.Option{verdict.ForKey("k1")}, 1, 5, 1},
		{"the good one", []verdict.Option{verdict.ForKey("k2")}, 0, 5, 0},
		{"one that did nothing of the kind", []verdict.Option{verdict.ForKey("k3")}, 0, 0, 3},
		{"nobody", []verdict.Option{verdict.ForKey("k4")}, 0, 0, 3},
		{"the surface", []verdict.Option{verdict.ForSurface("stream")}, 1, 10, 1},
		{"another surface", []verdict.Option{verdict.ForSurface("sync")}, 0, 0, 3},
		{"another law", []verdict.Option{verdict.ForLaws("client.none")}, 0, 0, 3},
		{"must", []verdict.Option{verdict.AtLevel(judge.Must)}, 1, 10, 1},
	} {
		v := verdict.Judge(both.tapes(), append([]verdict.Option{verdict.ForLaws(packets)}, c.options...)...)
		if len(v.Findings) != c.findings || v.Applied[packets] != c.applied || v.Exit() != c.exit {
			t.Errorf("%s: %d findings, applied %d, exit %d; want %d, %d, %d", c.name, len(v.Findings), v.Applied[packets], v.Exit(), c.findings, c.applied, c.exit)
		}
	}
	light := verdict.Judge(pinged().tapes(), verdict.Of(judge.Server), verdict.ForLaws(noPings, oneFrame), verdict.AtLevel(judge.Must))
	if _, asked := light.Applied[noPings]; asked || len(light.Findings) != 0 || light.Exit() != 0 {
		t.Errorf("a should at level must: %+v", light)
	}
}

// Several tapes in one file, and several files, are one verdict; a finding knows its place.
func TestSeveralTapes(t *testing.T) {
	file := append(good().bytes(t), bad().bytes(t)...)
	tapes, err := verdict.Read("a/b.jsonl", strings.NewReader(string(file)))
	if err != nil || len(tapes) != 2 {
		t.Fatalf("%d tapes, %v", len(tapes), err)
	}
	v := verdict.Judge(tapes, verdict.ForLaws(packets))
	if len(v.Findings) != 1 || v.Findings[0].File != "a/b.jsonl" || v.Findings[0].Line != 1+len(good().entries)+9 || v.Applied[packets] != 10 {
		t.Errorf("%+v, applied %v", v.Findings, v.Applied)
	}
	for text, want := range map[string]string{"": "is no tape", "{}": "is no tape", string(file) + "{": ":23:"} {
		if _, err := verdict.Read("x.jsonl", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	if err := verdict.CheckLaws(packets, oneFrame); err != nil {
		t.Error(err)
	}
	if err := verdict.CheckLaws("client.stream.audio-in-packet"); err == nil || !strings.Contains(err.Error(), "did you mean") {
		t.Error(err)
	}
	if _, err := verdict.ParseFormat("xml"); err == nil || !strings.Contains(err.Error(), "text, json, junit, sarif") {
		t.Error(err)
	}
}

// What a scenario expects has the level of the scenario, which may be heavier than that of the law about expectations.
func TestAnExpectationHasTheLevelOfItsScenario(t *testing.T) {
	own := &scenarios.Scenario{ID: "mine", Level: judge.Must, Basis: protocol.Documented, Source: "a page", Why: "It happens daily.", Client: []scenarios.Expectation{{Expect: scenarios.ReactIssue, Within: time.Second}}}
	r := new(record).talk(1, "k1", "> s 16K -a-general", "< s")
	r.add(scenarios.Entry{Kind: scenarios.FaultStruck, Dir: scenarios.Note, Conn: 1, Key: "k1", Surface: "stream", Scenario: "mine", Text: "stream.feed: expire-key"})
	r.line(1, "k1", "> p")
	r.close(1, scenarios.ClosedByClient)
	find := verdict.WithScenarios(func(string) (*scenarios.Scenario, error) { return own, nil })
	v := verdict.Judge(r.tapes(), find, verdict.ForLaws("client.scenario.expectation"), verdict.AtLevel(judge.Must))
	if len(v.Findings) != 1 || v.Findings[0].Level != judge.Must || v.Findings[0].Basis != "documented" || v.Findings[0].Why != own.Why || v.Findings[0].Source != own.Source || v.Exit() != 1 {
		t.Errorf("%+v", v.Findings)
	}
	if v := verdict.Judge(good().tapes(), verdict.ForLaws("client.scenario.expectation"), verdict.AtLevel(judge.Must)); v.Exit() != 3 {
		t.Errorf("applied %v", v.Applied)
	}
}
