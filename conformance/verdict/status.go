package verdict

import (
	"fmt"

	"mockamivoice/scenarios"
)

// conclude says what the verdict comes to, and why.
func (v *Verdict) conclude(o options) {
	var wrong, open []string
	level := func(n int, l scenarios.Level) {
		if n > 0 && weight(l) >= weight(o.failOn) {
			wrong = append(wrong, plural(n, "finding")+" of level "+string(l))
		}
	}
	level(v.Counts.Must, scenarios.Must)
	level(v.Counts.Should, scenarios.Should)
	for _, s := range v.Stale {
		wrong = append(wrong, fmt.Sprintf("%s is in the baseline, and holds", s.Law))
	}
	if met, all := len(v.Coverage.Met), len(v.Coverage.Met)+len(v.Coverage.Never); met*100 < o.coverage*all {
		v.lacksCoverage = true
		wrong = append(wrong, fmt.Sprintf("%d of %d documented failures were met, which is less than %d %%", met, all, o.coverage))
	}
	if v.Empty() {
		open = append(open, "no law that was asked has anything to say about the tape")
	}
	for i := range v.tapes {
		open = append(open, v.tapes[i].unjudged(o)...)
	}
	switch {
	case len(wrong) > 0:
		v.Status = Fail
	case len(open) > 0:
		v.Status = Partial
	default:
		v.Status = Pass
	}
	v.Reasons = append(append(v.Reasons, wrong...), open...)
}

// unjudged is what could not be judged.
func (t *Tape) unjudged(o options) []string {
	var all []string
	if n := t.dropped(); n > 0 {
		all = append(all, fmt.Sprintf("%s lost %d entries", t.name(), n))
	}
	if n := t.unfinished(); t.Live && n > 0 {
		all = append(all, fmt.Sprintf("%s goes on: %s under way", t.name(), plural(n, "dialogue")))
	}
	told := make(map[string]bool)
	for i := range t.Entries {
		id := t.Entries[i].Scenario
		if id == "" || told[id] || t.Entries[i].Kind != scenarios.FaultStruck {
			continue
		}
		told[id] = true
		if _, err := o.scenarios(id); err != nil {
			all = append(all, fmt.Sprintf("what a client should do in scenario %q is not known: %v", id, err))
		}
	}
	return all
}

// Exit is the exit status: 1 when the verdict is a failure, 3 when nothing was judged, else 0.
func (v *Verdict) Exit() int {
	const good, bad, nothing = 0, 1, 3
	switch {
	case v.Empty():
		return nothing
	case v.Status == Fail:
		return bad
	}
	return good
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
