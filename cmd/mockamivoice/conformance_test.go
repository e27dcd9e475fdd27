package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mockamivoice/conformance"
	"mockamivoice/fake"
	"mockamivoice/fake/clock"
)

func TestConformanceOfAServerInAnotherPlace(t *testing.T) {
	noCredentials(t)
	manual := startFake(t, fake.WithClock(clock.NewManual(clock.System{}.Now())))
	got := call(t, "", "conformance", "--target", manual.URL, "--admin", manual.Admin)
	if got.status != 0 || !strings.Contains(got.out, "PASS: ") || strings.Contains(got.out, "SKIP") {
		t.Errorf("manual clock: %+v", got)
	}
}

func TestConformanceIsPartialWithoutAClock(t *testing.T) {
	noCredentials(t)
	system := startFake(t)
	filter := "issue || /timeout/"
	got := call(t, "", "conformance", "--target", system.URL, "--admin", system.Admin, "--filter", filter)
	if got.status != 0 || !strings.Contains(got.out, "PASS, PARTIAL") || !strings.Contains(got.out, "needs a clock that can be moved") {
		t.Errorf("system clock: %+v", got)
	}
	if got := call(t, "", "conformance", "--target", system.URL, "--filter", filter, "--fail-on-partial"); got.status != 1 {
		t.Errorf("--fail-on-partial: %+v", got)
	}
}

func TestConformanceOfAClosedPort(t *testing.T) {
	noCredentials(t)
	got := call(t, "", "conformance", "--target", "http://127.0.0.1:1")
	lines := strings.Split(strings.TrimSpace(got.errs), "\n")
	if got.status != 3 || got.out != "" || len(lines) != 2 || !strings.Contains(lines[1], "http://127.0.0.1:1 cannot be reached: connection refused") {
		t.Errorf("%+v", got)
	}
}

// A server that answers 200 to everything is not taken for a service.
func TestConformanceOfAPlainWebServer(t *testing.T) {
	noCredentials(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "<html>It works!</html>")
	}))
	t.Cleanup(web.Close)
	admin := startFake(t, fake.WithClock(clock.NewManual(clock.System{}.Now()))) // so that nothing is skipped
	got := call(t, "", "conformance", "--target", web.URL, "--admin", admin.Admin, "--filter", "must && (issue || sync)")
	for _, want := range []string{
		"FAIL issue.default-life\n", "requirement  A key issued without epi lives for 30 s", "source       must, documented: manual: issue-api-key-with-api",
		"expected     an issued key", "that is not a key alone", "> POST /issue_service_authorization sid=demo spw=***", "< HTTP 200, <html>It works!</html>",
		"FAIL: ", "are shown with their dialogues",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if got.status != 1 || strings.Contains(got.out, "pass, 0 fail") {
		t.Errorf("status %d:\n%s", got.status, got.out)
	}
}

func TestReports(t *testing.T) {
	noCredentials(t)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	got := call(t, "", "conformance", "--filter", "/stream.cycle/ || /epi-weeks/", "--report", "junit="+file("j.xml"), "--report", "json="+file("r.json"), "--report", "html="+file("r.html"))
	if got.status != 0 {
		t.Fatalf("%+v", got)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var report conformance.Report
	if err := json.Unmarshal(read("r.json"), &report); err != nil || report.Status != conformance.Passed || len(report.Results) != 2 {
		t.Errorf("%v, %+v", err, report.Headline)
	}
	var suites struct {
		Tests int `xml:"tests,attr"`
	}
	if err := xml.Unmarshal(read("j.xml"), &suites); err != nil || suites.Tests != 2+len(report.Laws) {
		t.Errorf("%v, %d tests", err, suites.Tests)
	}
	if page := read("r.html"); !bytes.Contains(page, []byte("default-src &#39;none&#39;")) || bytes.Contains(page, []byte("demo-password")) || bytes.Contains(page, []byte("MAV1")) {
		t.Error("the page has no policy, or a secret")
	}
	onStdout := call(t, "", "conformance", "--filter", "/stream.cycle/", "--report", "json=-")
	if !json.Valid([]byte(onStdout.out)) || !strings.Contains(onStdout.errs, "PASS") {
		t.Errorf("%+v", onStdout)
	}
}

func TestConformanceUsage(t *testing.T) {
	noCredentials(t)
	dir := t.TempDir()
	known := filepath.Join(dir, "known.yaml")
	write := func(text string) {
		if err := os.WriteFile(known, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("- {id: stream.cycle, reason: it holds}\n")
	stale := call(t, "", "conformance", "--filter", "/stream.cycle/", "--known-failing", known)
	if stale.status != 1 || !strings.Contains(stale.out, "STALE stream.cycle holds") {
		t.Errorf("stale: %+v", stale)
	}
	write("- {id: stream.cycel, reason: misspelt}\n")
	unknown := call(t, "", "conformance", "--filter", "/stream.cycle/", "--known-failing", known)
	if unknown.status != 2 || !strings.Contains(unknown.errs, `did you mean "stream.cycle"?`) {
		t.Errorf("unknown: %+v", unknown)
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"--filter", []string{"--filter", "nothing-fits"}},
		{"--report", []string{"--report", "pdf=x"}},
		{"is not a URL", []string{"--target", "somewhere"}},
		{"--target-file", []string{"--target-file", "nowhere.yaml"}},
		{"add --yes", []string{"--target", "real", "--filter", "/stream.cycle/"}},
		{"--known-failing", []string{"--known-failing", "nowhere.yaml"}},
	} {
		t.Setenv("AMIVOICE_SID", "x")
		if got := call(t, "", append([]string{"conformance"}, c.args...)...); got.status != 2 || !strings.Contains(got.errs, c.want) {
			t.Errorf("%v: %+v", c.args, got)
		}
	}
}

func TestScenariosCommand(t *testing.T) {
	list := call(t, "", "scenarios", "list")
	if list.status != 0 || strings.Count(list.out, "\n") < 60 || !strings.Contains(list.out, "stream.cycle") {
		t.Errorf("list: status %d", list.status)
	}
	var all []listed
	if err := json.Unmarshal([]byte(call(t, "", "scenarios", "list", "--json").out), &all); err != nil || len(all) < 60 {
		t.Errorf("%v", err)
	}
	show := call(t, "", "scenarios", "show", "stream.expiry-at-first-p")
	if show.status != 0 || !strings.Contains(show.out, "basis documented: manual: issue-api-key-with-api") || !strings.Contains(show.out, "lets 3s of clock time pass") || !strings.Contains(show.out, "- issue: {epi: 2s}") {
		t.Errorf("show: %+v", show)
	}
	source := call(t, "", "scenarios", "show", "--yaml", "stream.cycle")
	file := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(file, []byte(source.out), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := call(t, "", "scenarios", "validate", file); got.status != 0 || got.out != "1 files are good\n" {
		t.Errorf("validate: %+v", got)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(source.out, "level:", "levle:", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := call(t, "", "scenarios", "validate", file); got.status != 2 || !strings.Contains(got.errs, `s.yaml:5:1: unknown field "levle", did you mean "level"?`) {
		t.Errorf("validate: %+v", got)
	}
	if got := call(t, "", "scenarios", "show", "stream.cycel"); got.status != 2 || !strings.Contains(got.errs, `did you mean "stream.cycle"?`) {
		t.Errorf("show: %+v", got)
	}
}
