package record

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"net/http/httputil"
	"strconv"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/reference-client/wire"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/redact"
)

const (
	longestText    = 1 << 20  // of a field, or of a body that is no upload
	longestReply   = 16 << 20 // of the service
	longestMessage = 32 << 20 // of a stream
)

// readRequests reads what the client sends: requests, and frames once the protocol was switched.
func (c *conn) readRequests(in io.Reader) {
	r := bufio.NewReader(in)
	for {
		h, err := wire.ReadHead(r)
		if err != nil {
			return
		}
		method, rest, _ := strings.Cut(h.Start, " ")
		target, _, _ := strings.Cut(rest, " ")
		path, query, _ := strings.Cut(target, "?")
		c.surfaceOf(h, path)
		if key, ok := protocol.First(protocol.ParseForm(query), "u"); ok {
			c.uses(key)
		}
		if scheme, key, _ := cutHeader(h, "Authorization"); strings.EqualFold(scheme, "Bearer") {
			c.uses(key)
		}
		e := scenarios.Entry{Dir: scenarios.In, Method: method, Target: target, Headers: h.Lines}
		if _, upgrade := h.Value("Upgrade"); upgrade {
			e.Kind = scenarios.WSHandshake
			c.add(e)
			c.readCommands(r)
			return
		}
		e.Kind = scenarios.HTTPRequest
		if err := c.readBody(r, h, &e); err != nil {
			e.Text = "the body ended early"
		}
		c.add(e)
	}
}

func cutHeader(h wire.Head, name string) (before, after string, ok bool) {
	v, _ := h.Value(name)
	return strings.Cut(v, " ")
}

// readBody reads the body of a request to its end; audio is measured, not held.
func (c *conn) readBody(r *bufio.Reader, h wire.Head, e *scenarios.Entry) error {
	body := io.LimitReader(r, 0)
	coding, _ := h.Value("Transfer-Encoding")
	switch length, ok := h.Value("Content-Length"); {
	case strings.EqualFold(coding, "chunked"):
		body = httputil.NewChunkedReader(r)
		defer func() { _, _ = wire.ReadTrailer(r) }()
	case ok:
		n, err := strconv.ParseInt(length, 10, 64)
		if err != nil {
			return err
		}
		body = io.LimitReader(r, n)
	}
	value, _ := h.Value("Content-Type")
	media, params, _ := mime.ParseMediaType(value)
	var err error
	switch media {
	case "multipart/form-data":
		err = c.readParts(multipart.NewReader(body, params["boundary"]), e)
	case "application/x-www-form-urlencoded":
		err = readForm(body, e)
	case "application/json":
		var text []byte
		text, err = io.ReadAll(io.LimitReader(body, longestText))
		e.Body = string(text)
	default:
		e.Audio, err = measure(body)
	}
	_, drained := io.Copy(io.Discard, body)
	if err == nil {
		err = drained
	}
	return err
}

func readForm(body io.Reader, e *scenarios.Entry) error {
	text, err := io.ReadAll(io.LimitReader(body, longestText))
	for _, f := range protocol.ParseForm(string(text)) {
		e.Parts = append(e.Parts, scenarios.Part{Name: f.Key, Size: int64(len(f.Value)), Value: f.Value})
	}
	return err
}

func (c *conn) readParts(parts *multipart.Reader, e *scenarios.Entry) error {
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		entry := scenarios.Part{Name: p.FormName(), Type: p.Header.Get("Content-Type")}
		if name := p.FileName(); name != "" {
			entry.Filename = &name
		}
		if entry.Name == "a" {
			e.Audio, err = measure(p)
			entry.Size = e.Audio.Bytes
		} else {
			var text []byte
			text, err = io.ReadAll(io.LimitReader(p, longestText))
			entry.Value, entry.Size = string(text), int64(len(text))
			c.field(entry)
		}
		e.Parts = append(e.Parts, entry)
		if err != nil {
			return err
		}
	}
}

// field notes the key in a field.
func (c *conn) field(p scenarios.Part) {
	switch p.Name {
	case "u":
		c.uses(p.Value)
	case "d":
		if key, ok := protocol.First(protocol.ParseD(p.Value).Params, "authorization"); ok {
			c.uses(key)
		}
	}
}

// measured is the length and digest of what passes by.
type measured struct {
	bytes int64
	sum   hash.Hash
	first []byte
}

// Write implements io.Writer.
func (m *measured) Write(p []byte) (int, error) {
	m.bytes += int64(len(p))
	m.first = append(m.first, p[:min(len(p), 16-len(m.first))]...)
	return m.sum.Write(p)
}

func (m *measured) audio() *scenarios.Audio {
	return &scenarios.Audio{Bytes: m.bytes, SHA256: hex.EncodeToString(m.sum.Sum(nil)), First: hex.EncodeToString(m.first)}
}

func measure(r io.Reader) (*scenarios.Audio, error) {
	m := &measured{sum: sha256.New()}
	_, err := io.Copy(m, r)
	return m.audio(), err
}

// readReplies reads what the server sends.
func (c *conn) readReplies(in io.Reader) {
	r := bufio.NewReader(in)
	for {
		h, err := wire.ReadHead(r)
		if err != nil {
			return
		}
		body, ends, err := h.ReadBody(r, longestReply)
		status, _ := h.Status()
		if err != nil && len(body) == 0 {
			return
		}
		c.mu.Lock()
		isIssue := c.isIssue
		c.stream = status == 101
		c.mu.Unlock()
		if isIssue && status < 300 {
			c.r.book.Learn(redact.Keys(string(body))...) // before the tape shows them
		}
		c.add(scenarios.Entry{Kind: scenarios.HTTPResponse, Dir: scenarios.Out, Status: status, Headers: h.Lines, Body: string(body)})
		if c.isStream() {
			c.readEvents(r)
			return
		}
		if ends {
			return
		}
	}
}
