package fake

import (
	"net/netip"
	"strings"
	"time"

	"mockamivoice/fake/internal/appkey"
	"mockamivoice/fake/internal/session"
	"mockamivoice/protocol"
)

// deviation is one deliberate fault of the fake, so that tests of the service can be tested themselves: a check that no fault
// makes fail checks nothing. Hooks that are nil change nothing.
type deviation struct {
	id, about string

	issue func(i *issuance)               // after the parameters of an issuance were read
	check func(g *grant)                  // after a key was checked
	start func(a *session.Answered)       // after an s was checked
	feed  func(c *stream) *protocol.Error // before a p is taken
}

// issuance is what an issuance asked for, and what came of it.
type issuance struct {
	epi, ipa string
	now      time.Time
	claims   *appkey.Claims
	refusal  *protocol.Error
}

// Deviations lists the ids of the deliberate faults that WithDeviation knows.
func Deviations() []string {
	var ids []string
	for _, d := range deviations() {
		ids = append(ids, d.id)
	}
	return ids
}

// WithDeviation makes the Server wrong in one way, to find out whether a test notices. It panics when nothing is called id.
func WithDeviation(id string) Option {
	for _, d := range deviations() {
		if d.id == id {
			return func(c *config) { c.deviation = d }
		}
	}
	panic("fake: no deviation is called " + id)
}

func deviations() []deviation {
	return append(issueDeviations(), keyDeviations()...)
}

// life sets the life of a key.
func (i *issuance) life(d time.Duration) { i.claims.Expires = i.now.Add(d).UnixMilli() }

func (i *issuance) refuse() { i.refusal = protocol.IllegalParameter("epi") }

func (i *issuance) isDate() bool { return strings.ContainsAny(i.epi, "/-") }

func issueDeviations() []deviation { //nolint:funlen,gocognit // a table
	const day = 24 * time.Hour
	refuseEPI := func(bad func(i *issuance) bool) func(*issuance) {
		return func(i *issuance) {
			if bad(i) {
				i.refuse()
			}
		}
	}
	suffix := func(unit string) func(i *issuance) bool {
		return func(i *issuance) bool { return strings.HasSuffix(i.epi, unit) }
	}
	return []deviation{
		{id: "issue-refuses-bad-credentials", about: "checks sid and spw at issuance", issue: func(i *issuance) {
			if !i.claims.Credentials {
				i.refusal = protocol.NewError(protocol.IssueUnauthorized)
			}
		}},
		{id: "epi-in-seconds", about: "takes a bare number for seconds", issue: func(i *issuance) {
			if i.epi != "" && strings.Trim(i.epi, "0123456789") == "" {
				i.life(time.UnixMilli(i.claims.Expires).Sub(i.now) * 1000)
			}
		}},
		{id: "epi-default-60s", about: "lets keys live for 60 s by default", issue: func(i *issuance) {
			if i.epi == "" {
				i.life(time.Minute)
			}
		}},
		{id: "epi-default-20s", about: "lets keys live for 20 s by default", issue: func(i *issuance) {
			if i.epi == "" {
				i.life(20 * time.Second)
			}
		}},
		{id: "epi-no-seconds", about: "does not know the unit s", issue: refuseEPI(suffix("s"))},
		{id: "epi-no-minutes", about: "does not know the unit m", issue: refuseEPI(suffix("m"))},
		{id: "epi-no-hours", about: "does not know the unit h", issue: refuseEPI(suffix("h"))},
		{id: "epi-no-days", about: "does not know the unit d", issue: refuseEPI(suffix("d"))},
		{id: "epi-no-weeks", about: "does not know the unit w", issue: refuseEPI(suffix("w"))},
		{id: "epi-no-day-00", about: "refuses day 00", issue: refuseEPI(func(i *issuance) bool {
			return strings.Contains(i.epi, "/00") || strings.Contains(i.epi, "-00")
		})},
		{id: "epi-no-slash", about: "refuses dates with slashes", issue: refuseEPI(func(i *issuance) bool { return strings.Contains(i.epi, "/") })},
		{id: "epi-no-dash", about: "refuses dates with dashes", issue: refuseEPI(func(i *issuance) bool { return strings.Count(i.epi, "-") > 1 })},
		{id: "epi-no-t", about: "refuses a T before the time", issue: refuseEPI(func(i *issuance) bool { return strings.Contains(i.epi, "T") })},
		{id: "epi-no-blank", about: "refuses a blank before the time", issue: refuseEPI(func(i *issuance) bool { return strings.Contains(i.epi, " ") })},
		{id: "epi-no-fraction", about: "refuses milliseconds", issue: refuseEPI(func(i *issuance) bool { return strings.Contains(i.epi, ".") })},
		{id: "epi-no-z", about: "refuses Z", issue: refuseEPI(suffix("Z"))},
		{id: "epi-no-offset", about: "refuses offsets from UTC", issue: refuseEPI(func(i *issuance) bool { return strings.Contains(i.epi, "+") })},
		{id: "epi-date-at-start", about: "takes a date for its 00:00", issue: func(i *issuance) {
			if i.isDate() && !strings.Contains(i.epi, ":") {
				i.claims.Expires -= day.Milliseconds()
			}
		}},
		{id: "epi-date-utc", about: "takes dates without a zone for UTC", issue: func(i *issuance) {
			if i.isDate() && !strings.ContainsAny(i.epi, "Z+") {
				i.claims.Expires += (9 * time.Hour).Milliseconds()
			}
		}},
		{id: "epi-lenient", about: "issues a key of the default life for an epi that cannot be read", issue: func(i *issuance) {
			if i.refusal != nil && i.epi != "" {
				i.refusal = nil
				i.life(protocol.DefaultEPI)
			}
		}},
		{id: "ipa-lenient", about: "issues a key for everywhere when ipa cannot be read", issue: func(i *issuance) {
			if i.refusal != nil && i.ipa != "" {
				i.refusal = nil
				i.life(protocol.DefaultEPI)
			}
		}},
		{id: "ipa-ignored", about: "ignores ipa", issue: func(i *issuance) { i.claims.Allow = nil }},
		{id: "ipa-first-only", about: "honours the first entry of ipa alone", issue: func(i *issuance) {
			i.claims.Allow = i.claims.Allow[:min(1, len(i.claims.Allow))]
		}},
		{id: "ipa-commas-only", about: "refuses blanks in ipa", issue: refuseEPI(func(i *issuance) bool { return strings.Contains(i.ipa, " ") })},
		{id: "ipa-blocks-only", about: "refuses bare addresses in ipa", issue: refuseEPI(func(i *issuance) bool { return i.ipa != "" && !strings.Contains(i.ipa, "/") })},
		{id: "ipa-no-blocks", about: "refuses blocks in ipa", issue: refuseEPI(func(i *issuance) bool { return strings.Contains(i.ipa, "/") })},
		{id: "ipa-empty-is-nobody", about: "lets nobody in when ipa is empty", issue: func(i *issuance) {
			if len(i.claims.Allow) == 0 {
				i.claims.Allow = []netip.Prefix{netip.MustParsePrefix("192.0.2.255/32")}
			}
		}},
		{id: "issued-key-issues", about: "gives issued keys the right to issue", issue: func(i *issuance) { i.claims.Issuable = true }},
	}
}

func keyDeviations() []deviation {
	return []deviation{
		{id: "any-key-issues", about: "lets every good key issue", check: func(g *grant) { g.claims.Issuable = true }},
		{id: "no-key-issues", about: "lets no key issue", check: func(g *grant) { g.claims.Issuable = false }},
		{id: "expiry-ignored", about: "never looks at the expiry", check: func(g *grant) {
			if g.refusal == expiredKey {
				g.refusal, g.claims.Expires = granted, 0
			}
		}},
		{id: "credentials-ignored", about: "never looks at the credentials", check: func(g *grant) {
			if g.refusal == badCredentials {
				g.refusal = granted
			}
		}},
		{id: "forged-keys-work", about: "takes any key", check: func(g *grant) {
			if g.refusal == forgedKey || g.refusal == missingKey {
				g.refusal = granted
			}
		}},
		{id: "static-keys-expire", about: "does not know static keys", check: func(g *grant) {
			if g.refusal == granted && g.claims.Expires == 0 {
				g.refusal = forgedKey
			}
		}},
		{id: "expiry-unchecked-at-first-p", about: "checks the expiry at s alone", start: func(a *session.Answered) { a.Expires = time.Time{} }},
		{id: "expiry-at-every-p", about: "checks the expiry at every p", feed: func(c *stream) *protocol.Error {
			if !c.expires.IsZero() && !c.now.Before(c.expires) {
				return protocol.NewError(protocol.FeedRefused)
			}
			return nil
		}},
	}
}

// deviate lets the deviation have its way with an issuance.
func (s *Server) deviate(i *issuance) {
	if s.deviation.issue != nil {
		s.deviation.issue(i)
	}
}

// DeviationAbout says what is wrong with a Server that has the deviation called id.
func DeviationAbout(id string) string {
	for _, d := range deviations() {
		if d.id == id {
			return d.about
		}
	}
	return ""
}
