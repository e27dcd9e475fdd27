// Package protocol is the wire vocabulary of the AmiVoice API: grammars, messages, results, identifiers and error texts.
//
// Everything here is a function from values to values. Nothing reads a clock, a socket or a file, nothing keeps state, and
// every function may be called from any number of goroutines. Parsers never panic, whatever they are given.
//
// Parse and Append functions come in pairs: for every value v that a parser returned, parsing what Append wrote gives v again.
package protocol

import "slices"

// Basis says how well a statement about the service is known.
type Basis uint8

// The bases, from best to least known. A check may be a "must" only on Documented or Observed grounds.
const (
	Documented Basis = iota + 1 // on a page of the vendor
	Observed                    // seen by somebody on the live service, or in a client that works with it
	Inferred                    // follows from documented or observed facts; nobody says it outright
	Assumed                     // recalled, or proposed where nothing is known
)

// String is the lower-case English word for b.
func (b Basis) String() string {
	switch b {
	case Documented:
		return "documented"
	case Observed:
		return "observed"
	case Inferred:
		return "inferred"
	case Assumed:
		return "assumed"
	}
	return "unknown"
}

// Surface is one of the families of requests that the service offers.
type Surface string

// The surfaces of the service.
const (
	SurfaceIssue  Surface = "issue"  // POST /issue_service_authorization
	SurfaceSync   Surface = "sync"   // POST /v1/recognize
	SurfaceStream Surface = "stream" // WebSocket /v1/
	SurfaceAsync  Surface = "async"  // POST /v1/recognitions and /v2/recognitions, GET of a job
	SurfaceWords  Surface = "words"  // dictionaries, class names
)

// Paths of the service. The trailing slashes of the stream paths belong to them.
const (
	PathIssue       = "/issue_service_authorization" // documented: issue-api-key-with-api
	PathSync        = "/v1/recognize"                // documented: sync-http-interface
	PathSyncNoLog   = "/v1/nolog/recognize"          // documented: sync-http-interface
	PathStream      = "/v1/"                         // documented: websocket-interface
	PathStreamNoLog = "/v1/nolog/"                   // documented: websocket-interface
)

// Maybe is a value that a message may leave out. Its zero value is absent.
type Maybe[T any] struct {
	Value T
	OK    bool
}

// Some is a value that is there.
func Some[T any](v T) Maybe[T] { return Maybe[T]{Value: v, OK: true} }

// Param is one key=value pair of an s command, of the d parameter or of a form. Keys are case-sensitive.
type Param struct{ Key, Value string }

// Last finds the last value of key, as an s command is read: the last of two equal keys wins (assumed).
func Last(params []Param, key string) (value string, ok bool) {
	for _, p := range slices.Backward(params) {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", false
}

// First finds the first value of key, as forms, queries and multipart bodies are read: the first of two equal names wins (assumed).
func First(params []Param, key string) (value string, ok bool) {
	for _, p := range params {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", false
}
