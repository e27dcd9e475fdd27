package main

import (
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
