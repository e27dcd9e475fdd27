package broker_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"mockamivoice/fake/loopback"
	refclient "mockamivoice/reference-client"
)

// Whoever asks for whatever, with a good issuer behind the broker or none at all.
func TestNoAnswerHoldsTheServicesCredentials(t *testing.T) {
	f, err := loopback.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for address, want := range map[string]int{refclient.At(f.URL).Issue: http.StatusOK, "http://127.0.0.1:1/": http.StatusBadGateway} {
		for name, credentials := range map[string]refclient.Option{
			"a password":     refclient.WithCredentials("canary-sid", "canary-spw"),
			"an issuing key": refclient.WithIssuingKey("demo-issuer-key"),
		} {
			client := refclient.New(refclient.WithEndpoint(refclient.Endpoints{Issue: address}), credentials)
			web := start(t, config(client))
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, user := range []*http.Client{{}, {Jar: jar}} {
				for _, r := range [][3]string{
					{"POST", "/login", "user=demo&password=canary-password"},
					{"GET", "/"},
					{"GET", "/login"},
					{"GET", "/page.js"},
					{"GET", "/page.html"},
					{"GET", "/token"},
					{"GET", "/nothing"},
					{"POST", "/token", `{"ttl":"2m"}`},
					{"POST", "/token", `{"ttl":"9h"}`},
					{"POST", "/login", "user=demo&password=wrong"},
					{"POST", "/logout"},
				} {
					status, answer := whole(t, user, r[0], web.URL+r[1], r[2])
					if strings.Contains(answer, "canary") || strings.Contains(answer, "demo-issuer-key") {
						t.Errorf("%s, %s %s: %s", name, r[0], r[1], answer)
					}
					if user.Jar != nil && r[2] == `{"ttl":"2m"}` && status != want {
						t.Errorf("%s, %s: a key: %d", name, address, status)
					}
				}
			}
			client.CloseIdleConnections()
		}
	}
}

// whole is an answer with its headers.
func whole(t *testing.T, client *http.Client, method, address, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", formType)
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", jsonType)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all strings.Builder
	_ = res.Header.Write(&all)
	if _, err := io.Copy(&all, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, all.String()
}
