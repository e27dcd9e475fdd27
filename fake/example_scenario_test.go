package fake_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

const speechFile = "../testdata/speech-ja.wav"

// Two tests share a server. The one whose key is bound to a scenario meets it; the other does not.
func ExampleWithScenarios() {
	busyOnce, err := scenarios.ParseScenario("busy.yaml", []byte(`
id: sync.busy-once
title: The recognizer is busy once
surface: sync
level: info
basis: assumed
source: ours
play:
  faults:
    - {at: sync.request, nth: 1, do: {error: sync.busy}}
why: A client that tries again after a moment gets its result.
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := fake.New(fake.WithScenarios(busyOnce))
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()

	bound, err := srv.IssueKey(fake.KeyRequest{EPI: "10m", Scenario: "sync.busy-once"})
	if err != nil {
		fmt.Println(err)
		return
	}
	plain, err := srv.IssueKey(fake.KeyRequest{EPI: "10m"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("bound: code %q\n", recognizeFile(ts, bound.Key, speechFile).Code)
	fmt.Printf("plain: code %q\n", recognizeFile(ts, plain.Key, speechFile).Code)
	fmt.Printf("bound, again: code %q\n", recognizeFile(ts, bound.Key, speechFile).Code)
	// Output:
	// bound: code "b"
	// plain: code ""
	// bound, again: code ""
}

// A reply comes late, by a clock that the test moves: wait until the client is held up, then let the time pass.
func ExampleServer_Wait() {
	late, err := scenarios.ParseScenario("late.yaml", []byte(`
id: sync.late
title: The result takes a minute and a half
surface: sync
level: info
basis: assumed
source: ours
play:
  faults:
    - {at: sync.response, do: {delay: 90s}}
why: A client with a time-out of a minute never sees it.
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := fake.New(fake.WithScenario(late), fake.WithClock(clock.NewManual(time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC))))
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()

	code := make(chan string)
	go func() { code <- recognizeFile(ts, "demo-key", speechFile).Code }()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	struck, err := srv.Wait(ctx, fake.TapeFilter{Kind: scenarios.FaultStruck}, "sync.response")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(struck.Scenario, "did", struck.Text)
	if _, err := srv.Advance(90 * time.Second); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("code %q\n", <-code)
	// Output:
	// sync.late did sync.response: delay 1m30s
	// code ""
}

// What happened with a key, in the order in which it did. Keys and passwords are not on the tape.
func ExampleServer_Tape() {
	srv := fake.New()
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()
	key, err := srv.IssueKey(fake.KeyRequest{EPI: "10m"})
	if err != nil {
		fmt.Println(err)
		return
	}
	recognizeFile(ts, key.Key, speechFile)

	_, entries := srv.Tape(fake.TapeFilter{Key: key.ID})
	for _, e := range entries {
		about, _, _ := strings.Cut(e.Text, ",")
		if e.Status != 0 {
			about = fmt.Sprint(e.Status)
		}
		fmt.Println(strings.TrimSpace(fmt.Sprintln(e.Dir, e.Kind, e.Method, about)))
	}
	// Output:
	// note key.issued  credentials good
	// in http.request POST
	// note heard  wav
	// out http.response  200
}
