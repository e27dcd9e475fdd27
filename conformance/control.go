package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/scenarios"
)

// advance moves the clock of a target that offers one; it returns when all that fell due is done.
func (t *Target) advance(ctx context.Context, d time.Duration) error {
	body, err := json.Marshal(map[string]string{"by": d.String()})
	if err != nil {
		return err
	}
	var moved struct {
		Unsettled []uint64 `json:"unsettled"`
	}
	if err := t.control(ctx, http.MethodPost, "/clock/advance", body, &moved); err != nil {
		return fmt.Errorf("move the clock: %w", err)
	}
	return nil
}

// control calls an admin route.
func (t *Target) control(ctx context.Context, method, path string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, t.Admin+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if t.AdminToken != "" {
		req.Header.Set("Authorization", "Bearer "+t.AdminToken)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: t.TLS, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s%s: status %d: %s", method, t.Admin, path, res.StatusCode, dialogue.Quote(string(data)))
	}
	return json.Unmarshal(data, into)
}

// Probe finds out whether the target can be reached at all, so that a wrong address is one error and not a hundred. With an
// admin URL it also learns whether the clock can be moved: a system clock takes control from the capabilities.
func (t *Target) Probe(ctx context.Context) error {
	if err := t.check(); err != nil {
		return err
	}
	if t.Fresh != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, usualPatience)
	defer cancel()
	for _, address := range []string{t.Issue, t.Sync, t.Stream, t.Async, t.Words} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		conn, err := dial(ctx, &net.Dialer{}, u, t.TLS)
		if err != nil {
			return fmt.Errorf("%s://%s cannot be reached: %w", u.Scheme, u.Host, innermost(err))
		}
		_ = conn.Close()
	}
	return t.probeClock(ctx)
}

func (t *Target) probeClock(ctx context.Context) error {
	t.Capabilities = slices.DeleteFunc(slices.Clone(t.Capabilities), func(c scenarios.Capability) bool { return c == scenarios.CanControl })
	if t.Admin == "" {
		return nil
	}
	var state struct {
		Kind string `json:"kind"`
	}
	if err := t.control(ctx, http.MethodGet, "/clock", nil, &state); err != nil {
		return fmt.Errorf("the admin routes do not answer: %w", err)
	}
	if state.Kind == "manual" {
		t.Capabilities = append(t.Capabilities, scenarios.CanControl)
	}
	return nil
}

// innermost is the error at the bottom: its words are what a person needs.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
