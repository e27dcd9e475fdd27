// Command broker is a back end that lets its own users speak to AmiVoice: it logs them in, issues a short-lived key for each
// and serves a page that streams a microphone with it.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	refclient "mockamivoice/reference-client"
	"mockamivoice/reference-client/examples/broker/broker"
)

// Exit statuses.
const (
	statusGood   = 0
	statusUsage  = 2
	statusCannot = 3 // could not run
)

const (
	headTime = 10 * time.Second
	stopTime = 5 * time.Second
)

const about = `A back end that logs its users in, issues a short-lived AmiVoice key for each, and serves a page that streams a
microphone with it. The first line on stdout is for programs: ready url=http://127.0.0.1:8090

Examples, the first against mockamivoice serve on this machine:
  AMIVOICE_ISSUER_URL=http://127.0.0.1:8080/issue_service_authorization AMIVOICE_STREAM_URL=ws://127.0.0.1:8080/v1/ \
    AMIVOICE_SID=demo AMIVOICE_SPW=demo-password broker
  AMIVOICE_ISSUER_KEY=… broker --listen 127.0.0.1:0

Other users of a machine can read command lines: give secrets in the environment.
Exit status: 0 good, 2 bad usage, 3 could not run.`

type flags struct {
	Listen string `env:"BROKER_LISTEN" default:"127.0.0.1:8090" help:"Where to serve. (${default})" placeholder:"ADDRESS"`
	HTTPS  bool   `name:"https" env:"BROKER_HTTPS" help:"Users come by HTTPS, through a proxy: the cookie is for HTTPS alone."`

	Issuer    string `name:"issuer" env:"AMIVOICE_ISSUER_URL" default:"https://acp-api.amivoice.com/issue_service_authorization" help:"Where keys are issued. (${default})" placeholder:"URL"`
	Stream    string `env:"AMIVOICE_STREAM_URL" default:"wss://acp-api.amivoice.com/v1/" help:"The stream that the page opens. (${default})" placeholder:"URL"`
	Engine    string `env:"AMIVOICE_ENGINE" default:"-a-general" help:"Connection engine. (${default})" placeholder:"NAME"`
	SID       string `name:"sid" env:"AMIVOICE_SID" help:"Service ID." placeholder:"SID"`
	SPW       string `name:"spw" env:"AMIVOICE_SPW" help:"Service password." placeholder:"SPW"`
	IssuerKey string `env:"AMIVOICE_ISSUER_KEY" help:"Key that may issue keys, instead of ID and password." placeholder:"KEY"`

	User     string `env:"BROKER_USER" default:"demo" help:"The user. (${default})" placeholder:"NAME"`
	Password string `env:"BROKER_PASSWORD" help:"The user's password. (made up and told on stderr)" placeholder:"TEXT"`
	Token    string `env:"BROKER_TOKEN" help:"Bearer token with which programs may ask for keys. (none)" placeholder:"TEXT"`

	TTL         time.Duration `name:"ttl" env:"BROKER_TTL" default:"30s" help:"Life of a key for which none is asked. (${default})" placeholder:"TIME"`
	MaxTTL      time.Duration `name:"max-ttl" env:"BROKER_MAX_TTL" default:"10m" help:"Longest life that may be asked for. (${default})" placeholder:"TIME"`
	BindAddress bool          `env:"BROKER_BIND_ADDRESS" help:"Make each key good for its caller's IPv4 address alone; only where the service sees the same address as this program."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f flags
	parser, err := kong.New(&f, kong.Name("broker"), kong.Description(about), kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 110}))
	if err == nil {
		_, err = parser.Parse(args)
	}
	if err == nil {
		err = f.check()
	}
	var handler http.Handler
	if err == nil {
		handler, err = f.broker(ctx, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "broker: %s (--help shows what there is)\n", err)
		return statusUsage
	}
	if err := serve(ctx, f.Listen, handler, stdout); err != nil {
		_, _ = fmt.Fprintf(stderr, "broker: %s\n", err)
		return statusCannot
	}
	return statusGood
}

func (f *flags) check() error {
	switch {
	case f.IssuerKey == "" && (f.SID == "" || f.SPW == ""):
		return errors.New("no credentials: set AMIVOICE_SID and AMIVOICE_SPW, or AMIVOICE_ISSUER_KEY")
	case f.IssuerKey != "" && (f.SID != "" || f.SPW != ""):
		return errors.New("AMIVOICE_ISSUER_KEY stands instead of AMIVOICE_SID and AMIVOICE_SPW: set one or the other")
	}
	return nil
}

// broker makes up a password where none is given, so that an example left running is not open to everybody.
func (f *flags) broker(ctx context.Context, stderr io.Writer) (http.Handler, error) {
	if f.Password == "" {
		f.Password = strings.ToLower(rand.Text()[:12])
		_, _ = fmt.Fprintf(stderr, "Log in as %s with password %s\n", f.User, f.Password)
	}
	return broker.New(ctx, broker.Config{
		Issuer: f.client(),
		Stream: f.Stream, Engine: f.Engine, User: f.User, Password: f.Password, Token: f.Token,
		TTL: f.TTL, MaxTTL: f.MaxTTL, BindAddress: f.BindAddress, SecureCookie: f.HTTPS,
		Log: slog.New(slog.NewTextHandler(stderr, nil)),
	})
}

func (f *flags) client() *refclient.Client {
	credentials := refclient.WithCredentials(f.SID, f.SPW)
	if f.IssuerKey != "" {
		credentials = refclient.WithIssuingKey(f.IssuerKey)
	}
	return refclient.New(refclient.WithEndpoint(refclient.Endpoints{Issue: f.Issuer}), credentials)
}

// serve answers until ctx ends, and then finishes what it has begun.
func serve(ctx context.Context, address string, handler http.Handler, stdout io.Writer) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headTime, ReadTimeout: headTime, IdleTimeout: time.Minute}
	if _, err := fmt.Fprintf(stdout, "ready url=http://%s\n", reachable(l.Addr())); err != nil {
		return errors.Join(err, l.Close())
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	return server.Shutdown(last)
}

// reachable is an address to open where a listener's own may be a wildcard.
func reachable(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return a.String()
}
