package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFixtureIsHeardBack(t *testing.T) {
	noCredentials(t)
	f := startFake(t)
	key := call(t, "", "issue", "--target", f.URL)
	t.Setenv("AMIVOICE_KEY", strings.TrimSpace(key.out))
	wav := filepath.Join(t.TempDir(), "call.wav")
	made := call(t, "", "fixture", "--text", "もしもし", "--text", "one, two; 3 🎤", "--gap", "1s", "--rate", "8000", "-o", wav)
	if made.status != 0 || made.out != "" || !strings.Contains(made.errs, "call.wav: 2 utterance(s), 4.") {
		t.Fatalf("fixture: %+v", made)
	}
	if text := call(t, "", "stream", "--target", f.URL, wav); text.out != "もしもし\none, two; 3 🎤\n" {
		t.Errorf("stream: %+v", text)
	}
	if text := call(t, "", "recognize", "--target", f.URL, wav); text.out != "もしもしone, two; 3 🎤\n" {
		t.Errorf("recognize: %+v", text)
	}
	for _, format := range []string{"LSB22K", "MSB16K", "MULAW", "alaw"} {
		raw := call(t, "", "fixture", "--text", "hello", "--format", format)
		if text := call(t, raw.out, "stream", "--target", f.URL, "--format", format, "-"); text.out != "hello\n" {
			t.Errorf("%s: %d bytes, %+v", format, len(raw.out), text)
		}
	}
	raw := call(t, "", "fixture", "--text", "hello", "--format", "raw")
	if text := call(t, raw.out, "stream", "--target", f.URL, "--format", "MSB16K", "-"); strings.Contains(text.out, "hello") {
		t.Errorf("with its bytes swapped: %+v", text)
	}
}

func TestFixtureSaysWhatIsWrong(t *testing.T) {
	for want, args := range map[string][]string{
		"missing flags: --text":         {},
		"the text is empty":             {"--text", ""},
		"utterance 2: the text has 201": {"--text", "a", "--text", strings.Repeat("字", 201)},
		"a gap of 900ms is too short":   {"--text", "a", "--gap", "900ms"},
		"--gap: 0s is no silence":       {"--text", "a", "--gap", "0s"},
		"--rate: 12000 samples":         {"--text", "a", "--rate", "12000"},
		"--rate: 0 samples":             {"--text", "a", "--rate", "0"},
		"--rate: MULAW has 8000":        {"--text", "a", "--rate", "16000", "--format", "MULAW"},
		`--format: "mp3" is not`:        {"--text", "a", "--format", "mp3"},
	} {
		got := call(t, "", append([]string{"fixture"}, args...)...)
		if got.status != 2 || got.out != "" || !strings.Contains(got.errs, want) {
			t.Errorf("%q: %+v, want %q", args, got, want)
		}
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if status := run(t.Context(), []string{"fixture", "--text", "a"}, strings.NewReader(""), null, io.Discard); status != 0 {
		t.Errorf("the null device is taken for a terminal: status %d", status)
	}
	missing := filepath.Join(t.TempDir(), "no", "hello.wav")
	if got := call(t, "", "fixture", "--text", "a", "-o", missing); got.status != 3 || !strings.Contains(got.errs, missing) {
		t.Errorf("a folder that is not there: %+v", got)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("it was written all the same")
	}
}
