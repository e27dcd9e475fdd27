package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"mockamivoice/conformance"
	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/fake/loopback"
	"mockamivoice/scenarios"
)

type conformanceCommand struct {
	Target     string   `default:"fake" help:"What to test: a URL under which all surfaces are, fake (one of our own for each script), or real (the public service; every call is paid for). (${default})" placeholder:"URL"`
	TargetFile string   `help:"File that describes the target; instead of --target." placeholder:"FILE"`
	Admin      string   `help:"Admin URL of a fake, to move its clock." placeholder:"URL"`
	AdminToken string   `help:"Bearer token of the admin routes." placeholder:"TOKEN"`
	CA         string   `name:"ca" help:"Certificates to trust, PEM; instead of the system's." placeholder:"FILE"`
	Source     []string `name:"source-address" help:"Address that the kit may send from; repeatable. (127.0.0.1 for a target on this machine)" placeholder:"ADDRESS"`

	SIDEnv        string `name:"sid-env" default:"AMIVOICE_SID" help:"Environment variable with the service ID. (${default})" placeholder:"NAME"`
	SPWEnv        string `name:"spw-env" default:"AMIVOICE_SPW" help:"Environment variable with the service password. (${default})" placeholder:"NAME"`
	IssuingKeyEnv string `default:"AMIVOICE_ISSUER_KEY" help:"Environment variable with a key that may issue keys. (${default})" placeholder:"NAME"`
	KeyEnv        string `default:"AMIVOICE_KEY" help:"Environment variable with a key that does not expire. (${default})" placeholder:"NAME"`

	Filter        string        `help:"Which scripts: a label filter over surface, level, basis, statement and id, like 'stream && must' or '/expire/'." placeholder:"EXPR"`
	Report        []string      `help:"Reports to write: junit=FILE, json=FILE, html=FILE; - is stdout." placeholder:"FORMAT=FILE"`
	KnownFailing  string        `help:"List of scripts and laws that are known to fail, with reasons." placeholder:"FILE"`
	FailOn        string        `default:"must" enum:"must,should" help:"What makes the run fail: must or should. (${default})" placeholder:"LEVEL"`
	FailOnPartial bool          `help:"Fail when a must was skipped."`
	Jobs          int           `default:"8" help:"Scripts at a time. (${default})" placeholder:"NUMBER"`
	Patience      time.Duration `default:"5s" help:"How long to wait for an answer, in real time. (${default})" placeholder:"DURATION"`
	Yes           bool          `help:"Spend money on the public service without asking."`
}

// Help is shown by conformance --help.
func (*conformanceCommand) Help() string {
	return `Examples:
  mockamivoice conformance
  mockamivoice conformance --target http://127.0.0.1:8080 --admin http://127.0.0.1:8081
  mockamivoice conformance --target-file staging.yaml --report junit=junit.xml,html=report.html
  AMIVOICE_SID=… AMIVOICE_SPW=… mockamivoice conformance --target real --filter 'issue || /expir/' --yes

A target file names the issuer and how to ask it, the recognizer, and the environment variables of the credentials:
  name: our staging
  issuer: {url: https://backend.example/token, headers: {Authorization: "Bearer ${env:TOKEN}"}, body: '{"ttl":"${epi}"}', key: {json: /api_key}}
  stream: wss://acp-api.amivoice.com/v1/
  capabilities: [issue, stream]

A target on this machine without credentials in the environment is taken for "mockamivoice serve" with its built-in ones.
Exit status: 1 when a must does not hold, 3 when something could not be run, 2 for a bad flag or file.`
}

// Run runs the kit.
func (c *conformanceCommand) Run(w *world) error {
	target, err := c.target(w)
	if err != nil {
		return err
	}
	scripts, err := c.scripts()
	if err != nil {
		return err
	}
	if err := c.price(w, target, scripts); err != nil {
		return err
	}
	reports, err := parseReports(c.Report)
	if err != nil {
		return err
	}
	options := []conformance.Option{
		conformance.WithJobs(c.Jobs), conformance.WithPatience(c.Patience), conformance.WithTool("mockamivoice " + versionText()),
		conformance.WithProgress(c.progress(w)),
	}
	if c.KnownFailing != "" {
		known, err := readKnown(c.KnownFailing)
		if err != nil {
			return err
		}
		options = append(options, conformance.WithKnown(known))
	}
	report, err := conformance.Run(w.ctx, target, scripts, options...)
	if known, ok := errors.AsType[*conformance.KnownError](err); ok {
		return usage("%w", known)
	}
	if err != nil {
		return cannot("conformance: %w", err)
	}
	if err := reports.write(&report, w.stdout); err != nil {
		return err
	}
	if err := report.WriteText(c.summary(w, reports)); err != nil {
		return cannot("stdout: %w", err)
	}
	if status := report.Exit(scenarios.Level(c.FailOn), c.FailOnPartial); status != statusGood {
		return &failure{status, quiet{}}
	}
	return nil
}

// quiet is an error that has been told already.
type quiet struct{}

// Error implements error.
func (quiet) Error() string { return "" }

// summary is where the text goes: stdout, unless a report is there.
func (c *conformanceCommand) summary(w *world, r reports) io.Writer {
	if r.onStdout() {
		return w.stderr
	}
	return w.stdout
}

func readKnown(file string) ([]conformance.Known, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("--known-failing: %w", err)
	}
	known, err := conformance.ParseKnown(file, data)
	if err != nil {
		return nil, usage("%w", err)
	}
	return known, nil
}

func (c *conformanceCommand) scripts() ([]*scenarios.Scenario, error) {
	scripts, err := conformance.Filter(scenarios.Scripts(), c.Filter)
	if err != nil {
		return nil, usage("--filter: %w", err)
	}
	return scripts, nil
}

func (c *conformanceCommand) target(w *world) (conformance.Target, error) {
	var t conformance.Target
	var err error
	switch {
	case c.TargetFile != "":
		t, err = c.fileTarget()
	case c.Target == "fake":
		return fakeTarget(), nil
	case c.Target == "real":
		t = conformance.Real(c.credentials())
	default:
		if t, err = conformance.At(c.Target, c.Admin, c.urlCredentials(w)); err != nil {
			err = usage("--target: %w", err)
		}
	}
	if err != nil {
		return t, err
	}
	t.AdminToken = c.AdminToken
	return t, c.network(&t)
}

func (c *conformanceCommand) fileTarget() (conformance.Target, error) {
	data, err := os.ReadFile(c.TargetFile)
	if err != nil {
		return conformance.Target{}, usage("--target-file: %w", err)
	}
	t, err := conformance.ParseTarget(c.TargetFile, data, os.LookupEnv)
	if err != nil {
		return t, usage("%w", err)
	}
	return t, nil
}

// network fills in addresses and certificates.
func (c *conformanceCommand) network(t *conformance.Target) error {
	if c.CA != "" {
		config, err := trust(c.CA)
		if err != nil {
			return err
		}
		t.TLS = config
	}
	for _, text := range c.Source {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return usage("--source-address: %q is not an address", text)
		}
		t.Sources = append(t.Sources, addr)
	}
	if len(t.Sources) == 0 && onThisMachine(t.Stream, t.Sync, t.Issue) {
		t.Sources = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}
	return nil
}

// onThisMachine tells whether all of the URLs that there are name a loopback address.
func onThisMachine(urls ...string) bool {
	for _, text := range urls {
		u, err := url.Parse(text)
		if err != nil {
			return false
		}
		ip := net.ParseIP(u.Hostname())
		if text != "" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

func (c *conformanceCommand) credentials() conformance.Credentials {
	return conformance.Credentials{
		SID: os.Getenv(c.SIDEnv), SPW: os.Getenv(c.SPWEnv), IssuingKey: os.Getenv(c.IssuingKeyEnv), Key: os.Getenv(c.KeyEnv),
	}
}

// urlCredentials are those of the environment or, for a target on this machine, the built-in ones of serve.
func (c *conformanceCommand) urlCredentials(w *world) conformance.Credentials {
	credentials := c.credentials()
	if credentials == (conformance.Credentials{}) && onThisMachine(c.Target) {
		_, _ = fmt.Fprintln(w.stderr, "no credentials in the environment: using the built-in ones of \"mockamivoice serve\"")
		return demoCredentials()
	}
	return credentials
}

func demoCredentials() conformance.Credentials {
	demo := fake.DemoService()
	return conformance.Credentials{SID: demo.SID, SPW: demo.SPW, Key: demo.Keys[0].Value, IssuingKey: demo.Keys[1].Value}
}

// fakeTarget gives each script a fake of its own, with a clock that can be moved.
func fakeTarget() conformance.Target {
	t := conformance.Target{
		Name: "the fake of this program", Credentials: demoCredentials(), Sources: []netip.Addr{netip.MustParseAddr("127.0.0.1")},
		Capabilities: []scenarios.Capability{scenarios.CanIssue, scenarios.CanIssueByKey, scenarios.CanSync, scenarios.CanStream, scenarios.CanAsync, scenarios.CanWords, scenarios.CanControl},
		Issue:        "http://127.0.0.1/issue_service_authorization", Sync: "http://127.0.0.1/v1/recognize", Stream: "ws://127.0.0.1/v1/",
		Async: "http://127.0.0.1/v2/recognitions", Words: "http://127.0.0.1/profilewords/", Admin: "http://127.0.0.1",
	}
	t.Fresh = func(ctx context.Context) (conformance.Target, func(), error) {
		f, err := loopback.Start(ctx, fake.WithClock(clock.NewManual(clock.System{}.Now())), fake.WithVersion(versionText()))
		if err != nil {
			return conformance.Target{}, nil, err
		}
		own, err := conformance.At(f.URL, f.Admin, t.Credentials)
		own.Capabilities, own.Sources = t.Capabilities, t.Sources
		return own, func() { _ = f.Close() }, err //nolint:contextcheck // closing waits for nobody
	}
	return t
}

// price says what a run against the public service takes, and stops unless that was agreed to.
func (c *conformanceCommand) price(w *world, t conformance.Target, scripts []*scenarios.Scenario) error {
	if c.TargetFile != "" || c.Target != "real" {
		return nil
	}
	cost := conformance.CostOf(t, scripts)
	_, _ = fmt.Fprintf(w.stderr, "This is the public service. The run makes %s.\nThe service bills detected speech; see its price list. Scripts that need a clock that can be moved are skipped.\n", cost)
	if !c.Yes {
		return usage("add --yes to agree to that, or choose fewer scripts with --filter")
	}
	return nil
}

// progress writes how far the run is: in place on a terminal, nothing elsewhere.
func (c *conformanceCommand) progress(w *world) func(done, total int, r conformance.Result) {
	if !isTerminal(w.stderr) {
		return func(int, int, conformance.Result) {}
	}
	return func(done, total int, r conformance.Result) {
		_, _ = fmt.Fprintf(w.stderr, "\r\x1b[K%d/%d %s", done, total, r.ID)
		if done == total {
			_, _ = fmt.Fprint(w.stderr, "\r\x1b[K")
		}
	}
}

// isTerminal tells whether a stream of this process is one.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // a device as well, and nobody looks at it
	return err != nil || !os.SameFile(info, null)
}

// reports are the files to write, by format.
type reports map[string]string

func parseReports(list []string) (reports, error) {
	r := make(reports)
	for _, item := range list {
		format, file, ok := strings.Cut(item, "=")
		if !ok || file == "" || format != "junit" && format != "json" && format != "html" {
			return nil, usage("--report: %q is none of junit=FILE, json=FILE, html=FILE", item)
		}
		r[format] = file
	}
	return r, nil
}

func (r reports) onStdout() bool {
	for _, file := range r {
		if file == "-" {
			return true
		}
	}
	return false
}

func (r reports) write(report *conformance.Report, stdout io.Writer) error {
	for format, file := range r {
		write := map[string]func(io.Writer) error{"junit": report.WriteJUnit, "json": report.WriteJSON, "html": report.WriteHTML}[format]
		if file == "-" {
			if err := write(stdout); err != nil {
				return cannot("stdout: %w", err)
			}
			continue
		}
		if err := writeFile(file, write); err != nil {
			return cannot("--report %s: %w", format, err)
		}
	}
	return nil
}

func writeFile(file string, write func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
