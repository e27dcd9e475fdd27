package conformance

import (
	"fmt"
	"time"

	"mockamivoice/conformance/judge"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/strict"
)

// Known is a scenario or a law that is known not to hold for a target.
type Known struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	Until  string `json:"until,omitempty"` // last day on which it counts, YYYY-MM-DD; empty for ever
}

// ParseKnown reads a list of known failures. Errors are *strict.Error.
func ParseKnown(file string, data []byte) ([]Known, error) {
	var all []Known
	err := strict.Parse(file, data, func(root strict.Node) {
		for _, item := range root.Items() {
			var k Known
			item.Map(strict.Fields{
				"id": strict.NonEmpty(&k.ID), "reason": strict.NonEmpty(&k.Reason),
				"until": func(n strict.Node) {
					k.Until = n.Text()
					if _, err := time.Parse(time.DateOnly, k.Until); err != nil {
						n.Fail("must be a day like 2026-12-31")
					}
				},
			}, "id", "reason")
			all = append(all, k)
		}
	})
	return all, err
}

// KnownError says that a list of known failures does not fit the run.
type KnownError struct{ Reason string }

// Error implements error.
func (e *KnownError) Error() string { return "known failing: " + e.Reason }

// checkKnown refuses an id that nothing has, and one that is there twice.
func checkKnown(known []Known, scripts []*scenarios.Scenario, laws []judge.Law) error {
	var ids []string
	left := make(map[string]int)
	for _, s := range scripts {
		ids = append(ids, s.ID)
		left[s.ID] = 1
	}
	for _, l := range laws {
		ids = append(ids, l.ID)
		left[l.ID] = 1
	}
	for _, k := range known {
		n, is := left[k.ID]
		switch {
		case !is:
			return &KnownError{fmt.Sprintf("no scenario or law of this run is called %q%s", k.ID, strict.DidYouMean(k.ID, ids))}
		case n == 0:
			return &KnownError{fmt.Sprintf("%q is there twice", k.ID)}
		}
		left[k.ID]--
	}
	return nil
}

// applyKnown marks what is known to fail, and finds what is known and does not.
func (r *Report) applyKnown(known []Known) {
	today := now().UTC().Format(time.DateOnly)
	for _, k := range known {
		if k.Until != "" && k.Until < today {
			continue
		}
		outcome, mark := r.find(k.ID)
		switch outcome {
		case Fail, Warn:
			*mark = k.Reason
		case Pass:
			r.Stale = append(r.Stale, k)
		case Skip, Errored:
		}
	}
}

func (r *Report) find(id string) (Outcome, *string) {
	for i := range r.Results {
		if r.Results[i].ID == id {
			return r.Results[i].Outcome, &r.Results[i].Known
		}
	}
	for i := range r.Laws {
		if r.Laws[i].ID == id {
			return r.Laws[i].Outcome, &r.Laws[i].Known
		}
	}
	return Skip, new(string)
}
