package refclient

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"mockamivoice/protocol"
)

// Request says how a recording is recognized.
type Request struct {
	Engine string           // connection engine, for example -a-general
	Format string           // audio format name; may be empty when the audio has a header (documented: audio-format)
	Params []protocol.Param // further settings of d, for example profileWords
	NoLog  bool             // let the service keep neither audio nor result
}

// Recognition is what the service made of a recording.
type Recognition struct {
	protocol.Result
	Raw       []byte // the body as received
	SessionID string // X-Session-ID, by which the vendor finds a request again
}

// Recognize sends a recording and waits for its result. The audio is sent while it is read, and is never held as a whole. When
// the service answered with a code, both the Recognition and the error are set. When Recognize returned early, audio may be
// read a last time afterwards.
func (c *Client) Recognize(ctx context.Context, audio io.Reader, r Request) (*Recognition, error) {
	u := newUpload(audio)
	return renewing(ctx, c, u.rewind, func(key issued) (*Recognition, error) { return c.recognize(ctx, key, u, r) })
}

func (c *Client) recognize(ctx context.Context, key issued, u *upload, r Request) (*Recognition, error) {
	address := c.endpoints.Sync
	if r.NoLog {
		var err error
		if address, err = noLog(address); err != nil {
			return nil, fmt.Errorf("recognize: %w", err)
		}
	}
	got, err := u.send(ctx, c, address, fields(key.key, protocol.D{Engine: r.Engine, Params: r.Params}, r.Format))
	if err != nil {
		return nil, fmt.Errorf("recognize: %w", err)
	}
	return c.recognition(got, key)
}

// recognition reads a reply.
func (c *Client) recognition(got reply, key issued) (*Recognition, error) {
	if got.status != http.StatusOK {
		return nil, refused(protocol.SurfaceSync, got.status, got.body, key.key)
	}
	result, err := protocol.ParseResult(got.body)
	if err != nil {
		return nil, fmt.Errorf("recognize: the reply is not a result: %w", err)
	}
	rec := &Recognition{Result: result, Raw: got.body, SessionID: got.session}
	if result.Code == "" {
		return rec, nil
	}
	return rec, c.aged(key.over(c.now()), coded(got.status, result.Code, hide(result.Message, key.key)))
}
