package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"mockamivoice/conformance/judge"
	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

// TestBehavioursArePublished holds the schema of the file and the table of the README against the table in the code.
func TestBehavioursArePublished(t *testing.T) {
	var schema struct {
		Properties struct {
			Behaviour struct {
				Properties map[string]struct {
					Enum []string `json:"enum"`
				} `json:"properties"`
			} `json:"behaviour"`
		} `json:"properties"`
	}
	data, err := os.ReadFile("config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	published := schema.Properties.Behaviour.Properties
	for _, b := range fake.Behaviours() {
		if got := published[string(b.Point)].Enum; !reflect.DeepEqual(got, b.Choices) {
			t.Errorf("schema, %s: %q, want %q", b.Point, got, b.Choices)
		}
		row := fmt.Sprintf("| `%s` | `%s` | `%s` | `%s` | %s | %s |", b.Point, strings.Join(b.Choices, "`, `"), b.Observed, b.Documented, b.Basis, b.About)
		if !strings.Contains(string(readme), row) {
			t.Errorf("README lacks the row\n%s", row)
		}
	}
	if len(published) != len(fake.Behaviours()) {
		t.Errorf("the schema has %d points, the code %d", len(published), len(fake.Behaviours()))
	}
}

// TestNumbersOfTheKitAreTrue holds the README against the library, the laws and the mutants.
func TestNumbersOfTheKitAreTrue(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	mutants, err := scenarios.Mutants()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		fmt.Sprintf("The kit plays %d scripts", len(scenarios.Scripts())),
		fmt.Sprintf("holds %d laws against every dialogue", len(judge.ServerLaws())),
		fmt.Sprintf("It judges by %d laws", len(judge.ClientLaws())),
		fmt.Sprintf("with %d servers that are wrong on purpose", len(mutants)),
	} {
		if !strings.Contains(string(readme), want) {
			t.Errorf("the README does not say %q", want)
		}
	}
}
