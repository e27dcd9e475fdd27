package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Tests in other languages use the program as a stranger does: it is built, started, and spoken to over its ports.
func TestInOtherLanguages(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	program := build(t)
	t.Run("Python moves the clock", func(t *testing.T) {
		python := tool(t, "python3", "MOCKAMIVOICE_REQUIRE_PYTHON")
		out := runIn(t, program, "../../testdata/python", python, "-m", "unittest", "-v", "test_clock")
		if !strings.Contains(out, "Ran 6 tests") {
			t.Errorf("not every test ran:\n%s", out)
		}
		t.Log(out) // how much real time each took; nothing is asserted on it
	})
	t.Run("the recipe for pytest", func(t *testing.T) {
		pytest := tool(t, "pytest-3", "MOCKAMIVOICE_REQUIRE_PYTHON")
		if out := runIn(t, program, recipes+"/pytest", pytest, "-q", "-p", "no:cacheprovider"); !strings.Contains(out, "1 passed") {
			t.Error(out)
		}
	})
	t.Run("the recipe for Node", func(t *testing.T) {
		node := tool(t, "node", "MOCKAMIVOICE_REQUIRE_NODE")
		if out := runIn(t, program, recipes+"/node", node, "--test"); !regexp.MustCompile(`(?m)^(#|ℹ) pass 1$`).MatchString(out) {
			t.Error(out)
		}
	})
	t.Run("the lines for CI", func(t *testing.T) { linesForCI(t, program) })
}

// linesForCI runs the lines of the recipes for CI as they are written, but for the tests that they judge.
func linesForCI(t *testing.T, program string) {
	t.Helper()
	python := tool(t, "python3", "MOCKAMIVOICE_REQUIRE_PYTHON")
	client, err := filepath.Abs("../../testdata/python/client.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ recipe, report, holds string }{
		{"github-actions.yml", "verdict.sarif", `"version": "2.1.0"`},
		{"gitlab-ci.yml", "verdict.xml", "<testsuites"},
	} {
		text := files(t)[c.recipe]
		line := regexp.MustCompile(`(?m)^ +- (?:run: )?mockamivoice (verdict .*) -- (npm|make) test$`).FindStringSubmatch(text)
		if line == nil {
			t.Errorf("%s has no line with verdict", c.recipe)
			continue
		}
		dir := t.TempDir()
		out := runIn(t, program, dir, append(append([]string{program}, strings.Fields(line[1])...), "--", python, client)...)
		if !strings.Contains(out, "川に沿って散歩しました。") {
			t.Errorf("%s: the client did not run: %s", c.recipe, out)
		}
		report, err := os.ReadFile(filepath.Join(dir, c.report))
		if err != nil || !strings.Contains(string(report), c.holds) {
			t.Errorf("%s: %v, %.300s", c.recipe, err, report)
		}
		if tape, err := os.ReadFile(filepath.Join(dir, "tape.jsonl")); err != nil || !strings.HasPrefix(string(tape), `{"tape":1`) {
			t.Errorf("%s: %v, %.100s", c.recipe, err, tape)
		}
	}
}

// build is the path of the program, which is built for the test.
func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mockamivoice")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "go", "build", "-o", file, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
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

// runIn runs a command in a folder, for which program is mockamivoice, and returns what it wrote.
func runIn(t *testing.T, program, dir string, command ...string) string {
	t.Helper()
	readAll(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Dir = dir
	c.Env = append(os.Environ(), "MOCKAMIVOICE_BINARY="+program, "PYTHONDONTWRITEBYTECODE=1")
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
