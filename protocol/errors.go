package protocol

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrorID names an error of the service, for ever.
type ErrorID string

// Errors of the synchronous interface: HTTP 200 with a code in the body.
const (
	SyncUnauthorized     ErrorID = "sync.unauthorized"
	SyncRejected         ErrorID = "sync.rejected"
	SyncUnsupportedAudio ErrorID = "sync.unsupported-audio"
	SyncTooLarge         ErrorID = "sync.too-large"
	SyncSendFailed       ErrorID = "sync.send-failed"
	SyncReceiveTimeout   ErrorID = "sync.receive-timeout"
	SyncBusy             ErrorID = "sync.busy"
	SyncConnectFailed    ErrorID = "sync.connect-failed"
	SyncReceiveFailed    ErrorID = "sync.receive-failed"
	SyncInvalidResult    ErrorID = "sync.invalid-result"
	SyncNotLoaded        ErrorID = "sync.engine-not-loaded"
	SyncCancelled        ErrorID = "sync.cancelled"
	SyncFatal            ErrorID = "sync.fatal"
	SyncPayloadTooLarge  ErrorID = "sync.payload-too-large" // HTTP 413
	SyncMethod           ErrorID = "sync.method"            // HTTP 405
)

// Errors of key issuance.
const (
	IssueEmpty        ErrorID = "issue.empty"        // HTTP 200 without a body
	IssueBadRequest   ErrorID = "issue.bad-request"  // HTTP 400
	IssueUnauthorized ErrorID = "issue.unauthorized" // HTTP 401
	IssueMethod       ErrorID = "issue.method"       // HTTP 405
)

// Errors of the asynchronous interface. The reply to a create request is HTTP 200 with a code in the body, as on the synchronous one;
// polling has statuses of its own.
const (
	AsyncUnauthorized     ErrorID = "async.unauthorized"
	AsyncSentiment        ErrorID = "async.sentiment-v2"
	AsyncPayloadTooLarge  ErrorID = "async.payload-too-large" // HTTP 413
	AsyncMethod           ErrorID = "async.method"            // HTTP 405
	AsyncPollNoKey        ErrorID = "async.poll.no-key"       // HTTP 401
	AsyncPollUnauthorized ErrorID = "async.poll.unauthorized" // HTTP 401
	AsyncPollNotFound     ErrorID = "async.poll.not-found"    // HTTP 404
	AsyncPollFault        ErrorID = "async.poll.server-error" // HTTP 500
)

// Errors of the stream, named after the packet that carries them.
const (
	StartExpired          ErrorID = "stream.start.expired"
	StartUnauthorized     ErrorID = "stream.start.unauthorized"
	StartUnsupportedAudio ErrorID = "stream.start.unsupported-audio"
	StartIllegal          ErrorID = "stream.start.illegal"
	StartUnverified       ErrorID = "stream.start.unverified"
	StartUnavailable      ErrorID = "stream.start.unavailable"
	StartNoServer         ErrorID = "stream.start.no-server"
	StartState            ErrorID = "stream.start.state"
	FeedUnsupportedAudio  ErrorID = "stream.feed.unsupported-audio"
	FeedRefused           ErrorID = "stream.feed.refused"
	FeedSessionTimeout    ErrorID = "stream.feed.session-timeout"
	EndTimeout            ErrorID = "stream.end.timeout"
	EndTimeoutRecognizing ErrorID = "stream.end.timeout-recognizing"
	EndState              ErrorID = "stream.end.state"
)

// Error is something that the service says went wrong. Both ends use it; match it with errors.Is against another *Error,
// which compares the ID alone, or with errors.As.
type Error struct {
	ID      ErrorID
	Surface Surface
	Status  int    // HTTP status; 0 on a stream
	Packet  byte   // 's', 'p' or 'e' on a stream; 0 elsewhere
	Code    string // code of an HTTP body; empty on a stream
	Message string // exact text; in the catalogue, the variable part is in angle brackets
	Basis   Basis  // how well the text is known
	Source  string
}

// Error says which surface answered what.
func (e *Error) Error() string {
	switch {
	case e.Packet != 0:
		return fmt.Sprintf("%s: %c %s", e.Surface, e.Packet, e.Message)
	case e.Code != "":
		return fmt.Sprintf("%s: HTTP %d, code %s: %s", e.Surface, e.Status, e.Code, e.Message)
	case e.Message != "":
		return fmt.Sprintf("%s: HTTP %d: %s", e.Surface, e.Status, e.Message)
	}
	return fmt.Sprintf("%s: HTTP %d with an empty body", e.Surface, e.Status)
}

// Is reports whether target is an *Error of the same ID.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.ID == e.ID
}

// On is e in a situation in which its use is known less well than its text is.
func (e *Error) On(basis Basis) *Error {
	e.Basis = max(e.Basis, basis)
	return e
}

// Event is the packet that carries e on a stream, or nil when e belongs to another surface.
func (e *Error) Event() Event {
	switch e.Packet {
	case 's':
		return StartReply{Error: Some(e.Message)}
	case 'p':
		return FeedError{Text: e.Message}
	case 'e':
		return EndReply{Error: Some(e.Message)}
	}
	return nil
}

// Catalogue lists every error text of the service that this package knows, with how well it is known.
func Catalogue() []Error {
	return slices.Concat(httpErrors(), asyncErrors(), wordsErrors(), streamErrors())
}

func httpErrors() []Error {
	const codes, recalled = "response-code-and-message", "recalled; no page at hand shows the text"
	sync := func(id ErrorID, code, message string, basis Basis, source string) Error {
		return Error{id, SurfaceSync, 200, 0, code, message, basis, source}
	}
	return []Error{
		sync(SyncUnauthorized, "-", "received illegal service authorization", Documented, codes),
		sync(SyncRejected, "o", "recognition result is rejected because confidence is below the threshold", Documented, codes),
		sync(SyncUnsupportedAudio, "+", "received unsupported audio format", Assumed, recalled+"; the code is documented"),
		sync(SyncTooLarge, "%", "received too large audio data from client", Assumed, recalled+"; the code is documented"),
		sync(SyncSendFailed, ">", "failed to send audio data to recognizer server", Assumed, recalled+"; the code is documented"),
		sync(SyncReceiveTimeout, "$", "timeout occurred while receiving audio data from client", Assumed, recalled+"; the code was observed"),
		sync(SyncBusy, "b", "recognition result is rejected because recognizer server is busy", Assumed, recalled+"; the code was observed"),
		sync(SyncConnectFailed, "!", "failed to connect to recognizer server", Assumed, recalled),
		sync(SyncReceiveFailed, "<", "failed to receive recognition result from recognizer server", Assumed, recalled),
		sync(SyncInvalidResult, "#", "received invalid recognition result from recognizer server", Assumed, recalled),
		sync(SyncNotLoaded, "x", "recognition result is rejected because grammar files are not loaded", Assumed, recalled),
		sync(SyncCancelled, "c", "recognition result is rejected because the recognition process is cancelled", Assumed, recalled),
		sync(SyncFatal, "?", "recognition result is rejected because fatal error occurred in recognizer server", Assumed, recalled),
		{SyncPayloadTooLarge, SurfaceSync, 413, 0, "%", "received too large audio data from client", Assumed, "the status was observed once; its body is not known"},
		{SyncMethod, SurfaceSync, 405, 0, "?", "<method> method is not allowed", Assumed, "in the style of reference-classnames"},
		{IssueEmpty, SurfaceIssue, 200, 0, "", "", Observed, "two clients met an empty reply"},
		{IssueBadRequest, SurfaceIssue, 400, 0, "?", "illegal parameter: <name>", Assumed, "in the style of reference-classnames"},
		{IssueUnauthorized, SurfaceIssue, 401, 0, "-", "can't verify service authorization", Assumed, "in the style of reference-classnames"},
		{IssueMethod, SurfaceIssue, 405, 0, "?", "<method> method is not allowed", Assumed, "in the style of reference-classnames"},
	}
}

func asyncErrors() []Error {
	const codes, sibling = "response-code-and-message", "the status was observed; the text is that of a sibling service"
	async := func(id ErrorID, status int, code, message string, basis Basis, source string) Error {
		return Error{id, SurfaceAsync, status, 0, code, message, basis, source}
	}
	return []Error{
		async(AsyncUnauthorized, 200, "-", "received illegal service authorization", Documented, codes),
		async(AsyncSentiment, 200, "-", "invalid parameter (sentimentAnalysis must be False. sentiment analysis is currently not implemented)", Documented, "sentiment-analysis; where it is said, and with which code, is assumed"),
		async(AsyncPayloadTooLarge, 413, "", "", Assumed, "proposed for an upload over the limit"),
		async(AsyncMethod, 405, "?", "<method> method is not allowed", Assumed, "in the style of reference-classnames"),
		async(AsyncPollNoKey, 401, "", "No authorization header", Assumed, sibling),
		async(AsyncPollUnauthorized, 401, "", "Failed to authorize for the app_key", Assumed, sibling),
		async(AsyncPollNotFound, 404, "", "Not found", Assumed, "the status was observed; the text is ours"),
		async(AsyncPollFault, 500, "", "Internal server error", Assumed, "the status was observed; the text is ours"),
	}
}

func streamErrors() []Error {
	const key, feed, end = "issue-api-key-with-api", "reference-websocket-p-command-packet", "reference-websocket-e-command-packet"
	const recalled, proposed = "recalled; no page at hand shows the text", "the state table documents an error; its text is not known"
	stream := func(id ErrorID, packet byte, message string, basis Basis, source string) Error {
		return Error{id, SurfaceStream, 0, packet, "", message, basis, source}
	}
	return []Error{
		stream(StartExpired, 's', "service authorization has expired: <expiry> (<lateness>)", Documented, key),
		stream(StartUnauthorized, 's', "can't validate service authorization", Documented, key),
		stream(StartUnsupportedAudio, 's', "received unsupported audio format", Assumed, recalled+"; the twin of p is documented"),
		stream(StartIllegal, 's', "received illegal service authorization", Assumed, recalled),
		stream(StartUnverified, 's', "can't verify service authorization", Assumed, recalled),
		stream(StartUnavailable, 's', "can't connect to recognizer server", Assumed, recalled),
		stream(StartNoServer, 's', "can't connect to recognizer server (can't find available servers)", Assumed, recalled),
		stream(StartState, 's', "can't start feeding audio data to recognizer server", Assumed, proposed),
		stream(FeedUnsupportedAudio, 'p', "received unsupported audio format", Documented, feed),
		stream(FeedRefused, 'p', "can't feed audio data to recognizer server", Documented, feed),
		stream(FeedSessionTimeout, 'p', "session timeout occurred", Documented, "p command, previous manual"),
		stream(EndTimeout, 'e', "timeout occurred", Documented, end),
		stream(EndTimeoutRecognizing, 'e', "timeout occurred while recognizing audio data from client", Documented, end),
		stream(EndState, 'e', "can't stop feeding audio data to recognizer server", Assumed, proposed),
	}
}

// ErrorNamed finds an error of the catalogue.
func ErrorNamed(id ErrorID) (*Error, bool) {
	for _, e := range Catalogue() {
		if e.ID == id {
			return &e, true
		}
	}
	return nil, false
}

// NewError is the error of the catalogue called id, which must be one of the constants of this package. Errors with a variable
// part have constructors of their own.
func NewError(id ErrorID) *Error {
	e, ok := ErrorNamed(id)
	if !ok {
		panic("protocol: no error is called " + string(id))
	}
	return e
}

// ExpiredAtStart refuses an s whose key expired at expiry, before now. The date is UTC with milliseconds, the bracket whole
// seconds of lateness, rounded towards zero. (documented: issue-api-key-with-api; inferred: how the lateness is rounded)
func ExpiredAtStart(expiry, now time.Time) *Error {
	e := NewError(StartExpired)
	e.Message = expiredText(expiry, now)
	return e
}

func expiredText(expiry, now time.Time) string {
	late := now.Sub(expiry) / time.Second
	return fmt.Sprintf("service authorization has expired: %s (-%ds)", expiry.UTC().Format("2006/01/02 15:04:05.000 -0700"), late)
}

// MethodNotAllowed refuses an HTTP method that a surface does not take.
func MethodNotAllowed(surface Surface, method string) *Error {
	id := map[Surface]ErrorID{SurfaceIssue: IssueMethod, SurfaceSync: SyncMethod, SurfaceAsync: AsyncMethod, SurfaceWords: WordsMethod}[surface]
	return NewError(id).with("<method>", method)
}

// IllegalParameter refuses an issuance whose parameter called name is missing or cannot be read.
func IllegalParameter(name string) *Error { return NewError(IssueBadRequest).with("<name>", name) }

func (e *Error) with(variable, value string) *Error {
	e.Message = strings.Replace(e.Message, variable, value, 1)
	return e
}

// AppendError appends the JSON body of an HTTP error that is not shaped like a result: code and message.
// (documented: reference-classnames)
func AppendError(dst []byte, e *Error) []byte {
	dst = appendField(append(dst, '{'), `"code":`, e.Code)
	dst = appendField(dst, `,"message":`, e.Message)
	return append(dst, '}')
}
