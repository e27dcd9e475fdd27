package conformance

import (
	"fmt"
	"io"
	"strings"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/conformance/junit"
)

// WriteJUnit writes the report for CI systems. JUnit knows no warning: one is a case that passes, with the warning as its output.
func (r *Report) WriteJUnit(w io.Writer) error {
	all := junit.Suites{Name: "mockamivoice conformance", Time: junit.Seconds(r.Duration)}
	scripts, laws := junit.Suite{Name: "scripts"}, junit.Suite{Name: "laws"}
	for i := range r.Results {
		scripts.Cases = append(scripts.Cases, r.Results[i].junit())
	}
	for i := range r.Laws {
		laws.Cases = append(laws.Cases, r.Laws[i].junit())
	}
	for _, k := range r.Stale {
		laws.Cases = append(laws.Cases, junit.Case{Name: k.ID, Class: "known-failing", Time: junit.Seconds(0), Failure: junit.NewProblem("stale", "it holds, but is listed as known to fail: "+k.Reason, "")})
	}
	scripts.Started = junit.Timestamp(r.Started.Time)
	laws.Started = scripts.Started
	all.Suites = []junit.Suite{scripts, laws}
	return all.Write(w)
}

func (r *Result) junit() junit.Case {
	c := junit.Case{Name: r.ID, Class: "scripts." + string(r.Surface), Time: junit.Seconds(r.Duration), File: r.File}
	var b strings.Builder
	r.writeText(&b)
	switch {
	case r.Outcome == Skip:
		c.Skipped = junit.NewProblem("", r.Reason, "")
	case r.Outcome == Errored:
		c.Error = junit.NewProblem("error", r.Reason, b.String())
	case r.Known != "":
		c.Skipped = junit.NewProblem("", "known to fail: "+r.Known, "")
	case r.Outcome == Fail:
		c.Failure = junit.NewProblem(string(r.Level), fmt.Sprintf("%s: expected %s, got %s", r.Title, r.Failure.Expected, r.Failure.Received), b.String())
	case r.Outcome == Warn:
		c.Output = dialogue.Printable(b.String())
	}
	return c
}

func (l *LawResult) junit() junit.Case {
	surface := l.Surface
	if surface == "" {
		surface = "every"
	}
	c := junit.Case{Name: l.ID, Class: "laws." + surface, Time: junit.Seconds(0)}
	var b strings.Builder
	l.writeText(&b)
	switch {
	case l.Outcome == Skip:
		c.Skipped = junit.NewProblem("", "no dialogue of this run is about it", "")
	case l.Known != "":
		c.Skipped = junit.NewProblem("", "known to fail: "+l.Known, "")
	case l.Outcome == Fail:
		c.Failure = junit.NewProblem(string(l.Level), fmt.Sprintf("%s: %s", l.Title, l.Findings[0].Text), b.String())
	case l.Outcome == Warn:
		c.Output = dialogue.Printable(b.String())
	}
	return c
}
