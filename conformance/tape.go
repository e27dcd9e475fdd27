package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/redact"
)

const mostEntries = 20_000 // of one dialogue

// tape records one dialogue from the client's side. Secrets are replaced when they come in. It is safe for concurrent use.
type tape struct {
	*redact.Book

	mu      sync.Mutex
	list    []scenarios.Entry
	started time.Time
	conns   uint64
}

func newTape(c Credentials) *tape {
	t := &tape{Book: redact.NewBook(c.SPW), started: now()}
	t.Learn(c.Key, c.IssuingKey)
	return t
}

// conn is the number of a new connection.
func (t *tape) conn() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns++
	return t.conns
}

func (t *tape) add(e scenarios.Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.list) == mostEntries {
		return
	}
	t.Entry(&e)
	at := now()
	e.N, e.At, e.T = uint64(len(t.list)+1), scenarios.At(at.Truncate(time.Millisecond)), at.Sub(t.started).Milliseconds()
	if len(t.list) == mostEntries-1 {
		e = scenarios.Entry{N: e.N, At: e.At, T: e.T, Dir: scenarios.Note, Kind: scenarios.Dropped, Text: "the dialogue is too long to be recorded to its end"}
	}
	t.list = append(t.list, e)
}

func (t *tape) entries() []scenarios.Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.list)
}

// measure is audio on a tape.
func measure(audio []byte, format string) *scenarios.Audio {
	sum := sha256.Sum256(audio)
	a := &scenarios.Audio{Bytes: int64(len(audio)), SHA256: hex.EncodeToString(sum[:]), First: hex.EncodeToString(audio[:min(len(audio), 16)])}
	if f, err := protocol.ParseAudioFormat(format); err == nil {
		a.Ms = f.Milliseconds(a.Bytes)
	}
	return a
}
