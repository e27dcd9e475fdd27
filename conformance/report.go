package conformance

import (
	"cmp"
	"fmt"
	"slices"

	"mockamivoice/conformance/judge"
	"mockamivoice/scenarios"
)

// ReportVersion is the version of the JSON form of a Report.
const ReportVersion = 1

// Report is what a run found out.
type Report struct {
	Report   int               `json:"report"` // ReportVersion
	Tool     string            `json:"tool"`
	Target   string            `json:"target"`
	Started  scenarios.Instant `json:"started"`
	Duration int64             `json:"duration_ms"` // real
	Status   Status            `json:"status"`
	Partial  bool              `json:"partial"` // a must was skipped
	Headline string            `json:"headline"`
	Counts   map[Outcome]int   `json:"counts"` // of scripts
	Results  []Result          `json:"results"`
	Laws     []LawResult       `json:"laws"`
	Stale    []Known           `json:"stale,omitempty"` // known to fail, and do not
}

// Status is what a run comes to.
type Status string

// The statuses.
const (
	Passed  Status = "pass"
	Failed  Status = "fail"  // a must does not hold, or a known failure is none
	Unclear Status = "error" // something could not be run
	Empty   Status = "empty" // nothing was run
)

// LawResult is how one law came out over all dialogues.
type LawResult struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Surface  string            `json:"surface"`
	Level    scenarios.Level   `json:"level"`
	Basis    string            `json:"basis"`
	Source   string            `json:"source"`
	Why      string            `json:"why"`
	Fix      string            `json:"fix"`
	Outcome  Outcome           `json:"outcome"` // skip when it never applied
	Applied  int               `json:"applied"`
	Known    string            `json:"known,omitempty"`
	Findings []ScenarioFinding `json:"findings,omitempty"`
}

// ScenarioFinding is a finding with the script in whose dialogue it was made.
type ScenarioFinding struct {
	judge.Finding

	Scenario string `json:"scenario"`
}

// summarize makes a report of results.
func summarize(t Target, results []Result, o options) Report {
	r := Report{
		Report: ReportVersion, Tool: o.tool, Target: t.describe(), Counts: make(map[Outcome]int), Results: results,
		Laws: lawResults(results, o.laws),
	}
	r.applyKnown(o.known)
	for i := range r.Results {
		one := &r.Results[i]
		r.Counts[one.Outcome]++
		r.Partial = r.Partial || one.Outcome == Skip && one.Level == scenarios.Must
	}
	r.Status = r.status()
	r.Headline = r.headline()
	return r
}

// Summarize makes a report of results that were played one by one, for example as specs of a suite.
func Summarize(t Target, results []Result, list ...Option) Report {
	return summarize(t, results, newOptions(list))
}

func lawResults(results []Result, laws []judge.Law) []LawResult {
	byID := make(map[string]*LawResult)
	list := make([]LawResult, len(laws))
	for i, l := range laws {
		list[i] = LawResult{
			ID: l.ID, Title: l.Title, Surface: string(l.Surface), Level: l.Level, Basis: l.Basis.String(), Source: l.Source, Why: l.Why, Fix: l.Fix,
		}
		byID[l.ID] = &list[i]
	}
	for _, r := range results {
		for id, n := range r.applied {
			byID[id].Applied += n
		}
		for _, f := range r.Findings {
			byID[f.Law].Findings = append(byID[f.Law].Findings, ScenarioFinding{f, r.ID})
		}
	}
	for i := range list {
		switch l := &list[i]; {
		case len(l.Findings) > 0:
			l.Outcome = failed(l.Level)
		case l.Applied == 0:
			l.Outcome = Skip
		default:
			l.Outcome = Pass
		}
	}
	slices.SortStableFunc(list, func(a, b LawResult) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func (r *Report) executed() int {
	return r.Counts[Pass] + r.Counts[Fail] + r.Counts[Warn]
}

func (r *Report) status() Status {
	switch {
	case len(r.Stale) > 0 || r.failures(scenarios.Must) > 0:
		return Failed
	case r.Counts[Errored] > 0:
		return Unclear
	case r.executed() == 0:
		return Empty
	}
	return Passed
}

// failures counts what does not hold at a level and is not known.
func (r *Report) failures(level scenarios.Level) int {
	n := 0
	for i := range r.Results {
		if one := &r.Results[i]; one.Level == level && one.Known == "" && (one.Outcome == Fail || one.Outcome == Warn) {
			n++
		}
	}
	for i := range r.Laws {
		if one := &r.Laws[i]; one.Level == level && one.Known == "" && (one.Outcome == Fail || one.Outcome == Warn) {
			n++
		}
	}
	return n
}

// Exit is the exit status of a run: 0 good, 1 failed, 3 could not run. With failOn Should, a should counts like a must.
func (r *Report) Exit(failOn scenarios.Level, failOnPartial bool) int {
	const good, bad, cannot = 0, 1, 3
	switch {
	case r.Status == Failed, failOn == scenarios.Should && r.failures(scenarios.Should) > 0:
		return bad
	case r.Status == Unclear || r.Status == Empty:
		return cannot
	case failOnPartial && r.Partial:
		return bad
	}
	return good
}

func (r *Report) headline() string {
	word := map[Status]string{Passed: "PASS", Failed: "FAIL", Unclear: "COULD NOT RUN EVERYTHING", Empty: "NOTHING WAS RUN"}[r.Status]
	if r.Partial && r.Status != Empty {
		word += ", PARTIAL"
	}
	held, broken := 0, 0
	for _, l := range r.Laws {
		switch l.Outcome {
		case Pass:
			held++
		case Fail, Warn:
			broken++
		case Skip, Errored:
		}
	}
	return fmt.Sprintf("%s: %d scripts: %d pass, %d fail, %d warn, %d skip, %d error; %d laws hold, %d do not",
		word, len(r.Results), r.Counts[Pass], r.Counts[Fail], r.Counts[Warn], r.Counts[Skip], r.Counts[Errored], held, broken)
}
