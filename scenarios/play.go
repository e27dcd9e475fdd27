package scenarios

import (
	"slices"
	"strings"
	"time"

	"mockamivoice/protocol"
)

// Play is how the fake makes any client meet something. A scenario without one leaves the fake as it is.
type Play struct {
	Transcripts []Said // of the utterances of each cycle or recording, in their order; after the last one the fake's own
	Faults      []Fault
	Behaviour   []Choice
	Limits      Limits // instead of the server's
	Jobs        string // how jobs go on, instead of the server's way: at-once, clock=3s, polls=2 or told; empty for that
}

// Point is a place at which a fault can strike. The list is closed.
type Point string

// The points, each with what counts as an occurrence of it.
const (
	AtIssue        Point = "issue"            // a request for a key
	AtSyncRequest  Point = "sync.request"     // a request for recognition, when its key is known and its audio begins
	AtSyncResponse Point = "sync.response"    // the reply to one, when it is made
	AtAsyncCreate  Point = "async.create"     // a request that makes a job, when its reply is made
	AtAsyncPoll    Point = "async.poll"       // a request about a job
	AtAsyncResult  Point = "async.result"     // one that finds the job at its end
	AtWordsRequest Point = "words.request"    // a request for dictionaries, classes, sentiment definitions or usage
	AtHandshake    Point = "stream.handshake" // a request for a WebSocket; no key is known yet
	AtStart        Point = "stream.start"     // an s
	AtFeed         Point = "stream.feed"      // a p
	AtEvent        Point = "stream.event"     // S, E, C, U, A or G, when it is about to be sent
	AtEnd          Point = "stream.end"       // an e
)

// Points lists every point.
func Points() []Point {
	return []Point{AtIssue, AtSyncRequest, AtSyncResponse, AtAsyncCreate, AtAsyncPoll, AtAsyncResult, AtWordsRequest, AtHandshake, AtStart, AtFeed, AtEvent, AtEnd}
}

// Surface is the surface that the point belongs to.
func (p Point) Surface() protocol.Surface {
	name, _, _ := strings.Cut(string(p), ".")
	return protocol.Surface(name)
}

// Fault is something that goes wrong at a point. Occurrences are counted for each key on its own, and for the whole server where
// no key is known or the fault wants it so.
type Fault struct {
	At    Point
	Of    string // AtEvent: only events with this letter; empty for all
	Nth   int    // the first occurrence that it is about, from 1
	Times int    // how many from there; 0 for all
	All   bool   // "per: server": occurrences of all keys are counted together
	Do    []Do   // in this order
	Line  int    // in the file
}

// Covers tells whether the fault strikes at the nth occurrence, counted from 1.
func (f Fault) Covers(nth int) bool {
	return nth >= f.Nth && (f.Times == 0 || nth < f.Nth+f.Times)
}

// String is the fault in the words of a file.
func (f Fault) String() string {
	var words []string
	for _, d := range f.Do {
		words = append(words, d.String())
	}
	at := string(f.At)
	if f.Of != "" {
		at += " " + f.Of
	}
	return at + ": " + strings.Join(words, ", then ")
}

// Limits replace limits of the server; zero fields replace nothing. Durations are clock time, but for Utterance, which is audio
// time.
type Limits struct {
	NoData    time.Duration
	NonSpeech time.Duration
	Session   time.Duration
	Idle      time.Duration
	Utterance time.Duration
	Upload    int64         // bytes of audio of a recording
	Retention time.Duration // of a job
}

// Limit names a limit that a fault can bring about at once.
type Limit string

// The limits of a stream that a fault can bring about.
const (
	LimitNoData    Limit = "no_data"    // no packet came for too long
	LimitNonSpeech Limit = "non_speech" // no speech came for too long
	LimitSession   Limit = "session"    // the connection is too old
	LimitIdle      Limit = "idle"       // no s came for too long
)

// Said is what was understood.
type Said struct {
	Text       string
	Tokens     []protocol.Token // without them they are made of the text; times that are missing are spread over the utterance
	Confidence protocol.Maybe[float64]
	Code       string // of a failed result, from the catalogue of package protocol; empty for none
	Repeat     int    // how many times text and tokens stand there; at least 1
}

// Reaction is what a client is expected to do.
type Reaction string

// The reactions.
const (
	ReactIssue Reaction = "issue" // asks for another key
	ReactStart Reaction = "start" // sends an s
	ReactClose Reaction = "close" // ends the connection
	ReactRetry Reaction = "retry" // sends the recording again, or opens a stream again
	ReactNone  Reaction = "none"  // does none of these
)

// Expectation is one line of what a good client does: a law that holds, or a reaction to the fault.
type Expectation struct {
	Law    string   // id of a law; empty for a reaction
	Expect Reaction // empty for a law
	Within time.Duration
	Line   int // in the file
}

// Parts are the names of the parts that s has: script, play, client.
func (s *Scenario) Parts() []string {
	var parts []string
	if s.Script != nil {
		parts = append(parts, "script")
	}
	if s.Play != nil {
		parts = append(parts, "play")
	}
	if s.Client != nil {
		parts = append(parts, "client")
	}
	return parts
}

// StrikesAt tells whether a fault of s can strike at one of these points.
func (s *Scenario) StrikesAt(points ...Point) bool {
	return s.Play != nil && slices.ContainsFunc(s.Play.Faults, func(f Fault) bool { return slices.Contains(points, f.At) })
}

// IsForServer tells whether s concerns what comes before any key is known, so that it cannot be bound to one.
func (s *Scenario) IsForServer() bool {
	if s.Play == nil {
		return false
	}
	return s.StrikesAt(AtHandshake, AtIssue) || s.Play.Limits.Idle > 0 // a connection is idle before its key is known
}
