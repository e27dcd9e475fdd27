package fake

import (
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"mockamivoice/fake/internal/appkey"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// serveIssue is POST /issue_service_authorization. (documented: issue-api-key-with-api)
func (s *Server) serveIssue(w http.ResponseWriter, r *http.Request) {
	x := s.exchange(r, protocol.SurfaceIssue)
	if r.Method != http.MethodPost {
		x.request(nil, nil)
		x.write(w, errorReply(protocol.MethodNotAllowed(protocol.SurfaceIssue, r.Method)))
		return
	}
	body, err := x.readSmall(w, s.limits.Fields)
	if err != nil || int64(len(body)) > s.limits.Fields {
		x.request(nil, nil)
		x.tolerate("issuance: the body is longer than a form of keys and addresses can be, or ended early")
		x.write(w, x.cannotIssue(protocol.IllegalParameter("body")))
		return
	}
	form := issueForm(r.Header, string(body))
	x.request(formParts(form), nil)
	defer x.settle()
	claims, refusal := x.issueClaims(form)
	dos := x.strike(scenarios.AtIssue, "")
	x.deliver(w, x.issued(claims, refusal, dos), dos, x)
}

// issued is the reply with a key, or without one. No key is made where a fault answers with an error.
func (x *exchange) issued(claims appkey.Claims, refusal *protocol.Error, dos []scenarios.Do) reply {
	for _, do := range dos {
		switch d := do.(type) {
		case scenarios.DoExpireKey:
			claims.Expires = max(x.s.clock.Now().Add(-d.Ago).UnixMilli(), 1)
		case scenarios.DoError, scenarios.DoStatus:
			return reply{}
		}
	}
	if refusal != nil {
		return x.cannotIssue(refusal)
	}
	return keyReply(x.s.issue(x, claims), 0)
}

// keyReply is a key as text. (documented: plain text; assumed: the charset)
func keyReply(key string, basis protocol.Basis) reply {
	return reply{http.StatusOK, "text/plain; charset=utf-8", []byte(key), basis}
}

// failed implements replier.
func (x *exchange) failed(e *protocol.Error) reply {
	if e.ID == protocol.IssueEmpty {
		return keyReply("", e.Basis)
	}
	return errorReply(e)
}

// heard implements replier; nothing is heard where keys are issued.
func (x *exchange) heard(scenarios.Said) reply { return reply{} }

// issueForm is the body as a form, or nothing when it says that it is something else. Nothing of the query ever counts.
func issueForm(h http.Header, body string) []protocol.Param {
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded") {
		return nil
	}
	return protocol.ParseForm(body)
}

func formParts(form []protocol.Param) []scenarios.Part {
	parts := make([]scenarios.Part, 0, len(form))
	for _, p := range form {
		parts = append(parts, scenarios.Part{Name: p.Key, Size: int64(len(p.Value)), Value: p.Value})
	}
	return parts
}

// cannotIssue is the reply without a key. (observed: two clients met an empty 200; assumed: the other shape)
func (x *exchange) cannotIssue(e *protocol.Error) reply {
	if x.stage.choices.Is(scenarios.IssueFailure, "4xx-json") {
		return errorReply(e)
	}
	return keyReply("", protocol.Observed)
}

// issueClaims reads what the key is to say. Wrong credentials are no reason to refuse one. (documented)
func (x *exchange) issueClaims(form []protocol.Param) (appkey.Claims, *protocol.Error) {
	claims, refusal := x.issuer(form)
	if refusal != nil {
		return claims, refusal
	}
	i := issuance{now: x.s.clock.Now(), claims: &claims}
	i.epi, _ = protocol.First(form, "epi")
	i.ipa, _ = protocol.First(form, "ipa")
	i.refusal = x.limitClaims(&i)
	x.s.deviate(&i)
	return claims, i.refusal
}

// limitClaims reads how long and from where the key is to be good.
func (x *exchange) limitClaims(i *issuance) *protocol.Error {
	life, err := protocol.ParseEPI(i.epi)
	if err != nil {
		x.unreadable("issuance", i.epi, err)
		return protocol.IllegalParameter("epi")
	}
	allow, err := x.s.parseAllow(i.ipa)
	if err != nil {
		x.unreadable("issuance", i.ipa, err)
		return protocol.IllegalParameter("ipa")
	}
	i.claims.Expires, i.claims.Allow = life.Expiry(i.now).UnixMilli(), allow
	if i.claims.Expires == 0 {
		i.claims.Expires = 1 // 0 is the claim of a key that never expires
	}
	return nil
}

// issuer says for whom the key is: the sid of the form or, without one, the service of the bearer key, which must be good and
// have the right to issue. (documented; observed: credentials in the form win over a senseless bearer header)
func (x *exchange) issuer(form []protocol.Param) (appkey.Claims, *protocol.Error) {
	if sid, ok := protocol.First(form, "sid"); ok && sid != "" {
		spw, _ := protocol.First(form, "spw")
		svc, known := x.s.keys.service(sid)
		x.admit(grant{claims: appkey.Claims{Service: sid}})
		if known && subtle.ConstantTimeCompare([]byte(svc.SPW), []byte(spw)) == 1 {
			return appkey.Claims{Service: sid, Credentials: true}, nil
		}
		return appkey.Claims{}, nil
	}
	key, ok := bearer(x.r.Header)
	if !ok {
		return appkey.Claims{}, protocol.IllegalParameter("sid")
	}
	g := x.s.check(key, x.s.clock.Now(), x.peer)
	x.admit(g)
	if g.refusal != granted {
		x.refused(g)
		return appkey.Claims{}, protocol.NewError(protocol.IssueUnauthorized)
	}
	if !g.claims.Issuable {
		x.note(scenarios.KeyRefused, scenarios.Note, scenarios.Entry{Text: "the key has no right to issue keys"})
		return appkey.Claims{}, protocol.NewError(protocol.IssueUnauthorized)
	}
	return appkey.Claims{Service: g.claims.Service, Credentials: true}, nil
}

func (s *Server) parseAllow(text string) ([]netip.Prefix, error) {
	allow, err := protocol.ParseIPA(text)
	if err == nil && len(allow) > s.limits.Allow {
		return nil, tooMany("ipa", len(allow), s.limits.Allow)
	}
	return allow, err
}

// issue seals the claims, and says so on the tape before anybody can use the key.
func (s *Server) issue(x *exchange, claims appkey.Claims) string {
	key := s.keys.codec.Seal(claims)
	x.key = s.keys.codec.ID(key)
	s.metrics.issued.Inc()
	e := scenarios.Entry{Text: "credentials good", Expires: expiresText(claims), Scenario: claims.Scenario}
	if !claims.Credentials {
		e.Text = "credentials bad: the key will be refused at use"
	}
	x.note(scenarios.KeyIssued, scenarios.Note, e)
	return key
}

func expiresText(c appkey.Claims) string {
	if c.Expires == 0 {
		return ""
	}
	return time.UnixMilli(c.Expires).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
