package redact_test

import (
	"slices"
	"strings"
	"testing"

	"mockamivoice/scenarios"
	"mockamivoice/scenarios/redact"
)

func TestABookLearns(t *testing.T) {
	b := redact.NewBook("the-password", "")
	before := b.Text("the-password issued-key-1")
	b.Learn("issued-key-1", "", "issued-key-1")
	after := b.Text("the-password issued-key-1 issued%2Dkey%2D1")
	id := b.ID("issued-key-1")
	if before != "*** issued-key-1" || after != "*** <key:"+id+"> <key:"+id+">" || len(id) != 12 || b.ID("") != "" {
		t.Errorf("%q, %q, %q", before, after, id)
	}
	if redact.NewBook().ID("issued-key-1") == id {
		t.Error("ids mean something elsewhere")
	}
	e := scenarios.Entry{Kind: scenarios.WSCommand, Text: "s LSB16K -a-general authorization=unknown-key"}
	b.Entry(&e)
	if strings.Contains(e.Text, "unknown-key") {
		t.Errorf("%q", e.Text)
	}
	if got := b.Text("a key MAV1AQFj-AvnJKCt3kf1AAAAAAAAAAAAAAAAAAAAAAAA of another server"); strings.Contains(got, "MAV1") {
		t.Errorf("%q", got)
	}
}

func TestKeys(t *testing.T) {
	for reply, want := range map[string][]string{
		"a-long-enough-key":                 {"a-long-enough-key"},
		"a-long-enough-key\r\n":             {"a-long-enough-key"},
		`{"k":["a-long-enough-key",1]}`:     {"a-long-enough-key"},
		`{"message":"nothing of the sort"}`: nil,
		"":                                  nil,
		"<html>no</html> key":               nil,
	} {
		if got := redact.Keys(reply); !slices.Equal(got, want) {
			t.Errorf("%q: %q", reply, got)
		}
	}
}
