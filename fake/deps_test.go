package fake_test

import (
	"os/exec"
	"strings"
	"testing"
)

// The command links no test framework: what it runs at start alone costs each server 1.6 MB.
func TestCommandHasNoTestFramework(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "mockamivoice/cmd/mockamivoice").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if deps := string(out); strings.Contains(deps, "onsi/") || !strings.Contains(deps, "alecthomas/kong") {
		t.Errorf("the command depends on Ginkgo, or the list of dependencies looks wrong: %s", deps)
	}
}

// TestDependencyPromise: who embeds the fake gets no test framework, no client of a database and nothing that starts processes with it.
func TestDependencyPromise(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "mockamivoice/fake").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for _, unwanted := range []string{"onsi/ginkgo", "onsi/gomega", "redis", "mockamivoice/fake/recognizer"} {
			if strings.Contains(dep, unwanted) {
				t.Errorf("fake depends on %s", dep)
			}
		}
	}
	if !strings.Contains(string(out), "gorilla/websocket") {
		t.Error("the list of dependencies looks wrong: gorilla/websocket is not in it")
	}
}
