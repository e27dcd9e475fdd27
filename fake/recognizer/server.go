package recognizer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"mockamivoice/fake"
)

const mostReply = 1 << 20

// DefaultModel is the model that a server is asked for. Servers with one model do not look at it.
const DefaultModel = "whisper-1"

// Server is a recognizer that posts each utterance to address, the whole URL of an OpenAI-compatible /v1/audio/transcriptions, as a
// WAV file with its model and language. Redirects are not followed, a reply is at most 1 MiB, and any status but 200 is no answer. A
// user and password in the URL become Basic authorization. Server fails when address is no http or https URL; an empty model is
// DefaultModel.
func Server(l Limits, address, model string) (fake.Recognizer, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("is no http or https URL, like http://127.0.0.1:8082/v1/audio/transcriptions")
	}
	if model == "" {
		model = DefaultModel
	}
	client := &http.Client{
		Transport:     &http.Transport{Proxy: nil, DisableKeepAlives: true}, // so that nothing lives longer than an utterance
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return bounded(l, func(ctx context.Context, s fake.Speech, sound fake.Sound) (fake.Transcript, error) {
		answer, err := post(ctx, client, u.String(), form{model, s.Language, WAV(sound)})
		if err != nil {
			return fake.Transcript{}, err
		}
		if answer = trim(answer); len(answer) == 0 || answer[0] != '{' {
			return fake.Transcript{}, errors.New("the reply is no JSON object")
		}
		return read(answer, s)
	}), nil
}

type form struct {
	model, language string
	wav             []byte
}

func (f form) encode() (body *bytes.Buffer, contentType string, err error) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for _, field := range [][2]string{{"model", f.model}, {"language", f.language}, {"response_format", "json"}} {
		if err := w.WriteField(field[0], field[1]); err != nil {
			return nil, "", err
		}
	}
	file, err := w.CreateFormFile("file", "utterance.wav")
	if err != nil {
		return nil, "", err
	}
	if _, err := file.Write(f.wav); err != nil {
		return nil, "", err
	}
	return body, w.FormDataContentType(), w.Close()
}

func post(ctx context.Context, client *http.Client, address string, f form) ([]byte, error) {
	body, contentType, err := f.encode()
	if err != nil {
		return nil, fmt.Errorf("write the form: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := client.Do(req)
	if err != nil {
		if where, ok := errors.AsType[*url.Error](err); ok {
			err = where.Err // without the URL, which may hold a password
		}
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, mostReply+1))
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, fmt.Errorf("the server answers %s; redirects are not followed, give the URL that it leads to", resp.Status)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the server answers %s: %s", resp.Status, excerpt(reply))
	case err != nil:
		return nil, fmt.Errorf("read the reply: %w", err)
	case len(reply) > mostReply:
		return nil, fmt.Errorf("the reply is longer than %d bytes", mostReply)
	}
	return reply, nil
}
