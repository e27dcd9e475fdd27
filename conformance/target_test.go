package conformance_test

import (
	"strings"
	"testing"

	"mockamivoice/conformance"
	"mockamivoice/internal/schematest"
	"mockamivoice/scenarios"
)

const targetYAML = `name: our staging
issuer:
  url: https://backend.example/token
  method: POST
  headers: {Authorization: "Bearer ${env:TOKEN}"}
  body: '{"ttl":"${epi}"}'
  key: {json: /api_key}
  accepts: {epi: '[0-9]+[smh]?'}
sync: https://acp-api.amivoice.com/v1/recognize
stream: wss://acp-api.amivoice.com/v1/
admin: http://127.0.0.1:8081
credentials: {sid_env: SID, spw_env: SPW, issuing_key_env: ISSUER, key_env: KEY}
capabilities: [issue, sync, stream, control]
source_addresses: [127.0.0.1, 127.0.0.2]
`

func targetEnv(name string) (string, bool) {
	v, ok := map[string]string{"TOKEN": "t0ken", "SID": "demo", "SPW": "demo-password", "ISSUER": "demo-issuer-key", "KEY": "demo-key"}[name]
	return v, ok
}

func TestTargetFile(t *testing.T) {
	target, err := conformance.ParseTarget("t.yaml", []byte(targetYAML), targetEnv)
	if err != nil {
		t.Fatal(err)
	}
	if target.Issue != "https://backend.example/token" || target.Form.Headers[0][1] != "Bearer t0ken" || target.Form.Pointer != "/api_key" ||
		target.Credentials.SPW != "demo-password" || len(target.Sources) != 2 || !target.Has(scenarios.CanControl) {
		t.Errorf("%+v", target)
	}
	if err := schematest.YAML(schematest.Compile(t, conformance.TargetSchema()), []byte(targetYAML)); err != nil {
		t.Error(err)
	}
	short, err := conformance.ParseTarget("t.yaml", []byte("name: n\nissuer: http://a/issue_service_authorization\ncredentials: {sid_env: SID}\n"), targetEnv)
	if err != nil || short.Form != nil || !short.Has(scenarios.CanIssue) || short.Has(scenarios.CanSync) {
		t.Errorf("%+v, %v", short, err)
	}
}

// What is wrong with a target file is told with its place, and never with a secret.
func TestBadTargetFiles(t *testing.T) {
	schema := schematest.Compile(t, conformance.TargetSchema())
	for name, c := range map[string]struct {
		old, new, want string
		schema         bool // whether the schema sees it too
	}{
		"unknown field":        {"sync:", "synch:", `t.yaml:9:1: unknown field "synch", did you mean "sync"?`, true},
		"secret in the file":   {"spw_env: SPW", "spw_env: my-secret!", "must be the name of an environment variable", true},
		"variable not set":     {"spw_env: SPW", "spw_env: NOPE", "t.yaml:12:38: the environment variable NOPE is not set", false},
		"header variable":      {"${env:TOKEN}", "${TOKEN}", "only ${env:NAME} is filled in here", false},
		"body variable":        {"${epi}", "${spw}", "only ${sid}, ${epi} and ${ipa} are filled in, not ${spw}", false},
		"pointer":              {"/api_key", "api_key", "must be a JSON pointer", true},
		"unknown capability":   {"[issue, sync", "[issue, synch", `"synch" is none of`, true},
		"bad URL":              {"wss://acp-api.amivoice.com/v1/", "https://acp-api.amivoice.com/v1/", "is not a URL that begins with ws:// or wss://", true},
		"claim without a URL":  {"sync: https://acp-api.amivoice.com/v1/recognize\n", "", "claims sync, but does not say where", false},
		"bad address":          {"127.0.0.2", "nowhere", "is not an address", false},
		"line end in a header": {"Bearer ${env:TOKEN}", `Bearer\r\nX: y`, "holds a line end", false},
		"bad expression":       {"[0-9]+[smh]?", "[0-9", "missing closing ]", false},
		"no name":              {"name: our staging\n", "", `field "name" is missing`, true},
	} {
		text := strings.Replace(targetYAML, c.old, c.new, 1)
		_, err := conformance.ParseTarget("t.yaml", []byte(text), targetEnv)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "t0ken") || strings.Contains(err.Error(), "my-secret") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if seen := schematest.YAML(schema, []byte(text)) != nil; seen != c.schema {
			t.Errorf("%s: the schema sees it: %v", name, seen)
		}
	}
}

func TestKnownFailing(t *testing.T) {
	const good = "- {id: stream.a, reason: r, until: 2026-12-31}\n- {id: sync.b, reason: s}\n"
	known, err := conformance.ParseKnown("k.yaml", []byte(good))
	if err != nil || len(known) != 2 || known[0].Until != "2026-12-31" {
		t.Fatalf("%+v, %v", known, err)
	}
	if err := schematest.YAML(schematest.Compile(t, conformance.KnownSchema()), []byte(good)); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"- {id: a}":                           `field "reason" is missing`,
		"- {id: a, reason: ''}":               "must not be empty",
		"- {id: a, reason: r, until: sunday}": "must be a day like 2026-12-31",
		"id: a":                               "must be a list",
	} {
		if _, err := conformance.ParseKnown("k.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAt(t *testing.T) {
	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://x", "http://"} {
		if _, err := conformance.At(bad, "", conformance.Credentials{}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	target, err := conformance.At("https://x.example/", "", conformance.Credentials{SID: "s"})
	if err != nil || target.Stream != "wss://x.example/v1/" || target.Has(scenarios.CanIssueByKey) {
		t.Errorf("%+v, %v", target, err)
	}
}
