package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	saying "mockamivoice/scenarios/transcript"
)

func TestTranscriptsTellWhatIsSaid(t *testing.T) {
	noCredentials(t)
	t.Setenv("AMIVOICE_KEY", "demo-key")
	service := server(t, "--transcripts", "../../testdata")["service"]
	const want = "今日はとてもいい天気ですね。窓を少し開けてください。"
	if got := call(t, "", "recognize", "--target", service, speech); got.out != want+"\n" {
		t.Errorf("recognize: %+v", got)
	}
	streamed := call(t, "", "stream", "--target", service, "--json", speech)
	var text string
	var spoken []string
	for line := range strings.Lines(streamed.out) {
		var r struct {
			Text, Utteranceid string
			Results           []struct{ Tokens []struct{ Spoken string } }
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Utteranceid != "" {
			text += r.Text
			for _, k := range r.Results[0].Tokens {
				spoken = append(spoken, k.Spoken)
			}
		}
	}
	if text != want || !slices.Contains(spoken, "てんき") || !slices.Contains(spoken, "_") {
		t.Errorf("stream: %q %q", text, spoken)
	}
}

func TestTranscriptsOfOtherFoldersAreNotRead(t *testing.T) {
	noCredentials(t)
	t.Setenv("AMIVOICE_KEY", "demo-key")
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "..", "..", "..", "etc", "hostname"), filepath.Join(dir, "speech-ja.txt")); err != nil {
		t.Skip(err)
	}
	ready := server(t, "--transcripts", dir)
	if got := call(t, "", "recognize", "--target", ready["service"], speech); got.status != 0 || strings.Count(got.out, "。") != 2 {
		t.Errorf("%+v", got)
	}
	if _, tape := get(t, http.DefaultClient, ready["admin"]+"/tape?kind=tolerance"); !strings.Contains(tape, "transcripts: a file is not used: speech-ja.txt: ") {
		t.Error(tape)
	}
}

func TestRecognizerIsAsked(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	noCredentials(t)
	t.Setenv("AMIVOICE_KEY", "demo-key")
	t.Setenv("A_MODEL", "big")
	t.Setenv("A_SECRET", "x")
	for _, c := range []struct{ args, want string }{
		{`["sh", "-c", "cat >/dev/null; echo $MOCKAMIVOICE_RECOGNIZER_LANGUAGE $A_MODEL$A_SECRET"]`, "ja bigja big\n"},
		{"true", ""},
	} {
		service := server(t, "--recognizer-command", c.args, "--recognizer-env", "A_MODEL")["service"]
		if got := call(t, "", "recognize", "--target", service, speech); got.out != c.want {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}

// TestExamplesOfTranscriptsCanBeRead holds docs/TRANSCRIPTS.md against the reader.
func TestExamplesOfTranscriptsCanBeRead(t *testing.T) {
	doc, err := os.ReadFile("../../docs/TRANSCRIPTS.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```(json|vtt|srt)\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	if len(examples) < 3 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		if _, err := saying.Parse("example."+e[1], []byte(e[2])); err != nil {
			t.Error(err)
		}
	}
	help := serveCommand{}
	for line := range strings.SplitSeq(help.Help(), "\n") {
		if (strings.Contains(line, "--transcripts") || strings.Contains(line, "--recognizer")) && !strings.Contains(string(doc), strings.TrimSpace(line)) {
			t.Errorf("the document lacks the example %q", line)
		}
	}
}
