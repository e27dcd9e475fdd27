package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"mockamivoice/conformance/judge"
	"mockamivoice/conformance/verdict"
	"mockamivoice/internal/schematest"
)

const packets = "client.stream.audio-in-packets"

// tapeOf is the tape of a client of verdict_run_test.go, as a file.
func tapeOf(t *testing.T, client string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), client+".jsonl")
	if got := runClient(t, client, "--tape", file); got.status == 2 {
		t.Fatalf("%+v", got)
	}
	return file
}

func writeTo(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestVerdictOfATape(t *testing.T) {
	bad, good := tapeOf(t, "bad"), tapeOf(t, "good")
	empty := filepath.Join(t.TempDir(), "empty.jsonl")
	if err := os.WriteFile(empty, []byte(`{"tape":1,"tool":"x","recorder":"server","seed":1,"scenario":"","clock_start":"2026-06-15T12:00:00.000Z"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	only := []string{"--law", packets}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		out    string
	}{
		{"bad", append(only, bad), 1, "MUST " + packets},
		{"good", append(only, good), 0, "PASS: 0 findings"},
		{"both", append(only, good, bad), 1, "FAIL: 1 finding"},
		{"empty", []string{empty}, 3, "NOTHING WAS JUDGED"},
		{"another surface", append(only, "--surface", "sync", bad), 3, "NOTHING WAS JUDGED"},
		{"another key", append(only, "--key", "0123456789ab", bad), 3, "NOTHING WAS JUDGED"},
		{"known", append(only, "--baseline", writeTo(t, "- {law: "+packets+", reason: old players}"), bad), 0, "KNOWN " + packets},
		{"stale", append(only, "--baseline", writeTo(t, "- {law: "+packets+", reason: old players}"), good), 1, packets + " is in the baseline, and holds"},
		{"over", append(only, "--baseline", writeTo(t, "- {law: "+packets+", reason: x, until: \"2001-01-01\"}"), bad), 1, "MUST " + packets},
		{"coverage", append(only, "--require-coverage", "90%", good), 1, "less than 90 %"},
		{"coverage in reach", append(only, "--require-coverage=1", bad), 1, "1 finding of level must"},
		{"laws of the server", []string{"--side", "server", bad}, 0, "server.stream.packets"},
	} {
		got := call(t, "", append([]string{"verdict"}, c.args...)...)
		if got.status != c.status || !strings.Contains(got.out, c.out) || got.errs != "" {
			t.Errorf("%s: status %d, want %d and %q\n%s%s", c.name, got.status, c.status, c.out, got.out, got.errs)
		}
	}
}

func TestVerdictIsWrittenAsAsked(t *testing.T) {
	bad := tapeOf(t, "bad")
	asked := call(t, "", "verdict", "--format", "json", bad)
	if err := schematest.JSON(schematest.Compile(t, verdict.Schema()), []byte(asked.out)); err != nil || asked.status != 1 {
		t.Errorf("status %d: %v", asked.status, err)
	}
	file := filepath.Join(t.TempDir(), "v.sarif")
	got := call(t, "", "verdict", "--format", "sarif", "--output", file, bad)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.status != 1 || !strings.Contains(got.out, "MUST "+packets) || !json.Valid(data) || !strings.Contains(string(data), `"ruleId": "`+packets+`"`) {
		t.Errorf("status %d\n%s\n%s", got.status, got.out, data)
	}
	t.Chdir(filepath.Dir(bad))
	if here := call(t, "", "verdict", "--format", "sarif", bad); !strings.Contains(here.out, `"uri": "bad.jsonl"`) {
		t.Errorf("the tape is not named from here:\n%s", here.out)
	}
	if junit := call(t, "", "verdict", "--format", "junit", "bad.jsonl"); !strings.Contains(junit.out, `<testcase name="`+packets+`"`) {
		t.Errorf("%s", junit.out)
	}
}

func TestVerdictOfARunningFake(t *testing.T) {
	f := startFake(t)
	if nothing := call(t, "", "verdict", "--admin", f.Admin); nothing.status != 3 {
		t.Errorf("nothing happened: %+v", nothing)
	}
	misbehave(t, f.URL)
	bad := call(t, "", "verdict", "--admin", f.Admin+"/", "--law", packets)
	if bad.status != 1 || !strings.Contains(bad.out, "at tape.jsonl:") {
		t.Errorf("%+v", bad)
	}
	open, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(f.URL, "http")+"/v1/", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	for flag, want := range map[string]string{"--over=false": "goes on: 1 dialogue under way", "--over": "FAIL: "} {
		got := call(t, "", "verdict", "--admin", f.Admin, "--law", packets, flag)
		if !strings.Contains(got.out, want) || strings.Contains(got.out, "goes on") != (flag == "--over=false") {
			t.Errorf("%s: %s", flag, got.out)
		}
	}
	tape := call(t, "", "verdict", "--format", "json", "--law", packets, tapeOf(t, "bad"))
	data, err := os.ReadFile(tapeOf(t, "bad"))
	if err != nil {
		t.Fatal(err)
	}
	if piped := call(t, string(data), "verdict", "--law", packets, "-"); piped.status != 1 || tape.status != 1 {
		t.Errorf("%+v", piped)
	}
	if here := f.Verdict(verdict.ForLaws(packets)); here.Counts.Must != 1 || here.Exit() != 1 {
		t.Errorf("%+v", here)
	}
	res, err := http.Get(f.Admin + "/verdict?format=json&law=" + packets)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var v verdict.Verdict
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil || v.Counts.Must != 1 || v.Findings[0].Level != judge.Must {
		t.Errorf("%+v, %v", v, err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
}

func TestBadUsageOfVerdict(t *testing.T) {
	f := startFake(t)
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"nothing to judge":     {nil, 2, "give tapes, or --admin URL"},
		"two of them":          {[]string{"--admin", f.Admin, "x.jsonl"}, 2, "give tapes, or --admin URL"},
		"no such file":         {[]string{"missing.jsonl"}, 2, "no such file"},
		"not a tape":           {[]string{writeTo(t, "a: b")}, 2, "is no tape"},
		"unknown law":          {[]string{"--law", "client.stream.audio-in-packet", "x"}, 2, `did you mean "` + packets},
		"unknown format":       {[]string{"--format", "xml", "x"}, 2, "must be one of"},
		"unknown law is known": {[]string{"--baseline", writeTo(t, "- {law: client.x, reason: y}"), "x"}, 2, `no law is called "client.x"`},
		"no baseline":          {[]string{"--baseline", "missing.yaml", "x"}, 2, "--baseline"},
		"no percentage":        {[]string{"--require-coverage", "much", "x"}, 2, "is no percentage"},
		"too much":             {[]string{"--require-coverage", "101%", "x"}, 2, "is no percentage"},
		"no URL":               {[]string{"--admin", "127.0.0.1:8081"}, 2, "is no URL"},
		"nobody there":         {[]string{"--admin", "http://127.0.0.1:1"}, 3, "connection refused"},
		"not an admin port":    {[]string{"--admin", f.URL}, 3, "404"},
		"over without a fake":  {[]string{"--over", "x"}, 2, "--over goes with --admin"},
		"no command":           {[]string{"--run"}, 2, "--run needs a command"},
		"a command and a fake": {[]string{"--run", "--admin", f.Admin, "--", "true"}, 2, "give one of them"},
		"a clock for a tape":   {[]string{"--clock", "manual", "x"}, 2, "go with --run"},
		"no file to write to":  {[]string{"--output", "/nowhere/at/all", "--admin", f.Admin}, 3, "--output"},
	} {
		got := call(t, "", append([]string{"verdict"}, c.args...)...)
		if got.status != c.status || !strings.Contains(got.errs, c.want) || got.out != "" {
			t.Errorf("%s: %+v; want status %d and %s", name, got, c.status, c.want)
		}
	}
}
