package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	refclient "mockamivoice/reference-client"
)

// Issuer makes API keys. A *refclient.Client is one.
type Issuer interface {
	IssueKey(ctx context.Context, r refclient.IssueRequest) (string, error)
}

const (
	issueTime    = 10 * time.Second
	maxTokenBody = 4 << 10
)

// token answers with a key that is short-lived enough to be given away. Nothing of an issuer's fault reaches the caller.
func (s *server) token(w http.ResponseWriter, r *http.Request) {
	if !s.loggedIn(r) && !s.machine(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "unauthenticated", "Log in first, or send the bearer token of this back end.")
		return
	}
	ttl, err := s.wanted(w, r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad_request", err.Error())
		return
	}
	req := refclient.IssueRequest{EPI: strconv.FormatInt(ttl.Milliseconds(), 10)}
	if s.BindAddress {
		if req.IPA, err = caller(r); err != nil {
			refuse(w, http.StatusBadRequest, "bad_address", err.Error())
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), issueTime)
	defer cancel()
	key, err := s.Issuer.IssueKey(ctx, req)
	if err != nil {
		s.Log.Error("issue a key", "err", err)
		refuse(w, http.StatusBadGateway, "issuer", "No key could be had from the speech service. The log of this back end says why.")
		return
	}
	reply(w, http.StatusOK, map[string]any{"api_key": key, "expires_in": int64(ttl / time.Second)})
}

// wanted is the life that the caller asks for. The type is insisted on because a form of another site cannot send it.
func (s *server) wanted(w http.ResponseWriter, r *http.Request) (time.Duration, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTokenBody))
	if err != nil {
		return 0, errors.New("the body is too long or broken off")
	}
	if len(body) == 0 {
		return s.TTL, nil
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return 0, errors.New("send JSON with Content-Type: application/json")
	}
	var ask struct {
		TTL string `json:"ttl"`
	}
	if err := json.Unmarshal(body, &ask); err != nil {
		return 0, errors.New(`the body is not JSON like {"ttl":"2m"}`)
	}
	if ask.TTL == "" {
		return s.TTL, nil
	}
	ttl, err := life(ask.TTL)
	if err != nil || ttl < shortestTTL || ttl > s.MaxTTL {
		return 0, fmt.Errorf("ttl %.40q is not a time from %s to %s, like 2m", ask.TTL, shortestTTL, s.MaxTTL)
	}
	return ttl, nil
}

// life reads "2m", and "120000" for milliseconds as the service's own epi has it (documented: issue-api-key-with-api).
func life(s string) (time.Duration, error) {
	if ms, err := strconv.ParseUint(s, 10, 32); err == nil {
		return time.Duration(ms) * time.Millisecond, nil
	}
	return time.ParseDuration(s)
}

// caller is where the request comes from, as the issuer takes it: IPv4 alone (documented: issue-api-key-with-api). Behind a
// proxy it is the proxy, and such a key is good for nobody.
func caller(r *http.Request) (string, error) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().Is4() {
		return "", errors.New("keys are bound to IPv4 addresses here, and yours is none")
	}
	return from.Addr().Unmap().String(), nil
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
