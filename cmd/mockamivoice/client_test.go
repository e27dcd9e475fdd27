package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mockamivoice/fake"
	"mockamivoice/fake/loopback"
	"mockamivoice/scenarios"
)

const speech = "../../testdata/speech-ja.wav"

// called is what a command wrote, and its exit status.
type called struct {
	out, errs string
	status    int
}

func call(t *testing.T, stdin string, args ...string) called {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return called{out.String(), errs.String(), status}
}

func startFake(t *testing.T, options ...fake.Option) *loopback.Fake {
	t.Helper()
	f, err := loopback.Start(t.Context(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// noCredentials takes what the environment of the tests may hold.
func noCredentials(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AMIVOICE_SID", "AMIVOICE_SPW", "AMIVOICE_ISSUER_KEY", "AMIVOICE_KEY"} {
		t.Setenv(name, "")
	}
}

func TestIssueRecognizeStream(t *testing.T) {
	noCredentials(t)
	f := startFake(t)
	key := call(t, "", "issue", "--target", f.URL, "--epi", "2h")
	if key.status != 0 || !strings.HasPrefix(key.out, "MAV1") || strings.Count(key.out, "\n") != 1 || key.errs != "" {
		t.Errorf("issue: %+v", key)
	}
	t.Setenv("AMIVOICE_KEY", strings.TrimSpace(key.out))
	text := call(t, "", "recognize", "--target", f.URL, speech)
	if text.status != 0 || strings.Count(text.out, "。") != 2 {
		t.Errorf("recognize: %+v", text)
	}
	asReceived := call(t, "", "recognize", "--target", f.URL, "--json", "--set", "keepFillerToken=1", "--no-log", speech)
	if !json.Valid([]byte(asReceived.out)) || !strings.HasPrefix(asReceived.out, `{"results":[`) {
		t.Errorf("recognize --json: %+v", asReceived)
	}
	lines := call(t, "", "stream", "--target", f.URL, speech)
	if lines.status != 0 || strings.Count(lines.out, "\n") != 2 || strings.ReplaceAll(lines.out, "\n", "") != strings.TrimSpace(text.out) {
		t.Errorf("stream: %+v", lines)
	}
	raw, err := os.ReadFile("../../testdata/speech-ja.raw")
	if err != nil {
		t.Fatal(err)
	}
	stdin := call(t, string(raw), "stream", "--target", f.URL, "--format", "lsb16k", "--json", "--interval", "0s", "-")
	if stdin.status != 0 || strings.Count(stdin.out, "\n") != 1 || !json.Valid([]byte(stdin.out)) {
		t.Errorf("stream from stdin: %+v", stdin)
	}
}

func TestWhatGoesWrongIsTold(t *testing.T) {
	noCredentials(t)
	f := startFake(t)
	for _, c := range []struct {
		key    string
		status int
		want   string
		args   []string
	}{
		{"no-such-key", 1, "received illegal service authorization", []string{"recognize", "--target", f.URL, speech}},
		{"no-such-key", 1, "can't validate service authorization", []string{"stream", "--target", f.URL, speech}},
		{"", 1, "epi and ipa are well-formed", []string{"issue", "--target", f.URL, "--epi", "soon"}},
		{"", 3, "connection refused", []string{"recognize", "--target", "http://127.0.0.1:1", speech}},
		{"", 2, "no such file", []string{"stream", "--target", f.URL, "nowhere.wav"}},
		{"", 2, "name its format with --format", []string{"stream", "--target", f.URL, "../../testdata/speech-ja.raw"}},
		{"", 2, "is not KEY=VALUE", []string{"recognize", "--target", f.URL, "--set", "x", speech}},
		{"", 2, "no credentials: set AMIVOICE_KEY", []string{"recognize", "--target", "real", speech}},
		{"", 2, "is neither real nor a URL", []string{"issue", "--target", "127.0.0.1"}},
		{"", 2, "is not an address", []string{"issue", "--target", f.URL, "--source-address", "here"}},
		{"", 2, "audio format", []string{"stream", "--target", f.URL, "--format", "LSB17K", speech}},
		{"", 2, "--realtime", []string{"stream", "--target", f.URL, "--realtime", "--format", "16K", "../../testdata/speech-ja.raw"}},
	} {
		t.Setenv("AMIVOICE_KEY", c.key)
		got := call(t, "", c.args...)
		if got.status != c.status || !strings.Contains(got.errs, c.want) || got.out != "" || c.key != "" && strings.Contains(got.errs, c.key) {
			t.Errorf("%v: %+v; want status %d and %s", c.args, got, c.status, c.want)
		}
	}
}

// The tape of a client can be read back, has the whole dialogue and no secret.
func TestClientTape(t *testing.T) {
	noCredentials(t)
	f := startFake(t)
	for _, command := range []string{"recognize", "stream"} {
		file := filepath.Join(t.TempDir(), "tape.jsonl")
		if got := call(t, "", command, "--target", f.URL, "--tape", file, speech); got.status != 0 {
			t.Fatalf("%+v", got)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kinds := make(map[scenarios.Kind]int)
		for line, err := range scenarios.ReadTape(file, bytes.NewReader(data)) {
			if err != nil {
				t.Fatal(err)
			}
			kinds[line.Entry.Kind]++
		}
		want := map[string][]scenarios.Kind{
			"recognize": {scenarios.ConnOpen, scenarios.HTTPRequest, scenarios.HTTPResponse, scenarios.ConnClose},
			"stream":    {scenarios.WSHandshake, scenarios.WSCommand, scenarios.WSEvent, scenarios.WSControl, scenarios.ConnClose},
		}[command]
		for _, k := range want {
			if kinds[k] == 0 {
				t.Errorf("%s: no %s on the tape: %v", command, k, kinds)
			}
		}
		for _, secret := range []string{"MAV1", "demo-password"} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s: %s is on the tape", command, secret)
			}
		}
	}
}

func TestProgressText(t *testing.T) {
	p := &progress{size: 2_000_000, rate: 32_000, read: 1_000_000}
	if got, want := p.text(1e9), "1.0 MB of 2.0 MB, 1.0 MB/s (31.2 times as fast as speech), 1s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
