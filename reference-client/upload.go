package refclient

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"sync/atomic"

	"mockamivoice/protocol"
)

// upload is a recording on its way, perhaps for the second time. It is sent while it is read, and is never held as a whole.
type upload struct {
	audio  io.Reader
	rewind func() error  // back to the beginning, once nobody reads any more; nil when that is impossible
	read   chan struct{} // closed when the last attempt does not read audio any more
	whole  atomic.Bool   // the last attempt handed all of it, and the end of the form, to the connection
}

func newUpload(audio io.Reader) *upload {
	u := &upload{audio: audio}
	if back := rewinder(audio); back != nil {
		u.rewind = func() error {
			<-u.read
			return back()
		}
	}
	return u
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

// send makes one attempt.
func (u *upload) send(ctx context.Context, c *Client, address string, fields []protocol.Param) (reply, error) {
	body, sink := io.Pipe()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return reply{}, err
	}
	form := multipart.NewWriter(sink)
	req.Header.Set("Content-Type", form.FormDataContentType())
	read := make(chan struct{})
	u.read = read
	u.whole.Store(false)
	go func() {
		defer close(read)
		err := write(form, fields, u.audio)
		u.whole.Store(err == nil)
		_ = sink.CloseWithError(err) // never fails
	}()
	// net/http waits for whoever reads a body, even when the context has ended.
	defer context.AfterFunc(ctx, func() { _ = body.CloseWithError(context.Cause(ctx)) })()
	got, err := c.do(req)
	_ = body.Close() // as the transport does, but now; never fails
	return got, err
}

// fields are what stands before the audio, without what is empty.
func fields(key string, d protocol.D, format string) []protocol.Param {
	var given []protocol.Param
	for _, field := range []protocol.Param{{Key: "u", Value: key}, {Key: "d", Value: string(protocol.AppendD(nil, d))}, {Key: "c", Value: format}} {
		if field.Value != "" {
			given = append(given, field)
		}
	}
	return given
}

// write puts a at the end of the form: the service does not see what comes after it. (documented: sync-http-interface)
func write(form *multipart.Writer, fields []protocol.Param, audio io.Reader) error {
	for _, field := range fields {
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
