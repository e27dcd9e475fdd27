package main

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

const minSecret = 16

// plan is the configuration that results from flags, environment and file, already valid.
type plan struct {
	file     fileConfig
	services []fake.Service
	profile  fake.Profile
	choices  []fake.Choice
	limits   fake.Limits
	proxies  []netip.Prefix
	clock    clock.Clock
	secret   []byte
	seed     uint64
	progress fake.JobProgress
	scenario *scenarios.Scenario   // that every client meets; nil for none
	own      []*scenarios.Scenario // of --scenarios

	transcripts *os.Root        // of --transcripts; nil for none
	recognizer  fake.Recognizer // nil for none
}

func (c *serveCommand) plan() (*plan, error) {
	p := &plan{seed: c.Seed, clock: clock.System{}}
	if c.Config != "" {
		file, err := loadConfig(c.Config)
		if err != nil {
			return nil, err
		}
		p.file = file
	}
	for _, step := range []func(*plan) error{
		c.planListeners, c.planTime, c.planSecret, c.planScenarios, c.planJobs, c.planServices, c.planBehaviour, c.planProxies, c.planHeard,
	} {
		if err := step(p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (c *serveCommand) planListeners(*plan) error {
	hasTLS := c.TLSSelfSigned || c.TLSCert != "" || c.TLSKey != "" || len(c.TLSName) > 0 || c.TLSCAOut != ""
	if hasTLS && c.ListenTLS == "" {
		c.ListenTLS = "127.0.0.1:8443"
	}
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return usage("--tls-cert and --tls-key go together")
	case c.TLSSelfSigned && c.TLSCert != "":
		return usage("--tls-self-signed makes a certificate; --tls-cert brings one: give one of them")
	case !c.TLSSelfSigned && (len(c.TLSName) > 0 || c.TLSCAOut != ""):
		return usage("--tls-name and --tls-ca-out go with --tls-self-signed")
	case c.ListenTLS != "" && !c.TLSSelfSigned && c.TLSCert == "":
		return usage("--listen-tls needs a certificate: --tls-self-signed, or --tls-cert and --tls-key")
	case c.Listen == "" && c.ListenTLS == "":
		return usage("nothing to listen on: give --listen or --listen-tls")
	case c.MaxConnections < 1:
		return usage("--max-connections %d: at least 1", c.MaxConnections)
	}
	for flag, address := range map[string]string{"--listen": c.Listen, "--listen-tls": c.ListenTLS, "--admin": c.Admin} {
		if _, _, err := net.SplitHostPort(address); address != "" && err != nil {
			return usage("%s %q is not HOST:PORT, for example 127.0.0.1:8080", flag, address)
		}
	}
	if c.Admin != "" && !isLoopback(c.Admin) && c.AdminToken == "" && !c.AdminOpen {
		return usage("--admin %s can be reached from other machines: add --admin-token, or --admin-open if that is what you want", c.Admin)
	}
	return nil
}

func isLoopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

func (c *serveCommand) planTime(p *plan) error {
	start := p.clock.Now()
	if c.ClockStart != "" {
		if c.Clock != "manual" {
			return usage("--clock-start goes with --clock manual")
		}
		at, err := time.Parse(time.RFC3339, c.ClockStart)
		if err != nil {
			return usage("--clock-start %q is not RFC 3339, for example 2026-07-31T00:00:00+09:00", c.ClockStart)
		}
		start = at
	}
	if c.Clock == "manual" {
		p.clock = clock.NewManual(start)
	}
	return nil
}

func (c *serveCommand) planJobs(p *plan) error {
	if c.JobProgress == "" {
		return nil
	}
	progress, err := fake.ParseJobProgress(c.JobProgress)
	if err != nil {
		return usage("--job-progress: %w", err)
	}
	p.progress = progress
	return nil
}

func (c *serveCommand) planSecret(p *plan) error {
	secret := []byte(c.Secret)
	if c.SecretFile != "" {
		data, err := os.ReadFile(c.SecretFile)
		if err != nil {
			return usage("--secret-file: %w", err)
		}
		secret = []byte(strings.TrimRight(string(data), "\r\n"))
	}
	if len(secret) > 0 && len(secret) < minSecret || c.SecretFile != "" && len(secret) == 0 {
		return usage("the secret has %d bytes; at least %d are needed, for example from: openssl rand -hex 16", len(secret), minSecret)
	}
	if len(secret) == 0 && c.Store != "" {
		return usage("--store is for several replicas, which take each other's keys only with the same --secret or --secret-file")
	}
	if len(secret) == 0 {
		secret = make([]byte, 2*minSecret)
		_, _ = rand.Read(secret) // never fails
	}
	if p.seed == 0 {
		var b [4]byte
		_, _ = rand.Read(b[:])
		p.seed = uint64(binary.LittleEndian.Uint32(b[:])) + 1
	}
	p.secret = secret
	return nil
}

// planServices takes the services of the file, or the built-in one. --sid and --spw replace them; --key and --issuer-key replace
// the keys of their kind of the first.
func (c *serveCommand) planServices(p *plan) error {
	services, err := p.file.services(p.clock.Now())
	if err != nil {
		return err
	}
	if len(services) == 0 || c.SID != "" || c.SPW != "" {
		services = []fake.Service{fake.DemoService()}
	}
	first := &services[0]
	if c.SID != "" {
		first.SID = c.SID
	}
	if c.SPW != "" {
		first.SPW = c.SPW
	}
	first.Keys = replaceKeys(first.Keys, c.Key, false)
	first.Keys = replaceKeys(first.Keys, c.IssKey, true)
	p.services = services
	return p.checkServices()
}

func replaceKeys(keys []fake.Key, values []string, issuable bool) []fake.Key {
	if len(values) == 0 {
		return keys
	}
	var kept []fake.Key
	for _, k := range keys {
		if k.Issuable != issuable {
			kept = append(kept, k)
		}
	}
	for _, v := range values {
		kept = append(kept, fake.Key{Value: v, Issuable: issuable})
	}
	return kept
}

func (c *serveCommand) planBehaviour(p *plan) error {
	name := p.profileNameOr(c.Profile)
	profile, err := fake.ParseProfile(name)
	if err != nil {
		return usage("--profile: %w", err)
	}
	p.profile, p.file.Profile = profile, name
	if p.limits, err = p.file.limits(); err != nil {
		return err
	}
	for point, value := range p.file.Behaviour {
		choice, err := fake.ParseChoice(point, value)
		if err != nil {
			return usage("%s: %w", c.Config, err)
		}
		p.choices = append(p.choices, choice)
	}
	for _, text := range c.Behaviour {
		point, value, _ := strings.Cut(text, "=")
		choice, err := fake.ParseChoice(point, value)
		if err != nil {
			return usage("--behaviour: %w", err)
		}
		p.choices = append(p.choices, choice)
		if p.file.Behaviour == nil {
			p.file.Behaviour = make(map[string]string)
		}
		p.file.Behaviour[point] = value
	}
	if c.TapeEntries != 0 {
		p.file.Tape.Entries = c.TapeEntries
	}
	if c.TapeBytes != 0 {
		p.file.Tape.Bytes = c.TapeBytes
	}
	if p.file.Tape.Entries < 0 || p.file.Tape.Bytes < 0 {
		return usage("the bounds of the tape cannot be negative")
	}
	return nil
}

func (p *plan) profileNameOr(flag string) string {
	switch {
	case flag != "":
		return flag
	case p.file.Profile != "":
		return p.file.Profile
	}
	return "observed"
}

func (p *plan) profileName() string { return p.file.Profile }

// builtIn reports whether the built-in service is in force, so that its credentials may be shown.
func (p *plan) builtIn() bool {
	demo := fake.DemoService()
	if len(p.services) != 1 || p.services[0].SID != demo.SID || p.services[0].SPW != demo.SPW || len(p.services[0].Keys) != len(demo.Keys) {
		return false
	}
	for i, k := range p.services[0].Keys {
		if k.Value != demo.Keys[i].Value {
			return false
		}
	}
	return true
}

func (c *serveCommand) planProxies(p *plan) error {
	for _, text := range c.TrustedProxy {
		block, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			block, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return usage("--trusted-proxy %q is neither an address nor a block like 10.0.0.0/8", text)
		}
		p.proxies = append(p.proxies, block.Masked())
	}
	return nil
}

// options turns the plan into a fake, and opens the file of the tape.
func (c *serveCommand) options(p *plan, w *world) ([]fake.Option, func(), error) {
	tape := fake.Tape{Entries: p.file.Tape.Entries, Bytes: p.file.Tape.Bytes, Audio: c.TapeAudio}
	closeTape := func() {}
	if c.Tape != "" {
		f, err := openTape(c.Tape)
		if err != nil {
			return nil, nil, err
		}
		tape.Sink = f
		closeTape = func() { _ = f.Close() }
	}
	options := []fake.Option{
		fake.WithClock(p.clock), fake.WithSecret(p.secret), fake.WithSeed(p.seed), fake.WithLimits(p.limits), fake.WithProfile(p.profile),
		fake.WithTape(tape), fake.WithLogger(c.logger(w)), fake.WithVersion(versionText()), fake.WithTrustedProxies(p.proxies...),
		fake.WithAdminToken(c.AdminToken), fake.WithAdminHost(c.AdminHost...),
	}
	for _, s := range p.services {
		options = append(options, fake.WithService(s))
	}
	options = append(options, fake.WithScenarios(p.own...), fake.WithJobProgress(p.progress))
	if p.scenario != nil {
		options = append(options, fake.WithScenario(p.scenario))
	}
	for _, choice := range p.choices {
		options = append(options, fake.WithChoice(choice))
	}
	options = append(options, p.heard()...)
	if c.Strict {
		options = append(options, fake.WithStrict())
	}
	return options, closeTape, nil
}
