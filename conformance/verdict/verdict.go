// Package verdict says whether a client behaved, from the tapes of what it did.
package verdict

import (
	"cmp"
	"maps"
	"slices"

	"mockamivoice/conformance/judge"
	"mockamivoice/scenarios"
)

// Version is the version of the JSON form of a Verdict.
const Version = 1

// Status is what a verdict comes to.
type Status string

// The statuses.
const (
	Pass    Status = "pass"
	Fail    Status = "fail"    // Reasons say why
	Partial Status = "partial" // nothing failed, and something could not be judged: Reasons say what
)

// Verdict is what laws have to say about tapes.
type Verdict struct {
	Version  int            `json:"version"` // Version
	Tool     string         `json:"tool"`
	Status   Status         `json:"status"`
	Reasons  []string       `json:"reasons"` // why the status is not pass; empty when it is
	Findings []Finding      `json:"findings"`
	Counts   Counts         `json:"counts"`
	Applied  map[string]int `json:"applied"` // how often each law had something to look at; 0 for never
	Coverage Coverage       `json:"coverage"`
	Stale    []Stale        `json:"stale,omitempty"` // in the baseline, and did not happen

	laws          []judge.Law // those that were asked for, by id
	tapes         []Tape
	failOn        judge.Level
	lacksCoverage bool
}

// Finding is a place on a tape where a law does not hold. It is unique for tape, law, connection and first entry.
type Finding struct {
	Law     string      `json:"law"`
	Level   judge.Level `json:"level"`
	Basis   string      `json:"basis"`
	Title   string      `json:"title"`
	Text    string      `json:"text"` // what was seen
	Why     string      `json:"why"`
	Fix     string      `json:"fix"`
	Source  string      `json:"source"`
	Surface string      `json:"surface,omitempty"` // of the first entry
	Key     string      `json:"key,omitempty"`     // id of the key that was used there
	Conn    uint64      `json:"conn,omitempty"`
	Entries []uint64    `json:"entries"`         // N of the entries, the offence first
	File    string      `json:"file"`            // of the tape
	Line    int         `json:"line"`            // of the first entry in it, from 1
	Known   string      `json:"known,omitempty"` // why the baseline puts up with it

	tape int // index in Verdict.tapes
}

// Counts says how many findings there are. Those that the baseline names are Known and count nowhere else.
type Counts struct {
	Must   int `json:"must"`
	Should int `json:"should"`
	Info   int `json:"info"`
	Known  int `json:"known"`
}

// Judge holds laws against tapes: those of a client, unless an option says otherwise. It is a function of its arguments alone.
func Judge(tapes []Tape, list ...Option) Verdict {
	o := newOptions(list)
	v := Verdict{
		Version: Version, Tool: o.tool, Reasons: []string{}, Findings: []Finding{}, Applied: make(map[string]int), laws: o.chosen(), tapes: tapes, failOn: o.failOn,
	}
	for _, l := range v.laws {
		v.Applied[l.ID] = 0
	}
	for i := range tapes {
		v.judge(i, o)
	}
	v.leaveOutLight(o)
	v.Coverage = coverage(tapes, o)
	v.applyBaseline(o)
	v.count()
	v.conclude(o)
	return v
}

// judge adds what laws say about one tape. Laws see all of it, for what a client does with one key may follow from another; how
// often they applied is asked of the part that was asked for, so that the deeds of others make nobody's verdict green.
func (v *Verdict) judge(i int, o options) {
	t := &v.tapes[i]
	whole := t.judged(o).Judge(v.laws)
	applied := whole.Applied
	part := o.part(t.Entries)
	if o.isPart() {
		some := *t
		some.Entries = part
		applied = some.judged(o).Judge(v.laws).Applied
	}
	for id, n := range applied {
		v.Applied[id] += n
	}
	inPart := make(map[uint64]bool, len(part))
	for k := range part {
		inPart[part[k].N] = true
	}
	byID := make(map[string]*judge.Law, len(v.laws))
	for k := range v.laws {
		byID[v.laws[k].ID] = &v.laws[k]
	}
	for _, f := range whole.Findings {
		if inPart[f.Entries[0]] && (f.Key == "" || o.key == "" || f.Key == o.key) && o.heavyEnough(f.Level) {
			v.Findings = append(v.Findings, t.finding(i, f, byID[f.Law], o))
		}
	}
}

// leaveOutLight drops laws that are lighter than what was asked for. One whose finding is heavier than itself stays: the level of an
// expectation is that of its scenario.
func (v *Verdict) leaveOutLight(o options) {
	v.laws = slices.DeleteFunc(v.laws, func(l judge.Law) bool {
		isLight := !o.heavyEnough(l.Level) && !slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Law == l.ID })
		if isLight {
			delete(v.Applied, l.ID)
		}
		return isLight
	})
}

func (t *Tape) judged(o options) judge.Tape {
	return judge.Tape{Entries: t.Entries, Live: t.Live, Scenarios: o.scenarios}
}

func (t *Tape) finding(i int, f judge.Finding, l *judge.Law, o options) Finding {
	out := Finding{
		Law: f.Law, Level: f.Level, Basis: f.Basis.String(), Title: l.Title, Text: f.Text, Why: l.Why, Fix: l.Fix, Source: l.Source,
		Key: f.Key, Conn: f.Conn, Entries: f.Entries, File: t.name(), tape: i,
	}
	if at, ok := t.index(f.Entries[0]); ok {
		e := &t.Entries[at]
		out.Line, out.Surface = t.line(at), e.Surface
		if e.Kind == scenarios.FaultStruck { // the scenario knows better than a law about all of them
			if s, err := o.scenarios(e.Scenario); err == nil {
				out.Why, out.Source = s.Why, s.Source
			}
		}
	}
	return out
}

func (v *Verdict) count() {
	for _, f := range v.Findings {
		switch {
		case f.Known != "":
			v.Counts.Known++
		case f.Level == judge.Must:
			v.Counts.Must++
		case f.Level == judge.Should:
			v.Counts.Should++
		default:
			v.Counts.Info++
		}
	}
}

// Empty tells whether nothing was judged: there is nothing on the tapes that any law has something to say about.
func (v *Verdict) Empty() bool {
	return len(v.Findings) == 0 && !slices.ContainsFunc(slices.Collect(maps.Values(v.Applied)), func(n int) bool { return n > 0 })
}

// byLaw are the findings law by law, the heavier first. Findings of one law that have different reasons are apart.
func (v *Verdict) byLaw() [][]Finding {
	groups := make(map[string][]Finding)
	var order []string
	for _, f := range v.Findings {
		id := f.Law + "\n" + f.Why
		if groups[id] == nil {
			order = append(order, id)
		}
		groups[id] = append(groups[id], f)
	}
	all := make([][]Finding, 0, len(order))
	for _, id := range order {
		slices.SortStableFunc(groups[id], func(a, b Finding) int { return cmp.Compare(weight(b.Level), weight(a.Level)) })
		all = append(all, groups[id])
	}
	slices.SortStableFunc(all, func(a, b []Finding) int { return cmp.Compare(weight(b[0].Level), weight(a[0].Level)) })
	return all
}

func weight(l scenarios.Level) int {
	switch l {
	case scenarios.Must:
		return 2
	case scenarios.Should:
		return 1
	case scenarios.Info:
	}
	return 0
}
