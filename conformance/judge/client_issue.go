package judge

import (
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const manualIssue = "manual: issue-api-key-with-api"

// clientIssueLaws hold of requests for a key, in the form that AmiVoice has for them.
func clientIssueLaws() []Law {
	all := []Law{
		{
			ID: "client.issue.post", Title: "A key is asked for with POST", Level: Must, Basis: protocol.Documented, Source: manualIssue,
			Why: "The manual knows no other method. A GET carries its parameters in the URL, where every log between here and there keeps them.",
			Fix: "Send a POST with a form as its body.", check: ofExchanges(protocol.SurfaceIssue, ofService(issuePost)),
		},
		{
			ID: "client.issue.form", Title: "The request for a key is an urlencoded form", Level: Must, Basis: protocol.Documented, Source: manualIssue,
			Why: "The manual knows no other body. Parameters in JSON or in parts may not be seen, and then no key comes.",
			Fix: "Send Content-Type: application/x-www-form-urlencoded, and a body like sid=…&spw=…&epi=….", check: ofPosts(protocol.SurfaceIssue, ofService(issueForm)),
		},
		{
			ID: "client.issue.credentials", Title: "The request for a key says for whom", Level: Must, Basis: protocol.Documented, Source: manualIssue,
			Why: "Without sid and spw, or a key with the right to issue, no key comes.",
			Fix: "Put sid and spw into the body, or such a key into the header Authorization: Bearer.", check: ofPosts(protocol.SurfaceIssue, ofService(issueCredentials)),
		},
		{
			ID: "client.issue.epi", Title: "epi is a life or a date that the service can read", Level: Must, Basis: protocol.Documented, Source: "manual: reference-one-time-app-key",
			Why: `What comes of an epi like "1.5h" or "tomorrow" is not known; the life that you meant is not it. A plus sign that is not escaped arrives as a blank.`,
			Fix: "Write milliseconds (30000), a number with s, m, h, d or w (5m), or a date (2026/07/31); escape a plus sign as %2B.", check: ofPosts(protocol.SurfaceIssue, ofService(issueEPI)),
		},
		{
			ID: "client.issue.ipa", Title: "ipa is a list of IPv4 addresses or blocks", Level: Must, Basis: protocol.Documented, Source: "manual: reference-one-time-app-key",
			Why: "What comes of a list that cannot be read is not known: no key, or one that works from anywhere, or from nowhere.",
			Fix: "Write addresses or CIDR blocks with commas or blanks between them: 203.0.113.0/24,198.51.100.7.", check: ofPosts(protocol.SurfaceIssue, ofService(issueIPA)),
		},
		{
			ID: "client.issue.alive", Title: "No key is asked for that is dead when it comes", Level: Should, Basis: protocol.Inferred, Source: "manual: reference-one-time-app-key",
			Why: "An epi in the past, mostly for want of a time zone or of milliseconds, gives at best a key that every request refuses.",
			Fix: "Say how long the key has to live (epi=5m) instead of until when, or write the zone.", check: issueAlive,
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceIssue
	}
	return all
}

func issuePost(t *trial, x *exchange) {
	t.apply()
	if x.request.Method != "POST" {
		t.find(x.request, "the method is %s", x.request.Method)
	}
}

func isForm(e *scenarios.Entry) bool {
	value, _ := header(e, "Content-Type")
	media, _, _ := strings.Cut(value, ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}

func issueForm(t *trial, x *exchange) {
	if len(x.request.Headers) == 0 {
		return
	}
	t.apply()
	if !isForm(x.request) {
		value, _ := header(x.request, "Content-Type")
		t.find(x.request, "Content-Type is %q", value)
	}
}

// ofService leaves out requests to somebody's own issuer.
func ofService(check func(t *trial, x *exchange)) func(t *trial, x *exchange) {
	return func(t *trial, x *exchange) {
		if x.isService() {
			check(t, x)
		}
	}
}

// isService tells whether the request is in AmiVoice's own way. Somebody's own issuer may want another form.
func (x *exchange) isService() bool {
	path, _, _ := strings.Cut(x.request.Target, "?")
	return strings.HasSuffix(path, protocol.PathIssue)
}

// issueCredentials leaves alone what other laws are about: another kind of body, and credentials in the query.
func issueCredentials(t *trial, x *exchange) {
	if len(x.request.Headers) == 0 || !isForm(x.request) || hasCredentials(x.request) {
		return
	}
	t.apply()
	if bearer, _ := header(x.request, "Authorization"); bearer != "" {
		return
	}
	for _, name := range []string{"sid", "spw"} {
		if v, _ := x.part(name); v == "" {
			t.find(x.request, "there is neither %s in the body nor an Authorization header", name)
		}
	}
}

func issueEPI(t *trial, x *exchange) {
	epi, ok := x.part("epi")
	if !ok {
		return
	}
	t.apply()
	if _, err := protocol.ParseEPI(epi); err != nil {
		t.find(x.request, "%v", err)
	}
}

func issueIPA(t *trial, x *exchange) {
	ipa, ok := x.part("ipa")
	if !ok {
		return
	}
	t.apply()
	if _, err := protocol.ParseIPA(ipa); err != nil {
		t.find(x.request, "%v", err)
	}
}

// issueAlive looks at the keys that came, which only a server's tape shows.
func issueAlive(t *trial, d *dialogue) {
	p := d.asClient()
	for i := range p.entries {
		e := &p.entries[i]
		if e.Kind != scenarios.KeyIssued || e.Expires == "" || e.Conn == 0 { // without a connection it was made on the admin port
			continue
		}
		t.apply()
		if until, err := time.Parse(time.RFC3339, e.Expires); err == nil && !until.After(e.At.Time) {
			t.find(e, "the key is good until %s, and it is %s when it is issued", e.Expires, e.At.UTC().Format(time.RFC3339))
		}
	}
}
