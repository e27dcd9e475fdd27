package judge

import (
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// clientKeyLaws hold of what a client does with keys and passwords.
func clientKeyLaws() []Law {
	return []Law{
		{
			ID: "client.key.no-password-in-url", Title: "sid and spw are never in a URL", Level: Must, Basis: protocol.Documented, Source: manualIssue,
			Why: "URLs are kept in logs of proxies, servers and browsers; whoever reads one of those can issue keys at your cost.",
			Fix: "Send them in the body of a POST.", check: keyNoPassword,
		},
		{
			ID: "client.key.not-in-url", Title: "No key is in a URL", Level: Should, Basis: protocol.Inferred, Source: "the manual takes u in a query, and on a stream only s; logs keep URLs",
			Why: "URLs are kept in logs of proxies, servers and browsers, and a key in a log works for whoever reads it, until it expires.",
			Fix: "Send u as a part of the multipart body, before a, or the key in an Authorization header; on a stream, in s alone.", check: keyNotInURL,
		},
		{
			ID: "client.key.no-password-in-page", Title: "No page asks for a key with the service password", Level: Should, Basis: protocol.Inferred, Surface: protocol.SurfaceIssue,
			Source: "an Origin header is what a browser sends; issued keys exist so that pages need no password",
			Why:    "Whoever opens the page can read the password out of it, and issue keys at your cost for as long as it holds.",
			Fix:    "Let your own server issue a short-lived key, and give the page that key alone.", check: ofPosts(protocol.SurfaceIssue, ofService(keyFromPage)),
		},
		{
			ID: "client.key.only-in-s", Title: "A stream gets its key in s, not in the handshake", Level: Info, Basis: protocol.Documented, Surface: protocol.SurfaceStream,
			Source: "manual: reference-websocket-s-command-packet", Why: "Who you are is settled by s alone; in the handshake the key travels for nothing.",
			Fix: "Leave the Authorization header out, and put authorization= into s.", check: ofTalks(keyOnlyInS),
		},
		{
			ID: "client.key.expired", Title: "A key is not used again after the service said that it has expired", Level: Must, Basis: protocol.Documented, Source: manualIssue,
			Why: "An expired key never works again. A client that tries it again fails for ever, and its user waits.",
			Fix: "Issue another key, then send s again.", check: keyExpired,
		},
	}
}

// hasCredentials tells whether the URL of e holds sid or spw. Elsewhere than at the issuer sid may be anything.
func hasCredentials(e *scenarios.Entry) bool {
	path, _, _ := strings.Cut(e.Target, "?")
	for _, p := range query(e) {
		isSID := strings.EqualFold(p.Key, "sid") && strings.HasSuffix(path, protocol.PathIssue)
		if p.Value != "" && (strings.EqualFold(p.Key, "spw") || isSID) {
			return true
		}
	}
	return false
}

// targets calls check for every request, upgrades included.
func (p *clientTape) targets(check func(e *scenarios.Entry)) {
	for i := range p.entries {
		if e := &p.entries[i]; (e.Kind == scenarios.HTTPRequest || e.Kind == scenarios.WSHandshake) && e.Surface != "" {
			check(e)
		}
	}
}

func keyNoPassword(t *trial, d *dialogue) {
	d.asClient().targets(func(e *scenarios.Entry) {
		t.apply()
		if hasCredentials(e) {
			path, _, _ := strings.Cut(e.Target, "?")
			t.find(e, "the query of %s holds sid or spw", path)
		}
	})
}

func keyNotInURL(t *trial, d *dialogue) {
	d.asClient().targets(func(e *scenarios.Entry) {
		t.apply()
		for _, p := range query(e) {
			// A tape shows a known key as its id, and what stands in the place of one as stars.
			isKey := strings.Contains(p.Value, "<key:") || strings.Contains(p.Key, "<key:")
			inPlace := p.Value != "" && (p.Key == "u" || p.Key == "authorization") || p.Key == "d" && strings.Contains(p.Value, "authorization=")
			if isKey || inPlace {
				t.find(e, "the parameter %s of the URL holds a key", p.Key)
				return
			}
		}
		if path, _, _ := strings.Cut(e.Target, "?"); strings.Contains(path, "<key:") {
			t.find(e, "the path holds a key")
		}
	})
}

func keyFromPage(t *trial, x *exchange) {
	spw, _ := x.part("spw")
	t.apply()
	if origin, _ := header(x.request, "Origin"); origin != "" && spw != "" {
		t.find(x.request, "a page of %s sent spw", origin)
	}
}

func keyOnlyInS(t *trial, s *talk) {
	t.apply()
	if _, ok := header(s.handshake, "Authorization"); ok {
		t.find(s.handshake, "the handshake has an Authorization header")
	}
}

// use is a request that needs a key.
type use struct {
	entry *scenarios.Entry
	key   string
	told  *scenarios.Entry // the answer that says that the key has expired
}

// uses are in the order of their surfaces; every list is in the order of the tape.
func (p *clientTape) uses() []use {
	var all []use
	for _, s := range p.talks {
		for _, r := range s.rounds {
			u := use{entry: r.start, key: r.key()}
			if saysExpired(r.refusal) {
				u.told = r.answer
			}
			all = append(all, u)
		}
	}
	for _, x := range p.exchanges {
		if x.is(protocol.SurfaceSync) || x.is(protocol.SurfaceIssue) {
			all = append(all, use{entry: x.request, key: x.key()})
		}
	}
	return all
}

// saysExpired tells whether an error of s is that of an expired key.
func saysExpired(text string) bool {
	prefix, _, _ := strings.Cut(protocol.NewError(protocol.StartExpired).Message, "<")
	return strings.HasPrefix(text, prefix)
}

func keyExpired(t *trial, d *dialogue) {
	p := d.asClient()
	uses := p.uses()
	told := make(map[string]*scenarios.Entry)
	for _, u := range uses {
		if u.told == nil || u.key == "" {
			continue
		}
		t.apply()
		if first := told[u.key]; first == nil || u.told.N < first.N {
			told[u.key] = u.told
		}
	}
	for _, u := range uses {
		if first := told[u.key]; first != nil && u.key != "" && p.knew(first, u.entry) {
			t.trace(u.entry, []*scenarios.Entry{first}, "the key %s had expired, as the service said in entry %d", u.key, first.N)
		}
	}
}
