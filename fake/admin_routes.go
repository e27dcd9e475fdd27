package fake

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/fake/internal/journal"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const longestWait = time.Minute

// stamp is an instant as the admin routes write it: RFC 3339 with milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func (s *Server) getClock(w http.ResponseWriter, _ *http.Request) error {
	out := map[string]any{"kind": "system", "now": stamp(s.clock.Now()), "timers": 0}
	if m, ok := s.clock.(*clock.Manual); ok {
		out["kind"], out["timers"] = "manual", m.Timers()
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) putClock(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Now time.Time `json:"now"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if body.Now.IsZero() {
		return badRequest("now is missing", `send {"now":"2026-07-31T00:00:00+09:00"}`)
	}
	return s.moved(w)(s.SetTime(body.Now))
}

func (s *Server) postAdvance(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		By string `json:"by"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	by, err := time.ParseDuration(body.By)
	if err != nil {
		return badRequest("by is not a duration", `send {"by":"90s"}`)
	}
	return s.moved(w)(s.Advance(by))
}

func (s *Server) moved(w http.ResponseWriter) func(Moved, error) error {
	return func(m Moved, err error) error {
		switch {
		case errors.Is(err, ErrSystemClock):
			return &problem{http.StatusConflict, "system-clock", err.Error(), "serve --clock manual"}
		case errors.Is(err, ErrUnshared):
			return unshared(err)
		case err != nil:
			return badRequest(err.Error(), "the clock goes forward only")
		}
		writeJSON(w, http.StatusOK, map[string]any{"now": stamp(m.Now), "fired": m.Fired, "unsettled": m.Unsettled})
		return nil
	}
}

func (s *Server) postKeys(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		SID         string `json:"sid"`
		Credentials string `json:"credentials"`
		EPI         string `json:"epi"`
		IPA         string `json:"ipa"`
		Issuable    bool   `json:"issuable"`
		Scenario    string `json:"scenario"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	allow, err := protocol.ParseIPA(body.IPA)
	if err != nil {
		return badRequest("ipa: "+err.Error(), "")
	}
	if body.Credentials != "" && body.Credentials != "good" && body.Credentials != "bad" {
		return badRequest("credentials is neither good nor bad", `leave it out, or send "good" or "bad"`)
	}
	key, err := s.IssueKey(KeyRequest{SID: body.SID, BadCredentials: body.Credentials == "bad", EPI: body.EPI, Allow: allow, Issuable: body.Issuable, Scenario: body.Scenario})
	if err != nil {
		return badRequest(err.Error(), "")
	}
	writeJSON(w, http.StatusCreated, map[string]string{"key": key.Key, "id": key.ID, "expires": stamp(key.Expires)})
	return nil
}

func (s *Server) postReset(w http.ResponseWriter, r *http.Request) error {
	if err := readJSON(w, r, &struct{}{}); err != nil {
		return err
	}
	if err := s.reset(); err != nil {
		return unshared(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tapeQuery reads the filter of GET /tape and GET /wait; more names parameters that are allowed besides.
func tapeQuery(r *http.Request, more ...string) (TapeFilter, error) {
	q := r.URL.Query()
	for name := range q {
		if !slices.Contains(append(more, "key", "surface", "conn", "kind", "after"), name) {
			return TapeFilter{}, badRequest("no parameter is called "+name, "GET /openapi.json lists them")
		}
	}
	f := TapeFilter{Key: q.Get("key"), Surface: protocol.Surface(q.Get("surface")), Kind: scenarios.Kind(q.Get("kind"))}
	var errs [2]error
	f.Conn, errs[0] = count(q.Get("conn"))
	f.After, errs[1] = count(q.Get("after"))
	if errs[0] != nil || errs[1] != nil {
		return f, badRequest("conn and after are whole numbers", "")
	}
	if f.Kind != "" {
		return f, knownKind(f.Kind)
	}
	return f, nil
}

func count(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.ParseUint(s, 10, 64)
}

func knownKind(k scenarios.Kind) error {
	kinds := scenarios.Kinds()
	if slices.Contains(kinds, k) {
		return nil
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return badRequest("no entry is of that kind", "the kinds are "+strings.Join(names, ", "))
}

// getTape writes the tape as JSON Lines, header first; follow=1 goes on until the client leaves.
func (s *Server) getTape(w http.ResponseWriter, r *http.Request) error {
	f, err := tapeQuery(r, "follow")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	if r.URL.Query().Get("follow") != "1" {
		header, entries := s.Tape(f)
		return journal.WriteTape(w, header, slices.Values(entries))
	}
	control := http.NewResponseController(w)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s.journal.Header()); err != nil {
		return err
	}
	_ = control.Flush()
	for e := range s.Follow(r.Context(), f) {
		if encoder.Encode(e) != nil {
			return nil // the client left
		}
		_ = control.Flush()
	}
	return nil
}

// getWait blocks until an entry is on the tape.
func (s *Server) getWait(w http.ResponseWriter, r *http.Request) error {
	f, err := tapeQuery(r, "for", "text", "timeout")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f.Kind = scenarios.Kind(q.Get("for"))
	if err := knownKind(f.Kind); err != nil {
		return err
	}
	timeout := 10 * time.Second
	if text := q.Get("timeout"); text != "" {
		if timeout, err = time.ParseDuration(text); err != nil || timeout < 0 || timeout > longestWait {
			return badRequest("timeout is not a duration of at most 60s", "send timeout=10s")
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	e, err := s.Wait(ctx, f, q.Get("text"))
	if err != nil {
		return &problem{http.StatusRequestTimeout, "timeout", "no such entry came in " + timeout.String(), "GET /tape shows what came"}
	}
	writeJSON(w, http.StatusOK, e)
	return nil
}
