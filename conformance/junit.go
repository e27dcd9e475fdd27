package conformance

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Started  string      `xml:"timestamp,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Skipped *junitProblem `xml:"skipped"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the report for CI systems. JUnit knows no warning: one is a case that passes, with the warning as its output.
func (r *Report) WriteJUnit(w io.Writer) error {
	all := junitSuites{Name: "mockamivoice conformance", Time: seconds(r.Duration)}
	scripts, laws := junitSuite{Name: "scripts"}, junitSuite{Name: "laws"}
	for i := range r.Results {
		scripts.Cases = append(scripts.Cases, r.Results[i].junit())
	}
	for i := range r.Laws {
		laws.Cases = append(laws.Cases, r.Laws[i].junit())
	}
	for _, k := range r.Stale {
		laws.Cases = append(laws.Cases, junitCase{Name: k.ID, Class: "known-failing", Time: seconds(0), Failure: problem("stale", "it holds, but is listed as known to fail: "+k.Reason, "")})
	}
	for _, s := range []junitSuite{scripts, laws} {
		s.Started = r.Started.UTC().Format("2006-01-02T15:04:05Z")
		for _, c := range s.Cases {
			s.Tests++
			s.Failures += count(c.Failure)
			s.Errors += count(c.Error)
			s.Skipped += count(c.Skipped)
		}
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func count(p *junitProblem) int {
	if p == nil {
		return 0
	}
	return 1
}

func seconds(ms int64) string {
	return fmt.Sprintf("%.3f", (time.Duration(ms) * time.Millisecond).Seconds())
}

func problem(kind, message, text string) *junitProblem {
	return &junitProblem{Message: printable(message), Type: kind, Text: printable(text)}
}

func (r *Result) junit() junitCase {
	c := junitCase{Name: r.ID, Class: "scripts." + string(r.Surface), Time: seconds(r.Duration), File: r.File}
	var b strings.Builder
	r.writeText(&b)
	switch {
	case r.Outcome == Skip:
		c.Skipped = problem("", r.Reason, "")
	case r.Outcome == Errored:
		c.Error = problem("error", r.Reason, b.String())
	case r.Known != "":
		c.Skipped = problem("", "known to fail: "+r.Known, "")
	case r.Outcome == Fail:
		c.Failure = problem(string(r.Level), fmt.Sprintf("%s: expected %s, got %s", r.Title, r.Failure.Expected, r.Failure.Received), b.String())
	case r.Outcome == Warn:
		c.Output = printable(b.String())
	}
	return c
}

func (l *LawResult) junit() junitCase {
	surface := l.Surface
	if surface == "" {
		surface = "every"
	}
	c := junitCase{Name: l.ID, Class: "laws." + surface, Time: seconds(0)}
	var b strings.Builder
	l.writeText(&b)
	switch {
	case l.Outcome == Skip:
		c.Skipped = problem("", "no dialogue of this run is about it", "")
	case l.Known != "":
		c.Skipped = problem("", "known to fail: "+l.Known, "")
	case l.Outcome == Fail:
		c.Failure = problem(string(l.Level), fmt.Sprintf("%s: %s", l.Title, l.Findings[0].Text), b.String())
	case l.Outcome == Warn:
		c.Output = printable(b.String())
	}
	return c
}
