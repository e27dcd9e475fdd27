// Package fake is the AmiVoice API as an http.Handler, for development and tests without account, network or microphone.
//
// A Server issues keys and recognizes audio over synchronous HTTP and WebSocket with the service's own words, errors and
// time-outs. It is not a recognizer: it finds utterances in the actual sound and answers with built-in sentences, the same
// ones for the same sound. Whatever is only inferred or assumed about the service is marked so in Behaviours and on the tape.
package fake

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"

	"mockamivoice/fake/clock"
	"mockamivoice/fake/internal/journal"
	"mockamivoice/fake/internal/transcripts"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/redact"
)

// Server is the fake. It is an http.Handler for the service port; Admin is the one for the other port. All methods may be
// called from any number of goroutines. Close it when done.
type Server struct {
	config
	keys     *keyring
	journal  *journal.Journal
	redact   *redact.Redactor
	routes   *mux.Router
	metrics  *metrics
	conns    conns
	streams  streams
	theatre  theatre
	pauses   pauses
	pollers  pollers
	minds    minds
	folder   *transcripts.Folder // nil without transcripts
	usage    usage
	replicas replicas
	closing  chan struct{} // closed when the server ends
	ended    sync.Once
	started  time.Time // real
	nextID   atomic.Uint32

	chunks       sync.Pool // of *[chunk]byte, for uploads
	messages     buffers   // for messages of streams
	writeBuffers sync.Pool // of gorilla
}

// New is a Server with options; without any it is the built-in demo service on the system clock.
func New(options ...Option) *Server {
	s := &Server{started: clock.System{}.Now(), closing: make(chan struct{})}
	s.config = defaults(options)
	s.replicas.shared = s.store != nil
	s.replicas.life, s.replicas.stop = context.WithCancel(context.Background())
	if s.store == nil {
		s.store = &memory{}
	}
	s.nextID.Store(uint32(s.seed))
	s.start()
	s.theatre.init(s.config)
	s.pauses.rest.L = &s.pauses.mu
	s.minds.init()
	for _, svc := range s.services {
		if err := s.bindable(svc.Scenario, scenarios.AtHandshake); err != nil {
			panic("fake: " + err.Error())
		}
	}
	s.keys = newKeyring(s.config)
	s.redact = redact.New(s.keys.secrets(s.admin.token), s.keys.openPrefix)
	s.journal = journal.New(journal.Options{
		Entries: s.tape.Entries,
		Bytes:   s.tape.Bytes,
		Header:  s.header(),
		Clock:   s.clock.Now,
		Since:   s.sinceStart,
		Redact:  s.redact,
		Sink:    s.tape.Sink,
	})
	s.usage.init(s)
	s.metrics = newMetrics(s)
	s.openTranscripts()
	s.store = s.watch(s.store)
	s.routes = s.router()
	s.join()
	return s
}

func defaults(options []Option) config {
	c := config{clock: clock.System{}, choices: ObservedProfile.Choices(), log: slog.New(slog.DiscardHandler), version: "devel", lease: askLife}
	for _, o := range options {
		o(&c)
	}
	if len(c.services) == 0 {
		c.services = []Service{DemoService()}
	}
	if c.choices.IsZero() {
		c.choices = ObservedProfile.Choices()
	}
	if len(c.secret) == 0 {
		c.secret = make([]byte, 32)
		_, _ = rand.Read(c.secret) // never fails
	}
	if c.seed == 0 {
		var b [8]byte
		_, _ = rand.Read(b[:])
		c.seed = uint64(binary.LittleEndian.Uint32(b[:]))
	}
	c.limits = c.limits.withDefaults()
	return c
}

func (s *Server) header() scenarios.Header {
	name := ""
	if s.scenario != nil {
		name = s.scenario.ID
	}
	return scenarios.Header{
		Tape: scenarios.TapeVersion, Tool: "mockamivoice " + s.version, Recorder: "server",
		Seed: s.seed, Scenario: name, ClockStart: scenarios.At(s.clock.Now()),
	}
}

func (s *Server) sinceStart() int64 { return clock.System{}.Now().Sub(s.started).Milliseconds() }

func (s *Server) router() *mux.Router {
	r := mux.NewRouter().SkipClean(true)
	r.HandleFunc(protocol.PathIssue, s.serveIssue)
	r.HandleFunc(protocol.PathSync, s.serveSync)
	r.HandleFunc(protocol.PathSyncNoLog, s.serveSync)
	for _, path := range []string{protocol.PathAsyncV1, protocol.PathAsyncV2} {
		r.HandleFunc(path, s.serveCreate)
		r.HandleFunc(path+"/{id}", s.serveJob)
	}
	s.routeWords(r)
	for _, path := range []string{protocol.PathStream, protocol.PathStreamNoLog, "/v1", "/v1/nolog"} {
		r.HandleFunc(path, s.serveStream)
	}
	r.NotFoundHandler = http.HandlerFunc(s.serveNotFound)
	return r
}

// ServeHTTP serves the routes of the service, and nothing that the service does not have.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	cors(w.Header())
	if r.Method == http.MethodOptions {
		s.servePreflight(w, r)
		return
	}
	s.routes.ServeHTTP(w, r)
}

// cors lets pages of any origin call the service and read the session id. (inferred: the vendor's pages do so)
func cors(h http.Header) {
	h["Access-Control-Allow-Origin"] = []string{"*"}
	h["Access-Control-Expose-Headers"] = []string{"X-Session-ID"}
}

// servePreflight allows what pages need: POST with a key in a header. (assumed: the values)
func (s *Server) servePreflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Access-Control-Allow-Methods"] = []string{"GET, POST, OPTIONS"}
	h["Access-Control-Allow-Headers"] = []string{"Authorization, Content-Type"}
	h["Access-Control-Max-Age"] = []string{"600"}
	x := s.exchange(r, "")
	x.request(nil, nil)
	x.respond(w, http.StatusNoContent, nil)
}

func (s *Server) serveNotFound(w http.ResponseWriter, r *http.Request) {
	x := s.exchange(r, "")
	x.request(nil, nil)
	w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
	x.respond(w, http.StatusNotFound, []byte("404 page not found\n"))
}

// sessionID is a fresh id in the service's form: time, address of a back end, and a number that counts up.
// (inferred: read off three published ids)
func (s *Server) sessionID() protocol.SessionID {
	n := s.nextID.Add(1)
	addr := netip.AddrFrom4([4]byte{127, 0, byte(n >> 24), byte(n >> 16)})
	return protocol.SessionID{Time: s.clock.Now().Truncate(time.Millisecond), Addr: addr, Tail: uint16(n)}
}
