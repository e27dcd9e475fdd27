package fake_test

import (
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"time"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
)

// A test of a client needs a URL and nothing else: issue a key as a back end does, then recognize a file as a client does.
func ExampleNew() {
	srv := fake.New()
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()

	resp, err := ts.Client().PostForm(ts.URL+"/issue_service_authorization", url.Values{"sid": {"demo"}, "spw": {"demo-password"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	key, _ := io.ReadAll(resp.Body)

	result := recognizeFile(ts, string(key), "../testdata/speech-ja.wav")
	fmt.Printf("code %q, any text: %t\n", result.Code, result.Text != "")
	// Output: code "", any text: true
}

// Files tell what is said, by the name of an upload, a digest, or how a recording sounds.
func ExampleWithTranscripts() {
	root, err := os.OpenRoot("../testdata")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer root.Close()
	srv := fake.New(fake.WithTranscripts(root.FS()))
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()

	fmt.Println(recognizeFile(ts, "demo-key", "../testdata/speech-ja.wav").Text)
	// Output: 今日はとてもいい天気ですね。窓を少し開けてください。
}

// A key expires when the test says so, without waiting.
func ExampleServer_Advance() {
	srv := fake.New(fake.WithClock(clock.NewManual(time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC))))
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()

	key, err := srv.IssueKey(fake.KeyRequest{EPI: "30000"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("now: %q\n", recognizeFile(ts, key.Key, "../testdata/speech-ja.wav").Message)
	if _, err := srv.Advance(30 * time.Second); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("30 s later: %q\n", recognizeFile(ts, key.Key, "../testdata/speech-ja.wav").Message)
	// Output:
	// now: ""
	// 30 s later: "received illegal service authorization"
}

// recognizeFile is a client: u and d come before a, or the service does not see them.
func recognizeFile(ts *httptest.Server, key, file string) (result struct{ Text, Code, Message string }) {
	audio, err := os.ReadFile(file)
	if err != nil {
		fmt.Println(err)
		return result
	}
	var body strings.Builder
	w := multipart.NewWriter(&body)
	_ = w.WriteField("u", key)
	_ = w.WriteField("d", "-a-general")
	_ = w.WriteField("a", string(audio))
	_ = w.Close()
	resp, err := ts.Client().Post(ts.URL+"/v1/recognize", w.FormDataContentType(), strings.NewReader(body.String()))
	if err != nil {
		fmt.Println(err)
		return result
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		fmt.Println(resp.Status)
	}
	_ = json.NewDecoder(resp.Body).Decode(&result)
	return result
}
