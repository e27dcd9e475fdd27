package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"mockamivoice/conformance/judge"
	"mockamivoice/conformance/verdict"
	"mockamivoice/fake/clock"
	"mockamivoice/protocol"
)

type verdictCommand struct {
	Command bool     `name:"run" help:"Start a fake, run a command that uses it, and judge what the command did." env:"-"`
	Args    []string `arg:"" optional:"" name:"tape" help:"Tapes to judge, - for stdin; with --run -- the command and its arguments."`

	Admin      string `help:"Admin URL of a running fake whose tape is judged; instead of TAPE." placeholder:"URL" env:"MOCKAMIVOICE_VERDICT_ADMIN"`
	AdminToken string `help:"Bearer token of the admin routes." placeholder:"TOKEN"`
	Over       bool   `help:"With --admin: the client is done, and what it has not done counts against it." env:"MOCKAMIVOICE_VERDICT_OVER"`

	Format string `default:"text" enum:"text,json,junit,sarif" help:"text, json, junit or sarif. (${default})" placeholder:"FORMAT" env:"MOCKAMIVOICE_VERDICT_FORMAT"`
	Output string `help:"File that gets the verdict in that format; the text still goes to stdout." placeholder:"FILE" env:"MOCKAMIVOICE_VERDICT_OUTPUT"`

	Key     string   `help:"Judge only what was done with the key that has this id, as tapes show it." placeholder:"ID" env:"MOCKAMIVOICE_VERDICT_KEY"`
	Surface string   `default:"" enum:",issue,sync,stream" help:"Judge one surface: issue, sync or stream." placeholder:"SURFACE"`
	Law     []string `help:"Ask this law alone; repeatable." placeholder:"ID"`
	Level   string   `default:"info" enum:"must,should,info" help:"Leave out what is lighter than must, should or info. (${default})" placeholder:"LEVEL"`
	Side    string   `default:"client" enum:"client,server,both" help:"Whose laws are asked: client, server or both. (${default})" placeholder:"SIDE"`

	FailOn          string `default:"must" enum:"must,should" help:"What makes the verdict fail: must or should. (${default})" placeholder:"LEVEL" env:"MOCKAMIVOICE_VERDICT_FAIL_ON"`
	Baseline        string `help:"List of laws that are known not to hold, with reasons." placeholder:"FILE"`
	RequireCoverage string `help:"Fail when less than this part of the documented failures was met." placeholder:"N%"`

	Scenario  string `help:"With --run: what the command meets, an id of \"scenarios list --edge\", or a file. Else a file of your own that the tape names." placeholder:"NAME|FILE" env:"MOCKAMIVOICE_VERDICT_SCENARIO"`
	Scenarios string `help:"Folder with scenario files of your own that the tape, or --scenario, names." placeholder:"DIR"`

	Clock string `default:"system" enum:"system,manual" help:"With --run: system, or manual: moved by the admin routes. (${default})" placeholder:"KIND" env:"MOCKAMIVOICE_VERDICT_CLOCK"`
	Tape  string `help:"With --run: file that gets the tape." placeholder:"FILE" env:"MOCKAMIVOICE_VERDICT_TAPE"`
}

// Help is shown by verdict --help.
func (*verdictCommand) Help() string {
	return `Examples:
  mockamivoice verdict tape.jsonl
  mockamivoice verdict --admin http://127.0.0.1:8081 --surface stream --over
  mockamivoice verdict --format sarif --output verdict.sarif tape.jsonl
  mockamivoice verdict --run -- pytest tests/speech
  mockamivoice verdict --run --scenario stream.key-expires-before-first-p -- ./client
  mockamivoice verdict --run --format junit --output verdict.xml --require-coverage 20% -- npm test

--run starts a fake on free ports of this machine and gives the command its addresses and credentials in the environment:
  AMIVOICE_ISSUER_URL     where keys are issued
  AMIVOICE_RECOGNIZE_URL  the synchronous interface
  AMIVOICE_STREAM_URL     the WebSocket interface, ws://…/v1/
  AMIVOICE_ASYNC_URL      where v2/recognitions will be; it is not served yet
  AMIVOICE_SID, AMIVOICE_SPW, AMIVOICE_KEY
  MOCKAMIVOICE_ADMIN_URL  the admin routes: clock, tape, keys
The command has stdin, stdout and stderr of this one; the verdict follows on stdout when it has ended.

A baseline is a YAML list of {law, reason, until}; until is the last day on which the entry counts, and may be left out.

Exit status: 1 when a must does not hold, a baseline's law does, too little was met or the command failed; 3 when nothing was judged
or the command could not start; 2 for a bad flag or file.`
}

// Run judges.
func (c *verdictCommand) Run(w *world) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	scene, err := c.scene()
	if err != nil {
		return err
	}
	if c.Command {
		return c.run(w, scene, options)
	}
	tapes, err := c.tapes(w)
	if err != nil {
		return err
	}
	return c.tell(w, verdict.Judge(tapes, append(options, verdict.WithScenarios(scene.named))...), statusGood)
}

func (c *verdictCommand) options() ([]verdict.Option, error) {
	if err := verdict.CheckLaws(c.Law...); err != nil {
		return nil, usage("--law: %w", err)
	}
	sides := map[string][]judge.Side{"client": {judge.Client}, "server": {judge.Server}, "both": {judge.Client, judge.Server}}[c.Side]
	list := []verdict.Option{
		verdict.WithTool("mockamivoice " + versionText()), verdict.Of(sides...), verdict.ForKey(c.Key), verdict.ForSurface(protocol.Surface(c.Surface)),
		verdict.AtLevel(judge.Level(c.Level)), verdict.FailOn(judge.Level(c.FailOn)),
	}
	if len(c.Law) > 0 {
		list = append(list, verdict.ForLaws(c.Law...))
	}
	if c.RequireCoverage != "" {
		n, err := strconv.Atoi(strings.TrimSuffix(c.RequireCoverage, "%"))
		if err != nil || n < 0 || n > 100 {
			return nil, usage("--require-coverage %q is no percentage, for example 20%%", c.RequireCoverage)
		}
		list = append(list, verdict.RequireCoverage(n))
	}
	if c.Baseline != "" {
		data, err := os.ReadFile(c.Baseline)
		if err != nil {
			return nil, usage("--baseline: %w", err)
		}
		entries, err := verdict.ParseBaseline(c.Baseline, data)
		if err != nil {
			return nil, usage("--baseline: %w", err)
		}
		list = append(list, verdict.WithBaseline(entries, clock.System{}.Now()))
	}
	return list, nil
}

// tapes reads what is to be judged: files, or the tape of a running fake.
func (c *verdictCommand) tapes(w *world) ([]verdict.Tape, error) {
	switch {
	case c.Clock != "system", c.Tape != "":
		return nil, usage("--clock and --tape go with --run")
	case c.Over && c.Admin == "":
		return nil, usage("--over goes with --admin; a tape in a file is over")
	case (c.Admin == "") == (len(c.Args) == 0):
		return nil, usage("give tapes, or --admin URL of a running fake, or --run -- COMMAND")
	case c.Admin != "":
		return c.liveTape(w)
	}
	var all []verdict.Tape
	for _, file := range c.Args {
		if file == "-" {
			some, err := verdict.Read(verdict.LiveFile, w.stdin)
			if err != nil {
				return nil, usage("%w", err)
			}
			all = append(all, some...)
			continue
		}
		some, err := readTapes(file)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func readTapes(file string) ([]verdict.Tape, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage("%w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	tapes, err := verdict.Read(fromHere(file), f)
	if err != nil {
		return nil, usage("%w", err)
	}
	return tapes, nil
}

// fromHere is a path as reports name it: relative to the working directory where it lies below.
func fromHere(file string) string {
	dir, err := os.Getwd()
	if err != nil || !filepath.IsAbs(file) {
		return file
	}
	if short, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(short) {
		return short
	}
	return file
}

// liveTape asks a running fake. Its tape goes on.
func (c *verdictCommand) liveTape(w *world) ([]verdict.Tape, error) {
	target, err := url.Parse(c.Admin)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, usage("--admin %q is no URL, for example http://127.0.0.1:8081", c.Admin)
	}
	body, err := getAdmin(w.ctx, target.JoinPath("tape").String(), c.AdminToken)
	if err != nil {
		return nil, cannot("--admin: %w", err)
	}
	tapes, err := verdict.Read(verdict.LiveFile, bytes.NewReader(body))
	if err != nil {
		return nil, cannot("--admin: %s is no admin URL of a fake: %w", c.Admin, err)
	}
	for i := range tapes {
		tapes[i].Live = !c.Over
	}
	return tapes, nil
}

func getAdmin(ctx context.Context, target, token string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode == http.StatusUnauthorized:
		return nil, errors.New("the admin token is missing or wrong; give --admin-token")
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answers %s", target, res.Status)
	}
	return body, nil
}

// tell writes the verdict and returns the status to exit with, which is at least that.
func (c *verdictCommand) tell(w *world, v verdict.Verdict, least int) error {
	format := verdict.Format(c.Format)
	if c.Output != "" {
		if err := writeFile(c.Output, func(f io.Writer) error { return v.Write(f, format) }); err != nil {
			return cannot("--output: %w", err)
		}
		format = verdict.Text
	}
	if err := v.Write(w.stdout, format); err != nil {
		return cannot("stdout: %w", err)
	}
	if status := max(v.Exit(), least); status != statusGood {
		return &failure{status, quiet{}}
	}
	return nil
}
