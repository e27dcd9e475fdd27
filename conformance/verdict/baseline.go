package verdict

import (
	"fmt"

	"mockamivoice/conformance/known"
)

// Stale is an entry of a baseline whose law was asked and held.
type Stale struct {
	Law    string `json:"law"`
	Reason string `json:"reason"`
	Until  string `json:"until,omitempty"`
}

// ParseBaseline reads a list of laws that are known not to hold: law, reason and, if it ends, until. Errors name the place in the
// file, or the law that there is not.
func ParseBaseline(file string, data []byte) ([]known.Entry, error) {
	entries, err := known.Parse(file, data, "law")
	if err != nil {
		return nil, err
	}
	if err := known.Check(entries, "law", lawIDs()); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return entries, nil
}

// applyBaseline marks the findings that are put up with, and finds entries whose law holds. A law that never applied may still be
// broken: its entry stays.
func (v *Verdict) applyBaseline(o options) {
	for _, e := range o.baseline {
		n := 0
		for i := range v.Findings {
			if v.Findings[i].Law == e.ID {
				v.Findings[i].Known = e.Reason
				n++
			}
		}
		if n == 0 && v.Applied[e.ID] > 0 {
			v.Stale = append(v.Stale, Stale{Law: e.ID, Reason: e.Reason, Until: e.Until})
		}
	}
}
