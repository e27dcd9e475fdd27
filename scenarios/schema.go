package scenarios

import _ "embed" // for the schemas

//go:embed scenario.schema.json
var scenarioSchema []byte

//go:embed tape.schema.json
var tapeSchema []byte

// Schema is the JSON Schema of scenario files. The loader checks more: that variables are set, that needs fit the steps.
func Schema() []byte { return scenarioSchema }

// TapeSchema is the JSON Schema of one line of a tape: a header or an entry.
func TapeSchema() []byte { return tapeSchema }
