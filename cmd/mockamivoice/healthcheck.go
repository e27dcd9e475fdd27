package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

const longestWhy = 300 // bytes of what the server says is wrong

type healthcheckCommand struct {
	Admin string `default:"127.0.0.1:8081" help:"Address or URL of the admin port. (${default})" placeholder:"ADDRESS"`
}

// Help is shown by healthcheck --help.
func (healthcheckCommand) Help() string {
	return "Exits 0 when GET /readyz answers 200, else 1.\n\nExample:\n  mockamivoice healthcheck --admin 127.0.0.1:8081"
}

// Run asks.
func (h *healthcheckCommand) Run(w *world) error {
	target, err := readyURL(h.Admin)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(w.ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return usage("--admin %q is not an address: %w", h.Admin, err)
	}
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		return &failure{statusFailed, fmt.Errorf("not ready: %w", err)}
	}
	defer reply.Body.Close() //nolint:errcheck // it was only read from
	if reply.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(reply.Body, longestWhy)) // no reason is no other answer
		return &failure{statusFailed, fmt.Errorf("not ready: %s answers %s %s", target, reply.Status, strings.Join(strings.Fields(string(why)), " "))}
	}
	_, err = fmt.Fprintln(w.stdout, "ready")
	return err
}

// readyURL is the route of a URL, or of an address as --admin of serve takes it, a wildcard meaning this machine.
func readyURL(admin string) (string, error) {
	if strings.Contains(admin, "://") {
		return strings.TrimSuffix(admin, "/") + "/readyz", nil
	}
	if _, _, err := net.SplitHostPort(admin); err != nil {
		return "", usage("--admin %q is neither a URL nor HOST:PORT", admin)
	}
	return "http://" + shownAddress(admin) + "/readyz", nil
}

// shownAddress is an address as a client can use it: a wildcard becomes 127.0.0.1.
func shownAddress(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
