package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
	"mockamivoice/scenarios"
)

func startJobs(t *testing.T, progress string) string {
	t.Helper()
	p, err := fake.ParseJobProgress(progress)
	if err != nil {
		t.Fatal(err)
	}
	return startFake(t, fake.WithJobProgress(p)).URL
}

func TestSubmit(t *testing.T) {
	noCredentials(t)
	url := startJobs(t, "at-once")
	text := call(t, "", "submit", "--target", url, speech)
	if text.status != 0 || strings.Count(text.out, "\n") != 2 || strings.Count(text.out, "。") != 2 {
		t.Errorf("%+v", text)
	}
	if !regexp.MustCompile(`^job [0-9a-f]{24}\njob [0-9a-f]{24}: completed after 0s\n$`).MatchString(text.errs) {
		t.Errorf("stderr: %q", text.errs)
	}
	speakers := call(t, "", "submit", "--target", url, "--min-speakers", "2", "--max-speakers", "2", speech)
	if speakers.status != 0 || !regexp.MustCompile(`^speaker[01]: .*。\nspeaker[01]: .*。\n$`).MatchString(speakers.out) {
		t.Errorf("--min-speakers: %+v", speakers)
	}
	asReceived := call(t, "", "submit", "--target", url, "--v1", "--sentiment", "--json", "--content-id", "call 42", "--param", "keepFillerToken=1", speech)
	if !json.Valid([]byte(asReceived.out)) || !strings.HasPrefix(asReceived.out, `{"status":"completed",`) ||
		!strings.Contains(asReceived.out, `"content_id":"call 42"`) || !strings.Contains(asReceived.out, `"sentiment_analysis":{`) {
		t.Errorf("--json: %+v", asReceived)
	}
	compatible := call(t, "", "submit", "--target", url, "--compatible-with-sync", speech)
	if strings.ReplaceAll(compatible.out, "\n", "") != strings.ReplaceAll(text.out, "\n", "") {
		t.Errorf("--compatible-with-sync: %+v", compatible)
	}
}

// A job can be left alone and picked up later, also by one that gave up waiting.
func TestSubmitAndComeBack(t *testing.T) {
	noCredentials(t)
	url := startJobs(t, "polls=1")
	id := call(t, "", "submit", "--target", url, "--no-wait", speech)
	if id.status != 0 || !regexp.MustCompile(`^[0-9a-f]{24}\n$`).MatchString(id.out) || id.errs != "" {
		t.Fatalf("--no-wait: %+v", id)
	}
	job := strings.TrimSpace(id.out)
	late := call(t, "", "submit", "--target", url, "--job", job, "--every", "1h", "--timeout", "100ms")
	if late.status != 3 || late.out != "" || !strings.Contains(late.errs, "mockamivoice submit --job "+job+" --target "+url+"\n") || !strings.Contains(late.errs, "it took longer than 100ms") {
		t.Errorf("--timeout: %+v", late)
	}
	done := call(t, "", "submit", "--target", url, "--job", job, "--every", "1ms")
	if done.status != 0 || strings.Count(done.out, "。") != 2 || !strings.Contains(done.errs, ": processing after ") {
		t.Errorf("--job: %+v", done)
	}
}

func TestWhatGoesWrongWithJobsIsTold(t *testing.T) {
	noCredentials(t)
	url := startJobs(t, "at-once")
	silence := filepath.Join(t.TempDir(), "silence.raw")
	if err := os.WriteFile(silence, make([]byte, 96_000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key    string
		status int
		want   string
		args   []string
	}{
		{"", 1, "failed with code o: recognition result is rejected because confidence is below the threshold", []string{"--target", url, "--format", "LSB16K", silence}},
		{"", 1, "sentimentAnalysis must be False", []string{"--target", url, "--sentiment", speech}},
		{"no-such-key", 1, "received illegal service authorization", []string{"--target", url, speech}},
		{"no-such-key", 1, "HTTP 401", []string{"--target", url, "--job", "0123"}},
		{"", 1, "its time is over", []string{"--target", url, "--job", "0123"}},
		{"", 3, "connection refused", []string{"--target", "http://127.0.0.1:1", speech}},
		{"", 2, "name an audio file, or a job with --job", []string{"--target", url}},
		{"", 2, "do not name", []string{"--target", url, "--job", "0123", speech}},
		{"", 2, "nothing else to do", []string{"--target", url, "--job", "0123", "--no-wait"}},
		{"", 2, "--min-speakers 3, --max-speakers 2", []string{"--target", url, "--min-speakers", "3", "--max-speakers", "2", speech}},
		{"", 2, "must not be negative", []string{"--target", url, "--every=-1s", speech}},
		{"", 2, "is not KEY=VALUE", []string{"--target", url, "--param", "x", speech}},
		{"", 2, "no such file", []string{"--target", url, "nowhere.wav"}},
	} {
		t.Setenv("AMIVOICE_KEY", c.key)
		got := call(t, "", append([]string{"submit"}, c.args...)...)
		if got.status != c.status || !strings.Contains(got.errs, c.want) || got.out != "" || c.key != "" && strings.Contains(got.errs, c.key) {
			t.Errorf("%v: %+v; want status %d and %s", c.args, got, c.status, c.want)
		}
	}
}

// A terminal sees the states in place.
func TestWaitingOnATerminal(t *testing.T) {
	var out bytes.Buffer
	w := &waiting{w: &out, live: true, id: "0123", stop: func() {}, over: make(chan struct{})}
	close(w.over)
	if got, want := w.text(0), "job 0123 after 0s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	w.see(refclient.JobStatus{Job: protocol.Job{State: protocol.JobProcessing}})
	if got, want := w.text(72400*time.Millisecond), "job 0123: processing after 1m12s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	w.done()
	if s := out.String(); strings.Contains(s, "\n") || !strings.HasPrefix(s, "\r\x1b[Kjob 0123: processing after ") || !strings.HasSuffix(s, "\r\x1b[K") {
		t.Errorf("%q", s)
	}
}

func TestTapeOfJobs(t *testing.T) {
	noCredentials(t)
	url := startJobs(t, "at-once")
	file := filepath.Join(t.TempDir(), "tape.jsonl")
	if got := call(t, "", "submit", "--target", url, "--v1", "--tape", file, speech); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	surfaces := make(map[string]int)
	for line, err := range scenarios.ReadTape(file, bytes.NewReader(data)) {
		if err != nil {
			t.Fatal(err)
		}
		if line.Entry.Kind == scenarios.HTTPRequest {
			surfaces[line.Entry.Surface+" "+line.Entry.Method]++
		}
	}
	if want := map[string]int{"issue POST": 1, "async POST": 1, "async GET": 1}; !reflect.DeepEqual(surfaces, want) {
		t.Errorf("%v, want %v", surfaces, want)
	}
	if bytes.Contains(data, []byte("MAV1")) || bytes.Contains(data, []byte("demo-password")) {
		t.Error("a secret is on the tape")
	}
}

func TestTranscript(t *testing.T) {
	token := func(written, label string) protocol.Token {
		return protocol.Token{Written: written, Label: protocol.Maybe[string]{Value: label, OK: label != ""}}
	}
	said := func(text string, tokens ...protocol.Token) protocol.Segment {
		return protocol.Segment{Results: []protocol.Utterance{{Text: text, Tokens: tokens}}, Text: text}
	}
	for _, c := range []struct {
		job  protocol.Job
		want []string
	}{
		{protocol.Job{}, nil},
		{protocol.Job{Segments: []protocol.Segment{said("はい。", token("はい", "")), said(""), said("いいえ。")}}, []string{"はい。", "いいえ。"}},
		{
			protocol.Job{Segments: []protocol.Segment{
				said("Good morning. Yes no. Bye.", token("Good", "speaker0"), token("morning", ""), token(".", ""), token("Yes", "speaker1"), token("what", "speaker0"), token("no", "speaker1"), token(".", "speaker1"), token("Bye", "speaker0")),
				said("And on.", token("And", "speaker0")),
			}},
			[]string{"speaker0: Good morning.", "speaker1: Yes no.", "speaker0: Bye.", "speaker0: And on."},
		},
		{protocol.Job{Compatible: &protocol.Result{Results: said("はい。").Results}}, []string{"はい。"}},
	} {
		if got := transcript(c.job); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
