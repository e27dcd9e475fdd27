package verdict

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Failure is something documented, or observed on the live service, that can go wrong for a client.
type Failure struct {
	ID      string           `json:"id"` // for ever; that of the catalogue of package protocol where it is there
	Title   string           `json:"title"`
	Surface protocol.Surface `json:"surface"`
	Basis   string           `json:"basis"`
	Source  string           `json:"source"`

	met func(c *conversation, e *scenarios.Entry) bool
}

// Failures lists all of them.
func Failures() []Failure {
	var all []Failure
	for _, e := range protocol.Catalogue() {
		if scenarios.Must.Fits(e.Basis) {
			all = append(all, Failure{ID: string(e.ID), Title: titleOf(e), Surface: e.Surface, Basis: e.Basis.String(), Source: e.Source, met: metError(e)})
		}
	}
	return append(append(all, codeFailures()...), limitFailures()...)
}

func titleOf(e protocol.Error) string {
	switch {
	case e.Packet != 0:
		return string(e.Packet) + " " + e.Message
	case e.Code != "":
		return "code " + e.Code + ", " + e.Message
	case e.Message != "":
		return fmt.Sprintf("status %d, %s", e.Status, e.Message)
	}
	return "a reply without a body"
}

// metError recognizes an error by its packet and its text up to the variable part, by the code of a recording, or by the message of
// a reply.
func metError(e protocol.Error) func(*conversation, *scenarios.Entry) bool {
	switch {
	case e.Packet != 0:
		text, _, varies := strings.Cut(e.Message, "<")
		text = string(e.Packet) + " " + text
		return func(_ *conversation, got *scenarios.Entry) bool {
			return got.Kind == scenarios.WSEvent && (got.Text == text || varies && strings.HasPrefix(got.Text, text))
		}
	case e.Surface == protocol.SurfaceSync && e.Code != "":
		return metCode(e.Code)
	case e.Message != "":
		return metMessage(e)
	}
	return func(_ *conversation, got *scenarios.Entry) bool {
		return got.Kind == scenarios.HTTPResponse && got.Surface == string(e.Surface) && got.Status == e.Status && got.Body == ""
	}
}

// metMessage recognizes the message of a reply, whose variable parts may be anything.
func metMessage(e protocol.Error) func(*conversation, *scenarios.Entry) bool {
	head, rest, varies := strings.Cut(e.Message, "<")
	tail := rest[strings.LastIndexByte(rest, '>')+1:]
	return func(_ *conversation, got *scenarios.Entry) bool {
		if got.Kind != scenarios.HTTPResponse || got.Surface != string(e.Surface) || got.Status != e.Status {
			return false
		}
		var body struct {
			Message string `json:"message"`
		}
		if json.Unmarshal([]byte(got.Body), &body) != nil {
			return false
		}
		return body.Message == e.Message || varies && strings.HasPrefix(body.Message, head) && strings.HasSuffix(body.Message, tail)
	}
}

// isRecording tells whether an entry is the result of a recording.
func (c *conversation) isRecording(e *scenarios.Entry) bool {
	return c.isResult && e.Kind == scenarios.HTTPResponse && e.Surface == string(protocol.SurfaceSync)
}

// metCode recognizes the code of the result of a recording, whatever its text is.
func metCode(code string) func(*conversation, *scenarios.Entry) bool {
	return func(c *conversation, e *scenarios.Entry) bool {
		return c.isRecording(e) && c.result.Code == code
	}
}

// codeFailures are results whose code is known and whose text is not.
func codeFailures() []Failure {
	const classes, batch = "manual: response-code-and-message", "a batch client retries it"
	code := func(id protocol.ErrorID, code, title string, basis protocol.Basis, source string) Failure {
		return Failure{ID: string(id), Title: "code " + code + ", " + title, Surface: protocol.SurfaceSync, Basis: basis.String(), Source: source, met: metCode(code)}
	}
	return []Failure{
		code(protocol.SyncUnsupportedAudio, "+", "the audio is of no known format", protocol.Documented, classes),
		code(protocol.SyncTooLarge, "%", "the audio is too large", protocol.Documented, classes),
		code(protocol.SyncSendFailed, ">", "the audio did not reach the recognizer", protocol.Documented, classes),
		code(protocol.SyncReceiveTimeout, "$", "the upload is too slow", protocol.Observed, batch),
		code(protocol.SyncBusy, "b", "the recognizer is busy", protocol.Observed, batch),
		{
			ID: string(protocol.SyncPayloadTooLarge), Title: "status 413 for a large recording", Surface: protocol.SurfaceSync,
			Basis: protocol.Observed.String(), Source: "seen once on the live service",
			met: func(_ *conversation, e *scenarios.Entry) bool {
				return e.Kind == scenarios.HTTPResponse && e.Surface == string(protocol.SurfaceSync) && e.Status == 413
			},
		},
	}
}

const (
	longestSession   = 24 * time.Hour
	longestUtterance = 30_000 // ms
)

// limitFailures are limits, and ends of a dialogue that no error tells.
func limitFailures() []Failure {
	const limits = "manual: limitations"
	stream := func(id, title string, basis protocol.Basis, source string, met func(*conversation, *scenarios.Entry) bool) Failure {
		return Failure{ID: id, Title: title, Surface: protocol.SurfaceStream, Basis: basis.String(), Source: source, met: met}
	}
	refused := "p " + protocol.NewError(protocol.FeedRefused).Message
	return []Failure{
		stream("stream.feed.key-expired", "a key that expired between s and the first p", protocol.Documented, "manual: issue-api-key-with-api",
			func(c *conversation, e *scenarios.Entry) bool {
				return e.Kind == scenarios.WSEvent && e.Text == refused && c.expired
			}),
		stream("stream.non-speech-limit", "600 s without speech", protocol.Documented, limits,
			func(c *conversation, e *scenarios.Entry) bool {
				return c.serverEnded(e) && c.lastEvent == refused && c.refusedLast
			}),
		stream("stream.session-limit", "a connection of 24 h", protocol.Documented, limits,
			func(c *conversation, e *scenarios.Entry) bool {
				return c.serverEnded(e) && (c.struck["limit "+string(scenarios.LimitSession)] || e.At.Sub(c.since) >= longestSession)
			}),
		stream("stream.utterance-limit", "an utterance of 30 s", protocol.Documented, limits,
			func(c *conversation, e *scenarios.Entry) bool { return c.utterance(e) >= longestUtterance }),
		stream("stream.rejected-result", "A with code o: nothing was understood, or too little", protocol.Observed, "a page of the vendor's library treats it apart",
			func(c *conversation, e *scenarios.Entry) bool {
				return c.isResult && e.Kind == scenarios.WSEvent && c.result.Code == "o"
			}),
		stream("stream.connection-lost", "a connection that ends without a goodbye", protocol.Observed, "a client sees 1006", (*conversation).lost),
		{
			ID: "sync.key-expired", Title: "a key that expired", Surface: protocol.SurfaceSync, Basis: protocol.Documented.String(), Source: "manual: issue-api-key-with-api",
			met: func(c *conversation, e *scenarios.Entry) bool {
				return c.isRecording(e) && c.result.Code == "-" && c.expired
			},
		},
		{
			ID: "sync.empty-result", Title: "a success without any text", Surface: protocol.SurfaceSync, Basis: protocol.Observed.String(), Source: "recorded reply of the live service",
			met: func(c *conversation, e *scenarios.Entry) bool {
				return c.isRecording(e) && len(c.result.Results) > 0 && c.result.Code == "" && c.result.Text == ""
			},
		},
	}
}
