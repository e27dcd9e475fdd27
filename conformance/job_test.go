package conformance_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"mockamivoice/conformance"
	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

// jobSteps is a script of steps about jobs.
func jobSteps(t *testing.T, steps string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.ParseScenario("x.yaml", []byte("id: async.example\ntitle: t\nsurface: async\nlevel: must\nbasis: observed\nsource: s\nneeds: [async]\nwhy: w\nscript:\n"+steps))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a job does otherwise than a script waits for is a failure that says where it stands, not an error, and takes no time.
func TestScriptsThatWaitForJobs(t *testing.T) {
	told, err := fake.ParseJobProgress("told")
	if err != nil {
		t.Fatal(err)
	}
	const submit, quiet = "  - submit: {d: -a-general, audio: {speech: 1s}}\n", "  - submit: {d: -a-general, audio: {silence: 1s}}\n"
	for name, c := range map[string]struct {
		steps, expected, received string
		options                   []fake.Option
	}{
		"there":         {submit + "  - poll: {until: completed}\n", "", "", nil},
		"beyond":        {submit + "  - wait: 3s\n  - poll: {until: started}\n", "", "", nil},
		"stuck":         {submit + "  - poll: {until: completed, within: 1m}\n", "a job that is completed", `after 1m`, []fake.Option{fake.WithJobProgress(told)}},
		"failed":        {quiet + "  - poll: {until: completed}\n", "a job that is completed", "error_message", nil},
		"did not fail":  {submit + "  - poll: {until: error}\n", "a job that is error", `"status":"completed"`, nil},
		"gone":          {submit + "  - poll: {job: 018122d65d370a30116494c8, until: completed}\n", "a job that is completed", "status 404", nil},
		"was not made":  {"  - submit: {key: none, d: -a-general, audio: {speech: 1s}}\n", "a job", "received illegal service authorization", nil},
		"key in header": {"  - submit: {key: header, d: -a-general, audio: {speech: 1s}, as: mine}\n  - poll: {job: \"${mine}\", until: completed}\n", "", "", nil},
	} {
		r := conformance.Play(t.Context(), freshFake(c.options...), jobSteps(t, c.steps))
		switch {
		case c.expected == "":
			if r.Outcome != conformance.Pass {
				t.Errorf("%s: %s, %+v %s", name, r.Outcome, r.Failure, r.Reason)
			}
		case r.Outcome != conformance.Fail || r.Failure.Expected != c.expected || !strings.Contains(r.Failure.Received, c.received):
			t.Errorf("%s: %s, %+v %s", name, r.Outcome, r.Failure, r.Reason)
		}
	}
}

// Where one version of the asynchronous interface is, the other is beside it; dictionaries are beside the synchronous interface
// where nothing else is said.
func TestPlacesOfJobsAndWords(t *testing.T) {
	target := freshFake()
	inner := target.Fresh
	target.Fresh = func(ctx context.Context) (conformance.Target, func(), error) {
		own, end, err := inner(ctx)
		own.Async, own.Words = strings.Replace(own.Async, "/v2/", "/v1/", 1), ""
		return own, end, err
	}
	for _, id := range []string{"async.v1", "async.v2", "words.round-trip", "words.classes", "words.sentiment-definitions", "words.usage"} {
		s, err := scenarios.Named(id)
		if err != nil {
			t.Fatal(err)
		}
		if r := conformance.Play(t.Context(), target, s); r.Outcome != conformance.Pass {
			t.Errorf("%s: %s, %+v %s", id, r.Outcome, r.Failure, r.Reason)
		}
	}
	const file = "name: n\nsync: https://a.example/v1/recognize\nasync: https://b.example/x/v2/recognitions\n"
	parsed, err := conformance.ParseTarget("t.yaml", []byte(file), targetEnv)
	if err != nil || !parsed.Has(scenarios.CanAsync) || parsed.Has(scenarios.CanWords) {
		t.Errorf("%v, %v", parsed.Capabilities, err)
	}
	if _, err = conformance.ParseTarget("t.yaml", []byte("name: n\ncapabilities: [async]\n"), targetEnv); err == nil || !strings.Contains(err.Error(), "claims async") {
		t.Error(err)
	}
	if _, err = conformance.ParseTarget("t.yaml", []byte(file+"words: ftp://x/\n"), targetEnv); err == nil || !strings.Contains(err.Error(), "words: ") {
		t.Error(err)
	}
	parsed.Capabilities = append(parsed.Capabilities, scenarios.CanSync, scenarios.CanWords)
	parsed.Async = "https://b.example/jobs"
	parsed.Credentials.Key = "x"
	s, err := scenarios.Named("async.v2")
	if err != nil {
		t.Fatal(err)
	}
	if r := conformance.Play(t.Context(), parsed, s); r.Outcome != conformance.Skip || !strings.Contains(r.Reason, "cannot be told from https://b.example/jobs") {
		t.Errorf("%s: %s", r.Outcome, r.Reason)
	}
}

// Jobs are paid for as well.
func TestCostOfJobs(t *testing.T) {
	var some []*scenarios.Scenario
	for _, id := range []string{"async.two-jobs", "async.created", "async.poll-unknown-id", "words.round-trip"} {
		s, err := scenarios.Named(id)
		if err != nil {
			t.Fatal(err)
		}
		some = append(some, s)
	}
	c := conformance.CostOf(freshFake(), some)
	if c.Scripts != 4 || c.Jobs != 3 || c.Lookups != 2 || c.Requests != 0 || c.Audio != 5*time.Second || !strings.Contains(c.String(), "3 jobs, 2 requests about words") {
		t.Errorf("%+v: %s", c, c)
	}
}
