package fake

import (
	"context"
	"crypto/subtle"
	_ "embed" // for the description of the routes
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

//go:embed openapi.json
var openAPI []byte

const (
	maxAdminBody = 1 << 20
	readyTime    = 2 * time.Second // until a store that does not answer counts as gone (ours)
)

// problem is an error of the admin routes.
type problem struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// Error implements error.
func (p *problem) Error() string { return p.Message }

func badRequest(message, hint string) error {
	return &problem{http.StatusBadRequest, "bad-request", message, hint}
}

// Admin is the handler of the other port: clock, keys, tape, health. Give it a listener of its own, on loopback.
func (s *Server) Admin() http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/healthz", health).Methods(http.MethodGet)
	r.HandleFunc("/readyz", s.ready).Methods(http.MethodGet)
	r.Handle("/metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})).Methods(http.MethodGet)
	r.Handle("/", s.local(lazyInspector())).Methods(http.MethodGet)
	guarded := r.NewRoute().Subrouter()
	guarded.Use(s.guard)
	for _, route := range []struct {
		method, path string
		handle       func(http.ResponseWriter, *http.Request) error
	}{
		{http.MethodGet, "/clock", s.getClock},
		{http.MethodPut, "/clock", s.putClock},
		{http.MethodPost, "/clock/advance", s.postAdvance},
		{http.MethodPost, "/keys", s.postKeys},
		{http.MethodGet, "/jobs", s.getJobs},
		{http.MethodPost, "/jobs/{id}", s.postJob},
		{http.MethodGet, "/scenarios", s.getScenarios},
		{http.MethodGet, "/scenario", s.getScenario},
		{http.MethodPut, "/scenario", s.putScenario},
		{http.MethodDelete, "/scenario", s.deleteScenario},
		{http.MethodGet, "/tape", s.getTape},
		{http.MethodGet, "/wait", s.getWait},
		{http.MethodGet, "/verdict", s.getVerdict},
		{http.MethodPost, "/reset", s.postReset},
		{http.MethodGet, "/openapi.json", getOpenAPI},
	} {
		guarded.HandleFunc(route.path, s.answering(route.handle)).Methods(route.method)
	}
	r.NotFoundHandler = s.guard(s.answering(func(http.ResponseWriter, *http.Request) error {
		return &problem{http.StatusNotFound, "not-found", "there is no such route", "GET /openapi.json lists them"}
	}))
	r.MethodNotAllowedHandler = s.guard(s.answering(func(_ http.ResponseWriter, r *http.Request) error {
		return &problem{http.StatusMethodNotAllowed, "method-not-allowed", r.Method + " is not a method of this route", "GET /openapi.json lists them"}
	}))
	return r
}

// answering writes the error of a handler, so that no handler does. A secret that the error quotes is not sent back.
func (s *Server) answering(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := handle(w, r)
		if err == nil {
			return
		}
		var p *problem
		if !errors.As(err, &p) {
			p = &problem{http.StatusBadRequest, "bad-request", err.Error(), ""}
		}
		p.Message = s.redact.Text(p.Message)
		writeJSON(w, p.status, map[string]*problem{"error": p})
	}
}

// guard keeps pages of other origins and rebound host names away, and asks for the token where there is one.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := s.forbidden(r); p != nil {
			writeJSON(w, p.status, map[string]*problem{"error": p})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// local is guard without the token, for the page, which shows nothing before it was given one: a browser that opens a page
// cannot send a token with it.
func (s *Server) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := s.foreign(r); p != nil {
			writeJSON(w, p.status, map[string]*problem{"error": p})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) forbidden(r *http.Request) *problem {
	if p := s.foreign(r); p != nil || s.admin.token == "" {
		return p
	}
	token, _ := bearer(r.Header)
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.admin.token)) != 1 {
		return &problem{http.StatusUnauthorized, "unauthorized", "the admin token is missing or wrong", "send Authorization: Bearer with the value of --admin-token"}
	}
	return nil
}

func (s *Server) foreign(r *http.Request) *problem {
	host := hostName(r.Host)
	if !s.knownHost(host) {
		return &problem{http.StatusForbidden, "foreign-host", "requests for this host name are refused", "use 127.0.0.1 or localhost, or start with --admin-host NAME"}
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return &problem{http.StatusForbidden, "foreign-origin", "requests of pages of another origin are refused", "call from a program, or from a page of this port"}
		}
	}
	return nil
}

func hostName(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func (s *Server) knownHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") ||
		slices.ContainsFunc(s.admin.hosts, func(name string) bool { return strings.EqualFold(name, host) })
}

func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
}

// ready answers 503 and why while the Server cannot do all of its work.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		http.Error(w, s.redact.Text(err.Error()), http.StatusServiceUnavailable)
		return
	}
	health(w, r)
}

func unshared(err error) error {
	return &problem{http.StatusServiceUnavailable, "store", err.Error(), "GET /readyz answers 200 when the store is back"}
}

func getOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err := w.Write(openAPI)
	return err
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// readJSON reads a body that must be JSON with known fields alone.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(media), "application/json") {
		return &problem{http.StatusUnsupportedMediaType, "content-type", "the body must be application/json", "send the header Content-Type: application/json"}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return badRequest("the body cannot be read: "+err.Error(), "GET /openapi.json shows the fields")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("the body goes on after its value", "send one JSON value")
	}
	return nil
}
