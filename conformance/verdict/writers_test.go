package verdict_test

import (
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"mockamivoice/conformance/judge"
	"mockamivoice/conformance/known"
	"mockamivoice/conformance/verdict"
	"mockamivoice/internal/schematest"
	"mockamivoice/scenarios"
)

func write(t *testing.T, v verdict.Verdict, f verdict.Format) string {
	t.Helper()
	var b strings.Builder
	if err := v.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// all is a verdict with a bit of everything.
func all() verdict.Verdict {
	r := bad()
	r.talk(2, "k2", goodLines()...).add(scenarios.Entry{Kind: scenarios.WSControl, Dir: scenarios.Out, Conn: 2, Surface: "stream", Frame: &scenarios.Frame{Opcode: 9, Frames: 1}})
	r.close(2, scenarios.ClosedByClient).ask(3, "k3", "sync", 200, `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"-","message":"received illegal service authorization"}`)
	tapes := []verdict.Tape{{File: "tapes/one #1.jsonl", Entries: r.entries}, {Entries: bad().entries}}
	return verdict.Judge(tapes, verdict.WithTool("mockamivoice 1.2"), verdict.Of(judge.Client, judge.Server), verdict.RequireCoverage(50),
		verdict.WithBaseline([]known.Entry{{ID: oneFrame, Reason: "once"}, {ID: "server.issue.status", Reason: "they say 201", Until: "2026-12-31"}}, today()))
}

func TestText(t *testing.T) {
	v := verdict.Judge(bad().tapes(), verdict.ForLaws(packets))
	laws := judge.ClientLaws()
	l := laws[slices.IndexFunc(laws, func(l judge.Law) bool { return l.ID == packets })]
	want := `MUST client.stream.audio-in-packets
  rule    ` + l.Title + `
  source  must, documented: ` + l.Source + `
  why     ` + l.Why + `
  fix     ` + l.Fix + `
  at tape.jsonl:9, connection 1, key k1
     a message of 3200 bytes is no packet: it begins with none of s, p and e
      …
    > GET /v1/ (WebSocket)
    > s 16K -a-general authorization=<key:k1>
    < s
    > p with 3200 bytes of audio (and 2 more packets)
   !> with 3200 bytes of audio
    - connection 1 closed (fin) dropped

laws, and how often each applied: 1 of 1 did
  did: client.stream.audio-in-packets 5
documented failures: 1 of `
	got := write(t, v, verdict.Text)
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !strings.HasSuffix(got, "% of the documented failures were met\n  1 finding of level must\n") || !strings.Contains(got, "FAIL: 1 finding of 1 law (1 must, 0 should, 0 info); 1 of 1 laws applied") {
		t.Errorf("the end is wrong:\n%s", got)
	}
	if got := write(t, verdict.Judge(nil), verdict.Text); !strings.Contains(got, "\nNOTHING WAS JUDGED: 0 findings") || !strings.Contains(got, "never: client.") {
		t.Errorf("an empty verdict:\n%s", got)
	}
}

// A law that is broken all the time does not drown the rest.
func TestTextIsShort(t *testing.T) {
	r := new(record).talk(1, "k1", "> s", "< s")
	for range 10 {
		r.line(1, "k1", "> pcm")
	}
	got := write(t, verdict.Judge(r.tapes(), verdict.ForLaws(packets)), verdict.Text)
	if strings.Count(got, "  at tape.jsonl:") != 3 || !strings.Contains(got, "  and 7 more\n") {
		t.Errorf("%s", got)
	}
}

// What a client or a server says reaches no terminal and no page as a command.
func TestControlCharactersAreEscaped(t *testing.T) {
	evil := "\x1b]0;pwned\x07\u009b31m"
	r := new(record).talk(1, "k1", "> s "+evil, "< s "+evil, "> pcm").close(1, evil)
	v := verdict.Judge(r.tapes(), verdict.ForLaws(packets), verdict.WithScenarios(scenarios.Named))
	unknown := verdict.Judge(r.add(scenarios.Entry{Kind: scenarios.FaultStruck, Dir: scenarios.Note, Conn: 1, Scenario: evil}).tapes(), verdict.ForLaws(packets),
		verdict.WithBaseline([]known.Entry{{ID: packets, Reason: evil}}, today()))
	for _, one := range []verdict.Verdict{v, unknown} {
		for _, f := range verdict.Formats() {
			if got := write(t, one, f); strings.ContainsAny(got, "\x1b\x07\u009b") {
				t.Errorf("%s lets control characters through:\n%q", f, got)
			}
		}
	}
}

func TestJSONFitsItsSchema(t *testing.T) {
	schema := schematest.Compile(t, verdict.Schema())
	for name, v := range map[string]verdict.Verdict{"all": all(), "empty": verdict.Judge(nil), "good": verdict.Judge(good().tapes())} {
		if err := schematest.JSON(schema, []byte(write(t, v, verdict.JSON))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if schematest.JSON(schema, []byte(`{"version":1}`)) == nil {
		t.Error("the schema takes anything")
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(write(t, all(), verdict.JSON)), &got); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"version", "status", "findings", "counts", "applied", "coverage"} {
		if got[field] == nil {
			t.Errorf("%s is missing", field)
		}
	}
	if stale, _ := got["stale"].([]any); len(stale) != 1 || got["status"] != "fail" {
		t.Errorf("status %v, stale %v", got["status"], stale)
	}
}

func TestJUnit(t *testing.T) {
	type problem struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suite    struct {
			Skipped int `xml:"skipped,attr"`
			Cases   []struct {
				Name    string   `xml:"name,attr"`
				Class   string   `xml:"classname,attr"`
				Failure *problem `xml:"failure"`
				Skipped *problem `xml:"skipped"`
				Output  string   `xml:"system-out"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	v := all()
	if err := xml.Unmarshal([]byte(write(t, v, verdict.JUnit)), &got); err != nil {
		t.Fatal(err)
	}
	state := make(map[string]string)
	for _, c := range got.Suite.Cases {
		s := "passed"
		switch {
		case c.Failure != nil:
			s = "failed: " + c.Failure.Message
		case c.Skipped != nil:
			s = "skipped: " + c.Skipped.Message
		case c.Output != "":
			s = "warned"
		}
		state[c.Class+" "+c.Name] = s
	}
	for name, want := range map[string]string{
		"laws.stream " + packets:                  "failed: Audio is sent in p packets: a message of 3200 bytes is no packet",
		"laws.stream " + noPings:                  "warned",
		"laws.stream server.stream.text-messages": "passed",
		"laws.issue server.issue.status":          "skipped: it never applied",
		"baseline " + oneFrame:                    "failed: it holds, but is in the baseline: once",
		"verdict coverage":                        "failed: ",
	} {
		if !strings.HasPrefix(state[name], want) || state[name] == "" {
			t.Errorf("%s: %q, want %q", name, state[name], want)
		}
	}
	if got.Tests != len(got.Suite.Cases) || got.Failures < 3 || got.Suite.Skipped == 0 {
		t.Errorf("%d tests, %d failures, %d skipped", got.Tests, got.Failures, got.Suite.Skipped)
	}
	if nothing := write(t, verdict.Judge(nil), verdict.JUnit); !strings.Contains(nothing, `errors="1"`) || !strings.Contains(nothing, "nothing-judged") {
		t.Errorf("nothing judged is no error:\n%s", nothing)
	}
}

// essentials is what SARIF 2.1.0, and who shows it on a pull request, ask for.
const essentials = `{
 "type": "object", "required": ["$schema", "version", "runs"], "additionalProperties": false,
 "properties": {"$schema": {"type": "string"}, "version": {"const": "2.1.0"}, "runs": {"type": "array", "minItems": 1, "items": {
  "type": "object", "required": ["tool", "results"], "properties": {
   "tool": {"type": "object", "required": ["driver"], "properties": {"driver": {"type": "object", "required": ["name", "rules"], "properties": {
    "rules": {"type": "array", "uniqueItems": true, "items": {"type": "object",
     "required": ["id", "shortDescription", "fullDescription", "help", "defaultConfiguration"],
     "properties": {"id": {"type": "string"}, "shortDescription": {"$ref": "#/$defs/text"}, "fullDescription": {"$ref": "#/$defs/text"}, "help": {"$ref": "#/$defs/text"},
      "defaultConfiguration": {"required": ["level"], "properties": {"level": {"enum": ["error", "warning", "note"]}}}}}}}}}},
   "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
   "invocations": {"type": "array", "items": {"required": ["executionSuccessful"]}},
   "results": {"type": "array", "items": {"type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    "properties": {"ruleIndex": {"type": "integer", "minimum": 0}, "level": {"enum": ["error", "warning", "note"]}, "message": {"$ref": "#/$defs/text"},
     "locations": {"minItems": 1, "items": {"required": ["physicalLocation"], "properties": {"physicalLocation": {
      "required": ["artifactLocation", "region"],
      "properties": {"artifactLocation": {"required": ["uri"], "properties": {"uri": {"type": "string", "pattern": "^[^ #\\\\]+$"}}},
       "region": {"required": ["startLine"], "properties": {"startLine": {"type": "integer", "minimum": 1}}}}}}}},
     "partialFingerprints": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}}}}}}}},
 "$defs": {"text": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}}
}`

func TestSARIF(t *testing.T) {
	text := write(t, all(), verdict.SARIF)
	schema := schematest.Compile(t, []byte(essentials))
	for name, one := range map[string]string{"all": text, "nothing": write(t, verdict.Judge(nil), verdict.SARIF)} {
		if err := schematest.JSON(schema, []byte(one)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct{ ID string }
				}
			}
			Results []struct {
				RuleID              string
				RuleIndex           int
				Level               string
				PartialFingerprints map[string]string
				Locations           []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name != "mockamivoice" || run.Tool.Driver.Version != "1.2" {
		t.Errorf("%+v", run.Tool.Driver)
	}
	levels, marks, places := make(map[string]string), make(map[string]bool), make(map[string]bool)
	for _, r := range run.Results {
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("rule %d is not %s", r.RuleIndex, r.RuleID)
		}
		levels[r.RuleID] = r.Level
		if mark := r.PartialFingerprints["mockamivoice/v1"]; marks[mark] {
			t.Errorf("two results have the fingerprint %s", mark)
		} else {
			marks[mark] = true
		}
		at := r.Locations[0].PhysicalLocation
		if r.RuleID == packets {
			places[at.ArtifactLocation.URI] = at.Region.StartLine == 9
		}
	}
	if levels[packets] != "error" || levels[noPings] != "warning" || !places["tapes/one%20%231.jsonl"] || !places["tape.jsonl"] {
		t.Errorf("levels %v, places %v", levels, places)
	}
}

// The same offence has the same fingerprint in the next run, whatever number its connection and its key have then.
func TestFingerprintsLast(t *testing.T) {
	mark := func(r *record) string {
		text := write(t, verdict.Judge(r.tapes(), verdict.ForLaws(packets)), verdict.SARIF)
		_, rest, _ := strings.Cut(text, `"mockamivoice/v1": "`)
		return rest[:18]
	}
	later := new(record).talk(7, "k9", goodLines()...).talk(8, "k10", "> s", "< s", "> pcm")
	if a, b := mark(bad()), mark(later); a != b {
		t.Errorf("%s and %s", a, b)
	}
}
