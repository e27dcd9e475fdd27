package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"mockamivoice/fake/clock"
	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
	"mockamivoice/reference-client/record"
)

// clientFlags are what the commands of the reference client have in common.
type clientFlags struct {
	Target  string `default:"http://127.0.0.1:8080" help:"URL of the service, or real for the public one. (${default})" placeholder:"URL"`
	CA      string `name:"ca" help:"Certificates to trust, PEM; instead of the system's." placeholder:"FILE"`
	Source  string `name:"source-address" help:"Address of this machine to connect from." placeholder:"ADDRESS"`
	Tape    string `help:"File that gets the dialogue as a tape, JSON Lines, without keys and passwords." placeholder:"FILE"`
	SIDEnv  string `name:"sid-env" default:"AMIVOICE_SID" help:"Environment variable with the service ID. (${default})" placeholder:"NAME"`
	SPWEnv  string `name:"spw-env" default:"AMIVOICE_SPW" help:"Environment variable with the service password. (${default})" placeholder:"NAME"`
	IssuEnv string `name:"issuing-key-env" default:"AMIVOICE_ISSUER_KEY" help:"Environment variable with a key that may issue keys. (${default})" placeholder:"NAME"`
	KeyEnv  string `default:"AMIVOICE_KEY" help:"Environment variable with the key to use. (${default})" placeholder:"NAME"`
}

// caller is a client with what has to be ended after it.
type caller struct {
	*refclient.Client

	end func() error
}

// endpoints are where the service is.
func (f *clientFlags) endpoints() (refclient.Endpoints, error) {
	if f.Target == "real" {
		return refclient.Public(), nil
	}
	if !strings.HasPrefix(f.Target, "http://") && !strings.HasPrefix(f.Target, "https://") {
		return refclient.Endpoints{}, usage("--target: %q is neither real nor a URL like http://127.0.0.1:8080", f.Target)
	}
	return refclient.At(f.Target), nil
}

// credentials are those of the environment or, for a target on this machine, the built-in ones of serve.
func (f *clientFlags) credentials() (sid, spw, issuing, key string, err error) {
	sid, spw, issuing, key = os.Getenv(f.SIDEnv), os.Getenv(f.SPWEnv), os.Getenv(f.IssuEnv), os.Getenv(f.KeyEnv)
	if sid+issuing+key != "" {
		return sid, spw, issuing, key, nil
	}
	if f.Target != "real" && onThisMachine(f.Target) {
		demo := demoCredentials()
		return demo.SID, demo.SPW, "", "", nil
	}
	return "", "", "", "", usage("no credentials: set %s, or %s and %s", f.KeyEnv, f.SIDEnv, f.SPWEnv)
}

// client makes the client that the flags describe.
func (f *clientFlags) client(life string) (*caller, error) {
	endpoints, err := f.endpoints()
	if err != nil {
		return nil, err
	}
	return f.clientAt(endpoints, life)
}

func (f *clientFlags) clientAt(endpoints refclient.Endpoints, life string) (*caller, error) {
	sid, spw, issuing, key, err := f.credentials()
	if err != nil {
		return nil, err
	}
	options := []refclient.Option{refclient.WithEndpoint(endpoints), refclient.WithReissue(), refclient.WithLife(life)}
	switch {
	case key != "":
		options = append(options, refclient.WithKey(key))
	case issuing != "":
		options = append(options, refclient.WithIssuingKey(issuing))
	default:
		options = append(options, refclient.WithCredentials(sid, spw))
	}
	more, err := f.network()
	if err != nil {
		return nil, err
	}
	c := &caller{end: func() error { return nil }}
	if f.Tape != "" {
		tap, end, err := f.record(record.Options{
			Tool: "mockamivoice " + versionText(), Now: clock.System{}.Now, Passwords: []string{spw}, Keys: []string{issuing, key}, Endpoints: endpoints,
		})
		if err != nil {
			return nil, err
		}
		more, c.end = append(more, refclient.WithTap(tap)), end
	}
	c.Client = refclient.New(append(options, more...)...)
	return c, nil
}

func (f *clientFlags) network() ([]refclient.Option, error) {
	var options []refclient.Option
	if f.Source != "" {
		addr, err := netip.ParseAddr(f.Source)
		if err != nil {
			return nil, usage("--source-address: %q is not an address", f.Source)
		}
		options = append(options, refclient.WithSourceAddr(addr))
	}
	if f.CA != "" {
		config, err := trust(f.CA)
		if err != nil {
			return nil, err
		}
		options = append(options, refclient.WithTLSConfig(config))
	}
	return options, nil
}

// trust is a TLS configuration that trusts the certificates in a file.
func trust(file string) (*tls.Config, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("--ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, usage("--ca: %s holds no certificate in PEM form", file)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

func (f *clientFlags) record(o record.Options) (refclient.Tap, func() error, error) {
	file, err := openTape(f.Tape)
	if err != nil {
		return nil, nil, err
	}
	r := record.New(file, o)
	return r.Tap, func() error {
		r.Close()
		err := errors.Join(r.Err(), file.Close())
		if err != nil {
			return cannot("--tape: %w", err)
		}
		return nil
	}, nil
}

// close ends the client; the first error counts.
func (c *caller) close(err error) error {
	c.CloseIdleConnections()
	return errors.Join(err, c.end())
}

// told is an error of the client with the exit status that goes with it: what the service refuses has failed, the rest could
// not run.
func told(err error) error {
	var issue *refclient.IssueError
	var job *refclient.JobError
	var uncertain *refclient.UncertainError
	var e *protocol.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &uncertain): // whatever is in it
	case errors.As(err, &e), errors.As(err, &issue), errors.As(err, &job):
		hint := ""
		if refclient.Expired(err) {
			hint = " (the key has expired; issue another)"
		} else if refclient.Retryable(err) {
			hint = " (it may work when it is tried again)"
		} else if errors.Is(err, &protocol.Error{ID: protocol.AsyncPollNotFound}) {
			hint = " (there was none, its time is over, or it belongs to another service)"
		}
		return &failure{statusFailed, fmt.Errorf("%w%s", err, hint)}
	}
	return cannot("%w", err)
}

// settings reads KEY=VALUE flags.
func settings(list []string) ([]protocol.Param, error) {
	var params []protocol.Param
	for _, item := range list {
		key, value, ok := strings.Cut(item, "=")
		if !ok || key == "" {
			return nil, usage("--set: %q is not KEY=VALUE, like keepFillerToken=1", item)
		}
		params = append(params, protocol.Param{Key: key, Value: value})
	}
	return params, nil
}
