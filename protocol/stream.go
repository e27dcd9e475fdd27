package protocol

import (
	"bytes"
	"fmt"
	"strconv"
)

// Command is what a client says on a stream: Start, Feed or End.
type Command interface{ command() }

// Feed is a p command: audio in the format that s named. Empty audio is fine. (observed: a Go client sends a bare p)
type Feed struct{ Audio []byte }

// End is an e command: no more audio in this cycle.
type End struct{}

func (Start) command() {}
func (Feed) command()  {}
func (End) command()   {}

// ParseCommand reads one message of a client. Audio of a Feed is a part of msg, not a copy. The error is a *MalformedError.
// Text and binary messages mean the same. (observed: two transports of the vendor's Java library send s and e as binary)
func ParseCommand(msg []byte) (Command, error) {
	if len(msg) == 0 {
		return nil, malformed(msg)
	}
	switch {
	case msg[0] == 'p':
		return Feed{Audio: msg[1:]}, nil
	case msg[0] == 'e' && len(msg) == 1:
		return End{}, nil
	case msg[0] == 's':
		s, err := ParseStart(msg)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	return nil, malformed(msg)
}

// AppendCommand appends c as it goes over the wire.
func AppendCommand(dst []byte, c Command) []byte {
	switch c := c.(type) {
	case Start:
		return AppendStart(dst, c)
	case Feed:
		return append(append(dst, 'p'), c.Audio...)
	case End:
		return append(dst, 'e')
	}
	return dst
}

// Event is what the server says on a stream: the answers StartReply, FeedError and EndReply, and the events SpeechStart,
// SpeechEnd, Processing, Partial, Final, Info, LegacyFinal and Notice.
type Event interface{ event() }

type (
	// StartReply answers s. Error is absent when the cycle is open; "s " with nothing behind it is an error with an empty text.
	StartReply struct{ Error Maybe[string] }
	// FeedError says that audio was not taken; p is never acknowledged otherwise.
	FeedError struct{ Text string }
	// EndReply answers e, or says unasked that the cycle is over. Error is absent when all went well.
	EndReply struct{ Error Maybe[string] }
	// SpeechStart is S: speech began At milliseconds from the beginning of the audio of this cycle.
	SpeechStart struct{ At int }
	// SpeechEnd is E: speech ended At milliseconds from the beginning of the audio of this cycle.
	SpeechEnd struct{ At int }
	// Processing is C: recognition of an utterance began.
	Processing struct{}
	// Partial is U: what the utterance sounds like so far.
	Partial struct{ Interim Interim }
	// Final is A: the result of an utterance.
	Final struct{ Result Result }
	// Info is G: information of the server, to be ignored. (documented: websocket-interface-command-and-response)
	Info struct{ Text string }
	// LegacyFinal is R, which some texts name beside A. (observed: the vendor's client library takes it for a result)
	LegacyFinal struct{ Result Result }
	// Notice is Q, documented nowhere. (observed: the vendor's client library passes it on)
	Notice struct{ Text string }
)

func (StartReply) event()  {}
func (FeedError) event()   {}
func (EndReply) event()    {}
func (SpeechStart) event() {}
func (SpeechEnd) event()   {}
func (Processing) event()  {}
func (Partial) event()     {}
func (Final) event()       {}
func (Info) event()        {}
func (LegacyFinal) event() {}
func (Notice) event()      {}

// ParseEvent reads one message of a server. Its first byte says what it is. (documented: the reference of each packet)
func ParseEvent(msg []byte) (Event, error) {
	letter, rest, spaced := bytes.Cut(msg, []byte(" "))
	if len(letter) != 1 {
		return nil, fmt.Errorf("message %s is not a letter, or a letter, a blank and a text", excerpt(string(msg)))
	}
	switch letter[0] {
	case 's', 'p', 'e':
		return parseReply(letter[0], string(rest), spaced)
	case 'S', 'E':
		return parseTime(letter[0], string(rest))
	case 'C':
		return parseProcessing(rest)
	case 'G':
		return Info{Text: string(rest)}, nil
	case 'Q':
		return Notice{Text: string(rest)}, nil
	case 'U':
		i, err := ParseInterim(rest)
		return Partial{Interim: i}, err
	case 'A':
		r, err := ParseResult(rest)
		return Final{Result: r}, err
	case 'R':
		r, err := ParseResult(rest)
		return LegacyFinal{Result: r}, err
	}
	return nil, fmt.Errorf("message %s begins with none of the letters s p e S E C U A G R Q", excerpt(string(msg)))
}

func parseReply(letter byte, text string, spaced bool) (Event, error) {
	failure := Maybe[string]{Value: text, OK: spaced}
	switch {
	case letter == 's':
		return StartReply{Error: failure}, nil
	case letter == 'e':
		return EndReply{Error: failure}, nil
	case !spaced:
		return nil, fmt.Errorf("message %q: p is only ever answered with an error text", "p")
	}
	return FeedError{Text: text}, nil
}

func parseTime(letter byte, digits string) (Event, error) {
	ms, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || digits[0] == '+' {
		return nil, fmt.Errorf("message %c %s: the time is not a whole number of milliseconds", letter, excerpt(digits))
	}
	if letter == 'S' {
		return SpeechStart{At: int(ms)}, nil
	}
	return SpeechEnd{At: int(ms)}, nil
}

func parseProcessing(rest []byte) (Event, error) {
	if len(rest) > 0 {
		return nil, fmt.Errorf("message C %s: C carries nothing", excerpt(string(rest)))
	}
	return Processing{}, nil
}

// AppendEvent appends e as the service writes it: one letter, and a blank and a text where there is one. Nothing ends the
// message; a Go client takes "s\n" for an error. (observed)
func AppendEvent(dst []byte, e Event) []byte {
	switch e := e.(type) {
	case StartReply:
		return appendReply(dst, 's', e.Error)
	case FeedError:
		return append(append(dst, "p "...), e.Text...)
	case EndReply:
		return appendReply(dst, 'e', e.Error)
	case SpeechStart:
		return strconv.AppendInt(append(dst, "S "...), int64(e.At), 10)
	case SpeechEnd:
		return strconv.AppendInt(append(dst, "E "...), int64(e.At), 10)
	case Processing:
		return append(dst, 'C')
	case Partial:
		return AppendInterim(append(dst, "U "...), e.Interim)
	case Final:
		return AppendResult(append(dst, "A "...), e.Result)
	case LegacyFinal:
		return AppendResult(append(dst, "R "...), e.Result)
	case Info:
		return appendText(dst, 'G', e.Text)
	case Notice:
		return appendText(dst, 'Q', e.Text)
	}
	return dst
}

func appendReply(dst []byte, letter byte, failure Maybe[string]) []byte {
	dst = append(dst, letter)
	if failure.OK {
		dst = append(append(dst, ' '), failure.Value...)
	}
	return dst
}

func appendText(dst []byte, letter byte, text string) []byte {
	dst = append(dst, letter)
	if text != "" {
		dst = append(append(dst, ' '), text...)
	}
	return dst
}
