package fake

import (
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Option shapes a Server. Options are applied in order; a later one wins.
type Option func(*config)

// Service is one customer of the service, with its keys.
type Service struct {
	SID      string
	SPW      string   // the service password, which issuance does not check but use of the key does
	Keys     []Key    // static keys, as made on MyPage
	Engines  []string // connection engines of the contract; empty means all
	Scenario string   // id of the scenario that is played for its keys; empty for the Server's. New panics when it is not known
}

// Key is a static key. It never expires unless Expires is set.
type Key struct {
	Value    string
	Issuable bool           // may issue keys by Authorization: Bearer
	Expires  time.Time      // zero for never
	Allow    []netip.Prefix // source addresses that may use it; empty for all
}

// DemoService is the service that a Server has when no other is given.
func DemoService() Service {
	return Service{
		SID: "demo", SPW: "demo-password",
		Keys: []Key{{Value: "demo-key"}, {Value: "demo-issuer-key", Issuable: true}},
	}
}

// Limits bound sessions and uploads. A zero field takes its default. Durations are on the Server's clock, except Utterance,
// which is audio time.
type Limits struct {
	NoData    time.Duration // a session without a packet; default 60 s (documented: limitations)
	NonSpeech time.Duration // a session without speech; default 600 s (documented: limitations)
	Session   time.Duration // a connection; default 24 h (documented: limitations)
	Idle      time.Duration // a connection without an open session; default 60 s (assumed)
	Utterance time.Duration // one utterance; default 30 s of audio (documented: limitations)
	Upload    int64         // audio of a synchronous request in bytes; default 16,777,215 (documented: limitations)
	Job       int64         // audio of an asynchronous job in bytes; default 2,147,483,647 (observed: "about 2.14 GB")
	Retention time.Duration // an asynchronous job; default 72 h (assumed)
	Message   int64         // one message of a stream in bytes; default 16 MiB and the p (observed: notes quoting the manual)
	Fields    int64         // bytes of everything before a; default 1 MiB (ours)
	Parts     int           // number of parts; default 64 (ours)
	Allow     int           // entries of ipa; default 64 (ours)
	Streams   int           // open streams; default 20,000 (ours)
}

func (l Limits) withDefaults() Limits {
	set(&l.NoData, 60*time.Second)
	set(&l.NonSpeech, 600*time.Second)
	set(&l.Session, 24*time.Hour)
	set(&l.Idle, 60*time.Second)
	set(&l.Utterance, 30*time.Second)
	set(&l.Upload, 1<<24-1)
	set(&l.Job, 1<<31-1)
	set(&l.Retention, 72*time.Hour)
	set(&l.Message, 16<<20+1)
	set(&l.Fields, 1<<20)
	set(&l.Parts, 64)
	set(&l.Allow, 64)
	set(&l.Streams, 20_000)
	return l
}

func set[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

// Tape says how much of what happened is kept.
type Tape struct {
	Entries int       // how many entries; default 20,000
	Bytes   int64     // about how many bytes; default 32 MiB
	Audio   bool      // keep the audio, not only its measure
	Sink    io.Writer // also gets every entry as a line of JSON; nil for none
}

// Speech is an utterance that was found in the audio.
type Speech struct {
	Surface  protocol.Surface
	Engine   string // connection engine as asked for
	Language string // ja, en, zh or ko
	Start    int    // milliseconds from the beginning of the audio
	End      int    // milliseconds from the beginning of the audio
	Index    int    // 0 for the first utterance of the cycle or upload
}

// Transcript is what was said in an utterance. Without tokens and with an empty Code it is an empty result; a Code makes it a
// failed one, for example protocol.SyncRejected's.
type Transcript struct {
	Tokens     []protocol.Token
	Confidence float64 // 0 to 1
	Text       string
	Code       string
	Message    string
}

// Transcriber says what was said; ok is false when it does not know, and then the built-in sentences answer. It is called
// from several goroutines, and holds up its connection while it thinks.
type Transcriber func(Speech) (t Transcript, ok bool)

type config struct {
	clock       clock.Clock
	services    []Service
	secret      []byte
	seed        uint64
	limits      Limits
	choices     scenarios.Choices
	strict      bool
	proxies     []netip.Prefix
	tape        Tape
	log         *slog.Logger
	transcriber Transcriber
	transcripts fs.FS // nil for none
	recognizer  Recognizer
	version     string
	admin       adminConfig
	deviation   deviation
	scenario    *scenarios.Scenario // for the whole server
	scenarios   []*scenarios.Scenario
	store       Store
	progress    JobProgress
	lease       time.Duration
}

type adminConfig struct {
	token string
	hosts []string
}

// WithClock gives the Server its time. The default is clock.System; tests use a clock.Manual.
func WithClock(c clock.Clock) Option { return func(f *config) { f.clock = c } }

// WithService adds a service. The first one replaces DemoService.
func WithService(s Service) Option { return func(f *config) { f.services = append(f.services, s) } }

// WithSecret makes keys that any other Server with the same secret accepts. It ought to be at least 16 random bytes; without
// this option a random one is made.
func WithSecret(secret []byte) Option { return func(f *config) { f.secret = secret } }

// WithSeed sets where session ids begin to count, so that runs can be repeated. Nothing secret comes from it.
func WithSeed(seed uint64) Option { return func(f *config) { f.seed = seed } }

// WithLimits sets the limits; zero fields keep their defaults.
func WithLimits(l Limits) Option { return func(f *config) { f.limits = l } }

// WithProfile chooses how the points of Behaviours go, all at once.
func WithProfile(p Profile) Option { return func(f *config) { f.choices = p.Choices() } }

// WithChoice chooses how one point goes. Use it after WithProfile.
func WithChoice(c Choice) Option {
	return func(f *config) { f.choices = f.choices.With(c) }
}

// WithStrict refuses clients that break RFC 6455, as the vendor's own native clients do.
func WithStrict() Option { return func(f *config) { f.strict = true } }

// WithTrustedProxies believes X-Forwarded-For when the request comes from one of these addresses.
func WithTrustedProxies(proxies ...netip.Prefix) Option {
	return func(f *config) { f.proxies = append(f.proxies, proxies...) }
}

// WithTape sets the bounds of the tape.
func WithTape(t Tape) Option { return func(f *config) { f.tape = t } }

// WithLogger sends the Server's log somewhere; the default is to keep silent. Secrets are redacted before they reach it.
func WithLogger(l *slog.Logger) Option { return func(f *config) { f.log = l } }

// WithTranscriber asks t what was said before the built-in sentences are used.
func WithTranscriber(t Transcriber) Option { return func(f *config) { f.transcriber = t } }

// WithVersion names the tool on tapes.
func WithVersion(v string) Option { return func(f *config) { f.version = v } }

// WithAdminToken makes Admin ask for a bearer token, except for its health and metrics routes.
func WithAdminToken(token string) Option { return func(f *config) { f.admin.token = token } }

// WithAdminHost lets Admin answer requests for a host name besides loopback names and addresses.
func WithAdminHost(names ...string) Option {
	return func(f *config) { f.admin.hosts = append(f.admin.hosts, names...) }
}
