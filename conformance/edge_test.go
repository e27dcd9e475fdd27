package conformance_test

import (
	"testing"

	"mockamivoice/conformance"
	"mockamivoice/scenarios"
)

// An edge case has no script. To play nothing is not to pass.
func TestEdgeCasesDoNotPassUnplayed(t *testing.T) {
	r, err := conformance.Run(t.Context(), freshFake(), scenarios.EdgeCases()[:1])
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Results[0]; got.Outcome != conformance.Skip || got.Reason != "has no script: it is a failure that the fake plays to clients" {
		t.Errorf("%s: %s, %q", got.ID, got.Outcome, got.Reason)
	}
}
