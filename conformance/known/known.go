// Package known reads lists of what is known not to hold, each entry with its reason.
package known

import (
	"fmt"
	"time"

	"mockamivoice/scenarios/strict"
)

// Entry is something that is known not to hold.
type Entry struct {
	ID     string `json:"id"` // of a scenario or a law
	Reason string `json:"reason"`
	Until  string `json:"until,omitempty"` // last day on which it counts, YYYY-MM-DD; empty for ever
}

// Counts tells whether e still counts on the day of t, in UTC.
func (e Entry) Counts(t time.Time) bool {
	return e.Until == "" || e.Until >= t.UTC().Format(time.DateOnly)
}

// Parse reads a list whose entries have their ID in a field called field. Errors are *strict.Error.
func Parse(file string, data []byte, field string) ([]Entry, error) {
	var all []Entry
	err := strict.Parse(file, data, func(root strict.Node) {
		for _, item := range root.Items() {
			var e Entry
			item.Map(strict.Fields{
				field: strict.NonEmpty(&e.ID), "reason": strict.NonEmpty(&e.Reason),
				"until": func(n strict.Node) {
					e.Until = n.Text()
					if _, err := time.Parse(time.DateOnly, e.Until); err != nil {
						n.Fail("must be a day like 2026-12-31")
					}
				},
			}, field, "reason")
			all = append(all, e)
		}
	})
	return all, err
}

// Check refuses an ID that is none of ids, and one that is there twice. what says what ids are, like "law".
func Check(entries []Entry, what string, ids []string) error {
	left := make(map[string]int)
	for _, id := range ids {
		left[id] = 1
	}
	for _, e := range entries {
		n, is := left[e.ID]
		switch {
		case !is:
			return fmt.Errorf("no %s is called %q%s", what, e.ID, strict.DidYouMean(e.ID, ids))
		case n == 0:
			return fmt.Errorf("%q is there twice", e.ID)
		}
		left[e.ID]--
	}
	return nil
}
