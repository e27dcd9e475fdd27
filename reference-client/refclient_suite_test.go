package refclient_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
)

// TestMain fails the whole package when a spec leaves a goroutine behind.
func TestMain(m *testing.M) {
	const ginkgo = "github.com/onsi/ginkgo/v2/internal/interrupt_handler.(*InterruptHandler).registerForInterrupts.func2" // lives as long as the process
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(ginkgo))
}

func TestRefclient(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The reference client")
}
