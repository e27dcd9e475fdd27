package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"mockamivoice/fake"
)

const shutdownTime = 4 * time.Second // of the 5 s in which SIGTERM ends the process

type serveCommand struct {
	Listen    string `default:"127.0.0.1:8080" help:"Where to serve plain HTTP and WebSocket; empty for nowhere. (${default})" placeholder:"ADDRESS"`
	ListenTLS string `name:"listen-tls" help:"Where to serve HTTPS and WSS. (off; 127.0.0.1:8443 when another TLS flag is given)" placeholder:"ADDRESS"`
	Admin     string `default:"127.0.0.1:8081" help:"Where to serve the admin routes; empty for nowhere. (${default})" placeholder:"ADDRESS"`

	Config string   `help:"File with services, profile, behaviour, limits and tape." placeholder:"FILE"`
	SID    string   `name:"sid" help:"Service ID; replaces the services of the file. (demo)" placeholder:"SID"`
	SPW    string   `name:"spw" help:"Service password. (demo-password)" placeholder:"SPW"`
	Key    []string `help:"Static key, as made on MyPage; repeatable. (demo-key)" placeholder:"KEY"`
	IssKey []string `name:"issuer-key" env:"MOCKAMIVOICE_ISSUER_KEY" help:"Static key that may issue keys; repeatable. (demo-issuer-key)" placeholder:"KEY"`

	Scenario  string `help:"Scenario that every client meets: an id of \"scenarios list --edge\", or a file. (none)" placeholder:"NAME|FILE"`
	Scenarios string `help:"Folder with scenario files of your own, which keys, services and PUT /scenario can name." placeholder:"DIR"`

	Transcripts           string        `help:"Folder with files that tell what is said in recordings, see docs/TRANSCRIPTS.md." placeholder:"DIR"`
	RecognizerCommand     string        `help:"Command that is asked what was said: words between blanks, or a JSON list; no shell. It gets a WAV file, and answers text." placeholder:"COMMAND"`
	RecognizerURL         string        `name:"recognizer-url" help:"OpenAI-compatible /v1/audio/transcriptions that is asked what was said." placeholder:"URL"`
	RecognizerModel       string        `help:"Model that --recognizer-url is asked for. (whisper-1)" placeholder:"NAME"`
	RecognizerEnv         []string      `help:"Variable of the environment that --recognizer-command gets besides PATH, HOME and their like; repeatable." placeholder:"NAME"`
	RecognizerTime        time.Duration `default:"30s" help:"What a recognizer may take for one utterance. (${default})" placeholder:"DURATION"`
	RecognizerConcurrency int           `default:"2" help:"Utterances that a recognizer is asked about at a time. (${default})" placeholder:"NUMBER"`

	JobProgress string `help:"How asynchronous jobs go on: at-once, clock=3s (clock time), polls=2 (so many a state) or told (POST /jobs/{id}). (clock=3s)" placeholder:"WAY"`

	Profile   string   `help:"What to do where sources differ: observed or documented. (observed)" placeholder:"PROFILE"`
	Behaviour []string `help:"One point where sources differ; repeatable." placeholder:"POINT=CHOICE"`
	Strict    bool     `help:"Refuse clients that break RFC 6455, as the vendor's own native ones do."`

	Clock      string `default:"system" enum:"system,manual" help:"system, or manual: moved by the admin routes. (${default})" placeholder:"KIND"`
	ClockStart string `help:"Where a manual clock starts, RFC 3339. (now)" placeholder:"INSTANT"`
	Secret     string `help:"Secret of the keys, at least 16 bytes: servers with the same one accept each other's. (random)" placeholder:"TEXT" xor:"secret"`
	SecretFile string `help:"File with the secret." placeholder:"FILE" xor:"secret"`
	Seed       uint64 `help:"Where session ids begin, so that a run can be repeated. (random)" placeholder:"NUMBER"`

	Store          string `help:"Redis that several replicas share, with or without TLS: jobs, dictionaries, scenario and a manual clock are those of all. (none)" placeholder:"redis://[:PASSWORD@]HOST:PORT[/DB]"`
	StoreNamespace string `default:"default" help:"Name of the fleet, where several share one Redis. (${default})" placeholder:"NAME"`

	Tape        string `help:"File that gets the tape, as JSON Lines." placeholder:"FILE"`
	TapeAudio   bool   `help:"Keep the audio on the tape."`
	TapeEntries int    `help:"Entries that are kept. (20000)" placeholder:"NUMBER"`
	TapeBytes   int64  `help:"Bytes that are kept, about. (33554432)" placeholder:"NUMBER"`

	TrustedProxy   []string `help:"Address or block whose X-Forwarded-For is believed; repeatable." placeholder:"CIDR"`
	MaxConnections int      `default:"20000" help:"TCP connections at a time, on each listener. (${default})" placeholder:"NUMBER"`

	AdminHost  []string `help:"Host name that admin requests may use besides loopback names and addresses; repeatable." placeholder:"NAME"`
	AdminToken string   `help:"Bearer token that admin requests must carry." placeholder:"TOKEN"`
	AdminOpen  bool     `help:"Let the admin port listen beyond this machine without a token."`

	TLSSelfSigned bool     `name:"tls-self-signed" help:"Make a certificate for localhost and the names of --tls-name."`
	TLSName       []string `name:"tls-name" help:"Host name or address in the certificate; repeatable." placeholder:"HOST"`
	TLSCAOut      string   `name:"tls-ca-out" help:"File that gets the certificate that clients have to trust." placeholder:"FILE"`
	TLSCert       string   `name:"tls-cert" help:"Own certificate chain, PEM." placeholder:"FILE"`
	TLSKey        string   `name:"tls-key" help:"Key of --tls-cert, PEM." placeholder:"FILE"`

	LogFormat   string `default:"text" enum:"text,json" help:"text or json, on stderr. (${default})" placeholder:"FORMAT"`
	LogLevel    string `default:"info" enum:"debug,info,warn,error" help:"debug, info, warn or error. (${default})" placeholder:"LEVEL"`
	PrintConfig bool   `help:"Print the configuration that results, without secrets, and exit."`
}

// Help is shown by serve --help.
func (*serveCommand) Help() string {
	return `The first line on stdout is for programs:
  ready service=http://127.0.0.1:8080 admin=http://127.0.0.1:8081

Examples:
  mockamivoice serve
  mockamivoice serve --sid my-sid --spw my-password --key my-key
  mockamivoice serve --scenario stream.no-answer-to-start --clock manual
  mockamivoice serve --store redis://127.0.0.1:6379 --secret-file secret --listen 127.0.0.1:0 --admin 127.0.0.1:0
  mockamivoice serve --profile documented --behaviour stream-close-code=1000
  mockamivoice serve --transcripts testdata
  mockamivoice serve --recognizer-command 'pocketsphinx_continuous -infile /dev/stdin -logfn /dev/null'
  mockamivoice serve --recognizer-url http://127.0.0.1:8082/v1/audio/transcriptions
  mockamivoice serve --tls-self-signed --tls-name acp-api.amivoice.com --tls-ca-out ca.pem`
}

// Run serves until the context ends.
func (c *serveCommand) Run(w *world) error {
	plan, err := c.plan()
	if err != nil {
		return err
	}
	defer plan.close()
	if c.PrintConfig {
		return plan.print(w.stdout)
	}
	options, closeTape, err := c.options(plan, w)
	if err != nil {
		return err
	}
	defer closeTape()
	shared, closeStore, err := c.openStore(w.ctx)
	if err != nil {
		return err
	}
	defer closeStore()
	options = append(options, shared...)
	srv := fake.New(options...)
	defer srv.Close()
	doors, err := c.open(w.ctx, srv)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w.stdout, doors.ready()); err != nil {
		return cannot("stdout: %w", err)
	}
	if c.LogFormat == "text" {
		c.welcome(w, plan, doors)
	}
	go debug.FreeOSMemory() // half of the heap is what the command line was parsed with
	return doors.serve(w.ctx, srv, c.logger(w))
}

// door is one listener with what is served on it.
type door struct {
	name   string // key of the ready line
	url    string
	server *http.Server
	listen net.Listener
}

type doors []door

// open listens everywhere before anything is served, so that a port that is taken is told before the ready line.
func (c *serveCommand) open(ctx context.Context, srv *fake.Server) (doors, error) {
	var all doors
	add := func(name, flag, address, scheme string, handler http.Handler, config *tls.Config) error {
		if address == "" {
			return nil
		}
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", address)
		if err != nil {
			return listenError(flag, address, err)
		}
		url := scheme + "://" + shownAddress(l.Addr().String())
		l = limit(l, c.MaxConnections)
		if config != nil {
			l = tls.NewListener(l, config)
		}
		h := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		if name != "admin" {
			srv.Configure(h)
			l = srv.Listener(l)
		}
		all = append(all, door{name, url, h, l})
		return nil
	}
	errs := []error{add("service", "--listen", c.Listen, "http", srv, nil)}
	if c.ListenTLS != "" {
		config, err := c.tlsConfig()
		name := "service_tls"
		if c.Listen == "" {
			name = "service"
		}
		errs = append(errs, err)
		if err == nil {
			errs = append(errs, add(name, "--listen-tls", c.ListenTLS, "https", srv, config))
		}
	}
	errs = append(errs, add("admin", "--admin", c.Admin, "http", srv.Admin(), nil))
	for _, err := range errs {
		if err != nil {
			all.close()
			return nil, err
		}
	}
	return all, nil
}

func listenError(flag, address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return cannot("%s %s: the port is taken; stop the other server, or use port 0 for any free one", flag, address)
	}
	return cannot("%s %s: %w", flag, address, err)
}

func (d doors) ready() string {
	words := []string{"ready"}
	for _, name := range []string{"service", "admin", "service_tls"} {
		if url := d.url(name); url != "" {
			words = append(words, name+"="+url)
		}
	}
	return strings.Join(words, " ")
}

func (d doors) url(name string) string {
	for _, one := range d {
		if one.name == name {
			return one.url
		}
	}
	return ""
}

func (d doors) close() {
	for _, one := range d {
		_ = one.listen.Close()
	}
}

// serve serves on every door until ctx ends, then stops accepting, answers what is in flight and ends the streams.
func (d doors) serve(ctx context.Context, srv *fake.Server, log *slog.Logger) error {
	failed := make(chan error, len(d))
	for _, one := range d {
		go func() { failed <- one.server.Serve(one.listen) }()
	}
	var first error
	select {
	case <-ctx.Done():
	case first = <-failed:
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	streams := make(chan error, 1)
	go func() { streams <- srv.Shutdown(end) }()
	for _, one := range d {
		if one.server.Shutdown(end) != nil {
			_ = one.server.Close()
		}
	}
	if err := <-streams; err != nil {
		log.Warn("some streams were cut", "error", err)
	}
	if first != nil && !errors.Is(first, http.ErrServerClosed) {
		return cannot("serve: %w", first)
	}
	if err := srv.TapeErr(); err != nil {
		return cannot("--tape: %w", err)
	}
	return nil
}

func (c *serveCommand) logger(w *world) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // kong has checked it
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w.stderr, options))
	}
	return slog.New(slog.NewTextHandler(w.stderr, options))
}

// welcome tells a person what to do next. Only the built-in credentials are ever printed.
func (c *serveCommand) welcome(w *world, p *plan, d doors) {
	url := d.url("service")
	text := "\nmockamivoice " + versionText() + ": the AmiVoice API on this machine. It is not a recognizer: texts are built in.\n"
	text += fmt.Sprintf("profile %s, %s clock, seed %d\n", p.profileName(), c.Clock, p.seed)
	text += c.heardFrom()
	if p.scenario != nil {
		text += fmt.Sprintf("playing %s: %s\n", p.scenario.ID, p.scenario.Title)
	}
	if p.builtIn() && url != "" {
		text += "\nsid demo, spw demo-password, key demo-key, issuing key demo-issuer-key\n\nTry, in another terminal:\n"
		extra := ""
		if strings.HasPrefix(url, "https:") {
			extra = " -k"
		}
		text += fmt.Sprintf("  KEY=$(curl -s%s %s/issue_service_authorization -d sid=demo -d spw=demo-password -d epi=10m)\n", extra, url)
		text += fmt.Sprintf("  curl -s%s %s/v1/recognize -F u=\"$KEY\" -F d=-a-general -F a=@testdata/speech-ja.wav\n", extra, url)
	}
	if admin := d.url("admin"); admin != "" {
		text += fmt.Sprintf("  curl -s %s/tape\n  or open %s/ in a browser\n", admin, admin)
	}
	_, _ = fmt.Fprintln(w.stderr, text)
}

func openTape(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, cannot("--tape: %w", err)
	}
	return f, nil
}
