package scenarios

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"mockamivoice/scenarios/strict"
)

const longestLine = 64 << 20 // an entry may hold audio

// UnmarshalJSON implements json.Unmarshaler.
func (i *Instant) UnmarshalJSON(data []byte) error { return i.Time.UnmarshalJSON(data) }

// ReadTape reads a tape line by line. It yields the header with the first entry of each tape: a server that was reset writes one
// tape behind the other into the same file. An error is a *strict.Error with the line, and ends the sequence; a file without a
// header is one. A last line that was cut in the middle, as after a crash, is an error of its own that says so.
func ReadTape(file string, r io.Reader) iter.Seq2[TapeLine, error] {
	return func(yield func(TapeLine, error) bool) {
		l := tapeReader{file: file, lines: bufio.NewScanner(r)}
		l.lines.Buffer(make([]byte, 0, 64<<10), longestLine)
		for l.lines.Scan() {
			l.line++
			text := bytes.TrimSpace(l.lines.Bytes())
			if len(text) == 0 {
				continue
			}
			line, err := l.read(text)
			line.Line = l.line
			if !yield(line, err) || err != nil {
				return
			}
		}
		switch {
		case l.lines.Err() != nil:
			yield(TapeLine{}, l.fail(0, "%v", l.lines.Err()))
		case l.tapes == 0:
			yield(TapeLine{}, l.fail(0, `is no tape: its first line must be a header like {"tape":1,…}`))
		}
	}
}

// TapeLine is one line of a tape: a Header, or an Entry of the tape whose header came last.
type TapeLine struct {
	Header *Header // nil for an entry
	Entry  Entry
	Line   int // in the file, from 1
}

type tapeReader struct {
	file  string
	lines *bufio.Scanner
	line  int
	tapes int
	last  uint64 // N of the last entry
}

func (l *tapeReader) fail(column int, format string, args ...any) error {
	e := &strict.Error{File: l.file, Line: l.line, Column: column, Message: fmt.Sprintf(format, args...)}
	if column > 0 {
		e.Excerpt = strict.Around(l.lines.Text(), column)
	}
	return e
}

func (l *tapeReader) read(text []byte) (TapeLine, error) {
	if bytes.HasPrefix(text, []byte(`{"tape"`)) {
		var h Header
		if err := l.decode(text, &h); err != nil {
			return TapeLine{}, err
		}
		if h.Tape != TapeVersion {
			return TapeLine{}, l.fail(1, "tape version %d is not known; this program reads version %d", h.Tape, TapeVersion)
		}
		l.tapes++
		l.last = 0
		return TapeLine{Header: &h, Line: l.line}, nil
	}
	if l.tapes == 0 {
		return TapeLine{}, l.fail(1, `is no tape: its first line must be a header like {"tape":1,…}`)
	}
	var e Entry
	if err := l.decode(text, &e); err != nil {
		return TapeLine{}, err
	}
	switch {
	case !slices.Contains(Kinds(), e.Kind):
		return TapeLine{}, l.fail(1, "kind %q is none of %v", e.Kind, Kinds())
	case e.Dir != In && e.Dir != Out && e.Dir != Note:
		return TapeLine{}, l.fail(1, "dir %q is none of in, out, note", e.Dir)
	case e.N <= l.last:
		return TapeLine{}, l.fail(1, "n is %d behind %d: entries count upwards", e.N, l.last)
	}
	l.last = e.N
	return TapeLine{Entry: e, Line: l.line}, nil
}

// decode is strict: an unknown field is an error, and so is anything behind the value.
func (l *tapeReader) decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return l.fail(int(syntax.Offset), "%v", err)
	case errors.As(err, &mistyped):
		return l.fail(int(mistyped.Offset), "%s must be a %s, not a %s", mistyped.Field, mistyped.Type, mistyped.Value)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return l.fail(len(text), "the line ends in the middle of an entry; the recorder may have been killed")
	case err != nil:
		return l.fail(1, "%v", err)
	case d.InputOffset() != int64(len(text)):
		return l.fail(int(d.InputOffset())+1, "something follows the entry on its line")
	}
	return nil
}
