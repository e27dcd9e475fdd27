package scenarios_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

var update = flag.Bool("update", false, "write generated files instead of comparing them")

func TestLibrary(t *testing.T) {
	const least = 60
	if n := len(scenarios.Scripts()); n < least {
		t.Errorf("%d scripts; %d were promised", n, least)
	}
	if s, err := scenarios.Named("stream.cycle"); err != nil || s.ID != "stream.cycle" {
		t.Error(err)
	}
	if _, err := scenarios.Named("stream.cycel"); err == nil || !strings.Contains(err.Error(), `did you mean "stream.cycle"?`) {
		t.Error(err)
	}
}

// Each script is about one statement that no other script has; each documented or observed statement is shown by a script, or
// says why not.
func TestEveryStatementIsShownOrSaysWhyNot(t *testing.T) {
	known := make(map[string]scenarios.Statement)
	for _, s := range scenarios.Statements() {
		known[s.ID] = s
	}
	shown := make(map[string]string)
	for _, s := range scenarios.Scripts() {
		if other := shown[s.Statement]; other != "" {
			t.Errorf("%s and %s are about the same statement %s", s.ID, other, s.Statement)
		}
		shown[s.Statement] = s.ID
		for _, id := range append([]string{s.Statement}, s.Also...) {
			if _, is := known[id]; !is {
				t.Errorf("%s: no statement is called %s", s.ID, id)
			}
		}
		if b := known[s.Statement].Basis; b != s.Basis {
			t.Errorf("%s is %s, its statement %s", s.ID, s.Basis, b)
		}
	}
	for _, s := range scenarios.Statements() {
		certain := s.Basis == protocol.Documented || s.Basis == protocol.Observed
		switch {
		case shown[s.ID] == "" && s.Reason == "" && certain:
			t.Errorf("statement %s is %s; no script shows it, and no reason is given", s.ID, s.Basis)
		case shown[s.ID] != "" && s.Reason != "":
			t.Errorf("statement %s has a reason not to be shown, and the script %s", s.ID, shown[s.ID])
		}
	}
}

// The table of statements is made of the files; go test ./scenarios -update writes it.
func TestStatementTableIsUpToDate(t *testing.T) { upToDate(t, "STATEMENTS.md", statementTable()) }

func upToDate(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil { //nolint:gosec // documentation
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is out of date (%v): go test ./scenarios -update", file, err)
	}
}

func statementTable() []byte {
	shown := make(map[string][]string)
	for _, s := range scenarios.Scripts() {
		for _, id := range append([]string{s.Statement}, s.Also...) {
			shown[id] = append(shown[id], fmt.Sprintf("[%s](library/%s.yaml)", s.ID, s.ID))
		}
	}
	var b bytes.Buffer
	b.WriteString("# What is known of the service, and which script shows it\n\nGenerated: `go test ./scenarios -update`. How well a fact is known is in the second column; see the README for the words.\n\n")
	fmt.Fprintf(&b, "%d statements, %d scripts.\n\n| statement | basis | source | shown by |\n|---|---|---|---|\n", len(scenarios.Statements()), len(scenarios.Scripts()))
	for _, s := range scenarios.Statements() {
		by := strings.Join(shown[s.ID], ", ")
		if by == "" {
			by = "none: " + s.Reason
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(s.Says), s.Basis, cell(s.Source), cell(by))
	}
	return b.Bytes()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
