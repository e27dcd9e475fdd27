package verdict_test

import (
	"strings"
	"testing"

	"mockamivoice/conformance/verdict"
	"mockamivoice/internal/schematest"
)

func TestBaselineFile(t *testing.T) {
	const text = "- law: client.stream.audio-in-packets\n  reason: old players, gone in autumn\n  until: \"2026-12-31\"\n- {law: server.stream.no-pings, reason: x}\n"
	got, err := verdict.ParseBaseline("b.yaml", []byte(text))
	if err != nil || len(got) != 2 || got[0].ID != packets || got[0].Until != "2026-12-31" || got[1].Reason != "x" {
		t.Fatalf("%+v, %v", got, err)
	}
	schema := schematest.Compile(t, verdict.BaselineSchema())
	if err := schematest.YAML(schema, []byte(text)); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"- {law: client.stream.audio-in-packet, reason: x}":                                      `b.yaml: no law is called "client.stream.audio-in-packet", did you mean "client.stream.audio-in-packets"`,
		"- {law: server.stream.no-pings, reason: x}\n- {law: server.stream.no-pings, reason: y}": "is there twice",
		"- {law: server.stream.no-pings}":                                                        "reason",
		"- {id: server.stream.no-pings, reason: x}":                                              `b.yaml:1:4: unknown field "id"`,
		"- {law: server.stream.no-pings, reason: x, until: tomorrow}":                            "must be a day like",
		"law: server.stream.no-pings":                                                            "must be a list",
		"- {law: server.stream.no-pings, reason: x, until: \"2026-12-31\", a: 1}":                "unknown field",
	} {
		if _, err := verdict.ParseBaseline("b.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if schematest.YAML(schema, []byte("- {law: x}")) == nil {
		t.Error("the schema takes an entry without a reason")
	}
}
