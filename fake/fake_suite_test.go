package fake_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"mockamivoice/fake/redisstore"
)

// TestMain fails the whole package when a spec leaves a goroutine behind.
func TestMain(m *testing.M) {
	redisstore.Quiet()
	const ginkgo = "github.com/onsi/ginkgo/v2/internal/interrupt_handler.(*InterruptHandler).registerForInterrupts.func2" // lives as long as the process
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(ginkgo))
}

func TestFake(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The fake service")
}
