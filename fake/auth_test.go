package fake_test

import (
	"net/netip"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

var _ = Describe("The key of a synchronous request", func() {
	DescribeTable("is read from every place where clients put it", func(send func(s *service, key string) reply) {
		s := serve()
		Expect(send(s, s.issue(credentials))).To(beSuccess())
	},
		Entry("V20 u in the form, before a (documented: sync-http-interface)", func(s *service, key string) reply {
			return s.recognize("u", key, "d", "-a-general", "a", speechWAV())
		}),
		Entry("V21 u in the query (documented: reference-sync-http)", func(s *service, key string) reply {
			return s.recognizeAt("/v1/recognize?u="+key, parts("d", "-a-general", "a", speechWAV()))
		}),
		Entry("V18 authorization inside d, with c and without u (documented: request-parameters)", func(s *service, key string) reply {
			return s.recognize("d", "grammarFileNames=-a-general authorization="+key, "c", "16K", "a", speechWAV())
		}),
		Entry("authorization inside d in the query (documented: request-parameters)", func(s *service, key string) reply {
			return s.recognizeAt("/v1/recognize?d=grammarFileNames%3D-a-general%20authorization%3D"+key, parts("a", speechWAV()))
		}),
		Entry("authorization inside d, percent-encoded byte for byte (observed: the vendor's client library encodes values)", func(s *service, key string) reply {
			return s.recognize("d", "grammarFileNames=-a-general authorization="+everyByteEscaped(key), "a", speechWAV())
		}),
		Entry("V19 a bearer header (observed: a first-party sample)", func(s *service, key string) reply {
			return s.recognizeAt("/v1/recognize", parts("d", "-a-general", "a", speechWAV()), "Authorization", "Bearer "+key)
		}),
	)

	It("may be a static one that was made by hand (documented: issue-api-key-with-api)", func() {
		s := serve()
		Expect(s.recognize("u", mypageKey, "d", "-a-general", "a", speechWAV())).To(beSuccess())
		Expect(s.recognize("u", issuerKey, "d", "-a-general", "a", speechWAV())).To(beSuccess())
	})

	DescribeTable("when several are sent, one decides and there is no second try (assumed: u, then d, then the header)",
		func(good bool, target, u, d, header string) {
			s := serve()
			fields := []string{"u", u, "d", "grammarFileNames=-a-general authorization=" + d, "a", ""}
			if u == "" {
				fields = fields[2:]
			}
			if d == "" {
				fields[len(fields)-3] = "-a-general"
			}
			r := s.recognizeAt(target, parts(fields...), "Authorization", "Bearer "+header)
			if good {
				Expect(r.Body).NotTo(Equal(unauthorized))
			} else {
				Expect(r.Body).To(Equal(unauthorized))
			}
		},
		Entry("u is good", true, "/v1/recognize", mypageKey, "WRONG", "WRONG"),
		Entry("u is bad", false, "/v1/recognize", "WRONG", mypageKey, mypageKey),
		Entry("d is good", true, "/v1/recognize", "", mypageKey, "WRONG"),
		Entry("d is bad", false, "/v1/recognize", "", "WRONG", mypageKey),
		Entry("the header is good", true, "/v1/recognize", "", "", mypageKey),
		Entry("the header is bad", false, "/v1/recognize", "", "", "WRONG"),
		Entry("V24 the query wins over the form (documented: reference-sync-http, contradicted by older pages)", true, "/v1/recognize?u="+mypageKey, "WRONG", "", "WRONG"),
		Entry("a bad one in the query wins as well (documented: reference-sync-http)", false, "/v1/recognize?u=WRONG", mypageKey, "", mypageKey),
	)

	DescribeTable("is refused with 200, code - and a reply without an utterance id", func(send func(s *service) reply) {
		for _, s := range []*service{serve(), serve(documented())} {
			r := send(s)
			Expect(r).To(beUnauthorized())
			Expect(r.Header["X-Session-Id"]).To(ConsistOf(MatchRegexp(`^[0-9a-f]{24}$`)), "also on errors")
		}
	},
		Entry("V13 when it is unknown (observed; documented: response-code-and-message)", func(s *service) reply {
			return s.recognize("u", "WRONG", "d", "-a-general", "a", speechWAV())
		}),
		Entry("V14 when there is none anywhere (observed)", func(s *service) reply {
			return s.recognize("d", "-a-general", "a", speechWAV())
		}),
		Entry("V15 sees nothing of a key that comes after a (documented: sync-http-interface)", func(s *service) reply {
			return s.recognize("d", "-a-general", "a", speechWAV(), "u", mypageKey)
		}),
		Entry("V16 when it has expired (documented: issue-api-key-with-api)", func(s *service) reply {
			key := s.issue(credentials + "&epi=1000")
			_, err := s.Advance(1100 * time.Millisecond)
			Expect(err).NotTo(HaveOccurred())
			return s.recognize("u", key, "d", "-a-general", "a", speechWAV())
		}),
		Entry("V17 when d joins its parameters with & (observed)", func(s *service) reply {
			return s.recognize("u", mypageKey, "d", "grammarFileNames=-a-general&profileWords=x", "a", speechWAV())
		}),
		Entry("V17 also after a bare engine name (observed)", func(s *service) reply {
			return s.recognize("u", mypageKey, "d", "-a-general&keepFillerToken=1", "a", speechWAV())
		}),
		Entry("V2 when the address is not in ipa (inferred)", func(s *service) reply {
			return s.recognize("u", s.issue(credentials+"&ipa=203.0.113.253"), "d", "-a-general", "a", speechWAV())
		}),
		Entry("V9 when it was issued for a wrong password (documented: issue-api-key-with-api)", func(s *service) reply {
			return s.recognize("u", s.issue("sid=mock-sid&spw=wrong"), "d", "-a-general", "a", speechWAV())
		}),
		Entry("before anything is said about audio or engine (ruled)", func(s *service) reply {
			return s.recognize("u", "WRONG", "d", "-a-nonexistent", "a", "")
		}),
		Entry("a header of another scheme (assumed)", func(s *service) reply {
			return s.recognizeAt("/v1/recognize", parts("d", "-a-general", "a", ""), "Authorization", "Basic "+mypageKey)
		}),
	)

	It("is refused when any one character of it is changed, left out or added", func() {
		s := serve()
		key := s.issue(credentials)
		Expect(accepts(s, key, anywhere)).To(BeTrue())
		for i := range key {
			other := byte('A')
			if key[i] == other {
				other = 'B'
			}
			Expect(accepts(s, key[:i]+string(other)+key[i+1:], anywhere)).To(BeFalse(), "position %d", i)
		}
		Expect(accepts(s, key[1:], anywhere)).To(BeFalse())
		Expect(accepts(s, key[:len(key)-1], anywhere)).To(BeFalse())
		Expect(accepts(s, key+"A", anywhere)).To(BeFalse())
		Expect(accepts(s, key+"\n", anywhere)).To(BeFalse())
		Expect(accepts(s, strings.ToLower(mypageKey), anywhere)).To(BeFalse())
	})

	It("holds for every server with the same secret and for no other", func() {
		secret := []byte("0123456789abcdef0123456789abcdef")
		one, two, stranger := serve(fake.WithSecret(secret)), serve(fake.WithSecret(secret)), serve()
		key := one.issue(credentials)
		Expect(accepts(one, key, anywhere)).To(BeTrue())
		Expect(accepts(two, key, anywhere)).To(BeTrue())
		Expect(accepts(stranger, key, anywhere)).To(BeFalse())
	})

	It("expires first when it is wrong in several ways, so that the tape names the expiry (ruled)", func() {
		s := serve()
		key := s.issue("sid=mock-sid&spw=wrong&ipa=203.0.113.1")
		_, err := s.Advance(time.Minute)
		Expect(err).NotTo(HaveOccurred())
		Expect(accepts(s, key, anywhere)).To(BeFalse())
		_, refused := s.Tape(fake.TapeFilter{Kind: scenarios.KeyRefused})
		Expect(refused).To(HaveLen(1))
		Expect(refused[0].Text).To(HavePrefix("expired"))
	})

	It("may be a static one with an expiry and an allow-list of its own", func() {
		s := serve(fake.WithService(fake.Service{SID: "second", SPW: "x", Keys: []fake.Key{
			{Value: "SHORTLIVEDKEY0123456789", Expires: noon().Add(time.Hour), Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}},
		}}))
		Expect(accepts(s, "SHORTLIVEDKEY0123456789", "203.0.113.7")).To(BeTrue())
		Expect(accepts(s, "SHORTLIVEDKEY0123456789", "198.51.100.7")).To(BeFalse())
		_, err := s.Advance(time.Hour)
		Expect(err).NotTo(HaveOccurred())
		Expect(accepts(s, "SHORTLIVEDKEY0123456789", "203.0.113.7")).To(BeFalse())
	})
})

var _ = Describe("The source address that ipa is compared with", func() {
	proxies := fake.WithTrustedProxies(netip.MustParsePrefix("10.0.0.0/8"))

	DescribeTable("is the other end of the connection, or what a trusted proxy forwards (assumed: which hop counts)",
		func(good bool, peer, forwarded string, options ...fake.Option) {
			s := serve(options...)
			key := s.issue(credentials + "&ipa=203.0.113.253")
			Expect(accepts(s, key, peer, "X-Forwarded-For", forwarded)).To(Equal(good))
		},
		Entry("nothing is forwarded", true, "203.0.113.253", ""),
		Entry("no proxy is trusted", false, "10.0.0.1", "203.0.113.253"),
		Entry("a trusted proxy forwards the allowed address", true, "10.0.0.1", "203.0.113.253", proxies),
		Entry("a trusted proxy forwards another address", false, "10.0.0.1", "198.51.100.1", proxies),
		Entry("two trusted proxies in a row", true, "10.0.0.1", "203.0.113.253, 10.0.0.2", proxies),
		Entry("a client that forges the header is not believed beyond the proxy", false, "10.0.0.1", "203.0.113.253, 198.51.100.1", proxies),
		Entry("a client that is no proxy is not believed", false, "198.51.100.1", "203.0.113.253", proxies),
		Entry("nonsense is forwarded", false, "10.0.0.1", "nonsense", proxies),
	)

	It("takes an IPv4 address inside an IPv6 one for what it is", func() {
		s := serve()
		key := s.issue(credentials + "&ipa=203.0.113.253")
		Expect(accepts(s, key, "[::ffff:203.0.113.253]")).To(BeTrue())
	})
})

func everyByteEscaped(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteString("%" + string(digits[c>>4]) + string(digits[c&15]))
	}
	return b.String()
}
