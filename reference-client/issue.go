package refclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"mockamivoice/protocol"
)

// IssueRequest says what key to issue. Fields that are empty are the Client's.
type IssueRequest struct {
	SID string // service ID
	SPW string // service password
	By  string // a key with the right to issue, in the place of SID and SPW

	// EPI is the life of the key: milliseconds, a number with a unit such as 2h, or a date such as 2026/07/31. The default
	// is 30 s. (documented: issue-api-key-with-api)
	EPI string
	// IPA is a list of IPv4 addresses and CIDR blocks, with commas or blanks between them, that may use the key. The
	// default is everybody. (documented: issue-api-key-with-api)
	IPA string
}

// IssueKey issues a key. That the password is wrong is not noticed here, but when the key is used (documented:
// issue-api-key-with-api). When no key came, the error is an *IssueError that says what to check.
func (c *Client) IssueKey(ctx context.Context, r IssueRequest) (string, error) {
	r, err := c.complete(r)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoints.Issue, bytes.NewReader(r.form()))
	if err != nil {
		return "", fmt.Errorf("issue a key: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.By != "" {
		req.Header.Set("Authorization", "Bearer "+r.By)
	}
	got, err := c.do(req)
	if err != nil {
		return "", fmt.Errorf("issue a key: %w", err)
	}
	// A line end behind the key would become a part of it; one client that works trims the reply. (observed)
	key := strings.TrimSpace(string(got.body))
	if got.status != http.StatusOK || !plausible(key) {
		return "", &IssueError{Status: got.status, Body: hide(excerpt(got.body), r.SPW, r.By)}
	}
	return key, nil
}

// complete fills in what r leaves to the client. A key that issues excludes the other credentials, in the request and on the
// wire. (documented: issue-api-key-with-api)
func (c *Client) complete(r IssueRequest) (IssueRequest, error) {
	if r.By == "" && r.SID == "" && r.SPW == "" {
		r.By = c.origin.By
	}
	fill(&r.EPI, c.origin.EPI)
	fill(&r.IPA, c.origin.IPA)
	if r.By != "" {
		r.SID, r.SPW = "", ""
		return r, nil
	}
	fill(&r.SID, c.origin.SID)
	fill(&r.SPW, c.origin.SPW)
	if r.SID == "" {
		return r, errors.New("issue a key: there is neither a service ID with its password nor an issuing key")
	}
	return r, nil
}

func fill(field *string, fallback string) {
	if *field == "" {
		*field = fallback
	}
}

// form is the body of the request. Nothing may go into the query. (documented: issue-api-key-with-api)
func (r IssueRequest) form() []byte {
	var params []protocol.Param
	for _, p := range []protocol.Param{{Key: "sid", Value: r.SID}, {Key: "spw", Value: r.SPW}, {Key: "epi", Value: r.EPI}, {Key: "ipa", Value: r.IPA}} {
		if p.Value != "" {
			params = append(params, p)
		}
	}
	return protocol.AppendForm(nil, params)
}

// plausible reports whether an issuer's reply can be a key, and not a page or a message. A key goes into places where a blank
// would end it. (inferred: documented samples use keys unescaped)
func plausible(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>{}"`, r) })
}

// issued is a key that is in use.
type issued struct {
	key     string
	renew   time.Time // when to issue another; zero when its life is not known
	expires time.Time // zero when its life is not known
}

// over reports whether the key is known to have expired.
func (k issued) over(now time.Time) bool { return !k.expires.IsZero() && !now.Before(k.expires) }

// issues reports whether c gets its keys by itself.
func (c *Client) issues() bool { return c.fixed == "" }

// key is a key that is good for now: the given one, the kept one or a new one. Of several callers one issues for all.
func (c *Client) key(ctx context.Context) (issued, error) {
	if !c.issues() {
		return issued{key: c.fixed}, nil
	}
	select {
	case c.issuing <- struct{}{}:
		defer func() { <-c.issuing }()
	case <-ctx.Done():
		return issued{}, fmt.Errorf("issue a key: %w", context.Cause(ctx))
	}
	asked := c.now() // before the service reads its clock, so that the key never lives shorter than is thought here
	if k := c.current(); asked.Before(k.renew) {
		return k, nil
	}
	text, err := c.IssueKey(ctx, IssueRequest{})
	if err != nil {
		return issued{}, err
	}
	k := issued{key: text}
	if life, err := protocol.ParseEPI(c.origin.EPI); err == nil {
		k.expires = life.Expiry(asked)
		k.renew = asked.Add(k.expires.Sub(asked) / 2)
	}
	c.keep(k)
	return k, nil
}

func (c *Client) current() issued {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept
}

func (c *Client) keep(k issued) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = k
}

// forget lets k go, which has expired, so that the next caller issues another.
func (c *Client) forget(k issued) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept.key == k.key {
		c.kept = issued{}
	}
}

// renewing does something with a key. When the key was refused for its age, and c may issue another, it is done once more with that;
// again prepares for it, and is nil when that is impossible.
func renewing[T any](ctx context.Context, c *Client, again func() error, try func(issued) (T, error)) (T, error) {
	for once := c.reissue && c.issues() && again != nil; ; once = false {
		var nothing T
		key, err := c.key(ctx)
		if err != nil {
			return nothing, err
		}
		got, err := try(key)
		if !Expired(err) {
			return got, err
		}
		c.forget(key)
		if !once {
			return got, err
		}
		if err := again(); err != nil {
			return got, fmt.Errorf("once more with another key: %w", err)
		}
	}
}
