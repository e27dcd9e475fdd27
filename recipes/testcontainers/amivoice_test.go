//go:build ignore

// Package amivoice_test starts the fake with Testcontainers for Go. Copy it into your module without its first line, which
// keeps it out of this one: that does not depend on Testcontainers. The image is made by `docker build -t mockamivoice .` in the root of this repository.
package amivoice_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

func TestIssue(t *testing.T) {
	amivoice, err := testcontainers.Run(t.Context(), "mockamivoice",
		testcontainers.WithEnv(map[string]string{
			"MOCKAMIVOICE_CLOCK": "manual", "MOCKAMIVOICE_ADMIN": "0.0.0.0:8081", "MOCKAMIVOICE_ADMIN_TOKEN": "let-me-move-the-clock",
		}),
		testcontainers.WithExposedPorts("8080/tcp", "8081/tcp"),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/readyz").WithPort("8081/tcp")),
	)
	testcontainers.CleanupContainer(t, amivoice)
	if err != nil {
		t.Fatal(err)
	}
	service, err := amivoice.PortEndpoint(t.Context(), "8080/tcp", "http")
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.PostForm(service+"/issue_service_authorization", url.Values{"sid": {"demo"}, "spw": {"demo-password"}, "epi": {"2h"}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Error(res.Status)
	}
}
