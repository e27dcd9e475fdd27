package refclient

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

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
// the service answered with a code, both the Recognition and the error are set. When something else went wrong, audio may be
// read a last time after the return, as with any body of an http.Request.
func (c *Client) Recognize(ctx context.Context, audio io.Reader, r Request) (*Recognition, error) {
	rewind := rewinder(audio)
	for again := c.reissue && c.issues() && rewind != nil; ; again = false {
		key, err := c.key(ctx)
		if err != nil {
			return nil, err
		}
		body := &upload{}
		rec, err := c.recognize(ctx, key, body, audio, r)
		if !Expired(err) {
			return rec, err
		}
		c.forget(key)
		if !again {
			return rec, err
		}
		body.end()
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

func (c *Client) recognize(ctx context.Context, key issued, body *upload, audio io.Reader, r Request) (*Recognition, error) {
	req, err := c.recognizeRequest(ctx, key, body, audio, r)
	if err != nil {
		return nil, fmt.Errorf("recognize: %w", err)
	}
	got, err := c.do(req)
	if err != nil {
		return nil, fmt.Errorf("recognize: %w", err)
	}
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

// recognizeRequest is a multipart form with a at its end: the service does not see what comes after it. (documented:
// sync-http-interface) The length is not known beforehand, so the body is chunked. (documented: sync-http-interface)
func (c *Client) recognizeRequest(ctx context.Context, key issued, body *upload, audio io.Reader, r Request) (*http.Request, error) {
	address := c.endpoints.Sync
	if r.NoLog {
		var err error
		if address, err = noLog(address); err != nil {
			return nil, err
		}
	}
	var form bytes.Buffer // writing to it never fails
	w := multipart.NewWriter(&form)
	_ = w.WriteField("u", key.key)
	_ = w.WriteField("d", string(protocol.AppendD(nil, protocol.D{Engine: r.Engine, Params: r.Params})))
	if r.Format != "" {
		_ = w.WriteField("c", r.Format)
	}
	_, _ = w.CreateFormField("a")
	head := bytes.Clone(form.Bytes())
	form.Reset()
	_ = w.Close()
	body.r = io.MultiReader(bytes.NewReader(head), audio, &form)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return req, nil
}

// upload is a body that can be taken away from a transport which has not finished with it.
type upload struct {
	r      io.Reader
	mu     sync.Mutex // held while reading
	closed atomic.Bool
}

// Read implements io.Reader.
func (u *upload) Read(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed.Load() {
		return 0, os.ErrClosed
	}
	return u.r.Read(b)
}

// Close implements io.Closer. It does not wait for a reader, who may wait for a person.
func (u *upload) Close() error {
	u.closed.Store(true)
	return nil
}

// end closes u and waits until nobody reads.
func (u *upload) end() {
	_ = u.Close()
	u.mu.Lock()
	defer u.mu.Unlock()
}
