// Package loopback runs a fake on free ports of this machine: the service on one, its admin routes on another.
package loopback

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"mockamivoice/fake"
)

// Fake is a running fake. Close it when done.
type Fake struct {
	*fake.Server

	URL   string // of the service, "http://127.0.0.1:41234"
	Admin string // of the admin routes

	servers []*http.Server
	served  chan error
}

const headTime = 10 * time.Second

// Start runs a fake with options on 127.0.0.1. It accepts connections when Start returns.
func Start(ctx context.Context, options ...fake.Option) (*Fake, error) {
	f := &Fake{Server: fake.New(options...), served: make(chan error, 2)} //nolint:contextcheck // a Server lives until it is closed
	service := &http.Server{Handler: f.Server, ReadHeaderTimeout: headTime}
	f.Configure(service)
	admin := &http.Server{Handler: f.Server.Admin(), ReadHeaderTimeout: headTime}
	var lc net.ListenConfig
	for _, one := range []struct {
		server *http.Server
		url    *string
	}{{service, &f.URL}, {admin, &f.Admin}} {
		l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(err, f.Close()) //nolint:contextcheck // closing waits for nobody
		}
		*one.url = "http://" + l.Addr().String()
		if one.server == service {
			l = f.Listener(l)
		}
		f.servers = append(f.servers, one.server)
		go func() { f.served <- one.server.Serve(l) }()
	}
	return f, nil
}

// Close ends every connection and stops listening.
func (f *Fake) Close() error {
	f.Server.Close()
	var errs []error
	for _, s := range f.servers {
		errs = append(errs, s.Close())
		if err := <-f.served; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	f.servers = nil
	return errors.Join(errs...)
}
