package conformance_test

import (
	"context"
	"fmt"

	"mockamivoice/conformance"
	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/fake/loopback"
	"mockamivoice/scenarios"
)

// A server in this process is played the scripts about issuance; one with a fault is told which, and why it matters.
func ExampleRun() {
	ctx := context.Background()
	for _, options := range [][]fake.Option{nil, {fake.WithDeviation("epi-in-seconds")}} {
		server, err := loopback.Start(ctx, append(options, fake.WithClock(clock.NewManual(clock.System{}.Now())))...)
		if err != nil {
			fmt.Println(err)
			return
		}
		target, err := conformance.At(server.URL, server.Admin, conformance.Credentials{SID: "demo", SPW: "demo-password"})
		if err != nil {
			fmt.Println(err)
			return
		}
		target.Capabilities = append(target.Capabilities, scenarios.CanControl)
		scripts, err := conformance.Filter(scenarios.Scripts(), "/^issue.epi-(minutes|hours|milliseconds)$/")
		if err != nil {
			fmt.Println(err)
			return
		}
		report, err := conformance.Run(ctx, target, scripts)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(report.Status, report.Counts[conformance.Pass], "of", len(scripts))
		for _, r := range report.Results {
			if r.Failure != nil {
				fmt.Printf("%s: %s\n", r.ID, r.Why)
			}
		}
		_ = server.Close()
	}
	// Output:
	// pass 3 of 3
	// fail 2 of 3
	// issue.epi-milliseconds: A back end that thinks in seconds issues keys that are dead on arrival.
}
