package refclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"mockamivoice/protocol"
)

// JobRequest says how a job recognizes a recording.
type JobRequest struct {
	Engine string           // connection engine, for example -a-general
	Format string           // audio format name; may be empty when the audio has a header (documented: audio-format)
	Params []protocol.Param // further settings of d, for example profileId

	NoLog              bool         // let the service keep neither audio nor result (loggingOptOut)
	ContentID          string       // a name of the caller's that comes back with every state; none when empty
	CompatibleWithSync bool         // let the result look like that of Recognize
	Diarization        *Diarization // tell the speakers apart
	Sentiment          bool         // analyse sentiments, which v2 refuses (documented: sentiment-analysis)
}

// Diarization says between how many speakers the service is to tell. A limit of 0 is left to the service, which takes 1 and 10
// (documented: reference-async-http).
type Diarization struct{ Min, Max int }

// Submit sends a recording and returns as soon as the service has taken it as a job. The audio is sent while it is read, and is
// never held as a whole. When Submit returned early, audio may be read a last time afterwards.
//
// A job costs money, and two jobs cost twice as much. So nothing is sent again but what the service has refused. When the recording
// was sent whole and no clear answer came, the error is an *UncertainError, and only the caller can say what to do.
func (c *Client) Submit(ctx context.Context, audio io.Reader, r JobRequest) (*Job, error) {
	u := newUpload(audio)
	return renewing(ctx, c, u.rewind, func(key issued) (*Job, error) { return c.submit(ctx, key, u, r) })
}

func (c *Client) submit(ctx context.Context, key issued, u *upload, r JobRequest) (*Job, error) {
	got, err := u.send(ctx, c, c.endpoints.Async, fields(key.key, protocol.D{Engine: r.Engine, Params: r.params()}, r.Format))
	switch {
	case err != nil && u.whole.Load():
		return nil, &UncertainError{Err: err}
	case err != nil:
		return nil, fmt.Errorf("submit a job: %w", err)
	case got.status != http.StatusOK:
		err := refused(protocol.SurfaceAsync, got.status, got.body, key.key)
		if got.status >= http.StatusInternalServerError && got.status != http.StatusServiceUnavailable {
			return nil, &UncertainError{Err: err}
		}
		return nil, err
	}
	if id, err := protocol.ParseCreated(got.body); err == nil {
		return c.Job(id), nil
	}
	// A refusal looks like that of the synchronous interface. (documented: async-http-interface)
	result, err := protocol.ParseResult(got.body)
	if err != nil || result.Code == "" {
		return nil, &UncertainError{Err: errors.New("the reply has neither a sessionid nor a code" + quoted(hide(excerpt(got.body), key.key)))}
	}
	said := protocol.Error{Surface: protocol.SurfaceAsync, Status: got.status, Code: result.Code, Message: hide(result.Message, key.key)}
	return nil, c.aged(key.over(c.now()), find(said))
}

// params are the settings of d.
func (r JobRequest) params() []protocol.Param {
	var params []protocol.Param
	set := func(key, value string) { params = append(params, protocol.Param{Key: key, Value: value}) }
	flag := func(key string, on bool) {
		if on {
			set(key, "True")
		}
	}
	flag("loggingOptOut", r.NoLog)
	if r.ContentID != "" {
		set("contentId", r.ContentID)
	}
	flag("compatibleWithSync", r.CompatibleWithSync)
	if d := r.Diarization; d != nil {
		set("speakerDiarization", "True")
		if d.Min != 0 {
			set("diarizationMinSpeaker", strconv.Itoa(d.Min))
		}
		if d.Max != 0 {
			set("diarizationMaxSpeaker", strconv.Itoa(d.Max))
		}
	}
	flag("sentimentAnalysis", r.Sentiment)
	return append(params, r.Params...)
}

// UncertainError says that a recording was sent whole and that nothing told what became of it: the connection broke, the context
// ended, or what came was not an answer of the service. There may be a job, which costs what every job costs, and nobody has its id.
// It is never Retryable.
type UncertainError struct{ Err error }

// Error implements error.
func (e *UncertainError) Error() string {
	return fmt.Sprintf("submit a job: the recording was sent, and no answer tells whether it is a job now; to send it again may make two: %v", e.Err)
}

// Unwrap is what happened.
func (e *UncertainError) Unwrap() error { return e.Err }
