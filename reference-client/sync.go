package refclient

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"
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
	rewind := rewinder(audio)
	for again := c.reissue && c.issues() && rewind != nil; ; again = false {
		key, err := c.key(ctx)
		if err != nil {
			return nil, err
		}
		rec, read, err := c.recognize(ctx, key, audio, r)
		if !Expired(err) {
			return rec, err
		}
		c.forget(key)
		if !again {
			return rec, err
		}
		<-read
		if err := rewind(); err != nil {
			return rec, fmt.Errorf("recognize again: %w", err)
		}
	}
}

// rewinder takes audio back to where it is now, or is nil when that is impossible. A pipe has the method but not the ability.
func rewinder(audio io.Reader) func() error {
	seeker, ok := audio.(io.Seeker)
	if !ok {
		return nil
	}
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil
	}
	return func() error {
		_, err := seeker.Seek(start, io.SeekStart)
		return err
	}
}

// recognize makes one attempt; read is closed when nobody reads audio any more.
func (c *Client) recognize(ctx context.Context, key issued, audio io.Reader, r Request) (_ *Recognition, read chan struct{}, _ error) {
	address := c.endpoints.Sync
	if r.NoLog {
		var err error
		if address, err = noLog(address); err != nil {
			return nil, nil, fmt.Errorf("recognize: %w", err)
		}
	}
	body, sink := io.Pipe()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return nil, nil, fmt.Errorf("recognize: %w", err)
	}
	form := multipart.NewWriter(sink)
	req.Header.Set("Content-Type", form.FormDataContentType())
	read = make(chan struct{})
	go func() {
		defer close(read)
		_ = sink.CloseWithError(r.write(form, key.key, audio)) // never fails
	}()
	// net/http waits for whoever reads a body, even when the context has ended.
	defer context.AfterFunc(ctx, func() { _ = body.CloseWithError(context.Cause(ctx)) })()
	got, err := c.do(req)
	_ = body.Close() // as the transport does, but now; never fails
	if err != nil {
		return nil, read, fmt.Errorf("recognize: %w", err)
	}
	rec, err := c.recognition(got, key)
	return rec, read, err
}

// write puts a at the end of the form: the service does not see what comes after it. (documented: sync-http-interface)
func (r Request) write(form *multipart.Writer, key string, audio io.Reader) error {
	d := protocol.AppendD(nil, protocol.D{Engine: r.Engine, Params: r.Params})
	for _, field := range []protocol.Param{{Key: "u", Value: key}, {Key: "d", Value: string(d)}, {Key: "c", Value: r.Format}} {
		if field.Value == "" {
			continue
		}
		if err := form.WriteField(field.Key, field.Value); err != nil {
			return err
		}
	}
	a, err := form.CreateFormField("a")
	if err != nil {
		return err
	}
	if _, err := io.Copy(a, audio); err != nil {
		return err
	}
	return form.Close()
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
