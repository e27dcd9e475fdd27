package conformance_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"mockamivoice/conformance"
	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/fake/loopback"
	refclient "mockamivoice/reference-client"
	"mockamivoice/reference-client/examples/broker/broker"
	"mockamivoice/scenarios"
)

// Somebody's own issuer: the broker gives keys in JSON, for bounded lives, and knows neither sid nor ipa. What it offers holds,
// the rest is skipped with a reason.
func TestTheBrokerAsAnIssuer(t *testing.T) {
	service, err := loopback.Start(t.Context(), fake.WithClock(clock.NewManual(clock.System{}.Now())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	endpoints := refclient.At(service.URL)
	handler, err := broker.New(t.Context(), broker.Config{
		Issuer: refclient.New(refclient.WithEndpoint(endpoints), refclient.WithCredentials(demo().SID, demo().SPW)),
		Stream: endpoints.Stream, User: "demo", Password: "of-nobody", Token: "canary-token",
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)

	file, err := os.ReadFile("../reference-client/examples/broker/target.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("http://127.0.0.1:8090", web.URL, "http://127.0.0.1:8080", service.URL, "ws://127.0.0.1:8080", "ws"+strings.TrimPrefix(service.URL, "http"),
		"http://127.0.0.1:8081", service.Admin).Replace(string(file))
	target, err := conformance.ParseTarget("target.yaml", []byte(text), func(name string) (string, bool) { return "canary-token", name == "BROKER_TOKEN" })
	if err != nil {
		t.Fatal(err)
	}
	report, err := conformance.Run(t.Context(), target, scenarios.Scripts())
	if err != nil {
		t.Fatal(err)
	}
	reasons := make(map[string]int)
	issued := 0
	for _, r := range report.Results {
		switch {
		case r.Outcome == conformance.Skip:
			reason, _, _ := strings.Cut(r.Reason, ":")
			reasons[reason]++
		case r.Outcome != conformance.Pass:
			t.Errorf("%s: %s %+v", r.ID, r.Reason, r.Failure)
		case strings.HasPrefix(r.ID, "issue."):
			issued++
		}
	}
	for _, want := range []string{
		"the issuer does not take this epi", "the issuer's form does not take ipa", "the issuer's form does not take spw", "the issuer has a form of its own",
		"the target does not claim issue-by-key", "the target gives no ${sid}",
	} {
		if reasons[want] == 0 {
			t.Errorf("nothing was skipped because %s: %v", want, reasons)
		}
	}
	if issued < 5 || !report.Partial || report.Exit(scenarios.Must, false) != 0 {
		t.Errorf("%d scripts of issuance hold; %s", issued, report.Headline)
	}
	var out strings.Builder
	if err := report.WriteJSON(&out); err != nil || strings.Contains(out.String(), "canary-token") {
		t.Errorf("the report holds the token (%v)", err)
	}
}
