package recognizer_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"mockamivoice/fake"
	"mockamivoice/fake/recognizer"
	"mockamivoice/scenarios"
)

// TestPocketsphinxHearsWhatEspeakSays goes through the whole fake with a real recognizer and synthesized English. It wants Debian's
// pocketsphinx, pocketsphinx-en-us and espeak-ng; where MOCKAMIVOICE_REQUIRE_RECOGNIZER is set, a machine without them fails.
func TestPocketsphinxHearsWhatEspeakSays(t *testing.T) {
	for _, program := range []string{"pocketsphinx_continuous", "espeak-ng"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("MOCKAMIVOICE_REQUIRE_RECOGNIZER") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	ask, err := recognizer.Command(recognizer.Limits{}, []string{"pocketsphinx_continuous", "-infile", "/dev/stdin", "-logfn", "/dev/null"}, recognizer.Environment(os.Environ()))
	if err != nil {
		t.Fatal(err)
	}
	srv := fake.New(fake.WithRecognizer(ask))
	defer srv.Close()
	for text, sure := range map[string]string{"hello world": "hello world", "good morning, how are you today": "how are you today"} {
		wav, err := exec.CommandContext(t.Context(), "espeak-ng", "-v", "en-us", "-s", "140", "--stdout", text).Output()
		if err != nil {
			t.Fatal(err)
		}
		got := recognize(t, srv, wav)
		_, entries := srv.Tape(fake.TapeFilter{Kind: scenarios.Tolerance})
		if !strings.Contains(got, sure) || len(entries) > 0 {
			t.Errorf("%q was heard as %q, without %q; %+v", text, got, sure, entries)
		}
	}
}

// recognize sends a recording to the synchronous interface.
func recognize(t *testing.T, h http.Handler, wav []byte) string {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("u", "demo-key")
	_ = w.WriteField("d", "-a-general-en")
	a, _ := w.CreateFormField("a")
	_, _ = a.Write(wav)
	_ = w.Close()
	req := httptest.NewRequest(http.MethodPost, "/v1/recognize", &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	var reply struct{ Text, Code string }
	if err := json.Unmarshal(rec.Body.Bytes(), &reply); err != nil {
		t.Fatal(err)
	}
	return reply.Text
}
