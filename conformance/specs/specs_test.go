package specs_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/conformance"
	"mockamivoice/conformance/specs"
	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/fake/loopback"
	"mockamivoice/scenarios"
)

// These three lines put the kit into a suite of one's own: a target, the scripts that matter, and Describe.
var (
	target     = ourBackEnd()
	scripts, _ = conformance.Filter(scenarios.Scripts(), "must && (issue || /stream.expir/)")
	_          = specs.Describe("our back end", target, scripts)
	_, isWeb   = os.LookupEnv("SPECS_TEST_WEB")
)

func TestOurs(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Ours")
}

var _ = Describe("something else of ours", func() {
	It("runs beside the kit", func() { Expect(scripts).NotTo(BeEmpty()) })
})

// ourBackEnd is a fake, or a web server that answers 200 to everything.
func ourBackEnd() conformance.Target {
	demo := fake.DemoService()
	credentials := conformance.Credentials{SID: demo.SID, SPW: demo.SPW, Key: demo.Keys[0].Value}
	t, err := conformance.At("http://127.0.0.1:1", "", credentials)
	if err != nil {
		panic(err)
	}
	_, web := os.LookupEnv("SPECS_TEST_WEB")
	t.Fresh = func(ctx context.Context) (conformance.Target, func(), error) {
		if web {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "It works!") }))
			own, err := conformance.At(s.URL, "", credentials)
			return own, s.Close, err
		}
		f, err := loopback.Start(ctx, fake.WithClock(clock.NewManual(clock.System{}.Now())))
		if err != nil {
			return conformance.Target{}, nil, err
		}
		own, err := conformance.At(f.URL, f.Admin, credentials)
		own.Capabilities = append(own.Capabilities, scenarios.CanControl)
		return own, func() { _ = f.Close() }, err
	}
	t.Capabilities = append(t.Capabilities, scenarios.CanControl)
	t.Admin = "http://127.0.0.1:1"
	return t
}

// A target that is none fails the suite, with what was required, expected and received.
func TestAFailureSaysWhy(t *testing.T) {
	if isWeb {
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOurs$", "-ginkgo.label-filter=issue.default-life", "-ginkgo.no-color")
	cmd.Env = append(os.Environ(), "SPECS_TEST_WEB=1")
	out, err := cmd.CombinedOutput()
	for _, want := range []string{
		"requirement  A key issued without epi lives for 30 s", "must, documented: manual: issue-api-key-with-api", "expected     an issued key",
		"status 200 with a body of 9 bytes that is not a key alone", "> POST /issue_service_authorization", "[issue, must, documented, issue.default-life]",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if err == nil || t.Failed() {
		t.Errorf("%v:\n%s", err, out)
	}
}
