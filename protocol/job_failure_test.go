package protocol_test

import (
	"testing"

	"mockamivoice/protocol"
)

func TestParseJobFailure(t *testing.T) {
	const prefix = "ERROR: Failed to transcribe in recognition process - amineth_result=0, "
	for _, c := range []struct {
		text, code, message string
		ok                  bool
	}{
		{prefix + "amineth_code='o', amineth_message='recognition result is rejected because confidence is below the threshold'", "o", "recognition result is rejected because confidence is below the threshold", true},
		{prefix + "amineth_code='-', amineth_message='it''s in 'quotes''", "-", "it''s in 'quotes'", true},
		{prefix + "dsrh_code='%'", "%", "", true},
		{prefix + "amineth_code='', amineth_message=''", "", "", true},
		{prefix + "amineth_code='o", "", "", false},
		{"ERROR: no more disk", "", "", false},
		{"", "", "", false},
	} {
		code, message, ok := protocol.ParseJobFailure(c.text)
		if code != c.code || message != c.message || ok != c.ok {
			t.Errorf("%q: %q, %q, %t; want %q, %q, %t", c.text, code, message, ok, c.code, c.message, c.ok)
		}
	}
	if code, message, ok := protocol.ParseJobFailure(protocol.JobFailure("x", "what 'it' was")); code != "x" || message != "what 'it' was" || !ok {
		t.Errorf("%q, %q, %t", code, message, ok)
	}
}
