package conformance

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Target is what the kit talks to: an issuer and a recognizer, which need not be the same program.
type Target struct {
	Name         string
	Issue        string  // URL of the issuer
	Form         *Issuer // how somebody's own issuer is asked; nil for AmiVoice's own form
	Sync         string  // URL of the synchronous interface
	Stream       string  // URL of the stream
	Async        string  // URL of the asynchronous interface, of v1 or v2; the other one is beside it
	Words        string  // URL of /profilewords/; classes, sentiment definitions and usage are beside it; empty for beside Sync
	Admin        string  // URL of the admin routes of a fake; it moves its clock
	AdminToken   string
	Credentials  Credentials
	Capabilities []scenarios.Capability
	Sources      []netip.Addr // addresses that the kit may send from
	TLS          *tls.Config  // nil for the system's roots

	// Fresh, where it is set, gives every script a target of its own, so that nothing flows from one to the next. The function
	// that it returns ends that target.
	Fresh func(ctx context.Context) (Target, func(), error)
}

// Credentials are what a script may use. They are never shown.
type Credentials struct {
	SID, SPW   string
	IssuingKey string // a key with the right to issue keys
	Key        string // a key that does not expire
}

// Issuer is how to ask an issuer that is not AmiVoice's own. Method, headers and body may hold ${sid}, ${epi} and ${ipa}; they
// are escaped for the content type of the body.
type Issuer struct {
	Method  string
	Headers [][2]string
	Body    string
	Pointer string // JSON pointer of the key in the reply; empty when the reply is the key

	// Accepts says which values of sid, epi and ipa the issuer takes, by name; nil for all. A script that asks for another is
	// skipped.
	Accepts map[string]*regexp.Regexp
}

// The public hosts of the service. (documented: issue-api-key-with-api, sync-http-interface, websocket-interface)
const (
	publicHost   = "https://acp-api.amivoice.com"
	publicStream = "wss://acp-api.amivoice.com"

	publicAsync     = "https://acp-api-async.amivoice.com" // documented: async-http-interface
	publicSentiment = "https://acp-dsrpp.amivoice.com"     // documented: reference-list-sentiment-analysis-parameters
	publicUsage     = "https://acp.amivoice.com"           // observed: the vendor's kintone sample
)

// Real is the public service. Every call is paid for.
func Real(c Credentials) Target {
	t := Target{
		Name: "the public AmiVoice service", Credentials: c,
		Issue: publicHost + protocol.PathIssue, Sync: publicHost + protocol.PathSync, Stream: publicStream + protocol.PathStream,
		Async: publicAsync + protocol.PathAsyncV2, Words: publicHost + wordsFamily + "/",
	}
	t.Capabilities = t.claims()
	return t
}

// At is the target whose surfaces are all under one http or https URL. With an admin URL it has control over the clock if that
// is a manual one; Probe finds out.
func At(base, admin string, c Credentials) (Target, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Target{}, fmt.Errorf("%q is not a URL like http://127.0.0.1:8080", base)
	}
	base = strings.TrimSuffix(base, "/")
	t := Target{
		Name: base, Credentials: c, Admin: strings.TrimSuffix(admin, "/"),
		Issue: base + protocol.PathIssue, Sync: base + protocol.PathSync, Stream: "ws" + strings.TrimPrefix(base, "http") + protocol.PathStream,
		Async: base + protocol.PathAsyncV2, Words: base + wordsFamily + "/",
	}
	t.Capabilities = t.claims()
	return t, nil
}

// claims are the capabilities that follow from what is known of t.
func (t *Target) claims() []scenarios.Capability {
	var all []scenarios.Capability
	if t.Issue != "" && (t.Credentials.SID != "" || t.Form != nil) {
		all = append(all, scenarios.CanIssue)
	}
	if t.Issue != "" && t.Form == nil && t.Credentials.IssuingKey != "" {
		all = append(all, scenarios.CanIssueByKey)
	}
	if t.Sync != "" {
		all = append(all, scenarios.CanSync)
	}
	if t.Stream != "" {
		all = append(all, scenarios.CanStream)
	}
	if t.Async != "" {
		all = append(all, scenarios.CanAsync)
	}
	if t.Words != "" {
		all = append(all, scenarios.CanWords)
	}
	return all
}

// Has reports whether t claims c.
func (t *Target) Has(c scenarios.Capability) bool { return slices.Contains(t.Capabilities, c) }

// check says what is wrong with t.
func (t *Target) check() error {
	for _, u := range []struct {
		name, url string
		schemes   []string
	}{
		{"issuer", t.Issue, []string{"http", "https"}},
		{"sync", t.Sync, []string{"http", "https"}},
		{"stream", t.Stream, []string{"ws", "wss"}},
		{"async", t.Async, []string{"http", "https"}},
		{"words", t.Words, []string{"http", "https"}},
		{"admin", t.Admin, []string{"http", "https"}},
	} {
		if u.url == "" {
			continue
		}
		parsed, err := url.Parse(u.url)
		if err != nil || parsed.Host == "" || !slices.Contains(u.schemes, parsed.Scheme) {
			return fmt.Errorf("%s: %q is not a URL that begins with %s://", u.name, u.url, strings.Join(u.schemes, ":// or "))
		}
	}
	for c, is := range map[scenarios.Capability]bool{
		scenarios.CanIssue: t.Issue != "", scenarios.CanIssueByKey: t.Issue != "" && t.Credentials.IssuingKey != "",
		scenarios.CanSync: t.Sync != "", scenarios.CanStream: t.Stream != "", scenarios.CanAsync: t.Async != "", scenarios.CanWords: t.Words != "" || t.Sync != "", scenarios.CanControl: t.Admin != "",
	} {
		if t.Has(c) && !is {
			return fmt.Errorf("the target claims %s, but does not say where that is, or with which credentials", c)
		}
	}
	return nil
}

// wordsFamily is the path of dictionaries.
const wordsFamily = "/profilewords"

// place is where a path of the service is on this target.
func (t *Target) place(path string) (*url.URL, error) {
	base, own := t.home(path)
	if base == "" {
		return nil, fmt.Errorf("the target does not say where %s is", path)
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if path == own {
		return u, nil
	}
	prefix, ok := strings.CutSuffix(u.Path, own)
	if !ok {
		return nil, fmt.Errorf("where %s is cannot be told from %s", path, base)
	}
	u.Path, u.RawPath = prefix+path, ""
	return u, nil
}

// home is the URL that tells where a path is, and the path that this URL has on the service.
func (t *Target) home(path string) (base, own string) {
	switch path {
	case protocol.PathIssue:
		return t.Issue, protocol.PathIssue
	case protocol.PathStream, protocol.PathStreamNoLog, "/v1", "/v1/nolog":
		return t.Stream, protocol.PathStream
	}
	switch (scenarios.Request{Path: scenarios.Template(path)}).Needs() {
	case scenarios.CanAsync:
		if strings.HasSuffix(t.Async, protocol.PathAsyncV1) {
			return t.Async, protocol.PathAsyncV1
		}
		return t.Async, protocol.PathAsyncV2
	case scenarios.CanWords:
		return t.wordsHome(path)
	default:
		return t.Sync, protocol.PathSync
	}
}

// wordsHome is home for dictionaries and what is beside them. The service has hosts of their own for two families.
func (t *Target) wordsHome(path string) (base, own string) {
	switch {
	case t.Words == "":
		return t.Sync, protocol.PathSync
	case strings.HasPrefix(t.Words, publicHost+"/") && strings.HasPrefix(path, "/v1/"):
		return publicSentiment + path, path
	case strings.HasPrefix(t.Words, publicHost+"/") && strings.HasPrefix(path, "/util/"):
		return publicUsage + path, path
	}
	return t.Words, wordsFamily + "/"
}

// variables are those that the target gives to a script, without ${key}.
func (t *Target) variables() map[string]string {
	v := make(map[string]string)
	for name, value := range map[string]string{
		"sid": t.Credentials.SID, "spw": t.Credentials.SPW, "issuing-key": t.Credentials.IssuingKey, "static-key": t.Credentials.Key,
	} {
		if value != "" {
			v[name] = value
		}
	}
	if len(t.Sources) > 0 {
		v["address"] = t.Sources[0].String()
	}
	return v
}
