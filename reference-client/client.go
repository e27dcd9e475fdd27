// Package refclient is a small client of the AmiVoice API that keeps to its rules.
//
// A Client issues keys with IssueKey, recognizes a whole recording with Recognize, streams audio with Stream, and leaves a recording
// to the service as a job with Submit; Job.Wait waits for the result. Words and SetWords read and write dictionaries. It is given a
// key, or the credentials with which it issues keys by itself; such a key is kept for the first half of its life.
//
// A Stream is fed by one goroutine and read by another, and one cycle of it looks like this:
//
//	go func() {
//		io.Copy(stream, audio)
//		stream.End(ctx)
//	}()
//	for m, err := range stream.Events() { … }
//
// What the service says went wrong is a *protocol.Error, found with errors.As; Expired and Retryable say what to do about it.
// No error text, and no URL, ever holds a key or a password. A Tap shows the bytes of every connection as they are.
package refclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mockamivoice/protocol"
)

const (
	dialTimeout  = 30 * time.Second // for TCP, and again for TLS
	idleTimeout  = 4 * time.Second  // less than servers use to wait, so that an upload seldom meets a connection that they end
	longestReply = 32 << 20         // bytes of an HTTP reply
)

// Client speaks to one service. It may be used by any number of goroutines. It opens nothing until it is used, goes through no
// proxy, follows no redirect, and sets no time limits of its own beyond 30 s for a connection: those are the context's.
type Client struct {
	endpoints Endpoints
	fixed     string       // a key to use as it is
	origin    IssueRequest // where keys come from otherwise
	reissue   bool
	source    netip.Addr
	tls       *tls.Config
	tap       Tap
	now       func() time.Time
	pause     func(context.Context, time.Duration) error

	transport *http.Transport
	buffers   sync.Pool     // of gorilla, for writing
	conns     atomic.Uint64 // number of the last connection
	issuing   chan struct{} // holds one token while a key is being issued
	mu        sync.Mutex
	kept      issued
}

// Option shapes a Client. Options are applied in order; a later one wins.
type Option func(*Client)

// Endpoints are the URLs of a service. In an option, an empty one leaves that surface where it was.
type Endpoints struct {
	Issue  string // of key issuance
	Sync   string // of synchronous recognition with logging; the other is next to it, below nolog
	Stream string // of streams with logging, ws or wss, with the slash at its end
	Async  string // of jobs; one of them is at it, a slash and its id
	Words  string // of dictionaries: what stands before /profilewords/ and /classnames/
}

// At is where a service keeps its surfaces under base, an http or https URL such as http://127.0.0.1:8080.
func At(base string) Endpoints {
	base = strings.TrimRight(base, "/")
	return Endpoints{
		Issue:  base + protocol.PathIssue,
		Sync:   base + protocol.PathSync,
		Stream: strings.Replace(base, "http", "ws", 1) + protocol.PathStream,
		Async:  base + protocol.PathAsyncV2,
		Words:  base,
	}
}

// Public is where the public service keeps its surfaces: jobs have a host of their own. (documented: websocket-interface,
// sync-http-interface, async-http-interface)
func Public() Endpoints {
	e := At("https://acp-api.amivoice.com")
	e.Async = "https://acp-api-async.amivoice.com" + protocol.PathAsyncV2
	return e
}

// New is a Client of the public service unless WithEndpoint says otherwise.
func New(options ...Option) *Client {
	c := &Client{
		endpoints: Public(),
		now:       time.Now, //nolint:forbidigo // the default of WithNow
		pause:     rest,
		issuing:   make(chan struct{}, 1),
	}
	for _, o := range options {
		o(c)
	}
	c.transport = &http.Transport{
		DialContext:        c.dial,
		DialTLSContext:     c.dialTLS,
		DisableCompression: true, // a reply is taken as it was written
		IdleConnTimeout:    idleTimeout,
	}
	return c
}

// WithEndpoint says where the service is.
func WithEndpoint(e Endpoints) Option {
	return func(c *Client) {
		fill(&e.Issue, c.endpoints.Issue)
		fill(&e.Sync, c.endpoints.Sync)
		fill(&e.Stream, c.endpoints.Stream)
		fill(&e.Async, c.endpoints.Async)
		fill(&e.Words, c.endpoints.Words)
		c.endpoints = e
	}
}

// WithKey gives the key to use. It is used as it is, and no other is ever issued in its place.
func WithKey(key string) Option { return func(c *Client) { c.fixed = key } }

// WithCredentials issues keys with a service ID and its password.
func WithCredentials(sid, spw string) Option {
	return func(c *Client) { c.origin.SID, c.origin.SPW = sid, spw }
}

// WithIssuingKey issues keys with a key that has the right to. It wins over WithCredentials.
func WithIssuingKey(key string) Option { return func(c *Client) { c.origin.By = key } }

// WithLife sets the life of issued keys, in any form that IssueRequest takes. The default is the service's, 30 s.
func WithLife(epi string) Option { return func(c *Client) { c.origin.EPI = epi } }

// WithAllow sets who may use issued keys, in any form that IssueRequest takes. The default is everybody.
func WithAllow(ipa string) Option { return func(c *Client) { c.origin.IPA = ipa } }

// WithReissue issues another key and tries once more when Expired says that the key was refused for its age, and for no
// other refusal. A recording is sent again only if it can be rewound, and a stream is opened again, but not restarted: after
// a refused s the service hangs up.
func WithReissue() Option { return func(c *Client) { c.reissue = true } }

// WithSourceAddr connects from this address of the machine, for keys that are bound to one.
func WithSourceAddr(addr netip.Addr) Option { return func(c *Client) { c.source = addr } }

// WithTLSConfig sets how https and wss are spoken. HTTP/2 is not offered.
func WithTLSConfig(config *tls.Config) Option { return func(c *Client) { c.tls = config } }

// WithTap shows every connection to tap, keys and passwords included.
func WithTap(tap Tap) Option { return func(c *Client) { c.tap = tap } }

// WithNow says what time it is for the lives of keys. The default is the clock of the machine.
func WithNow(now func() time.Time) Option { return func(c *Client) { c.now = now } }

// WithPause says how time passes between two polls of Job.Wait: by a function that returns after d, or with the cause when ctx ends.
// The default is the time of the machine. A test moves the clock of its fake instead.
func WithPause(pause func(ctx context.Context, d time.Duration) error) Option {
	return func(c *Client) { c.pause = pause }
}

// CloseIdleConnections closes what is kept open for the next HTTP request. Without it that takes 4 s.
func (c *Client) CloseIdleConnections() { c.transport.CloseIdleConnections() }

func (c *Client) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.connect(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return c.tapped(conn), nil
}

func (c *Client) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	raw, err := c.connect(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	config := c.tls.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.NextProtos = []string{"http/1.1"}
	if host, _, err := net.SplitHostPort(addr); err == nil && config.ServerName == "" {
		config.ServerName = host
	}
	conn := tls.Client(raw, config)
	limited, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := conn.HandshakeContext(limited); err != nil {
		_ = raw.Close()
		if limited.Err() != nil && ctx.Err() == nil {
			err = &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
		}
		return nil, fmt.Errorf("TLS with %s: %w", addr, err)
	}
	return c.tapped(conn), nil
}

func (c *Client) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	if c.source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.source, 0))
	}
	return d.DialContext(ctx, network, addr)
}

// reply is an HTTP reply, all of it.
type reply struct {
	status     int
	session    string
	retryAfter string
	body       []byte
}

// ask makes a request with a key in its header; a body is JSON.
func (c *Client) ask(ctx context.Context, method, address string, key issued, body []byte) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+key.key)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.do(req)
}

// do sends a request and reads the whole reply. When the context ended, that is the error, whatever broke because of it.
func (c *Client) do(req *http.Request) (reply, error) {
	got, err := c.exchange(req)
	if err != nil && req.Context().Err() != nil {
		err = context.Cause(req.Context())
	}
	return got, err
}

// exchange takes a redirect for a reply: nobody else is told the key.
func (c *Client) exchange(req *http.Request) (reply, error) {
	web := http.Client{
		Transport:     c.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := web.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, longestReply+1))
	if err == nil && len(body) > longestReply {
		err = fmt.Errorf("the reply is longer than %d bytes", longestReply)
	}
	return reply{resp.StatusCode, resp.Header.Get("X-Session-ID"), resp.Header.Get("Retry-After"), body}, err
}

// noLog is the endpoint beside this one that keeps no log. To guess wrong would keep one, so a foreign address is an error.
// (documented: sync-http-interface, websocket-interface)
func noLog(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	folder, last := path.Split(u.Path)
	if folder == "" || (last != "" && last != "recognize") {
		return "", fmt.Errorf("%s has no address without a log that is known; it would have to end in a slash or in /recognize", endpoint)
	}
	if !strings.HasSuffix(folder, "/nolog/") {
		folder += "nolog/"
	}
	u.Path, u.RawPath = folder+last, ""
	return u.String(), nil
}
