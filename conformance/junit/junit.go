// Package junit writes the XML that CI systems read.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"mockamivoice/conformance/dialogue"
)

// Suites is a whole report. Write counts what is in it.
type Suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"` // Seconds
	Suites   []Suite  `xml:"testsuite"`
}

// Suite is a group of cases.
type Suite struct {
	Name     string `xml:"name,attr"`
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Started  string `xml:"timestamp,attr,omitempty"` // Timestamp
	Cases    []Case `xml:"testcase"`
}

// Case is one thing that was checked. It passed unless it has a Failure, an Error or a Skipped.
type Case struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"` // Seconds
	File    string   `xml:"file,attr,omitempty"`
	Failure *Problem `xml:"failure"`
	Error   *Problem `xml:"error"`
	Skipped *Problem `xml:"skipped"`
	Output  string   `xml:"system-out,omitempty"`
}

// Problem is why a case did not pass.
type Problem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// NewProblem is a Problem whose control characters are escaped.
func NewProblem(kind, message, text string) *Problem {
	return &Problem{Message: dialogue.Printable(message), Type: kind, Text: dialogue.Printable(text)}
}

// Seconds is ms milliseconds as an attribute.
func Seconds(ms int64) string {
	return fmt.Sprintf("%.3f", (time.Duration(ms) * time.Millisecond).Seconds())
}

// Timestamp is t as an attribute, in UTC.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Write counts the cases and writes the report.
func (s *Suites) Write(w io.Writer) error {
	s.Tests, s.Failures, s.Errors = 0, 0, 0
	for i := range s.Suites {
		one := &s.Suites[i]
		one.count()
		s.Tests, s.Failures, s.Errors = s.Tests+one.Tests, s.Failures+one.Failures, s.Errors+one.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *Suite) count() {
	s.Tests, s.Failures, s.Errors, s.Skipped = len(s.Cases), 0, 0, 0
	for _, c := range s.Cases {
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
}
