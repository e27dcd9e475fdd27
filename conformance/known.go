package conformance

import (
	"mockamivoice/conformance/judge"
	"mockamivoice/conformance/known"
	"mockamivoice/scenarios"
)

// Known is a scenario or a law that is known not to hold for a target.
type Known = known.Entry

// ParseKnown reads a list of known failures. Errors are *strict.Error.
func ParseKnown(file string, data []byte) ([]Known, error) { return known.Parse(file, data, "id") }

// KnownError says that a list of known failures does not fit the run.
type KnownError struct{ Reason string }

// Error implements error.
func (e *KnownError) Error() string { return "known failing: " + e.Reason }

// checkKnown refuses an id that nothing has, and one that is there twice.
func checkKnown(list []Known, scripts []*scenarios.Scenario, laws []judge.Law) error {
	var ids []string
	for _, s := range scripts {
		ids = append(ids, s.ID)
	}
	for _, l := range laws {
		ids = append(ids, l.ID)
	}
	if err := known.Check(list, "scenario or law of this run", ids); err != nil {
		return &KnownError{err.Error()}
	}
	return nil
}

// applyKnown marks what is known to fail, and finds what is known and does not.
func (r *Report) applyKnown(list []Known) {
	for _, k := range list {
		if !k.Counts(now()) {
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
