package conformance_test

import (
	"context"
	"flag"
	"net/netip"
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"mockamivoice/conformance"
	"mockamivoice/conformance/specs"
	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/fake/loopback"
	"mockamivoice/scenarios"
)

// Flags of the suite: go test ./conformance -args -target http://127.0.0.1:8080 -admin http://127.0.0.1:8081.
var (
	targetURL  = flag.String("target", "fake", "what to test: a URL, real, or fake for one of our own for each script")
	targetFile = flag.String("target-file", "", "file that describes the target")
	adminURL   = flag.String("admin", "", "admin URL of a fake")
)

// Flags come first: the specs depend on the target.
func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/onsi/ginkgo/v2/internal/interrupt_handler.(*InterruptHandler).registerForInterrupts.func2"))
}

func TestConformance(t *testing.T) {
	RegisterFailHandler(Fail)
	target, err := chosenTarget(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	specs.Describe("Conformance of "+target.Name, target, scenarios.Scripts())
	RunSpecs(t, "Conformance")
}

func chosenTarget(ctx context.Context) (conformance.Target, error) {
	credentials := conformance.Credentials{
		SID: os.Getenv("AMIVOICE_SID"), SPW: os.Getenv("AMIVOICE_SPW"), IssuingKey: os.Getenv("AMIVOICE_ISSUER_KEY"), Key: os.Getenv("AMIVOICE_KEY"),
	}
	var target conformance.Target
	var err error
	switch {
	case *targetFile != "":
		data, err := os.ReadFile(*targetFile)
		if err != nil {
			return target, err
		}
		target, err = conformance.ParseTarget(*targetFile, data, os.LookupEnv)
		if err != nil {
			return target, err
		}
	case *targetURL == "fake":
		return freshFake(), nil
	case *targetURL == "real":
		target = conformance.Real(credentials)
	default:
		if credentials == (conformance.Credentials{}) {
			credentials = demo()
		}
		target, err = conformance.At(*targetURL, *adminURL, credentials)
		if err != nil {
			return target, err
		}
		target.Sources = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}
	return target, target.Probe(ctx)
}

func demo() conformance.Credentials {
	s := fake.DemoService()
	return conformance.Credentials{SID: s.SID, SPW: s.SPW, Key: s.Keys[0].Value, IssuingKey: s.Keys[1].Value}
}

// freshFake gives each script a fake of its own with options.
func freshFake(options ...fake.Option) conformance.Target {
	t := conformance.Target{
		Name: "the fake", Credentials: demo(), Sources: []netip.Addr{netip.MustParseAddr("127.0.0.1")},
		Capabilities: []scenarios.Capability{scenarios.CanIssue, scenarios.CanIssueByKey, scenarios.CanSync, scenarios.CanStream, scenarios.CanAsync, scenarios.CanWords, scenarios.CanControl},
		Issue:        "http://127.0.0.1/issue_service_authorization", Sync: "http://127.0.0.1/v1/recognize", Stream: "ws://127.0.0.1/v1/",
		Async: "http://127.0.0.1/v2/recognitions", Words: "http://127.0.0.1/profilewords/", Admin: "http://127.0.0.1",
	}
	t.Fresh = func(ctx context.Context) (conformance.Target, func(), error) {
		f, err := loopback.Start(ctx, append([]fake.Option{fake.WithClock(clock.NewManual(clock.System{}.Now()))}, options...)...)
		if err != nil {
			return conformance.Target{}, nil, err
		}
		own, err := conformance.At(f.URL, f.Admin, t.Credentials)
		own.Capabilities, own.Sources = t.Capabilities, t.Sources
		return own, func() { _ = f.Close() }, err
	}
	return t
}
