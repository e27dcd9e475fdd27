package recognizer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mockamivoice/fake"
	"mockamivoice/fake/recognizer"
)

const role = "MOCKAMIVOICE_TEST_RECOGNIZER"

// TestMain is also the command: the test binary plays it when it is run with a role.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == role {
		os.Exit(play(os.Args[2:]))
	}
	goleak.VerifyTestMain(m)
}

// play is a command that does something with the utterance on its standard input.
func play(args []string) int {
	switch args[0] {
	case "say":
		_, _ = io.Copy(io.Discard, os.Stdin)
		fmt.Print(args[1])
	case "measure":
		wav, _ := io.ReadAll(os.Stdin)
		fmt.Printf("%s %d bytes", wav[:4], len(wav))
	case "environment":
		fmt.Print(strings.Join(os.Environ(), " "))
	case "fail":
		fmt.Fprintln(os.Stderr, "no model\nin sight")
		return 3
	case "flood":
		for {
			if _, err := fmt.Print(strings.Repeat("x", 1000)); err != nil {
				return 0
			}
		}
	case "hang": // with a child, which shares the standard output; both are on the line as long as they live
		child := exec.Command(os.Args[0], role, "sleep", args[1])
		child.Stdout = os.Stdout
		_ = child.Start()
		_ = child.Wait()
	case "leave": // a child behind, that has called already
		child := exec.Command(os.Args[0], role, "sleep", args[1])
		if args[2] == "holding" {
			child.Stdout = os.Stdout
		}
		calls, _ := child.StderrPipe()
		_ = child.Start()
		_, _ = calls.Read(make([]byte, 1))
		status, _ := strconv.Atoi(args[3])
		return status
	case "sleep":
		conn, err := net.Dial("tcp", args[1])
		if err == nil {
			fmt.Fprintln(os.Stderr, "up")
			_, _ = conn.Read(make([]byte, 1))
		}
	}
	return 0
}

func speech() fake.Speech {
	return fake.Speech{Surface: "stream", Engine: "-a-general-en", Language: "en", Start: 1000, End: 3000}
}

func sound() fake.Sound { return fake.Sound{Rate: 16000, Samples: make([]int16, 100)} }

func command(t *testing.T, l recognizer.Limits, env []string, args ...string) fake.Recognizer {
	t.Helper()
	r, err := recognizer.Command(l, append([]string{os.Args[0], role}, args...), env)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnswersThatAreUnderstood(t *testing.T) {
	for name, c := range map[string]struct{ answer, text, tokens, err string }{
		"text":             {"  Hello there.\n", "Hello there.", "Hello there .", ""},
		"lines":            {"hello\n\nthere\n", "hello there", "hello there", ""},
		"nothing":          {" \n", "", "", ""},
		"text in JSON":     {`{"text":" Hi\n you ","language":"en","segments":[{"id":0,"start":0.5}]}`, "Hi you", "Hi you", ""},
		"no text in JSON":  {`{"text":""}`, "", "", ""},
		"a result":         {`{"results":[{"tokens":[{"written":"hi","confidence":0.5,"starttime":100,"endtime":300}],"confidence":0.7,"starttime":0,"endtime":900,"text":"hi"}],"text":"hi","code":"","message":""}`, "hi", "hi@1100-1300", ""},
		"our own form":     {`{"utterances":[{"text":"one"},{"text":"two"}]}`, "one two", "one two", ""},
		"an empty result":  {`{"results":[{"tokens":[],"text":""}],"text":"","code":"","message":""}`, "", "", ""},
		"nothing heard":    {`{"results":[{"tokens":[],"text":""}],"text":"","code":"o","message":"x"}`, "", "", ""},
		"a failed result":  {`{"results":[{"tokens":[],"text":""}],"text":"","code":"!","message":"x"}`, "", "", `code "!"`},
		"garbage":          {"{\"text\"", "", "", "no JSON"},
		"not UTF-8":        {"a\xff", "", "", "is not UTF-8"},
		"JSON of no kind":  {`{"hello":1}`, "", "", `neither "text" nor "results"`},
		"text of no kind":  {`{"text":5}`, "", "", "text is a number, not a text"},
		"list of texts":    {`{"text":["a"]}`, "", "", "text is a list, not a text"},
		"status of a kind": {`{"status":5,"segments":[]}`, "", "", "status"},
		"text after a BOM": {"\uFEFF{\"text\":\"hi\"}", "hi", "hi", ""},
		"a misspelt field": {`{"utterances":[{"txet":"one"}]}`, "", "", `did you mean "text"?`},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.answer) }))
			defer srv.Close()
			byServer, err := recognizer.Server(recognizer.Limits{}, srv.URL, "")
			if err != nil {
				t.Fatal(err)
			}
			all := map[string]fake.Recognizer{"command": command(t, recognizer.Limits{}, nil, "say", c.answer)}
			if strings.HasPrefix(strings.TrimPrefix(c.answer, "\uFEFF"), "{") {
				all["server"] = byServer
			}
			for name, ask := range all {
				got, err := ask(t.Context(), speech(), sound())
				if c.err != "" {
					if err == nil || !strings.Contains(err.Error(), c.err) {
						t.Errorf("%s: %v, want %q", name, err, c.err)
					}
					continue
				}
				if err != nil || got.Text != c.text || words(got) != c.tokens || got.Code != "" {
					t.Errorf("%s: %+v, %v", name, got, err)
				}
			}
		})
	}
}

func words(t fake.Transcript) string {
	var all []string
	for _, k := range t.Tokens {
		w := k.Written
		if k.StartTime.OK {
			w += fmt.Sprintf("@%d-%d", k.StartTime.Value, k.EndTime.Value)
		}
		all = append(all, w)
	}
	return strings.Join(all, " ")
}

func TestCommandGetsAWAVFile(t *testing.T) {
	got, err := command(t, recognizer.Limits{}, nil, "measure")(t.Context(), speech(), sound())
	if err != nil || got.Text != "RIFF 244 bytes" {
		t.Errorf("%+v, %v", got, err)
	}
	wav := recognizer.WAV(fake.Sound{Rate: 8000, Samples: []int16{1, -2, math.MaxInt16}})
	want := "RIFF\x2a\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x06\x00\x00\x00\x01\x00\xfe\xff\xff\x7f"
	if string(wav) != want {
		t.Errorf("%q", wav)
	}
}

func TestCommandHasNoEnvironmentButWhatIsAllowed(t *testing.T) {
	environ := []string{"PATH=/bin", "SECRET=1", "MODEL=big", "HOME=/root", "PATHOLOGY=x"}
	env := recognizer.Environment(environ, "MODEL")
	if !slices.Equal(env, []string{"PATH=/bin", "MODEL=big", "HOME=/root"}) {
		t.Error(env)
	}
	got, err := command(t, recognizer.Limits{}, env, "environment")(t.Context(), speech(), sound())
	if err != nil || got.Text != "PATH=/bin MODEL=big HOME=/root MOCKAMIVOICE_RECOGNIZER_LANGUAGE=en" {
		t.Errorf("%q, %v", got.Text, err)
	}
}

func TestCommandThatFailsIsNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"status":     {[]string{"fail"}, "the command: exit status 3: no model in sight"},
		"too much":   {[]string{"flood"}, "writes more than 65536 bytes"},
		"just right": {[]string{"say", strings.Repeat("a ", 32<<10)}, ""},
	} {
		_, err := command(t, recognizer.Limits{}, nil, c.args...)(t.Context(), speech(), sound())
		if got := fmt.Sprint(err); c.want == "" && err != nil || c.want != "" && !strings.Contains(got, c.want) {
			t.Errorf("%s: %.300s", name, got)
		}
	}
	if _, err := recognizer.Command(recognizer.Limits{}, []string{"no-such-program-here"}, nil); err == nil {
		t.Error("a program that is not there is taken")
	}
	if _, err := recognizer.Command(recognizer.Limits{}, nil, nil); err == nil {
		t.Error("no program at all is taken")
	}
}

func TestCommandIsKilledWithItsChildren(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ask := command(t, recognizer.Limits{Time: time.Hour}, nil, "hang", l.Addr().String())
	answered := make(chan error, 1)
	go func() { _, err := ask(ctx, speech(), sound()); answered <- err }()
	child, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	cancel()
	if err := <-answered; err == nil {
		t.Error("an answer that nobody gave")
	}
	if err := child.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := child.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the child of the command goes on")
	}
}

func TestCommandLeavesNobodyBehind(t *testing.T) {
	for _, c := range []struct{ output, status, err string }{
		{"holding", "0", "something that it started holds on to its output"},
		{"holding", "3", "exit status 3"},
		{"closed", "0", ""},
		{"closed", "3", "exit status 3"},
	} {
		t.Run(c.output+" "+c.status, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			_, err = command(t, recognizer.Limits{Time: time.Hour}, nil, "leave", l.Addr().String(), c.output, c.status)(t.Context(), speech(), sound())
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Error(err)
			}
			child, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer child.Close()
			if err := child.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := child.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the child of the command goes on")
			}
		})
	}
}

func TestCommandHasItsTime(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // so that the command has somebody to wait for
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ask := command(t, recognizer.Limits{Time: time.Millisecond}, nil, "sleep", l.Addr().String())
	if _, err := ask(t.Context(), speech(), sound()); err == nil || err.Error() != "no answer within 1ms" {
		t.Error(err)
	}
}

func TestServerGetsTheUtterance(t *testing.T) {
	var seen atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, h, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		wav, _ := io.ReadAll(f)
		user, password, _ := r.BasicAuth()
		seen.Store(fmt.Sprint(r.Method, " ", r.URL.Path, " ", h.Filename, " ", string(wav[:4]), len(wav), " ", r.FormValue("model"), " ", r.FormValue("language"), " ",
			r.FormValue("response_format"), " ", user, password))
		_, _ = io.WriteString(w, `{"text":"ok"}`)
	}))
	defer srv.Close()
	for model, want := range map[string]string{"": "whisper-1", "big": "big"} {
		ask, err := recognizer.Server(recognizer.Limits{}, strings.Replace(srv.URL, "//", "//me:pw@", 1)+"/v1/audio/transcriptions", model)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ask(t.Context(), speech(), sound()); err != nil || got.Text != "ok" {
			t.Errorf("%+v, %v", got, err)
		}
		if got := seen.Load(); got != "POST /v1/audio/transcriptions utterance.wav RIFF244 "+want+" en json mepw" {
			t.Error(got)
		}
	}
}

func TestServerThatFailsIsNoAnswer(t *testing.T) {
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/status", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no model\nhere", http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/target", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/target", func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"text":"`+strings.Repeat("a", 1<<20)+`"}`)
	})
	mux.HandleFunc("/text", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `<html>`) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"text":`)
	})
	mux.HandleFunc("/hang", func(http.ResponseWriter, *http.Request) { <-release })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	defer close(release)
	for path, want := range map[string]string{
		"/status": "the server answers 503 Service Unavailable: no model here", "/redirect": "307 Temporary Redirect; redirects are not followed",
		"/huge": "longer than 1048576 bytes", "/text": "no JSON object", "/cut": "read the reply", "/hang": "no answer within 2s",
	} {
		ask, err := recognizer.Server(recognizer.Limits{Time: 2 * time.Second}, srv.URL+path, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ask(t.Context(), speech(), sound()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	ask, err := recognizer.Server(recognizer.Limits{}, "http://me:secret@127.0.0.1:1/", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t.Context(), speech(), sound()); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	for _, address := range []string{"", "127.0.0.1:8080", "ftp://x/", "http:///x", "http://x:y/"} {
		if _, err := recognizer.Server(recognizer.Limits{}, address, ""); err == nil || strings.Contains(err.Error(), "x:y") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestNoMoreAtATimeThanAllowed(t *testing.T) {
	var now, most atomic.Int32
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for n := now.Add(1); n > most.Load(); {
			most.Store(n)
		}
		arrived <- struct{}{}
		<-release
		now.Add(-1)
		_, _ = io.WriteString(w, `{"text":"ok"}`)
	}))
	defer srv.Close()
	ask, err := recognizer.Server(recognizer.Limits{Concurrent: 2}, srv.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 6)
	for range 6 {
		go func() { _, err := ask(t.Context(), speech(), sound()); done <- err }()
	}
	<-arrived
	<-arrived
	gaveUp, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ask(gaveUp, speech(), sound()); !errors.Is(err, context.Canceled) {
		t.Errorf("who waits for a turn and gives up gets %v", err)
	}
	close(release)
	for range 6 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := most.Load(); n != 2 {
		t.Errorf("%d at a time", n)
	}
}
