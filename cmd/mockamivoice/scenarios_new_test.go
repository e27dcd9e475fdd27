package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mockamivoice/conformance"
	"mockamivoice/scenarios"
)

// A person streams a file, takes the tape, and makes a scenario of it that a server follows.
func TestScenarioFromATape(t *testing.T) {
	noCredentials(t)
	f := startFake(t)
	dir := t.TempDir()
	tape := filepath.Join(dir, "tape.jsonl")
	if got := call(t, "", "stream", "--target", f.URL, "--tape", tape, speech); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	listed := call(t, "", "scenarios", "new", "--from-tape", tape)
	if listed.status != 2 || !strings.Contains(listed.errs, "choose a connection with --conn") || strings.Count(listed.out, "\n") != 2 {
		t.Errorf("%+v", listed)
	}
	conn := regexp.MustCompile(`(?m)^(\d+)  stream +GET /v1/`).FindStringSubmatch(listed.out)
	if conn == nil {
		t.Fatal(listed.out)
	}
	file := filepath.Join(dir, "mine.yaml")
	args := []string{"scenarios", "new", "--from-tape", tape, "--conn", conn[1], "--id", "stream.mine", "--title", "Two sentences", "-o", file}
	if got := call(t, "", args...); got.status != 0 || got.out != "" {
		t.Fatalf("%+v", got)
	}
	if got := call(t, "", args...); got.status != 2 || !strings.Contains(got.errs, "mine.yaml is there already") {
		t.Errorf("a file was overwritten: %+v", got)
	}
	if got := call(t, "", "scenarios", "validate", file); got.status != 0 {
		t.Errorf("%+v", got)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.ParseScenario(file, text)
	if err != nil {
		t.Fatal(err)
	}
	target, err := conformance.At(startFake(t).URL, "", conformance.Credentials{SID: "demo", SPW: "demo-password"})
	if err != nil {
		t.Fatal(err)
	}
	if r := conformance.Play(t.Context(), target, s); r.Outcome != conformance.Pass {
		t.Errorf("%s %+v %s\n%s", r.Outcome, r.Failure, r.Reason, text)
	}
	if n := strings.Count(string(text), "speech: "); n != 2 {
		t.Errorf("%d utterances became %d:\n%s", 2, n, text)
	}
}

func TestWhatIsWrongWithATapeIsTold(t *testing.T) {
	good := `{"tape":1,"tool":"x","recorder":"client","seed":0,"scenario":"","clock_start":"2026-06-15T03:00:00.000Z"}` + "\n"
	for name, c := range map[string]struct {
		stdin string
		args  []string
		want  string
	}{
		"no tape":       {"hello\n", nil, "stdin:1:1: is no tape"},
		"no such file":  {"", []string{"--from-tape", "no-such-file"}, "no-such-file"},
		"no connection": {good, []string{"--conn", "7"}, "stdin: has no connection 7"},
		"no choice":     {good, nil, "choose a connection with --conn"},
		"no flag":       {"", []string{"--tape", "x"}, "unknown flag --tape"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"scenarios", "new", "--from-tape", "-"}
			if got := call(t, c.stdin, append(args, c.args...)...); got.status != 2 || !strings.Contains(got.errs, c.want) || strings.Contains(got.errs, "panic") {
				t.Errorf("%+v", got)
			}
		})
	}
}
