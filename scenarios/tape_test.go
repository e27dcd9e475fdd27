package scenarios_test

import (
	"encoding/json"
	"testing"
	"time"

	"mockamivoice/scenarios"
)

// TestEntryOnTheTape is the format that tools outside of the project read.
func TestEntryOnTheTape(t *testing.T) {
	jst := time.FixedZone("JST", 9*60*60)
	entry := scenarios.Entry{
		N: 7, At: scenarios.At(time.Date(2026, 6, 15, 12, 0, 0, 560_000_000, jst)), T: 12, Conn: 2, Key: "0123456789ab", Surface: "stream",
		Dir: scenarios.In, Kind: scenarios.WSCommand, Text: "p", Audio: &scenarios.Audio{Bytes: 2, Ms: 1, SHA256: "ab", First: "0001"},
		Frame: &scenarios.Frame{Opcode: 2, Masked: true, Frames: 1, Size: 3},
	}
	const want = `{"n":7,"at":"2026-06-15T03:00:00.560Z","t":12,"conn":2,"key":"0123456789ab","surface":"stream","dir":"in","kind":"ws.command",` +
		`"text":"p","audio":{"bytes":2,"ms":1,"sha256":"ab","first":"0001"},"frame":{"opcode":2,"masked":true,"frames":1,"size":3}}`
	got, err := json.Marshal(entry)
	if err != nil || string(got) != want {
		t.Errorf("%s %v\nwant %s", got, err, want)
	}
	var back scenarios.Entry
	if err := json.Unmarshal(got, &back); err != nil || !back.At.Equal(entry.At.Time) || back.Audio.First != "0001" {
		t.Errorf("read back: %+v %v", back, err)
	}
	header, err := json.Marshal(scenarios.Header{Tape: scenarios.TapeVersion, Tool: "x", Recorder: "server", Seed: 1, ClockStart: entry.At})
	if err != nil || string(header) != `{"tape":1,"tool":"x","recorder":"server","seed":1,"scenario":"","clock_start":"2026-06-15T03:00:00.560Z"}` {
		t.Errorf("%s %v", header, err)
	}
}
