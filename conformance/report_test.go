package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mockamivoice/conformance"
	"mockamivoice/conformance/judge"
	"mockamivoice/fake"
	"mockamivoice/internal/schematest"
	"mockamivoice/scenarios"
)

func named(t *testing.T, ids ...string) []*scenarios.Scenario {
	t.Helper()
	var all []*scenarios.Scenario
	for _, id := range ids {
		s, err := scenarios.Named(id)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func runKit(t *testing.T, target conformance.Target, ids []string, options ...conformance.Option) conformance.Report {
	t.Helper()
	options = append([]conformance.Option{conformance.WithPatience(time.Second)}, options...)
	r, err := conformance.Run(t.Context(), target, named(t, ids...), options...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a run comes to, and its exit status.
func TestOutcomes(t *testing.T) {
	wrong := freshFake(fake.WithDeviation("epi-default-60s"))
	noIPA := freshFake(fake.WithDeviation("ipa-ignored"))
	lenient := freshFake(fake.WithDeviation("epi-lenient"))
	noSync := freshFake()
	noSync.Capabilities = []scenarios.Capability{scenarios.CanIssue}
	noKey := freshFake()
	noKey.Credentials.Key = ""
	broken := freshFake()
	broken.Fresh = func(context.Context) (conformance.Target, func(), error) {
		return conformance.Target{}, nil, io.ErrUnexpectedEOF
	}
	known := conformance.WithKnown([]conformance.Known{{ID: "issue.default-life", Reason: "being repaired"}})
	over := conformance.WithKnown([]conformance.Known{{ID: "issue.default-life", Reason: "being repaired", Until: "2001-01-01"}})
	for _, c := range []struct {
		name                      string
		target                    conformance.Target
		id                        string
		options                   []conformance.Option
		outcome                   conformance.Outcome
		status                    conformance.Status
		exit, strict, failPartial int
	}{
		{"holds", freshFake(), "issue.default-life", nil, conformance.Pass, conformance.Passed, 0, 0, 0},
		{"must fails", wrong, "issue.default-life", nil, conformance.Fail, conformance.Failed, 1, 1, 1},
		{"should warns", noIPA, "issue.ipa-mismatch", nil, conformance.Warn, conformance.Passed, 0, 1, 0},
		{"info warns and never fails", lenient, "issue.epi-unreadable", nil, conformance.Warn, conformance.Passed, 0, 0, 0},
		{"known to fail", wrong, "issue.default-life", []conformance.Option{known}, conformance.Fail, conformance.Passed, 0, 0, 0},
		{"known to fail until a day that is over", wrong, "issue.default-life", []conformance.Option{over}, conformance.Fail, conformance.Failed, 1, 1, 1},
		{"known to fail and does not", freshFake(), "issue.default-life", []conformance.Option{known}, conformance.Pass, conformance.Failed, 1, 1, 1},
		{"not claimed", noSync, "issue.default-life", nil, conformance.Skip, conformance.Empty, 3, 3, 3},
		{"no static key", noKey, "sync.static-key", nil, conformance.Skip, conformance.Empty, 3, 3, 3},
		{"could not run", broken, "issue.default-life", nil, conformance.Errored, conformance.Unclear, 3, 3, 3},
	} {
		r := runKit(t, c.target, []string{c.id}, c.options...)
		if got := r.Results[0]; got.Outcome != c.outcome || r.Status != c.status || (got.Outcome == conformance.Skip) == (got.Reason == "" && got.Outcome != conformance.Errored) && got.Outcome == conformance.Skip {
			t.Errorf("%s: %s (%s), %s; want %s, %s", c.name, got.Outcome, got.Reason, r.Status, c.outcome, c.status)
		}
		if a, b, p := r.Exit(scenarios.Must, false), r.Exit(scenarios.Should, false), r.Exit(scenarios.Must, true); a != c.exit || b != c.strict || p != c.failPartial {
			t.Errorf("%s: exit %d, %d with should, %d on partial", c.name, a, b, p)
		}
	}
	partial := runKit(t, noSync, []string{"issue.default-life", "issue.key-alone"})
	if !partial.Partial || !strings.Contains(partial.Headline, "PASS, PARTIAL: 2 scripts: 1 pass, 0 fail, 0 warn, 1 skip") || partial.Exit(scenarios.Must, false) != 0 || partial.Exit(scenarios.Must, true) != 1 {
		t.Errorf("%s", partial.Headline)
	}
}

// A law of level must that does not hold fails the run, whatever the scripts say.
func TestALawFailsTheRun(t *testing.T) {
	m := mutant{id: "binary", tamper: frameMutants()[0].tamper}
	r := runKit(t, m.target(), []string{"stream.cycle"})
	if r.Results[0].Outcome != conformance.Pass || r.Status != conformance.Failed || r.Exit(scenarios.Must, false) != 1 {
		t.Errorf("%s", r.Headline)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "FAIL server.stream.text-messages") || !strings.Contains(text.String(), "in stream.cycle: opcode 2") {
		t.Errorf("%v\n%s", err, text.String())
	}
	known := runKit(t, m.target(), []string{"stream.cycle"}, conformance.WithKnown([]conformance.Known{{ID: "server.stream.text-messages", Reason: "r"}}))
	if known.Exit(scenarios.Must, false) != 0 {
		t.Errorf("known: %s", known.Headline)
	}
}

func TestAClosedPortIsOneError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target, err := conformance.At("http://"+l.Addr().String(), "", demo())
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	r, err := conformance.Run(t.Context(), target, scenarios.Scripts())
	if err == nil || len(r.Results) > 0 || !strings.Contains(err.Error(), "cannot be reached: connection refused") {
		t.Errorf("%v, %d results", err, len(r.Results))
	}
}

func TestAnEndedContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := conformance.Run(ctx, freshFake(), scenarios.Scripts()); err == nil {
		t.Error("the run went on")
	}
}

// badRun is a run against a server that repeats secrets, writes control bytes and breaks laws.
func badRun(t *testing.T) conformance.Report {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(append([]byte("\x1b[31m<script>alert(1)</script>\x00 canary-password "), body[:min(len(body), 200)]...))
	}))
	t.Cleanup(s.Close)
	target, err := conformance.At(s.URL, "", conformance.Credentials{SID: "canary", SPW: "canary-password", Key: "canary-static-key", IssuingKey: "canary-issuing-key"})
	if err != nil {
		t.Fatal(err)
	}
	return runKit(t, target, []string{"issue.key-alone", "issue.by-issuing-key", "issue.cors", "sync.recognizes", "sync.key-in-query", "sync.key-in-d", "sync.key-in-header", "stream.cycle", "issue.default-life"})
}

// No report holds a secret, in any form, nor a control byte.
func TestReportsKeepSecretsAndControlBytes(t *testing.T) {
	r := badRun(t)
	for name, write := range map[string]func(io.Writer) error{"text": r.WriteText, "junit": r.WriteJUnit, "json": r.WriteJSON, "html": r.WriteHTML} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, secret := range []string{"canary-password", "canary-static-key", "canary-issuing-key", "canary%2Dpassword"} {
			if bytes.Contains(b.Bytes(), []byte(secret)) {
				t.Errorf("%s holds %s", name, secret)
			}
		}
		if bytes.ContainsAny(b.Bytes(), "\x1b\x00") {
			t.Errorf("%s holds a control byte", name)
		}
		if name == "html" && bytes.Contains(b.Bytes(), []byte("<script>alert")) {
			t.Error("the page runs what the server says")
		}
		if name == "junit" && xml.Unmarshal(b.Bytes(), new(struct{})) != nil {
			t.Error("the JUnit report is no XML")
		}
	}
}

func TestJSONReportFitsItsSchema(t *testing.T) {
	schema := schematest.Compile(t, conformance.ReportSchema())
	stale := runKit(t, freshFake(), []string{"stream.cycle"}, conformance.WithKnown([]conformance.Known{{ID: "stream.cycle", Reason: "r", Until: "2999-01-01"}}))
	for name, r := range map[string]conformance.Report{"good": runKit(t, freshFake(), []string{"stream.utterance", "issue.epi-weeks"}), "bad": badRun(t), "stale": stale} {
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		if err := schematest.JSON(schema, b.Bytes()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The tape of a dialogue in a report is one that the loader takes.
func TestTapesOfReportsCanBeRead(t *testing.T) {
	r := runKit(t, freshFake(), []string{"stream.utterance"})
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	if err := e.Encode(scenarios.Header{Tape: scenarios.TapeVersion, Recorder: "client"}); err != nil {
		t.Fatal(err)
	}
	for _, entry := range r.Results[0].Tape {
		if err := e.Encode(entry); err != nil {
			t.Fatal(err)
		}
	}
	var entries []scenarios.Entry
	for line, err := range scenarios.ReadTape("t", &b) {
		if err != nil {
			t.Fatal(err)
		}
		if line.Header == nil {
			entries = append(entries, line.Entry)
		}
	}
	if v := judge.Judge(judge.ServerLaws(), entries); len(v.Findings) > 0 || v.Applied["server.stream.one-result-per-utterance"] != 1 {
		t.Errorf("%+v", v)
	}
}
