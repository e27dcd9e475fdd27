// Package schematest holds YAML and JSON against JSON Schemas, for tests.
package schematest

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Compile makes a schema of its text; an error ends the test.
func Compile(tb testing.TB, schema []byte) *jsonschema.Schema {
	tb.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		tb.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		tb.Fatal(err)
	}
	return compiled
}

// JSON is why a JSON text does not fit, or nil.
func JSON(schema *jsonschema.Schema, text []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// YAML is why a YAML text does not fit, or nil.
func YAML(schema *jsonschema.Schema, text []byte) error {
	var decoded any
	if err := yaml.Unmarshal(text, &decoded); err != nil {
		return err
	}
	data, err := json.Marshal(decoded)
	if err != nil {
		return err
	}
	return JSON(schema, data)
}
