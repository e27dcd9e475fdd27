package fake

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mockamivoice/fake/internal/appkey"
	"mockamivoice/protocol"
	"mockamivoice/scenarios/redact"
)

// keyring knows static keys and opens sealed ones. It is never written after it was made.
type keyring struct {
	codec    *appkey.Codec
	services []Service
	static   map[string]appkey.Claims // by id of the key, so that looking up does not compare keys
}

func newKeyring(c config) *keyring {
	k := &keyring{codec: appkey.New(c.secret), services: c.services, static: make(map[string]appkey.Claims)}
	for _, svc := range c.services {
		for _, key := range svc.Keys {
			claims := appkey.Claims{Service: svc.SID, Credentials: true, Allow: key.Allow, Issuable: key.Issuable}
			if !key.Expires.IsZero() {
				claims.Expires = key.Expires.UnixMilli()
			}
			k.static[k.codec.ID(key.Value)] = claims
		}
	}
	return k
}

// secrets are the values that must not leave: passwords, static keys, and the token of the admin port.
func (k *keyring) secrets(token string) []redact.Secret {
	var all []redact.Secret
	for _, svc := range k.services {
		all = append(all, redact.Secret{Value: svc.SPW, Name: "***"})
		for _, key := range svc.Keys {
			all = append(all, redact.Secret{Value: key.Value, Name: "<key:" + k.codec.ID(key.Value) + ">"})
		}
	}
	if token != "" {
		all = append(all, redact.Secret{Value: token, Name: "***"})
	}
	return slices.DeleteFunc(all, func(s redact.Secret) bool { return s.Value == "" })
}

func (k *keyring) openPrefix(s string) (key, id string, ok bool) {
	key, _, ok = k.codec.OpenPrefix(s)
	if !ok {
		return "", "", false
	}
	return key, k.codec.ID(key), true
}

// service is the configured service of that id.
func (k *keyring) service(sid string) (Service, bool) {
	i := slices.IndexFunc(k.services, func(s Service) bool { return s.SID == sid })
	if i < 0 {
		return Service{}, false
	}
	return k.services[i], true
}

// grant is what presenting a key came to.
type grant struct {
	id      string // of the key; empty when none was presented
	ends    int64  // when its life ends by what it claims, whatever a fault did to it; 0 for never
	claims  appkey.Claims
	refusal refusal
}

func (g grant) expires() time.Time {
	if g.claims.Expires == 0 {
		return time.Time{}
	}
	return time.UnixMilli(g.claims.Expires)
}

// refusal is why a key is not good. The order of the values is the order of the checks. (ruled, assumed)
type refusal uint8

const (
	granted refusal = iota
	missingKey
	forgedKey
	expiredKey
	badCredentials
	wrongAddress
)

func (r refusal) String() string {
	return [...]string{"granted", "missing", "forged", "expired", "bad-credentials", "wrong-address"}[r]
}

// check tells whether key is good now, from peer.
func (k *keyring) check(key string, now time.Time, peer netip.Addr) grant {
	if key == "" {
		return grant{refusal: missingKey}
	}
	g := grant{id: k.codec.ID(key)}
	claims, ok := k.static[g.id]
	if !ok {
		var err error
		if claims, err = k.codec.Open(key); err != nil {
			g.id, g.refusal = "", forgedKey
			return g
		}
	}
	g.claims, g.ends = claims, claims.Expires
	switch {
	case claims.Expires != 0 && now.UnixMilli() >= claims.Expires:
		g.refusal = expiredKey
	case !claims.Credentials:
		g.refusal = badCredentials
	case !protocol.Allowed(claims.Allow, peer):
		g.refusal = wrongAddress
	}
	return g
}

// check is the check of the keyring, as the deviation wants it.
func (s *Server) check(key string, now time.Time, peer netip.Addr) grant {
	g := s.keys.check(key, now, peer)
	if at, forced := s.theatre.desk.Expires(g.id); forced && g.refusal != forgedKey {
		if ms := max(at.UnixMilli(), 1); g.claims.Expires == 0 || ms < g.claims.Expires {
			g.claims.Expires = ms
		}
		if now.UnixMilli() >= g.claims.Expires {
			g.refusal = expiredKey
		}
	}
	if s.deviation.check != nil {
		s.deviation.check(&g)
	}
	return g
}

// explain says to a person why the key was refused.
func (g grant) explain(now time.Time, peer netip.Addr) string {
	switch g.refusal {
	case granted:
		return ""
	case missingKey:
		return "no key was sent"
	case forgedKey:
		return "the key is neither a configured one nor issued with this server's secret, or it was changed"
	case expiredKey:
		return fmt.Sprintf("the key expired at %s, %s ago", g.expires().UTC().Format(time.RFC3339Nano), now.Sub(g.expires()))
	case badCredentials:
		return "the key was issued for a wrong sid or spw; issuing does not check them, using the key does"
	case wrongAddress:
		return fmt.Sprintf("%s is not in the key's ipa list", peer)
	}
	return ""
}

// bearer is the key of an Authorization: Bearer header.
func bearer(h http.Header) (key string, ok bool) {
	scheme, key, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(key), true
}

// engine checks a connection engine against the list of engines and the contract of the key's service.
func (k *keyring) engine(name, sid string) bool {
	if _, known := protocol.EngineNamed(name); !known {
		return false
	}
	svc, _ := k.service(sid)
	return len(svc.Engines) == 0 || slices.Contains(svc.Engines, name)
}

// peer is the address that ipa is compared with: the other end of the TCP connection or, behind a trusted proxy, the last
// address of X-Forwarded-For that is not a trusted proxy itself. (assumed: which hop counts)
func (s *Server) peer(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	addr := at.Addr().Unmap()
	if !s.isProxy(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return addr
		}
		addr = next.Unmap()
		if !s.isProxy(addr) {
			return addr
		}
	}
	return addr
}

func (s *Server) isProxy(addr netip.Addr) bool {
	return slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}
