// Package broker is a back end that hands short-lived AmiVoice keys to its own users, with a page that uses them.
package broker

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mockamivoice/protocol"
)

// Config says who may ask, for what, and where the keys come from.
type Config struct {
	Issuer Issuer // makes the keys; it alone knows the service's credentials
	Stream string // URL of the stream that the page opens, ws or wss
	Engine string // connection engine; default "-a-general"

	User, Password string // the one user of the example
	Token          string // bearer token for programs; empty for none

	TTL    time.Duration // life of a key when none is asked for; default 30 s
	MaxTTL time.Duration // the longest life that may be asked for; default 10 min

	BindAddress  bool // make each key good for the caller's address alone
	SecureCookie bool // users come by HTTPS, as they must anywhere but on loopback

	Log *slog.Logger // default: silence
}

const (
	defaultEngine = "-a-general"
	defaultTTL    = 30 * time.Second // as the service's own (documented: issue-api-key-with-api)
	defaultMax    = 10 * time.Minute
	shortestTTL   = time.Second
	pageTTL       = 2 * time.Minute // what the page asks for: time enough to connect, no more
)

type server struct {
	Config

	sessions *sessions
	pages    *template.Template
}

//go:embed page.html login.html page.js capture.js page.css
var files embed.FS

// New is the back end as a handler. Sessions of users end when ctx does. It fails when c cannot work.
func New(ctx context.Context, c Config) (http.Handler, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	pages, err := template.ParseFS(files, "*.html")
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	s := &server{Config: c, sessions: &sessions{ctx: ctx}, pages: pages}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	for _, name := range []string{"page.js", "capture.js", "page.css"} {
		mux.HandleFunc("GET /"+name, asset(name))
	}
	mux.HandleFunc("GET /login", s.loginForm)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.HandleFunc("POST /token", s.token)

	// Another site's page can neither log a user in or out nor ask for a key: browsers say where a request comes from.
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "cross_origin", "This back end answers its own page only.")
	}))
	return s.headers(guard.Handler(mux)), nil
}

func (c *Config) complete() error {
	u, err := url.Parse(c.Stream)
	switch {
	case c.Issuer == nil:
		return errors.New("no issuer to ask for keys")
	case c.User == "" || c.Password == "":
		return errors.New("a user needs a name and a password")
	case err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss":
		return fmt.Errorf("stream %q is not a URL like wss://acp-api.amivoice.com/v1/", c.Stream)
	case u.User != nil || u.RawQuery != "" || strings.ContainsAny(c.Stream, ";, '"):
		return fmt.Errorf("stream %q holds more than scheme, host and path", c.Stream) // it becomes part of a header
	}
	if c.Engine == "" {
		c.Engine = defaultEngine
	}
	if c.MaxTTL == 0 {
		c.MaxTTL = defaultMax
	}
	if c.TTL == 0 {
		c.TTL = min(defaultTTL, c.MaxTTL)
	}
	if c.TTL < shortestTTL || c.TTL > c.MaxTTL {
		return fmt.Errorf("a life of %s lies outside %s to %s", c.TTL, shortestTTL, c.MaxTTL)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// headers sets what every answer carries. The page may talk to this back end and to the stream, and to nobody else.
func (s *server) headers(next http.Handler) http.Handler {
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' " + s.Stream +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Permissions-Policy", "microphone=(self)")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *server) page(w http.ResponseWriter, r *http.Request) {
	if !s.loggedIn(r) {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	s.show(w, http.StatusOK, "page.html", map[string]string{
		"User": s.User, "Stream": s.Stream, "Engine": s.Engine, "Language": language(s.Engine), "TTL": min(pageTTL, s.MaxTTL).String(),
	})
}

// language is what an engine understands, for fonts and screen readers; Japanese for an engine that nobody has heard of.
func language(name string) string {
	switch engine, ok := protocol.EngineNamed(name); {
	case !ok:
		return "ja"
	case engine.Language == "multi":
		return "mul"
	default:
		return engine.Language
	}
}

// show writes a page once it is whole, so that a fault in it is a 500 and not half a page.
func (s *server) show(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := s.pages.ExecuteTemplate(&page, name, data); err != nil {
		s.Log.Error("page", "name", name, "err", err)
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}

func asset(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, name) }
}
