// Package conformance runs scripted scenarios against any issuer and any recognizer, and reports what holds and what does not.
//
// It talks to a Target over the wire, records every dialogue as a tape, compares it with the script, and holds the laws of
// conformance/judge against it. It knows nothing about the fake of this module.
package conformance

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"mockamivoice/conformance/judge"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Outcome is how a scenario or a law came out.
type Outcome string

// The outcomes.
const (
	Pass    Outcome = "pass"
	Fail    Outcome = "fail"  // a must does not hold
	Warn    Outcome = "warn"  // a should, or something that is only assumed, does not hold
	Skip    Outcome = "skip"  // the target does not claim what is needed, or a law never applied
	Errored Outcome = "error" // the kit or the network; says nothing about the target
)

// Option shapes a run.
type Option func(*options)

type options struct {
	jobs     int
	patience time.Duration
	known    []Known
	progress func(done, total int, r Result)
	laws     []judge.Law
	tool     string
	sounds   *Sounds
}

const (
	usualJobs     = 8
	usualPatience = 5 * time.Second
)

// WithJobs sets how many scripts run at a time; default 8. On a shared target scripts that move a clock run one after another.
func WithJobs(n int) Option { return func(o *options) { o.jobs = n } }

// WithPatience sets how long the kit waits for an answer, in real time; default 5 s.
func WithPatience(d time.Duration) Option { return func(o *options) { o.patience = d } }

// WithKnown says which scenarios and laws are known to fail.
func WithKnown(k []Known) Option { return func(o *options) { o.known = k } }

// WithProgress calls f after every script, from one goroutine at a time.
func WithProgress(f func(done, total int, r Result)) Option {
	return func(o *options) { o.progress = f }
}

// WithTool names the program in reports.
func WithTool(name string) Option { return func(o *options) { o.tool = name } }

// WithSounds shares generated sounds among runs.
func WithSounds(s *Sounds) Option { return func(o *options) { o.sounds = s } }

func newOptions(list []Option) options {
	o := options{jobs: usualJobs, patience: usualPatience, laws: judge.ServerLaws(), tool: "mockamivoice", sounds: &Sounds{}}
	for _, one := range list {
		one(&o)
	}
	o.jobs = max(o.jobs, 1)
	return o
}

// Result is how one scenario came out.
type Result struct {
	ID        string            `json:"id"`
	Title     string            `json:"title"`
	Surface   protocol.Surface  `json:"surface"`
	Level     scenarios.Level   `json:"level"`
	Basis     string            `json:"basis"`
	Source    string            `json:"source"`
	Statement string            `json:"statement,omitempty"`
	Outcome   Outcome           `json:"outcome"`
	Reason    string            `json:"reason,omitempty"` // of skip and error
	Failure   *Failure          `json:"failure,omitempty"`
	Known     string            `json:"known,omitempty"`    // why it is known to fail
	Waited    int64             `json:"waited_ms"`          // clock time that the script let pass
	Duration  int64             `json:"duration_ms"`        // real
	Findings  []judge.Finding   `json:"findings,omitempty"` // of laws, in this dialogue
	Tape      []scenarios.Entry `json:"tape,omitempty"`
	Why       string            `json:"why"`
	File      string            `json:"file"`
	applied   map[string]int    // by law
	scenario  *scenarios.Scenario
}

// Failure is what a target did otherwise than a script says.
type Failure struct {
	Line     int    `json:"line"` // of the scenario's file
	Verb     string `json:"verb"`
	Expected string `json:"expected"`
	Received string `json:"received"`
}

// Run plays the scripts against the target and reports. The error is one of the target as a whole: it cannot be reached, or says
// of itself what is not so.
func Run(ctx context.Context, t Target, scripts []*scenarios.Scenario, list ...Option) (Report, error) {
	o := newOptions(list)
	if err := checkKnown(o.known, scripts, o.laws); err != nil {
		return Report{}, err
	}
	if err := t.Probe(ctx); err != nil {
		return Report{}, err
	}
	started := now()
	results := playAll(ctx, t, scripts, o)
	r := summarize(t, results, o)
	r.Started, r.Duration = scenarios.At(started), now().Sub(started).Milliseconds()
	return r, ctx.Err()
}

// now is real time: the kit measures how long things take.
func now() time.Time { return time.Now() } //nolint:forbidigo // the only clock of the kit; targets have their own

// playAll plays the scripts, as many at a time as may be: those that move the clock of a shared target come last, one by one.
func playAll(ctx context.Context, t Target, scripts []*scenarios.Scenario, o options) []Result {
	results := make([]Result, len(scripts))
	var together, alone []int
	for i, s := range scripts {
		if t.Fresh == nil && t.Has(scenarios.CanControl) && s.MovesClock() {
			alone = append(alone, i)
		} else {
			together = append(together, i)
		}
	}
	var mu sync.Mutex
	done := 0
	play := func(i int) {
		r := Play(ctx, t, scripts[i], o.asList()...)
		mu.Lock()
		defer mu.Unlock()
		results[i] = r
		done++
		if o.progress != nil {
			o.progress(done, len(scripts), r)
		}
	}
	inParallel(o.jobs, together, play)
	inParallel(1, alone, play)
	return results
}

func (o options) asList() []Option { return []Option{func(p *options) { *p = o }} }

func inParallel(jobs int, list []int, play func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(jobs, len(list)) {
		wg.Go(func() {
			for i := range next {
				play(i)
			}
		})
	}
	for _, i := range list {
		next <- i
	}
	close(next)
	wg.Wait()
}

// Play plays one script and judges its dialogue.
func Play(ctx context.Context, t Target, s *scenarios.Scenario, list ...Option) (r Result) {
	o := newOptions(list)
	r = Result{
		ID: s.ID, Title: s.Title, Surface: s.Surface, Level: s.Level, Basis: s.Basis.String(), Source: s.Source, Statement: s.Statement,
		Why: s.Why, File: s.File, Waited: s.Waits().Milliseconds(), scenario: s,
	}
	started := now()
	defer func() { r.Duration = now().Sub(started).Milliseconds() }()
	if err := ctx.Err(); err != nil {
		r.Outcome, r.Reason = Errored, "not played: "+err.Error()
		return r
	}
	if reason := t.cannot(s); reason != "" {
		r.Outcome, r.Reason = Skip, reason
		return r
	}
	if t.Fresh != nil {
		own, end, err := t.Fresh(ctx)
		if err != nil {
			r.Outcome, r.Reason = Errored, err.Error()
			return r
		}
		defer end()
		t = own
	}
	r.play(ctx, t, s, o)
	return r
}

func (r *Result) play(ctx context.Context, t Target, s *scenarios.Scenario, o options) {
	p := newPlayer(t, s, o)
	failure, err := p.play(ctx)
	p.leave(ctx)
	r.Tape = p.tape.entries()
	verdict := judge.Judge(o.laws, r.Tape)
	r.Findings, r.applied = verdict.Findings, verdict.Applied
	switch {
	case err != nil:
		r.Outcome, r.Reason = Errored, p.tape.Text(err.Error())
	case failure == nil:
		r.Outcome = Pass
	default:
		failure.Expected, failure.Received = p.tape.Text(failure.Expected), p.tape.Text(failure.Received)
		r.Failure = failure
		r.Outcome = failed(s.Level)
	}
}

// failed is the outcome of a check that does not hold.
func failed(l scenarios.Level) Outcome {
	if l == scenarios.Must {
		return Fail
	}
	return Warn
}

// cannot says why the target cannot be asked for what the script needs, or "".
func (t *Target) cannot(s *scenarios.Scenario) string {
	if s.Script == nil {
		return "has no script: it is a failure that the fake plays to clients"
	}
	for _, c := range s.Needs {
		if !t.Has(c) {
			if c == scenarios.CanControl {
				return fmt.Sprintf("needs a clock that can be moved: it lets %s pass", s.Waits())
			}
			return "the target does not claim " + string(c)
		}
	}
	given := t.variables()
	for _, name := range s.Uses() {
		if _, is := given[name]; is || name == "key" && (t.Credentials.Key != "" || t.Has(scenarios.CanIssue)) {
			continue
		}
		return fmt.Sprintf("the target gives no ${%s}", name)
	}
	for _, step := range s.Script {
		if reason := t.cannotStep(step.Action); reason != "" {
			return reason
		}
	}
	return ""
}

func (t *Target) cannotStep(a scenarios.Action) string {
	switch a := a.(type) {
	case scenarios.Issue:
		return t.cannotIssue(a)
	case scenarios.Request:
		if a.Path == protocol.PathIssue && t.Form != nil {
			return "the issuer has a form of its own"
		}
		return t.cannotAsk(string(a.Path), a.From)
	case scenarios.Submit:
		return t.cannotAsk(a.Path(), "")
	case scenarios.Poll:
		return t.cannotAsk(string(a.Path()), "")
	case scenarios.Words:
		return t.cannotAsk(string(a.Path()), "")
	case scenarios.Connect:
		return t.cannotAsk(a.Path, a.From)
	}
	return ""
}

func (t *Target) cannotAsk(path string, from scenarios.Template) string {
	if _, err := t.place(path); err != nil {
		return err.Error()
	}
	return t.cannotFrom(from)
}

func (t *Target) cannotIssue(a scenarios.Issue) string {
	if t.Form == nil {
		return t.cannotFrom(a.From)
	}
	asked := scenarios.Template(t.Form.Body).Variables()
	for name, value := range map[string]*scenarios.Template{"sid": a.SID, "spw": a.SPW, "epi": a.EPI, "ipa": a.IPA} {
		if value == nil {
			continue
		}
		if !slices.Contains(asked, name) {
			return "the issuer's form does not take " + name
		}
		if re := t.Form.Accepts[name]; re != nil && !re.MatchString(string(*value)) {
			return fmt.Sprintf("the issuer does not take this %s: %s", name, *value)
		}
	}
	return t.cannotFrom(a.From)
}

func (t *Target) cannotFrom(from scenarios.Template) string {
	if from == "" || from == "${address}" {
		return ""
	}
	if !slices.ContainsFunc(t.Sources, func(a netip.Addr) bool { return a.String() == string(from) }) {
		return "the target does not list the source address " + string(from)
	}
	return ""
}
