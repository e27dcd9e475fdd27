package conformance

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // likewise
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/reference-client/wire"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/redact"
)

const (
	longestReply = 16 << 20
	chunkSize    = 4096 // of a chunked upload (observed: the vendor's clients)
	boundary     = "mockamivoice-part-boundary"
)

// httpConn is one connection for HTTP requests.
type httpConn struct {
	conn   net.Conn
	reader *bufio.Reader
	number uint64
	tape   *tape
	host   string
}

// reply is what came back for a request.
type reply struct {
	head   wire.Head
	status int
	body   string
}

// outgoing is a request that is ready to be sent.
type outgoing struct {
	method, target string
	headers        [][2]string
	body           []byte
	chunked        bool
	surface        protocol.Surface
	parts          []scenarios.Part
	audio          *scenarios.Audio
	text           string // body that the tape shows
	key            string
	issues         bool // the reply may be a key
}

// dial opens a TCP or TLS connection to a URL.
func dial(ctx context.Context, d *net.Dialer, u *url.URL, config *tls.Config) (net.Conn, error) {
	secure := u.Scheme == "https" || u.Scheme == "wss"
	port := u.Port()
	if port == "" {
		port = map[bool]string{true: "443", false: "80"}[secure]
	}
	address := net.JoinHostPort(u.Hostname(), port)
	if !secure {
		return d.DialContext(ctx, "tcp", address)
	}
	return (&tls.Dialer{NetDialer: d, Config: config}).DialContext(ctx, "tcp", address)
}

func (p *player) openHTTP(ctx context.Context, u *url.URL, from scenarios.Template, surface protocol.Surface) error {
	d, err := p.dialer(from)
	if err != nil {
		return err
	}
	conn, err := dial(ctx, d, u, p.target.TLS)
	if err != nil {
		return err
	}
	if p.http != nil {
		p.http.close()
	}
	p.http = &httpConn{conn: conn, reader: bufio.NewReader(conn), number: p.tape.conn(), tape: p.tape, host: u.Host}
	p.tape.add(scenarios.Entry{Kind: scenarios.ConnOpen, Dir: scenarios.Note, Conn: p.http.number, Surface: string(surface), Remote: conn.LocalAddr().String()})
	return nil
}

func (c *httpConn) close() {
	if c.conn == nil {
		return
	}
	_ = c.conn.Close()
	c.conn = nil
	c.tape.add(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, Conn: c.number, How: "fin", Text: scenarios.ClosedByClient})
}

// exchange sends a request and reads its reply. The reply may come while the request is still being sent.
func (c *httpConn) exchange(o outgoing, patience time.Duration) (*reply, error) {
	c.tape.add(scenarios.Entry{
		Kind: scenarios.HTTPRequest, Dir: scenarios.In, Conn: c.number, Surface: string(o.surface), Key: c.tape.ID(o.key),
		Method: o.method, Target: o.target, Headers: append([][2]string{{"Host", c.host}}, o.headers...), Parts: o.parts, Audio: o.audio, Body: o.text,
	})
	_ = c.conn.SetDeadline(now().Add(patience))
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = c.conn.Write(o.bytes(c.host)) // when the server does not want it all, its reply says why
	}()
	r, ends, err := c.read()
	if err != nil || ends {
		defer c.close()
	}
	if err != nil {
		<-sent
		return nil, &mismatch{"a reply", whatCame(err, patience)}
	}
	<-sent
	if o.issues && r.status < 300 {
		c.tape.Learn(redact.Keys(r.body)...) // before the tape shows them
	}
	c.tape.add(scenarios.Entry{
		Kind: scenarios.HTTPResponse, Dir: scenarios.Out, Conn: c.number, Surface: string(o.surface), Key: c.tape.ID(o.key),
		Status: r.status, Headers: r.head.Lines, Body: r.body,
	})
	return r, nil
}

// whatCame says why there is no answer.
func whatCame(err error, patience time.Duration) string {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("nothing within %s", patience)
	case errors.Is(err, io.EOF):
		return "the end of the connection"
	}
	return "something else: " + err.Error()
}

// read reads a reply; interim ones are passed over.
func (c *httpConn) read() (r *reply, ends bool, err error) {
	for {
		head, err := wire.ReadHead(c.reader)
		if err != nil {
			return nil, true, err
		}
		status, err := head.Status()
		if err != nil {
			return nil, true, err
		}
		body, ends, err := head.ReadBody(c.reader, longestReply)
		if err != nil {
			return nil, true, err
		}
		if status >= 200 || status == 101 {
			return &reply{head: head, status: status, body: string(body)}, ends, nil
		}
	}
}

// bytes are the request on the wire.
func (o *outgoing) bytes(host string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", o.method, o.target, host)
	for _, h := range o.headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	if !o.chunked {
		b.Write(o.body)
		return b.Bytes()
	}
	for rest := o.body; len(rest) > 0; {
		piece := rest[:min(chunkSize, len(rest))]
		rest = rest[len(piece):]
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(piece), piece)
	}
	b.WriteString("0\r\n\r\n")
	return b.Bytes()
}

// request sends a request of the script.
func (p *player) request(ctx context.Context, a scenarios.Request) error {
	path, err := a.Path.Expand(p.vars)
	if err != nil {
		return err
	}
	u, err := p.target.place(path)
	if err != nil {
		return err
	}
	o, err := p.outgoing(a, u)
	if err != nil {
		return err
	}
	switch {
	case a.SameConnection && (p.http == nil || p.http.conn == nil):
		return &mismatch{"the connection to stay open for another request", "it was closed"}
	case !a.SameConnection:
		if err := p.openHTTP(ctx, u, a.From, o.surface); err != nil {
			return err
		}
	}
	p.reply, err = p.http.exchange(o, p.patience)
	return err
}

func (p *player) outgoing(a scenarios.Request, u *url.URL) (outgoing, error) {
	o := outgoing{method: a.Method, target: u.EscapedPath(), chunked: a.Chunked, surface: protocol.SurfaceSync, key: p.vars["key"]}
	switch a.Needs() {
	case scenarios.CanIssue:
		o.surface, o.issues = protocol.SurfaceIssue, true
	case scenarios.CanAsync:
		o.surface = protocol.SurfaceAsync
	case scenarios.CanWords:
		o.surface = protocol.SurfaceWords
	default:
	}
	query, err := a.Query.Expand(p.vars)
	if err != nil {
		return o, err
	}
	if query != "" {
		o.target += "?" + strings.ReplaceAll(query, " ", "%20")
	}
	headers, err := p.fields(a.Headers)
	if err != nil {
		return o, err
	}
	for _, h := range headers {
		o.headers = append(o.headers, [2]string{h.Key, h.Value})
	}
	if err := p.body(a, &o); err != nil {
		return o, err
	}
	switch {
	case a.Chunked:
		o.headers = append(o.headers, [2]string{"Transfer-Encoding", "chunked"})
	case a.Method != "GET" && a.Method != "OPTIONS" || len(o.body) > 0:
		o.headers = append(o.headers, [2]string{"Content-Length", strconv.Itoa(len(o.body))})
	}
	return o, nil
}

func (p *player) fields(list []scenarios.Field) ([]protocol.Param, error) {
	out := make([]protocol.Param, 0, len(list))
	for _, f := range list {
		value, err := f.Value.Expand(p.vars)
		if err != nil {
			return nil, err
		}
		out = append(out, protocol.Param{Key: f.Name, Value: value})
	}
	return out, nil
}

// body makes the body, and what the tape shows of it.
func (p *player) body(a scenarios.Request, o *outgoing) error {
	switch {
	case a.Form != nil:
		form, err := p.fields(a.Form)
		if err != nil {
			return err
		}
		o.setForm(form)
	case a.Parts != nil:
		return p.multipart(a, o)
	case a.Body != nil && a.Body.Sound != nil:
		audio, err := p.sound(*a.Body.Sound, "WAV16K")
		if err != nil {
			return err
		}
		o.body, o.audio = audio, measure(audio, "")
	case a.Body != nil:
		text, err := a.Body.Text.Expand(p.vars)
		if err != nil {
			return err
		}
		o.body, o.text = []byte(text), text
	}
	return nil
}

func (o *outgoing) setForm(form []protocol.Param) {
	o.headers = append(o.headers, [2]string{"Content-Type", "application/x-www-form-urlencoded"})
	o.body = protocol.AppendForm(nil, form)
	for _, f := range form {
		o.parts = append(o.parts, scenarios.Part{Name: f.Key, Size: int64(len(f.Value)), Value: f.Value})
	}
}

func (p *player) multipart(a scenarios.Request, o *outgoing) error {
	var b bytes.Buffer
	b.WriteString(a.Preamble)
	for _, part := range a.Parts {
		content, entry, err := p.part(part, o)
		if err != nil {
			return err
		}
		o.parts = append(o.parts, entry)
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=%q", boundary, part.Name)
		if part.Filename != nil {
			fmt.Fprintf(&b, "; filename=%q", *part.Filename)
		}
		if part.Type != "" {
			fmt.Fprintf(&b, "\r\nContent-Type: %s", part.Type)
		}
		b.WriteString("\r\n\r\n")
		b.Write(content)
		b.WriteString("\r\n")
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	o.body = b.Bytes()
	o.headers = append(o.headers, [2]string{"Content-Type", "multipart/form-data; boundary=" + boundary})
	return nil
}

func (p *player) part(part scenarios.BodyPart, o *outgoing) ([]byte, scenarios.Part, error) {
	entry := scenarios.Part{Name: part.Name, Filename: part.Filename, Type: part.Type}
	if part.Sound != nil {
		audio, err := p.sound(*part.Sound, "WAV16K")
		entry.Size, o.audio = int64(len(audio)), measure(audio, "")
		if o.surface == protocol.SurfaceAsync {
			sum := md5.Sum(audio) //nolint:gosec // the service tells this digest of a job
			o.audio.MD5 = hex.EncodeToString(sum[:])
		}
		return audio, entry, err
	}
	text, err := part.Text.Expand(p.vars)
	entry.Size, entry.Value = int64(len(text)), text
	return []byte(text), entry, err
}
