package scenarios_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

func jobScript(surface, needs, steps string) string {
	return "id: " + surface + ".example\ntitle: t\nsurface: " + surface + "\nlevel: info\nbasis: assumed\nsource: s\nneeds: [" + needs + "]\nwhy: w\nscript:\n  " +
		strings.ReplaceAll(steps, "\n", "\n  ") + "\n"
}

func TestStepsOfJobsAndWords(t *testing.T) {
	s, err := scenarios.ParseScenario("x.yaml", []byte(jobScript("async", "async, words", `- submit: {version: 1, key: header, d: -a-general, c: LSB16K, audio: {speech: 1s, as: LSB16K}, as: mine}
- poll: {version: 1, job: "${mine}", until: error, within: 1m}
- expect: {status: 200}
- poll: {authorization: "", job: "${mine}"}
- words: {set: a, engine: -a-general, adf: 8k, words: [{written: x, spoken: y}]}
- words: {get: a, engine: -a-general}
- words: {list: true, engine: -a-general}
- words: {classes: true, engine: -a-general, authorization: Token x}`)))
	if err != nil {
		t.Fatal(err)
	}
	const bearer = "Bearer ${key}"
	want := []scenarios.Action{
		scenarios.Submit{Version: 1, Key: scenarios.KeyInHeader, D: "-a-general", C: "LSB16K", Audio: scenarios.Sound{Kind: scenarios.SoundSpeech, For: time.Second, As: "LSB16K"}, As: "mine"},
		scenarios.Poll{Version: 1, Authorization: bearer, Job: "${mine}", Until: protocol.JobError, Within: time.Minute},
		scenarios.Expect{Reply: &scenarios.ReplyMatch{Status: []int{200}}},
		scenarios.Poll{Version: 2, Job: "${mine}", Within: 15 * time.Minute},
		scenarios.Words{Act: scenarios.WordsSet, Authorization: bearer, Profile: "a", Engine: "-a-general", ADF: "8k", List: []any{map[string]any{"written": "x", "spoken": "y"}}},
		scenarios.Words{Act: scenarios.WordsGet, Authorization: bearer, Profile: "a", Engine: "-a-general"},
		scenarios.Words{Act: scenarios.WordsList, Authorization: bearer, Engine: "-a-general"},
		scenarios.Words{Act: scenarios.WordsClasses, Authorization: "Token x", Engine: "-a-general"},
	}
	for i, step := range s.Script {
		if !reflect.DeepEqual(step.Action, want[i]) {
			t.Errorf("step %d is\n%#v, want\n%#v", i, step.Action, want[i])
		}
	}
	if !s.MovesClock() || s.Waits() != 0 || !reflect.DeepEqual(s.Uses(), []string{"key"}) {
		t.Errorf("moves the clock: %t, waits %s, uses %q", s.MovesClock(), s.Waits(), s.Uses())
	}
	for i, path := range map[int]scenarios.Template{1: "/v1/recognitions/${mine}", 3: "/v2/recognitions/${mine}"} {
		if got := s.Script[i].Action.(scenarios.Poll).Path(); got != path {
			t.Errorf("step %d polls %s", i, got)
		}
	}
	for i, path := range map[int]scenarios.Template{4: "/profilewords/-a-general/a", 6: "/profilewords/-a-general/", 7: "/classnames/-a-general"} {
		if got := s.Script[i].Action.(scenarios.Words).Path(); got != path {
			t.Errorf("step %d goes to %s", i, got)
		}
	}
}

func TestMistakesInStepsOfJobsAndWords(t *testing.T) {
	for name, c := range map[string]struct{ step, message string }{
		"no audio":             {`- submit: {d: x}`, `field "audio" is missing`},
		"version 3":            {`- submit: {version: 3, d: x, audio: {silence: 1s}}`, "there is no version 3"},
		"key somewhere":        {`- submit: {key: form, d: x, audio: {silence: 1s}}`, `"form" is none of u, query`},
		"bad variable":         {`- submit: {d: x, audio: {silence: 1s}, as: any}`, "is not the name of a variable"},
		"unknown job":          {`- poll:`, "uses ${job}, which nothing has set"},
		"unknown state":        {`- poll: {job: x, until: done}`, `"done" is none of queued, started`},
		"limit of nothing":     {`- poll: {job: x, within: 1s}`, "within: goes with until:"},
		"line end in a header": {`- poll: {job: x, authorization: "a\nb"}`, "holds a line end"},
		"two acts":             {`- words: {list: true, get: x, engine: -a}`, "a step does one thing"},
		"no act":               {`- words: {engine: -a}`, "says not what to do"},
		"no words":             {`- words: {set: x, engine: -a}`, "words: goes with set:"},
		"words for nobody":     {`- words: {get: x, engine: -a, words: []}`, "words: goes with set:"},
		"slash":                {`- words: {get: x/y, engine: -a}`, "a profile has no slash"},
		"variable in a path":   {`- request: {path: "/v2/recognitions/${nobody}"}`, "uses ${nobody}, which nothing has set"},
	} {
		_, err := scenarios.ParseScenario("x.yaml", []byte(jobScript("async", "async", c.step)))
		if err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v, want %q", name, err, c.message)
		}
	}
}

func TestRequestsNeedWhatTheirPathBelongsTo(t *testing.T) {
	for path, need := range map[scenarios.Template]scenarios.Capability{
		"/v1/recognize": scenarios.CanSync, "/v1/recognitions": scenarios.CanAsync, "/v2/recognitions/x": scenarios.CanAsync, "/v1/recognitionsx": scenarios.CanSync,
		"/profilewords": scenarios.CanWords, "/classnames/-a-general": scenarios.CanWords, "/util/api/downloadusage/x/202607": scenarios.CanWords,
		"/v1/sentiment-analysis/ja/result-parameters.json": scenarios.CanWords, "/issue_service_authorization": scenarios.CanIssue,
	} {
		if got := (scenarios.Request{Path: path}).Needs(); got != need {
			t.Errorf("%s needs %s, not %s", path, got, need)
		}
	}
}
