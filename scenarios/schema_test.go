package scenarios_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"mockamivoice/internal/schematest"
	"mockamivoice/scenarios"
)

// Schema and loader agree: what the loader takes, fits; what does not fit, the loader refuses; of what the loader refuses the
// schema sees all that a schema can see.
func TestSchemaAndLoaderAgree(t *testing.T) {
	schema := schematest.Compile(t, scenarios.Schema())
	for _, s := range scenarios.Library() {
		data, err := s.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if err := schematest.YAML(schema, data); err != nil {
			t.Errorf("%s: %v", s.File, err)
		}
		if !bytes.HasPrefix(data, []byte("# yaml-language-server: $schema=../scenario.schema.json\n")) {
			t.Errorf("%s does not name its schema on the first line", s.File)
		}
	}
	if err := schematest.YAML(schema, []byte(good)); err != nil {
		t.Error(err)
	}
	for name, m := range mistakes() {
		err := schematest.YAML(schema, []byte(strings.Replace(good, m.old, m.new, 1)))
		if (err != nil) != m.schema {
			t.Errorf("%s: the schema says %v", name, err)
		}
	}
}

// What a recorder writes fits the schema of tapes and comes back from the loader as it was.
func TestTapeSchemaFitsEntries(t *testing.T) {
	schema := schematest.Compile(t, scenarios.TapeSchema())
	name := "a.wav"
	for _, v := range []any{
		scenarios.Header{Tape: 1, Tool: "x", Recorder: "server"},
		scenarios.Entry{N: 1, Kind: scenarios.ConnOpen, Dir: scenarios.Note, Conn: 1, Remote: "127.0.0.1:1"},
		scenarios.Entry{
			N: 2, Kind: scenarios.HTTPRequest, Dir: scenarios.In, Conn: 1, Key: "k", Surface: "sync", Method: "POST", Target: "/", Headers: [][2]string{{"A", "b"}},
			Parts: []scenarios.Part{{Name: "a", Filename: &name, Type: "t", Size: 1, Value: "v"}}, Body: "b",
			Audio: &scenarios.Audio{Bytes: 1, Ms: 1, SHA256: "00", MD5: "00", First: "00", Data: []byte{0}},
		},
		scenarios.Entry{
			N: 3, Kind: scenarios.WSEvent, Dir: scenarios.Out, Text: "s", Frame: &scenarios.Frame{Opcode: 1, Frames: 1, Size: 1}, How: "fin", Code: 1, Status: 200,
			Basis: "observed", Expires: "x", Count: 1,
		},
	} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := schematest.JSON(schema, data); err != nil {
			t.Errorf("%s: %v", data, err)
		}
	}
}
