package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"mockamivoice/fake"
	refclient "mockamivoice/reference-client"
	"mockamivoice/scenarios"
)

// testClient is this test binary as the command that verdict --run runs. It knows nothing but its environment.
func testClient(mode string) int {
	issuer := os.Getenv("AMIVOICE_ISSUER_URL")
	base := strings.TrimSuffix(issuer, "/issue_service_authorization")
	switch mode {
	case "nothing":
		return 0
	case "good", "fails":
		if err := behave(base); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 9
		}
		fmt.Println("stdout of the client")
		fmt.Fprintln(os.Stderr, "stderr of the client")
		if mode == "fails" {
			return 7
		}
	case "bad":
		if err := sendBareAudio(base); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 9
		}
	case "echo":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "waits":
		caught := make(chan os.Signal, 4)
		signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM)
		fmt.Println("waiting")
		fmt.Println("got", <-caught)
	}
	return 0
}

// behave uses every address that a command is given, as a good client does.
func behave(base string) error {
	ctx := context.Background()
	for name, want := range map[string]string{
		"AMIVOICE_RECOGNIZE_URL": base + "/v1/recognize", "AMIVOICE_STREAM_URL": "ws" + strings.TrimPrefix(base, "http") + "/v1/",
		"AMIVOICE_ASYNC_URL": base + "/v2/recognitions", "AMIVOICE_KEY": "demo-key",
	} {
		if got := os.Getenv(name); got != want {
			return fmt.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	res, err := http.Get(os.Getenv("MOCKAMIVOICE_ADMIN_URL") + "/clock")
	if err != nil {
		return err
	}
	clock, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Contains(clock, []byte(`"kind":"manual"`)) {
		return fmt.Errorf("the clock is %s, %w", clock, err)
	}
	c := refclient.New(refclient.WithEndpoint(refclient.At(base)), refclient.WithCredentials(os.Getenv("AMIVOICE_SID"), os.Getenv("AMIVOICE_SPW")))
	s, err := c.Stream(ctx, refclient.StreamRequest{Engine: "-a-general", Format: "LSB16K"})
	if err != nil {
		return err
	}
	go func() {
		_, _ = s.Write(make([]byte, 32_000))
		_ = s.End(ctx)
	}()
	for _, err := range s.Events() {
		if err != nil {
			return err
		}
	}
	return s.Close()
}

// sendBareAudio is a client that forgets the p, and waits until the server is fed up with it.
func sendBareAudio(base string) error {
	ws, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(base, "http")+"/v1/", nil)
	if err != nil {
		return err
	}
	defer ws.Close()
	_ = res.Body.Close()
	if err := ws.WriteMessage(websocket.TextMessage, []byte("s LSB16K -a-general authorization=demo-key")); err != nil {
		return err
	}
	if _, _, err := ws.ReadMessage(); err != nil {
		return err
	}
	if err := ws.WriteMessage(websocket.BinaryMessage, make([]byte, 3200)); err != nil {
		return err
	}
	if _, _, err := ws.ReadMessage(); err == nil {
		return errors.New("the server put up with bare audio")
	}
	return nil
}

func misbehave(t *testing.T, base string) {
	t.Helper()
	if err := sendBareAudio(base); err != nil {
		t.Fatal(err)
	}
}

// runClient is verdict --run with a client of this file.
func runClient(t *testing.T, client string, args ...string) called {
	t.Helper()
	t.Setenv("MOCKAMIVOICE_TEST_CLIENT", client)
	return call(t, "stdin of the client", append(append([]string{"verdict", "--run", "--clock", "manual"}, args...), "--", os.Args[0])...)
}

func TestVerdictOfACommand(t *testing.T) {
	only := []string{"--law", packets}
	for _, c := range []struct {
		client string
		args   []string
		status int
		out    string
		errs   string
	}{
		{"good", only, 0, "stdout of the client\nlaws, and how often", "stderr of the client\n"},
		{"bad", only, 1, "MUST " + packets, ""},
		{"fails", only, 1, "PASS: 0 findings", "stderr of the client\nmockamivoice: the command failed: exit status 7\n"},
		{"nothing", nil, 3, "NOTHING WAS JUDGED", ""},
		{"echo", nil, 3, "stdin of the client", ""},
	} {
		got := runClient(t, c.client, c.args...)
		if got.status != c.status || !strings.Contains(got.out, c.out) || got.errs != c.errs {
			t.Errorf("%s: %+v\nwant status %d, %q, %q", c.client, got, c.status, c.out, c.errs)
		}
	}
	missing := call(t, "", "verdict", "--run", "--", "no-such-command-at-all", "--flag")
	if missing.status != 3 || !strings.Contains(missing.errs, "run no-such-command-at-all") || missing.out != "" {
		t.Errorf("%+v", missing)
	}
}

const expiring = `
id: stream.mine-key-expires
title: The key expires between s and the first p
surface: stream
level: must
basis: documented
source: "manual: issue-api-key-with-api"
play: {faults: [{at: stream.feed, nth: 1, do: expire-key}]}
client: [{expect: issue, within: 5s}]
why: Whoever pauses before speaking meets this daily.
`

// A command meets a scenario, and is held against what that expects of it; later, the tape needs the scenario again.
func TestVerdictOfACommandInAScenario(t *testing.T) {
	file := writeTo(t, strings.TrimSpace(expiring))
	tape := writeTo(t, "")
	got := runClient(t, "good", "--scenario", file, "--law", "client.scenario.expectation", "--tape", tape)
	for _, want := range []string{"MUST client.scenario.expectation", "why     Whoever pauses", "was to ask for another key within 5s", "!- fault stream.feed: expire-key", "stream.feed.key-expired"} {
		if got.status != 1 || !strings.Contains(got.out, want) {
			t.Errorf("status %d, want 1 and %q\n%s", got.status, want, got.out)
		}
	}
	for _, c := range []struct {
		args   []string
		status int
		out    string
	}{
		{[]string{"--scenario", file, tape}, 1, "MUST client.scenario.expectation"},
		{[]string{"--scenarios", filepath.Dir(file), tape}, 1, "MUST client.scenario.expectation"},
		{[]string{tape}, 0, "what a client should do in scenario \"stream.mine-key-expires\" is not known"},
	} {
		again := call(t, "", append([]string{"verdict"}, c.args...)...)
		if again.status != c.status || !strings.Contains(again.out, c.out) {
			t.Errorf("%v: %+v; want %d and %q", c.args, again, c.status, c.out)
		}
	}
	for name, want := range map[string]string{"stream.cycle": "has no play part", "stream.cycl": "did you mean"} {
		if got := runClient(t, "good", "--scenario", name); got.status != 2 || !strings.Contains(got.errs, want) || got.out != "" {
			t.Errorf("%s: %+v, want %q", name, got, want)
		}
	}
}

// A good client breaks no law at all, and no secret is in what is said about it.
func TestTheReferenceClientBehaves(t *testing.T) {
	got := runClient(t, "good", "--fail-on", "should")
	if got.status != 0 || strings.Contains(got.out, "demo-password") || strings.Contains(got.out, "demo-key") {
		t.Errorf("%+v", got)
	}
}

// A signal reaches the command as it is; the verdict follows nevertheless.
func TestSignalsReachTheCommand(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "MOCKAMIVOICE_TEST_RUN="+strings.Join([]string{"verdict", "--run", "--", "env", "MOCKAMIVOICE_TEST_RUN=", "MOCKAMIVOICE_TEST_CLIENT=waits", os.Args[0]}, "\n"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if first, err := lines.ReadString('\n'); first != "waiting\n" {
		t.Fatalf("%q, %v", first, err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(lines)
	err = cmd.Wait()
	if !strings.HasPrefix(string(rest), "got interrupt\n") || !strings.Contains(string(rest), "NOTHING WAS JUDGED") || cmd.ProcessState.ExitCode() != statusCannot {
		t.Errorf("%v\n%s", err, rest)
	}
}

// A command that is to stop takes what it started with it.
func TestTheGroupOfACommandEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out lockedBuffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"verdict", "--run", "--", "sh", "-c", "sleep 1000 & echo $!; wait"}, nil, &out, io.Discard)
	}()
	for !strings.Contains(out.String(), "\n") {
		select {
		case status := <-done:
			t.Fatalf("it ended with %d: %s", status, out.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
	cancel()
	if status := <-done; status != statusCannot {
		t.Errorf("status %d\n%s", status, out.String())
	}
	var pid int
	if _, err := fmt.Sscan(out.String(), &pid); err != nil {
		t.Fatal(err)
	}
	for syscall.Kill(pid, 0) == nil && !isZombie(pid) {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the sleeper lives on")
		}
	}
}

// lockedBuffer is a bytes.Buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// isZombie tells whether a process has ended and nobody has asked how.
func isZombie(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(data), ") Z ")
}

// The tape is judged when the ends of a command's connections are on it, and no sooner.
func TestTheTapeSettles(t *testing.T) {
	f := startFake(t)
	settle(f) // nothing is open
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Wait(t.Context(), fake.TapeFilter{Kind: scenarios.ConnOpen}, ""); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		settle(f)
		close(done)
	}()
	select {
	case <-done:
		t.Error("it did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	_ = conn.Close()
	<-done
	if _, entries := f.Tape(fake.TapeFilter{Kind: scenarios.ConnClose}); len(entries) != 1 {
		t.Errorf("%+v", entries)
	}
}

// The environment is that of the fake.
func TestEnvironmentOfACommand(t *testing.T) {
	f := startFake(t)
	for _, line := range environment(f) {
		name, value, _ := strings.Cut(line, "=")
		if value == "" || strings.HasSuffix(name, "_URL") && !isURL(value) {
			t.Errorf("%s", line)
		}
	}
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != ""
}
