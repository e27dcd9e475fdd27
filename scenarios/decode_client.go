package scenarios

import (
	"fmt"

	"mockamivoice/scenarios/strict"
)

// readClient reads what a good client does.
func (s *Scenario) readClient(n strict.Node) {
	s.Client = []Expectation{}
	for _, item := range n.Items() {
		e := Expectation{Line: item.Line()}
		item.Map(strict.Fields{
			"law":    identifier(&e.Law),
			"expect": strict.OneOf(&e.Expect, ReactIssue, ReactStart, ReactClose, ReactRetry, ReactNone),
			"within": strict.Duration(&e.Within),
		})
		switch {
		case (e.Law == "") == (e.Expect == ""):
			item.Fail("needs one of law and expect")
		case e.Law != "" && e.Within != 0:
			item.Fail("within: goes with expect")
		case e.Expect != "" && e.Within == 0:
			item.Fail("within: is missing; say within: 5s")
		}
		s.Client = append(s.Client, e)
	}
	if len(s.Client) == 0 {
		n.Fail("expects nothing")
	}
}

// String is the expectation for a person.
func (e Expectation) String() string {
	if e.Law != "" {
		return "law " + e.Law
	}
	return fmt.Sprintf("%s within %s", e.Expect, e.Within)
}
