// Package specs is the conformance kit as Ginkgo specs: one for each script, for a suite of its own or somebody else's.
package specs

import (
	"fmt"
	"strings"

	"github.com/onsi/ginkgo/v2"

	"mockamivoice/conformance"
	"mockamivoice/conformance/judge"
	"mockamivoice/scenarios"
)

// Describe adds a spec for each script to the tree. It is called while the tree is built, at the top level of a file or inside
// of a container. Each spec has the script's surface, level, basis, statement and id as labels. A script that a target does not
// claim is a skipped spec; one of level should or info that does not hold passes with a report entry; so does a finding of a law
// below must. A must that does not hold, and anything that could not be run, fails.
//
//	var _ = specs.Describe("our back end", target, scenarios.Scripts())
func Describe(text string, target conformance.Target, scripts []*scenarios.Scenario, options ...conformance.Option) bool {
	return ginkgo.Describe(text, func() {
		for _, s := range scripts {
			ginkgo.It(s.Title, decorators(target, s), func(ctx ginkgo.SpecContext) {
				play(ctx, target, s, options)
			})
		}
	})
}

// decorators are the labels of a spec and, where a clock is shared, that it runs alone.
func decorators(target conformance.Target, s *scenarios.Scenario) []any {
	list := []any{ginkgo.Label(conformance.Labels(s)...)}
	if target.Fresh == nil && target.Has(scenarios.CanControl) && s.Waits() > 0 {
		list = append(list, ginkgo.Serial)
	}
	return list
}

func play(ctx ginkgo.SpecContext, target conformance.Target, s *scenarios.Scenario, options []conformance.Option) {
	r := conformance.Play(ctx, target, s, options...)
	one := conformance.Summarize(target, []conformance.Result{r}, options...)
	var text strings.Builder
	_ = one.WriteText(&text) // to memory
	switch r.Outcome {
	case conformance.Skip:
		ginkgo.Skip(r.Reason)
	case conformance.Fail:
		ginkgo.Fail(text.String())
	case conformance.Errored:
		ginkgo.Fail("error of the kit or the network: " + r.Reason)
	case conformance.Warn:
		ginkgo.AddReportEntry("warning", text.String())
	case conformance.Pass:
	}
	broken := false
	for _, l := range one.Laws {
		switch {
		case len(l.Findings) == 0:
		case l.Level == judge.Must:
			broken = true
		default:
			ginkgo.AddReportEntry("warning", fmt.Sprintf("%s: %s", l.ID, l.Findings[0].Text))
		}
	}
	if broken {
		ginkgo.Fail("laws that do not hold of this dialogue:\n" + text.String())
	}
}
