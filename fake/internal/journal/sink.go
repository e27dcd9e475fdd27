package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"sync"

	"mockamivoice/scenarios"
)

// line is one line of a sink.
type line struct {
	header bool
	entry  scenarios.Entry
	lost   scenarios.Entry // stands before the line for entries that are missing; its Count is 0 for none
}

// sink is the state of writing to Options.Sink. Lines queue up under the lock of the Journal; one of those who append writes
// without it until the queue is empty.
type sink struct {
	queue []line
	busy  bool
	idle  sync.Cond // busy became false
	err   error
}

// write queues l and, when nobody else does, writes what is queued. j.mu is held and released.
func (j *Journal) write(l line) {
	s := &j.sink
	if j.options.Sink == nil || s.err != nil {
		j.mu.Unlock()
		return
	}
	if len(s.queue) >= j.options.Entries { // the sink hangs
		l.lost = s.overflow()
	}
	s.queue = append(s.queue, l)
	if s.busy {
		j.mu.Unlock()
		return
	}
	s.busy = true
	var spare []line
	for len(s.queue) > 0 {
		lines := s.queue
		s.queue = spare[:0]
		j.mu.Unlock()
		err := j.writeLines(lines)
		clear(lines)
		spare = lines
		j.mu.Lock()
		if err != nil {
			s.err = fmt.Errorf("write the tape: %w", err)
			s.queue = nil
		}
	}
	s.queue = spare[:0]
	s.busy = false
	s.idle.Broadcast()
	j.mu.Unlock()
}

// overflow loses what is queued, and returns what says so. The header of the newest tape stays, for without it nobody could read
// what follows.
func (s *sink) overflow() (lost scenarios.Entry) {
	var header []line
	for _, l := range s.queue {
		lost = missing(lost, l.lost)
		if l.header {
			header, lost = []line{{header: true, lost: lost}}, scenarios.Entry{}
			continue
		}
		lost = missing(lost, scenarios.Entry{N: l.entry.N, At: l.entry.At, T: l.entry.T, Count: 1})
	}
	clear(s.queue)
	s.queue = append(s.queue[:0], header...)
	return lost
}

// missing stands for what a and then b stand for.
func missing(a, b scenarios.Entry) scenarios.Entry {
	if b.Count == 0 {
		return a
	}
	b.Dir, b.Kind = scenarios.Note, scenarios.Dropped
	b.Count += a.Count
	return b
}

func (j *Journal) writeLines(lines []line) error {
	var text bytes.Buffer
	enc := encoder(&text)
	for _, l := range lines {
		if l.lost.Count > 0 {
			if err := enc.Encode(l.lost); err != nil {
				return err
			}
		}
		if l.header {
			if err := enc.Encode(j.options.Header); err != nil {
				return err
			}
			continue
		}
		if err := enc.Encode(l.entry); err != nil {
			return err
		}
	}
	_, err := j.options.Sink.Write(text.Bytes())
	return err
}

// Err is the first error of the sink, after which nothing more is written to it.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sink.err
}

// WriteTape writes a tape as JSON Lines, the header first.
func WriteTape(w io.Writer, h scenarios.Header, entries iter.Seq[scenarios.Entry]) error {
	enc := encoder(w)
	if err := enc.Encode(h); err != nil {
		return fmt.Errorf("write the header of the tape: %w", err)
	}
	for e := range entries {
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("write entry %d of the tape: %w", e.N, err)
		}
	}
	return nil
}

// encoder leaves < and > alone, so that <key:ID> reads as such.
func encoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}
