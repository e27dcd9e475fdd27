package verdict

import (
	"fmt"
	"io"
	"strings"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/conformance/judge"
	"mockamivoice/conformance/junit"
)

// WriteJUnit writes the verdict for CI systems, a case for each law and one for each other reason to fail. A law that never applied
// is skipped. JUnit knows no warning: what does not make the verdict fail is a case that passes, with the findings as its output.
func (v *Verdict) WriteJUnit(w io.Writer) error {
	groups := make(map[string][][]Finding)
	for _, g := range v.byLaw() {
		groups[g[0].Law] = append(groups[g[0].Law], g)
	}
	suite := junit.Suite{Name: "laws"}
	for i := range v.laws {
		suite.Cases = append(suite.Cases, v.junitCase(&v.laws[i], groups[v.laws[i].ID]))
	}
	for _, s := range v.Stale {
		suite.Cases = append(suite.Cases, junit.Case{
			Name: s.Law, Class: "baseline", Time: junit.Seconds(0), Failure: junit.NewProblem("stale", "it holds, but is in the baseline: "+s.Reason, ""),
		})
	}
	if v.Empty() {
		suite.Cases = append(suite.Cases, junit.Case{
			Name: "nothing-judged", Class: "verdict", Time: junit.Seconds(0), Error: junit.NewProblem("empty", strings.Join(v.Reasons, "; "), ""),
		})
	}
	if v.lacksCoverage {
		suite.Cases = append(suite.Cases, junit.Case{
			Name: "coverage", Class: "verdict", Time: junit.Seconds(0), Failure: junit.NewProblem("coverage", strings.Join(v.Reasons, "; "), ""),
		})
	}
	all := junit.Suites{Name: "mockamivoice verdict", Time: junit.Seconds(0), Suites: []junit.Suite{suite}}
	return all.Write(w)
}

func (v *Verdict) junitCase(l *judge.Law, groups [][]Finding) junit.Case {
	surface := string(l.Surface)
	if surface == "" {
		surface = "every"
	}
	c := junit.Case{Name: l.ID, Class: "laws." + surface, Time: junit.Seconds(0)}
	if len(groups) == 0 {
		if v.Applied[l.ID] == 0 {
			c.Skipped = junit.NewProblem("", "it never applied", "")
		}
		return c
	}
	var b strings.Builder
	for _, g := range groups {
		v.writeLaw(&b, g)
	}
	first := groups[0][0]
	c.File = first.File
	switch {
	case first.Known != "":
		c.Skipped = junit.NewProblem("", "known: "+first.Known, "")
	case weight(first.Level) >= weight(v.failOn):
		c.Failure = junit.NewProblem(string(first.Level), fmt.Sprintf("%s: %s", l.Title, first.Text), b.String())
	default:
		c.Output = dialogue.Printable(b.String())
	}
	return c
}
