package fake_test

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// port is the admin port of a fake of its own.
type port struct{ *service }

func admin(options ...fake.Option) port {
	srv := newFake(options...)
	ts := httptest.NewServer(srv.Admin())
	DeferCleanup(ts.Close)
	return port{&service{srv, ts.URL}}
}

func (p port) get(target string, headers ...string) reply {
	GinkgoHelper()
	return p.do(http.MethodGet, target, "", nil, headers...)
}

func (p port) send(method, target, body string) reply {
	GinkgoHelper()
	return p.do(method, target, "application/json", strings.NewReader(body))
}

// beProblem is an error as every admin route writes it.
func beProblem(status int, code, message string) types.GomegaMatcher {
	return And(HaveField("Status", status), HaveField("Body", MatchRegexp(
		`^\{"error":\{"code":"`+code+`","message":".*`+message+`.*","hint":".*"\}\}`)))
}

func beAnswer(status int, json string) types.GomegaMatcher {
	return And(HaveField("Status", status), HaveField("Body", MatchJSON(json)))
}

var _ = Describe("The clock of the admin port", func() {
	It("says what it is and where it stands", func() {
		Expect(admin().get("/clock")).To(beAnswer(200, `{"kind":"manual","now":"2026-06-15T03:00:00.000Z","timers":0}`))
		r := admin(fake.WithClock(clock.System{})).get("/clock")
		Expect(r.Body).To(HavePrefix(`{"kind":"system","now":"`))
	})

	It("advances, and keys expire with it", func() {
		p := admin()
		key, err := p.IssueKey(fake.KeyRequest{})
		Expect(err).NotTo(HaveOccurred())
		Expect(p.send(http.MethodPost, "/clock/advance", `{"by":"29.999s"}`)).To(beAnswer(200, `{"now":"2026-06-15T03:00:29.999Z","fired":0,"unsettled":[]}`))
		Expect(accepts(p, key.Key, anywhere)).To(BeTrue())
		Expect(p.send(http.MethodPost, "/clock/advance", `{"by":"1ms"}`).Status).To(Equal(200))
		Expect(accepts(p, key.Key, anywhere)).To(BeFalse())
	})

	It("is set forward", func() {
		p := admin()
		Expect(p.send(http.MethodPut, "/clock", `{"now":"2026-07-31T00:00:00+09:00"}`)).To(beAnswer(200, `{"now":"2026-07-30T15:00:00.000Z","fired":0,"unsettled":[]}`))
		Expect(p.get("/clock").Body).To(ContainSubstring(`"now":"2026-07-30T15:00:00.000Z"`))
	})

	DescribeTable("does not go backwards and takes no nonsense", func(method, target, body string) {
		p := admin()
		Expect(p.send(method, target, body)).To(beProblem(400, "bad-request", ""))
		Expect(p.get("/clock").Body).To(ContainSubstring(`"now":"2026-06-15T03:00:00.000Z"`))
	},
		Entry("backwards", http.MethodPut, "/clock", `{"now":"2026-06-15T02:59:59Z"}`),
		Entry("no instant", http.MethodPut, "/clock", `{}`),
		Entry("an instant that is none", http.MethodPut, "/clock", `{"now":"tomorrow"}`),
		Entry("no body", http.MethodPut, "/clock", ``),
		Entry("backwards by a duration", http.MethodPost, "/clock/advance", `{"by":"-1s"}`),
		Entry("no duration", http.MethodPost, "/clock/advance", `{}`),
		Entry("a number", http.MethodPost, "/clock/advance", `{"by":90}`),
		Entry("an unknown field", http.MethodPost, "/clock/advance", `{"by":"1s","speed":2}`),
		Entry("something after the body", http.MethodPost, "/clock/advance", `{"by":"1s"}{"by":"1s"}`),
	)

	It("cannot be moved when it is the system's", func() {
		p := admin(fake.WithClock(clock.System{}))
		Expect(p.send(http.MethodPost, "/clock/advance", `{"by":"1s"}`)).To(beProblem(409, "system-clock", ""))
		Expect(p.send(http.MethodPut, "/clock", `{"now":"2126-01-01T00:00:00Z"}`)).To(beProblem(409, "system-clock", ""))
	})
})

var _ = Describe("Keys of the admin port", func() {
	made := func(p port, body string) (key, id, expires string) {
		GinkgoHelper()
		r := p.send(http.MethodPost, "/keys", body)
		Expect(r.Status).To(Equal(201), r.Body)
		var k map[string]string
		Expect(json.Unmarshal([]byte(r.Body), &k)).To(Succeed())
		Expect(slices.Sorted(maps.Keys(k))).To(Equal([]string{"expires", "id", "key"}))
		Expect(k["id"]).To(MatchRegexp(`^[0-9a-f]{12}$`))
		return k["key"], k["id"], k["expires"]
	}

	It("are good ones of the first service for 30 s when nothing is said", func() {
		p := admin()
		key, _, expires := made(p, `{}`)
		Expect(expires).To(Equal("2026-06-15T03:00:30.000Z"))
		Expect(accepts(p, key, anywhere)).To(BeTrue())
	})

	It("can be bad, bound to addresses, and long-lived", func() {
		p := admin()
		key, _, _ := made(p, `{"credentials":"bad"}`)
		Expect(accepts(p, key, anywhere)).To(BeFalse())
		key, _, expires := made(p, `{"credentials":"good","sid":"mock-sid","ipa":"203.0.113.0/24","epi":"2026/07/31"}`)
		Expect(expires).To(Equal("2026-07-31T15:00:00.000Z"))
		Expect(accepts(p, key, "203.0.113.9")).To(BeTrue())
		Expect(accepts(p, key, anywhere)).To(BeFalse())
	})

	It("can have the right to issue, which the service never gives", func() {
		p := admin()
		key, _, _ := made(p, `{"issuable":true}`)
		s := httptest.NewServer(p.Server)
		DeferCleanup(s.Close)
		Expect((&service{p.Server, s.URL}).postIssue("", "Authorization", "Bearer "+key)).To(beKey())
	})

	It("have an id by which the tape names them", func() {
		p := admin()
		key, id, _ := made(p, `{}`)
		Expect(accepts(p, key, anywhere)).To(BeTrue())
		r := p.get("/tape?kind=http.request&key=" + id)
		Expect(strings.Count(r.Body, "\n")).To(Equal(2), r.Body)
		Expect(r.Body).To(ContainSubstring(`"key":"` + id + `"`))
	})

	DescribeTable("are refused for", func(body string) {
		Expect(admin().send(http.MethodPost, "/keys", body)).To(beProblem(400, "bad-request", ""))
	},
		Entry("an unknown field", `{"epi":"1h","ip":"203.0.113.1"}`),
		Entry("an unknown service", `{"sid":"other"}`),
		Entry("a bad epi", `{"epi":"soon"}`),
		Entry("a bad ipa", `{"ipa":"203.0.113.0/33"}`),
		Entry("credentials that are neither", `{"credentials":"so-so"}`),
		Entry("a list", `[]`),
	)

	It("need a body of JSON", func() {
		p := admin()
		for _, media := range []string{"", "text/plain", form} {
			r := p.do(http.MethodPost, "/keys", media, strings.NewReader(`{}`))
			Expect(r).To(beProblem(415, "content-type", "application/json"))
		}
		Expect(p.do(http.MethodPost, "/keys", "application/json; charset=utf-8", strings.NewReader(`{}`)).Status).To(Equal(201))
	})
})

var _ = Describe("The tape of the admin port", func() {
	lines := func(r reply) []scenarios.Entry {
		GinkgoHelper()
		Expect(r.Status).To(Equal(200), r.Body)
		Expect(r.Header.Get("Content-Type")).To(Equal("application/x-ndjson"))
		all := strings.Split(strings.TrimSuffix(r.Body, "\n"), "\n")
		Expect(all[0]).To(HavePrefix(`{"tape":1,"tool":"mockamivoice `))
		Expect(all[0]).To(ContainSubstring(`"recorder":"server"`))
		Expect(all[0]).To(ContainSubstring(`"clock_start":"2026-06-15T`))
		entries := []scenarios.Entry{}
		for _, line := range all[1:] {
			var e scenarios.Entry
			Expect(json.Unmarshal([]byte(line), &e)).To(Succeed(), line)
			entries = append(entries, e)
		}
		return entries
	}

	It("is the header, then what happened, in order and without gaps", func() {
		p := admin()
		Expect(accepts(p, mypageKey, "203.0.113.1")).To(BeTrue())
		entries := lines(p.get("/tape"))
		var kinds []scenarios.Kind
		for i, e := range entries {
			Expect(e.N).To(Equal(uint64(i + 1)))
			Expect(e.At.Equal(noon())).To(BeTrue())
			kinds = append(kinds, e.Kind)
		}
		Expect(kinds).To(ContainElements(scenarios.ConnOpen, scenarios.HTTPRequest, scenarios.HTTPResponse))
		Expect(entries[len(entries)-1].Kind).To(Equal(scenarios.HTTPResponse))
	})

	It("holds the parts of a request in their order, and measures its audio", func() {
		p := admin()
		s := httptest.NewServer(p.Server)
		DeferCleanup(s.Close)
		(&service{p.Server, s.URL}).recognize("u", mypageKey, "d", "-a-general", "a", "abc", "x", "late")
		e := lines(p.get("/tape?kind=http.request"))[0]
		var names []string
		for _, part := range e.Parts {
			names = append(names, part.Name)
		}
		Expect(names).To(Equal([]string{"u", "d", "a", "x"}))
		Expect(e.Parts[1].Value).To(Equal("-a-general"))
		Expect(e.Parts[2]).To(Equal(scenarios.Part{Name: "a", Size: 3}))
		Expect(e.Audio.Bytes).To(Equal(int64(3)))
		Expect(e.Audio.SHA256).To(Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
		Expect(e.Audio.First).To(Equal("616263"))
		Expect(e.Audio.Data).To(BeEmpty())
	})

	DescribeTable("is filtered", func(query string, want func(scenarios.Entry) bool) {
		p := admin()
		Expect(accepts(p, mypageKey, "203.0.113.1")).To(BeTrue())
		Expect(accepts(p, "WRONG", "203.0.113.2")).To(BeFalse())
		_, err := p.IssueKey(fake.KeyRequest{})
		Expect(err).NotTo(HaveOccurred())
		all := lines(p.get("/tape"))
		wanted := slices.DeleteFunc(slices.Clone(all), func(e scenarios.Entry) bool { return !want(e) })
		Expect(wanted).NotTo(BeEmpty())
		Expect(len(wanted)).To(BeNumerically("<", len(all)))
		Expect(lines(p.get("/tape?" + query))).To(Equal(wanted))
	},
		Entry("by kind", "kind=http.response", func(e scenarios.Entry) bool { return e.Kind == scenarios.HTTPResponse }),
		Entry("by surface", "surface=issue", func(e scenarios.Entry) bool { return e.Surface == "issue" }),
		Entry("by connection", "conn=2", func(e scenarios.Entry) bool { return e.Conn == 2 }),
		Entry("by position", "after=3", func(e scenarios.Entry) bool { return e.N > 3 }),
		Entry("by two of them", "conn=1&kind=http.request", func(e scenarios.Entry) bool { return e.Conn == 1 && e.Kind == scenarios.HTTPRequest }),
	)

	It("refuses a filter that it does not know, and lists the kinds", func() {
		p := admin()
		Expect(p.get("/tape?kind=nonsense")).To(beProblem(400, "bad-request", ""))
		Expect(p.get("/tape?kind=nonsense").Body).To(ContainSubstring("conn.open, conn.close, http.request"))
		Expect(p.get("/tape?conn=x")).To(beProblem(400, "bad-request", ""))
		Expect(p.get("/tape?color=red")).To(beProblem(400, "bad-request", "color"))
	})

	It("goes on with new entries for one who follows", func() {
		p := admin()
		ctx, cancel := context.WithTimeout(GinkgoT().Context(), 20*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/tape?follow=1&kind=http.response", nil)
		Expect(err).NotTo(HaveOccurred())
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		resp, err := transport.RoundTrip(req)
		Expect(err).NotTo(HaveOccurred())
		defer resp.Body.Close()
		scanner := bufio.NewScanner(resp.Body)
		Expect(scanner.Scan()).To(BeTrue())
		Expect(scanner.Text()).To(HavePrefix(`{"tape":1,`))
		for range 2 {
			Expect(accepts(p, "WRONG", anywhere)).To(BeFalse())
			Expect(scanner.Scan()).To(BeTrue())
			Expect(scanner.Text()).To(ContainSubstring(`received illegal service authorization`))
		}
		p.Close()
		Expect(scanner.Scan()).To(BeFalse(), "ends with the server")
	})

	It("is empty after a reset, while clock and keys stay", func() {
		p := admin()
		key, err := p.IssueKey(fake.KeyRequest{})
		Expect(err).NotTo(HaveOccurred())
		Expect(p.send(http.MethodPost, "/clock/advance", `{"by":"1s"}`).Status).To(Equal(200))
		Expect(p.do(http.MethodPost, "/reset", "", nil)).To(beProblem(415, "content-type", "application/json"))
		r := p.send(http.MethodPost, "/reset", "")
		Expect(r.Status).To(Equal(204))
		Expect(r.Body).To(BeEmpty())
		Expect(lines(p.get("/tape"))).To(BeEmpty())
		Expect(p.get("/clock").Body).To(ContainSubstring(`"now":"2026-06-15T03:00:01.000Z"`))
		Expect(accepts(p, key.Key, anywhere)).To(BeTrue())
		Expect(p.send(http.MethodPost, "/reset", `{"everything":true}`)).To(beProblem(400, "bad-request", ""))
	})
})

var _ = Describe("Who may use the admin port", func() {
	ask := func(srv *fake.Server, path, host string, headers ...string) int {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.Host = host
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		rec := httptest.NewRecorder()
		srv.Admin().ServeHTTP(rec, req)
		return rec.Code
	}

	DescribeTable("depends on Host and Origin", func(status int, host, origin string) {
		srv := newFake(fake.WithAdminHost("fake.internal"))
		Expect(ask(srv, "/clock", host, "Origin", origin)).To(Equal(status))
		Expect(ask(srv, "/healthz", host, "Origin", origin)).To(Equal(200), "health answers anyone")
		Expect(ask(srv, "/readyz", host, "Origin", origin)).To(Equal(200))
		Expect(ask(srv, "/metrics", host, "Origin", origin)).To(Equal(200))
	},
		Entry("an address", 200, "127.0.0.1:8081", ""),
		Entry("another address", 200, "192.0.2.7:8081", ""),
		Entry("an IPv6 address", 200, "[::1]:8081", ""),
		Entry("an IPv6 address without a port", 200, "[::1]", ""),
		Entry("localhost", 200, "localhost:8081", ""),
		Entry("LOCALHOST without a port", 200, "LOCALHOST", ""),
		Entry("a name under localhost", 200, "fake.localhost:8081", ""),
		Entry("a configured name", 200, "fake.internal:8081", ""),
		Entry("a configured name in capitals", 200, "FAKE.internal:8081", ""),
		Entry("a foreign name", 403, "rebound.example:8081", ""),
		Entry("a name that begins like localhost", 403, "localhost.example", ""),
		Entry("a name that ends like a configured one", 403, "evilfake.internal", ""),
		Entry("a name that looks like an address", 403, "127.0.0.1.example", ""),
		Entry("no name", 403, "", ""),
		Entry("its own origin", 200, "localhost:8081", "http://localhost:8081"),
		Entry("another port", 403, "localhost:8081", "http://localhost:3000"),
		Entry("another site", 403, "127.0.0.1:8081", "https://example.com"),
		Entry("a file or sandbox", 403, "127.0.0.1:8081", "null"),
	)

	It("depends on the token where there is one, except for health and metrics", func() {
		srv := newFake(fake.WithAdminToken("admin-token-0123456789"))
		Expect(ask(srv, "/clock", "localhost")).To(Equal(401))
		Expect(ask(srv, "/clock", "localhost", "Authorization", "Bearer wrong")).To(Equal(401))
		Expect(ask(srv, "/clock", "localhost", "Authorization", "Basic admin-token-0123456789")).To(Equal(401))
		Expect(ask(srv, "/clock", "localhost", "Authorization", "Bearer admin-token-0123456789")).To(Equal(200))
		Expect(ask(srv, "/clock", "rebound.example", "Authorization", "Bearer admin-token-0123456789")).To(Equal(403))
		Expect(ask(srv, "/nowhere", "localhost")).To(Equal(401))
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			Expect(ask(srv, path, "localhost")).To(Equal(200), path)
		}
	})
})

var _ = Describe("The admin port", func() {
	It("counts replies, keys and refusals for Prometheus", func() {
		p := admin()
		Expect(accepts(p, "WRONG", anywhere)).To(BeFalse())
		_, err := p.IssueKey(fake.KeyRequest{})
		Expect(err).NotTo(HaveOccurred())
		Expect(p.get("/metrics").Body).To(And(
			ContainSubstring("mockamivoice_http_replies_total{status=\"200\",surface=\"sync\"} 1\n"),
			ContainSubstring("mockamivoice_key_refusals_total{reason=\"forged\"} 1\n"),
			ContainSubstring("mockamivoice_keys_issued_total 1\n")))
	})

	It("writes its errors as JSON with a hint", func() {
		p := admin()
		Expect(p.get("/nowhere")).To(beProblem(404, "not-found", "route"))
		Expect(p.do(http.MethodDelete, "/clock", "", nil)).To(beProblem(405, "method-not-allowed", "DELETE"))
	})

	It("describes exactly its routes in OpenAPI", func() {
		p := admin()
		r := p.get("/openapi.json")
		Expect(r.Status).To(Equal(200))
		var doc struct {
			OpenAPI string                               `json:"openapi"`
			Info    map[string]any                       `json:"info"`
			Paths   map[string]map[string]map[string]any `json:"paths"`
		}
		Expect(json.Unmarshal([]byte(r.Body), &doc)).To(Succeed())
		Expect(doc.OpenAPI).To(Equal("3.1.0"))
		Expect(doc.Info).To(And(HaveKey("title"), HaveKey("version")))
		var routes []string
		for path, methods := range doc.Paths {
			for method, operation := range methods {
				Expect(operation).To(And(HaveKey("summary"), HaveKey("responses")), path)
				method = strings.ToUpper(method)
				routes = append(routes, method+" "+path)
				status := p.do(method, path+"?timeout=1ms", "application/json", strings.NewReader("")).Status
				Expect(status).NotTo(BeElementOf(404, 405), method+" "+path)
			}
		}
		Expect(routes).To(ConsistOf("GET /", "GET /healthz", "GET /readyz", "GET /metrics", "GET /clock", "PUT /clock", "POST /clock/advance", "POST /keys",
			"GET /jobs", "POST /jobs/{id}", "GET /scenarios", "GET /scenario", "PUT /scenario", "DELETE /scenario", "GET /tape", "GET /wait", "GET /verdict", "POST /reset", "GET /openapi.json"))
	})

	It("answers as its schemas say", func() {
		p := admin()
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(p.get("/openapi.json").Body))
		Expect(err).NotTo(HaveOccurred())
		compiler := jsonschema.NewCompiler()
		Expect(compiler.AddResource("mem:///openapi.json", document)).To(Succeed())
		for name, r := range map[string]reply{
			"Clock": p.get("/clock"), "Error": p.get("/wait?for=nonsense"), "Moved": p.send(http.MethodPost, "/clock/advance", `{"by":"1s"}`),
		} {
			schema, err := compiler.Compile("mem:///openapi.json#/components/schemas/" + name)
			Expect(err).NotTo(HaveOccurred())
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(r.Body))
			Expect(err).NotTo(HaveOccurred())
			Expect(schema.Validate(value)).To(Succeed(), "%s: %s", name, r.Body)
		}
	})

	It("says that it is alive and ready", func() {
		p := admin()
		for _, path := range []string{"/healthz", "/readyz"} {
			r := p.get(path)
			Expect(r.Status).To(Equal(200))
			Expect(r.Body).To(Equal("ok\n"))
		}
	})
})
