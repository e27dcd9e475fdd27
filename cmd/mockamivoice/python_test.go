package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	builtIn string // folder of the program; TestMain removes it

	// built is the program, built once for all tests that start it as somebody else does.
	built = sync.OnceValues(build)
)

func build() (string, error) {
	dir, err := os.MkdirTemp("", "mockamivoice-test-")
	if err != nil {
		return "", err
	}
	builtIn = dir
	file := filepath.Join(dir, "mockamivoice")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "go", "build", "-o", file, ".")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
}

func removeBuilt() {
	if builtIn != "" {
		_ = os.RemoveAll(builtIn)
	}
}

func theBinary(t *testing.T) string {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// tool is the path of a program that a test needs. Without it the test is skipped, but fails where a variable says so, as in CI.
func tool(t *testing.T, name, require string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv(require) != "":
		t.Fatalf("no %s on this machine, and %s is set", name, require)
	default:
		t.Skipf("no %s on this machine", name)
	}
	return ""
}

// start runs a program of another language against the binary, and returns what it wrote.
func start(t *testing.T, dir string, command ...string) string {
	t.Helper()
	readAll(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Dir = dir
	c.Env = append(os.Environ(), "MOCKAMIVOICE_BINARY="+theBinary(t), "PATH="+filepath.Dir(theBinary(t))+string(os.PathListSeparator)+os.Getenv("PATH"),
		"PYTHONDONTWRITEBYTECODE=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return string(out)
}

// readAll reads the files of a folder, so that go test runs again when one of them has changed.
func readAll(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			if _, err := os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Tests in another language freeze, read and move the clock.
func TestTheClockFromPython(t *testing.T) {
	python := tool(t, "python3", "MOCKAMIVOICE_REQUIRE_PYTHON")
	out := start(t, "../../testdata/python", python, "-m", "unittest", "-v", "test_clock")
	if !strings.Contains(out, "Ran 6 tests") {
		t.Errorf("not every test ran:\n%s", out)
	}
	t.Log(out)
}
