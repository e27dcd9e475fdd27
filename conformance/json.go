package conformance

import (
	_ "embed" // for the schema
	"encoding/json"
	"io"
)

//go:embed report.schema.json
var reportSchema []byte

// ReportSchema is the JSON Schema of what WriteJSON writes.
func ReportSchema() []byte { return reportSchema }

// WriteJSON writes the whole report, with every dialogue.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

//go:embed target.schema.json
var targetSchema []byte

//go:embed known.schema.json
var knownSchema []byte

// TargetSchema is the JSON Schema of target files.
func TargetSchema() []byte { return targetSchema }

// KnownSchema is the JSON Schema of lists of known failures.
func KnownSchema() []byte { return knownSchema }
