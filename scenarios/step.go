package scenarios

import "time"

// Step is one line of a script.
type Step struct {
	Line   int // in the file
	Action Action
}

// Action is what a step does: Issue, Request, Submit, Poll, Words, Connect, Send, Feed, End, Close, Expect, AnyOrder, ExpectNone,
// Closed or Wait.
type Action interface {
	// Verb is the word for it in a file.
	Verb() string
}

// Issue issues a key in the way of the target, and expects to get one.
type Issue struct {
	SID, SPW     *Template // instead of the target's
	ByIssuingKey bool
	EPI, IPA     *Template
	As           string // variable that gets the key; default "key"
	From         Template
}

// Request is one HTTP request, written to the wire as it is said here.
type Request struct {
	Method         string   // default POST
	Path           Template // of the service; the target says where that is
	Query          Template
	Headers        []Field
	Form           []Field // urlencoded body
	Parts          []BodyPart
	Preamble       string // before the first boundary of parts
	Body           *Content
	Chunked        bool
	SameConnection bool // as the last request
	From           Template
}

// Field is a name with a value that may hold variables.
type Field struct {
	Name  string
	Value Template
}

// Content is a text, or a sound when there is one.
type Content struct {
	Text  Template
	Sound *Sound
}

// BodyPart is one part of a multipart body.
type BodyPart struct {
	Content

	Name     string
	Filename *string
	Type     string
}

// SoundKind says where samples come from.
type SoundKind string

// The kinds of sounds.
const (
	SoundSilence SoundKind = "silence" // digital silence
	SoundSpeech  SoundKind = "speech"  // the built-in speech-like sound
	SoundNoise   SoundKind = "noise"   // faint noise that is no speech
	SoundFile    SoundKind = "file"    // a file of the library
	SoundHex     SoundKind = "hex"     // bytes as written
)

// Sound is audio: a generated one has a length, a file a name, hex its bytes.
type Sound struct {
	Kind SoundKind
	For  time.Duration
	File string
	Hex  []byte
	As   string // format, one of SoundFormats; empty for the format of the last s, or WAV16K in a request
}

// Connect opens a stream. Steps that follow are about it.
type Connect struct {
	Path     string
	Headers  []Field
	Unmasked bool
	Version  *string // Sec-WebSocket-Version; default 13, empty for none
	From     Template
}

// Send sends one message.
type Send struct {
	Text      Template
	Hex       []byte // instead of Text
	Binary    bool
	Fragments []int // sizes of the first frames
}

// Feed sends audio in binary p packets.
type Feed struct {
	Sound

	Packet int  // bytes of audio in each; 0 for one packet; default 4096
	Bare   bool // without the p
}

// End sends e.
type End struct{}

// Close is the client leaving with a close frame.
type Close struct{}

// Expect is what has to come next: a message of the stream, or the reply to the last request.
type Expect struct {
	Message Match
	Reply   *ReplyMatch // nil on a stream
}

// Match is what a text has to be. All that is set has to hold; without anything, any text will do.
type Match struct {
	Text   *Pattern
	Regexp *Pattern
	JSON   *JSONPattern
	As     string // variable that gets the whole text
}

// ReplyMatch is what an HTTP reply has to be.
type ReplyMatch struct {
	Status  []int // any of them; empty for any
	Headers []HeaderMatch
	Body    *Match
}

// HeaderMatch is what a header line has to be. Its name counts byte for byte.
type HeaderMatch struct {
	Name  string
	Value *Pattern // nil when the line must be absent, in any case of letters
}

// AnyOrder is several messages, in any order.
type AnyOrder struct{ Messages []Match }

// ExpectNone is that nothing comes for so long in real time, other than U and G; with Of, that no message begins so, whatever
// else comes.
type ExpectNone struct {
	For time.Duration
	Of  string
}

// Ending says how a connection ends.
type Ending string

// The endings.
const (
	AnyEnding   Ending = "any"
	ByFrame     Ending = "close-frame"
	WithoutWord Ending = "fin" // TCP ends, or is reset, without a close frame
)

// Closed is that the server ends the connection.
type Closed struct {
	Within time.Duration // real time; default 2 s
	By     Ending
}

// Wait lets clock time pass.
type Wait struct{ For time.Duration }

// Verb implements Action.
func (Issue) Verb() string { return "issue" }

// Verb implements Action.
func (Request) Verb() string { return "request" }

// Verb implements Action.
func (Connect) Verb() string { return "connect" }

// Verb implements Action.
func (Send) Verb() string { return "send" }

// Verb implements Action.
func (Feed) Verb() string { return "feed" }

// Verb implements Action.
func (End) Verb() string { return "end" }

// Verb implements Action.
func (Close) Verb() string { return "close" }

// Verb implements Action.
func (Expect) Verb() string { return "expect" }

// Verb implements Action.
func (AnyOrder) Verb() string { return "any-order" }

// Verb implements Action.
func (ExpectNone) Verb() string { return "expect-none" }

// Verb implements Action.
func (Closed) Verb() string { return "closed" }

// Verb implements Action.
func (Wait) Verb() string { return "wait" }
