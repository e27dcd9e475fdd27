package judge

import (
	"strconv"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// httpLaws hold of every HTTP reply.
func httpLaws() []Law {
	return []Law{
		{
			ID: "server.http.cors", Title: "Every reply may be read by pages of any origin", Level: Should, Basis: protocol.Inferred,
			Source: "the vendor's pages call the service from a browser", Why: "A page gets no answer at all, and no reason.",
			Fix: "Send Access-Control-Allow-Origin with every reply, errors included.",
			check: func(t *trial, d *dialogue) {
				for _, r := range d.replies {
					t.apply()
					if _, ok := r.header("Access-Control-Allow-Origin"); !ok {
						t.find(r.entry, "the reply has no Access-Control-Allow-Origin")
					}
				}
			},
		},
		{
			ID: "server.http.no-secret-echoed", Title: "No key and no password comes back, but for the key that is issued", Level: Should, Basis: protocol.Inferred,
			Source: "no reply at hand holds one", Why: "Error texts end up in logs and on screens.",
			Fix: "Say what is wrong with a key without quoting it.", check: noSecret,
		},
	}
}

func noSecret(t *trial, d *dialogue) {
	secret := func(e *scenarios.Entry, text string) {
		if strings.Contains(text, "<key:") || strings.Contains(text, "***") {
			t.find(e, "it holds a key or a password: %s", text)
		}
	}
	for _, r := range d.replies {
		t.apply()
		if !r.isKey() {
			secret(r.entry, r.entry.Body)
		}
		for _, l := range r.entry.Headers {
			secret(r.entry, l[1])
		}
	}
	for _, s := range d.streams {
		for _, m := range s.messages {
			t.apply()
			secret(m.entry, m.entry.Text)
		}
	}
}

// issueLaws hold of replies of the issuer.
func issueLaws() []Law {
	keys := func(check func(t *trial, r reply)) func(*trial, *dialogue) {
		return func(t *trial, d *dialogue) {
			for _, r := range d.replies {
				if r.isServiceKey() {
					t.apply()
					check(t, r)
				}
			}
		}
	}
	return []Law{
		{
			ID: "server.issue.key-alone", Title: "The reply with a key is the key alone", Level: Must, Basis: protocol.Documented, Surface: protocol.SurfaceIssue,
			Source: "manual: issue-api-key-with-api", Why: "Clients send the body back as it is; a line end becomes a part of the key.",
			Fix: "Write the key and nothing else: no JSON, no quotes, no line end.",
			check: keys(func(t *trial, r reply) {
				if b := r.entry.Body; !strings.HasPrefix(b, "<key:") || strings.Index(b, ">") != len(b)-1 {
					t.find(r.entry, "there is more than a key in it: %q", b)
				}
			}),
		},
		{
			ID: "server.issue.status", Title: "A key comes with status 200", Level: Must, Basis: protocol.Observed, Surface: protocol.SurfaceIssue,
			Source: "vendor's client library", Why: "For the vendor's library every other status is a failure.", Fix: "Answer 200.",
			check: keys(func(t *trial, r reply) {
				if r.entry.Status != 200 {
					t.find(r.entry, "status %d", r.entry.Status)
				}
			}),
		},
		{
			ID: "server.issue.plain-text", Title: "A key comes as plain text", Level: Must, Basis: protocol.Documented, Surface: protocol.SurfaceIssue,
			Source: "manual: issue-api-key-with-api", Why: "Libraries that decode by type hand out something else than the key.", Fix: "Send Content-Type: text/plain.",
			check: keys(func(t *trial, r reply) {
				if v, _ := r.header("Content-Type"); !strings.HasPrefix(v, "text/plain") {
					t.find(r.entry, "Content-Type is %q", v)
				}
			}),
		},
	}
}

// syncLaws hold of replies of the synchronous interface.
func syncLaws() []Law { //nolint:funlen,gocognit // a table
	recognitions := func(check func(t *trial, r reply)) func(*trial, *dialogue) {
		return func(t *trial, d *dialogue) {
			for _, r := range d.replies {
				if r.isRecognition() {
					t.apply()
					check(t, r)
				}
			}
		}
	}
	const library = "vendor's client library"
	return []Law{
		{
			ID: "server.sync.result", Title: "The reply to a recording is a result in JSON", Level: Must, Basis: protocol.Documented, Surface: protocol.SurfaceSync,
			Source: "manual: sync-http-interface", Why: "A client has nothing to show, and no code to explain it.", Fix: "Answer with results, text, code and message, refusals included.",
			check: recognitions(func(t *trial, r reply) {
				if parsed, err := protocol.ParseResult([]byte(r.entry.Body)); err != nil || len(parsed.Results) == 0 {
					t.find(r.entry, "the body of %d bytes is no result", len(r.entry.Body))
				}
			}),
		},
		{
			ID: "server.sync.status", Title: "A result comes with status 200, refusals included", Level: Must, Basis: protocol.Observed, Surface: protocol.SurfaceSync,
			Source: "recorded replies of the live service", Why: "The vendor's clients never look at the body of another status.", Fix: "Answer 200 and say in the body what is wrong.",
			check: recognitions(func(t *trial, r reply) {
				if r.entry.Status != 200 {
					t.find(r.entry, "status %d", r.entry.Status)
				}
			}),
		},
		{
			ID: "server.sync.session-id", Title: "Every result has an X-Session-ID, spelt so", Level: Must, Basis: protocol.Observed, Surface: protocol.SurfaceSync,
			Source: library, Why: `The native clients fail with "Missing session id".`, Fix: "Assign the header without letting a library change its capitals.",
			check: recognitions(func(t *trial, r reply) {
				for _, l := range r.entry.Headers {
					if l[0] == "X-Session-ID" && l[1] != "" {
						return
					}
				}
				t.find(r.entry, "no header line is called X-Session-ID")
			}),
		},
		{
			ID: "server.sync.session-ids-differ", Title: "No two replies have the same session id", Level: Should, Basis: protocol.Inferred, Surface: protocol.SurfaceSync,
			Source: "published ids hold time and a counter", Why: "Support cannot tell requests apart.", Fix: "Make an id for each request.", check: sessionIDs,
		},
		{
			ID: "server.sync.line-end", Title: "The JSON ends with CR LF", Level: Must, Basis: protocol.Observed, Surface: protocol.SurfaceSync,
			Source: library, Why: "The native clients report success and show no result.", Fix: "End the line with CR LF.",
			check: recognitions(func(t *trial, r reply) {
				if !strings.HasSuffix(r.entry.Body, "}\r\n") {
					t.find(r.entry, "it ends with %q", tail(r.entry.Body))
				}
			}),
		},
		{
			ID: "server.sync.length", Title: "The reply says how long it is", Level: Must, Basis: protocol.Observed, Surface: protocol.SurfaceSync,
			Source: library, Why: "Native clients wait for ever, or fail.", Fix: "Send Content-Length, or chunks.",
			check: recognitions(func(t *trial, r reply) {
				length, hasLength := r.header("Content-Length")
				coding, _ := r.header("Transfer-Encoding")
				if n, err := strconv.Atoi(length); coding != "chunked" && (!hasLength || err != nil || n == 0) {
					t.find(r.entry, "neither a Content-Length above 0 nor chunks")
				}
			}),
		},
	}
}

func sessionIDs(t *trial, d *dialogue) {
	seen := make(map[string]bool)
	for _, r := range d.replies {
		id, ok := r.header("X-Session-ID")
		if !ok || !r.isRecognition() {
			continue
		}
		t.apply()
		if seen[id] {
			t.find(r.entry, "an earlier reply had %s as well", id)
		}
		seen[id] = true
	}
}

func tail(s string) string { return s[max(0, len(s)-4):] }
