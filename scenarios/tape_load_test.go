package scenarios_test

import (
	"encoding/json"
	"strings"
	"testing"

	"mockamivoice/scenarios"
)

const (
	tapeHeader = `{"tape":1,"tool":"t","recorder":"server","seed":1,"scenario":"","clock_start":"2026-01-01T00:00:00.000Z"}` + "\n"
	tapeEntry  = `{"n":1,"at":"2026-01-01T00:00:00.000Z","t":5,"conn":2,"dir":"in","kind":"ws.command","text":"e"}` + "\n"
)

func readTape(text string) (headers int, entries []scenarios.Entry, err error) {
	for line, e := range scenarios.ReadTape("x.jsonl", strings.NewReader(text)) {
		switch {
		case e != nil:
			return headers, entries, e
		case line.Header != nil:
			headers++
		default:
			entries = append(entries, line.Entry)
		}
	}
	return headers, entries, nil
}

func TestReadTape(t *testing.T) {
	headers, entries, err := readTape(tapeHeader + tapeEntry + "\n" + tapeHeader + tapeEntry)
	if err != nil || headers != 2 || len(entries) != 2 || entries[0].Text != "e" || entries[0].T != 5 {
		t.Fatalf("%d headers, %+v, %v", headers, entries, err)
	}
	again, err := json.Marshal(entries[0])
	if err != nil || string(again)+"\n" != tapeEntry {
		t.Errorf("%s, %v", again, err)
	}
}

func TestBadTapesAreToldWithTheirPlace(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":          {"", "x.jsonl: is no tape"},
		"no header":        {tapeEntry, "x.jsonl:1:1: is no tape"},
		"other version":    {strings.Replace(tapeHeader, `"tape":1`, `"tape":2`, 1), "x.jsonl:1:1: tape version 2 is not known"},
		"unknown field":    {tapeHeader + strings.Replace(tapeEntry, `"text"`, `"txet"`, 1), `x.jsonl:2:1: json: unknown field "txet"`},
		"wrong type":       {tapeHeader + strings.Replace(tapeEntry, `"conn":2`, `"conn":"2"`, 1), "x.jsonl:2:55: conn must be a uint64, not a string"},
		"syntax":           {tapeHeader + strings.Replace(tapeEntry, `"dir":"in"`, `"dir":in`, 1), "x.jsonl:2:"},
		"cut":              {tapeHeader + tapeEntry[:30], "x.jsonl:2:30: the line ends in the middle"},
		"two on a line":    {tapeHeader + strings.TrimSpace(tapeEntry) + tapeEntry, "something follows the entry"},
		"unknown kind":     {tapeHeader + strings.Replace(tapeEntry, "ws.command", "ws.comand", 1), `x.jsonl:2:1: kind "ws.comand" is none of`},
		"unknown dir":      {tapeHeader + strings.Replace(tapeEntry, `"in"`, `"up"`, 1), `dir "up" is none of in, out, note`},
		"counts backwards": {tapeHeader + tapeEntry + tapeEntry, "n is 1 behind 1"},
	} {
		if _, _, err := readTape(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", name, err, c.want)
		}
	}
}

func FuzzReadTape(f *testing.F) {
	f.Add(tapeHeader + tapeEntry)
	f.Fuzz(func(_ *testing.T, text string) { _, _, _ = readTape(text) })
}
