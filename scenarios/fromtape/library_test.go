package fromtape_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mockamivoice/conformance"
	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/fake/loopback"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/fromtape"
)

// start runs a fake on a manual clock, and says how to reach it.
func start(t *testing.T, options ...fake.Option) (*loopback.Fake, conformance.Target) {
	t.Helper()
	f, err := loopback.Start(t.Context(), append(options, fake.WithClock(clock.NewManual(time.Date(2026, 6, 15, 3, 0, 0, 0, time.UTC))))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	target, err := conformance.At(f.URL, f.Admin, conformance.Credentials{SID: "demo", SPW: "demo-password", IssuingKey: "demo-issuer-key", Key: "demo-key"})
	if err != nil {
		t.Fatal(err)
	}
	target.Capabilities = append(target.Capabilities, scenarios.CanControl)
	return f, target
}

// tapeOf is the tape of the server as its admin routes write it.
func tapeOf(t *testing.T, f *loopback.Fake) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.Admin+"/tape", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// clientTape is the tape that the kit made of a dialogue.
func clientTape(t *testing.T, entries []scenarios.Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	if err := e.Encode(scenarios.Header{Tape: 1, Tool: "mockamivoice test", Recorder: "client"}); err != nil {
		t.Fatal(err)
	}
	for _, one := range entries {
		if err := e.Encode(one); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// converted are the scenarios of all connections of a tape on which something was said.
func converted(t *testing.T, name string, tape []byte) map[string][]byte {
	t.Helper()
	f, err := fromtape.Read(name, bytes.NewReader(tape))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]byte)
	for _, c := range f.Conns() {
		if c.Surface == "" {
			continue
		}
		text, err := f.Scenario(c.Number, fromtape.Options{})
		if err != nil {
			t.Errorf("%s: connection %d: %v", name, c.Number, err)
			continue
		}
		all[fmt.Sprintf("%s %d", name, c.Number)] = text
	}
	return all
}

// Every dialogue that the library has with the fake becomes a scenario, and a fresh fake follows its script.
func TestDialoguesOfTheLibraryPlayAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("plays every script twice")
	}
	var wg sync.WaitGroup
	places := make(chan struct{}, 4)
	var mu sync.Mutex
	good, failed := 0, 0
	for _, s := range scenarios.Scripts() {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			f, target := start(t)
			r := conformance.Play(context.Background(), target, s)
			if r.Outcome == conformance.Skip {
				return
			}
			if r.Outcome != conformance.Pass {
				t.Errorf("%s: %s %v %s", s.ID, r.Outcome, r.Failure, r.Reason)
			}
			texts := converted(t, s.ID+" server", tapeOf(t, f))
			if seenByClient(s) {
				maps.Copy(texts, converted(t, s.ID+" client", clientTape(t, r.Tape)))
			}
			for name, text := range texts {
				again, err := scenarios.ParseScenario(name, text)
				if err != nil {
					t.Errorf("%v", err)
					continue
				}
				if s.Surface == protocol.SurfaceAsync || s.Surface == protocol.SurfaceWords {
					continue // one connection alone knows no job, and no words, of another
				}
				_, fresh := start(t)
				r := conformance.Play(context.Background(), fresh, again)
				mu.Lock()
				if r.Outcome == conformance.Pass {
					good++
				} else {
					failed++
					t.Errorf("%s: %s %+v %s\n%s", name, r.Outcome, r.Failure, r.Reason, indent(text))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d scenarios play, %d do not", good, failed)
}

// seenByClient tells whether the tape of a client can show what matters: it knows nothing of a clock that somebody else moves,
// nor whether the password that it sent was right.
func seenByClient(s *scenarios.Scenario) bool {
	return s.Waits() == 0 && !strings.Contains(s.ID, "wrong-password") && !strings.Contains(s.ID, "wrong-credentials")
}

func indent(text []byte) string { return "\t" + strings.ReplaceAll(string(text), "\n", "\n\t") }
