package fromtape

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const (
	hidden   = "***"         // what a tape shows of a secret that has no name
	wrongKey = "no-such-key" // stands for a key that was refused and is not known
	wrongSPW = "wrong-password"
)

// issuance is how a key came to be.
type issuance struct {
	n       uint64
	at      time.Time
	conn    uint64
	key     string           // id
	request *scenarios.Entry // nil when it was made by the admin routes
	life    time.Duration
	bad     bool // its credentials were wrong
}

func marker() *regexp.Regexp { return regexp.MustCompile(`<key:([0-9a-f]+)>`) }

// findKeys gives every key that the connection uses a variable, and finds where it was issued.
func (b *builder) findKeys() {
	used := b.usedKeys()
	requests := make(map[uint64]*scenarios.Entry)
	for i := range b.tape.entries {
		e := &b.tape.entries[i]
		if e.Kind == scenarios.HTTPRequest && e.Surface == string(protocol.SurfaceIssue) {
			requests[e.Conn] = e
		}
		id := issuedBy(e)
		known := slices.ContainsFunc(b.issued, func(i issuance) bool { return i.key == id })
		if id == "" || known || e.Conn != b.conn && !slices.Contains(used, id) {
			continue
		}
		b.issued = append(b.issued, newIssuance(e, id, requests[e.Conn]))
		b.name(id, "key")
	}
	for _, i := range b.issued {
		if id := b.issuer(i.request); id != "" {
			b.names[id] = "issuing-key"
		}
	}
	for _, id := range used {
		if b.names[id] == "" {
			b.names[id] = "key"
		}
	}
}

// issuedBy is the id of the key that e gives out, or "".
func issuedBy(e *scenarios.Entry) string {
	if e.Kind == scenarios.KeyIssued {
		return e.Key
	}
	if e.Kind == scenarios.HTTPResponse && e.Surface == string(protocol.SurfaceIssue) {
		if m := marker().FindStringSubmatch(e.Body); m != nil {
			return m[1]
		}
	}
	return ""
}

func newIssuance(e *scenarios.Entry, id string, request *scenarios.Entry) issuance {
	i := issuance{n: e.N, at: e.At.Time, conn: e.Conn, key: id, request: request, bad: badCredentials(e)}
	if expires, err := time.Parse(time.RFC3339, e.Expires); err == nil {
		i.life = expires.Sub(e.At.Time)
	}
	if request != nil {
		i.n, i.at = request.N, request.At.Time
	}
	return i
}

// badCredentials tells whether e issues a key that will be refused for its credentials.
func badCredentials(e *scenarios.Entry) bool {
	return e.Kind == scenarios.KeyIssued && strings.Contains(e.Text, "bad")
}

// name gives a key a variable of its own.
func (b *builder) name(id, name string) {
	taken := 1
	for _, other := range b.names {
		if other == name || strings.HasPrefix(other, name+"-") {
			taken++
		}
	}
	if taken > 1 {
		name += "-" + strconv.Itoa(taken)
	}
	b.names[id] = name
}

// usedKeys are the ids of keys that the client sent.
func (b *builder) usedKeys() []string {
	var used []string
	for _, e := range b.own {
		if e.Dir != scenarios.In {
			continue
		}
		texts := []string{e.Text, e.Target, e.Body}
		for _, h := range e.Headers {
			texts = append(texts, h[1])
		}
		for _, p := range e.Parts {
			texts = append(texts, p.Value)
		}
		for _, m := range marker().FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
			if !slices.Contains(used, m[1]) {
				used = append(used, m[1])
			}
		}
	}
	return used
}

// issuer is the id of the key that asked for another, or "".
func (b *builder) issuer(request *scenarios.Entry) string {
	if request == nil {
		return ""
	}
	if m := marker().FindStringSubmatch(header(request, "Authorization")); m != nil {
		return m[1]
	}
	return ""
}

// issueBefore writes the steps for keys that were issued on other connections before an entry.
func (b *builder) issueBefore(n uint64) {
	for len(b.issued) > 0 && b.issued[0].n < n {
		i := b.issued[0]
		b.issued = b.issued[1:]
		if i.conn == b.conn && i.conn != 0 {
			continue // it is a request of the dialogue
		}
		b.wait(b.gap(i.at, 0, realGap))
		b.issue(i)
		b.last = i.at
	}
}

func (b *builder) issue(i issuance) {
	epi, ipa := when(i.request == nil && i.life > 0, quote(fmt.Sprintf("%ds", int(i.life.Seconds())))), flow("")
	by := b.issuer(i.request) != ""
	if i.request != nil {
		for _, p := range i.request.Parts {
			switch p.Name {
			case "epi":
				epi = quote(b.vary(p.Value, hidden))
			case "ipa":
				ipa = quote(b.vary(p.Value, hidden))
			}
		}
	}
	b.need(map[bool]scenarios.Capability{true: scenarios.CanIssueByKey, false: scenarios.CanIssue}[by])
	b.step("issue", mapping(
		field{"spw", when(i.bad, wrongSPW)}, field{"by", when(by, "issuing-key")}, field{"epi", epi}, field{"ipa", ipa},
		field{"as", flow(b.names[i.key])},
	))
}

// vary puts variables in the place of keys. What is hidden becomes secret.
func (b *builder) vary(s, secret string) string {
	if strings.Contains(s, "${") {
		b.note(`a dollar sign before a brace cannot be written here: a blank stands between them`)
		s = strings.ReplaceAll(s, "${", "$ {")
	}
	s = strings.ReplaceAll(s, hidden, secret)
	return marker().ReplaceAllStringFunc(s, func(m string) string {
		name := b.names[marker().FindStringSubmatch(m)[1]]
		if name == "" {
			name = "key"
		}
		return "${" + name + "}"
	})
}
