package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/protocol"
)

// source is audio that is being read: a file, or stdin for "-".
type source struct {
	io.Reader

	close  func() error
	size   int64  // bytes; 0 when it is not known
	format string // name of the format
	rate   int64  // bytes a second; 0 when it is not known
}

const wavHead = 44

// openAudio opens audio and finds its format: that of the flag, or that of a WAV header.
func openAudio(name, format string, stdin io.Reader) (*source, error) {
	s := &source{Reader: stdin, close: func() error { return nil }, format: format}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage("%w", err)
		}
		s.Reader, s.close = f, f.Close
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			s.size = info.Size()
		}
	}
	head := make([]byte, wavHead)
	n, err := io.ReadFull(s.Reader, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, errors.Join(cannot("read %s: %w", name, err), s.close())
	}
	head = head[:n]
	s.Reader = io.MultiReader(bytes.NewReader(head), s.Reader)
	if format == "" {
		return s, s.sniff(name, head)
	}
	f, err := protocol.ParseAudioFormat(format)
	if err != nil {
		return nil, errors.Join(usage("--format: %w", err), s.close())
	}
	s.rate = f.BytesPerSecond()
	if f.Encoding == protocol.Headed && isWAV(head) {
		s.rate = int64(binary.LittleEndian.Uint32(head[28:]))
	}
	return s, nil
}

// declared is c for a flag with a format: nothing when the audio says itself what it is. (documented: audio-format)
func (s *source) declared(flag string) string {
	if f, err := protocol.ParseAudioFormat(s.format); err == nil && f.Encoding == protocol.Headed && flag == "" {
		return ""
	}
	return s.format
}

func isWAV(head []byte) bool {
	return len(head) == wavHead && bytes.HasPrefix(head, []byte("RIFF")) && string(head[8:16]) == "WAVEfmt "
}

// sniff finds the format of a file with a header.
func (s *source) sniff(name string, head []byte) error {
	const lowest = 16000 // samples a second of the engines of 16K
	switch {
	case isWAV(head):
		s.format = "16K"
		if binary.LittleEndian.Uint32(head[24:]) < lowest {
			s.format = "8K"
		}
		s.rate = int64(binary.LittleEndian.Uint32(head[28:]))
	case bytes.HasPrefix(head, []byte("OggS")), bytes.HasPrefix(head, []byte("fLaC")), bytes.HasPrefix(head, []byte("ID3")), bytes.HasPrefix(head, []byte("\x1a\x45\xdf\xa3")):
		s.format = "16K"
	default:
		return errors.Join(usage("%s has no header that says what it is; name its format with --format, for example LSB16K", name), s.close())
	}
	return nil
}

// progress tells on a terminal how much audio has been read, how fast, and how long the rest will take.
type progress struct {
	io.Reader

	w       io.Writer
	size    int64
	rate    int64
	read    int64
	started time.Time
	told    time.Time
}

// watch is s with progress on w, if that is a terminal.
func (s *source) watch(w io.Writer) *progress {
	if !isTerminal(w) {
		w = nil
	}
	now := clock.System{}.Now()
	return &progress{Reader: s.Reader, w: w, size: s.size, rate: s.rate, started: now, told: now}
}

// Read implements io.Reader.
func (p *progress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.read += int64(n)
	const pause = 200 * time.Millisecond
	if now := (clock.System{}).Now(); p.w != nil && now.Sub(p.told) >= pause {
		p.told = now
		_, _ = fmt.Fprint(p.w, "\r\x1b[K"+p.text(now.Sub(p.started)))
	}
	return n, err
}

// text is the progress after so much time.
func (p *progress) text(passed time.Duration) string {
	text := size(p.read)
	if p.size > 0 {
		text += fmt.Sprintf(" of %s", size(p.size))
	}
	speed := float64(p.read) / max(passed.Seconds(), 0.001)
	text += fmt.Sprintf(", %s/s", size(int64(speed)))
	if p.rate > 0 {
		text += fmt.Sprintf(" (%.1f times as fast as speech)", speed/float64(p.rate))
	}
	if p.size > p.read && speed > 0 {
		left := time.Duration(float64(p.size-p.read) / speed * float64(time.Second))
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text
}

// done takes the progress off the terminal.
func (p *progress) done() {
	if p.w != nil {
		_, _ = fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func size(n int64) string {
	const kilo = 1000
	switch {
	case n < kilo:
		return fmt.Sprintf("%d B", n)
	case n < kilo*kilo:
		return fmt.Sprintf("%.1f kB", float64(n)/kilo)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/kilo/kilo)
}
