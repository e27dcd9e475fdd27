package broker

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	sessionTime  = 8 * time.Hour
	maxSessions  = 1000
	maxLoginForm = 4 << 10
)

// sessions are the users who have logged in, by the digest of their cookie: a look-up by digest tells nothing by the time it takes.
type sessions struct {
	ctx  context.Context //nolint:containedctx // sessions outlive the request that begins them
	mu   sync.Mutex
	open map[[sha256.Size]byte]context.CancelFunc
}

// begin returns the cookie of a new session, or nothing when there are too many.
func (s *sessions) begin() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= maxSessions || s.ctx.Err() != nil {
		return ""
	}
	if s.open == nil {
		s.open = map[[sha256.Size]byte]context.CancelFunc{}
	}
	token := rand.Text()
	id := sha256.Sum256([]byte(token))
	ctx, cancel := context.WithTimeout(s.ctx, sessionTime)
	s.open[id] = cancel
	context.AfterFunc(ctx, func() { s.end(token) })
	return token
}

func (s *sessions) holds(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.open[sha256.Sum256([]byte(token))]
	return ok
}

func (s *sessions) end(token string) {
	id := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.open[id]; cancel != nil {
		cancel()
		delete(s.open, id)
	}
}

func (s *server) loginForm(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "login.html", "")
}

// login lets the one user in. A real back end has its own users here, and slows down who guesses.
func (s *server) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxLoginForm)
	user, password := r.PostFormValue("user"), r.PostFormValue("password")
	if !same(user, s.User) || !same(password, s.Password) {
		s.Log.Warn("login refused", "remote", r.RemoteAddr)
		s.show(w, http.StatusUnauthorized, "login.html", "That name and password do not belong together.")
		return
	}
	token := s.sessions.begin() //nolint:contextcheck // a session outlives the request
	if token == "" {
		s.show(w, http.StatusServiceUnavailable, "login.html", "Too many users are logged in. Try again later.")
		return
	}
	http.SetCookie(w, s.cookie(token, int(sessionTime/time.Second)))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *server) logout(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		s.sessions.end(c.Value)
	}
	http.SetCookie(w, s.cookie("", -1))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// cookie is out of reach of scripts, and browsers send it with requests of this site's own pages only.
func (s *server) cookie(value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.SecureCookie,
	}
}

func (s *server) cookieName() string {
	if s.SecureCookie {
		return "__Host-broker" // browsers take this prefix over HTTPS alone, so nobody on the way can plant one
	}
	return "broker"
}

func (s *server) loggedIn(r *http.Request) bool {
	c, err := r.Cookie(s.cookieName())
	return err == nil && s.sessions.holds(c.Value)
}

// machine reports whether a program asks that knows the bearer token.
func (s *server) machine(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return s.Token != "" && strings.EqualFold(scheme, "Bearer") && same(token, s.Token)
}

// same takes as long for a guess that is nearly right as for any other, of whatever length.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
