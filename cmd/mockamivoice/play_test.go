package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// scenarioFile is a file with a scenario of this fault.
func scenarioFile(t *testing.T, id, fault string) string {
	t.Helper()
	surface, _, _ := strings.Cut(id, ".")
	path := filepath.Join(t.TempDir(), "mine.yaml")
	text := "id: " + id + "\ntitle: t\nsurface: " + surface + "\nlevel: info\nbasis: assumed\nsource: s\nwhy: w\nplay:\n  faults:\n    - " + fault + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A connection that a fault resets is one of --max-connections no more.
func TestResetConnectionsFreeTheirPlace(t *testing.T) {
	ready := server(t, "--max-connections", "1", "--scenario", scenarioFile(t, "issue.reset", "{at: issue, do: reset}"))
	for n := range 3 {
		c, err := net.Dial("tcp", strings.TrimPrefix(ready["service"], "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(c, "POST /issue_service_authorization HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		if _, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("connection %d: %v", n+1, err)
		}
		_ = c.Close()
	}
}

// A service names a scenario by its id: one of --scenarios, of --scenario or of the library.
func TestServicesNameScenariosByID(t *testing.T) {
	file := scenarioFile(t, "sync.mine", "{at: sync.request, do: reset}")
	for name, c := range map[string]struct {
		scenario string
		args     []string
		want     string
	}{
		"a file":        {file, nil, "services[0].scenario: "},
		"an id":         {"sync.mine", []string{"--scenarios", filepath.Dir(file)}, ""},
		"that of start": {"sync.mine", []string{"--scenario", file}, ""},
		"nobody's":      {"sync.mien", []string{"--scenario", file}, "no scenario is called"},
	} {
		t.Run(name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(config, []byte("services:\n  - {sid: a, spw: b, scenario: "+c.scenario+"}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"--config", config}, c.args...)
			if c.want == "" {
				server(t, args...)
				return
			}
			var out, errs bytes.Buffer
			if status := run(t.Context(), append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", ""}, args...), nil, &out, &errs); status != 2 || !strings.Contains(errs.String(), c.want) {
				t.Errorf("status %d, %q; want %q", status, errs.String(), c.want)
			}
		})
	}
}
