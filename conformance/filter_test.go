package conformance_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"mockamivoice/conformance"
	"mockamivoice/scenarios"
)

// Ginkgo is the oracle: the same scripts are labelled in specs, and one who chooses them there may write the same here.
func TestFiltersLikeGinkgo(t *testing.T) {
	tokens := []string{"must", "Issue", "sync", "/^stream/", "/epi-./", "/(/", "!", "!", "(", ")", "(", ")", " && ", " || ", "&&", "||", ",", " ", "&", "|", "/"}
	scripts := scenarios.Scripts()
	r := rand.New(rand.NewPCG(4, 2))
	good, fitting := 0, 0
	for range 20_000 {
		var b strings.Builder
		for range 1 + r.IntN(9) {
			b.WriteString(tokens[r.IntN(len(tokens))])
		}
		expression := b.String()
		fits, wantErr := types.ParseLabelFilter(expression)
		if strings.Trim(expression, " ") == "" || strings.Count(expression, "/")%2 == 1 {
			continue // a blank and an expression that does not end are errors here
		}
		got, err := conformance.Filter(scripts, expression)
		var want []*scenarios.Scenario
		if wantErr == nil {
			want = slices.DeleteFunc(slices.Clone(scripts), func(s *scenarios.Scenario) bool { return !fits(conformance.Labels(s)) })
			good++
		}
		if len(want) > 0 {
			fitting++
		}
		if (err == nil) != (len(want) > 0) || !slices.Equal(got, want) {
			t.Fatalf("%q: %d scripts, %v; Ginkgo has %d, %v", expression, len(got), err, len(want), wantErr)
		}
		if err != nil && wantErr != nil && !strings.Contains(err.Error(), "filter") {
			t.Fatalf("%q: %v does not say that the filter is wrong", expression, err)
		}
	}
	if good < 500 || fitting < 300 {
		t.Errorf("%d expressions are right, %d of them fit something", good, fitting)
	}
}
