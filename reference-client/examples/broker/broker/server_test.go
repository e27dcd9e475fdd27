package broker_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	refclient "mockamivoice/reference-client"
	"mockamivoice/reference-client/examples/broker/broker"
)

// issuer gives keys without asking anybody, and notes what it was asked for.
type issuer struct {
	mu    sync.Mutex
	asked []refclient.IssueRequest
	err   error
}

func (i *issuer) IssueKey(_ context.Context, r refclient.IssueRequest) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked = append(i.asked, r)
	return "a-fresh-key", i.err
}

func config(i broker.Issuer) broker.Config {
	return broker.Config{Issuer: i, Stream: "ws://127.0.0.1:1/v1/", User: "demo", Password: "canary-password", Token: "canary-token"}
}

func start(t *testing.T, c broker.Config) *httptest.Server {
	t.Helper()
	h, err := broker.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func post(t *testing.T, client *http.Client, address, body string, headers ...string) (status int, text string, h http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data), res.Header
}

const jsonType, formType = "application/json", "application/x-www-form-urlencoded"

func TestNobodyGetsAKeyWithoutLoggingIn(t *testing.T) {
	i := &issuer{}
	s := start(t, config(i))
	for _, token := range []string{"", "Bearer ", "Bearer wrong", "Basic canary-token"} {
		status, body, h := post(t, s.Client(), s.URL+"/token", "", "Authorization", token)
		if status != 401 || !strings.Contains(body, `"unauthenticated"`) || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%q: %d %s", token, status, body)
		}
	}
	if len(i.asked) > 0 {
		t.Error("the issuer was asked")
	}
}

// A user who has logged in gets a key; the cookie is out of reach of scripts and of other sites.
func TestAUserGetsAKey(t *testing.T) {
	i := &issuer{}
	s := start(t, config(i))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	user := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if status, body, _ := post(t, user, s.URL+"/login", "user=demo&password=wrong", "Content-Type", formType); status != 401 || strings.Contains(body, "canary") {
		t.Errorf("wrong password: %d", status)
	}
	status, _, h := post(t, user, s.URL+"/login", url.Values{"user": {"demo"}, "password": {"canary-password"}}.Encode(), "Content-Type", formType)
	if cookie := h.Get("Set-Cookie"); status != 303 || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") {
		t.Errorf("login: %d, %s", status, cookie)
	}
	status, body, h := post(t, user, s.URL+"/token", `{"ttl":"2m"}`, "Content-Type", jsonType)
	if status != 200 || body != `{"api_key":"a-fresh-key","expires_in":120}`+"\n" || h.Get("Cache-Control") != "no-store" || i.asked[0] != (refclient.IssueRequest{EPI: "120000"}) {
		t.Errorf("%d %s, asked %+v", status, body, i.asked)
	}
	if status, _, _ := post(t, user, s.URL+"/token", "", "Origin", "https://evil.example"); status != 403 {
		t.Errorf("a page of another site: %d", status)
	}
	_, _, _ = post(t, user, s.URL+"/logout", "")
	if status, _, _ := post(t, user, s.URL+"/token", ""); status != 401 {
		t.Errorf("after the logout: %d", status)
	}
}

func TestTheLifeOfAKeyIsBounded(t *testing.T) {
	i := &issuer{}
	c := config(i)
	c.MaxTTL = 5 * time.Minute
	s := start(t, c)
	for body, want := range map[string]int{
		"": 200, `{}`: 200, `{"ttl":"1s"}`: 200, `{"ttl":"5m"}`: 200, `{"ttl":"60000"}`: 200,
		`{"ttl":"5m1s"}`: 400, `{"ttl":"999ms"}`: 400, `{"ttl":"-1s"}`: 400, `{"ttl":"2026/07/31"}`: 400, `{"ttl":1}`: 400, `[`: 400, strings.Repeat(" ", 5000): 400,
	} {
		if status, reply, _ := post(t, s.Client(), s.URL+"/token", body, "Content-Type", jsonType, "Authorization", "Bearer canary-token"); status != want {
			t.Errorf("%.40s: %d %s", body, status, reply)
		}
	}
	if status, _, _ := post(t, s.Client(), s.URL+"/token", "ttl=1s", "Content-Type", formType, "Authorization", "Bearer canary-token"); status != 400 {
		t.Errorf("a form: %d", status)
	}
}

func TestKeysCanBeBoundToTheCaller(t *testing.T) {
	i := &issuer{}
	c := config(i)
	c.BindAddress = true
	s := start(t, c)
	if status, _, _ := post(t, s.Client(), s.URL+"/token", "", "Authorization", "Bearer canary-token"); status != 200 || i.asked[0].IPA != "127.0.0.1" {
		t.Errorf("%d, %+v", status, i.asked)
	}
}

// What the issuer says stays in the log.
func TestAFaultOfTheIssuerIsNotPassedOn(t *testing.T) {
	s := start(t, config(&issuer{err: errors.New("canary of the issuer")}))
	status, body, _ := post(t, s.Client(), s.URL+"/token", "", "Authorization", "Bearer canary-token")
	if status != 502 || strings.Contains(body, "canary") || strings.Contains(body, "a-fresh-key") {
		t.Errorf("%d %s", status, body)
	}
}

func TestBadConfigurations(t *testing.T) {
	for want, change := range map[string]func(*broker.Config){
		"no issuer":           func(c *broker.Config) { c.Issuer = nil },
		"a user needs":        func(c *broker.Config) { c.Password = "" },
		"is not a URL":        func(c *broker.Config) { c.Stream = "https://x/v1/" },
		"holds more than":     func(c *broker.Config) { c.Stream = "wss://x/v1/; script-src *" },
		"lies outside 1s to ": func(c *broker.Config) { c.TTL = time.Hour },
	} {
		c := config(&issuer{})
		change(&c)
		if _, err := broker.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
