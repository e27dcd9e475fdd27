package verdict

import (
	_ "embed" // for the schemas
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

//go:embed verdict.schema.json
var schema []byte

//go:embed baseline.schema.json
var baselineSchema []byte

// Schema is the JSON Schema of what WriteJSON writes.
func Schema() []byte { return schema }

// BaselineSchema is the JSON Schema of what ParseBaseline reads.
func BaselineSchema() []byte { return baselineSchema }

// WriteJSON writes the whole verdict, but for the dialogues.
func (v *Verdict) WriteJSON(w io.Writer) error { return writeJSON(w, v) }

// writeJSON escapes the control characters that JSON itself allows in strings, for somebody will look at it in a terminal.
func writeJSON(w io.Writer, v any) error {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	var out strings.Builder
	for _, r := range b.String() {
		if r >= 0x7f && r < 0xa0 {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// Format is a form in which a verdict is written.
type Format string

// The formats.
const (
	Text  Format = "text"
	JSON  Format = "json"
	JUnit Format = "junit"
	SARIF Format = "sarif"
)

// Formats lists them all.
func Formats() []Format { return []Format{Text, JSON, JUnit, SARIF} }

// ParseFormat finds a format by its name.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); slices.Contains(Formats(), f) {
		return f, nil
	}
	names := make([]string, 0, len(Formats()))
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return "", fmt.Errorf("format %q is none of %s", name, strings.Join(names, ", "))
}

// MediaType is what HTTP calls f.
func (f Format) MediaType() string {
	switch f {
	case Text:
		return "text/plain; charset=utf-8"
	case JUnit:
		return "application/xml; charset=utf-8"
	case SARIF:
		return "application/sarif+json"
	case JSON:
	}
	return "application/json; charset=utf-8"
}

// Write writes the verdict in a format.
func (v *Verdict) Write(w io.Writer, f Format) error {
	switch f {
	case Text:
		return v.WriteText(w)
	case JUnit:
		return v.WriteJUnit(w)
	case SARIF:
		return v.WriteSARIF(w)
	case JSON:
	}
	return v.WriteJSON(w)
}
