package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func configs() map[string]struct {
	text string
	want string // of the error, empty when the file is good
} {
	return map[string]struct{ text, want string }{
		"empty":           {"", ""},
		"whole":           {"services:\n  - sid: a\n    spw: b\n    keys: [{key: k1, issuable: true, epi: 2h, ipa: 10.0.0.0/8}]\n    engines: [-a-general]\nprofile: documented\nbehaviour: {sync-oversize: \"413\"}\nlimits: {no_data: 5s, parts: 3}\ntape: {entries: 10, bytes: 1000}\n", ""},
		"unknown field":   {"servises: []\n", "1:1"},
		"unknown nested":  {"services:\n  - sid: a\n    spwd: b\n", `3:5: unknown field "spwd", did you mean "spw"?`},
		"wrong type":      {"tape:\n  entries: many\n", "2:12"},
		"no sid":          {"services:\n  - spw: b\n", "sid is missing"},
		"no spw":          {"services:\n  - sid: b\n", "spw is missing"},
		"unknown choice":  {"behaviour: {sync-oversize: never}\n", "is not one of code, 413"},
		"unknown point":   {"behaviour: {sync-overslze: code}\n", "no behaviour is called"},
		"unknown profile": {"profile: strict\n", "neither observed nor documented"},
		"bad duration":    {"limits: {no_data: soon}\n", "is not a duration like 60s"},
		"negative limit":  {"limits: {parts: -1}\n", "cannot be negative"},
	}
}

func TestConfigFile(t *testing.T) {
	for name, c := range configs() {
		t.Run(name, func(t *testing.T) {
			path := configFile(t, c.text)
			var out, errs bytes.Buffer
			status := run(t.Context(), []string{"serve", "--print-config", "--config", path}, nil, &out, &errs)
			if c.want == "" && status != 0 {
				t.Fatalf("status %d: %s", status, errs.String())
			}
			if c.want != "" && (status != 2 || !strings.Contains(errs.String(), c.want)) {
				t.Errorf("status %d: %s; want %q", status, errs.String(), c.want)
			}
		})
	}
}

// TestSchemaAgrees holds the published schema against the loader on the same files.
func TestSchemaAgrees(t *testing.T) {
	data, err := os.ReadFile("config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("config.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range configs() {
		asJSON, err := yaml.YAMLToJSON([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if len(bytes.TrimSpace(asJSON)) == 0 || string(bytes.TrimSpace(asJSON)) == "null" {
			continue
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			t.Fatal(err)
		}
		if good := schema.Validate(value) == nil; good != (c.want == "") {
			t.Errorf("%s: the schema says good=%v, the loader %v", name, good, c.want == "")
		}
	}
}

func TestConfigurationIsPrintedWithoutSecrets(t *testing.T) {
	const canary = "canary-7f3a9c"
	path := configFile(t, "services:\n  - sid: visible\n    spw: "+canary+"-spw\n    keys: [{key: "+canary+"-key}]\n")
	for _, args := range [][]string{
		{"--config", path},
		{"--spw", canary + "-spw", "--key", canary + "-key", "--issuer-key", canary + "-issuer", "--secret", canary + "-secret-secret", "--admin-token", canary},
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), append([]string{"serve", "--print-config"}, args...), nil, &out, &errs); status != 0 {
			t.Fatalf("status %d: %s", status, errs.String())
		}
		if text := out.String() + errs.String(); strings.Contains(text, canary) || !strings.Contains(text, "***") {
			t.Errorf("%s", text)
		}
	}
}

func TestFlagBeatsEnvironmentBeatsFile(t *testing.T) {
	path := configFile(t, "services: [{sid: from-file, spw: x}]\nprofile: documented\n")
	printed := func(args ...string) string {
		var out, errs bytes.Buffer
		if status := run(t.Context(), append([]string{"serve", "--print-config", "--config", path}, args...), nil, &out, &errs); status != 0 {
			t.Fatalf("status %d: %s", status, errs.String())
		}
		return out.String()
	}
	if got := printed(); !strings.Contains(got, "sid: from-file") || !strings.Contains(got, "profile: documented") {
		t.Errorf("file: %s", got)
	}
	t.Setenv("MOCKAMIVOICE_SID", "from-env")
	t.Setenv("MOCKAMIVOICE_PROFILE", "observed")
	t.Setenv("MOCKAMIVOICE_KEY", "one,two")
	if got := printed(); !strings.Contains(got, "sid: from-env") || !strings.Contains(got, "profile: observed") || strings.Count(got, "- key:") != 3 {
		t.Errorf("environment: %s", got)
	}
	if got := printed("--sid", "from-flag", "--profile", "documented"); !strings.Contains(got, "sid: from-flag") || !strings.Contains(got, "profile: documented") {
		t.Errorf("flag: %s", got)
	}
}
