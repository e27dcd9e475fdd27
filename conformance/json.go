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
