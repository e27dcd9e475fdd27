package fromtape

import (
	"bytes"
	"encoding/json"
	"strings"
)

// flow is a value as YAML writes it on one line.
type flow string

// quote is a text in double quotes, where a text needs no other care.
func quote(s string) flow {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text always can be
	text := strings.TrimSuffix(b.String(), "\n")
	return flow(strings.Map(func(r rune) rune {
		if r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0xfeff {
			return '\uFFFD' // no YAML reader agrees with another about these
		}
		return r
	}, text))
}

// field is one field of a mapping; one whose value is empty is left out.
type field struct {
	name  string
	value flow
}

func mapping(fields ...field) flow {
	var parts []string
	for _, f := range fields {
		if f.value != "" {
			parts = append(parts, f.name+": "+string(f.value))
		}
	}
	return flow("{" + strings.Join(parts, ", ") + "}")
}

func list(items ...flow) flow {
	parts := make([]string, 0, len(items))
	for _, i := range items {
		parts = append(parts, string(i))
	}
	return flow("[" + strings.Join(parts, ", ") + "]")
}

// when is the value if the condition holds, and otherwise one that is left out.
func when(condition bool, value flow) flow {
	if condition {
		return value
	}
	return ""
}
