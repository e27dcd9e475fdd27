package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"mockamivoice/internal/redistest"
)

const replicaSecret = "0123456789abcdef"

// replica runs serve with a store until the test ends.
func replica(t *testing.T, r *redistest.Redis, args ...string) map[string]string {
	t.Helper()
	return server(t, append([]string{"--store", r.URL, "--store-namespace", "test", "--secret", replicaSecret, "--clock", "manual"}, args...)...)
}

// broughtAlong is a scenario that no server knows.
const broughtAlong = "id: stream.brought\ntitle: t\nsurface: stream\nlevel: info\nbasis: assumed\nsource: s\nwhy: w\nplay:\n  faults:\n    - {at: stream.start, do: stall}\n"

// tell sends something to an admin route that must take it.
func tell(t *testing.T, method, url, media, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", media)
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if text, _ := io.ReadAll(reply.Body); reply.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", method, url, reply.StatusCode, text)
	}
}

func TestReplicasAreOneService(t *testing.T) {
	r := redistest.Start(t)
	a, b := replica(t, r, "--clock-start", "2026-07-31T00:00:00Z"), replica(t, r)
	key := post(t, a["service"]+"/issue_service_authorization", "sid=demo&spw=demo-password&epi=1h")
	use := b["service"] + "/v1/recognize?d=-a-general&u=" + key
	if got := post(t, use, ""); !strings.Contains(got, `"code":""`) {
		t.Errorf("a key of the other one: %s", got)
	}
	tell(t, http.MethodPost, a["admin"]+"/clock/advance", "application/json", `{"by":"2h"}`)
	if got := post(t, use, ""); !strings.Contains(got, `"code":"-"`) {
		t.Errorf("a key that has expired: %s", got)
	}
	tell(t, http.MethodPut, b["admin"]+"/scenario", "application/yaml", broughtAlong)
	for _, one := range []map[string]string{a, replica(t, r)} {
		if _, body := get(t, http.DefaultClient, one["admin"]+"/scenario"); !strings.Contains(body, `"id":"stream.brought"`) {
			t.Errorf("the scenario is %s", body)
		}
		if _, body := get(t, http.DefaultClient, one["admin"]+"/clock"); !strings.Contains(body, `"now":"2026-07-31T02:00:00.000Z"`) {
			t.Errorf("the clock is %s", body)
		}
	}

	check := func() (int, string) {
		var out, errs bytes.Buffer
		status := run(t.Context(), []string{"healthcheck", "--admin", a["admin"]}, nil, &out, &errs)
		http.DefaultClient.CloseIdleConnections()
		return status, out.String() + errs.String()
	}
	if status, text := check(); status != 0 {
		t.Errorf("%d %s", status, text)
	}
	r.Stop(t)
	if status, text := check(); status != 1 || !strings.Contains(text, "503 Service Unavailable the store does not answer: redis at "+r.Address) || strings.Contains(text, redistest.Password) {
		t.Errorf("healthcheck without Redis: %d %s", status, text)
	}
}

func TestAReplicaWithoutItsRedisDoesNotStart(t *testing.T) {
	r := redistest.Start(t)
	r.Stop(t)
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"not there":    {[]string{"--secret", replicaSecret, "--store", r.URL}, 3, "mockamivoice: --store: redis at " + r.Address + ": dial tcp " + r.Address + ": connect: connection refused\n"},
		"no address":   {[]string{"--secret", replicaSecret, "--store", "localhost"}, 2, "--store: this names no store: a URL is like redis://"},
		"no namespace": {[]string{"--secret", replicaSecret, "--store", r.URL, "--store-namespace", "a b"}, 2, `the namespace "a b" is not made of`},
		"no secret":    {[]string{"--store", r.URL}, 2, "only with the same --secret"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			status := run(t.Context(), append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, c.args...), nil, &out, &errs)
			if text := errs.String(); status != c.status || !strings.Contains(text, c.want) || strings.Contains(text, redistest.Password) || strings.Count(text, "\n") != 1 || out.Len() > 0 {
				t.Errorf("status %d, %q %q; want %d, %q", status, out.String(), text, c.status, c.want)
			}
		})
	}
}
