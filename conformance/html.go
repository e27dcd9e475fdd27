package conformance

import (
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"time"

	"mockamivoice/conformance/dialogue"
)

var (
	//go:embed report.html
	page string
	//go:embed report.css
	pageStyle string
	//go:embed report.js
	pageScript string
)

// htmlItem is a script or a law on the page.
type htmlItem struct {
	ID, Title, Kind, Level, Basis, Source, Why, Reason, Known string

	Outcome  Outcome
	Failure  *Failure
	Place    string
	Findings []string
	Applied  int
	Fix      string
	Waited   time.Duration
	Duration time.Duration
	Lines    []dialogue.Line
}

// htmlPage is what the template is given.
type htmlPage struct {
	Report  *Report
	Status  string
	Started string
	Took    time.Duration
	Counts  []htmlCount
	Items   []htmlItem
	Policy  string
	Style   template.CSS
	Script  template.JS
}

type htmlCount struct {
	Outcome Outcome
	N       int
}

// WriteHTML writes the report as one page that needs nothing else: no network, no other file. Only its own script may run.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Parse(page)
	if err != nil {
		return fmt.Errorf("page of the report: %w", err)
	}
	p := htmlPage{
		Report: r, Status: string(r.Status), Started: r.Started.UTC().Format("2006-01-02 15:04:05 MST"), Took: time.Duration(r.Duration) * time.Millisecond,
		Policy: fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'", hash(pageStyle), hash(pageScript)),
		Style:  template.CSS(pageStyle), Script: template.JS(pageScript), //nolint:gosec // our own files
	}
	for _, o := range []Outcome{Fail, Errored, Warn, Skip, Pass} {
		n := 0
		for i := range r.Results {
			if r.Results[i].Outcome == o {
				n++
			}
		}
		for i := range r.Laws {
			if r.Laws[i].Outcome == o {
				n++
			}
		}
		p.Counts = append(p.Counts, htmlCount{o, n})
		p.Items = append(p.Items, r.items(o)...)
	}
	return t.Execute(w, p)
}

// items are the scripts and laws of one outcome.
func (r *Report) items(o Outcome) []htmlItem {
	var list []htmlItem
	for i := range r.Results {
		if r.Results[i].Outcome == o {
			list = append(list, r.Results[i].html())
		}
	}
	for i := range r.Laws {
		if r.Laws[i].Outcome == o {
			list = append(list, r.Laws[i].html())
		}
	}
	return list
}

func (r *Result) html() htmlItem {
	item := htmlItem{
		ID: r.ID, Title: r.Title, Kind: "script", Level: string(r.Level), Basis: r.Basis, Source: r.Source, Why: r.Why, Reason: dialogue.Printable(r.Reason), Known: r.Known,
		Outcome: r.Outcome, Waited: time.Duration(r.Waited) * time.Millisecond, Duration: time.Duration(r.Duration) * time.Millisecond, Place: r.File,
	}
	var marked []uint64
	for _, f := range r.Findings {
		item.Findings = append(item.Findings, dialogue.Printable(explain(f)))
		marked = append(marked, f.Entries...)
	}
	if r.Failure != nil {
		clean := *r.Failure
		clean.Expected, clean.Received = dialogue.Printable(clean.Expected), dialogue.Printable(clean.Received)
		item.Failure = &clean
		item.Place = fmt.Sprintf("%s:%d", r.File, r.Failure.Line)
	}
	for _, l := range dialogue.Lines(r.Tape, marked...) {
		l.Text = dialogue.Printable(l.Text)
		item.Lines = append(item.Lines, l)
	}
	return item
}

func (l *LawResult) html() htmlItem {
	item := htmlItem{
		ID: l.ID, Title: l.Title, Kind: "law", Level: string(l.Level), Basis: l.Basis, Source: l.Source, Why: l.Why, Fix: l.Fix, Known: l.Known,
		Outcome: l.Outcome, Applied: l.Applied,
	}
	if l.Outcome == Skip {
		item.Reason = "no dialogue of this run is about it"
	}
	for _, f := range l.Findings {
		item.Findings = append(item.Findings, dialogue.Printable(f.Scenario+": "+f.Text))
	}
	return item
}

// hash names a text in a content security policy.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
