package refclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/websocket"

	"mockamivoice/protocol"
)

// IssueError says that an issuer answered without a key. When it did so in the way of the service, errors.As also finds a
// *protocol.Error in it.
type IssueError struct {
	Status int
	Body   string // the beginning of what came, without the credentials that were sent; with a Status of 200 it may hold a key all the same
}

// Error says what to check.
func (e *IssueError) Error() string {
	if e.Status == http.StatusOK {
		what := "something that is not a key"
		if strings.TrimSpace(e.Body) == "" {
			what = "nothing"
		}
		return fmt.Sprintf("issue a key: the issuer answered 200 with %s; check that %s", what, checks(e.Status))
	}
	return fmt.Sprintf("issue a key: the issuer answered %d %s; check that %s%s", e.Status, http.StatusText(e.Status), checks(e.Status), quoted(e.Body))
}

// Unwrap is what the service said, or nil.
func (e *IssueError) Unwrap() error {
	var s spoken
	if !s.read([]byte(e.Body)) && (e.Status != http.StatusOK || strings.TrimSpace(e.Body) != "") {
		return nil
	}
	return find(protocol.Error{Surface: protocol.SurfaceIssue, Status: e.Status, Code: s.Code, Message: s.Message})
}

func checks(status int) string {
	switch {
	case status == http.StatusOK: // observed: two clients met an empty reply, one for a key without the right to issue
		return "epi and ipa are well-formed, and that an issuing key has the right to issue"
	case status == http.StatusBadRequest:
		return "epi and ipa are well-formed"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "the issuing key is alive and has the right to issue"
	case status >= http.StatusInternalServerError:
		return "the service is well, and try again"
	}
	return "the URL is that of an issuer"
}

// StatusError says that something answered an HTTP request with a status and without words of the service, as proxies do.
type StatusError struct {
	Surface protocol.Surface
	Status  int
	Body    string // the beginning of what came, without credentials
}

// Error implements error.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: HTTP %d %s%s", e.Surface, e.Status, http.StatusText(e.Status), quoted(e.Body))
}

// expiredError is a refusal in words that do not speak of expiry, of a key whose life was over.
type expiredError struct{ error }

// Error implements error.
func (e expiredError) Error() string { return e.error.Error() + " (the life of the key was over)" }

// Unwrap is the refusal.
func (e expiredError) Unwrap() error { return e.error }

// Expired reports whether a key was refused because its life was over. On a stream the service says so at s, and it does so where
// words are asked for. At the first p and on the other surfaces its words also mean other things (documented:
// issue-api-key-with-api); there it is true when a key that the Client issued itself was too old by the Client's clock.
func Expired(err error) bool {
	_, aged := errors.AsType[expiredError](err)
	return aged || errors.Is(err, &protocol.Error{ID: protocol.StartExpired}) || errors.Is(err, &protocol.Error{ID: protocol.WordsExpired})
}

// Retryable reports whether the same request may succeed when it is made again: after trouble with the connection, and after
// errors on the side of the service. It is false for everything that the caller must change first (key, audio, engine), for
// expired keys, for texts that are not known, when the context ended, and where a second request may do a second time what the first
// one did (UncertainError).
func Retryable(err error) bool {
	if _, uncertain := errors.AsType[*UncertainError](err); uncertain {
		return false
	}
	if err == nil || Expired(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if said, ok := errors.AsType[*protocol.Error](err); ok {
		return retryable(said)
	}
	if e, ok := errors.AsType[*StatusError](err); ok {
		return passing(e.Status)
	}
	if e, ok := errors.AsType[*IssueError](err); ok {
		return passing(e.Status)
	}
	return trouble(err)
}

func retryable(e *protocol.Error) bool {
	switch e.ID {
	case protocol.SyncReceiveTimeout, protocol.SyncBusy: // observed: a client that repeats these
		return true
	case protocol.SyncConnectFailed, protocol.SyncReceiveFailed, protocol.SyncInvalidResult,
		protocol.SyncNotLoaded, protocol.SyncCancelled, protocol.SyncFatal: // documented: response-code-and-message puts them on the service's side
		return true
	case protocol.FeedRefused, protocol.FeedSessionTimeout, protocol.EndTimeout, protocol.EndTimeoutRecognizing: // documented: begin again with s
		return true
	case protocol.AsyncPollFault, protocol.WordsFault: // observed: the status, of polls
		return true
	case protocol.StartUnverified, protocol.StartUnavailable, protocol.StartNoServer: // inferred from what they say
		return true
	}
	return e.ID == "" && passing(e.Status)
}

// passing reports whether a status speaks of trouble that passes. (inferred: what proxies in front of a service answer)
func passing(status int) bool {
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

func trouble(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op == "dial" || op.Op == "read" || op.Op == "write" // an alert of TLS is an OpError too
	}
	_, ended := errors.AsType[*websocket.CloseError](err)
	return ended || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// aged marks err, which may mean an expired key, when the key's life was over.
func (c *Client) aged(over bool, err *protocol.Error) error {
	switch err.ID {
	case protocol.SyncUnauthorized, protocol.FeedRefused, protocol.AsyncUnauthorized, protocol.AsyncPollUnauthorized, protocol.WordsUnauthorized:
		if over {
			return expiredError{err}
		}
	}
	return err
}

// find completes what was received from the catalogue. An error that is not in it keeps an empty ID.
func find(received protocol.Error) *protocol.Error {
	found := &received
	for _, e := range protocol.Catalogue() {
		if e.Surface != received.Surface || e.Status != received.Status || e.Packet != received.Packet || e.Code != received.Code {
			continue
		}
		same := alike(e.Message, received.Message)
		e.Message = received.Message
		if same {
			return &e
		}
		// Codes that come with 200 mean the same whatever the text; all other errors are their text.
		if e.Status == http.StatusOK && found == &received {
			found = &e
		}
	}
	return found
}

// alike compares a text with one of the catalogue, which has variables in angle brackets.
func alike(known, text string) bool {
	before, rest, variable := strings.Cut(known, "<")
	_, after, _ := strings.Cut(rest, ">")
	if !variable {
		return known == text
	}
	text, ok := strings.CutPrefix(text, before)
	return ok && (strings.Contains(after, "<") || strings.HasSuffix(text, after))
}

// coded is an error that came as a result with a code.
func coded(status int, code, message string) *protocol.Error {
	return find(protocol.Error{Surface: protocol.SurfaceSync, Status: status, Code: code, Message: message})
}

// packet is an error that came as s, p or e with a text.
func packet(letter byte, text, secret string) *protocol.Error {
	return find(protocol.Error{Surface: protocol.SurfaceStream, Packet: letter, Message: hide(text, secret)})
}

// spoken is the JSON body of an HTTP error. (documented: reference-classnames)
type spoken struct{ Code, Message string }

func (s *spoken) read(body []byte) bool { return json.Unmarshal(body, s) == nil && *s != spoken{} }

// refused is a reply with a status other than 200.
func refused(surface protocol.Surface, status int, body []byte, secret string) error {
	var s spoken
	switch {
	case s.read(body):
		s.Message = hide(s.Message, secret)
	case status == http.StatusRequestEntityTooLarge && surface == protocol.SurfaceSync: // observed once; its body is not known
		return protocol.NewError(protocol.SyncPayloadTooLarge)
	case status == http.StatusRequestEntityTooLarge && surface == protocol.SurfaceAsync:
		return protocol.NewError(protocol.AsyncPayloadTooLarge)
	default:
		return &StatusError{Surface: surface, Status: status, Body: hide(excerpt(body), secret)}
	}
	return find(protocol.Error{Surface: surface, Status: status, Code: s.Code, Message: s.Message})
}

const excerptLength = 1024

func excerpt(body []byte) string { return string(body[:min(len(body), excerptLength)]) }

// quoted is what came, for the end of an error text.
func quoted(body string) string {
	const most = 200
	if body = strings.TrimSpace(body); body == "" {
		return ""
	}
	return fmt.Sprintf(": %.*q", most, body)
}

// hide takes secrets out of a text that came from elsewhere and may repeat what it was sent.
func hide(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.NewReplacer(secret, "***", url.QueryEscape(secret), "***", url.PathEscape(secret), "***").Replace(text)
		}
	}
	return text
}
