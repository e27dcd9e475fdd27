// Package recognizer asks a real recognizer what was said: a command of this machine, or a server with the OpenAI-compatible
// /v1/audio/transcriptions. It makes recognizers for fake.WithRecognizer, and is no part of the fake itself: who embeds that starts no
// process and opens no connection.
package recognizer

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/scenarios/transcript"
)

// Limits bound a recognizer. A zero field takes its default.
type Limits struct {
	Time       time.Duration // that one utterance may take, in real time, once its turn has come; default 30 s
	Concurrent int           // utterances at a time; others wait for their turn; default 2
}

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = 30 * time.Second
	}
	if l.Concurrent <= 0 {
		l.Concurrent = 2
	}
	return l
}

// bounded is a recognizer that keeps to its limits.
func bounded(l Limits, ask fake.Recognizer) fake.Recognizer {
	l = l.withDefaults()
	turns := make(chan struct{}, l.Concurrent)
	return func(ctx context.Context, s fake.Speech, sound fake.Sound) (fake.Transcript, error) {
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
			return fake.Transcript{}, fmt.Errorf("wait for a turn: %w", ctx.Err())
		}
		defer func() { <-turns }()
		timed, cancel := context.WithTimeout(ctx, l.Time)
		defer cancel()
		t, err := ask(timed, s, sound)
		if err != nil && timed.Err() != nil && ctx.Err() == nil {
			return fake.Transcript{}, fmt.Errorf("no answer within %s", l.Time)
		}
		return t, err
	}
}

// WAV is sound as a WAV file: 16-bit PCM with a header of 44 bytes.
func WAV(sound fake.Sound) []byte {
	size := 2 * len(sound.Samples)
	b := make([]byte, 0, 44+size)
	u32 := func(v int) { b = binary.LittleEndian.AppendUint32(b, uint32(v)) } //nolint:gosec // at most 30 s
	u16 := func(v int) { b = binary.LittleEndian.AppendUint16(b, uint16(v)) } //nolint:gosec // small numbers
	b = append(b, "RIFF"...)
	u32(36 + size)
	b = append(b, "WAVEfmt "...)
	u32(16)
	u16(1)
	u16(1)
	u32(sound.Rate)
	u32(2 * sound.Rate)
	u16(2)
	u16(16)
	b = append(b, "data"...)
	u32(size)
	for _, v := range sound.Samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(v)) //nolint:gosec // the bits of the sample
	}
	return b
}

// read makes a transcript of an answer: text, {"text": …} with whatever else stands there, or a result of the service's or our own form,
// whose times count from the beginning of the utterance and are moved to where it begins. A text of nothing but blanks means that
// nothing was understood.
func read(answer []byte, s fake.Speech) (fake.Transcript, error) {
	answer = trim(answer)
	if len(answer) == 0 || answer[0] != '{' {
		return readAs("answer.txt", answer, s)
	}
	var known struct {
		Text                                  *string
		Results, Utterances, Status, Segments json.RawMessage
	}
	err := json.Unmarshal(answer, &known)
	wrong, isWrong := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case isWrong:
		return fake.Transcript{}, fmt.Errorf("the answer's text is a %s, not a text", strings.Replace(wrong.Value, "array", "list", 1))
	case err != nil:
		return fake.Transcript{}, fmt.Errorf("the answer is no JSON: %w", err)
	case known.Results == nil && known.Utterances == nil && known.Status == nil && known.Text == nil:
		return fake.Transcript{}, errors.New(`the answer has neither "text" nor "results"`)
	case known.Utterances == nil && known.Text != nil && (*known.Text == "" && !fails(answer) || known.Results == nil && known.Status == nil):
		return readAs("answer.txt", []byte(*known.Text), s)
	}
	return readAs("answer.json", answer, s)
}

// trim takes away blanks, and the mark that some programs put before UTF-8.
func trim(answer []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(answer, []byte("\uFEFF")))
}

// fails tells whether a result has a code.
func fails(answer []byte) bool {
	r, err := protocol.ParseResult(answer)
	return err != nil || r.Code != ""
}

func readAs(name string, answer []byte, s fake.Speech) (fake.Transcript, error) {
	if len(bytes.TrimSpace(answer)) == 0 {
		return fake.Transcript{}, nil
	}
	told, err := transcript.Parse(name, answer)
	if err != nil {
		return fake.Transcript{}, fmt.Errorf("read the answer: %w", err)
	}
	cue, _ := told.Part(transcript.Utterance{End: max(s.End-s.Start, 0), Of: 1})
	switch cue.Code {
	case "":
	case protocol.NewError(protocol.SyncRejected).Code:
		return fake.Transcript{}, nil
	default:
		return fake.Transcript{}, fmt.Errorf("the answer has code %q", cue.Code)
	}
	t := fake.Transcript{Text: cue.Text, Tokens: cue.Tokens, Confidence: cue.Confidence.Value}
	for i := range t.Tokens {
		move(&t.Tokens[i].StartTime, s.Start)
		move(&t.Tokens[i].EndTime, s.Start)
	}
	return t, nil
}

func move(at *protocol.Maybe[int], by int) {
	if at.OK {
		at.Value += by
	}
}

// excerpt is the end of what a recognizer complains, in one line.
func excerpt(text []byte) string {
	const most = 200
	words := strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "")), " ")
	if r := []rune(words); len(r) > most {
		return "…" + string(r[len(r)-most:])
	}
	return words
}
