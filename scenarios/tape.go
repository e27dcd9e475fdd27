// Package scenarios holds the file formats of the project: what a tape of a dialogue looks like.
package scenarios

import "time"

// TapeVersion is the version of the tape format that this package writes.
const TapeVersion = 1

// Instant is a moment that JSON shows as RFC 3339 in UTC with milliseconds.
type Instant struct{ time.Time }

// At is t as an Instant.
func At(t time.Time) Instant { return Instant{t} }

// MarshalJSON implements json.Marshaler.
func (i Instant) MarshalJSON() ([]byte, error) {
	return i.UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z07:00"`), nil
}

// Header is the first line of a tape.
type Header struct {
	Tape       int     `json:"tape"`     // TapeVersion
	Tool       string  `json:"tool"`     // "mockamivoice 0.1.0"
	Recorder   string  `json:"recorder"` // "server" or "client"
	Seed       uint64  `json:"seed"`
	Scenario   string  `json:"scenario"`
	ClockStart Instant `json:"clock_start"`
}

// Kind says what an entry of a tape records. The list is closed.
type Kind string

// The kinds of entries.
const (
	ConnOpen     Kind = "conn.open"
	ConnClose    Kind = "conn.close"
	HTTPRequest  Kind = "http.request"
	HTTPResponse Kind = "http.response"
	WSHandshake  Kind = "ws.handshake"
	WSCommand    Kind = "ws.command"
	WSEvent      Kind = "ws.event"
	WSControl    Kind = "ws.control"
	KeyIssued    Kind = "key.issued"
	KeyRefused   Kind = "key.refused"
	JobState     Kind = "job.state"
	Heard        Kind = "heard"
	FaultStruck  Kind = "fault"
	Clock        Kind = "clock"
	Tolerance    Kind = "tolerance"
	Dropped      Kind = "dropped"
)

// Kinds lists every kind of entry.
func Kinds() []Kind {
	return []Kind{
		ConnOpen, ConnClose, HTTPRequest, HTTPResponse, WSHandshake, WSCommand, WSEvent, WSControl,
		KeyIssued, KeyRefused, JobState, Heard, FaultStruck, Clock, Tolerance, Dropped,
	}
}

// What the text of a conn.close says when the client ended the connection. Without any text nobody knows who did.
const (
	ClosedByClient     = "by the client"
	ClosedAfterGoodbye = "after the client's goodbye"
)

// ClosedByServer is what the text of a conn.close says on the tape of a client that saw the end of the connection come from the
// other side.
const ClosedByServer = "by the server"

// ClosedTooLong is what the text of a conn.close says when the server gave up on a message that is longer than it takes.
const ClosedTooLong = "a message is longer than the limit"

// Dir is the direction of an entry, always seen from the server.
type Dir string

// The directions.
const (
	In   Dir = "in"
	Out  Dir = "out"
	Note Dir = "note"
)

// Entry is one thing that happened. Texts are what went over the wire, redacted; audio is only measured.
type Entry struct {
	N       uint64  `json:"n"`                 // position on the tape, from 1, without gaps except where Dropped says so
	At      Instant `json:"at"`                // the clock of the server
	T       int64   `json:"t"`                 // real milliseconds since the recorder started
	Conn    uint64  `json:"conn,omitempty"`    // TCP connection, from 1; 0 when none
	Key     string  `json:"key,omitempty"`     // id of the key, never the key
	Surface string  `json:"surface,omitempty"` // issue, sync, stream
	Dir     Dir     `json:"dir"`
	Kind    Kind    `json:"kind"`

	Text  string `json:"text,omitempty"`  // message of a frame; for notes, what happened
	Audio *Audio `json:"audio,omitempty"` // audio of a p command or of an upload
	Frame *Frame `json:"frame,omitempty"` // how the message was framed

	Method  string      `json:"method,omitempty"`
	Target  string      `json:"target,omitempty"` // request target as sent
	Status  int         `json:"status,omitempty"`
	Headers [][2]string `json:"headers,omitempty"` // in the order and spelling of the wire where the recorder saw them
	Parts   []Part      `json:"parts,omitempty"`   // of a multipart body, or the fields of a form
	Body    string      `json:"body,omitempty"`

	How     string `json:"how,omitempty"`   // conn.close: fin, rst, close-frame
	Code    int    `json:"code,omitempty"`  // close code, when there was one
	Basis   string `json:"basis,omitempty"` // how well the behaviour is known
	Remote  string `json:"remote,omitempty"`
	Expires string `json:"expires,omitempty"` // key.issued: RFC 3339 with milliseconds; empty for never
	Count   uint64 `json:"count,omitempty"`   // dropped: how many entries

	Scenario string `json:"scenario,omitempty"` // fault: id of the scenario that it belongs to; key.issued: the one bound to the key
}

// Audio measures audio that is not kept.
type Audio struct {
	Bytes  int64  `json:"bytes"`
	Ms     int64  `json:"ms"`              // 0 when the format is not known
	SHA256 string `json:"sha256"`          // lower-case hex
	MD5    string `json:"md5,omitempty"`   // lower-case hex; of what makes a job, for the service tells it
	First  string `json:"first,omitempty"` // up to 16 bytes, lower-case hex
	Data   []byte `json:"data,omitempty"`  // base64 in JSON; only with --tape-audio
}

// Frame is how one WebSocket message was framed.
type Frame struct {
	Opcode int   `json:"opcode"` // of the first frame
	Masked bool  `json:"masked"` // of the first frame
	Frames int   `json:"frames"` // how many frames carried the message
	Size   int64 `json:"size"`   // payload bytes of all of them
}

// Part is one part of a multipart body, or one field of a form.
type Part struct {
	Name     string  `json:"name"`
	Filename *string `json:"filename,omitempty"` // nil when the part names no file
	Type     string  `json:"type,omitempty"`
	Size     int64   `json:"size"`
	Value    string  `json:"value,omitempty"` // redacted; never of audio
}
